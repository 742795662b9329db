//! What a run folder holds for its report.

use super::training;
use crate::{
    config::RunConfig,
    data::Curation,
    error::Result,
    run_dir::{Manifest, RunDir, SavedMaps, files},
    scores::{Evaluation, PixelFigures, Review, ScoreKind, Scores, SyntheticLesions},
};
use std::{borrow::Cow, path::Path};

/// A run, and its stages where it has them.
pub struct Parts {
    pub run: RunDir,
    pub manifest: Manifest,
    pub config: RunConfig,
    /// The run of the diffusion model: the part `ddpm`, the run itself, or the one that was given to it.
    pub ddpm: Option<RunDir>,
    /// The run of the encoder: the part `dia` or `csi`, or the run itself.
    pub dia: Option<RunDir>,
    /// The run of the encoder of tiles: the part `tiles`.
    pub tiles: Option<RunDir>,
    /// A sentence for each of these stages that was ended before its last step.
    pub ended_early: Vec<String>,
    /// The reason where there are none.
    pub scores: Result<Scored, String>,
    /// Figures of the maps, where masks are known and the file can be read.
    pub pixels: Option<PixelFigures>,
    /// Anomaly maps that were kept of the scored images.
    pub maps: SavedMaps,
    /// Where that was asked, and its file can be read.
    pub planted: Option<SyntheticLesions>,
    /// Tags and notes of the scored images.
    pub review: Review,
    /// Tags of the person's own, as the run's workspace has them now.
    pub curation: Curation,
}

pub struct Scored {
    /// The score that leads: charts, threshold and galleries are of it.
    pub kind: ScoreKind,
    /// Seen by that score.
    pub scores: Scores,
    pub evaluation: Evaluation,
}

impl Parts {
    pub fn gather(run: &RunDir) -> Result<Self> {
        let (manifest, config) = (run.manifest()?, run.config()?);
        let contents = run.contents()?;
        let given = || RunDir::open(&config.dia.model).ok();
        let (ddpm, dia) = (contents.ddpm().cloned().or_else(given), contents.dia().cloned());
        let tiles = contents.tiles().cloned();
        let ended_early = [&ddpm, &dia, &tiles].into_iter().flatten().filter_map(training::ended_early).collect();
        let scores = scored(contents.scores.as_deref(), &config);
        let pixels = contents.scores.as_deref().and_then(|file| PixelFigures::read(file).ok().flatten());
        let images = scores.iter().flat_map(|scored| &scored.scores.rows).map(|row| row.path.as_str());
        let maps = SavedMaps::find(&run.join(files::MAPS), images);
        let planted = SyntheticLesions::read(&run.join(files::SYNTHETIC_LESIONS)).ok().flatten();
        let review = contents.scores.as_deref().and_then(|file| Review::read(&files::review_of(file)).ok()).unwrap_or_default();
        let workspace = run.path().parent().and_then(Path::parent);
        let said = workspace.map(|workspace| files::curation_of(workspace, &config.data.path));
        let curation = said.and_then(|table| Curation::read(&table).ok()).unwrap_or_default();
        Ok(Self {
            review,
            curation,
            run: run.clone(),
            manifest,
            config,
            ddpm,
            dia,
            tiles,
            ended_early,
            scores,
            pixels,
            maps,
            planted,
        })
    }

    /// `DIA` or `CSI`.
    pub fn method(&self) -> &'static str {
        if self.config.dia.branches() == 3 { "DIA" } else { "CSI" }
    }

    /// The name of a score.
    pub fn score_name(&self, kind: ScoreKind) -> String {
        match kind {
            ScoreKind::Dia => self.method().into(),
            ScoreKind::Lead => "the leading score".into(),
            kind => kind.title().to_lowercase(),
        }
    }

    /// The name of the score that leads.
    pub fn leading(&self) -> String {
        self.score_name(self.scores.as_ref().map_or(ScoreKind::Dia, |scored| scored.kind))
    }
}

fn scored(file: Option<&Path>, config: &RunConfig) -> Result<Scored, String> {
    let scores = Scores::read(file.ok_or("This run has no scores yet.")?).map_err(|e| format!("The scores are missing: {e}."))?;
    // With the threshold that the run set; by its rule where the file has none.
    let rule = scores.rows.iter().any(|row| row.threshold.is_none()).then_some(config.score.rule);
    let kind = scores.leading_kind();
    let scores = scores.seen_by(kind, Some(config.score.rule)).unwrap_or(Cow::Borrowed(&scores)).into_owned();
    let evaluation = Evaluation::new(&scores, None, rule).map_err(|e| format!("The scores say nothing: {e}."))?;
    Ok(Scored { kind, scores, evaluation })
}
