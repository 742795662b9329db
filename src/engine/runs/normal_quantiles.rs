//! How scores and their terms lie among the normal training images, each left out of its own comparison: what a single image's
//! figures are held against.

use crate::{
    metrics,
    scores::{SHIFTS, ScoreRow, ScoreTerms},
};

/// Quantiles of one term at these percents.
pub const PERCENTS: [f64; 5] = [5.0, 25.0, 50.0, 75.0, 95.0];
/// The values at [`PERCENTS`], ascending.
pub type Quantiles = [f64; PERCENTS.len()];

/// The training normals' own scores, as a measure for one image's.
#[derive(Debug, Clone, PartialEq)]
pub struct Normals {
    /// Similarity to the nearest other normal, for each shift.
    pub sim: [Quantiles; SHIFTS],
    /// How sure of the shift, for each shift.
    pub cls: [Quantiles; SHIFTS],
    /// Ascending.
    scores: Vec<f64>,
}

impl Normals {
    /// `None` without rows that have terms.
    pub fn new(rows: &[&ScoreRow]) -> Option<Self> {
        let terms: Vec<&ScoreTerms> = rows.iter().filter_map(|r| r.terms.as_ref()).collect();
        let of = |value: &dyn Fn(&ScoreTerms) -> f64| -> Option<Quantiles> {
            let values: Vec<f64> = terms.iter().map(|t| value(t)).collect();
            let found: Vec<f64> = PERCENTS.iter().filter_map(|&p| metrics::percentile(&values, p)).collect();
            found.try_into().ok()
        };
        let each = |value: fn(&ScoreTerms, usize) -> f64| -> Option<[Quantiles; SHIFTS]> {
            let all: Option<Vec<Quantiles>> = (0..SHIFTS).map(|k| of(&|t| value(t, k))).collect();
            all?.try_into().ok()
        };
        let mut scores: Vec<f64> = rows.iter().map(|r| r.score).collect();
        scores.sort_by(f64::total_cmp);
        Some(Self { sim: each(|t, k| t.sim[k])?, cls: each(|t, k| t.cls[k])?, scores })
    }

    /// Share of the training normals whose score is lower, \[0, 1\]; equal ones do not count, so that "more abnormal than" holds.
    /// Unlike [`HeldOutScores::rank`](metrics::HeldOutScores::rank), which counts them half.
    pub fn share_strictly_below(&self, score: f64) -> f64 {
        self.scores.partition_point(|s| *s < score) as f64 / self.scores.len().max(1) as f64
    }

    /// Number of training normals.
    pub fn len(&self) -> usize {
        self.scores.len()
    }

    /// Never so where [`new`](Self::new) made it.
    pub fn is_empty(&self) -> bool {
        self.scores.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn image_is_ranked_among_normals() {
        let row = |i: usize| {
            let terms = ScoreTerms { sim: [i as f64; SHIFTS], cls: [1.0; SHIFTS], ..ScoreTerms::default() };
            ScoreRow { score: i as f64, terms: Some(terms), ..ScoreRow::default() }
        };
        let rows: Vec<ScoreRow> = (0..=100).map(row).collect();
        let normals = Normals::new(&rows.iter().collect::<Vec<_>>()).unwrap();
        assert_eq!(normals.sim[2], [5.0, 25.0, 50.0, 75.0, 95.0]);
        assert_eq!(normals.cls[0], [1.0; 5]);
        assert_eq!((normals.share_strictly_below(-1.0), normals.share_strictly_below(1e9)), (0.0, 1.0));
        assert!(Normals::new(&[&ScoreRow::default()]).is_none(), "scores of other programs have no terms");
    }
}
