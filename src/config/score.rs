//! Settings of scoring and of the threshold ([`crate::ml::scoring`]).

use super::serde_as_text;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// How images are scored, and from which score on one is called abnormal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScoreConfig {
    /// Test-time samples. Paper: 10.
    pub samples: usize,
    /// Area of the scoring crop, (0, 1\]. Reference code: 0.54.
    pub crop_area: f64,
    /// Also compute the dissolve profile, a second score beside DIA's (needs a diffusion model).
    pub profile: bool,
    /// Keep the anomaly maps of the test images with the run, where large pictures are worked on by tiles; the first 1,000.
    pub maps: bool,
    /// Tiles are judged by where in the picture they are, too: for pictures that show the same from the same side, such as slices of
    /// one organ, and not for photographs of both eyes.
    pub tile_position: bool,
    /// How the threshold is set: `youden`, `sensitivity:0.9`, `specificity:0.9`, `percentile:95` (of the training normals; needs no labels).
    pub rule: ThresholdRule,
}

impl Default for ScoreConfig {
    fn default() -> Self {
        Self { samples: 10, crop_area: 0.54, profile: false, maps: false, tile_position: false, rule: ThresholdRule::DEFAULT }
    }
}

/// How the score is found from which on an image is called abnormal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ThresholdRule {
    /// Largest sensitivity + specificity - 1; chosen on the labels it is reported on.
    Youden,
    /// The highest threshold that reaches this sensitivity, (0, 1\].
    Sensitivity(f64),
    /// The lowest threshold that reaches this specificity, (0, 1\].
    Specificity(f64),
    /// This percentile of the training normals' scores, \[0, 100\]; needs no labels.
    Percentile(f64),
}

impl ThresholdRule {
    /// Where none is named: it needs no labels.
    pub const DEFAULT: Self = Self::Percentile(95.0);

    /// How each is written.
    pub const FORMS: &str = "youden, sensitivity:0.9, specificity:0.9 or percentile:95";

    /// Whether it is chosen on the labels that its figures are reported on.
    pub fn needs_labels(self) -> bool {
        !matches!(self, Self::Percentile(_))
    }

    /// Where it sets the threshold, for people.
    pub fn meaning(self) -> String {
        let percent = |share: f64| (share * 1e3).round() / 10.0;
        match self {
            Self::Youden => "where sensitivity + specificity is largest".into(),
            Self::Sensitivity(v) => format!("the highest that calls {} % of the abnormal images abnormal", percent(v)),
            Self::Specificity(v) => format!("the lowest that calls {} % of the normal images normal", percent(v)),
            Self::Percentile(v) => format!("the score that {v} % of the training normals stay below"),
        }
    }

    /// What there must be for it to give a threshold.
    pub fn needs(self) -> &'static str {
        match self {
            Self::Youden => "labelled normal and abnormal images",
            Self::Sensitivity(_) => "labelled abnormal images",
            Self::Specificity(_) => "labelled normal images",
            Self::Percentile(_) => "scores of normal training images (split `train`, label 0)",
        }
    }
}

impl fmt::Display for ThresholdRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Youden => write!(f, "youden"),
            Self::Sensitivity(v) => write!(f, "sensitivity:{v}"),
            Self::Specificity(v) => write!(f, "specificity:{v}"),
            Self::Percentile(v) => write!(f, "percentile:{v}"),
        }
    }
}

impl FromStr for ThresholdRule {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        let (name, value) = s.split_once(':').map_or((s, None), |(n, v)| (n, v.parse::<f64>().ok()));
        match (name, value) {
            ("youden", None) if s == name => Ok(Self::Youden),
            ("sensitivity", Some(v)) if v > 0.0 && v <= 1.0 => Ok(Self::Sensitivity(v)),
            ("specificity", Some(v)) if v > 0.0 && v <= 1.0 => Ok(Self::Specificity(v)),
            ("percentile", Some(v)) if (0.0..=100.0).contains(&v) => Ok(Self::Percentile(v)),
            _ => Err(format!("{s} is no threshold rule; use {}", Self::FORMS)),
        }
    }
}

serde_as_text!(ThresholdRule);
