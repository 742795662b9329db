//! Dissolving: by the diffusion model, or by filters at the same strength.

pub mod dissolver;
pub mod filters;
pub mod matched_strength;
