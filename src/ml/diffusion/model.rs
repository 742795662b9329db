//! A trained diffusion model as it is used: an immutable snapshot of the EMA weights with its settings.

use super::{
    info::ModelInfo,
    saved::SavedModel,
    schedule::Schedule,
    unet::{self, Unet},
};
use crate::{
    config::InputRange,
    error::{Error, Result},
    ml::base::checkpoint::Tensors,
    nn::Params,
    rng,
};
use candle_core::{DType, Device, Tensor};
use rand::Rng as _;
use rand_distr::StandardNormal;
use std::path::Path;

/// Channels of the network's input; grey images enter as three equal channels.
pub const CHANNELS: usize = 3;

/// See the [module](self). Shared between threads by `Arc`.
pub struct DiffusionModel {
    unet: Unet,
    schedule: Schedule,
    info: ModelInfo,
    device: Device,
}

impl DiffusionModel {
    /// Loads the weights onto the device.
    ///
    /// # Errors
    /// Where the weights are not those of the network that the settings describe.
    pub fn new(saved: &SavedModel, device: &Device) -> Result<Self> {
        let config = &saved.info.config;
        // Standardised once here instead of at each pass.
        let standardised = |(name, t): (&String, &Tensor)| Ok((name.clone(), unet::standardise(name, t)?));
        let weights: Tensors = saved.weights.iter().map(standardised).collect::<candle_core::Result<_>>()?;
        let scope = Params::fixed(weights, device, DType::F32).root();
        let unet = Unet::with_standardised(&scope, config.dim, &config.dim_mults, CHANNELS).map_err(|e| {
            Error::user(
                format!("these weights do not fit a diffusion model of this kind: {e}"),
                "use a model.safetensors of a run",
            )
        })?;
        let schedule = Schedule::new(config.schedule, config.timesteps);
        Ok(Self { unet, schedule, info: saved.info.clone(), device: device.clone() })
    }

    /// [`SavedModel::load`] onto a device.
    ///
    /// # Errors
    /// Those of [`SavedModel::load`] and [`new`](Self::new).
    pub fn load(path: &Path, device: &Device) -> Result<Self> {
        Self::new(&SavedModel::load(path)?, device)
    }

    /// Its settings and origin.
    pub fn info(&self) -> &ModelInfo {
        &self.info
    }

    /// Its noise schedule.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// Where it computes.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The noise in `x (B, 3, H, W)`, in the model's range, at timestep `t[i]` for image i; `(B, 3, H, W)`.
    ///
    /// # Errors
    /// A timestep beyond the model's last.
    pub fn predict_noise(&self, x: &Tensor, t: &[usize]) -> Result<Tensor> {
        if let Some(&t) = t.iter().find(|&&t| t >= self.schedule.timesteps()) {
            let last = self.schedule.timesteps() - 1;
            return Err(Error::user(format!("step t = {t} is beyond this model's last, {last}"), format!("use 0 to {last}")));
        }
        Ok(self.unet.forward(x, t)?)
    }

    /// Eq. 4 of the paper, in the model's range: the x0 that a single reverse step predicts for the clean `x (B, 3, H, W)`,
    /// `clip(sqrt(1/abar_t) x - sqrt(1/abar_t - 1) eps_theta(x, t), -1, 1)`.
    ///
    /// # Errors
    /// A timestep beyond the model's last.
    pub fn predict_start(&self, x: &Tensor, t: &[usize]) -> Result<Tensor> {
        let noise = self.predict_noise(x, t)?;
        let s = &self.schedule;
        let kept = x.broadcast_mul(&per_image(&s.sqrt_recip_alphas_cumprod, t, x.device())?)?;
        let removed = noise.broadcast_mul(&per_image(&s.sqrt_recipm1_alphas_cumprod, t, x.device())?)?;
        Ok((kept - removed)?.clamp(-1f32, 1f32)?)
    }

    /// Dissolves `x (B, 3, H, W)` in \[0, 1\], image i at step `t[i]`, at the resolution that the model was trained at
    /// (see [`crate::ml::base::resize::at_resolution`]).
    ///
    /// # Errors
    /// A timestep beyond the model's last.
    pub fn dissolve(&self, x: &Tensor, t: &[usize]) -> Result<Tensor> {
        self.dissolve_at(x, t, self.info.config.size)
    }

    /// Dissolves pictures at another resolution than the model's own, px.
    ///
    /// # Errors
    /// A timestep beyond the model's last; a resolution that the network cannot halve often enough.
    pub fn dissolve_at(&self, x: &Tensor, t: &[usize], resolution: usize) -> Result<Tensor> {
        let shrink = 1 << (self.info.config.dim_mults.len() - 1);
        if resolution == 0 || !resolution.is_multiple_of(shrink) {
            return Err(Error::user(
                format!("this diffusion model cannot work at {resolution} px"),
                format!("use a multiple of {shrink}, such as {}", self.info.config.size),
            ));
        }
        crate::ml::base::resize::at_resolution(x, resolution, |x| match self.info.config.input_range {
            InputRange::Symmetric => Ok(self.predict_start(&x.affine(2.0, -1.0)?, t)?.affine(0.5, 0.5)?),
            InputRange::Unit => Ok(self.predict_start(x, t)?.clamp(0f32, 1f32)?),
        })
    }
}

/// `table[t[i]]` for each image, `(B, 1, 1, 1)`.
pub(crate) fn per_image(table: &[f32], t: &[usize], device: &Device) -> candle_core::Result<Tensor> {
    let picked: Vec<f32> = t.iter().map(|&t| table[t]).collect();
    Tensor::from_vec(picked, (t.len(), 1, 1, 1), device)
}

/// Standard normal numbers from their own random stream.
pub(crate) fn noise(shape: &[usize], seed: u64, purpose: &str, index: u64, device: &Device) -> candle_core::Result<Tensor> {
    let numbers = rng::stream(seed, purpose, index).sample_iter(StandardNormal);
    Tensor::from_vec(numbers.take(shape.iter().product()).collect::<Vec<f32>>(), shape, device)
}
