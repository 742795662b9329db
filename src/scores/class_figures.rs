//! How each class of abnormal images fares: one figure over all grades of a disease hides that the mildest is missed.

use super::ScoreRow;
use crate::metrics;
use serde::Serialize;
use std::collections::BTreeMap;

/// Classes that have figures of their own, at most: those with the most images.
const MOST: usize = 30;

/// One class of abnormal images against all normal ones.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassFigures {
    /// Its name.
    pub class: String,
    /// How many.
    pub images: usize,
    /// Those with a score at or above the threshold of the evaluation; `None` without one.
    pub called_abnormal: Option<usize>,
    /// Area under the ROC curve of these and the normal images, \[0, 1\]; `None` without normal ones.
    pub auroc: Option<f64>,
    /// Its scores, ascending.
    #[serde(skip)]
    scores: Vec<f64>,
}

impl ClassFigures {
    /// The figures of labelled rows with finite scores, by name; empty where the abnormal ones are of one class or none.
    pub fn of(rows: &[&ScoreRow], threshold: Option<f64>) -> Vec<Self> {
        let mut by_class: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        let abnormal = rows.iter().filter(|row| row.label == Some(true) && !row.class.is_empty());
        abnormal.for_each(|row| by_class.entry(&row.class).or_default().push(row.score));
        if by_class.len() < 2 {
            return Vec::new();
        }
        let normal: Vec<f64> = rows.iter().filter(|row| row.label == Some(false)).map(|row| row.score).collect();
        let mut counts: Vec<usize> = by_class.values().map(Vec::len).collect();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        let least = counts.get(MOST - 1).copied().unwrap_or_default();
        let figures = |(class, mut scores): (&str, Vec<f64>)| {
            scores.sort_by(f64::total_cmp);
            let labels: Vec<bool> = scores.iter().map(|_| true).chain(normal.iter().map(|_| false)).collect();
            let auroc = metrics::auroc(&labels, &[&scores[..], &normal].concat()).ok().map(|area| area.value);
            let mut figures = Self { class: class.to_string(), images: scores.len(), called_abnormal: None, auroc, scores };
            figures.called_abnormal = threshold.map(|threshold| figures.called_abnormal_at(threshold));
            figures
        };
        by_class.into_iter().filter(|(_, scores)| scores.len() >= least).take(MOST).map(figures).collect()
    }

    /// Images with a score at or above a threshold.
    pub fn called_abnormal_at(&self, threshold: f64) -> usize {
        self.images - self.scores.partition_point(|score| *score < threshold)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_of_abnormal_images_is_held_against_all_normal_ones() {
        let row = |class: &str, label, score| ScoreRow { class: class.into(), label: Some(label), score, ..ScoreRow::default() };
        let rows = [
            row("none", false, 0.1),
            row("none", false, 0.3),
            row("mild", true, 0.2),
            row("mild", true, 0.4),
            row("severe", true, 0.9),
            row("", true, 0.0),
        ];
        let found = ClassFigures::of(&rows.iter().collect::<Vec<_>>(), Some(0.4));
        let told: Vec<_> = found.iter().map(|f| (f.class.as_str(), f.images, f.called_abnormal, f.auroc)).collect();
        assert_eq!(told, [("mild", 2, Some(1), Some(0.75)), ("severe", 1, Some(1), Some(1.0))]);
        assert_eq!(found[0].called_abnormal_at(0.2), 2);
        assert!(ClassFigures::of(&rows[..4].iter().collect::<Vec<_>>(), None).is_empty(), "one class is all there is");
    }
}
