//! The contrastive encoder: network, views, loss, features.

pub mod augment;
pub mod bank;
pub mod features;
pub mod loss;
pub mod model;
pub mod shift;
pub mod views;
