//! Charts as SVG and PNG.

pub mod canvas;
pub mod chart;
pub mod png;
pub mod scale;
pub mod svg;
pub mod text;
