//! A score by the encoder's features: how far what it sees in an image is from what it sees in normal images.
//!
//! DIA compares the last layer of views with the nearest normal image. What amplifying has taught the layers before says more on
//! several sets: mean and deviation of each of their channels over the plain image, and a Gaussian of the training normals'
//! (covariance shrunk after Ledoit and Wolf). It is two-sided, as the dissolve profile is.

use super::descriptor_scorer::Descriptor;
use crate::{
    error::Result,
    ml::{base::reporter::Stage, encoder::model::Encoder},
    run_dir::files,
    scores::ScoreKind,
};
use candle_core::Tensor;

/// Stages of the encoder, from the first on, whose features are taken.
const STAGES: usize = 3;

/// Mean and deviation over the image of each channel of the encoder's first stages.
pub struct EncoderFeatures<'a>(pub &'a Encoder);

impl Descriptor for EncoderFeatures<'_> {
    const SCORE: ScoreKind = ScoreKind::Features;
    const FILE: &'static str = files::FEATURES;
    const STAGE: Stage = Stage::NormalFeatures;

    fn length(&self) -> usize {
        (0..STAGES).map(|stage| (2 * self.0.config.run.dia.width) << stage).sum()
    }

    fn describe(&self, pictures: &[f32], _grey: bool) -> Result<Vec<Vec<f64>>> {
        let side = self.0.config.input_size;
        let count = pictures.len() / (3 * side * side);
        let x = Tensor::from_slice(pictures, (count, 3, side, side), self.0.device())?;
        let mut rows = vec![Vec::with_capacity(self.length()); count];
        for stage in self.0.local_features(&x, STAGES)? {
            let (_, channels, height, width) = stage.dims4()?;
            let values = stage.detach().flatten_all()?.to_vec1::<f32>()?;
            for (row, image) in rows.iter_mut().zip(values.chunks_exact(channels * height * width)) {
                for plane in image.chunks_exact(height * width) {
                    let of = || plane.iter().map(|&v| f64::from(v));
                    let mean = of().sum::<f64>() / plane.len() as f64;
                    let variance = of().map(|v| (v - mean).powi(2)).sum::<f64>() / plane.len() as f64;
                    row.extend([mean, variance.sqrt()]);
                }
            }
        }
        Ok(rows)
    }
}
