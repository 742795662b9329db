//! The native window: its event loop, threads, dialogs and start.

pub mod dialogs;
pub mod effects;
pub mod frame_stats;
pub mod start;
pub mod studio;
