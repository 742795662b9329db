//! Two runs on the same images.

use super::score_set::ScoreSet;
use crate::{error::Result, scores::Comparison};
use std::{collections::HashMap, path::Path, sync::Arc};

/// Two runs by the same score, over the labelled images that both have scored.
#[derive(Debug)]
pub struct ComparedRuns {
    /// The run in view.
    pub first: Arc<ScoreSet>,
    /// The one that was chosen beside it.
    pub second: ScoreSet,
    /// The images whose rank changed most come first.
    pub figures: Comparison,
    /// Row in `first` of each image of that list.
    pub rows: Vec<usize>,
}

impl ComparedRuns {
    /// Reads the second run's scores, and compares.
    ///
    /// # Errors
    /// Scores that cannot be read, or share no labelled image.
    pub fn read(first: Arc<ScoreSet>, second: &Path) -> Result<Self> {
        let second = ScoreSet::read(second, Some(first.kind))?;
        let figures = Comparison::new(&first.scores, &second.scores, None)?;
        let places: HashMap<&str, usize> = first.evaluated().iter().enumerate().map(|(i, r)| (r.path.as_str(), i)).collect();
        // Every shared image is an evaluated row of the first run.
        let rows = figures.rank_changes.iter().map(|m| places.get(m.path.as_str()).copied().unwrap_or_default()).collect();
        Ok(Self { first: first.clone(), second, figures, rows })
    }
}
