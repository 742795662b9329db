//! Scores of images, and what they are held against.

pub mod baselines;
pub mod occlusion;
pub mod profile;
pub mod profile_scorer;
pub mod scorer;
pub mod synthetic_lesions;
