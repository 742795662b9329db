//! Sweeps: seeds x data sets x settings from one file. Each cell is a run of its own, found again by its name; cells that would
//! train the same diffusion model share one; [`merge`] puts their figures into one table.

pub mod merge;
mod shared_model;

use super::pipeline;
use crate::{
    config::{DataConfig, Limits, Preset, RunConfig, apply_settings},
    data::Dataset,
    error::{Error, Result},
    ml::base::reporter::Reporter,
    run_dir::{Manifest, RunDir, RunKind, RunState, files},
};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
};

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    preset: Preset,
    seeds: Vec<u64>,
    data: Vec<Data>,
    #[serde(default = "one_setting")]
    settings: Vec<Settings>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    path: PathBuf,
    /// What the cells and the table call it; by default the name of the file or folder.
    #[serde(default)]
    name: String,
    /// Empty where the folder says it by itself.
    #[serde(default)]
    normal: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    name: String,
    #[serde(default)]
    set: BTreeMap<String, toml::Value>,
}

fn one_setting() -> Vec<Settings> {
    vec![Settings { name: "default".into(), set: BTreeMap::new() }]
}

/// One run of a sweep. Those of the same data and settings differ by their seed alone.
#[derive(Debug, Clone)]
pub struct Cell {
    /// Name of the data set.
    pub data: String,
    /// Name of the settings.
    pub settings: String,
    /// All settings, the seed included.
    pub config: RunConfig,
    /// Name of the run of the diffusion model that several cells would train alike, and share.
    pub shared_model: Option<String>,
}

impl Cell {
    /// Name of its run: `DATA-SETTINGS-seedN`.
    pub fn name(&self) -> String {
        format!("{}-{}-seed{}", self.data, self.settings, self.config.run.seed)
    }
}

/// The cells of a sweep file, in the order data, settings, seed. Paths in the file are from the current folder.
///
/// # Errors
/// A file that cannot be read, keys that do not exist, two cells of one name.
pub fn cells(file: &Path) -> Result<Vec<Cell>> {
    let text = fs::read_to_string(file).map_err(Error::io("read", file))?;
    let plan: Plan = toml::from_str(&text)
        .map_err(|e| Error::user(format!("{}: {}", file.display(), e.message()), "sweep --help shows an example"))?;
    for &seed in &plan.seeds {
        Limits::check("run.seed", seed as f64).map_err(mend)?;
    }
    let mut cells = Vec::new();
    for data in &plan.data {
        for settings in &plan.settings {
            let mut config = RunConfig::preset(plan.preset);
            config.data.path = std::path::absolute(&data.path).map_err(Error::io("find", &data.path))?;
            config.data.normal.clone_from(&data.normal);
            let text = |value: &toml::Value| value.as_str().map_or_else(|| value.to_string(), str::to_string);
            let set: Vec<(&str, String)> = settings.set.iter().map(|(key, value)| (key.as_str(), text(value))).collect();
            config = apply_settings(&config, set.iter().map(|(key, value)| (*key, value.as_str()))).map_err(mend)?;
            let stem = || data.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let name = if data.name.is_empty() { stem() } else { data.name.clone() };
            for &seed in &plan.seeds {
                config.run.seed = seed;
                cells.push(Cell {
                    data: name.clone(),
                    settings: settings.name.clone(),
                    config: config.clone(),
                    shared_model: None,
                });
            }
        }
    }
    let mut seen = HashSet::new();
    match cells.iter().find(|cell| !seen.insert(cell.name())) {
        Some(twice) => Err(Error::user(
            format!("{}: there are two cells called {}", file.display(), twice.name()),
            "give each [[data]] and each [[settings]] a name of its own, and each seed once",
        )),
        None => {
            shared_model::name_shared(&mut cells);
            Ok(cells)
        }
    }
}

fn mend(why: impl std::fmt::Display) -> Error {
    Error::usage(why.to_string(), "correct it in the sweep's file")
}

/// The runs of a workspace by their names, with their manifests. Of two with one name the older, which the sweep goes on with.
pub fn runs(workspace: &Path) -> HashMap<String, (RunDir, Manifest)> {
    let mut all = HashMap::new();
    for run in RunDir::list(workspace) {
        if let Ok(manifest) = run.manifest() {
            all.entry(manifest.name.clone()).or_insert((run, manifest));
        }
    }
    all
}

/// Refuses what no run of these cells could begin with, and what is known before any: normal classes that their data do not have,
/// or that have to be asked. Data that cannot be opened now fail their own cells, since they may be elsewhere or come later.
///
/// # Errors
/// The first such cell's, with the classes there are.
pub fn check(cells: &[Cell]) -> Result<()> {
    let mut asked: Vec<&DataConfig> = Vec::new();
    for cell in cells {
        let wanted = &cell.config.data;
        if asked.contains(&wanted) {
            continue;
        }
        asked.push(wanted);
        let Ok(data) = Dataset::open(&DataConfig { normal: Vec::new(), ..wanted.clone() }, &|_| ()) else { continue };
        // Named by none, the layout's own normal class counts.
        let data = if wanted.normal.is_empty() { data } else { data.with_normal(&wanted.normal)? };
        data.require_normal()?;
    }
    Ok(())
}

/// Makes the cell's run, or goes on with it where it was begun; nothing where it is finished. `false`: another program, here or on
/// another machine that sees the workspace, works on it.
///
/// # Errors
/// As those of [`pipeline::create`] and [`pipeline::work`].
pub fn work(cell: &Cell, workspace: &Path, reporter: &mut dyn Reporter) -> Result<bool> {
    let config = match runs(workspace).contains_key(&cell.name()) {
        true => None,
        false => Some(shared_model::with_model(cell, workspace, reporter)?),
    };
    let run = {
        // Two programs that come to a cell at the same moment must not both make its run.
        let _held = lock(workspace)?;
        match runs(workspace).remove(&cell.name()) {
            Some((_, manifest)) if manifest.state == RunState::Finished => return Ok(true),
            Some((run, _)) => run,
            None => {
                let config = config.as_ref().unwrap_or(&cell.config);
                pipeline::create(RunKind::Train, config, workspace, &cell.name(), reporter)?
            }
        }
    };
    if run.is_locked() {
        return Ok(false);
    }
    match pipeline::work(&run, reporter) {
        // The other one was a moment earlier.
        Err(_) if run.is_locked() => Ok(false),
        worked => worked.map(|()| true),
    }
}

/// Held until the file is dropped, or the process ends.
fn lock(workspace: &Path) -> Result<fs::File> {
    fs::create_dir_all(workspace).map_err(Error::io("create", workspace))?;
    let path = workspace.join(files::SWEEP_LOCK);
    let file = fs::File::create(&path).map_err(Error::io("write", &path))?;
    // Some network disks have no locks: they are no reason not to train.
    let _ = file.lock();
    Ok(file)
}
