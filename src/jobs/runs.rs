//! The runs of the workspace, as lists show them.

use crate::{
    config::RunConfig,
    ml::{
        checkpoint,
        progress::{Readiness, Stage},
        train_dia,
    },
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
    /// How good its diffusion model is, where it was looked at.
    pub readiness: Option<Readiness>,
    /// Some process works on it now.
    pub is_locked: bool,
    /// The stage that an unfinished run has come to, with its last checkpoint's step, where it has one.
    pub reached: Option<(Stage, usize)>,
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
        let readiness = ddpm.as_ref().and_then(|path| RunDir::open(path).ok()?.manifest().ok()?.figures.remove("readiness"));
        let readiness = readiness.and_then(|value| serde_json::from_value(value).ok());
        let model = ddpm.filter(|path| model_is_finished || has_checkpoint(path)).map(ModelSource);
        let (path, has_scores) = (run.path().to_path_buf(), run.join("scores.csv").is_file());
        let is_locked = run.is_locked();
        let reached = if manifest.state == RunState::Finished { None } else { reached(run, manifest.kind) };
        Some(Self { path, manifest, config, model, model_is_finished, has_scores, readiness, is_locked, reached })
    }

    pub fn can_resume(&self) -> bool {
        self.manifest.state != RunState::Finished && !self.is_locked
    }

    /// Figures of its manifest, where they are numbers.
    pub fn figure(&self, name: &str) -> Option<f64> {
        self.manifest.figures.get(name)?.as_f64()
    }
}

/// How far an unfinished run has come, from its files.
fn reached(run: &RunDir, kind: RunKind) -> Option<(Stage, usize)> {
    let part = |kind: RunKind| RunDir::open(&run.join(kind.name())).ok();
    let step = |run: &RunDir| checkpoint::newest(run).map_or(0, |(step, _)| step);
    match kind {
        RunKind::Ddpm => Some((Stage::Ddpm, step(run))),
        RunKind::Dia | RunKind::Csi => Some((Stage::Dia, step(run))),
        RunKind::Train => match (part(RunKind::Dia).or_else(|| part(RunKind::Csi)), part(RunKind::Ddpm)) {
            (Some(dia), _) if dia.join(train_dia::ENCODER).exists() => Some((Stage::Scores, 0)),
            (Some(dia), _) => Some((Stage::Dia, step(&dia))),
            (None, ddpm) => ddpm.map(|ddpm| (Stage::Ddpm, step(&ddpm))),
        },
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
