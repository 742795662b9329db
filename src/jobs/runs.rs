//! The runs of the workspace, as lists show them.

use crate::{
    config::RunConfig,
    run_dir::{Manifest, RunDir, RunKind, RunState},
};
use std::path::{Path, PathBuf};

/// The weights of a finished diffusion model.
const MODEL: &str = "model.safetensors";

/// A diffusion model: a run folder (finished, or with a checkpoint), or a file of weights.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ModelSource(pub PathBuf);

#[derive(Debug, Clone, PartialEq)]
pub struct RunEntry {
    pub path: PathBuf,
    pub manifest: Manifest,
    pub config: RunConfig,
    /// Its diffusion model, where it has one that can be used.
    pub model: Option<ModelSource>,
    /// That model has gone through all its steps.
    pub model_is_finished: bool,
    pub has_scores: bool,
}

impl RunEntry {
    pub fn read(run: &RunDir) -> Option<Self> {
        let (manifest, config) = (run.manifest().ok()?, run.config().ok()?);
        let ddpm = match manifest.kind {
            RunKind::Ddpm => Some(run.path().to_path_buf()),
            RunKind::Train => Some(run.join(RunKind::Ddpm.name())),
            RunKind::Dia | RunKind::Csi => None,
        };
        let model_is_finished = ddpm.as_ref().is_some_and(|path| path.join(MODEL).is_file());
        let model = ddpm.filter(|path| model_is_finished || has_checkpoint(path)).map(ModelSource);
        let (path, has_scores) = (run.path().to_path_buf(), run.join("scores.csv").is_file());
        Some(Self { path, manifest, config, model, model_is_finished, has_scores })
    }

    pub fn can_resume(&self) -> bool {
        self.manifest.state != RunState::Finished
    }

    /// Figures of its manifest, where they are numbers.
    pub fn figure(&self, name: &str) -> Option<f64> {
        self.manifest.figures.get(name)?.as_f64()
    }
}

fn has_checkpoint(run: &Path) -> bool {
    let files = std::fs::read_dir(run.join("checkpoints")).into_iter().flatten().flatten();
    files.into_iter().any(|f| f.path().extension().is_some_and(|e| e == "safetensors"))
}

/// Newest first.
pub fn list_runs(workspace: &Path) -> Vec<RunEntry> {
    RunDir::list(workspace).iter().filter_map(RunEntry::read).collect()
}
