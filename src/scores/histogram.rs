//! How the scores of normal and abnormal images lie: the one rule of every histogram of scores, whether it is drawn in the
//! window or in the report, or written as PNG, SVG or CSV.

use super::ScoreRow;

/// Bars of a histogram.
pub const BINS: usize = 30;

/// Counts by class in [`BINS`] equal steps from the lowest score to the highest.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// Lowest and highest score; 0 to 1 where there are none.
    pub range: [f64; 2],
    /// Counts of normal, abnormal and unlabelled rows.
    pub counts: [[usize; BINS]; 3],
}

impl Histogram {
    /// The histogram of these rows, in any order.
    pub fn new<'a>(rows: impl Iterator<Item = &'a ScoreRow> + Clone) -> Self {
        let scores = || rows.clone().map(|row| row.score);
        let range = [scores().min_by(f64::total_cmp).unwrap_or(0.0), scores().max_by(f64::total_cmp).unwrap_or(1.0)];
        let mut histogram = Self { range, counts: [[0; BINS]; 3] };
        for row in rows {
            let bin = ((row.score - range[0]) / histogram.width()) as usize;
            histogram.counts[row.label.map_or(2, usize::from)][bin.min(BINS - 1)] += 1;
        }
        histogram
    }

    /// Width of a bar, in units of the score.
    pub fn width(&self) -> f64 {
        ((self.range[1] - self.range[0]) / BINS as f64).max(1e-9)
    }

    /// Lower and upper end of a bar; a score on the border of two counts in the upper one.
    pub fn edges(&self, bin: usize) -> [f64; 2] {
        let from = self.range[0] + bin as f64 * self.width();
        [from, from + self.width()]
    }

    /// There were no rows.
    pub fn is_empty(&self) -> bool {
        self.counts.as_flattened().iter().all(|n| *n == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_go_from_the_lowest_score_to_the_highest_and_hold_every_row() {
        let row = |score: f64, label| ScoreRow { score, label, ..ScoreRow::default() };
        let rows = [row(-1.0, Some(false)), row(0.0, None), row(0.1, Some(true)), row(2.0, Some(true))];
        let histogram = Histogram::new(rows.iter());
        assert_eq!((histogram.range, histogram.edges(10)), ([-1.0, 2.0], [0.0, 0.1]));
        assert_eq!(histogram.counts.map(|counts| counts.iter().sum::<usize>()), [1, 2, 1]);
        assert_eq!([histogram.counts[0][0], histogram.counts[2][10], histogram.counts[1][BINS - 1]], [1, 1, 1]);
        assert!(Histogram::new([].iter()).is_empty());
        let same = Histogram::new(rows[..1].iter());
        assert!(same.width() > 0.0 && same.counts[0][0] == 1, "one score has a bar, too");
    }
}
