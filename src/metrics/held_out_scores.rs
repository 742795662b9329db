//! Scores of held-out normal images, which others are ranked among.

/// Scores of normal images that were held out, sorted: turns any score into its rank among them.
#[derive(Debug, Clone)]
pub struct HeldOutScores(Vec<f64>);

impl HeldOutScores {
    /// Sorts scores that come in any order.
    pub fn new(mut scores: Vec<f64>) -> Self {
        scores.sort_by(f64::total_cmp);
        Self(scores)
    }

    /// The mid-rank of a score: the share of the held-out normals that score lower, ties counted half; \[0, 1\]. What the leading
    /// score is made of.
    pub fn rank(&self, score: f64) -> f64 {
        let below = self.0.partition_point(|&s| s < score);
        let not_above = self.0.partition_point(|&s| s <= score);
        (below + not_above) as f64 / (2 * self.0.len().max(1)) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_count_ties_half() {
        let held_out = HeldOutScores::new(vec![2.0, 1.0, 2.0, 3.0]);
        assert_eq!([0.0, 1.0, 2.0, 9.0].map(|s| held_out.rank(s)), [0.0, 0.125, 0.5, 1.0]);
    }
}
