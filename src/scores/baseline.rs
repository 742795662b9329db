//! What scores that need no training reach on the same images.

use serde::Serialize;

/// The name of a baseline, or of a map that needs no training, for people.
pub fn baseline_title(name: &str) -> String {
    match name {
        "high_frequency_energy" => "high-frequency energy".into(),
        "nearest_normal_distance" => "nearest-normal distance".into(),
        "pca_residual" => "PCA residual".into(),
        "aspect" => "aspect ratio".into(),
        _ => name.replace('_', " "),
    }
}

/// AUROC of a baseline, a score that needs no training.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BaselineFigure {
    /// One of [`NAMES`](crate::ml::scoring::baselines::NAMES).
    pub name: String,
    /// High values called abnormal; \[0, 1\].
    pub auroc: Option<f64>,
    /// Low values called abnormal: 1 - `auroc`.
    pub auroc_reversed: Option<f64>,
    /// 95 % interval of `auroc` (DeLong).
    pub ci95: Option<[f64; 2]>,
}

impl BaselineFigure {
    /// The better of both directions, and whether it is the reversed one. It knows the labels: an optimistic figure, which a
    /// model should beat all the same.
    pub fn best(&self) -> Option<(f64, bool)> {
        let (high, low) = (self.auroc?, self.auroc_reversed?);
        Some(if high >= low { (high, false) } else { (low, true) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_for_people_keep_their_capitals() {
        assert_eq!(baseline_title("pca_residual"), "PCA residual");
        assert_eq!(baseline_title("blur_difference"), "blur difference");
    }
}
