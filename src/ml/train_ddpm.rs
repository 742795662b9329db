//! Training of the diffusion model as a run: resumable at any moment, with the same bits as if it had never been stopped.

use super::{diffusion::DiffusionModel, progress::Reporter};
use crate::{config::RunConfig, data::Dataset, error::Result, run_dir::RunDir};
use candle_core::Device;
use std::sync::Arc;

/// Trains on the training normals, or goes on from the run's newest whole checkpoint; a finished run is only loaded.
pub fn train(
    _run: &RunDir,
    _config: &RunConfig,
    _data: &Arc<Dataset>,
    _device: &Device,
    _reporter: &mut dyn Reporter,
) -> Result<DiffusionModel> {
    todo!()
}

/// Which data set this is, from its image names and some pixels: to notice that a model was trained on another one.
pub fn fingerprint(_data: &Dataset) -> Result<String> {
    todo!()
}
