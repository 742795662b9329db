//! The method: diffusion, dissolving, the contrastive encoder, training and scoring.

pub mod checkpoint;
pub mod device;
pub mod diffusion;
pub mod dissolve;
pub mod filters;
pub mod import;
mod pickle;
pub mod progress;
pub mod resize;
pub mod rivals;
pub mod sample;
pub mod schedule;
pub mod series;
pub mod train_ddpm;
pub mod unet;
