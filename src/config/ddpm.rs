//! Settings of the diffusion model ([`crate::ml::diffusion`]).

use super::{ConfigError, Limits, ensure};
use serde::{Deserialize, Serialize};

/// The DDPM that dissolves. Defaults are the paper's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DdpmConfig {
    /// Width of the U-Net's first stage; a multiple of 8. Paper: 64.
    pub dim: usize,
    /// Width multiplier of each stage. Paper: 1, 2, 4, 8.
    pub dim_mults: Vec<usize>,
    /// Resolution the model works at, px; paper: 32 (also 64, 128).
    pub size: usize,
    /// Number of timesteps T. Paper: 1000.
    pub timesteps: usize,
    /// How the noise grows with t. Paper: cosine.
    pub schedule: ScheduleKind,
    /// `symmetric`: images are mapped to \[-1, 1\] (the method). `unit`: \[0, 1\] goes in as it is (the reference code's slip).
    pub input_range: InputRange,
    /// Optimiser steps. Paper: 25,000.
    pub steps: usize,
    /// Images of one forward pass. Paper: 256 / 128 / 32 at 32 / 64 / 128 px.
    pub batch: usize,
    /// Forward passes whose gradients are added up for one step. Paper: 2.
    pub accumulate: usize,
    /// Peak learning rate of Adam. Paper: 8e-5.
    pub lr: f64,
    /// How the learning rate goes on after the warm-up. Paper: constant.
    pub lr_schedule: LrSchedule,
    /// Steps of linear warm-up of the learning rate. Paper: 0.
    pub warmup: usize,
    /// Adam's decay rates. Paper: 0.9, 0.99.
    pub betas: [f64; 2],
    /// The gradient's norm is clipped to this; 0 = off. Paper: 1.0.
    pub clip: f64,
    /// Ceiling of the EMA's decay. Paper: 0.995.
    pub ema_decay: f64,
    /// Steps between EMA updates. Paper: 10; a short run needs 1.
    pub ema_every: usize,
    /// Step up to which the EMA just copies the weights. Paper: 100; a short run needs 0.
    pub ema_warmup: usize,
    /// Timesteps are drawn from 0..t_limit while training; 0 = all. Paper: all.
    pub t_limit: usize,
    /// Share of the training normals that is used, (0, 1\]. Paper's Table 3: 0.1 and 1.0.
    pub fraction: f64,
    /// Random horizontal flip. Paper: true.
    pub flip: bool,
    /// Steps between checkpoints, at most; there are more where these take longer than a minute.
    pub checkpoint_every: usize,
    /// How many checkpoints are kept.
    pub keep: usize,
    /// Steps between previews (samples and dissolved images); 0 = only at the end.
    pub sample_every: usize,
}

impl Default for DdpmConfig {
    fn default() -> Self {
        Self {
            dim: 64,
            dim_mults: vec![1, 2, 4, 8],
            size: 32,
            timesteps: 1000,
            schedule: ScheduleKind::Cosine,
            input_range: InputRange::Symmetric,
            steps: 25_000,
            batch: 256,
            accumulate: 2,
            lr: 8e-5,
            lr_schedule: LrSchedule::Constant,
            warmup: 0,
            betas: [0.9, 0.99],
            clip: 1.0,
            ema_decay: 0.995,
            ema_every: 10,
            ema_warmup: 100,
            t_limit: 0,
            fraction: 1.0,
            flip: true,
            checkpoint_every: 1000,
            keep: 2,
            sample_every: 1000,
        }
    }
}

/// How the variance beta of the noise that a step adds grows from t = 0 to T.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScheduleKind {
    /// Nichol & Dhariwal 2021, s = 0.008, beta clipped to 0.999.
    Cosine,
    /// 1e-4 to 0.02 (for T = 1000, scaled for others).
    Linear,
}

/// The range in which the model sees the pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InputRange {
    /// \[-1, 1\], the method.
    Symmetric,
    /// \[0, 1\], the reference code's slip.
    Unit,
}

/// How the learning rate goes on after the warm-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LrSchedule {
    /// Stays at its peak.
    Constant,
    /// Cosine annealing to 0 at the last step.
    Cosine,
}

impl DdpmConfig {
    /// Checks every setting of the diffusion model.
    ///
    /// # Errors
    /// The first one that cannot be used.
    pub fn validate(&self) -> Result<(), ConfigError> {
        /// Stages: more would leave less than a pixel of the largest picture.
        const MOST_STAGES: usize = 8;
        Limits::check_section("ddpm", self)?;
        ensure!(self.dim.is_multiple_of(8), "ddpm.dim", "{} is not a multiple of 8", self.dim);
        let stages = self.dim_mults.len();
        ensure!((1..=MOST_STAGES).contains(&stages), "ddpm.dim_mults", "{stages} stages are not between 1 and {MOST_STAGES}");
        let shrink = 1 << (stages - 1);
        ensure!(
            self.size >= shrink && self.size.is_multiple_of(shrink),
            "ddpm.size",
            "{} px cannot be halved {} times; use 32, 64 or 128",
            self.size,
            stages - 1
        );
        ensure!(self.t_limit <= self.timesteps, "ddpm.t_limit", "{} is above timesteps", self.t_limit);
        Ok(())
    }
}
