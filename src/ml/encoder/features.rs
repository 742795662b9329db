//! What the encoder says of images at test time: z and the shift logits f for each shift, averaged over samples (METHOD section
//! 3); and the features of all training normals, the bank that scores are measured against.

use super::bank::Features;
use super::{augment::Augment, model::Encoder, shift::SHIFTS, views::ViewMaker};
use crate::{data::PixelStore, error::Result};
use candle_core::Tensor;

/// Images of `input_size` px that go through the encoder at once, in all their shifts, so that the largest activation stays near
/// 128 MiB.
pub fn images_per_pass(input_size: usize) -> usize {
    const PIXELS: usize = 1 << 21;
    (PIXELS / (SHIFTS * input_size * input_size)).clamp(1, 64)
}

/// Makes features: how many test-time samples, seen through which crop.
#[derive(Debug)]
pub struct Extractor<'a> {
    encoder: &'a Encoder,
    maker: ViewMaker,
    samples: usize,
}

impl<'a> Extractor<'a> {
    pub fn new(encoder: &'a Encoder, samples: usize, crop_area: f64) -> Self {
        let dia = &encoder.config.run.dia;
        let maker = ViewMaker { augment: Augment::scoring(dia, crop_area), shift: dia.shift, size: encoder.config.input_size };
        Self { encoder, maker, samples }
    }

    /// Images of one pass.
    pub fn chunk(&self) -> usize {
        images_per_pass(self.maker.size)
    }

    /// Pictures (flat NCHW) to one list of features for each of them, a sample each.
    pub fn sampled(&self, pictures: &[f32]) -> Result<Vec<Vec<Features>>> {
        let size = self.maker.size;
        let count = pictures.len() / (3 * size * size);
        let mut features = vec![Vec::with_capacity(self.samples); count];
        for sample in 0..self.samples {
            let views = self.maker.scoring(sample, pictures);
            let views = Tensor::from_vec(views, (SHIFTS * count, 3, size, size), self.encoder.device())?;
            let (z, shift) = self.encoder.forward(&views, false)?;
            // Shift-major rows to one block an image.
            let by_image = |x: Tensor| x.reshape((SHIFTS, count, ()))?.transpose(0, 1)?.flatten_from(1)?.to_vec2::<f32>();
            let (z, shift) = (by_image(z.detach())?, by_image(shift.detach())?);
            for ((list, z), shift) in features.iter_mut().zip(z).zip(shift) {
                list.push(Features { z, shift });
            }
        }
        Ok(features)
    }

    /// Averaged features of all images of the store; `tick` hears how many are done, and may end it with an error.
    pub fn all(&self, store: &PixelStore, tick: &mut dyn FnMut(usize) -> Result<()>) -> Result<Vec<Features>> {
        self.of(store, &(0..store.len()).collect::<Vec<_>>(), tick)
    }

    /// The same of some images, by their places in the store.
    pub fn of(&self, store: &PixelStore, places: &[usize], tick: &mut dyn FnMut(usize) -> Result<()>) -> Result<Vec<Features>> {
        let mut all = Vec::with_capacity(places.len());
        for chunk in places.chunks(self.chunk()) {
            all.extend(self.sampled(&store.batch(chunk)?)?.iter().map(|samples| Features::mean(samples)));
            tick(all.len())?;
        }
        Ok(all)
    }
}
