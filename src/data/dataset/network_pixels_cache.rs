//! Pictures as the networks see them: decoded once in a run, however many stages ask for them and at whatever sizes.

use crate::{
    config::PreprocessConfig,
    data::{
        decode::DecodedImage,
        pixels::{Picture, Preprocess},
    },
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Bytes kept for later stages; what has no room is decoded again when it is asked for.
pub const BUDGET: usize = 512 << 20;

/// Values of a fitted picture, 65535 = 1: one plane where the channels are equal, else three.
pub type NetworkPixels = Arc<[u16]>;

/// What the stages of a run have decoded so far. A copy is empty: this is a memory of the data, no part of them.
#[derive(Debug, Default)]
pub struct NetworkPixelsCache(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    preprocess: PreprocessConfig,
    /// Sides that the run needs, px; none: nothing is kept.
    sizes: Vec<usize>,
    /// By number of the image, and size.
    pictures: HashMap<(usize, usize), NetworkPixels>,
    bytes: usize,
}

impl Kept {
    /// Whether this picture is not here yet, and could be even with three planes.
    fn has_room(&self, index: usize, size: usize) -> bool {
        !self.pictures.contains_key(&(index, size)) && self.bytes + 6 * size * size <= BUDGET
    }
}

impl Clone for NetworkPixelsCache {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl NetworkPixelsCache {
    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on, pictures prepared by `preprocess` are kept at `sizes`, px.
    pub fn keep(&self, preprocess: &PreprocessConfig, sizes: &[usize]) {
        let mut sizes = sizes.to_vec();
        sizes.sort_unstable();
        sizes.dedup();
        *self.lock() = Kept { preprocess: preprocess.clone(), sizes, ..Kept::default() };
    }

    /// Image number `index` at `size` px: as it was kept, or from `decode`, and then kept at all the sizes that a run needs.
    pub fn fitted(
        &self,
        index: usize,
        preprocess: &Preprocess,
        size: usize,
        decode: impl FnOnce() -> Result<DecodedImage, String>,
    ) -> Result<NetworkPixels, String> {
        let is_kept = |kept: &Kept| kept.preprocess == *preprocess.config() && kept.sizes.contains(&size);
        let others = {
            let kept = self.lock();
            match is_kept(&kept) {
                true if let Some(pixels) = kept.pictures.get(&(index, size)) => return Ok(pixels.clone()),
                true => kept.sizes.iter().copied().filter(|&other| other != size && kept.has_room(index, other)).collect(),
                false => Vec::new(),
            }
        };
        let raster = decode()?;
        let at = |size: usize| pack(&preprocess.fit(&raster, size));
        let wanted = at(size);
        let more: Vec<_> = others.into_iter().map(|other| (other, at(other))).chain([(size, wanted.clone())]).collect();
        let mut kept = self.lock();
        if is_kept(&kept) {
            for (side, pixels) in more {
                if kept.has_room(index, side) {
                    kept.bytes += 2 * pixels.len();
                    kept.pictures.insert((index, side), pixels);
                }
            }
        }
        Ok(wanted)
    }
}

/// Exact for 8-bit pictures at their own size: v / 255 = 257 v / 65535.
pub fn pack(picture: &Picture) -> NetworkPixels {
    let planes = if picture.is_grey() { 1 } else { 3 };
    let length = planes * picture.width * picture.height;
    picture.data[..length].iter().map(|v| (v.clamp(0.0, 1.0) * 65535.0).round() as u16).collect()
}

/// Fills three planes from what was packed.
pub fn unpack(pixels: &[u16], out: &mut [f32]) {
    for plane in out.chunks_exact_mut(pixels.len().min(out.len())) {
        plane.iter_mut().zip(pixels).for_each(|(o, p)| *o = f32::from(*p) / 65535.0);
    }
}
