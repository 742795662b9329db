//! How well a score tells abnormal from normal: ROC, precision and recall, AUROC with DeLong's interval, thresholds.
//!
//! Plain f64 throughout; a label is `true` for abnormal, a higher score is more abnormal, and an image is called abnormal
//! where `score >= threshold`. Curves agree with scikit-learn (`drop_intermediate=False`). A figure that needs both classes
//! is [`MetricError::OneClass`] where one is missing, never 0.5. [`PixelTally`] has the same figures over the pixels of maps.
#![warn(missing_docs)]

mod delong;
mod held_out_scores;
mod pixel;
mod ranking;
mod regions;

pub use delong::{Auroc, Paired, auroc, paired_delong};
pub use held_out_scores::HeldOutScores;
pub use pixel::{AUPRO_LIMIT, POINTING_TOLERANCE, PixelTally};
pub use ranking::{Confusion, PrPoint, Ranking, RocPoint, Youden};

/// 97.5 % point of the standard normal distribution.
const Z95: f64 = 1.959_963_984_540_054;

/// Why a figure cannot be given.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum MetricError {
    /// No image has a label.
    #[error("there are no labelled images")]
    Empty,
    /// Only one class is there; the field says which one is missing.
    #[error("there are no {missing} images among the labelled ones")]
    OneClass {
        /// `normal` or `abnormal`.
        missing: &'static str,
    },
    /// A score is NaN or infinite.
    #[error("the score at position {index} is {score}, which is no finite number")]
    NotFinite {
        /// Its place, counted from 0.
        index: usize,
        /// What it is.
        score: f64,
    },
    /// There is not one label for each score.
    #[error("{labels} labels do not fit {scores} scores")]
    Lengths {
        /// Number of labels.
        labels: usize,
        /// Number of scores.
        scores: usize,
    },
}

impl MetricError {
    /// True where the data are sound but the figure does not exist for them.
    pub fn is_undefined(&self) -> bool {
        matches!(self, Self::Empty | Self::OneClass { .. })
    }
}

/// The `p`-th percentile, `p` in \[0, 100\], with linear interpolation between neighbours (NumPy's default); `None` for no
/// values or for values that are not finite.
pub fn percentile(values: &[f64], p: f64) -> Option<f64> {
    if values.iter().any(|v| !v.is_finite()) {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = p.clamp(0.0, 100.0) / 100.0 * sorted.len().checked_sub(1)? as f64;
    let (low, high) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    Some(low + (high - low) * at.fract())
}

/// Wilson's 95 % interval of a share `p`, \[0, 1\], of `n` images; \[0, 1\] where there are none.
pub fn wilson(p: f64, n: usize) -> [f64; 2] {
    let (n, z2) = (n as f64, Z95 * Z95);
    if n == 0.0 {
        return [0.0, 1.0];
    }
    let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = (z2 * (p * (1.0 - p) / n + z2 / (4.0 * n * n))).sqrt() / (1.0 + z2 / n);
    [(centre - half).max(0.0), (centre + half).min(1.0)]
}

/// Checks what every metric needs: as many labels as scores, all scores finite.
fn check(labels: &[bool], scores: &[f64]) -> Result<(), MetricError> {
    if labels.len() != scores.len() {
        return Err(MetricError::Lengths { labels: labels.len(), scores: scores.len() });
    }
    match scores.iter().position(|s| !s.is_finite()) {
        Some(index) => Err(MetricError::NotFinite { index, score: scores[index] }),
        None => Ok(()),
    }
}

/// Checks that both classes are there.
fn both(abnormal: usize, normal: usize) -> Result<(), MetricError> {
    match (abnormal, normal) {
        (0, 0) => Err(MetricError::Empty),
        (0, _) => Err(MetricError::OneClass { missing: "abnormal" }),
        (_, 0) => Err(MetricError::OneClass { missing: "normal" }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
