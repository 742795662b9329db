//! The native window: its event loop, threads, dialogs and start.

pub(crate) mod dialogs;
pub(crate) mod effects;
pub(crate) mod frame_stats;
pub(crate) mod missing_font;
pub(crate) mod remembered;
pub(crate) mod start;
pub mod studio;
