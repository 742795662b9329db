//! The gauge of a diffusion model: what was looked at, and whether it is good enough to train DIA on.

use serde::{Deserialize, Serialize};

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReadinessCheck {
    pub name: String,
    /// 0 = not at all, 1 = as it should be.
    pub share: f64,
    pub passed: bool,
    /// What was found, and what is wanted.
    pub found: String,
    /// What to do where it did not pass.
    pub advice: String,
}

/// The gauge: the model is ready where all checks passed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Readiness {
    /// Training step of the model.
    pub step: usize,
    pub checks: Vec<ReadinessCheck>,
}

impl Readiness {
    pub fn is_ready(&self) -> bool {
        self.checks.iter().all(|c| c.passed)
    }

    /// The gauge's needle: that of the poorest check, \[0, 1\].
    pub fn share(&self) -> f64 {
        self.checks.iter().map(|c| c.share).fold(1.0, f64::min)
    }

    /// What is furthest from what is wanted, where it is not ready.
    pub fn poorest(&self) -> Option<&ReadinessCheck> {
        self.checks.iter().filter(|c| !c.passed).min_by(|a, b| a.share.total_cmp(&b.share))
    }

    /// What to do first, where it is not ready.
    pub fn advice(&self) -> Option<&str> {
        self.poorest().map(|c| c.advice.as_str())
    }
}
