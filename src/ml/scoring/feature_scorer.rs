//! A score by the encoder's features: how far what it sees in an image is from what it sees in normal images.
//!
//! DIA compares the last layer of views with the nearest normal image. What amplifying has taught the layers before says more on
//! several sets: mean and deviation of each of their channels over the plain image, and a Gaussian of the training normals'
//! (covariance shrunk after Ledoit and Wolf). It is two-sided, as the dissolve profile is.

use super::{
    gaussian::Ranks,
    normal_gaussian::{NormalGaussian, Seen},
    scorer::BatchScorer,
};
use crate::{
    data::Dataset,
    error::Result,
    ml::{
        base::{
            pixel_loading::load_pixels,
            reporter::{Event, Reporter, Stage},
            stage_progress::StageProgress,
        },
        encoder::model::Encoder,
    },
    run_dir::{RunDir, files},
    scores::ScoreKind,
};
use candle_core::Tensor;
use std::sync::Arc;

/// Training normals that are looked at, at most, evenly spread.
pub(crate) const MOST: usize = 500;
/// Images of one pass.
const CHUNK: usize = 32;
/// Stages of the encoder, from the first on, whose features are taken.
const STAGES: usize = 3;

/// Scores images by the encoder's features.
pub struct FeatureScorer<'a> {
    encoder: &'a Encoder,
    normals: NormalGaussian,
}

impl<'a> FeatureScorer<'a> {
    /// Reads what normal images look like to the run's encoder, or looks at the training normals of `data`. `run` is the
    /// encoder's. `None`, with a notice, where it would have to look and `data` are not those that the encoder was trained on.
    ///
    /// # Errors
    /// A damaged file, features without spread, a file that cannot be written, [`Error::Stopped`](crate::error::Error::Stopped).
    pub fn open_or_build(
        run: &RunDir,
        encoder: &'a Encoder,
        data: &Arc<Dataset>,
        reporter: &mut dyn Reporter,
    ) -> Result<Option<Self>> {
        let path = run.join(files::FEATURES);
        if path.exists() {
            let normals = NormalGaussian::load(&path, width(encoder))?;
            return Ok(Some(Self { encoder, normals }));
        }
        if data.fingerprint() != encoder.config.fingerprint {
            let text = "the run has not kept its training images' features; score those once, and the score by features is there";
            reporter.event(Event::Notice(text.into()));
            return Ok(None);
        }
        let chosen = data.some_training_normals(MOST);
        let store = load_pixels(data, &encoder.config.run.preprocess, chosen, encoder.config.input_size, reporter)?;
        let mut seen = Seen::default();
        let mut progress = StageProgress::start(Stage::NormalFeatures, 0, store.len(), reporter);
        for chunk in (0..store.len()).collect::<Vec<_>>().chunks(CHUNK) {
            for (&place, row) in chunk.iter().zip(features(encoder, &store.batch(chunk)?)?) {
                let name = data.item(store.ids()[place]).map(|item| item.name.clone());
                seen.add(name.unwrap_or_default(), [row]);
            }
            progress.reach(seen.rows.len())?;
        }
        progress.finish();
        let normals = NormalGaussian::fit(&seen)?;
        normals.save(&path, "normal-features")?;
        Ok(Some(Self { encoder, normals }))
    }
}

impl BatchScorer for FeatureScorer<'_> {
    fn which(&self) -> ScoreKind {
        ScoreKind::Features
    }

    fn scores(&self, pictures: &[f32]) -> Result<Vec<f64>> {
        let rows = features(self.encoder, pictures)?;
        Ok(rows.into_iter().map(|row| self.normals.score(&[row])).collect())
    }

    fn held_out(&self, name: &str) -> Option<f64> {
        self.normals.held_out(name)
    }

    fn ranks(&self) -> &Ranks {
        self.normals.ranks()
    }
}

/// Numbers of one image: mean and deviation of each channel of each stage.
fn width(encoder: &Encoder) -> usize {
    (0..STAGES).map(|stage| (2 * encoder.config.run.dia.width) << stage).sum()
}

/// Features of B pictures (flat NCHW at the encoder's input size, \[0, 1\]).
fn features(encoder: &Encoder, pictures: &[f32]) -> Result<Vec<Vec<f64>>> {
    let side = encoder.config.input_size;
    let count = pictures.len() / (3 * side * side);
    let x = Tensor::from_slice(pictures, (count, 3, side, side), encoder.device())?;
    let mut rows = vec![Vec::with_capacity(width(encoder)); count];
    for stage in encoder.local_features(&x, STAGES)? {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::{DataConfig, RunConfig},
        ml::{base::reporter::Silent, encoder::model::EncoderConfig},
        run_dir::RunKind,
    };
    use candle_core::Device;

    #[test]
    fn what_normal_images_do_not_look_like_is_far() {
        let dir = tempfile::tempdir().unwrap();
        for i in 0..12u32 {
            let picture = image::GrayImage::from_fn(40, 40, |x, y| image::Luma([(100 + (x * 3 + y * i + 7 * i) % 40) as u8]));
            picture.save(dir.path().join(format!("{i}.png"))).unwrap();
        }
        let data = DataConfig { path: dir.path().into(), normal: vec!["*".into()], ..Default::default() };
        let data = Arc::new(Dataset::open(&data, &|_| ()).unwrap());
        let normal = data.item(data.training_normals()[0]).unwrap().name.clone();
        let mut config = RunConfig::default();
        config.dia.width = 4;
        let run = RunDir::create(dir.path(), RunKind::Dia, "features", &config).unwrap();
        let encoder = Encoder::new(EncoderConfig::new(config.clone(), 32, data.fingerprint().into()), &Device::Cpu).unwrap();
        let scorer = FeatureScorer::open_or_build(&run, &encoder, &data, &mut Silent).unwrap().unwrap();
        let stripes: Vec<f32> = (0..3 * 32 * 32).map(|i| (i % 2) as f32).collect();
        let score = scorer.scores(&stripes).unwrap()[0];
        assert!(scorer.ranks().rank(score) == 1.0 && scorer.held_out(&normal).unwrap() < score);
        let again = FeatureScorer::open_or_build(&run, &encoder, &data, &mut Silent).unwrap().unwrap();
        assert_eq!(again.scores(&stripes).unwrap(), [score], "read from its file");

        let (elsewhere, run) =
            (tempfile::tempdir().unwrap(), RunDir::create(dir.path(), RunKind::Dia, "other", &config).unwrap());
        std::fs::copy(dir.path().join("0.png"), elsewhere.path().join("0.png")).unwrap();
        let others = DataConfig { path: elsewhere.path().into(), normal: vec!["*".into()], ..Default::default() };
        let others = Arc::new(Dataset::open(&others, &|_| ()).unwrap());
        assert!(FeatureScorer::open_or_build(&run, &encoder, &others, &mut Silent).unwrap().is_none());
    }
}
