//! Scores of images: the rows of `scores.csv`, and what they say about the model ([`Evaluation`], [`Comparison`]); a person's
//! [`Review`] of images, and the figures of [`SyntheticLesions`] and of anomaly maps ([`PixelFigures`]). How scores are computed: [`crate::ml::scoring`].

#![warn(missing_docs)]

mod baseline;
mod class_figures;
mod compare;
mod csv;
mod evaluation;
mod histogram;
mod lead;
mod pixel_figures;
mod review;
mod score_kind;
mod synthetic_lesions;
mod verdict;

pub use baseline::{BaselineFigure, baseline_title};
pub use class_figures::ClassFigures;
pub use compare::{Comparison, RankChange};
pub use evaluation::{Evaluation, ThresholdOrigin};
pub use histogram::{BINS, Histogram};
pub use lead::{LeadParts, lead};
pub use pixel_figures::{PixelFigures, PixelRuler};
pub use review::{ImageReview, Review, Tag};
pub use score_kind::{Area, PerScore, ScoreKind};
pub use synthetic_lesions::{SyntheticLesionCell, SyntheticLesions};
pub use verdict::Verdict;

use crate::{config::ThresholdRule, metrics};
use std::borrow::Cow;

/// Number of shifting transformations K.
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
    /// The score that figures, threshold and order are of; DIA's unless [`Scores::seen_by`] another. Higher = more abnormal.
    pub score: f64,
    /// `score >= threshold`
    pub predicted: Option<bool>,
    /// The score from which on an image is called abnormal; one for all rows of a file.
    pub threshold: Option<f64>,
    /// Prediction by the leading score ([`Self::predicted`] is by DIA's).
    pub lead_predicted: Option<bool>,
    /// The threshold of the leading score; one for all rows of a file.
    pub lead_threshold: Option<f64>,
    /// What DIA's score is made of; missing in files of other programs.
    pub terms: Option<ScoreTerms>,
    /// Standard deviation of the score over the test-time samples; the column `spread`.
    pub deviation: Option<f64>,
    /// All scores that were computed; higher = more abnormal. See [`Self::value`].
    pub by: PerScore<Option<f64>>,
    /// Scores that need no training, in the order of [`Scores::baselines`]; NaN where missing.
    pub baselines: Vec<f64>,
}

impl ScoreRow {
    /// Whether it is of a normal image that was trained on; its scores were found with itself left out.
    pub fn is_training_normal(&self) -> bool {
        self.split == "train" && self.label == Some(false)
    }

    /// One of its scores. DIA's may have no entry of its own: in a file it is the column `score`.
    pub fn value(&self, kind: ScoreKind) -> Option<f64> {
        self.by[kind].or_else(|| (kind == ScoreKind::Dia).then_some(self.score))
    }
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

    /// These images by another of their scores: order, threshold and figures follow. `None` where an image has not got it;
    /// training images that were not held out for it are left out.
    ///
    /// The threshold is set anew by `rule`. For the score that leads, that of the file stands in where the rule needs what the file
    /// does not have; without a rule it comes first, before the 95th percentile of the training normals.
    pub fn seen_by(&self, kind: ScoreKind, rule: Option<ThresholdRule>) -> Option<Cow<'_, Self>> {
        if kind == ScoreKind::Dia {
            return Some(Cow::Borrowed(self));
        }
        let mut seen = self.clone();
        seen.rows.retain(|row| row.split != "train" || row.value(kind).is_some());
        for row in &mut seen.rows {
            row.by[ScoreKind::Dia] = row.value(ScoreKind::Dia);
            row.score = row.value(kind)?;
        }
        let of_file = seen.lead_threshold().filter(|_| kind == ScoreKind::Lead);
        let by = |rule| seen.threshold(rule, None).ok();
        seen.set_threshold(match rule {
            Some(rule) => by(rule).or(of_file),
            None => of_file.or_else(|| by(ThresholdRule::DEFAULT)),
        });
        (!seen.rows.is_empty()).then_some(Cow::Owned(seen))
    }

    /// The scores that all images have ([`seen_by`](Self::seen_by)).
    pub fn kinds(&self) -> Vec<ScoreKind> {
        let has = |row: &ScoreRow, kind| row.split == "train" || row.value(kind).is_some();
        let is_complete = |kind: &ScoreKind| {
            self.rows.iter().all(|row| has(row, *kind)) && self.rows.iter().any(|row| row.value(*kind).is_some())
        };
        ScoreKind::ALL.into_iter().filter(is_complete).collect()
    }

    /// The score that leads; DIA's where not all images have one, as the two are on scales of their own.
    pub fn leading_kind(&self) -> ScoreKind {
        if self.kinds().contains(&ScoreKind::Lead) { ScoreKind::Lead } else { ScoreKind::Dia }
    }

    /// What the leading score is made of: the names of all scores that are there, joined by `+`; `dia` where none leads.
    pub fn lead_name(&self) -> String {
        if self.leading_kind() == ScoreKind::Dia {
            return ScoreKind::Dia.name().into();
        }
        let has = |kind: &ScoreKind| self.rows.iter().any(|row| row.value(*kind).is_some());
        let parts = ScoreKind::ALL.into_iter().filter(|kind| *kind != ScoreKind::Lead).filter(has);
        parts.map(ScoreKind::name).collect::<Vec<_>>().join("+")
    }

    /// The threshold by a rule.
    ///
    /// # Errors
    /// A sentence that says what the rule needs and does not find.
    pub fn threshold(&self, rule: ThresholdRule, split: Option<&str>) -> Result<f64, String> {
        let normals: Vec<f64> = self.rows.iter().filter(|row| row.is_training_normal()).map(|row| row.score).collect();
        let rows = self.labelled(split);
        let (labels, values) = columns(&rows, |row| row.score);
        let ranked = rule.needs_labels().then(|| metrics::Ranking::new(&labels, &values).map_err(|e| e.to_string()));
        let ranking = ranked.transpose()?;
        threshold_by(rule, ranking.as_ref(), &normals).ok_or_else(|| format!("{} needs {}", rule.meaning(), rule.needs()))
    }

    /// Sets the threshold of all rows, and what it predicts; `None` clears both.
    pub fn set_threshold(&mut self, threshold: Option<f64>) {
        for row in &mut self.rows {
            row.threshold = threshold;
            row.predicted = threshold.map(|t| row.score >= t);
        }
    }

    /// Sets the threshold of the leading score for all rows, and what it predicts, beside those of DIA's; `None` clears both.
    pub fn set_lead_threshold(&mut self, threshold: Option<f64>) {
        for row in &mut self.rows {
            row.lead_threshold = threshold;
            row.lead_predicted = threshold.zip(row.by[ScoreKind::Lead]).map(|(t, lead)| lead >= t);
        }
    }

    /// The threshold of the score that leads, where the file has one and the same in all rows.
    pub fn lead_threshold(&self) -> Option<f64> {
        self.common(|row| row.lead_threshold)
    }

    /// Adds the baselines' values, one row of values for each row of scores.
    pub fn set_baselines(&mut self, names: &[&str], values: impl IntoIterator<Item = impl Into<Vec<f64>>>) {
        self.baselines = names.iter().map(|name| name.to_string()).collect();
        self.rows.iter_mut().zip(values).for_each(|(row, values)| row.baselines = values.into());
    }

    /// What all rows have in common, where they do.
    fn common(&self, value: impl Fn(&ScoreRow) -> Option<f64>) -> Option<f64> {
        let first = value(self.rows.first()?)?;
        self.rows.iter().all(|row| value(row) == Some(first)).then_some(first)
    }
}

/// Labels and one number of each row.
fn columns(rows: &[&ScoreRow], value: impl Fn(&ScoreRow) -> f64) -> (Vec<bool>, Vec<f64>) {
    rows.iter().map(|row| (row.label == Some(true), value(row))).unzip()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(path: &str, split: &str, label: bool, values: [Option<f64>; 2]) -> ScoreRow {
        let by = PerScore::from_fn(|kind| if kind == ScoreKind::Features { values[1] } else { None });
        let score = values[0].unwrap_or_default();
        ScoreRow { path: path.into(), split: split.into(), label: Some(label), score, by, ..ScoreRow::default() }
    }

    #[test]
    fn images_are_seen_by_another_score_with_a_threshold_of_its_own() {
        let rows = vec![
            row("a", "train", false, [Some(1.0), Some(10.0)]),
            row("b", "train", false, [Some(2.0), None]),
            row("c", "test", false, [Some(3.0), Some(30.0)]),
            row("d", "test", true, [Some(4.0), Some(5.0)]),
        ];
        let scores = Scores::from(rows);
        assert_eq!((scores.kinds(), scores.lead_name()), (vec![ScoreKind::Dia, ScoreKind::Features], "dia".into()));
        let mut led = scores.clone();
        led.rows[2].by[ScoreKind::Lead] = Some(0.9);
        assert_eq!(led.lead_name(), "dia", "an image has none");
        let seen = scores.seen_by(ScoreKind::Features, Some(ThresholdRule::Percentile(95.0))).unwrap();
        let values: Vec<_> = seen.rows.iter().map(|r| (r.path.as_str(), r.score, r.predicted, r.value(ScoreKind::Dia))).collect();
        let expected =
            [("a", 10.0, Some(true), Some(1.0)), ("c", 30.0, Some(true), Some(3.0)), ("d", 5.0, Some(false), Some(4.0))];
        assert_eq!(values, expected, "a training image that was not held out is left out");
        led.rows.iter_mut().zip([0.5, 0.7, 0.9, 0.1]).for_each(|(row, lead)| row.by[ScoreKind::Lead] = Some(lead));
        assert_eq!(led.lead_name(), "dia+features");
        led.set_lead_threshold(Some(0.8));
        assert_eq!(led.rows.iter().map(|row| row.lead_predicted).collect::<Vec<_>>(), [false, false, true, false].map(Some));
        led.rows.retain(|row| row.split == "test");
        let elsewhere = led.seen_by(ScoreKind::Lead, Some(ThresholdRule::Percentile(95.0))).unwrap();
        assert_eq!(elsewhere.rows[0].threshold, Some(0.8), "no training normals are there: the file's own");
        assert_eq!(scores.seen_by(ScoreKind::Dia, Some(ThresholdRule::Youden)), Some(Cow::Borrowed(&scores)));
        assert_eq!(scores.seen_by(ScoreKind::Map, None), None);
    }
}
