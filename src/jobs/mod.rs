//! (being written)
pub mod pipeline;
