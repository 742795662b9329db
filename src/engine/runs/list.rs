//! The runs of the workspace, as lists show them.

use crate::{
    config::{LearntFrom, RunConfig},
    ml::{
        base::readiness::Readiness,
        base::{checkpoint, reporter::Stage},
    },
    run_dir::{Manifest, RunContents, RunDir, RunKind, RunState, files},
};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

/// A diffusion model: a run folder (finished, or with a checkpoint), or a file of weights.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ModelSource(pub PathBuf);

/// One run as its files tell it, read anew at each refresh of the list.
#[derive(Debug, Clone, PartialEq)]
pub struct RunEntry {
    /// The run folder, which is what a run is known by.
    pub path: PathBuf,
    /// Manifest: name, notes, state and figures.
    pub manifest: Manifest,
    /// Settings in its `config.toml`.
    pub config: RunConfig,
    /// Where its images lie, links followed.
    pub place: PathBuf,
    /// Its diffusion model, where it has one that can be used.
    pub model: Option<ModelSource>,
    /// Whether that model has gone through all its steps.
    pub model_is_finished: bool,
    /// Whether there is a `scores.csv` of its own images.
    pub has_scores: bool,
    /// How good its diffusion model is, where it was judged.
    pub readiness: Option<Readiness>,
    /// Whether some process works on the run now.
    pub is_locked: bool,
    /// How far an unfinished run has come.
    pub reached: Option<Reached>,
    /// Whether there are finished weights to export.
    pub has_weights: bool,
    /// Whether there is a finished encoder of whole pictures among them.
    pub has_encoder: bool,
}

impl RunEntry {
    /// What its diffusion model learns from, or has learnt from.
    pub fn learnt_from(&self) -> LearntFrom {
        self.config.data.tiles().into()
    }

    /// Reads a run; `None` for a folder without a manifest or settings that can be read, which lists leave out.
    pub fn read(run: &RunDir) -> Option<Self> {
        let (manifest, config) = (run.manifest().ok()?, run.config().ok()?);
        let contents = run.contents().ok()?;
        let ddpm = contents.ddpm();
        let readiness = ddpm.and_then(|part| part.manifest().ok()?.figures.remove("readiness"));
        let model = ddpm.filter(|part| contents.model.is_some() || !part.checkpoints().is_empty());
        let model = model.map(|part| ModelSource(part.path().to_path_buf()));
        let is_finished = manifest.state == RunState::Finished;
        Some(Self {
            path: run.path().to_path_buf(),
            place: config.data.place(),
            model,
            model_is_finished: contents.model.is_some(),
            has_scores: contents.scores.is_some(),
            readiness: readiness.and_then(|value| serde_json::from_value(value).ok()),
            is_locked: run.is_locked(),
            reached: if is_finished { None } else { Reached::of(&contents, &config) },
            has_weights: !contents.weights().is_empty(),
            has_encoder: contents.encoder.is_some(),
            manifest,
            config,
        })
    }

    /// It has not finished, and no process works on it.
    pub fn can_resume(&self) -> bool {
        self.manifest.state != RunState::Finished && !self.is_locked
    }

    /// AUROC of the score that leads, as lists show it. Of a run whose figures are from before there was one it is DIA's, and says so:
    /// its file of scores may have another that leads.
    pub fn auroc(&self) -> Option<String> {
        let lead = self.figure("lead_auroc").map(|lead| format!("{lead:.3}"));
        lead.or_else(|| Some(format!("{:.3} (DIA)", self.figure("auroc")?)))
    }

    /// The 95 % interval of that AUROC.
    pub fn interval(&self) -> Option<String> {
        let of_lead = self.figure("lead_auroc").is_some();
        let ends = self.manifest.figures.get(if of_lead { "lead_auroc_ci95" } else { "auroc_ci95" })?;
        let [low, high] = [0, 1].map(|end| ends.get(end).and_then(serde_json::Value::as_f64));
        Some(format!("{:.3} to {:.3}", low?, high?))
    }

    /// The scores that make the one that leads; `None` of a run from before that was written down.
    pub fn lead(&self) -> Option<String> {
        Some(self.manifest.figures.get("lead")?.as_str()?.replace('+', " + "))
    }

    /// Figures of its manifest, where they are numbers.
    pub fn figure(&self, name: &str) -> Option<f64> {
        self.manifest.figures.get(name)?.as_f64()
    }
}

/// Where an unfinished run goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    /// The stage that it was in.
    pub stage: Stage,
    /// That of its last checkpoint; 0 where there is none.
    pub step: usize,
    /// How long it had worked since that checkpoint: so much is done again.
    pub repeated: Duration,
}

impl Reached {
    fn of(contents: &RunContents, config: &RunConfig) -> Option<Self> {
        let is_chain = contents.parts.first().is_some_and(|(kind, _)| *kind == RunKind::Train);
        let at_begin = |stage| Self { stage, step: 0, repeated: Duration::ZERO };
        match (contents.tiles(), contents.dia(), contents.ddpm()) {
            (Some(tiles), ..) if !tiles.join(files::ENCODER).is_file() => Some(Self::training(Stage::TileDia, tiles)),
            (None, Some(_), _) if contents.encoder.is_some() && config.data.tiles().is_some() => Some(at_begin(Stage::TileDia)),
            (_, Some(_), _) if is_chain && contents.encoder.is_some() => Some(at_begin(Stage::Scores)),
            (_, Some(dia), _) => Some(Self::training(Stage::Dia, dia)),
            (_, None, ddpm) => ddpm.map(|ddpm| Self::training(Stage::Ddpm, ddpm)),
        }
    }

    /// In the middle of a training.
    fn training(stage: Stage, run: &RunDir) -> Self {
        let written = |path: &Path| fs::metadata(path).and_then(|m| m.modified()).ok();
        let newest = checkpoint::newest(run);
        // Each step is noted as it is done.
        let last = written(&run.join(files::METRICS));
        let since = newest.as_ref().and_then(|(_, path)| written(path)).or_else(|| written(&run.join(files::CONFIG)));
        let repeated = last.zip(since).and_then(|(last, since)| last.duration_since(since).ok());
        Self { stage, step: newest.map_or(0, |(step, _)| step), repeated: repeated.unwrap_or_default() }
    }
}

/// One curve of a run's `metrics.csv` or `epochs.csv`.
#[derive(Debug, Clone, PartialEq)]
pub struct RunCurve {
    /// `ddpm`, `dia` or `csi`.
    pub part: String,
    /// The column: `loss`, `grad_norm`, `auroc`…
    pub name: String,
    /// `(step, value)`, of AUROCs `(epoch, value)`; each the mean of its neighbours where there are more steps than can be drawn.
    pub points: Vec<[f64; 2]>,
}

impl RunCurve {
    /// Points that are kept.
    const POINTS: usize = 400;

    const COLUMNS: [&str; 8] =
        ["loss", "contrastive", "classification", "grad_norm", "lr", "auroc", "auroc_lower", "auroc_upper"];

    /// What a training of the run and of its parts has told.
    pub fn of(run: &Path) -> Vec<Self> {
        let parts = RunDir::open(run).and_then(|run| run.contents()).map(|contents| contents.parts).unwrap_or_default();
        let curves = |(kind, part): &(RunKind, RunDir)| {
            let (kind, part) = (*kind, part.clone());
            [files::METRICS, files::EPOCHS].into_iter().flat_map(move |file| Self::read(kind.name(), &part.join(file)))
        };
        parts.iter().flat_map(curves).collect()
    }

    /// It is a line of its own; the ends of intervals are not.
    pub fn is_shown(&self) -> bool {
        self.points.len() > 1 && !self.name.ends_with("_lower") && !self.name.ends_with("_upper")
    }

    fn read(part: &str, file: &Path) -> Vec<Self> {
        let Ok(mut reader) = csv::ReaderBuilder::new().flexible(true).from_path(file) else {
            return Vec::new();
        };
        let names: Vec<String> = reader.headers().map(|h| h.iter().map(String::from).collect()).unwrap_or_default();
        let rows: Vec<Vec<f64>> =
            reader.records().flatten().map(|row| row.iter().map(|v| v.parse().unwrap_or(f64::NAN)).collect()).collect();
        let chunk = rows.len().div_ceil(Self::POINTS).max(1);
        let points = |column: usize| {
            let mean = |rows: &[Vec<f64>]| {
                let values = rows.iter().filter_map(|r| Some([*r.first()?, *r.get(column)?])).filter(|[_, v]| v.is_finite());
                let (sum, n) = values.fold(([0.0, 0.0], 0.0), |(s, n), [x, y]| ([s[0] + x, s[1] + y], n + 1.0));
                (n > 0.0).then(|| sum.map(|v| v / n))
            };
            rows.chunks(chunk).filter_map(mean).collect::<Vec<_>>()
        };
        let wanted = |(_, name): &(usize, &String)| Self::COLUMNS.contains(&name.as_str());
        let columns = names.iter().enumerate().filter(wanted);
        columns.map(|(i, name)| Self { part: part.into(), name: name.clone(), points: points(i) }).collect()
    }
}

/// Those in the trash, newest first.
pub fn list_trash(workspace: &Path) -> Vec<RunEntry> {
    RunDir::list_trash(workspace).iter().filter_map(RunEntry::read).collect()
}

/// Newest first.
pub fn list_runs(workspace: &Path) -> Vec<RunEntry> {
    RunDir::list(workspace).iter().filter_map(RunEntry::read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Tiling;

    #[test]
    fn a_figure_from_before_there_was_a_leading_score_is_called_dias() {
        let dir = tempfile::tempdir().unwrap();
        let run = RunDir::create(dir.path(), RunKind::Train, "x", &RunConfig::default()).unwrap();
        let auroc = || RunEntry::read(&run).unwrap().auroc();
        assert_eq!(auroc(), None);
        run.set_figures([("auroc", 0.75.into())]).unwrap();
        assert_eq!(auroc().as_deref(), Some("0.750 (DIA)"));
        run.set_figures([("lead_auroc", 0.875.into()), ("lead", "dia+tiles".into())]).unwrap();
        assert_eq!(auroc().as_deref(), Some("0.875"));
        let entry = || RunEntry::read(&run).unwrap();
        assert_eq!((entry().lead().as_deref(), entry().interval()), (Some("dia + tiles"), None));
        run.set_figures([("lead_auroc_ci95", vec![0.81, 0.94].into())]).unwrap();
        assert_eq!(entry().interval().as_deref(), Some("0.810 to 0.940"));
    }

    #[test]
    fn an_unfinished_run_says_where_it_goes_on_and_how_much_is_repeated() {
        let dir = tempfile::tempdir().unwrap();
        let config = RunConfig::default();
        let run = RunDir::create(dir.path(), RunKind::Train, "x", &config).unwrap();
        let reached = || RunEntry::read(&run).unwrap().reached.map(|at| (at.stage, at.step, at.repeated.as_secs()));
        assert_eq!(reached(), None);
        let dia = run.part(RunKind::Dia, &config).unwrap();
        let set_minute = |path: &Path, minute: u64| {
            let file = fs::File::options().append(true).open(path).unwrap();
            file.set_modified(std::time::UNIX_EPOCH + Duration::from_secs(60 * minute)).unwrap();
        };
        dia.write(files::METRICS, b"step,loss\n").unwrap();
        set_minute(&dia.join(files::CONFIG), 10);
        set_minute(&dia.join(files::METRICS), 17);
        assert_eq!(reached(), Some((Stage::Dia, 0, 420)), "all of it, where there is no checkpoint");
        dia.write(files::ENCODER, b"weights").unwrap();
        assert_eq!(reached(), Some((Stage::Scores, 0, 0)));
        let mut tiled = config.clone();
        tiled.data.tile = Tiling::Px(64);
        run.set_config(&tiled).unwrap();
        assert_eq!(reached(), Some((Stage::TileDia, 0, 0)));
        let tiles = run.part(RunKind::Tiles, &tiled).unwrap();
        tiles.write(files::METRICS, b"step,loss\n").unwrap();
        set_minute(&tiles.join(files::METRICS), 17);
        let checkpoint = tiles.join(files::checkpoint(10));
        fs::create_dir_all(checkpoint.parent().unwrap()).unwrap();
        // A whole file of weights: the length of its header, and a header that names none.
        fs::write(&checkpoint, [&2u64.to_le_bytes()[..], b"{}"].concat()).unwrap();
        set_minute(&checkpoint, 14);
        assert_eq!(reached(), Some((Stage::TileDia, 10, 180)));
        tiles.write(files::ENCODER, b"weights").unwrap();
        assert_eq!(reached(), Some((Stage::Scores, 0, 0)));
    }

    #[test]
    fn long_metrics_log_is_thinned_to_a_short_curve() {
        let dir = tempfile::tempdir().unwrap();
        let run = RunDir::create(dir.path(), RunKind::Ddpm, "x", &RunConfig::default()).unwrap();
        let rows: String = (1..=1000).map(|i| format!("{i},{},0.1\n", if i % 2 == 0 { 1.0 } else { 3.0 })).collect();
        std::fs::write(run.join("metrics.csv"), format!("step,loss,lr\n{rows}1001,0.")).unwrap();
        let curves = RunCurve::of(run.path());
        assert_eq!((curves.len(), curves[0].name.as_str(), curves[0].part.as_str()), (2, "loss", "ddpm"));
        assert!((300..=400).contains(&curves[0].points.len()) && curves[0].points[5][1] > 0.9);
    }
}
