//! Readiness of a diffusion model: what was checked, and whether it is good enough to train DIA on.

use serde::{Deserialize, Serialize};

/// One check of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReadinessCheck {
    /// What it checks, in two or three words.
    pub name: String,
    /// 0 = not at all, 1 = as it should be.
    pub share: f64,
    /// Whether the model is as it should be.
    pub passed: bool,
    /// What was found, and what is wanted.
    pub found: String,
    /// What to do where it did not pass.
    pub advice: String,
}

/// All checks of a model; it is ready where all of them passed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Readiness {
    /// Training step of the model.
    pub step: usize,
    /// In the order in which they are shown.
    pub checks: Vec<ReadinessCheck>,
}

impl Readiness {
    /// Whether all checks passed.
    pub fn is_ready(&self) -> bool {
        self.checks.iter().all(|c| c.passed)
    }

    /// Share of the poorest check, \[0, 1\].
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
