//! What a run folder holds for its report.

use crate::{
    config::RunConfig,
    error::Result,
    run_dir::{Manifest, RunDir, RunKind},
    scores::{Evaluation, PLANTED, Scores, SyntheticLesions},
};

/// A run, and its stages where it has them.
pub struct Parts {
    pub run: RunDir,
    pub manifest: Manifest,
    pub config: RunConfig,
    /// The run of the diffusion model: the part `ddpm`, the run itself, or the one that was given to it.
    pub ddpm: Option<RunDir>,
    /// The run of the encoder: the part `dia` or `csi`, or the run itself.
    pub dia: Option<RunDir>,
    /// The reason where there are none.
    pub scores: Result<Scored, String>,
    /// Where that was asked, and its file can be read.
    pub planted: Option<SyntheticLesions>,
}

pub struct Scored {
    pub scores: Scores,
    pub evaluation: Evaluation,
}

impl Parts {
    pub fn gather(run: &RunDir) -> Result<Self> {
        let (manifest, config) = (run.manifest()?, run.config()?);
        let part = |name: &str| RunDir::open(&run.join(name)).ok();
        let itself = || Some(run.clone());
        let given = || RunDir::open(&config.dia.model).ok();
        let (ddpm, dia) = match manifest.kind {
            RunKind::Train => (part("ddpm").or_else(given), part("dia").or_else(|| part("csi"))),
            RunKind::Ddpm => (itself(), None),
            RunKind::Dia | RunKind::Csi => (given(), itself()),
        };
        let scores = scored(run, &config);
        let planted = SyntheticLesions::read(&run.join(PLANTED)).ok().flatten();
        Ok(Self { run: run.clone(), manifest, config, ddpm, dia, scores, planted })
    }

    /// `DIA` or `CSI`.
    pub fn method(&self) -> &'static str {
        if self.config.dia.branches() == 3 { "DIA" } else { "CSI" }
    }
}

fn scored(run: &RunDir, config: &RunConfig) -> Result<Scored, String> {
    let path = run.join("scores.csv");
    if !path.exists() {
        return Err("This run has no scores yet.".into());
    }
    let scores = Scores::read(&path).map_err(|e| format!("The scores are missing: {e}."))?;
    // With the threshold that the run set; by its rule where the file has none.
    let rule = scores.rows.iter().any(|row| row.threshold.is_none()).then_some(config.score.rule);
    let evaluation = Evaluation::new(&scores, None, rule).map_err(|e| format!("The scores say nothing: {e}."))?;
    Ok(Scored { scores, evaluation })
}
