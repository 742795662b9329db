//! The Data workspace.

pub mod columns;
pub mod duplicates;
pub mod inspector;
pub mod layout;
mod normal;
pub mod open;
pub mod preprocess;
pub mod selection;
mod value_window;
pub mod view;
