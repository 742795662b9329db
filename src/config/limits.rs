//! The least and the greatest value of each number among the settings: one table, for `config.toml`, `--set`, sweeps and the
//! window's form. What holds between settings (a range, a multiple) is checked beside their definition.

use super::{ConfigError, TileSize};
use serde::Serialize;
use std::fmt;
use toml::{Table, Value};

/// What a setting may be. Of a list, each of its numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// `section.key`
    key: &'static str,
    least: f64,
    greatest: f64,
    /// What 0 stands for, where it is allowed besides.
    zero: Option<&'static str>,
}

const fn within(key: &'static str, least: f64, greatest: f64) -> Limits {
    Limits { key, least, greatest, zero: None }
}

const fn zero_or(key: &'static str, zero: &'static str, least: f64, greatest: f64) -> Limits {
    Limits { key, least, greatest, zero: Some(zero) }
}

/// Steps, and what is counted in them.
const STEPS: f64 = 1e8;
const EPOCHS: f64 = 1e6;
/// Images of a pass: what memory holds is asked of the forecast.
const BATCH: f64 = 65_536.0;
/// The greatest whole number that `config.toml` can hold, as near as a float comes to it from below.
const SEED: f64 = 9.223_372_036_854_775e18;
/// What stays below 1.
const BELOW_ONE: f64 = 0.999_999_999;

const LIMITS: &[Limits] = &[
    within("run.seed", 0.0, SEED),
    within("run.threads", 0.0, 1024.0),
    within("data.level", -32.0, 32.0),
    within("data.test_fraction", 0.001, 0.999),
    within("data.split_seed", 0.0, SEED),
    zero_or("data.working_size", "the pictures' own", TileSize::LEAST_WORKING_SIZE as f64, TileSize::MOST_WORKING_SIZE as f64),
    within("preprocess.window", 0.0, 1.0),
    within("preprocess.clahe", 0.0, 40.0),
    zero_or("preprocess.size", "off", 16.0, 1024.0),
    within("ddpm.dim", 8.0, 1024.0),
    within("ddpm.dim_mults", 1.0, 64.0),
    within("ddpm.size", 8.0, 512.0),
    within("ddpm.timesteps", 2.0, 10_000.0),
    within("ddpm.steps", 1.0, STEPS),
    within("ddpm.batch", 1.0, BATCH),
    within("ddpm.accumulate", 1.0, BATCH),
    within("ddpm.lr", 1e-12, 10.0),
    within("ddpm.warmup", 0.0, STEPS),
    within("ddpm.betas", 0.0, BELOW_ONE),
    within("ddpm.clip", 0.0, 1e9),
    within("ddpm.ema_decay", 0.0, BELOW_ONE),
    within("ddpm.ema_every", 1.0, STEPS),
    within("ddpm.ema_warmup", 0.0, STEPS),
    within("ddpm.t_limit", 0.0, 10_000.0),
    within("ddpm.fraction", 1e-6, 1.0),
    within("ddpm.checkpoint_every", 1.0, STEPS),
    within("ddpm.keep", 1.0, 1e6),
    within("ddpm.sample_every", 0.0, STEPS),
    within("dia.t_min", 0.0, 999.0),
    within("dia.t_max", 1.0, 1000.0),
    zero_or("dia.resolution", "the diffusion model's own", 8.0, 512.0),
    within("dia.ladder", 0.0, 1000.0),
    zero_or("dia.size", "that of the images", 16.0, 2048.0),
    within("dia.max_size", 16.0, 2048.0),
    within("dia.width", 8.0, 256.0),
    within("dia.tau", 1e-4, 1e4),
    within("dia.lambda", 0.0, 1e6),
    within("dia.epochs", 1.0, EPOCHS),
    within("dia.tile_epochs", 0.0, EPOCHS),
    within("dia.epoch_length", 1.0, EPOCHS),
    within("dia.batch", 2.0, BATCH),
    within("dia.view_parts", 1.0, BATCH),
    within("dia.csi_batch_factor", 0.01, 100.0),
    within("dia.lr", 1e-12, 1e4),
    within("dia.warmup_start", 0.0, 1.0),
    within("dia.warmup_epochs", 0.0, EPOCHS),
    within("dia.momentum", 0.0, BELOW_ONE),
    within("dia.weight_decay", 0.0, 10.0),
    within("dia.trust", 1e-9, 1e3),
    within("dia.jitter", 0.0, 2.0),
    within("dia.jitter_probability", 0.0, 1.0),
    within("dia.grey_probability", 0.0, 1.0),
    within("dia.crop_min", 0.001, 1.0),
    within("dia.checkpoint_every", 1.0, STEPS),
    within("dia.keep", 1.0, 1e6),
    within("dia.eval_every", 0.0, EPOCHS),
    within("score.samples", 1.0, 1000.0),
    within("score.crop_area", 0.01, 1.0),
];

impl Limits {
    /// The limits of `section.key`; `None` for a setting that is no number.
    pub fn of(key: &str) -> Option<&'static Self> {
        LIMITS.iter().find(|limits| limits.key == key)
    }

    /// Whether the number may be used; one that is none (NaN) may not.
    fn allow(&self, value: f64) -> bool {
        (self.least..=self.greatest).contains(&value) || self.zero.is_some() && value == 0.0
    }

    /// Whether `value` may be given to `key`.
    ///
    /// # Errors
    /// Where it may not, with what may.
    pub fn check(key: &str, value: f64) -> Result<(), ConfigError> {
        match Self::of(key) {
            Some(limits) if !limits.allow(value) => Err(ConfigError::new(key, format!("{value} is not {limits}"))),
            _ => Ok(()),
        }
    }

    /// Checks all numbers of a section of `config.toml`.
    ///
    /// # Errors
    /// The first one that cannot be used.
    pub(super) fn check_section(name: &str, settings: &impl Serialize) -> Result<(), ConfigError> {
        let table = Table::try_from(settings).map_err(|e| ConfigError::new(name, e.to_string()))?;
        check_table(&format!("{name}."), &table)
    }
}

/// What may be, to stand after "is" or "is not".
impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.zero {
            None => write!(f, "between {} and {}", self.least, self.greatest),
            Some(zero) => write!(f, "0 ({zero}) or between {} and {}", self.least, self.greatest),
        }
    }
}

fn check_table(prefix: &str, table: &Table) -> Result<(), ConfigError> {
    table.iter().try_for_each(|(name, value)| match value {
        Value::Table(inner) => check_table(&format!("{prefix}{name}."), inner),
        value => numbers(value).into_iter().try_for_each(|number| Limits::check(&format!("{prefix}{name}"), number)),
    })
}

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Integer(value) => vec![*value as f64],
        Value::Float(value) => vec![*value],
        Value::Array(values) => values.iter().flat_map(numbers).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Preset, RunConfig, all_settings, apply_setting};

    #[test]
    fn each_number_has_its_limits_and_each_preset_keeps_them() {
        let table = Table::try_from(RunConfig::default()).unwrap();
        for (key, _) in all_settings(&RunConfig::default()) {
            let value = key.split('.').fold(Value::Table(table.clone()), |value, part| value[part].clone());
            assert_eq!(!numbers(&value).is_empty(), Limits::of(&key).is_some(), "{key}");
        }
        for limits in LIMITS {
            assert!(all_settings(&RunConfig::default()).iter().any(|(key, _)| key == limits.key), "{}", limits.key);
            assert!(limits.least < limits.greatest, "{}", limits.key);
        }
        Preset::ALL.iter().for_each(|preset| preset.config().validate().unwrap());
    }

    #[test]
    fn what_lies_beyond_is_refused_with_what_may_be() {
        let config = RunConfig::default();
        for limits in LIMITS {
            let list = if limits.key == "ddpm.betas" || limits.key == "preprocess.window" { ",0.5" } else { "" };
            for beyond in [limits.least - 1.001, limits.greatest * 1.5 + 1.0] {
                // A seed beyond the table is no number of `config.toml` either.
                let text = if beyond.abs() > 1e15 { "99999999999999999999".into() } else { format!("{beyond:.0}{list}") };
                let refused = apply_setting(&config, limits.key, &text).unwrap_err();
                assert_eq!(refused.key, limits.key, "{text}");
            }
        }
        let said = |key, value| apply_setting(&config, key, value).unwrap_err().to_string();
        assert_eq!(said("ddpm.batch", "9000000000000000000"), "ddpm.batch: 9000000000000000000 is not between 1 and 65536");
        assert_eq!(said("dia.lambda", "inf"), "dia.lambda: inf is not between 0 and 1000000");
        assert_eq!(said("dia.tau", "nan"), "dia.tau: NaN is not between 0.0001 and 10000");
        assert_eq!(said("dia.size", "5"), "dia.size: 5 is not 0 (that of the images) or between 16 and 2048");
        assert!(said("ddpm.dim_mults", "1,2,4,100000").contains("between 1 and 64"));
    }

    #[test]
    fn a_config_written_by_hand_is_held_to_them_too() {
        let refused = RunConfig::from_toml("[score]\nsamples = 1000000000\n").unwrap_err();
        assert_eq!(refused.to_string(), "score.samples: 1000000000 is not between 1 and 1000");
        let mut config = RunConfig::default();
        config.run.seed = u64::MAX;
        assert_eq!(config.validate().unwrap_err().key, "run.seed");
    }
}
