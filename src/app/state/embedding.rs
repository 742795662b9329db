//! The images of Results in two dimensions.

use crate::{engine::runs::score_set::ScoreSet, error::Failure};
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, path::PathBuf, sync::Arc};

/// Where the images of Results lie, and how far that is known.
#[derive(Debug, Default)]
pub struct EmbeddingState {
    /// It is looked at, in the place of the curves.
    pub on: bool,
    /// What their colour says.
    pub colours: Colours,
    /// Number of the newest request; answers to older ones are dropped.
    pub generation: u64,
    /// The file of scores and the number of the data set that were asked about.
    pub asked: Option<(PathBuf, u64)>,
    /// Images described, of how many.
    pub described: Option<[usize; 2]>,
    /// Nothing better comes.
    pub is_final: bool,
    /// Why they cannot be placed.
    pub failed: Option<Failure>,
    /// By the names of the images.
    pub places: HashMap<String, [f32; 2]>,
    /// Positions in [`ScoreSet::rows`], and where they lie. Kept by [`place`](Self::place).
    pub points: Arc<Vec<(usize, [f64; 2])>>,
}

/// What the colour of an image says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Colours {
    /// Its label, and whether it is called the other way.
    #[default]
    Label,
    /// From the lowest score to the highest.
    Score,
    /// Whether it is tagged or noted.
    Tags,
}

impl EmbeddingState {
    /// Nothing is known yet; to be called where other images, or another encoder, come into view.
    pub fn forget(&mut self) {
        *self = Self { on: self.on, colours: self.colours, generation: self.generation + 1, ..Self::default() };
    }

    /// Finds the rows of the images; to be called after each change of either.
    pub fn place(&mut self, set: &ScoreSet) {
        let at = |(i, name): (usize, &str)| Some((i, self.places.get(name)?.map(f64::from)));
        self.points = Arc::new(set.rows.iter().map(|row| row.path.as_str()).enumerate().filter_map(at).collect());
    }
}
