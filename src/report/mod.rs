//! The report of a run: one HTML file that needs nothing else, with configuration, curves, figures and pictures. What a run
//! does not have (yet) is said in its place. And the page of many runs side by side ([`MergedGroup`]).

#![warn(missing_docs)]

pub(crate) mod chart;
pub mod commands;
mod document;
pub(crate) mod figures;
mod gallery;
pub(crate) mod merged;
mod page;
mod parts;
mod pixel_figures;
mod synthetic_lesions;
mod tagged;
pub(crate) mod training;

pub use chart::scale::Axis;
pub use merged::MergedGroup;

use self::parts::Parts;
use crate::{
    data::Dataset,
    error::Result,
    run_dir::{RunDir, files},
    text,
};
use std::path::PathBuf;

/// Writes `report.html` into the run folder and returns its path. Pictures need the data set; without it the report says so.
///
/// # Errors
/// The folder is no run, or cannot be written to.
pub fn write(run: &RunDir, dataset: Option<&Dataset>) -> Result<PathBuf> {
    run.tidy();
    let parts = Parts::gather(run)?;
    // A name of a file can hold control characters.
    let page = page::page(&parts, dataset).into_string();
    run.write(files::REPORT, text::visible_lines(&page).as_bytes())?;
    Ok(run.join(files::REPORT))
}
