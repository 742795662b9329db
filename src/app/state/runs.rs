//! The list of runs, and what two or more of them have in common.

use super::{State, job::JobInfo};
use crate::{
    config::{RunConfig, all_settings},
    engine::runs::list::{RunCurve, RunEntry},
};
use std::path::Path;
use std::{collections::HashMap, path::PathBuf, sync::Arc};

/// The list of runs, which lies over the workspaces; the runs themselves are in [`State::runs`].
#[derive(Debug, Default)]
pub struct RunsState {
    /// Words that a run's name, notes or data must hold.
    pub query: String,
    /// The run whose details are shown.
    pub selected: Option<PathBuf>,
    /// Name and notes that are being typed.
    pub draft: Option<RunDraft>,
    /// Runs that are compared.
    pub compared: Vec<PathBuf>,
    /// The curves of runs that were asked for.
    pub curves: HashMap<PathBuf, Arc<Vec<RunCurve>>>,
    /// Runs in the trash, newest first.
    pub trash: Vec<RunEntry>,
    /// Whether the trash is listed in the place of the runs.
    pub shows_trash: bool,
    /// Runs of the trash that are about to be deleted for good.
    pub deleting: Vec<PathBuf>,
}

/// Name and notes of a run, half typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunDraft {
    /// Folder of the run whose they are.
    pub run: PathBuf,
    /// Name as it stands in the field.
    pub name: String,
    /// Notes as they stand in the field.
    pub notes: String,
}

impl RunDraft {
    /// Name and notes as the run has them.
    pub fn of(run: &RunEntry) -> Self {
        Self { run: run.path.clone(), name: run.manifest.name.clone(), notes: run.manifest.notes.clone() }
    }
}

impl RunsState {
    /// Whether a run passes the search: each word must be found somewhere.
    pub fn finds(&self, run: &RunEntry) -> bool {
        let text = format!(
            "{} {} {} {} {}",
            run.manifest.name,
            run.manifest.notes,
            run.manifest.kind.name(),
            run.config.data.path.display(),
            run.manifest.created
        )
        .to_lowercase();
        self.query.to_lowercase().split_whitespace().all(|word| text.contains(word))
    }
}

/// One setting of several runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingRow {
    /// `section.key`
    pub key: String,
    /// The setting's value in each run; empty where a run has none.
    pub values: Vec<String>,
    /// Whether not all runs have the same value.
    pub differs: bool,
}

/// The settings of runs side by side, the differing ones first.
pub fn side_by_side(configs: &[&RunConfig]) -> Vec<SettingRow> {
    let each: Vec<Vec<(String, String)>> = configs.iter().map(|config| all_settings(config)).collect();
    let mut keys: Vec<&String> = Vec::new();
    for (key, _) in each.iter().flatten() {
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    let value = |settings: &Vec<(String, String)>, key: &str| {
        settings.iter().find(|(k, _)| k == key).map_or(String::new(), |(_, v)| v.clone())
    };
    let mut rows: Vec<SettingRow> = keys
        .into_iter()
        .map(|key| {
            let values: Vec<String> = each.iter().map(|settings| value(settings, key)).collect();
            let differs = values.iter().any(|v| *v != values[0]);
            SettingRow { key: key.clone(), values, differs }
        })
        .collect();
    rows.sort_by_key(|row| !row.differs);
    rows
}

/// Why a run must stay where it is.
pub fn in_work(state: &State, run: &Path) -> Option<&'static str> {
    if state.runs.iter().any(|entry| entry.path == run && entry.is_locked) {
        return Some("Some program works on it now: stop that first.");
    }
    // Its own, or one that dissolves with its model.
    let needs = |job: &&JobInfo| job.run.as_deref() == Some(run) || job.config.dia.model.starts_with(run);
    let is_it = state.jobs.iter().filter(|job| !job.state.has_ended()).any(|job| needs(&job));
    is_it.then_some("A job works on it: stop that first.")
}
