//! One optimiser step of the diffusion model, and the state that a checkpoint must hold to continue.

use crate::{
    config::{DdpmConfig, LrSchedule},
    ml::{
        base::checkpoint::Tensors,
        diffusion::{
            model::{CHANNELS, per_image},
            schedule::Schedule,
            unet::Unet,
        },
    },
    nn::{self, Adam, Ema, Grads, Params},
};
use candle_core::{DType, Device, Result, Tensor, bail};
use std::f64::consts::PI;

/// U-Net, optimiser and the EMA of the weights.
pub struct DdpmTrainer {
    config: DdpmConfig,
    schedule: Schedule,
    params: Params,
    unet: Unet,
    adam: Adam,
    ema: Ema,
    /// Optimiser steps done.
    step: usize,
}

/// The input of one forward pass.
pub struct Batch {
    /// Images in the model's range, `(B, 3, H, W)`.
    pub x0: Tensor,
    /// Timestep of each image.
    pub t: Vec<usize>,
    /// Standard normal noise, shaped as `x0`.
    pub eps: Tensor,
}

impl Batch {
    /// This batch where a network is.
    ///
    /// # Errors
    /// Too little memory there.
    pub fn to_device(&self, device: &Device) -> Result<Self> {
        Ok(Self { x0: self.x0.to_device(device)?, t: self.t.clone(), eps: self.eps.to_device(device)? })
    }
}

/// What a step reports.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepReport {
    /// `mean |eps - eps_theta|`
    pub loss: f64,
    /// Global norm of the gradient before clipping.
    pub grad_norm: f64,
    /// Learning rate.
    pub lr: f64,
}

impl StepReport {
    /// Whether loss and gradient are numbers.
    pub fn is_finite(&self) -> bool {
        self.loss.is_finite() && self.grad_norm.is_finite()
    }
}

impl DdpmTrainer {
    /// New weights, by the seed.
    ///
    /// # Errors
    /// Too little memory on the device.
    pub fn new(config: &DdpmConfig, seed: u64, device: &Device) -> Result<Self> {
        let params = Params::new(device, DType::F32, seed);
        let unet = Unet::new(&params.root(), config.dim, &config.dim_mults, CHANNELS)?;
        let adam = Adam::new(params.trainable(), (config.betas[0], config.betas[1]), 1e-8)?;
        let ema = Ema::new(&params)?;
        let schedule = Schedule::new(config.schedule, config.timesteps);
        Ok(Self { config: config.clone(), schedule, params, unet, adam, ema, step: 0 })
    }

    /// The weights that are trained.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// Optimiser steps done.
    pub fn steps_done(&self) -> usize {
        self.step
    }

    /// The EMA of the weights, which dissolving and sampling use.
    ///
    /// # Errors
    /// Those of reading the device.
    pub fn ema_weights(&self) -> Result<Tensors> {
        self.ema.weights()
    }

    /// One step on the batches, whose gradients are averaged, and its share in the EMA. Where the loss or its gradient is not
    /// finite, nothing is changed.
    ///
    /// # Errors
    /// No batch, or too little memory.
    pub fn step(&mut self, batches: &[Batch]) -> Result<StepReport> {
        let at = self.step;
        let report = self.optimise(batches)?;
        if report.is_finite() && at.is_multiple_of(self.config.ema_every) {
            self.average(ema_decay(&self.config, at))?;
        }
        Ok(report)
    }

    /// [`step`](Self::step) without the EMA.
    ///
    /// # Errors
    /// No batch, or too little memory.
    pub fn optimise(&mut self, batches: &[Batch]) -> Result<StepReport> {
        let share = 1.0 / batches.len() as f64;
        let mut grads: Option<Grads> = None;
        let mut losses = Vec::with_capacity(batches.len());
        for batch in batches {
            let _tape = nn::Tape::start();
            let loss = self.loss(batch)?;
            losses.push(loss.detach());
            let new = nn::backward(&(loss * share)?, &self.params)?;
            match &mut grads {
                Some(grads) => grads.add(&new)?,
                None => grads = Some(new),
            }
        }
        let Some(mut grads) = grads else { bail!("a step needs at least one batch") };
        let limit = if self.config.clip > 0.0 { self.config.clip } else { f64::INFINITY };
        let grad_norm = nn::clip_grad_norm(&mut grads, limit)?;
        // Read last: to read is to wait for the device.
        let sum = losses.iter().try_fold(0.0, |sum, loss| loss.to_scalar::<f32>().map(|loss| sum + f64::from(loss)))?;
        let report = StepReport { loss: sum * share, grad_norm, lr: learning_rate(&self.config, self.step) };
        if report.is_finite() {
            self.adam.step(&grads, report.lr)?;
            self.step += 1;
        }
        Ok(report)
    }

    /// `ema <- decay ema + (1 - decay) w`; 0 copies the weights.
    ///
    /// # Errors
    /// Too little memory.
    pub fn average(&mut self, decay: f64) -> Result<()> {
        if decay == 0.0 { self.ema.copy() } else { self.ema.update(decay) }
    }

    /// `mean |eps - eps_theta(sqrt(abar_t) x0 + sqrt(1 - abar_t) eps, t)|` (Ho et al. 2020, Eq. 14, with L1).
    fn loss(&self, Batch { x0, t, eps }: &Batch) -> Result<Tensor> {
        let kept = x0.broadcast_mul(&per_image(&self.schedule.sqrt_alphas_cumprod, t, x0.device())?)?;
        let noise = eps.broadcast_mul(&per_image(&self.schedule.sqrt_one_minus_alphas_cumprod, t, x0.device())?)?;
        nn::mean(&(self.unet.forward(&(kept + noise)?, t)? - eps)?.abs()?)
    }

    /// Weights (`model.`), their EMA (`ema.`), and the optimiser's moments (`adam.`).
    ///
    /// # Errors
    /// Those of reading the device.
    pub fn state(&self) -> Result<Tensors> {
        let parts = [("model.", self.params.snapshot()?), ("ema.", self.ema.weights()?), ("adam.", self.adam.state()?)];
        let named =
            |(prefix, tensors): (&'static str, Tensors)| tensors.into_iter().map(move |(k, t)| (format!("{prefix}{k}"), t));
        Ok(parts.into_iter().flat_map(named).collect())
    }

    /// Resumes after `step` steps from what [`state`](Self::state) gave.
    ///
    /// # Errors
    /// Tensors that are missing or of another shape.
    pub fn load_state(&mut self, tensors: &Tensors, step: usize) -> Result<()> {
        let part = |prefix: &str| -> Tensors {
            tensors.iter().filter_map(|(k, t)| Some((k.strip_prefix(prefix)?.to_string(), t.clone()))).collect()
        };
        self.params.load(&part("model."))?;
        self.ema.load(&part("ema."))?;
        self.adam.load_state(&part("adam."))?;
        self.step = step;
        Ok(())
    }
}

/// Learning rate of step `step` (from 0): linear warm-up, then constant or a cosine that ends at 0.
pub fn learning_rate(config: &DdpmConfig, step: usize) -> f64 {
    let warmup = (step + 1) as f64 / config.warmup.max(1) as f64;
    let decay = match config.lr_schedule {
        LrSchedule::Constant => 1.0,
        LrSchedule::Cosine => 0.5 * (1.0 + (PI * step as f64 / config.steps as f64).cos()),
    };
    config.lr * warmup.min(1.0) * decay
}

/// Decay of the EMA at step `step` (from 0), with the warm-up of `ema-pytorch`: a copy up to `ema_warmup`, then
/// `1 - (step + 1 - ema_warmup)^(-2/3)` up to the ceiling.
pub fn ema_decay(config: &DdpmConfig, step: usize) -> f64 {
    match (step + 1).checked_sub(config.ema_warmup) {
        None | Some(0) => 0.0,
        Some(n) => (1.0 - (n as f64).powf(-2.0 / 3.0)).min(config.ema_decay),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_average_follows_its_warm_up() {
        let paper = DdpmConfig::default();
        assert_eq!([0, 50, 99, 100].map(|s| ema_decay(&paper, s)), [0.0; 4]);
        assert!((ema_decay(&paper, 107) - 0.75).abs() < 1e-12);
        assert_eq!(ema_decay(&paper, 24_999), 0.995);
        let short = DdpmConfig { ema_warmup: 0, ..paper };
        assert_eq!(ema_decay(&short, 0), 0.0);
        assert!((ema_decay(&short, 7) - 0.75).abs() < 1e-12);
    }

    #[test]
    fn the_learning_rate_warms_up_and_ends_near_zero() {
        let config = DdpmConfig { steps: 100, warmup: 10, lr: 1.0, lr_schedule: LrSchedule::Cosine, ..DdpmConfig::default() };
        assert!((learning_rate(&config, 0) - 0.1).abs() < 1e-9);
        assert!((learning_rate(&config, 50) - 0.5).abs() < 1e-9);
        assert!(learning_rate(&config, 99) < 1e-3);
        assert_eq!(learning_rate(&DdpmConfig::default(), 0), DdpmConfig::default().lr);
    }
}
