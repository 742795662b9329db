//! Charts as SVG and PNG, drawn by one description ([`canvas::Canvas`]).
//!
//! Why not a chart crate: colours have to be CSS classes, so that one SVG fits the report's light and its dark page; the page
//! loads nothing, so no chart may need a script; PNGs carry the window's typeface, drawn by the renderer that is here already.
//! `plotters` writes colours into its SVG and brings a text stack of its own, `charming` draws in a browser. What is left to be
//! written by hand is axes with round numbers and five shapes.

pub mod canvas;
pub mod png;
pub mod scale;
pub mod svg;
pub mod text;
pub mod xy_chart;
