//! One picture as numbers: its pixels, its size, and what is done to it before a network sees it.

mod picture;
mod preprocess;
mod resize;
mod tone;

pub use picture::{MAX_PIXELS, Picture, Pixels};
pub use preprocess::Preprocess;
pub use resize::resize_bilinear;
