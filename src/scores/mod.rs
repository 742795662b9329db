//! Scores of images: the rows of `scores.csv`, and what they say about the model ([`Evaluation`], [`Comparison`]); a person's
//! [`Review`] of images, and the figures of [`SyntheticLesions`] and of anomaly maps ([`PixelFigures`]). How scores are computed: [`crate::ml::scoring`].

#![warn(missing_docs)]

mod compare;
mod csv;
mod evaluation;
mod histogram;
mod other_score;
mod pixel_figures;
mod review;
mod synthetic_lesions;

pub use compare::{Comparison, RankChange};
pub use evaluation::{BaselineFigure, Evaluation};
pub use histogram::{BINS, Histogram};
pub use other_score::{Area, OfEach, OtherScore};
pub use pixel_figures::{PixelFigures, PixelRuler};
pub use review::{Annotation, Review, Tag};
pub use synthetic_lesions::{SyntheticLesionCell, SyntheticLesions};

use crate::{config::ThresholdRule, metrics};

/// Number of shifting transformations.
pub const SHIFTS: usize = 4;

/// One image's score and what it is made of.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ScoreRow {
    /// The image's name in its data set ([`Item::name`](crate::data::Item)).
    pub path: String,
    /// `train`, `val`, `test`; empty where nothing was split.
    pub split: String,
    /// Name of the class; empty where unknown.
    pub class: String,
    /// `true` = abnormal.
    pub label: Option<bool>,
    /// Higher = more abnormal.
    pub score: f64,
    /// `score >= threshold`
    pub predicted: Option<bool>,
    /// The same for all rows of a file.
    pub threshold: Option<f64>,
    /// Missing in files of other programs.
    pub terms: Option<ScoreTerms>,
    /// Standard deviation of the score over the test-time samples.
    pub spread: Option<f64>,
    /// The scores beside DIA's, where they were computed; higher = more abnormal.
    pub others: OfEach<Option<f64>>,
    /// Scores that need no training, in the order of [`Scores::baselines`]; NaN where missing.
    pub baselines: Vec<f64>,
}

/// The terms of a score, one for each shift: `score = -mean_k (sim[k] + cls[k])`, the weights included (paper, Eq. 10).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ScoreTerms {
    /// Similarity to the nearest normal training image, weighted.
    pub sim: [f64; SHIFTS],
    /// Logit of the own shift, weighted.
    pub cls: [f64; SHIFTS],
    /// Names of the nearest normal training images.
    pub nearest: [String; SHIFTS],
}

/// The content of a `scores.csv`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scores {
    /// One an image.
    pub rows: Vec<ScoreRow>,
    /// Names of the baselines that were measured (`rival_NAME` in the file).
    pub baselines: Vec<String>,
}

impl From<Vec<ScoreRow>> for Scores {
    fn from(rows: Vec<ScoreRow>) -> Self {
        Self { rows, baselines: Vec::new() }
    }
}

/// The threshold that a rule gives, from the ranking of labelled images or the scores of training normals; `None` where what it
/// [needs](ThresholdRule::needs) is missing.
pub fn threshold_by(rule: ThresholdRule, ranking: Option<&metrics::Ranking>, normals: &[f64]) -> Option<f64> {
    match rule {
        ThresholdRule::Percentile(p) => metrics::percentile(normals, p),
        ThresholdRule::Sensitivity(v) => ranking?.threshold_for_sensitivity(v),
        ThresholdRule::Specificity(v) => ranking?.threshold_for_specificity(v),
        ThresholdRule::Youden => Some(ranking?.youden().ok()?.threshold),
    }
}

impl Scores {
    /// Rows that figures are computed over: the labelled rows of `split`; by default those of the test split, or all labelled
    /// rows where nothing was split.
    pub fn labelled(&self, split: Option<&str>) -> Vec<&ScoreRow> {
        let everything = split.is_none() && self.rows.iter().all(|row| row.split.is_empty());
        let split = split.unwrap_or("test");
        self.rows.iter().filter(|row| row.label.is_some() && (everything || row.split == split)).collect()
    }

    /// The rows that are looked at where no split is named: those of [`labelled`](Self::labelled) and of the same split without a
    /// label; all rows where none of them has one.
    pub fn evaluated(&self) -> Vec<&ScoreRow> {
        let everything = self.rows.iter().all(|row| row.split.is_empty()) || self.labelled(None).is_empty();
        self.rows.iter().filter(|row| everything || row.split == "test").collect()
    }

    /// The threshold by a rule.
    ///
    /// # Errors
    /// A sentence that says what the rule needs and does not find.
    pub fn threshold(&self, rule: ThresholdRule, split: Option<&str>) -> Result<f64, String> {
        let train = self.rows.iter().filter(|r| r.split == "train" && r.label == Some(false));
        let normals: Vec<f64> = train.map(|r| r.score).collect();
        let rows = self.labelled(split);
        let (labels, values) = columns(&rows, |row| row.score);
        let ranked = rule.needs_labels().then(|| metrics::Ranking::new(&labels, &values).map_err(|e| e.to_string()));
        let ranking = ranked.transpose()?;
        threshold_by(rule, ranking.as_ref(), &normals).ok_or_else(|| format!("the rule {rule} needs {}", rule.needs()))
    }

    /// Sets the threshold of all rows, and what it predicts; `None` clears both.
    pub fn set_threshold(&mut self, threshold: Option<f64>) {
        for row in &mut self.rows {
            row.threshold = threshold;
            row.predicted = threshold.map(|t| row.score >= t);
        }
    }

    /// Adds the baselines' values, one row of values for each row of scores.
    pub fn set_baselines(&mut self, names: &[&str], values: impl IntoIterator<Item = impl Into<Vec<f64>>>) {
        self.baselines = names.iter().map(|name| name.to_string()).collect();
        self.rows.iter_mut().zip(values).for_each(|(row, values)| row.baselines = values.into());
    }

    /// The threshold in the file, where it has one and the same in all rows.
    fn own_threshold(&self) -> Option<f64> {
        let first = self.rows.first()?.threshold?;
        self.rows.iter().all(|row| row.threshold == Some(first)).then_some(first)
    }
}

/// Labels and one number of each row.
fn columns(rows: &[&ScoreRow], value: impl Fn(&ScoreRow) -> f64) -> (Vec<bool>, Vec<f64>) {
    rows.iter().map(|row| (row.label == Some(true), value(row))).unzip()
}
