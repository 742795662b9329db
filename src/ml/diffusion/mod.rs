//! The diffusion model: network, schedule, files.

pub mod import;
pub mod info;
pub mod model;
pub mod pickle;
pub mod sampler;
pub mod saved;
pub mod schedule;
pub mod unet;
