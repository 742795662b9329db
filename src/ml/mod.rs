//! The method: diffusion, dissolving, the contrastive encoder, training and scoring.

pub mod base;
pub mod diffusion;
pub mod dissolve;
pub mod encoder;
pub mod scoring;
pub mod training;
