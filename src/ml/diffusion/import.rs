//! Checkpoints of the reference trainer (`model-N.pt` of `denoising-diffusion-pytorch`), and bare U-Net weights: which
//! network they are is read from their names and shapes.

use super::{
    info::ModelInfo,
    pickle::{Archive, PickleError},
};
use crate::{
    config::DdpmConfig,
    error::{Error, Result},
    ml::base::checkpoint::Tensors,
};
use std::path::Path;

/// Reads a `.pt` checkpoint: its EMA weights where it has them, else the trained weights, else what lies at its top.
/// The settings that weights do not tell (schedule, image size) are the reference trainer's defaults.
///
/// # Errors
/// Where it cannot be read, or holds no U-Net of that package.
pub fn read(path: &Path) -> Result<(Tensors, ModelInfo)> {
    let fail = |e: PickleError| match e {
        PickleError::Io(source) => Error::io("read", path)(source),
        other => Error::user(
            format!("{} cannot be read as a PyTorch checkpoint: {other}", path.display()),
            "give a model-N.pt as the reference trainer writes it (torch.save, PyTorch 1.6 or later)",
        ),
    };
    let mut archive = Archive::open(path).map_err(fail)?;
    for (keys, prefix) in [(&["ema"][..], "ema_model.model."), (&["model"], "model."), (&["state_dict"], ""), (&[], "")] {
        let found = archive.tensors(keys, |name| name.starts_with(prefix)).map_err(fail)?;
        let weights: Tensors = found.into_iter().flatten().map(|(name, t)| (name[prefix.len()..].to_string(), t)).collect();
        if weights.contains_key("init_conv.weight") {
            let config = DdpmConfig { steps: archive.count("step").unwrap_or(0).max(1), ..infer(&weights, path)? };
            let steps = archive.count("step").unwrap_or(0);
            return Ok((weights, ModelInfo { steps, ..ModelInfo::unknown(config) }));
        }
    }
    Err(not_a_unet(path))
}

/// The settings that the weights' shapes tell.
///
/// # Errors
/// Where they are not the U-Net's.
pub fn infer(weights: &Tensors, path: &Path) -> Result<DdpmConfig> {
    let width = |name: &str| weights.get(name)?.dims().first().copied();
    let dim = width("init_conv.weight").ok_or_else(|| not_a_unet(path))?;
    let stages = (0..).map_while(|i| width(&format!("downs.{i}.3.weight")));
    let dim_mults: Vec<usize> = stages.map(|out| out / dim.max(1)).collect();
    let config = DdpmConfig { dim, dim_mults, ..DdpmConfig::default() };
    config.validate().map_err(|_| not_a_unet(path))?;
    Ok(config)
}

fn not_a_unet(path: &Path) -> Error {
    Error::user(
        format!(
            "{} holds no U-Net of denoising-diffusion-pytorch 0.27 (no init_conv.weight in ema, model or at the top)",
            path.display()
        ),
        "give a model-N.pt of the reference trainer, or a model.safetensors of this program",
    )
}
