//! The method against numbers that PyTorch made: `tests/reference`, and `$DISSOLVE_REFERENCE` where there is one.

#[path = "../common/mod.rs"]
mod common;

mod augment;
mod contrastive;
mod ddpm;
mod dia;
mod dissolve;
mod filters;
mod import;
mod metrics;
mod resize;
mod schedule;
mod scoring;
mod unet;
