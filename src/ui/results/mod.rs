//! The Results workspace.

pub mod anomaly_map;
pub mod baselines;
pub mod charts;
pub mod class_figures;
pub mod compare_runs;
pub mod confusion;
pub mod explanation;
pub mod filters;
pub mod gallery;
pub mod inspector;
pub mod pixel_figures;
pub mod review;
pub mod synthetic_lesions;
pub mod view;
