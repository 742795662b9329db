//! The Data workspace.

pub mod columns;
mod dicom_window;
pub mod duplicates;
pub mod inspector;
pub mod layout;
mod normal;
pub mod open;
pub mod preprocess;
pub mod selection;
pub mod view;
