//! A sweep's file, and the cells that it asks for.

use crate::{
    config::{DiaConfig, DissolveMethod, Limits, Preset, RunConfig, ScoreConfig, apply_settings},
    error::{Error, Result},
};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, HashSet},
    fs,
    path::{Path, PathBuf},
};

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanFile {
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
pub struct SweepCell {
    /// Name of the data set.
    pub data: String,
    /// Name of the settings.
    pub settings: String,
    /// All settings, the seed included.
    pub config: RunConfig,
    /// Name of the run of the diffusion model that several cells would train alike, and share.
    pub shared_model: Option<String>,
}

impl SweepCell {
    /// Name of its run: `DATA-SETTINGS-seedN`.
    pub fn name(&self) -> String {
        format!("{}-{}-seed{}", self.data, self.settings, self.config.run.seed)
    }
}

/// The cells of a sweep file, in the order data, settings, seed. Paths in the file are from the current folder.
///
/// # Errors
/// A file that cannot be read, keys that do not exist, two cells of one name.
pub fn cells(file: &Path) -> Result<Vec<SweepCell>> {
    let text = fs::read_to_string(file).map_err(Error::io("read", file))?;
    let plan: PlanFile = toml::from_str(&text)
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
                cells.push(SweepCell {
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
            name_shared(&mut cells);
            Ok(cells)
        }
    }
}

fn mend(why: impl std::fmt::Display) -> Error {
    Error::usage(why.to_string(), "correct it in the sweep's file")
}

/// Names the shared run of each cell that has the diffusion model of another: `CELL-diffusion`, of the first such cell.
fn name_shared(cells: &mut [SweepCell]) {
    let wanted: Vec<Option<RunConfig>> = cells.iter().map(|cell| what_it_learns_from(&cell.config)).collect();
    let shared = |of: &Option<RunConfig>| {
        let mut same = (0..wanted.len()).filter(|&k| of.is_some() && wanted[k] == *of);
        same.next().filter(|_| same.next().is_some()).map(|first| format!("{}-diffusion", cells[first].name()))
    };
    let names: Vec<_> = wanted.iter().map(shared).collect();
    cells.iter_mut().zip(names).for_each(|(cell, name)| cell.shared_model = name);
}

/// The settings that a diffusion model depends on, where the run would train one.
fn what_it_learns_from(config: &RunConfig) -> Option<RunConfig> {
    let trains = config.dia.dissolve == DissolveMethod::Diffusion && config.dia.model.as_os_str().is_empty();
    trains.then(|| RunConfig { dia: DiaConfig::default(), score: ScoreConfig::default(), ..config.clone() })
}
