//! What scores say about the model, once labels are known.

use super::{Area, BaselineFigure, ClassFigures, LeadParts, PerScore, ScoreKind, ScoreRow, Scores, Verdict, columns};
use crate::{
    config::ThresholdRule,
    error::{Error, NextStep, Result},
    metrics::{self, Auroc, Confusion, MetricError, Ranking},
};
use serde::{Serialize, Serializer};
use std::fmt;

/// What a threshold is from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ThresholdOrigin {
    /// The threshold was set by this rule.
    Rule(ThresholdRule),
    /// The threshold came with the scores.
    File,
}

impl fmt::Display for ThresholdOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule(rule) => rule.fmt(f),
            Self::File => f.write_str("file"),
        }
    }
}

impl Serialize for ThresholdOrigin {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

/// All figures of a file of scores, named as `evaluate --json` prints them. A figure is `None` where it does not exist for
/// the data; `undefined` then says why.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluation {
    /// Area under the ROC curve, \[0, 1\].
    pub auroc: Option<f64>,
    /// The AUROC's 95 % interval (DeLong).
    pub auroc_ci95: Option<[f64; 2]>,
    /// Area under the precision-recall curve, \[0, 1\].
    pub average_precision: Option<f64>,
    /// Number of normal rows.
    pub n_normal: usize,
    /// Number of abnormal rows.
    pub n_abnormal: usize,
    /// Score from which on a row is called abnormal.
    pub threshold: Option<f64>,
    /// How the threshold was set.
    pub rule: ThresholdOrigin,
    /// Sensitivity at the threshold, \[0, 1\].
    pub sensitivity: Option<f64>,
    /// Specificity at the threshold, \[0, 1\].
    pub specificity: Option<f64>,
    /// Highest sensitivity where the specificity is at least 90 %, \[0, 1\], at any threshold.
    pub sensitivity_at_90_specificity: Option<f64>,
    /// Highest sensitivity where the specificity is at least 95 %, \[0, 1\], at any threshold.
    pub sensitivity_at_95_specificity: Option<f64>,
    /// Counts at the threshold.
    pub confusion: Option<Confusion>,
    /// Why figures are missing.
    pub undefined: Option<String>,
    /// Which rows the figures are over: the name of a split, or `all`.
    pub split: String,
    /// Rows without a label, which no figure counts.
    pub n_unlabelled: usize,
    /// What a higher score means: `more abnormal`.
    pub higher_is: &'static str,
    /// What the leading score is made of ([`Scores::lead_name`]).
    pub lead: String,
    /// All scores, on the same rows.
    #[serde(flatten)]
    pub by: PerScore<Area>,
    /// Each class of abnormal images, where there are several.
    pub by_class: Vec<ClassFigures>,
    /// Baselines: scores that need no training, on the same rows.
    #[serde(rename = "rivals")]
    pub baselines: Vec<BaselineFigure>,
    /// What a reader of the figures should know.
    pub notes: Vec<String>,
    /// The leading score's AUROC in words.
    pub verdict: Option<Verdict>,
}

impl Evaluation {
    /// Figures over the labelled rows of `split` (see [`Scores::labelled`]), with the threshold by `rule`; without one, the
    /// file's own threshold, else `percentile:95` where training normals are in the file, else Youden's.
    ///
    /// # Errors
    /// A split that the file does not have; scores that are not finite.
    pub fn new(scores: &Scores, split: Option<&str>, rule: Option<ThresholdRule>) -> Result<Self> {
        let splits = splits(scores);
        if let Some(name) = split.filter(|name| !splits.contains(name)) {
            return Err(Error::user(
                format!("no row of the scores has the split {name}"),
                match splits.as_slice() {
                    [] => NextStep::OmitSplit,
                    names => format!("there are: {}", names.join(", ")).into(),
                },
            ));
        }
        let rows = scores.labelled(split);
        let over = split.unwrap_or(if splits.is_empty() { "all" } else { "test" });
        let (labels, values) = columns(&rows, |row| row.score);
        let ranking =
            Ranking::new(&labels, &values).map_err(|e| Error::user(format!("the scores cannot be evaluated: {e}"), ""))?;
        let area = metrics::auroc(&labels, &values);
        let undefined = match &area {
            Err(MetricError::Empty) if !splits.is_empty() => {
                Some(format!("there are no labelled images in the split {over}; the file has: {}", splits.join(", ")))
            }
            Err(why) => Some(why.to_string()),
            Ok(_) => None,
        };
        let (area, area_ci) = parts(area.ok());
        let (threshold, rule, mut notes) = threshold(scores, split, rule);
        let confusion = threshold.filter(|_| !rows.is_empty()).map(|t| ranking.confusion(t));
        let leading = scores.leading_kind();
        if leading == ScoreKind::Lead && LeadParts::of(scores).are_of_another_rule(scores) {
            notes.push(EARLIER_RULE.into());
        }
        let by = PerScore::from_fn(|kind| {
            let of = if kind == ScoreKind::Lead { leading } else { kind };
            let (auroc, ci95) = parts(figure(&rows, |row| row.value(of)));
            Area { auroc, ci95 }
        });
        let baselines: Vec<BaselineFigure> =
            scores.baselines.iter().enumerate().map(|(i, name)| baseline(&rows, name, i)).collect();
        Ok(Self {
            auroc: area,
            auroc_ci95: area_ci,
            average_precision: ranking.average_precision().ok(),
            n_normal: ranking.normal(),
            n_abnormal: ranking.abnormal(),
            threshold,
            rule,
            sensitivity: confusion.and_then(|c| c.sensitivity()),
            specificity: confusion.and_then(|c| c.specificity()),
            sensitivity_at_90_specificity: ranking.sensitivity_at_specificity(0.90).ok(),
            sensitivity_at_95_specificity: ranking.sensitivity_at_specificity(0.95).ok(),
            confusion,
            undefined,
            split: over.to_string(),
            n_unlabelled: scores.rows.iter().filter(|r| r.label.is_none() && (over == "all" || r.split == over)).count(),
            higher_is: "more abnormal",
            lead: scores.lead_name(),
            by,
            by_class: ClassFigures::of(&rows, threshold),
            verdict: Verdict::new(by[ScoreKind::Lead], rows.len(), &baselines),
            baselines,
            notes,
        })
    }

    /// The AUROC of one of the scores in words.
    pub fn verdict_on(&self, kind: ScoreKind) -> Option<Verdict> {
        Verdict::new(self.by[kind], self.n_normal + self.n_abnormal, &self.baselines)
    }

    /// The text of `evaluation.json`.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_else(|e| format!("{{\"undefined\": \"{e}\"}}"))
    }
}

/// Said of leading scores that today's program would not have made of the same parts.
const EARLIER_RULE: &str =
    "the leading scores were made by an earlier rule: score the images again before comparing them with those of other runs";

/// Names of the splits in the file, in the order of their first row.
fn splits(scores: &Scores) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for row in scores.rows.iter().filter(|row| !row.split.is_empty()) {
        if !names.contains(&row.split.as_str()) {
            names.push(&row.split);
        }
    }
    names
}

fn parts(area: Option<Auroc>) -> (Option<f64>, Option<[f64; 2]>) {
    (area.map(|a| a.value), area.and_then(|a| a.ci95))
}

/// AUROC of another column; `None` where it is not complete.
fn figure(rows: &[&ScoreRow], value: impl Fn(&ScoreRow) -> Option<f64>) -> Option<Auroc> {
    let (labels, values) = columns(rows, |row| value(row).unwrap_or(f64::NAN));
    metrics::auroc(&labels, &values).ok()
}

fn baseline(rows: &[&ScoreRow], name: &str, at: usize) -> BaselineFigure {
    let (auroc, ci95) = parts(figure(rows, |row| row.baselines.get(at).copied()));
    BaselineFigure { name: name.to_string(), auroc, auroc_reversed: auroc.map(|a| 1.0 - a), ci95 }
}

/// Threshold, what it is from, and what should be known about it.
fn threshold(scores: &Scores, split: Option<&str>, rule: Option<ThresholdRule>) -> (Option<f64>, ThresholdOrigin, Vec<String>) {
    let by = |rule: ThresholdRule| (scores.threshold(rule, split), rule);
    let (found, rule) = match (rule, scores.common(|row| row.threshold)) {
        (Some(rule), _) => by(rule),
        (None, Some(own)) => return (Some(own), ThresholdOrigin::File, vec![]),
        (None, None) => match by(ThresholdRule::DEFAULT) {
            (Err(_), _) => by(ThresholdRule::Youden),
            found => found,
        },
    };
    match found {
        Ok(value) => {
            let chosen_on_labels = rule.needs_labels();
            let note = format!(
                "the threshold, {}, was chosen on the labels that its sensitivity and specificity are reported on",
                rule.meaning()
            );
            (Some(value), ThresholdOrigin::Rule(rule), chosen_on_labels.then_some(note).into_iter().collect())
        }
        Err(why) => (None, ThresholdOrigin::Rule(rule), vec![format!("there is no threshold: {why}")]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(split: &str, label: Option<bool>, score: f64) -> ScoreRow {
        ScoreRow { path: format!("{split}{score}"), split: split.into(), label, score, ..ScoreRow::default() }
    }

    fn scores() -> Scores {
        let (normal, abnormal) = (Some(false), Some(true));
        vec![
            row("train", normal, 0.0),
            row("train", normal, 1.0),
            row("test", normal, 0.5),
            row("test", normal, 2.0),
            row("test", abnormal, 1.5),
            row("test", abnormal, 3.0),
            row("test", None, 9.0),
        ]
        .into()
    }

    #[test]
    fn figures_are_over_the_test_split() {
        let e = Evaluation::new(&scores(), None, None).unwrap();
        assert_eq!((e.n_normal, e.n_abnormal, e.n_unlabelled), (2, 2, 1));
        assert_eq!(e.auroc, Some(0.75));
        assert_eq!((e.rule.to_string().as_str(), e.threshold), ("percentile:95", Some(0.95)));
        assert_eq!((e.sensitivity, e.specificity), (Some(1.0), Some(0.5)));
        assert_eq!(e.undefined, None);
        let json: serde_json::Value = serde_json::from_str(&e.to_json()).unwrap();
        assert_eq!(json["confusion"], serde_json::json!({"tp": 2, "fp": 1, "tn": 1, "fn": 0}));
    }

    #[test]
    fn a_split_can_be_chosen_and_one_class_is_undefined() {
        let e = Evaluation::new(&scores(), Some("train"), None).unwrap();
        assert_eq!(e.auroc, None);
        assert!(e.undefined.unwrap().contains("no abnormal images"));
        assert_eq!((e.sensitivity, e.specificity), (None, Some(0.5)));
        let error = Evaluation::new(&scores(), Some("tset"), None).unwrap_err();
        assert_eq!(error.hint(), Some("there are: train, test".into()));
        let unsplit: Scores =
            scores().rows.into_iter().map(|r| ScoreRow { split: String::new(), ..r }).collect::<Vec<_>>().into();
        let e = Evaluation::new(&unsplit, None, None).unwrap();
        assert_eq!((e.n_normal, e.n_abnormal, e.split.as_str(), e.rule.to_string().as_str()), (4, 2, "all", "youden"));
        assert!(e.notes[0].contains("chosen on the labels"));
    }

    #[test]
    fn baselines_are_held_against_the_same_images() {
        let mut scores = scores();
        scores.baselines = vec!["width".into(), "contrast".into()];
        for row in &mut scores.rows {
            row.baselines = vec![1.0, if row.label == Some(true) { -1.0 } else { 1.0 }];
        }
        let e = Evaluation::new(&scores, None, None).unwrap();
        assert_eq!(e.baselines[0].auroc, Some(0.5));
        assert_eq!((e.baselines[1].auroc, e.baselines[1].auroc_reversed), (Some(0.0), Some(1.0)));
        assert_eq!(e.verdict, e.verdict_on(ScoreKind::Dia), "DIA leads where there is nothing else");
    }

    #[test]
    fn a_score_that_some_images_lack_leads_none() {
        let mut scores = scores();
        let led = |scores: &Scores| Evaluation::new(scores, None, None).unwrap().by[ScoreKind::Lead].auroc;
        scores.rows.iter_mut().for_each(|row| row.by[ScoreKind::Lead] = Some(-row.score));
        assert_eq!(led(&scores), Some(0.25));
        scores.rows[4].by[ScoreKind::Lead] = None;
        assert_eq!(led(&scores), Some(0.75), "DIA's, of all images");
    }

    #[test]
    fn leading_scores_of_an_earlier_rule_are_named() {
        let scored = |split: &str, at: f64, lead: f64| {
            let by = PerScore::from_fn(|kind| match kind {
                ScoreKind::Lead => Some(lead),
                ScoreKind::Features => Some(at),
                _ => None,
            });
            ScoreRow { by, ..row(split, Some(split == "test"), at) }
        };
        let notes = |lead: f64| {
            let normals = (0..4).map(|i| scored("train", f64::from(i), 0.5));
            let scores: Vec<ScoreRow> = normals.chain([scored("test", 9.0, lead)]).collect();
            Evaluation::new(&scores.into(), None, None).unwrap().notes
        };
        assert!(!notes(1.0).contains(&EARLIER_RULE.to_string()), "above all normals by both of its parts");
        assert!(notes(0.7).contains(&EARLIER_RULE.to_string()));
    }
}
