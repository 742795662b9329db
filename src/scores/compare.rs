//! Two scores of the same images.

use super::{ScoreRow, Scores, columns};
use crate::{
    error::{Error, Result},
    metrics,
};
use serde::Serialize;
use std::collections::HashMap;

/// One file of scores against another, over the labelled rows (of the same split) that both have.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// AUROC of the first minus AUROC of the second; null where a class is missing.
    pub delta_auroc: Option<f64>,
    /// Two-sided, paired DeLong.
    pub p_value: Option<f64>,
    /// AUROC of the first over the shared rows, \[0, 1\].
    pub auroc_first: Option<f64>,
    /// See `auroc_first`.
    pub auroc_second: Option<f64>,
    /// Number of shared rows.
    pub n_shared: usize,
    /// The images whose rank changed, the largest change first.
    #[serde(rename = "moved")]
    pub rank_changes: Vec<RankChange>,
}

/// An image and the share of the shared images that have a lower score, in either file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RankChange {
    /// The image's name in its data set.
    pub path: String,
    /// 1 = abnormal.
    pub label: u8,
    /// In the first file, \[0, 1\].
    pub rank_first: f64,
    /// In the second file, \[0, 1\].
    pub rank_second: f64,
}

impl Comparison {
    /// Compares the labelled rows of `split` (see [`Scores::labelled`]), matched by path.
    ///
    /// # Errors
    /// No shared image, one name twice, labels that contradict each other.
    pub fn new(first: &Scores, second: &Scores, split: Option<&str>) -> Result<Self> {
        let mut others: HashMap<&str, &ScoreRow> = HashMap::new();
        for row in second.labelled(split) {
            if others.insert(&row.path, row).is_some() {
                return Err(Error::user(
                    format!("{} is twice in the second file", row.path),
                    "each image may be there once; the images are matched by their path",
                ));
            }
        }
        let mut pairs: Vec<(&ScoreRow, &ScoreRow)> = Vec::new();
        for row in first.labelled(split) {
            let Some(other) = others.remove(row.path.as_str()) else { continue };
            if row.label != other.label {
                return Err(Error::user(
                    format!("{} is normal in one file and abnormal in the other", row.path),
                    "compare scores of one data set with the same choice of what is normal",
                ));
            }
            pairs.push((row, other));
        }
        if pairs.is_empty() {
            return Err(Error::user(
                "the two files share no labelled image",
                "the images are matched by their path; score the same data set twice",
            ));
        }
        let (rows, other_rows): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        let (labels, a) = columns(&rows, |row| row.score);
        let (_, b) = columns(&other_rows, |row| row.score);
        let paired = match metrics::paired_delong(&labels, &a, &b) {
            Ok(paired) => Some(paired),
            Err(why) if why.is_undefined() => None,
            Err(why) => return Err(Error::user(format!("the scores cannot be compared: {why}"), "")),
        };
        Ok(Self {
            delta_auroc: paired.map(|p| p.delta),
            p_value: paired.and_then(|p| p.p_value),
            auroc_first: paired.map(|p| p.auroc[0]),
            auroc_second: paired.map(|p| p.auroc[1]),
            n_shared: rows.len(),
            rank_changes: rank_changes(&rows, &ranks(&a), &ranks(&b)),
        })
    }
}

/// The share of the values below each, ties counting half.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut below = 0;
    for group in order.chunk_by(|&a, &b| values[a] == values[b]) {
        for &i in group {
            ranks[i] = (below as f64 + group.len() as f64 / 2.0) / values.len() as f64;
        }
        below += group.len();
    }
    ranks
}

fn rank_changes(rows: &[&ScoreRow], first: &[f64], second: &[f64]) -> Vec<RankChange> {
    let mut order: Vec<usize> = (0..rows.len()).filter(|&i| first[i] != second[i]).collect();
    order.sort_by(|&a, &b| (first[b] - second[b]).abs().total_cmp(&(first[a] - second[a]).abs()));
    let name = |&i: &usize| RankChange {
        path: rows[i].path.clone(),
        label: u8::from(rows[i].label == Some(true)),
        rank_first: first[i],
        rank_second: second[i],
    };
    order.iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(values: &[(&str, bool, f64)]) -> Scores {
        let row = |&(path, label, score): &(&str, bool, f64)| ScoreRow {
            path: path.into(),
            label: Some(label),
            score,
            ..ScoreRow::default()
        };
        values.iter().map(row).collect::<Vec<_>>().into()
    }

    #[test]
    fn shared_images_are_matched_by_path() {
        let a = scores(&[("a", false, 0.0), ("b", false, 1.0), ("c", true, 2.0), ("d", true, 3.0), ("only here", true, 0.0)]);
        let b = scores(&[("d", true, 0.5), ("c", true, 2.0), ("b", false, 1.0), ("a", false, 0.0)]);
        let found = Comparison::new(&a, &b, None).unwrap();
        assert_eq!((found.n_shared, found.auroc_first, found.auroc_second), (4, Some(1.0), Some(0.75)));
        assert_eq!(found.delta_auroc, Some(0.25));
        assert_eq!(found.rank_changes[0].path, "d");
        let same = Comparison::new(&a, &a, None).unwrap();
        assert_eq!((same.delta_auroc, same.p_value), (Some(0.0), Some(1.0)));
        assert!(same.rank_changes.is_empty());
    }

    #[test]
    fn contradictions_are_named() {
        let a = scores(&[("a", false, 0.0)]);
        assert!(Comparison::new(&a, &scores(&[("a", true, 0.0)]), None).unwrap_err().to_string().contains("a is normal in one"));
        assert!(Comparison::new(&a, &scores(&[("b", true, 0.0)]), None).unwrap_err().to_string().contains("share no labelled"));
        let twice = scores(&[("a", false, 0.0), ("a", false, 0.0)]);
        assert!(Comparison::new(&a, &twice, None).unwrap_err().to_string().contains("twice"));
    }
}
