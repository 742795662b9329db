//! The noise schedule: how much of the image is left at each timestep.
//!
//! Everything is computed in f64 and rounded to f32 once, as the reference implementation does.

use crate::config::ScheduleKind;
use std::f64::consts::FRAC_PI_2;

/// Coefficients for t = 0..T. With `abar` = [`alphas_cumprod`](Self::alphas_cumprod):
/// `x_t = sqrt(abar_t) x_0 + sqrt(1 - abar_t) eps` (Ho et al. 2020, Eq. 4).
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// `beta_t`, variance of the noise that step t adds.
    pub betas: Vec<f32>,
    /// `abar_t`, the product of `1 - beta` up to t.
    pub alphas_cumprod: Vec<f32>,
    /// `sqrt(abar)`, share of the image in x_t.
    pub sqrt_alphas_cumprod: Vec<f32>,
    /// `sqrt(1 - abar)`, share of the noise in x_t.
    pub sqrt_one_minus_alphas_cumprod: Vec<f32>,
    /// `sqrt(1 / abar)`, the factor of the image in Eq. 4 of the paper.
    pub sqrt_recip_alphas_cumprod: Vec<f32>,
    /// `sqrt(1 / abar - 1)`, the factor of the predicted noise in Eq. 4 of the paper.
    pub sqrt_recipm1_alphas_cumprod: Vec<f32>,
    /// Mean of q(x_{t-1} | x_t, x_0) = coef1 x_0 + coef2 x_t (Ho et al. 2020, Eq. 7).
    pub posterior_mean_coef1: Vec<f32>,
    /// See `posterior_mean_coef1`.
    pub posterior_mean_coef2: Vec<f32>,
    /// Log variance of q(x_{t-1} | x_t, x_0), with the variance cut at 1e-20.
    pub posterior_log_variance_clipped: Vec<f32>,
}

impl Schedule {
    /// Coefficients of `timesteps` steps.
    pub fn new(kind: ScheduleKind, timesteps: usize) -> Self {
        let betas = match kind {
            ScheduleKind::Cosine => cosine_betas(timesteps),
            ScheduleKind::Linear => linear_betas(timesteps),
        };
        let abar: Vec<f64> = betas
            .iter()
            .scan(1.0, |product, beta| {
                *product *= 1.0 - beta;
                Some(*product)
            })
            .collect();
        let before = |t: usize| if t == 0 { 1.0 } else { abar[t - 1] };
        let each = |f: &dyn Fn(usize) -> f64| (0..timesteps).map(|t| f(t) as f32).collect();
        Self {
            betas: each(&|t| betas[t]),
            alphas_cumprod: each(&|t| abar[t]),
            sqrt_alphas_cumprod: each(&|t| abar[t].sqrt()),
            sqrt_one_minus_alphas_cumprod: each(&|t| (1.0 - abar[t]).sqrt()),
            sqrt_recip_alphas_cumprod: each(&|t| (1.0 / abar[t]).sqrt()),
            sqrt_recipm1_alphas_cumprod: each(&|t| (1.0 / abar[t] - 1.0).sqrt()),
            posterior_mean_coef1: each(&|t| betas[t] * before(t).sqrt() / (1.0 - abar[t])),
            posterior_mean_coef2: each(&|t| (1.0 - before(t)) * (1.0 - betas[t]).sqrt() / (1.0 - abar[t])),
            // The variance is 0 at the chain's end; its logarithm is cut there.
            posterior_log_variance_clipped: each(&|t| (betas[t] * (1.0 - before(t)) / (1.0 - abar[t])).max(1e-20).ln()),
        }
    }

    /// Number of timesteps T.
    pub fn timesteps(&self) -> usize {
        self.betas.len()
    }
}

/// Nichol & Dhariwal 2021, Eq. 17, with s = 0.008.
fn cosine_betas(timesteps: usize) -> Vec<f64> {
    const S: f64 = 0.008;
    let f = |t: usize| ((t as f64 / timesteps as f64 + S) / (1.0 + S) * FRAC_PI_2).cos().powi(2);
    (0..timesteps).map(|t| (1.0 - (f(t + 1) / f(0)) / (f(t) / f(0))).clamp(0.0, 0.999)).collect()
}

/// 1e-4 to 0.02 at T = 1000; for other T scaled so that as much noise comes together.
fn linear_betas(timesteps: usize) -> Vec<f64> {
    let scale = 1000.0 / timesteps as f64;
    let (first, last) = (1e-4 * scale, 0.02 * scale);
    let step = (last - first) / timesteps.saturating_sub(1).max(1) as f64;
    (0..timesteps).map(|t| (first + step * t as f64).min(0.999)).collect()
}
