//! Features of images at test time: z and the shift logits f for each shift k, over several samples of the views
//! `T_eval(S_k(flip(x)))`.

use super::{
    augment::Augment,
    bank::Features,
    model::Encoder,
    shift::SHIFTS,
    views::{SampleDraw, ViewMaker},
};
use crate::{data::PixelStore, error::Result};
use candle_core::Tensor;

/// Makes features: how many test-time samples, seen through which crop.
#[derive(Debug)]
pub struct Extractor<'a> {
    encoder: &'a Encoder,
    maker: ViewMaker,
    samples: usize,
}

impl<'a> Extractor<'a> {
    /// `samples` (paper: 10) of views whose crop has the area `crop_area`, (0, 1\] (paper: 0.54).
    pub fn new(encoder: &'a Encoder, samples: usize, crop_area: f64) -> Self {
        let dia = &encoder.config.run.dia;
        let maker =
            ViewMaker { augment: Augment::scoring(dia, crop_area), shift: dia.shift.kind(), size: encoder.config.input_size };
        Self { encoder, maker, samples }
    }

    /// What its samples do to every picture.
    pub fn draws(&self) -> impl Iterator<Item = SampleDraw> {
        (0..self.samples).map(|sample| self.maker.sample_draw(sample))
    }

    /// Number of images of one forward pass, so that its largest activation stays near 128 MiB.
    pub fn chunk(&self) -> usize {
        images_per_pass(self.maker.size)
    }

    /// Features of B pictures (flat NCHW, \[0, 1\]): B lists, one entry a sample.
    ///
    /// # Errors
    /// Those of the network's forward pass.
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

    /// Averaged features of all images of the store; `tick` is called with the number that is done, and may end it with an error.
    ///
    /// # Errors
    /// Images that cannot be read any more, or whatever `tick` returns.
    pub fn all(&self, store: &PixelStore, tick: &mut dyn FnMut(usize) -> Result<()>) -> Result<Vec<Features>> {
        self.of(store, &(0..store.len()).collect::<Vec<_>>(), tick)
    }

    /// Features of some images, by their places in the store.
    ///
    /// # Errors
    /// Images that cannot be read any more, or whatever `tick` returns.
    pub fn of(&self, store: &PixelStore, places: &[usize], tick: &mut dyn FnMut(usize) -> Result<()>) -> Result<Vec<Features>> {
        let mut all = Vec::with_capacity(places.len());
        for chunk in places.chunks(self.chunk()) {
            all.extend(self.sampled(&store.batch(chunk)?)?.iter().map(|samples| Features::mean(samples)));
            tick(all.len())?;
        }
        Ok(all)
    }
}

/// [`Extractor::chunk`] at an input size, px.
pub(crate) fn images_per_pass(input_size: usize) -> usize {
    const PIXELS: usize = 1 << 21;
    (PIXELS / (SHIFTS * input_size * input_size)).clamp(1, 64)
}
