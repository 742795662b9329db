//! The model that dissolves.

use super::DissolveState;
use crate::{
    config::{PreprocessConfig, TileSize},
    engine::runs::list::ModelSource,
};
use std::path::PathBuf;

/// One model that can dissolve.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelChoice {
    /// By which it is told from others.
    pub source: ModelSource,
    /// That of its run or file, for people.
    pub name: String,
    /// What is worth knowing: steps, size, "training".
    pub detail: String,
    /// Title of the data set it was trained on, where known.
    pub trained_on: Option<String>,
    /// Where those data lie, links followed; empty where that is unknown.
    pub place: PathBuf,
    /// How its run prepared the images; `None` where that is unknown.
    pub preprocess: Option<PreprocessConfig>,
    /// The tiles that it has learnt from; `None`: whole pictures, or unknown.
    pub tiles: Option<TileSize>,
    /// The first t that it has not learnt; `None`: it has learnt them all, or that is unknown.
    pub t_limit: Option<usize>,
    /// Its weights do not change any more.
    pub is_finished: bool,
}

impl DissolveState {
    /// The model in use: the one that is lent or else chosen, where it still exists, else the one that suits the data best.
    pub fn model(&self) -> Option<&ModelChoice> {
        let named = |source: &Option<ModelSource>| self.models.iter().find(|m| Some(&m.source) == source.as_ref());
        named(&self.lent).or_else(|| named(&self.chosen)).or_else(|| self.models.first())
    }

    /// How the model in use had its images prepared, where that is known: it dissolves images prepared like that.
    pub fn prepared(&self) -> Option<&PreprocessConfig> {
        self.model().filter(|_| self.uses_t()).and_then(|m| m.preprocess.as_ref())
    }

    /// The first t that the model in use has not learnt, where it has not learnt them all.
    pub fn t_limit(&self) -> Option<usize> {
        self.model().filter(|_| self.uses_t())?.t_limit
    }

    /// Why nothing can be dissolved, if so.
    pub fn missing(&self) -> Option<&'static str> {
        (self.uses_t() && self.model().is_none())
            .then_some("There is no diffusion model yet. Train one on your images (3), or use the demo's, which has learnt from other pictures.")
    }
}
