//! Pictures compared on the graphics card: original, dissolved and what changed between them, zoomed and coloured in a shader.
//!
//! | file | what it holds |
//! |---|---|
//! | [`Raster`] | a picture with its halved versions, ready to be uploaded |
//! | [`CompareUniforms`] | what of two pictures is shown, and how: the shader's uniforms |
//! | [`colormap`] | the colours of changes, as the shader has them; what exports are coloured with |
//! | [`compare_cpu`] | the shader once more in plain Rust: its specification |
//! | [`Renderer`] | pipeline, uploads (tiled beyond the card's limit), drawing |
//! | [`Compare`] | the paint callback through which egui draws it |
//!
//! Colours are gamma-encoded throughout, as they are in the files and as people compare them.

#![warn(missing_docs)]

mod callback;
pub mod colormap;
pub mod compare_cpu;
mod raster;
mod renderer;
mod uniforms;

pub use callback::{Compare, install};
pub use raster::{Raster, Texels};
pub use renderer::Renderer;
pub use uniforms::{Appearance, CompareUniforms, Difference, Mode};

/// The shaders in this program: name and WGSL.
pub const SHADERS: [(&str, &str); 1] = [("compare.wgsl", include_str!("../../shaders/compare.wgsl"))];
