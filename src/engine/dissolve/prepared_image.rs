//! An image read and prepared once, for being shown, dissolved and measured.

use super::request::ImageSource;
use crate::{
    config::PreprocessConfig,
    data::{ImageId, Picture, Preprocess},
    engine::display::raster::{raster_bytes, raster_of},
    error::Result,
    gpu::Raster,
};
use std::sync::Arc;

/// Larger pictures are shown at this many pixels.
const SHOWN: usize = 80_000_000;
/// Up to this many pixels, pictures of more than 8 bits are shown from floats.
const FINE: usize = 16_000_000;
/// Longest side of what is dissolved from, px: far more than any resolution of dissolving.
const BASE: usize = 4096;
/// Longest side at which the change is measured, px.
pub(super) const MEASURED: usize = 256;
/// Longest side of an image that is shown beside others, px.
const BESIDE: usize = 1024;

/// An image as it is shown.
#[derive(Debug, Clone)]
pub struct Original {
    pub image: ImageId,
    pub raster: Arc<Raster>,
    /// Width and height before it was made smaller to be shown, px.
    pub size: [usize; 2],
    /// What the file says where the picture says 1; 1 where its values were mapped.
    pub white: f32,
}

/// An image, prepared.
pub(super) struct PreparedImage {
    pub source: ImageSource,
    pub original: Original,
    /// Not shrunk to be one beside others.
    pub is_full_size: bool,
    /// At [`MEASURED`].
    pub measured: Picture,
    pub is_grey: bool,
    base: Picture,
    /// `base` as the dissolver takes it, for the resolutions asked for so far.
    fitted: Vec<(usize, Picture)>,
}

impl PreparedImage {
    /// `is_full_size`: at its own size, not as one beside others.
    pub fn read(source: &ImageSource, is_full_size: bool) -> Result<Self> {
        let (picture, white) = source.dataset.read_with_white(source.image)?;
        let mapped = source.preprocess != PreprocessConfig::default();
        let picture = if mapped { Preprocess::new(source.preprocess.clone()).apply(&picture) } else { picture };
        let (size, is_grey) = ([picture.width, picture.height], picture.is_grey());
        let largest = (SHOWN as f64 / (size[0] * size[1]).max(1) as f64).sqrt() * size[0].max(size[1]) as f64;
        let picture = picture.within(largest as usize);
        let white = if mapped { 1.0 } else { white };
        let picture = if is_full_size { picture } else { picture.within(BESIDE) };
        // Files of more than 8 bits keep their values where there is room.
        let fine = white != 255.0 && picture.width * picture.height <= FINE;
        let raster = if fine { raster_of(&picture.to_rgb()) } else { raster_bytes(&picture) };
        let base = picture.within(BASE);
        let measured = base.clone().within(MEASURED).to_rgb();
        let original = Original { image: source.image, raster, size, white };
        Ok(Self { source: source.clone(), original, is_full_size, measured, is_grey, base, fitted: Vec::new() })
    }

    /// Whether it takes little memory.
    pub fn is_small(&self) -> bool {
        let [width, height] = self.original.raster.size();
        self.base.width.max(self.base.height).max(width.max(height) as usize) <= BESIDE
    }

    /// At a resolution of dissolving, px.
    pub fn fitted(&mut self, resolution: usize) -> &Picture {
        let place = self.fitted.iter().position(|(r, _)| *r == resolution).unwrap_or_else(|| {
            self.fitted.push((resolution, fit(&self.base, resolution)));
            self.fitted.len() - 1
        });
        &self.fitted[place].1
    }
}

/// Shrunk to the dissolver's resolution as training pictures are (smoothed); 28-px pictures are padded by the dissolver itself.
pub(super) fn fit(picture: &Picture, resolution: usize) -> Picture {
    match (picture.width, picture.height, resolution) {
        (28, 28, 32) => picture.to_rgb(),
        _ => picture.resize(resolution, resolution).to_rgb(),
    }
}
