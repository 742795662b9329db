//! The scores of a run with everything that the charts and the gallery read at each frame.

use crate::{
    config::{RunConfig, ThresholdRule},
    error::Result,
    metrics::{Ranking, RocPoint},
    run_dir::RunDir,
    scores::{Evaluation, ScoreRow, Scores},
};
use std::path::{Path, PathBuf};

#[derive(Debug)]
pub struct ScoreSet {
    pub run: PathBuf,
    pub name: String,
    pub config: RunConfig,
    /// The whole file.
    pub scores: Scores,
    /// What is looked at: the rows of the split that the figures are over, unlabelled ones included; highest score first.
    pub rows: Vec<ScoreRow>,
    pub evaluation: Evaluation,
    /// Empty where it is undefined; the evaluation says why.
    pub roc: Vec<RocPoint>,
    /// Lowest and highest score of the rows.
    pub range: [f64; 2],
}

impl ScoreSet {
    /// Reads `scores.csv` of a run.
    ///
    /// # Errors
    /// No run, no scores, or scores that cannot be used.
    pub fn read(path: &Path) -> Result<Self> {
        let run = RunDir::open(path)?;
        let scores = Scores::read(&run.join("scores.csv"))?;
        Self::new(path, run.manifest()?.name, run.config()?, scores)
    }

    pub fn new(run: &Path, name: String, config: RunConfig, scores: Scores) -> Result<Self> {
        let evaluation = Evaluation::new(&scores, None, None)?;
        let labelled = scores.labelled(None);
        let (labels, values): (Vec<bool>, Vec<f64>) = labelled.iter().map(|r| (r.label == Some(true), r.score)).unzip();
        let roc = Ranking::new(&labels, &values).and_then(|r| r.roc()).unwrap_or_default();
        let over = &evaluation.split;
        let in_split = |r: &&ScoreRow| over == "all" || &r.split == over || labelled.is_empty();
        let mut rows: Vec<ScoreRow> = scores.rows.iter().filter(in_split).cloned().collect();
        rows.sort_by(|a, b| b.score.total_cmp(&a.score));
        let range = [rows.last().map_or(0.0, |r| r.score), rows.first().map_or(1.0, |r| r.score)];
        Ok(Self { run: run.to_path_buf(), name, config, scores, rows, evaluation, roc, range })
    }

    /// The threshold by a rule, or why it does not exist.
    pub fn threshold(&self, rule: ThresholdRule) -> Result<f64, String> {
        self.scores.threshold(rule, None)
    }
}
