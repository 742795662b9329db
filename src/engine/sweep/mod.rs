//! Sweeps: seeds x data sets x settings from one file. Each cell is a run of its own, found again by its name; cells that would
//! train the same diffusion model share one; [`merge`] puts their figures into one table.

pub mod merge;
mod plan;
mod shared_model;
mod work;
mod workspace;

pub use plan::{SweepCell, cells};
pub use work::{check, work};
pub use workspace::runs;
