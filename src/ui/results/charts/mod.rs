//! Beside the gallery: the curve above the histogram, or the images in two dimensions.

pub mod choice;
pub mod embedding;
pub mod histogram;
pub mod roc;
pub mod view;
