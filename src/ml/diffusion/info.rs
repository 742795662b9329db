//! What a diffusion model is, apart from its weights.

use crate::{
    config::{DdpmConfig, LearntFrom, TileSize},
    ml::base::checkpoint::CheckpointMetadata,
};

/// Settings and origin of a model; kept in its file's metadata.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelInfo {
    /// The settings that it was trained with.
    pub config: DdpmConfig,
    /// Name of the data set that it was trained on; empty where that is unknown.
    pub dataset: String,
    /// Whether those images were grey.
    pub grey: bool,
    /// [`Dataset::fingerprint`](crate::data::Dataset::fingerprint) of those data; empty where that is unknown.
    pub fingerprint: String,
    /// Optimiser steps done.
    pub steps: usize,
    /// Where it learnt from tiles: the shorter side, px, of the pictures that they were cut from (0 = their own). Tiles have the
    /// model's own size then.
    pub working_size: Option<usize>,
}

impl ModelInfo {
    /// The tiles that it learnt from; `None` where those were whole pictures.
    pub fn tiles(&self) -> Option<TileSize> {
        self.working_size.map(|working_size| TileSize { tile: self.config.size, working_size })
    }

    /// Tiles, or whole pictures.
    pub fn learnt_from(&self) -> LearntFrom {
        self.tiles().into()
    }

    /// What is said of a model that has not had all of its steps.
    pub fn early(&self) -> Option<String> {
        let (done, all) = (self.steps, self.config.steps);
        (0 < done && done < all).then(|| format!("the diffusion model has had {done} of its {all} steps: it may dissolve poorly"))
    }

    /// For a model that says nothing about itself.
    pub fn unknown(config: DdpmConfig) -> Self {
        Self { config, dataset: String::new(), grey: false, fingerprint: String::new(), steps: 0, working_size: None }
    }

    /// As entries of a file.
    pub fn to_metadata(&self) -> CheckpointMetadata {
        let config = toml::to_string(&self.config).unwrap_or_default();
        let entries = [
            ("format", "dissolve-studio diffusion model".to_string()),
            ("config", config),
            ("dataset", self.dataset.clone()),
            ("grey", self.grey.to_string()),
            ("fingerprint", self.fingerprint.clone()),
            ("steps", self.steps.to_string()),
            ("working_size", self.working_size.map_or(String::new(), |px| px.to_string())),
        ];
        entries.into_iter().map(|(k, v)| (k.to_string(), v)).collect()
    }

    /// `None` where the file was not written by this program.
    pub(crate) fn from_metadata(metadata: &CheckpointMetadata) -> Option<Self> {
        let text = |key: &str| metadata.get(key).cloned().unwrap_or_default();
        Some(Self {
            config: toml::from_str(metadata.get("config")?).ok().filter(|c: &DdpmConfig| c.validate().is_ok())?,
            dataset: text("dataset"),
            grey: text("grey") == "true",
            fingerprint: text("fingerprint"),
            steps: text("steps").parse().unwrap_or(0),
            working_size: text("working_size").parse().ok().filter(|px| *px <= TileSize::MOST_WORKING_SIZE),
        })
    }
}
