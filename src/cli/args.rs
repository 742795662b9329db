//! Arguments that all trainings share, and the configuration they make.

use super::streams;
use crate::{
    config::{ConfigError, DataConfig, DeviceKind, LabelColumns, Preset, RunConfig, apply_settings},
    error::{Error, Result},
    run_dir::{RunDir, RunState, files},
};
use clap::{
    Arg, Command,
    builder::{PossibleValue, PossibleValuesParser, StringValueParser, TypedValueParser},
};
use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

#[derive(clap::Args, Debug, Clone)]
pub struct DataArgs {
    /// Folder, image table or archive with the images
    #[arg(long, value_name = "PATH")]
    pub data: Option<PathBuf>,
    /// Name of a normal class (repeatable, or a,b); !NAME = every class but that one
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub normal: Vec<String>,
    /// A table of labels, where it is not found by itself
    #[arg(long, value_name = "CSV")]
    pub labels: Option<PathBuf>,
    /// Columns of the table: file=COL,label=COL,split=COL,patient=COL
    #[arg(long, value_name = "file=COL,label=COL,…")]
    pub map: Option<String>,
}

#[derive(clap::Args, Debug, Clone)]
pub struct Common {
    /// Where the settings start from
    #[arg(long, default_value = "standard", conflicts_with = "resume", value_parser = preset())]
    pub preset: Preset,
    /// Change one setting (repeatable), as in --set ddpm.steps=500
    #[arg(long = "set", value_name = "SECTION.KEY=VALUE", conflicts_with = "resume")]
    pub settings: Vec<String>,
    /// Seed of everything random but the split of the images (--set data.split_seed=N)
    #[arg(long, conflicts_with = "resume")]
    pub seed: Option<u64>,
    /// Run folders are made in DIR/runs [default: the current folder]
    #[arg(long, value_name = "DIR", default_value = ".", hide_default_value = true)]
    pub workspace: PathBuf,
    /// Name of the run
    #[arg(long, conflicts_with = "resume")]
    pub name: Option<String>,
    /// Go on with an unfinished run
    #[arg(long, value_name = "RUN")]
    pub resume: Option<PathBuf>,
    /// Where to compute (cuda:1 = the second card)
    #[arg(long, value_parser = device())]
    pub device: Option<DeviceKind>,
    /// Worker threads [default: one per core]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// Progress as JSON lines on stderr
    #[arg(long)]
    pub json: bool,
}

/// A preset by its name; help, completions and errors list them.
fn preset() -> impl TypedValueParser<Value = Preset> {
    PossibleValuesParser::new(Preset::ALL.map(Preset::name)).try_map(|name| name.parse::<Preset>())
}

/// A device by its name; help and completions list those that most machines could have.
pub fn device() -> impl TypedValueParser<Value = DeviceKind> {
    DeviceParser
}

#[derive(Clone)]
struct DeviceParser;

impl TypedValueParser for DeviceParser {
    type Value = DeviceKind;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<DeviceKind, clap::Error> {
        StringValueParser::new().try_map(|name| name.parse::<DeviceKind>()).parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(DeviceKind::NAMES.into_iter().map(PossibleValue::new)))
    }
}

impl DataArgs {
    /// The images, which have to be named.
    pub fn path(&self) -> Result<&Path> {
        self.data.as_deref().ok_or_else(|| Error::usage("no images were named", "name them with --data PATH"))
    }
}

/// A setting that cannot be used is wrong usage.
pub fn usage(e: ConfigError) -> Error {
    Error::usage(e.to_string(), "see config.toml of any run for all settings")
}

/// Reads `file=COL,label=COL,split=COL,patient=COL`.
pub fn columns(map: Option<&str>) -> Result<LabelColumns> {
    const KEYS: [&str; 4] = ["file", "label", "split", "patient"];
    let mut given: Vec<(&str, String)> = Vec::new();
    for part in map.into_iter().flat_map(|m| m.split(',')).filter(|part| !part.is_empty()) {
        match (part.split_once('=').map(|(key, column)| (key.trim(), column)), given.last_mut()) {
            (Some((key, column)), _) if KEYS.contains(&key) => given.push((key, column.to_string())),
            // A comma may be part of a name.
            (None, Some((_, column))) => *column += &format!(",{part}"),
            (Some((key, _)), Some((_, column))) if key.contains(|c: char| !c.is_alphabetic()) => *column += &format!(",{part}"),
            _ => {
                return Err(Error::usage(
                    format!("--map: {part:?} is not file=, label=, split= or patient="),
                    "as in --map file=id_code,label=diagnosis",
                ));
            }
        }
    }
    let mut columns = LabelColumns::default();
    for (key, column) in given {
        match key {
            "file" => columns.file = column,
            "label" => columns.label = column,
            "split" => columns.split = column,
            _ => columns.patient = column,
        }
    }
    Ok(columns)
}

/// The settings of data after all `--set data.…`; others are refused.
pub fn with_data_settings(data: DataConfig, settings: &[String]) -> Result<DataConfig> {
    if let Some(other) = settings.iter().find(|setting| !setting.trim_start().starts_with("data.")) {
        return Err(Error::usage(format!("--set {other} says nothing of how data are understood"), "as in --set data.level=2"));
    }
    let normal = data.normal.clone();
    let data = with_settings(RunConfig { data, ..Default::default() }, settings, "data.level=2")?.data;
    one_normal(&normal, &data)?;
    Ok(data)
}

/// Refuses `--normal` beside another `--set data.normal`.
fn one_normal(named: &[String], data: &DataConfig) -> Result<()> {
    if named.is_empty() || named == data.normal {
        return Ok(());
    }
    let [named, set] = [named, &data.normal].map(|names| names.join(", "));
    Err(Error::usage(format!("--normal '{named}' and --set data.normal='{set}' say different classes"), "keep one of them"))
}

/// `config` after all `--set`; `example` is shown where one cannot be read.
pub fn with_settings(config: RunConfig, settings: &[String], example: &str) -> Result<RunConfig> {
    let pair = |setting: &'_ String| {
        let parts = setting.split_once('=').map(|(key, value)| (key.trim().to_string(), value.trim().to_string()));
        parts.ok_or_else(|| Error::usage(format!("--set {setting}: there is no ="), format!("write it as --set {example}")))
    };
    let pairs = settings.iter().map(pair).collect::<Result<Vec<_>>>()?;
    apply_settings(&config, pairs.iter().map(|(key, value)| (key.as_str(), value.as_str()))).map_err(usage)
}

impl Common {
    /// The settings of a new run: preset, then data, then each --set in order.
    pub fn config(&self, data: &DataArgs) -> Result<RunConfig> {
        let mut config = RunConfig::preset(self.preset);
        streams::refuse_dash(data.data.as_ref(), "--data", "the run opens its images again")?;
        streams::refuse_dash(data.labels.as_ref(), "--labels", "the run reads its table again")?;
        config.data.path = std::path::absolute(data.path()?).map_err(Error::io("find", data.path()?))?;
        config.data.normal.clone_from(&data.normal);
        config.data.labels =
            data.labels.as_ref().map(std::path::absolute).transpose().map_err(Error::io("find", "the table of labels"))?;
        config.data.columns = columns(data.map.as_deref())?;
        config = with_settings(config, &self.settings, "ddpm.steps=500")?;
        one_normal(&data.normal, &config.data)?;
        let curation = config.data.curation.as_ref().map(std::path::absolute).transpose();
        config.data.curation = curation.map_err(Error::io("find", "the table of curation"))?;
        config.run.seed = self.seed.unwrap_or(config.run.seed);
        config.run.device = self.device.unwrap_or(config.run.device);
        config.run.threads = self.threads.unwrap_or(config.run.threads);
        config.validate().map_err(usage)?;
        Ok(config)
    }

    /// The run to go on with, where one was named. Images that were moved are named with `--data`.
    ///
    /// # Errors
    /// What says more of them than where they are: a run goes on with the classes and labels that it began with.
    pub fn resumed(&self, data: &DataArgs) -> Result<Option<RunDir>> {
        let Some(run) = &self.resume else { return Ok(None) };
        let others = [("--normal", !data.normal.is_empty()), ("--labels", data.labels.is_some()), ("--map", data.map.is_some())];
        if let Some((flag, _)) = others.into_iter().find(|(_, is_given)| *is_given) {
            return Err(Error::usage(
                format!("{flag} is settled by the run that goes on"),
                "leave it away, or begin a new run with it",
            ));
        }
        // As `runs` lists it.
        let listed = self.workspace.join(files::RUNS).join(run);
        let run = RunDir::open(if !run.is_dir() && listed.is_dir() { &listed } else { run })?;
        if let Some(path) = &data.data {
            streams::refuse_dash(Some(path), "--data", "the run opens its images again")?;
            let mut config = run.config()?;
            config.data.path = std::path::absolute(path).map_err(Error::io("find", path))?;
            if run.manifest()?.state != RunState::Finished {
                run.set_config(&config)?;
            }
        }
        Ok(Some(run))
    }

    /// `--name`, else the name of the data.
    pub fn run_name(&self, data: &Path) -> String {
        self.name.clone().unwrap_or_else(|| data.file_stem().unwrap_or_default().to_string_lossy().into_owned())
    }
}
