//! A score by a descriptor: how far the numbers that describe an image are from those of normal images.
//!
//! The descriptors of the training normals are computed once, their Gaussian is kept with the run, and judges any image.

use super::{
    dia_scorer::WholeImageScorer,
    normal_gaussian::{NormalGaussian, NormalSamples, not_kept},
};
use crate::{
    data::Dataset,
    error::Result,
    metrics::HeldOutScores,
    ml::{
        base::{
            pixel_loading::load_pixels,
            reporter::{Event, Reporter, Stage},
            stage_progress::StageProgress,
        },
        encoder::model::Encoder,
    },
    run_dir::RunDir,
    scores::ScoreKind,
};
use std::sync::Arc;

/// Upper limit of training normals described, evenly sampled; far more than a descriptor's length, so enough to estimate its
/// covariance.
pub(crate) const MOST: usize = 500;
/// Images of one pass.
pub(crate) const CHUNK: usize = 32;

/// Numbers that describe an image.
pub trait Descriptor {
    /// The score that is made of it.
    const SCORE: ScoreKind;
    /// The file of the run that says what those of normal images look like.
    const FILE: &'static str;
    /// The stage in which the training normals are described.
    const STAGE: Stage;

    /// How many numbers.
    fn length(&self) -> usize;

    /// Descriptors of B pictures (flat NCHW at the encoder's input size, \[0, 1\]). `grey`: all training normals are grey.
    ///
    /// # Errors
    /// Too little memory.
    fn describe(&self, pictures: &[f32], grey: bool) -> Result<Vec<Vec<f64>>>;
}

/// Scores images by a descriptor.
pub struct DescriptorScorer<D> {
    descriptor: D,
    normals: NormalGaussian,
}

impl<D: Descriptor> DescriptorScorer<D> {
    /// Reads what is kept of the normal images, or describes the training normals of `data`. `run` is the encoder's. `None`, with
    /// a notice, where they would have to be described and `data` are not those that the encoder was trained on.
    ///
    /// # Errors
    /// A damaged file, descriptors without spread, a file that cannot be written,
    /// [`Error::Stopped`](crate::error::Error::Stopped).
    pub fn open_or_build(
        descriptor: D,
        run: &RunDir,
        encoder: &Encoder,
        data: &Arc<Dataset>,
        reporter: &mut dyn Reporter,
    ) -> Result<Option<Self>> {
        let path = run.join(D::FILE);
        if path.exists() {
            let normals = NormalGaussian::load(&path, descriptor.length())?;
            return Ok(Some(Self { descriptor, normals }));
        }
        if !encoder.has_learnt_from(data) {
            reporter.event(Event::Notice(not_kept(&[D::SCORE]).into()));
            return Ok(None);
        }
        let chosen = data.some_training_normals(MOST);
        let store = load_pixels(data, &encoder.config.run.preprocess, chosen, encoder.config.input_size, reporter)?;
        let mut seen = NormalSamples { grey: store.is_grey(), ..NormalSamples::default() };
        let mut progress = StageProgress::start(D::STAGE, 0, store.len(), reporter);
        for chunk in (0..store.len()).collect::<Vec<_>>().chunks(CHUNK) {
            for (&place, row) in chunk.iter().zip(descriptor.describe(&store.batch(chunk)?, seen.grey)?) {
                let name = data.item(store.ids()[place]).map(|item| item.name.clone());
                seen.add(name.unwrap_or_default(), [row]);
            }
            progress.reach(seen.rows.len())?;
        }
        progress.finish();
        let normals = NormalGaussian::fit(&seen)?;
        normals.save(&path, D::SCORE.name())?;
        Ok(Some(Self { descriptor, normals }))
    }
}

impl<D: Descriptor> WholeImageScorer for DescriptorScorer<D> {
    fn kind(&self) -> ScoreKind {
        D::SCORE
    }

    fn scores(&self, pictures: &[f32]) -> Result<Vec<f64>> {
        let rows = self.descriptor.describe(pictures, self.normals.grey)?;
        Ok(rows.into_iter().map(|row| self.normals.score(&[row])).collect())
    }

    fn held_out(&self, name: &str) -> Option<f64> {
        self.normals.held_out(name)
    }

    fn held_out_scores(&self) -> &HeldOutScores {
        self.normals.held_out_scores()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::{DataConfig, RunConfig},
        ml::{base::reporter::Silent, encoder::model::EncoderConfig, scoring::encoder_features::EncoderFeatures},
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
        let scorer =
            DescriptorScorer::open_or_build(EncoderFeatures(&encoder), &run, &encoder, &data, &mut Silent).unwrap().unwrap();
        let stripes: Vec<f32> = (0..3 * 32 * 32).map(|i| (i % 2) as f32).collect();
        let score = scorer.scores(&stripes).unwrap()[0];
        assert!(scorer.held_out_scores().rank(score) == 1.0 && scorer.held_out(&normal).unwrap() < score);
        let again =
            DescriptorScorer::open_or_build(EncoderFeatures(&encoder), &run, &encoder, &data, &mut Silent).unwrap().unwrap();
        assert_eq!(again.scores(&stripes).unwrap(), [score], "read from its file");

        let (elsewhere, run) =
            (tempfile::tempdir().unwrap(), RunDir::create(dir.path(), RunKind::Dia, "other", &config).unwrap());
        std::fs::copy(dir.path().join("0.png"), elsewhere.path().join("0.png")).unwrap();
        let others = DataConfig { path: elsewhere.path().into(), normal: vec!["*".into()], ..Default::default() };
        let others = Arc::new(Dataset::open(&others, &|_| ()).unwrap());
        assert!(
            DescriptorScorer::open_or_build(EncoderFeatures(&encoder), &run, &encoder, &others, &mut Silent).unwrap().is_none()
        );
    }
}
