//! The Data workspace.

pub mod columns;
pub mod dicom_window;
mod duplicates;
pub mod inspector;
pub mod layout;
pub mod open;
pub mod preprocess;
pub mod view;
