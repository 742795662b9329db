//! Pictures as the shader takes them, and back.

use super::rgba::Rgba;
use crate::{
    data::Picture,
    gpu::{Raster, Texels},
};
use std::sync::Arc;

/// Stands where a picture could not be read.
pub fn nothing() -> Arc<Raster> {
    Arc::new(Raster::new(1, 1, Texels::Bytes(vec![[0, 0, 0, 255]])))
}

/// As 8-bit numbers.
pub fn raster_bytes(picture: &Picture) -> Arc<Raster> {
    let texels = Rgba::new(picture).rgba.as_chunks().0.to_vec();
    Arc::new(Raster::new(picture.width as u32, picture.height as u32, Texels::Bytes(texels)))
}

/// As floats.
pub fn raster_of(picture: &Picture) -> Arc<Raster> {
    let (r, g, b) = (picture.plane(0), picture.plane(1), picture.plane(2));
    let texels = r.iter().zip(g).zip(b).map(|((&r, &g), &b)| [r, g, b, 1.0]).collect();
    Arc::new(Raster::new(picture.width as u32, picture.height as u32, Texels::Floats(texels)))
}

/// The pixels of a raster again.
pub fn picture_of(raster: &Raster) -> Picture {
    let [w, h] = raster.size().map(|s| s as usize);
    let values = |c: usize| (0..w * h).map(move |i| raster.at(0, (i % w) as i64, (i / w) as i64)[c]);
    Picture::new(w, h, 3, (0..3).flat_map(values).collect())
}
