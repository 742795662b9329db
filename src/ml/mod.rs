//! The method: diffusion, dissolving, the contrastive encoder, training and scoring.

pub mod progress;
