//! One picture as numbers: its pixels, its size, and what is done to it before a network sees it.

mod blur;
mod content;
mod mask;
mod picture;
mod preprocess;
mod resize;
mod surround;
mod tile_grid;
mod tone;

pub use blur::gaussian_blur;
pub use content::{CONTENT_RULE, has_content, is_blank};
pub use picture::{MAX_PIXELS, Picture, Pixels};
pub use preprocess::Preprocess;
pub use resize::resize_bilinear;
pub use surround::{content, has_surround, visibility};
pub use tile_grid::{TileBlend, TileGrid, cut};
