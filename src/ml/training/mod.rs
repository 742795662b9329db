//! Training of the diffusion model and of the encoder.

pub mod cost;
pub mod ddpm;
pub mod ddpm_step;
pub mod dia;
pub mod dia_step;
pub mod dissolve_cache;
pub mod dissolved_source;
pub mod metrics_log;
pub mod preview;
pub mod readiness;
pub mod validation;
