//! What is there on every page: bars, side bar, dialogs, shortcuts.

pub mod about;
pub mod command_palette;
pub mod image_dialog;
pub mod log_panel;
pub mod notifications;
pub mod own_tags;
pub mod resume_banner;
pub mod shortcuts;
pub mod sidebar;
pub mod status_bar;
pub mod top_bar;
