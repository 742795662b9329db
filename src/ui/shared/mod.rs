//! What panels are made of: widgets, the theme, the grid of images, plots.

pub mod context;
pub mod image_grid;
pub mod plot;
pub mod textures;
pub mod theme;
pub mod widgets;
