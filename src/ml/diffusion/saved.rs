//! Files of diffusion models: `model.safetensors`, run folders, checkpoints of the reference trainer.

use super::{import, info::ModelInfo};
use crate::{
    error::{Error, NextStep, Result},
    ml::base::checkpoint::{self, Tensors},
    run_dir::RunDir,
};
use candle_core::{DType, Tensor};
use std::path::{Path, PathBuf};

/// The content of `model.safetensors`: weights under the reference implementation's names, float32, on the CPU.
#[derive(Debug, Clone)]
pub struct SavedModel {
    /// By parameter name.
    pub weights: Tensors,
    /// Settings and origin.
    pub info: ModelInfo,
}

impl SavedModel {
    /// Weights of any float type become float32.
    ///
    /// # Errors
    /// A type that cannot be converted.
    pub fn new(weights: Tensors, info: ModelInfo) -> Result<Self> {
        let to_f32 = |(name, t): (String, Tensor)| Ok((name, t.to_dtype(DType::F32)?));
        Ok(Self { weights: weights.into_iter().map(to_f32).collect::<Result<_>>()?, info })
    }

    /// Reads a run folder (of a diffusion model, or of `train`; an unfinished one gives its newest checkpoint), a `.safetensors`
    /// file, or a `.pt` of the reference trainer.
    ///
    /// # Errors
    /// A file or folder that holds no diffusion model, or none yet.
    pub fn load(path: &Path) -> Result<Self> {
        let file = if path.is_dir() { model_file(path)? } else { path.to_path_buf() };
        // By content, not by extension: a PyTorch checkpoint is a zip archive.
        let mut magic = [0; 2];
        let opened = std::fs::File::open(&file).and_then(|mut f| std::io::Read::read(&mut f, &mut magic));
        opened.map_err(Error::io("read", &file))?;
        if &magic == b"PK" {
            let (weights, info) = import::read(&file)?;
            return Self::new(weights, info);
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

    /// Writes `model.safetensors` atomically.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        checkpoint::save(path, &self.weights, &self.info.to_metadata())
    }
}

/// The weights of a run folder.
pub(crate) fn model_file(folder: &Path) -> Result<PathBuf> {
    let run = RunDir::open(folder)?;
    if run.manifest()?.kind.has_encoder() {
        let text = format!("{} holds an encoder, not a diffusion model", folder.display());
        return Err(Error::user(text, NextStep::OtherModel));
    }
    let contents = run.contents()?;
    let newest = || checkpoint::newest(contents.ddpm()?).map(|(_, path)| path);
    let file = contents.model.clone().or_else(newest);
    file.ok_or_else(|| Error::user(format!("{} has no weights yet", run.path().display()), NextStep::WaitForWeights))
}
