//! The chain of stages: diffusion model, DIA, scores, evaluation and report, as one job that resumes where it was stopped.
//!
//! A run knows from its folder what it still lacks, so a resumed run takes the same way as a new one.

use super::{image_scores::RunScorer, memory::Memory, runs::finished_run::FinishedRun};
use crate::{
    config::{DissolveMethod, RunConfig, Tiling},
    data::{CONTENT_RULE, Dataset, Label},
    error::{Error, NextStep, Result},
    ml::{
        base::reporter::{Control, Event, Reporter, Stage},
        diffusion::model::DiffusionModel,
        encoder::model::Encoder,
        training::{ddpm, dia},
    },
    nn::RetainPages,
    report,
    run_dir::{Manifest, RunDir, RunKind, RunState, files, require_writable},
    scores::{Evaluation, ScoreKind, Scores},
    text::thousands,
};
use candle_core::Device;
use serde_json::json;
use std::{path::Path, sync::Arc, time::Instant};

/// Opens the data, checks that they can be learned from, and makes the run folder.
///
/// # Errors
/// A workspace that cannot be written to, data that cannot be opened, a normal class that has to be asked, fewer than two normal
/// training images, a training that does not fit in memory.
pub fn create(kind: RunKind, config: &RunConfig, workspace: &Path, name: &str, reporter: &mut dyn Reporter) -> Result<RunDir> {
    config.validate().map_err(|e| Error::usage(e.to_string(), "mend this setting"))?;
    require_writable(&workspace.join(files::RUNS))?;
    // What there is to say of the data is said when the work starts.
    let data = open_quietly(config)?;
    let (mut config, why) = with_tiles(config, &data)?;
    // Other images are scored through the same window, whatever theirs would be.
    config.data.window = data.window.clone();
    // Memory warnings are repeated when the work starts; here only errors matter.
    Memory::here().require_for_training(kind, &config, &data)?;
    if config.data.tile != Tiling::Off {
        reporter.event(Event::Notice(format!("{why}; learnt from are tiles that show something: {CONTENT_RULE}").into()));
    }
    if let Some(why) = data.squeezed(&data.training_normals()).filter(|_| !config.preprocess.reframes()) {
        reporter.event(Event::Notice(why.into()));
    }
    let run = RunDir::create(workspace, kind, name, &config)?;
    run.update_manifest(|manifest| manifest.data = data.fingerprint().to_string())?;
    Ok(run)
}

/// The settings with `data.tile` decided by the size of the training pictures, or by the diffusion model that is given; and why.
///
/// # Errors
/// A diffusion model that cannot be read.
pub fn with_tiles(config: &RunConfig, data: &Dataset) -> Result<(RunConfig, String)> {
    let model = if config.data.tile == Tiling::Auto { given_model(config, &Device::Cpu)? } else { None };
    let given = model.map(|model| model.info().learnt_from());
    Ok(config.with_tiles(data.median_side(&data.training_normals()), given))
}

/// Does what a run, new or stopped, still lacks, and notes in its manifest how it ended.
pub fn resume(run: &RunDir, reporter: &mut dyn Reporter) -> Result<()> {
    let manifest = run.manifest()?;
    if manifest.state == RunState::Finished {
        // What a program that was killed at the very end has left half-written goes with the lock, where the run can be written to.
        let lock = run.lock();
        // The state is noted before the report, which tells it: a run may have been killed in between.
        if manifest.kind == RunKind::Train && !run.join(files::REPORT).is_file() {
            let _lock = lock?;
            return report::write(run, open_data(&run.config()?, reporter).ok().as_deref()).map(drop);
        }
        reporter.event(Event::Notice(format!("{} is finished already", run.path().display()).into()));
        return Ok(());
    }
    let _lock = run.lock()?;
    run.set_state(RunState::Unfinished)?;
    let begin = Instant::now();
    let _pages = RetainPages::new();
    let result = run_stages(run, &mut Logged { run, reporter });
    let state = RunState::after(&result);
    run.log(&format!("ended: {state:?}"));
    let note = || {
        let before = run.manifest()?.figures.get("seconds").and_then(serde_json::Value::as_f64).unwrap_or(0.0);
        run.set_figures([("seconds", json!((before + begin.elapsed().as_secs_f64()).round()))])?;
        run.set_state(state)
    };
    // Where the work failed, that is what has to be told, not that its note could not be written.
    result.and(note())
}

/// Writes notices into the log of a run, and passes everything on.
struct Logged<'a> {
    run: &'a RunDir,
    reporter: &'a mut dyn Reporter,
}

impl Reporter for Logged<'_> {
    fn event(&mut self, event: Event) {
        if let Event::Notice(notice) = &event {
            self.run.log(&format!("note: {notice}"));
        }
        self.reporter.event(event);
    }

    fn control(&mut self) -> Control {
        self.reporter.control()
    }
}

fn run_stages(run: &RunDir, reporter: &mut dyn Reporter) -> Result<()> {
    let config = run.config()?;
    let device = reporter.open_device(config.run.device, config.run.threads);
    let data = open_data(&config, reporter)?;
    let Manifest { kind, data: began_with, .. } = run.manifest()?;
    if !began_with.is_empty() && began_with != data.fingerprint() {
        let text = "the images, or what was said of them, are others than those that the run began with";
        reporter.event(Event::Notice(text.into()));
    }
    let slow = Memory::here().require_for_training(kind, &config, &data)?;
    slow.into_iter().for_each(|why| reporter.event(Event::Notice(why.into())));
    match kind {
        RunKind::Ddpm => ddpm::train(run, &config, &data, &device, reporter).map(|_| ()),
        RunKind::Dia | RunKind::Csi => {
            let model = given_model(&config, &device)?;
            let encoder = dia::train(run, &config, &data, model.clone(), &device, reporter)?;
            train_tiles(run, &config, &encoder, &data, model, &device, reporter)
        }
        RunKind::Train => run_all_parts(run, &config, &data, &device, reporter),
        RunKind::Tiles => Err(Error::user("this is the part of a run that works by tiles", "go on with the run that it lies in")),
    }
}

/// `train`: everything, each part in a run folder of its own inside this one.
fn run_all_parts(
    run: &RunDir,
    config: &RunConfig,
    data: &Arc<Dataset>,
    device: &Device,
    reporter: &mut dyn Reporter,
) -> Result<()> {
    // Each picture is decoded once, for both networks and for what is held against them.
    let both = [config.ddpm.size, dia::input_size(config, data.median_side(&data.training_normals()))];
    let diffusion = config.dia.dissolve == DissolveMethod::Diffusion;
    let given = given_model(config, device)?;
    let trains = given.is_none() && diffusion && run.contents()?.model.is_none();
    data.keep_fitted(&config.preprocess, if trains { &both } else { &both[1..] });
    let model = match given {
        None if diffusion => {
            let part = run.part(RunKind::Ddpm, config)?;
            Some(Arc::new(ddpm::train(&part, config, data, device, reporter)?))
        }
        model => model,
    };
    let part = run.part(RunKind::of_encoder(config.dia.dissolve), config)?;
    let encoder = dia::train(&part, config, data, model.clone(), device, reporter)?;
    reporter.check_stop()?;
    train_tiles(run, config, &encoder, data, model.clone(), device, reporter)?;
    reporter.check_stop()?;

    if run.contents()?.scores.is_none() {
        let all = data.scored_by_default();
        let maps = config.score.maps.then(|| run.join(files::MAPS));
        let scorer = RunScorer { part: &part, encoder: &encoder, model, maps: maps.as_deref() };
        scorer.score(data, &all, reporter)?.write(&run.join(files::SCORES))?;
    }
    reporter.check_stop()?;

    reporter.event(Event::Started { stage: Stage::Report, done: 0, total: 1 });
    evaluate(run)?;
    // The report says what the run is; only its own failure would make that untrue, and that is noted by `resume`.
    run.set_state(RunState::Finished)?;
    report::write(run, Some(data))?;
    reporter.event(Event::Finished { stage: Stage::Report });
    Ok(())
}

/// Trains the tile encoder as a part of the run, using the whole-picture encoder's shift.
fn train_tiles(
    run: &RunDir,
    config: &RunConfig,
    whole: &Encoder,
    data: &Arc<Dataset>,
    model: Option<Arc<DiffusionModel>>,
    device: &Device,
    reporter: &mut dyn Reporter,
) -> Result<()> {
    let Some(tiles) = config.data.tiles() else { return Ok(()) };
    let config = config.with_shift(whole.config.run.dia.shift.kind());
    let config = RunConfig { dia: config.dia.of_tiles(), ..config };
    let part = run.part(RunKind::Tiles, &config)?;
    dia::train_tiles(&part, &config, tiles, data, model, device, reporter).map(drop)
}

/// Scores, evaluation and report of a run whose encoder is finished, on its own images.
///
/// # Errors
/// Where the run has no finished encoder, or its images cannot be opened; [`Error::Stopped`].
pub fn score_run(run: &RunDir, reporter: &mut dyn Reporter) -> Result<()> {
    let _lock = run.lock()?;
    let finished = FinishedRun::open(run.path(), None, None, reporter)?;
    let data = open_data(&finished.config, reporter)?;
    finished.score_own(&data, reporter)?.write(&run.join(files::SCORES))?;
    reporter.event(Event::Started { stage: Stage::Report, done: 0, total: 1 });
    evaluate_and_report(run, &data)?;
    reporter.event(Event::Finished { stage: Stage::Report });
    Ok(())
}

/// Figures and page of the scores that a run has got, in the place of those of its scores before.
///
/// # Errors
/// Scores that cannot be read, a file that cannot be written.
pub fn evaluate_and_report(run: &RunDir, data: &Dataset) -> Result<()> {
    evaluate(run)?;
    report::write(run, Some(data)).map(drop)
}

/// Writes the run's `evaluation.json` from its `scores.csv`, and its AUROC into the manifest.
pub fn evaluate(run: &RunDir) -> Result<Evaluation> {
    let rule = run.config()?.score.rule;
    let evaluation = Evaluation::new(&Scores::read(&run.join(files::SCORES))?, None, Some(rule))?;
    run.write(files::EVALUATION, evaluation.to_json().as_bytes())?;
    let lead = evaluation.by[ScoreKind::Lead];
    run.set_figures([
        ("lead", json!(evaluation.lead)),
        ("auroc", json!(evaluation.auroc)),
        ("auroc_ci95", json!(evaluation.auroc_ci95)),
        ("lead_auroc", json!(lead.auroc)),
        ("lead_auroc_ci95", json!(lead.ci95)),
    ])?;
    Ok(evaluation)
}

/// The data of a run, ready to learn from.
pub fn open_data(config: &RunConfig, reporter: &mut dyn Reporter) -> Result<Arc<Dataset>> {
    // Those across the splits flatter every figure.
    let data = open_quietly(config)?.with_known_duplicates();
    for warning in data.warnings.iter().cloned().chain(data.unusable()) {
        reporter.event(Event::Notice(warning.into()));
    }
    data.curation_summary().into_iter().for_each(|text| reporter.event(Event::Notice(text.into())));
    Ok(Arc::new(data))
}

fn open_quietly(config: &RunConfig) -> Result<Dataset> {
    let data = Dataset::open(&config.data, &|_| {})?;
    data.require_normal()?;
    let normals = data.training_normals().len();
    if normals < 2 {
        let (root, all) = (data.root().display(), data.ids(|_, label| label == Some(Label::Normal)).len());
        let needs = "training needs at least two";
        return Err(if all < 2 {
            Error::user(format!("{root} has {normals} normal training images, and {needs}"), NextStep::CheckNormal)
        } else {
            let all = thousands(all);
            Error::user(
                format!("{root} has {normals} of its {all} normal images in the training split, and {needs}"),
                "give it a split that leaves more normal images to train with",
            )
        });
    }
    Ok(data)
}

/// The diffusion model that the settings name, where they name one.
fn given_model(config: &RunConfig, device: &Device) -> Result<Option<Arc<DiffusionModel>>> {
    let named = config.dia.dissolve == DissolveMethod::Diffusion && !config.dia.model.as_os_str().is_empty();
    named.then(|| DiffusionModel::load(&config.dia.model, device).map(Arc::new)).transpose()
}
