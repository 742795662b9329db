//! A trained diffusion model as it is used: an immutable snapshot of the EMA weights with its settings.

use super::{
    checkpoint::{self, Metadata, Tensors},
    dissolve, import,
    schedule::Schedule,
    unet::{self, Unet},
};
use crate::{
    config::{DdpmConfig, InputRange},
    error::{Error, NextStep, Result},
    nn::Params,
    rng,
    run_dir::{RunDir, RunKind},
};
use candle_core::{DType, Device, Tensor};
use rand::Rng as _;
use rand_distr::StandardNormal;
use std::path::{Path, PathBuf};

/// Colour images; grey ones are shown three times.
pub const CHANNELS: usize = 3;

/// What a model is, beside its weights; travels in the file's metadata.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelInfo {
    pub config: DdpmConfig,
    /// Name of the data set that it was trained on; empty where that is unknown.
    pub dataset: String,
    /// Whether those images were grey.
    pub grey: bool,
    /// [`Dataset::fingerprint`](crate::ml::train_ddpm::fingerprint) of those data; empty where that is unknown.
    pub fingerprint: String,
    /// Optimiser steps done.
    pub steps: usize,
}

impl ModelInfo {
    /// For a model that says nothing about itself.
    pub fn unknown(config: DdpmConfig) -> Self {
        Self { config, dataset: String::new(), grey: false, fingerprint: String::new(), steps: 0 }
    }

    pub fn to_metadata(&self) -> Metadata {
        let config = toml::to_string(&self.config).unwrap_or_default();
        let entries = [
            ("format", "dissolve-studio diffusion model".to_string()),
            ("config", config),
            ("dataset", self.dataset.clone()),
            ("grey", self.grey.to_string()),
            ("fingerprint", self.fingerprint.clone()),
            ("steps", self.steps.to_string()),
        ];
        entries.into_iter().map(|(k, v)| (k.to_string(), v)).collect()
    }

    /// `None` where the file was not written by this program.
    fn from_metadata(metadata: &Metadata) -> Option<Self> {
        let text = |key: &str| metadata.get(key).cloned().unwrap_or_default();
        Some(Self {
            config: toml::from_str(metadata.get("config")?).ok().filter(|c: &DdpmConfig| c.validate().is_ok())?,
            dataset: text("dataset"),
            grey: text("grey") == "true",
            fingerprint: text("fingerprint"),
            steps: text("steps").parse().unwrap_or(0),
        })
    }
}

/// The content of `model.safetensors`: weights under the reference implementation's names, float32, on the CPU.
#[derive(Debug, Clone)]
pub struct SavedModel {
    pub weights: Tensors,
    pub info: ModelInfo,
}

impl SavedModel {
    /// Weights of any float type become float32.
    pub fn new(weights: Tensors, info: ModelInfo) -> Result<Self> {
        let to_f32 = |(name, t): (String, Tensor)| Ok((name, t.to_dtype(DType::F32)?));
        Ok(Self { weights: weights.into_iter().map(to_f32).collect::<Result<_>>()?, info })
    }

    /// Reads a RUN folder (of a diffusion model, or of `train`; a running one gives its newest checkpoint), a
    /// `.safetensors` file, or a `.pt` of the reference trainer.
    pub fn load(path: &Path) -> Result<Self> {
        let file = if path.is_dir() { model_file(path)? } else { path.to_path_buf() };
        // By content, not by extension: a PyTorch checkpoint is a zip archive.
        let mut magic = [0; 2];
        let opened = std::fs::File::open(&file).and_then(|mut f| std::io::Read::read(&mut f, &mut magic));
        opened.map_err(Error::io("read", &file))?;
        if &magic == b"PK" {
            return import::read(&file);
        }
        let (tensors, metadata) = checkpoint::load(&file)?;
        let ema: Tensors = tensors.iter().filter_map(|(k, v)| Some((k.strip_prefix("ema.")?.to_string(), v.clone()))).collect();
        let weights = if ema.is_empty() { tensors } else { ema };
        let info = match ModelInfo::from_metadata(&metadata) {
            Some(info) => info,
            None => ModelInfo::unknown(import::infer(&weights, &file)?),
        };
        Self::new(weights, info)
    }

    /// Writes `model.safetensors`, whole or not at all.
    pub fn save(&self, path: &Path) -> Result<()> {
        checkpoint::save(path, &self.weights, &self.info.to_metadata())
    }
}

/// The weights of a run folder.
fn model_file(folder: &Path) -> Result<PathBuf> {
    let run = RunDir::open(folder)?;
    let run = match run.manifest()?.kind {
        RunKind::Ddpm => run,
        RunKind::Train => RunDir::open(&run.join(RunKind::Ddpm.name()))?,
        RunKind::Dia | RunKind::Csi => {
            return Err(Error::user(
                format!("{} holds an encoder, not a diffusion model", folder.display()),
                NextStep::OtherModel,
            ));
        }
    };
    let finished = run.join("model.safetensors");
    if finished.exists() {
        return Ok(finished);
    }
    checkpoint::newest(&run)
        .map(|(_, path)| path)
        .ok_or_else(|| Error::user(format!("{} has no weights yet", run.path().display()), NextStep::WaitForWeights))
}

/// See the [module](self). Shared between threads by `Arc`.
pub struct DiffusionModel {
    unet: Unet,
    schedule: Schedule,
    info: ModelInfo,
    device: Device,
}

impl DiffusionModel {
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
    pub fn load(path: &Path, device: &Device) -> Result<Self> {
        Self::new(&SavedModel::load(path)?, device)
    }

    pub fn info(&self) -> &ModelInfo {
        &self.info
    }

    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The noise in `x (B, 3, H, W)`, in the model's range, at step `t[i]` for image i.
    pub fn predict_noise(&self, x: &Tensor, t: &[usize]) -> Result<Tensor> {
        if let Some(&t) = t.iter().find(|&&t| t >= self.schedule.timesteps()) {
            let last = self.schedule.timesteps() - 1;
            return Err(Error::user(format!("step t = {t} is beyond this model's last, {last}"), format!("use 0 to {last}")));
        }
        Ok(self.unet.forward(x, t)?)
    }

    /// Paper, Eq. 4, in the model's range: what a single reverse step takes the clean `x` to be,
    /// `clip(sqrt(1/abar_t) x - sqrt(1/abar_t - 1) eps(x, t), -1, 1)`.
    pub fn predict_start(&self, x: &Tensor, t: &[usize]) -> Result<Tensor> {
        let noise = self.predict_noise(x, t)?;
        let s = &self.schedule;
        let kept = x.broadcast_mul(&per_image(&s.sqrt_recip_alphas_cumprod, t, x.device())?)?;
        let removed = noise.broadcast_mul(&per_image(&s.sqrt_recipm1_alphas_cumprod, t, x.device())?)?;
        Ok((kept - removed)?.clamp(-1f32, 1f32)?)
    }

    /// Dissolves `x (B, 3, H, W)` in \[0, 1\], image i at step `t[i]`, at the resolution that the model was trained at
    /// (see [`dissolve::at_resolution`]).
    pub fn dissolve(&self, x: &Tensor, t: &[usize]) -> Result<Tensor> {
        self.dissolve_at(x, t, self.info.config.size)
    }

    /// The same at another resolution, px.
    pub fn dissolve_at(&self, x: &Tensor, t: &[usize], resolution: usize) -> Result<Tensor> {
        let shrink = 1 << (self.info.config.dim_mults.len() - 1);
        if resolution == 0 || !resolution.is_multiple_of(shrink) {
            return Err(Error::user(
                format!("this diffusion model cannot work at {resolution} px"),
                format!("use a multiple of {shrink}, such as {}", self.info.config.size),
            ));
        }
        dissolve::at_resolution(x, resolution, |x| match self.info.config.input_range {
            InputRange::Symmetric => Ok(self.predict_start(&x.affine(2.0, -1.0)?, t)?.affine(0.5, 0.5)?),
            InputRange::Unit => Ok(self.predict_start(x, t)?.clamp(0f32, 1f32)?),
        })
    }
}

/// `table[t[i]]` for each image, `(B, 1, 1, 1)`.
pub(super) fn per_image(table: &[f32], t: &[usize], device: &Device) -> candle_core::Result<Tensor> {
    let picked: Vec<f32> = t.iter().map(|&t| table[t]).collect();
    Tensor::from_vec(picked, (t.len(), 1, 1, 1), device)
}

/// Standard normal numbers from their own random stream.
pub(super) fn noise(shape: &[usize], seed: u64, purpose: &str, index: u64, device: &Device) -> candle_core::Result<Tensor> {
    let numbers = rng::stream(seed, purpose, index).sample_iter(StandardNormal);
    Tensor::from_vec(numbers.take(shape.iter().product()).collect::<Vec<f32>>(), shape, device)
}
