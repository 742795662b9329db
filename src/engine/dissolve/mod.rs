//! One image dissolved: what is asked for, the session that keeps what is needed again, and the normal band.

pub mod comparison;
pub mod dissolved;
pub mod normal_band;
pub mod prepared_image;
mod refinement;
pub mod request;
pub mod session;
mod tile_cache;

#[cfg(test)]
mod tests;
