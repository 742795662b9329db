//! The scores of one run, and the one threshold that all views of them share.

use crate::{
    config::ThresholdRule,
    jobs::{Failure, ScoreSet},
    metrics::Confusion,
};
use std::{path::PathBuf, sync::Arc};

#[derive(Debug, Default)]
pub struct ResultsState {
    /// The run that is shown, or being loaded.
    pub run: Option<PathBuf>,
    pub scores: Scores,
    pub threshold: f64,
    /// The rule that set the threshold; `None` once it was moved by hand.
    pub rule: Option<ThresholdRule>,
    pub tab: Tab,
    pub sort: Sort,
    /// Position of the selected row in [`ScoreSet::rows`].
    pub row: Option<usize>,
}

#[derive(Debug, Default)]
pub enum Scores {
    /// No run was chosen.
    #[default]
    None,
    Loading,
    Failed(Failure),
    Ready(Arc<ScoreSet>),
}

/// Outcome tabs of the gallery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tab {
    #[default]
    FalsePositives,
    FalseNegatives,
    TruePositives,
    TrueNegatives,
    All,
}

impl Tab {
    pub const ALL: [Self; 5] = [Self::FalsePositives, Self::FalseNegatives, Self::TruePositives, Self::TrueNegatives, Self::All];

    pub fn name(self) -> &'static str {
        match self {
            Self::FalsePositives => "false positives",
            Self::FalseNegatives => "false negatives",
            Self::TruePositives => "true positives",
            Self::TrueNegatives => "true negatives",
            Self::All => "all",
        }
    }

    /// Whether a row with this label and call belongs here. Unlabelled rows are under "all" alone.
    pub fn holds(self, abnormal: Option<bool>, predicted: bool) -> bool {
        match self {
            Self::All => true,
            Self::FalsePositives => abnormal == Some(false) && predicted,
            Self::FalseNegatives => abnormal == Some(true) && !predicted,
            Self::TruePositives => abnormal == Some(true) && predicted,
            Self::TrueNegatives => abnormal == Some(false) && !predicted,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// Most abnormal first.
    #[default]
    Highest,
    Lowest,
}

impl ResultsState {
    pub fn ready(&self) -> Option<&Arc<ScoreSet>> {
        match &self.scores {
            Scores::Ready(set) => Some(set),
            _ => None,
        }
    }

    /// Counts at the threshold, over the labelled rows.
    pub fn confusion(&self) -> Confusion {
        let mut c = Confusion { tp: 0, fp: 0, tn: 0, fn_: 0 };
        for row in self.ready().iter().flat_map(|s| &s.rows) {
            match (row.label, row.score >= self.threshold) {
                (Some(true), true) => c.tp += 1,
                (Some(false), true) => c.fp += 1,
                (Some(false), false) => c.tn += 1,
                (Some(true), false) => c.fn_ += 1,
                (None, _) => {}
            }
        }
        c
    }

    /// Positions in [`ScoreSet::rows`] of what the gallery shows, in its order.
    pub fn gallery(&self) -> Vec<usize> {
        let Some(set) = self.ready() else { return Vec::new() };
        let held = |i: &usize| set.rows.get(*i).is_some_and(|r| self.tab.holds(r.label, r.score >= self.threshold));
        match self.sort {
            Sort::Highest => (0..set.rows.len()).filter(held).collect(),
            Sort::Lowest => (0..set.rows.len()).rev().filter(held).collect(),
        }
    }
}
