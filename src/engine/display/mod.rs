//! Images as they are shown.

pub mod mask_outline;
pub mod raster;
pub mod rgba;
