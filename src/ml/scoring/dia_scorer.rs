//! The anomaly score (paper, Eq. 10): how like the nearest normal training image, and how sure of its shift.

use crate::{
    config::ScoreConfig,
    data::{Dataset, ImageId, Label, Split},
    error::{Error, NextStep, Result},
    metrics::HeldOutScores,
    ml::{
        base::{
            pixel_loading::load_pixels,
            reporter::{Event, Reporter, Stage},
            stage_progress::StageProgress,
        },
        encoder::{
            bank::{Bank, Features},
            features::Extractor,
            model::Encoder,
            shift::SHIFTS,
        },
    },
    scores::{ScoreKind, ScoreRow, ScoreTerms, Scores, threshold_by},
};
use rayon::prelude::*;
use std::{collections::HashMap, sync::Arc};

/// The bank, prepared: unit axes and weights.
#[derive(Debug, Clone)]
pub struct DiaScorer {
    /// M x K x D, each row of length 1 (or 0).
    axes: Vec<f32>,
    width: usize,
    /// |z_{m,k}| and f_{m,k}\[k\] of each training normal, and their sums.
    lengths: Vec<[f64; SHIFTS]>,
    logits: Vec<[f64; SHIFTS]>,
    length_sum: [f64; SHIFTS],
    logit_sum: [f64; SHIFTS],
}

/// One image's score and what it is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageScore {
    /// -mean_k(sim + cls); higher is more abnormal.
    pub score: f64,
    /// `lambda_sim,k * max_m z_k . axis_{m,k}`
    pub sim: [f64; SHIFTS],
    /// `lambda_cls,k * f_k[k]`
    pub cls: [f64; SHIFTS],
    /// The m of that maximum: the nearest training normal, by its place in the bank.
    pub nearest: [usize; SHIFTS],
}

impl DiaScorer {
    /// Prepares the features of M training normals.
    ///
    /// # Errors
    /// Where the bank is empty or ragged.
    pub fn new(bank: &[Features]) -> Result<Self> {
        let width = bank.first().map_or(0, |f| f.z.len() / SHIFTS);
        let complete = |f: &Features| f.z.len() == SHIFTS * width && f.shift.len() == SHIFTS * SHIFTS;
        if width == 0 || !bank.iter().all(complete) {
            return Err(Error::user(
                "there are no features of normal images to compare with",
                "train the encoder to its end first",
            ));
        }
        let length = |z: &[f32]| z.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>().sqrt();
        let lengths: Vec<[f64; SHIFTS]> = bank.iter().map(|f| per_shift(|k| length(&f.z[k * width..][..width]))).collect();
        let logits: Vec<[f64; SHIFTS]> = bank.iter().map(|f| per_shift(|k| f64::from(f.shift[k * SHIFTS + k]))).collect();
        let rows = bank.iter().zip(&lengths).flat_map(|(f, lengths)| f.z.chunks_exact(width).zip(lengths));
        let axes = rows.flat_map(|(z, &length)| z.iter().map(move |&v| (f64::from(v) / length.max(1e-12)) as f32)).collect();
        let sum = |rows: &[[f64; SHIFTS]]| per_shift(|k| rows.iter().map(|r| r[k]).sum());
        Ok(Self { axes, width, length_sum: sum(&lengths), logit_sum: sum(&logits), lengths, logits })
    }

    /// Number of training normals M.
    pub fn len(&self) -> usize {
        self.lengths.len()
    }

    /// Whether there are no training normals; never true.
    pub fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }

    /// z_{m,k} / |z_{m,k}|, M x K x D.
    pub fn axes(&self) -> &[f32] {
        &self.axes
    }

    /// lambda_sim and lambda_cls for each shift.
    pub fn weights(&self) -> ([f64; SHIFTS], [f64; SHIFTS]) {
        self.weights_without(None)
    }

    /// The score of an image (paper, Eq. 10).
    pub fn score(&self, image: &Features) -> ImageScore {
        self.score_without(image, None)
    }

    /// The training normal number `m` scored against the others, as if it had not been among them.
    pub fn leave_one_out(&self, image: &Features, m: usize) -> ImageScore {
        // A single training image has no others: it is scored against itself.
        self.score_without(image, (self.len() > 1).then_some(m))
    }

    fn weights_without(&self, left_out: Option<usize>) -> ([f64; SHIFTS], [f64; SHIFTS]) {
        let count = (self.len() - usize::from(left_out.is_some())) as f64;
        let own = |rows: &[[f64; SHIFTS]], k: usize| left_out.map_or(0.0, |m| rows[m][k]);
        let weight = |sum: &[f64; SHIFTS], rows: &[[f64; SHIFTS]]| per_shift(|k| count / (sum[k] - own(rows, k)));
        (weight(&self.length_sum, &self.lengths), weight(&self.logit_sum, &self.logits))
    }

    fn score_without(&self, image: &Features, left_out: Option<usize>) -> ImageScore {
        let (lambda_sim, lambda_cls) = self.weights_without(left_out);
        let best = per_shift(|k| {
            let z = &image.z[k * self.width..][..self.width];
            let axes = self.axes.chunks_exact(self.width).skip(k).step_by(SHIFTS).enumerate();
            let others = axes.filter(|(m, _)| Some(*m) != left_out).map(|(m, axis)| (dot(z, axis), m));
            // Of equals the first.
            others.fold((f32::NEG_INFINITY, 0), |best, new| if new.0 > best.0 { new } else { best })
        });
        let sim = per_shift(|k| lambda_sim[k] * f64::from(best[k].0));
        let cls = per_shift(|k| lambda_cls[k] * f64::from(image.shift[k * SHIFTS + k]));
        let score = -(0..SHIFTS).map(|k| sim[k] + cls[k]).sum::<f64>() / SHIFTS as f64;
        ImageScore { score, sim, cls, nearest: best.map(|b| b.1) }
    }
}

fn per_shift<T>(f: impl FnMut(usize) -> T) -> [T; SHIFTS] {
    std::array::from_fn(f)
}

/// Eight running sums, so that the compiler can use the machine's vectors.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0f32; 8];
    let (a, b) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f32 = a.remainder().iter().zip(b.remainder()).map(|(x, y)| x * y).sum();
    for (a, b) in a.zip(b) {
        for i in 0..8 {
            sums[i] += a[i] * b[i];
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// The bank of an encoder, what scores against it, and its training normals, each scored against the others.
///
/// # Errors
/// An encoder without a bank.
pub fn of_bank(encoder: &Encoder) -> Result<(&Bank, DiaScorer, Vec<ImageScore>)> {
    let bank = encoder.bank.as_ref().ok_or_else(unfinished)?;
    let scorer = DiaScorer::new(&bank.features)?;
    let held_out = bank.features.par_iter().enumerate().map(|(m, features)| scorer.leave_one_out(features, m)).collect();
    Ok((bank, scorer, held_out))
}

/// A further score computed from the same decoded pictures as DIA's.
pub trait WholeImageScorer {
    /// Which of the scores it computes.
    fn kind(&self) -> ScoreKind;

    /// Scores of pictures (flat NCHW at the encoder's input size, \[0, 1\]); higher is more abnormal.
    ///
    /// # Errors
    /// Too little memory.
    fn scores(&self, pictures: &[f32]) -> Result<Vec<f64>>;

    /// Score of a training normal with that image held out; `None` where the scorer has not seen it.
    fn held_out(&self, name: &str) -> Option<f64>;

    /// Scores of the training normals, each with that image held out.
    fn held_out_scores(&self) -> &HeldOutScores;
}

/// Scores images of a data set, labelled or not, in the order of `ids`; threshold and predictions by the run's rule where it
/// can be applied. With them the ranks of the training normals' scores, each against the others.
///
/// The training normals of the encoder are scored against the others (leave one out), from the features in its bank. Settings,
/// preprocessing and size are those of the encoder's run.
///
/// # Errors
/// An encoder without a bank, images that cannot be read at all, [`Error::Stopped`].
pub fn score(
    encoder: &Encoder,
    data: &Arc<Dataset>,
    ids: &[ImageId],
    others: &[Box<dyn WholeImageScorer + '_>],
    reporter: &mut dyn Reporter,
) -> Result<(Scores, HeldOutScores)> {
    let (bank, scorer, held_out) = of_bank(encoder)?;
    if scorer.weights().1.iter().any(|&weight| !(weight > 0.0 && weight.is_finite())) {
        let text = "the shift classifier has not learnt to tell the shifts of the training images; the scores mean little";
        reporter.event(Event::Notice(text.into()));
    }

    // Names say which images are in the bank, but only within the data set that it was made of.
    let own_data = encoder.has_learnt_from(data);
    let in_bank: HashMap<&str, usize> = bank.names.iter().enumerate().map(|(m, name)| (name.as_str(), m)).collect();
    let member = |id: ImageId| {
        let item = data.item(id).filter(|item| own_data && item.split == Split::Train)?;
        in_bank.get(item.name.as_str()).copied()
    };
    let unknown: Vec<ImageId> = ids.iter().copied().filter(|&id| member(id).is_none()).collect();
    let mut rows: HashMap<ImageId, ScoreRow> = HashMap::with_capacity(ids.len());
    for (&id, m) in ids.iter().filter_map(|id| Some((id, member(*id)?))) {
        let mut row = row(data, id, &held_out[m], bank, own_data);
        for other in others {
            row.by[other.kind()] = other.held_out(&row.path);
        }
        rows.insert(id, row);
    }
    if !unknown.is_empty() {
        let ScoreConfig { samples, crop_area, .. } = encoder.config.run.score;
        let store = load_pixels(data, &encoder.config.run.preprocess, unknown, encoder.config.input_size, reporter)?;
        let extractor = Extractor::new(encoder, samples, crop_area);
        let mut progress = StageProgress::start(Stage::Scores, 0, store.len(), reporter);
        for chunk in (0..store.len()).collect::<Vec<_>>().chunks(extractor.chunk()) {
            let pictures = store.batch(chunk)?;
            let sampled = extractor.sampled(&pictures)?;
            let judge = |(samples, &place): (&Vec<Features>, &usize)| {
                let image = Features::mean(samples);
                // A training image in a folder that has grown since.
                let own = data.item(store.ids()[place]).and_then(|item| in_bank.get(item.name.as_str()).copied());
                let scored = match own.filter(|&m| bank.features[m].resembles(&image)) {
                    Some(m) => scorer.leave_one_out(&image, m),
                    None => scorer.score(&image),
                };
                (scored, deviation(&scorer, samples))
            };
            let scored: Vec<(ImageScore, f64)> = sampled.par_iter().zip(chunk).map(judge).collect();
            let beside: Vec<Vec<f64>> = others.iter().map(|other| other.scores(&pictures)).collect::<Result<_>>()?;
            for (i, (&place, (scored, deviation))) in chunk.iter().zip(&scored).enumerate() {
                let id = store.ids()[place];
                let mut row = row(data, id, scored, bank, own_data);
                row.deviation = Some(*deviation);
                for (other, values) in others.iter().zip(&beside) {
                    row.by[other.kind()] = Some(values[i]);
                }
                rows.insert(id, row);
            }
            progress.reach(chunk.last().map_or(0, |last| last + 1))?;
        }
        progress.finish();
    }
    if let Some(row) = rows.values().find(|row| !row.score.is_finite()) {
        return Err(Error::user(
            format!("the score of {} is not a number", row.path),
            "the encoder has learnt too little: train it longer",
        ));
    }
    let mut scores = Scores::from(ids.iter().filter_map(|id| rows.remove(id)).collect::<Vec<_>>());
    let normals: Vec<f64> = held_out.iter().map(|s| s.score).collect();
    let rule = encoder.config.run.score.rule;
    let threshold = if rule.needs_labels() {
        scores.threshold(rule, None)
    } else {
        // From the bank, so that a folder without training images gets the same threshold.
        threshold_by(rule, None, &normals).ok_or_else(String::new)
    };
    if let Err(reason) = &threshold {
        reporter.event(Event::Notice(format!("no threshold was set: {reason}").into()));
    }
    scores.set_threshold(threshold.ok());
    Ok((scores, HeldOutScores::new(normals)))
}

fn unfinished() -> Error {
    Error::user("the encoder has no features of its training images yet", NextStep::FinishRun)
}

/// Standard deviation of the score over the samples.
fn deviation(scorer: &DiaScorer, samples: &[Features]) -> f64 {
    let scores: Vec<f64> = samples.iter().map(|s| scorer.score(s).score).collect();
    let mean = scores.iter().sum::<f64>() / scores.len() as f64;
    (scores.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / (scores.len() as f64 - 1.0).max(1.0)).sqrt()
}

/// `own_data`: the data set is the encoder's; the split that was made for it says nothing elsewhere.
fn row(data: &Dataset, id: ImageId, scored: &ImageScore, bank: &Bank, own_data: bool) -> ScoreRow {
    let item = data.item(id);
    let split = item.and_then(|item| if own_data { Some(item.split) } else { item.given_split });
    let class = item.and_then(|item| data.classes.get(item.class?));
    ScoreRow {
        path: item.map(|item| item.name.clone()).unwrap_or_default(),
        split: split.map_or("", Split::name).into(),
        class: class.map(|c| c.name.clone()).unwrap_or_default(),
        label: data.label(id).map(|label| label == Label::Abnormal),
        score: scored.score,
        terms: Some(ScoreTerms {
            sim: scored.sim,
            cls: scored.cls,
            nearest: scored.nearest.map(|m| bank.names.get(m).cloned().unwrap_or_default()),
        }),
        ..ScoreRow::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng;
    use rand::Rng as _;

    fn images(count: usize, seed: u64) -> Vec<Features> {
        let mut rng = rng::stream(seed, "test", 0);
        let mut draw = |n: usize, shift: f32| (0..n).map(|_| rng.random_range(-1f32..1.0) + shift).collect::<Vec<f32>>();
        (0..count).map(|_| Features { z: draw(SHIFTS * 12, 0.0), shift: draw(SHIFTS * SHIFTS, 1.5) }).collect()
    }

    #[test]
    fn the_order_of_the_bank_does_not_matter() {
        let (bank, queries) = (images(20, 1), images(5, 2));
        let backwards: Vec<Features> = bank.iter().rev().cloned().collect();
        let (a, b) = (DiaScorer::new(&bank).unwrap(), DiaScorer::new(&backwards).unwrap());
        for query in &queries {
            let (a, b) = (a.score(query), b.score(query));
            assert!((a.score - b.score).abs() < 1e-12);
            assert_eq!(a.nearest, b.nearest.map(|m| bank.len() - 1 - m));
        }
    }

    #[test]
    fn leaving_one_out_is_scoring_against_the_others() {
        let bank = images(9, 3);
        let scorer = DiaScorer::new(&bank).unwrap();
        for m in 0..bank.len() {
            let mut others = bank.clone();
            let own = others.remove(m);
            let expected = DiaScorer::new(&others).unwrap().score(&own);
            let found = scorer.leave_one_out(&own, m);
            assert!((found.score - expected.score).abs() < 1e-9);
            assert_eq!(found.nearest, expected.nearest.map(|n| if n >= m { n + 1 } else { n }));
            assert_eq!(scorer.score(&own).nearest, [m; SHIFTS], "its own nearest where it is not left out");
        }
        let single = DiaScorer::new(&bank[..1]).unwrap();
        assert!(single.leave_one_out(&bank[0], 0).score.is_finite());
        assert!(DiaScorer::new(&[]).is_err());
    }

    #[test]
    fn the_deviation_is_nothing_where_samples_agree() {
        let scorer = DiaScorer::new(&images(9, 3)).unwrap();
        let image = images(1, 4);
        assert_eq!(deviation(&scorer, &[image[0].clone(), image[0].clone()]), 0.0);
        assert_eq!(deviation(&scorer, &image), 0.0);
        assert!(deviation(&scorer, &images(2, 4)) > 0.0);
    }
}
