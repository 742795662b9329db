//! Everything a run can be told, as plain data: read from `config.toml`, from presets and from `--set SECTION.KEY=VALUE`,
//! checked when read, and kept in the run folder. Field documentation gives units, ranges and the paper's value.
#![warn(missing_docs)]

mod data;
mod ddpm;
mod device_kind;
mod dia;
mod edit;
mod limits;
mod preset;
mod score;
mod tiling;
mod value_window;

pub use data::{Aspect, Channels, DataConfig, GreyWindow, LabelColumns, PreprocessConfig, Reading};
pub use ddpm::{DdpmConfig, InputRange, LrSchedule, ScheduleKind};
pub use device_kind::DeviceKind;
pub use dia::{Design, DiaConfig, DissolveMethod, EpochUnit, EqualChannels, OptimizerKind, Shift, ShiftKind, Stem, Twin};
pub use edit::{all_settings, apply_fitting, apply_setting, apply_settings};
pub use limits::Limits;
pub use preset::Preset;
pub use score::{ScoreConfig, ThresholdRule};
pub use tiling::{LearntFrom, TileSize, Tiling};
pub use value_window::{CtWindow, ValueWindow};

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A setting that cannot be used: which one, why, and what is allowed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{key}: {reason}")]
pub struct ConfigError {
    /// `section.key`
    pub key: String,
    /// Why not, and what is allowed.
    pub reason: String,
}

impl ConfigError {
    /// `key`: `section.key`; `reason`: why it cannot be used, and what is allowed.
    pub fn new(key: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { key: key.into(), reason: reason.into() }
    }
}

/// All settings of a run; the file `config.toml` of a run folder.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RunConfig {
    /// What holds for the whole run.
    pub run: RunSection,
    /// Where the images come from.
    pub data: DataConfig,
    /// What is done to them before either model sees them.
    pub preprocess: PreprocessConfig,
    /// The diffusion model.
    pub ddpm: DdpmConfig,
    /// The contrastive encoder.
    pub dia: DiaConfig,
    /// Scores and the threshold.
    pub score: ScoreConfig,
}

/// What holds for the whole run; `[run]` in `config.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RunSection {
    /// Same seed, same machine, same thread count: same bits.
    pub seed: u64,
    /// `cpu`, `cuda`, `cuda:1` (the second card) or `metal`.
    pub device: DeviceKind,
    /// Worker threads; 0 = one per core.
    pub threads: usize,
    /// Which preset the settings started from.
    pub preset: Preset,
    /// Settings the user explicitly set to the preset's value; they are kept where tiling would override them.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub kept: BTreeSet<String>,
}

impl Default for RunSection {
    fn default() -> Self {
        Self { seed: 0, device: DeviceKind::Cpu, threads: 0, preset: Preset::Standard, kept: BTreeSet::new() }
    }
}

impl RunConfig {
    /// The settings of a preset.
    pub fn preset(preset: Preset) -> Self {
        preset.config()
    }

    /// Shorter side of the pictures before they are brought to their working size, px: the one they are resized to, or the `median`
    /// of their own.
    pub fn shorter_side(&self, median: Option<usize>) -> usize {
        match self.preprocess.size {
            0 => median.unwrap_or(0),
            side => side,
        }
    }

    /// These settings with the shift decided.
    pub fn with_shift(&self, kind: ShiftKind) -> Self {
        Self { dia: DiaConfig { shift: kind.into(), ..self.dia.clone() }, ..self.clone() }
    }

    /// These settings with `data.tile`, and what follows from it, decided for pictures whose shorter sides have this `median`, px, and
    /// for the diffusion model that is `given`, if one is; and why, as a sentence.
    pub fn with_tiles(&self, median: Option<usize>, given: Option<LearntFrom>) -> (Self, String) {
        let mut config = self.clone();
        let (mut tile, mut why) = self.data.tile.decide(self.shorter_side(median), self.data.working_size);
        match given.filter(|_| self.data.tile == Tiling::Auto && tile != Tiling::Off) {
            Some(LearntFrom::Tiles(tiles)) => {
                (tile, config.data.working_size) = (Tiling::Px(tiles.tile), tiles.working_size);
                why = format!("tiles of {} px, as the diffusion model has learnt", tiles.tile);
            }
            Some(LearntFrom::WholePictures) => {
                (tile, why) = (Tiling::Off, "no tiles: the diffusion model has learnt from whole pictures".into());
            }
            None => {}
        }
        config.data.tile = tile;
        if let Some(tiles) = config.data.tiles() {
            config.ddpm = config.ddpm_of_tiles(tiles);
        }
        (config, why)
    }

    /// The diffusion model's settings where it learns from tiles: of their size, and the preset's own for tiles but for what the
    /// person has set.
    pub fn ddpm_of_tiles(&self, tiles: TileSize) -> DdpmConfig {
        let preset = self.run.preset;
        let own = preset.ddpm_of_tiles().and_then(|own| self.set_in(&own, &preset.config().ddpm));
        DdpmConfig { size: tiles.tile, ..own.unwrap_or_else(|| self.ddpm.clone()) }
    }

    /// `own`, overridden by every diffusion setting that differs from `before` or is listed in `kept`. `None` where they cannot be
    /// compared.
    fn set_in(&self, own: &DdpmConfig, before: &DdpmConfig) -> Option<DdpmConfig> {
        let table = |config: &DdpmConfig| toml::Table::try_from(config).ok();
        let (mut own, before) = (table(own)?, table(before)?);
        let is_set =
            |key: &str, value: &toml::Value| before.get(key) != Some(value) || self.run.kept.contains(&format!("ddpm.{key}"));
        own.extend(table(&self.ddpm)?.into_iter().filter(|(key, value)| is_set(key, value)));
        own.try_into().ok()
    }

    /// Reads a `config.toml`; settings that it does not name have their defaults.
    ///
    /// # Errors
    /// No TOML, an unknown key, a value of the wrong kind, or one that is not allowed.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text).map_err(|e| ConfigError::new("settings", e.message().to_string()))?;
        config.validate()?;
        Ok(config)
    }

    /// The text of `config.toml`.
    pub fn to_toml(&self) -> String {
        toml::to_string_pretty(self).unwrap_or_else(|e| format!("# could not be written: {e}\n"))
    }

    /// Checks every setting: its [`Limits`], and what holds between settings.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub fn validate(&self) -> Result<(), ConfigError> {
        // Greater ones cannot be written as TOML.
        Limits::check("run.seed", self.run.seed as f64)?;
        Limits::check("data.split_seed", self.data.split_seed as f64)?;
        Limits::check_section("run", &self.run)?;
        self.data.validate()?;
        self.preprocess.validate()?;
        self.ddpm.validate()?;
        self.dia.validate()?;
        Limits::check_section("score", &self.score)
    }
}

/// `ensure!(condition, "section.key", "reason {x}")`, for validation.
macro_rules! ensure {
    ($ok:expr, $key:expr, $($reason:tt)+) => {
        let ok: bool = $ok;
        if !ok {
            return Err($crate::config::ConfigError::new($key, format!($($reason)+)));
        }
    };
}
pub(crate) use ensure;

/// Such a setting is one text in `config.toml`: what it displays, and is parsed from.
macro_rules! serde_as_text {
    ($setting:ty) => {
        impl serde::Serialize for $setting {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $setting {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                <String as serde::Deserialize>::deserialize(d)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use serde_as_text;
