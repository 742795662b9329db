//! The form of a training.

use crate::{
    config::{ConfigError, Preset, RunConfig, apply_setting},
    jobs::ModelSource,
    ml::progress::Stage,
};
use std::collections::BTreeMap;

/// One editable setting. All others are reached with `--set` on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// `section.key`, as in `config.toml`.
    pub key: &'static str,
    pub label: &'static str,
    /// What it means, and the paper's value.
    pub help: &'static str,
    /// The card it stands on.
    pub card: Stage,
}

const fn field(card: Stage, key: &'static str, label: &'static str, help: &'static str) -> Field {
    Field { key, label, help, card }
}

pub const FIELDS: [Field; 15] = [
    field(Stage::Ddpm, "ddpm.steps", "Steps", "Optimiser steps. Paper: 25000."),
    field(Stage::Ddpm, "ddpm.size", "Resolution, px", "32, 64 or 128; it dissolves at this size. Paper: 32."),
    field(Stage::Ddpm, "ddpm.dim", "Width", "Channels of the first stage, a multiple of 8. Paper: 64."),
    field(Stage::Ddpm, "ddpm.batch", "Batch", "Images of one pass. Paper: 256."),
    field(Stage::Ddpm, "ddpm.lr", "Learning rate", "Peak, for Adam. Paper: 8e-5."),
    field(Stage::Dia, "dia.epochs", "Epochs", "Paper: 200."),
    field(Stage::Dia, "dia.batch", "Batch", "Images; each becomes 12 views. Paper: 32."),
    field(Stage::Dia, "dia.t_min", "t from", "Least strength of dissolving. Paper: 30 (fine) or 130 (coarse anomalies)."),
    field(Stage::Dia, "dia.t_max", "t below", "Greatest strength. Paper: 130 (fine) or 230 (coarse anomalies)."),
    field(Stage::Dia, "dia.dissolve", "Dissolve by", "diffusion, gaussian:K, median:K, resample; none is the CSI baseline."),
    field(Stage::Dia, "dia.max_size", "Largest size, px", "Larger images are shrunk to this for the encoder. Paper: 224."),
    field(Stage::Dia, "dia.jitter", "Colour jitter", "Strength: 1 is the method's, 0 is off."),
    field(Stage::Scores, "score.samples", "Samples", "Test-time samples of each image. Paper: 10."),
    field(Stage::Scores, "score.rule", "Threshold", "youden, sensitivity:0.9, specificity:0.9, percentile:95 (needs no labels)."),
    field(Stage::Scores, "run.seed", "Seed", "Same seed, same machine: same numbers."),
];

#[derive(Debug, Clone, PartialEq)]
pub struct TrainState {
    /// The last settings that were valid.
    pub config: RunConfig,
    /// A diffusion model that is there already, to be used in place of a new one.
    pub reuse: Option<ModelSource>,
    /// What stands in each field, valid or not.
    pub texts: BTreeMap<&'static str, String>,
    /// Why a field's text cannot be used.
    pub errors: BTreeMap<&'static str, String>,
}

impl Default for TrainState {
    fn default() -> Self {
        Self::from_config(Preset::Quick.config())
    }
}

impl TrainState {
    pub fn from_config(config: RunConfig) -> Self {
        let texts = FIELDS.iter().map(|f| (f.key, text_of(&config, f.key))).collect();
        Self { config, texts, errors: BTreeMap::new(), reuse: None }
    }

    /// Takes over a field's new text. All texts are read again in turn: a range is wrong only while both its ends are.
    pub fn set(&mut self, key: &'static str, text: String) {
        self.texts.insert(key, text);
        self.errors.clear();
        let base = RunConfig { run: self.config.run.clone(), ..self.config.run.preset.config() };
        let mut config = RunConfig { data: self.config.data.clone(), preprocess: self.config.preprocess.clone(), ..base };
        let mut waiting: Vec<(&'static str, &String)> = self.texts.iter().map(|(k, v)| (*k, v)).collect();
        // A second round lets a field in that was wrong only beside another's old value.
        for _ in 0..2 {
            self.errors.clear();
            waiting.retain(|(key, text)| match apply_setting(&config, key, text.trim()) {
                Ok(next) => {
                    config = next;
                    false
                }
                Err(ConfigError { reason, .. }) => {
                    self.errors.insert(key, reason);
                    true
                }
            });
        }
        self.config = config;
    }

    /// The first reason why training cannot start as the form stands.
    pub fn error(&self) -> Option<String> {
        self.errors.iter().next().map(|(key, reason)| format!("{key}: {reason}"))
    }
}

/// A setting as a person would type it.
fn text_of(config: &RunConfig, key: &str) -> String {
    let Ok(table) = toml::Table::try_from(config) else { return String::new() };
    let mut value = toml::Value::Table(table);
    for part in key.split('.') {
        match value.get(part) {
            Some(inner) => value = inner.clone(),
            None => return String::new(),
        }
    }
    match value {
        toml::Value::String(s) => s,
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_exists_and_shows_its_value() {
        let train = TrainState::default();
        for f in FIELDS {
            assert!(!train.texts[f.key].is_empty(), "{}", f.key);
            assert!(apply_setting(&train.config, f.key, &train.texts[f.key]).is_ok(), "{}", f.key);
        }
    }

    #[test]
    fn a_wrong_value_is_said_at_its_field_and_keeps_the_last_right_one() {
        let mut train = TrainState::default();
        train.set("ddpm.steps", "many".into());
        assert!(train.errors["ddpm.steps"].contains("whole number"));
        assert_eq!(train.config.ddpm.steps, Preset::Quick.config().ddpm.steps);
        train.set("ddpm.steps", "12".into());
        assert_eq!((train.error(), train.config.ddpm.steps), (None, 12));
    }

    #[test]
    fn a_range_can_be_moved_one_end_at_a_time() {
        let mut train = TrainState::default();
        train.set("dia.t_min", "230".into());
        assert!(train.error().is_some(), "230..130 is no range");
        train.set("dia.t_max", "330".into());
        assert_eq!(train.error(), None);
        assert_eq!((train.config.dia.t_min, train.config.dia.t_max), (230, 330));
    }
}
