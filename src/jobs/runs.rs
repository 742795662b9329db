//! The runs of the workspace, as lists show them.

use crate::{
    config::RunConfig,
    run_dir::{Manifest, RunDir, RunKind, RunState},
};
use std::path::{Path, PathBuf};

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
        let model = ddpm.filter(|path| has_weights(path)).map(ModelSource);
        Some(Self { path: run.path().to_path_buf(), manifest, config, model, has_scores: run.join("scores.csv").is_file() })
    }

    pub fn can_resume(&self) -> bool {
        self.manifest.state != RunState::Finished
    }

    /// Figures of its manifest, where they are numbers.
    pub fn figure(&self, name: &str) -> Option<f64> {
        self.manifest.figures.get(name)?.as_f64()
    }
}

fn has_weights(run: &Path) -> bool {
    let has_checkpoint = || {
        let files = std::fs::read_dir(run.join("checkpoints")).into_iter().flatten().flatten();
        files.into_iter().any(|f| f.path().extension().is_some_and(|e| e == "safetensors"))
    };
    run.join("model.safetensors").is_file() || has_checkpoint()
}

/// Newest first.
pub fn list_runs(workspace: &Path) -> Vec<RunEntry> {
    RunDir::list(workspace).iter().filter_map(RunEntry::read).collect()
}
