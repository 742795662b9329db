//! What panels are made of: widgets, the theme, the grid of images, plots.

pub(crate) mod column_filter;
pub(crate) mod context;
pub(crate) mod glossary;
pub(crate) mod image_grid;
pub(crate) mod path_field;
pub(crate) mod plot;
pub(crate) mod tags;
pub mod textures;
pub mod theme;
pub(crate) mod views;
pub(crate) mod widgets;
