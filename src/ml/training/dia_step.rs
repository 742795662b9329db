//! One optimiser step of the encoder, and the state that a checkpoint must hold to continue.

use super::gradient_cache::loss_and_gradient;
use crate::{
    config::{DiaConfig, OptimizerKind},
    ml::{
        base::checkpoint::Tensors,
        encoder::{
            loss::Loss,
            model::{Encoder, EncoderConfig},
            shift::SHIFTS,
        },
    },
    nn::{Adam, Lars},
};
use candle_core::{Device, Result, Tensor};
use std::f64::consts::PI;

/// Encoder, loss and optimiser.
#[derive(Debug)]
pub struct DiaTrainer {
    /// The encoder with its current weights.
    pub encoder: Encoder,
    loss: Loss,
    optimizer: Optimizer,
}

#[derive(Debug)]
enum Optimizer {
    Lars(Lars),
    /// With the weight decay added to the gradient.
    Adam(Adam, f64),
}

/// What a step reports: of the weights before it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepLoss {
    /// `L_con`
    pub contrastive: f64,
    /// `L_cls`
    pub classification: f64,
    /// `contrastive + lambda * classification`
    pub total: f64,
    /// Global norm of the gradient.
    pub grad_norm: f64,
}

const OPTIMIZER: &str = "optimizer.";

impl DiaTrainer {
    /// New weights, by the run's seed.
    ///
    /// # Errors
    /// Too little memory on the device.
    pub fn new(config: EncoderConfig, device: &Device) -> Result<Self> {
        let dia = config.run.dia.clone();
        let encoder = Encoder::new(config, device)?;
        let vars = encoder.params.trainable();
        let optimizer = match dia.optimizer {
            OptimizerKind::Lars => {
                let mut lars = Lars::new(vars)?;
                (lars.momentum, lars.weight_decay, lars.trust) = (dia.momentum, dia.weight_decay, dia.trust);
                Optimizer::Lars(lars)
            }
            OptimizerKind::Adam => Optimizer::Adam(Adam::new(vars, (0.9, 0.999), 1e-8)?, dia.weight_decay),
        };
        Ok(Self { encoder, loss: Loss::new(&dia), optimizer })
    }

    /// One step on `views` (branches*K*B, 3, H, W), in the order of [`views`](crate::ml::encoder::views), and their shift
    /// `labels` (branches*K*B), at the learning rate `lr`. Where the loss or its gradient is not finite, the weights stay.
    ///
    /// # Errors
    /// Shapes that do not fit, or too little memory.
    pub fn step(&mut self, views: &Tensor, labels: &Tensor, lr: f64) -> Result<StepLoss> {
        let images = views.dim(0)? / (SHIFTS * self.loss.branches);
        let parts = self.encoder.config.run.dia.view_parts;
        let (losses, mut grads) = loss_and_gradient(&self.encoder, &self.loss, views, labels, images, parts)?;
        let value = |loss: &Tensor| Ok::<f64, candle_core::Error>(f64::from(loss.to_scalar::<f32>()?));
        // Read last: to read is to wait for the device.
        let report = StepLoss {
            grad_norm: grads.norm()?,
            contrastive: value(&losses.contrastive)?,
            classification: value(&losses.classification)?,
            total: value(&losses.total)?,
        };
        // Weights that have become NaN would stay so: the caller ends the training, and the last good checkpoint stays.
        if !report.total.is_finite() || !report.grad_norm.is_finite() {
            return Ok(report);
        }
        match &mut self.optimizer {
            Optimizer::Lars(lars) => lars.step(&grads, lr)?,
            Optimizer::Adam(adam, decay) => {
                let weights = self.encoder.params.trainable().into_iter();
                grads.add(&weights.map(|(name, w)| Ok((name, (w.as_tensor().detach() * *decay)?))).collect::<Result<_>>()?)?;
                adam.step(&grads, lr)?;
            }
        }
        Ok(report)
    }

    /// Weights, running statistics and the optimiser's state (`optimizer.`).
    ///
    /// # Errors
    /// Those of reading the device.
    pub fn state(&self) -> Result<Tensors> {
        let mut tensors = self.encoder.params.snapshot()?;
        let state = match &self.optimizer {
            Optimizer::Lars(lars) => lars.state()?,
            Optimizer::Adam(adam, _) => adam.state()?,
        };
        tensors.extend(state.into_iter().map(|(name, t)| (format!("{OPTIMIZER}{name}"), t)));
        Ok(tensors)
    }

    /// Resumes from what [`state`](Self::state) gave.
    ///
    /// # Errors
    /// Tensors that are missing or of another shape.
    pub fn load_state(&mut self, tensors: &Tensors) -> Result<()> {
        self.encoder.params.load(tensors)?;
        let own = tensors.iter().filter_map(|(name, t)| Some((name.strip_prefix(OPTIMIZER)?.to_string(), t.clone()))).collect();
        match &mut self.optimizer {
            Optimizer::Lars(lars) => lars.load_state(&own),
            Optimizer::Adam(adam, _) => adam.load_state(&own),
        }
    }
}

/// Learning rate of step `step` (from 0): linear from `warmup_start * lr` to `lr` over the warm-up, then cosine to 0.
pub fn learning_rate(config: &DiaConfig, step: usize) -> f64 {
    let total = config.total_steps() as f64;
    let warmup = (config.warmup_epochs * config.batches_per_epoch() as f64).min(total);
    let at = step as f64;
    config.lr
        * if at < warmup {
            config.warmup_start + (1.0 - config.warmup_start) * at / warmup
        } else {
            0.5 * (1.0 + (PI * (at - warmup) / (total - warmup).max(1.0)).cos())
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::EpochUnit;

    #[test]
    fn the_learning_rate_warms_up_then_falls_to_nothing() {
        let config = DiaConfig { epochs: 20, epoch_unit: EpochUnit::Batches, epoch_length: 10, ..DiaConfig::default() };
        let lr: Vec<f64> = (0..200).map(|s| learning_rate(&config, s)).collect();
        assert!((lr[0] - 0.1).abs() < 1e-12 && (lr[50] - 0.55).abs() < 1e-12 && (lr[100] - 1.0).abs() < 1e-12);
        assert!((lr[150] - 0.5).abs() < 1e-12 && lr[199] < 1e-3);
        // A warm-up that is longer than the training ends with it.
        let short = DiaConfig { epochs: 1, epoch_unit: EpochUnit::Batches, ..config };
        assert!((0..10).all(|s| learning_rate(&short, s).is_finite()));
    }
}
