//! Pictures as the networks see them: decoded once in a run, however many stages ask for them and at whatever sizes.

use super::model::{Dataset, ImageId};
use crate::{
    config::PreprocessConfig,
    data::pixels::{Picture, Preprocess},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Bytes kept for later stages; what has no room is decoded again when it is asked for.
const BUDGET: usize = 512 << 20;

/// Values of a fitted picture, 65535 = 1: one plane where the channels are equal, else three.
pub type Fitted = Arc<[u16]>;

/// What the stages of a run have decoded so far. A copy is empty: this is a memory of the data, no part of them.
#[derive(Debug, Default)]
pub(super) struct FittedCache(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    preprocess: PreprocessConfig,
    /// Sides that the run needs, px; none: nothing is kept.
    sizes: Vec<usize>,
    pictures: HashMap<(ImageId, usize), Fitted>,
    bytes: usize,
}

impl Clone for FittedCache {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl FittedCache {
    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Dataset {
    /// From now on, pictures prepared by `preprocess` are kept at all of `sizes` (px) once they were decoded at one of them.
    pub fn keep_fitted(&self, preprocess: &PreprocessConfig, sizes: &[usize]) {
        let mut sizes = sizes.to_vec();
        sizes.sort_unstable();
        sizes.dedup();
        *self.fitted.lock() = Kept { preprocess: preprocess.clone(), sizes, ..Kept::default() };
    }

    /// An image as the networks see it. The error is a reason to show beside its name.
    pub(super) fn fitted(&self, id: ImageId, preprocess: &Preprocess, size: usize) -> Result<Fitted, String> {
        let sizes = {
            let kept = self.fitted.lock();
            let counts = kept.preprocess == *preprocess.config() && kept.sizes.contains(&size);
            if let (true, Some(pixels)) = (counts, kept.pictures.get(&(id, size))) {
                return Ok(pixels.clone());
            }
            if counts { kept.sizes.clone() } else { vec![size] }
        };
        let raster = self.item(id).ok_or("is not in the data set")?.decode()?;
        let all: Vec<(usize, Fitted)> = sizes.into_iter().map(|s| (s, pack(&preprocess.fit(&raster, s)))).collect();
        let wanted = all.iter().find(|(s, _)| *s == size).map(|(_, pixels)| pixels.clone());
        let mut kept = self.fitted.lock();
        if kept.preprocess == *preprocess.config() && kept.sizes.contains(&size) {
            for (side, pixels) in all {
                let bytes = 2 * pixels.len();
                if kept.bytes + bytes <= BUDGET && kept.pictures.insert((id, side), pixels).is_none() {
                    kept.bytes += bytes;
                }
            }
        }
        wanted.ok_or_else(|| "could not be fitted".into())
    }
}

/// Exact for 8-bit pictures at their own size: v / 255 = 257 v / 65535.
fn pack(picture: &Picture) -> Fitted {
    let planes = if picture.is_grey() { 1 } else { 3 };
    let length = planes * picture.width * picture.height;
    picture.data[..length].iter().map(|v| (v.clamp(0.0, 1.0) * 65535.0).round() as u16).collect()
}

/// Fills three planes from what was packed.
pub(super) fn unpack(pixels: &[u16], out: &mut [f32]) {
    for plane in out.chunks_exact_mut(pixels.len().min(out.len())) {
        plane.iter_mut().zip(pixels).for_each(|(o, p)| *o = f32::from(*p) / 65535.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DataConfig;

    #[test]
    fn an_image_is_decoded_once_for_all_sizes_of_a_run() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a.png", "b.png"] {
            image::RgbImage::from_fn(40, 40, |x, y| image::Rgb([x as u8 * 6, y as u8 * 6, 90]))
                .save(dir.path().join(name))
                .unwrap();
        }
        let config = DataConfig { path: dir.path().into(), ..Default::default() };
        let data = Dataset::open(&config, &|_| ()).unwrap();
        let preprocess = Preprocess::default();
        let fresh = [16, 32].map(|size| data.fitted(ImageId(0), &preprocess, size).unwrap());
        data.keep_fitted(&PreprocessConfig::default(), &[32, 16]);
        data.fitted(ImageId(0), &preprocess, 32).unwrap();
        ["a.png", "b.png"].iter().for_each(|name| std::fs::remove_file(dir.path().join(name)).unwrap());
        let kept = [16, 32].map(|size| data.fitted(ImageId(0), &preprocess, size).unwrap());
        assert_eq!(kept, fresh, "without its file, to the same values");
        assert!(data.fitted(ImageId(1), &preprocess, 16).is_err(), "never decoded");
        assert!(data.fitted(ImageId(0), &preprocess, 24).is_err(), "a size that the run did not name");
        assert!(data.clone().fitted(ImageId(0), &preprocess, 16).is_err(), "a copy remembers nothing");
    }
}
