//! AUROC on labelled images while the encoder is trained: a curve for people, never used to choose anything.

use crate::{
    config::RunConfig,
    data::{Dataset, ImageId, Label, PixelStore, Split},
    error::Result,
    metrics,
    ml::{
        base::{
            pixel_loading::load_pixels,
            reporter::{Event, Reporter},
        },
        encoder::{bank::Features, features::Extractor, model::Encoder},
        scoring::dia_scorer::DiaScorer,
    },
    run_dir::{RunDir, files, write_atomic},
};
use csv::{StringRecord, Writer};
use std::sync::Arc;

/// Test-time samples, and training normals to compare with: fewer than for the result, so that it costs little.
const SAMPLES: usize = 2;
const NORMALS: usize = 300;
/// Images of each label that are scored.
const EACH: usize = 200;
const COLUMNS: [&str; 9] = ["epoch", "step", "auroc", "auroc_lower", "auroc_upper", "n_normal", "n_abnormal", "split", "samples"];

/// The images that are evaluated, and the rows of `epochs.csv` so far.
pub struct Validation {
    run: RunDir,
    store: PixelStore,
    labels: Vec<bool>,
    split: Split,
    /// Places of the training normals that are compared with.
    normals: Vec<usize>,
    epoch_length: usize,
    every: usize,
    crop_area: f64,
    rows: Vec<StringRecord>,
}

impl Validation {
    /// The labelled validation images, or the test images where there are none; `None`, with a notice, where neither has both
    /// normal and abnormal ones. Rows of `epochs.csv` beyond step `done` are dropped.
    ///
    /// # Errors
    /// Images that cannot be read.
    pub fn open(
        run: &RunDir,
        config: &RunConfig,
        data: &Arc<Dataset>,
        training: &PixelStore,
        done: usize,
        reporter: &mut dyn Reporter,
    ) -> Result<Option<Self>> {
        let labelled = |split: Split| {
            let of = |wanted| {
                let ids = data.ids(|item, label| item.split == split && label == Some(wanted));
                let step = ids.len().div_ceil(EACH).max(1);
                ids.into_iter().step_by(step).collect::<Vec<_>>()
            };
            let (normal, abnormal) = (of(Label::Normal), of(Label::Abnormal));
            let both = !normal.is_empty() && !abnormal.is_empty();
            both.then(|| (split, normal.into_iter().chain(abnormal).collect::<Vec<_>>()))
        };
        let Some((split, ids)) = labelled(Split::Val).or_else(|| labelled(Split::Test)) else {
            let why = "no AUROC during the training: neither validation nor test images are labelled normal and abnormal";
            reporter.event(Event::Notice(why.into()));
            return Ok(None);
        };
        let store = load_pixels(data, &config.preprocess, ids, training.size(), reporter)?;
        let labels = store.ids().iter().map(|&id: &ImageId| data.label(id) == Some(Label::Abnormal)).collect();
        let old = csv::Reader::from_path(run.join(files::EPOCHS)).ok().into_iter().flat_map(|file| file.into_records().flatten());
        let is_done = |row: &StringRecord| row.get(1).is_some_and(|s| s.parse::<usize>().is_ok_and(|step| step <= done));
        Ok(Some(Self {
            run: run.clone(),
            store,
            labels,
            split,
            normals: (0..training.len()).step_by(training.len().div_ceil(NORMALS).max(1)).collect(),
            epoch_length: config.dia.batches_per_epoch(),
            every: config.dia.eval_every,
            crop_area: config.score.crop_area,
            rows: old.filter(is_done).collect(),
        }))
    }

    /// Evaluates where an epoch to be evaluated ends with this step (1-based); `training` is the store of the training normals.
    ///
    /// # Errors
    /// Images that cannot be read any more, or a file that cannot be written.
    pub fn after(&mut self, step: usize, encoder: &Encoder, training: &PixelStore, reporter: &mut dyn Reporter) -> Result<()> {
        if !step.is_multiple_of(self.every * self.epoch_length) {
            return Ok(());
        }
        let epoch = step / self.epoch_length;
        let extractor = Extractor::new(encoder, SAMPLES, self.crop_area);
        let scorer = DiaScorer::new(&extractor.of(training, &self.normals, &mut |_| Ok(()))?)?;
        let images = extractor.all(&self.store, &mut |_| Ok(()))?;
        let scores: Vec<f64> = images.iter().map(|image: &Features| scorer.score(image).score).collect();
        let auroc = match metrics::auroc(&self.labels, &scores) {
            Ok(auroc) => auroc,
            Err(e) => {
                reporter.event(Event::Notice(format!("epoch {epoch}: no AUROC: {e}").into()));
                return Ok(());
            }
        };
        let ci95 = auroc.ci95.unwrap_or([0.0, 1.0]);
        reporter.event(Event::Epoch { epoch, auroc: auroc.value, ci95 });
        let abnormal = self.labels.iter().filter(|&&l| l).count();
        let (normal, split) = (self.labels.len() - abnormal, self.split.name());
        let areas = [auroc.value, ci95[0], ci95[1]].map(|v| v.to_string());
        let counts = [normal, abnormal].map(|n| n.to_string());
        let row = [epoch, step].map(|n| n.to_string()).into_iter().chain(areas).chain(counts);
        self.rows.push(row.chain([split.to_string(), SAMPLES.to_string()]).collect());
        write_atomic(&self.run.join(files::EPOCHS), |file| {
            let mut csv = Writer::from_writer(file);
            csv.write_record(COLUMNS)?;
            self.rows.iter().try_for_each(|row| csv.write_record(row))?;
            csv.flush()
        })
    }
}
