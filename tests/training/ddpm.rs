//! The diffusion model's training as a run: stopped, killed, damaged, diverging, and what it leaves behind.

use crate::common;
use candle_core::Device;
use dissolve_studio::{
    config::{DdpmConfig, RunConfig},
    data::{ArrayImages, Class, Dataset, Item, Label, Layout, Source, Split},
    error::{Error, NextStep, Result},
    ml::{
        base::{
            checkpoint,
            reporter::{Control, Event, Reporter, Silent, Stage},
        },
        diffusion::{model::DiffusionModel, saved::SavedModel},
        training::ddpm,
    },
    run_dir::{RunDir, RunKind, RunState, files},
};
use std::{fs, sync::Arc};

const SIDE: usize = 16;

/// Grey gradients with a spot each.
fn dataset() -> Arc<Dataset> {
    let count = 10;
    let pixel = |i: usize| {
        let (n, y, x) = (i / (SIDE * SIDE), i / SIDE % SIDE, i % SIDE);
        if (y + n) % SIDE < 3 && (x + 2 * n) % SIDE < 3 { 250 } else { (8 * y + 4 * x) as u8 }
    };
    let data = (0..count * SIDE * SIDE).map(pixel).collect();
    let pixels = Arc::new(ArrayImages { height: SIDE, width: SIDE, channels: 1, data });
    let item = |index: usize| {
        let source = Source::Array { pixels: pixels.clone(), index };
        let split = if index < 8 { Split::Train } else { Split::Val };
        Item { class: Some(0), given_split: Some(split), ..Item::new(format!("spot[{index}]"), source, [SIDE as u32; 2]) }
    };
    let classes = vec![Class { name: "normal".into(), label: Some(Label::Normal) }];
    let items = (0..count).map(item).collect();
    Arc::new(Dataset::from_items("spots".into(), Layout::Unlabelled, "made for a test".into(), classes, items))
}

fn config() -> RunConfig {
    let ddpm = DdpmConfig {
        dim: 8,
        dim_mults: vec![1, 2],
        size: SIDE,
        timesteps: 200,
        steps: 7,
        batch: 3,
        lr: 1e-3,
        warmup: 3,
        ema_every: 2,
        ema_warmup: 2,
        checkpoint_every: 2,
        keep: 3,
        sample_every: 3,
        ..DdpmConfig::default()
    };
    RunConfig { ddpm, ..RunConfig::default() }
}

/// Wishes for something at a step, and remembers what it was told.
struct Watcher {
    control: Control,
    at: usize,
    steps: Vec<usize>,
    events: Vec<Event>,
}

impl Watcher {
    fn new(control: Control, at: usize) -> Self {
        Self { control, at, steps: Vec::new(), events: Vec::new() }
    }
}

impl Reporter for Watcher {
    fn event(&mut self, event: Event) {
        if let Event::Step(step) = &event {
            self.steps.push(step.step);
        }
        self.events.push(event);
    }

    fn control(&mut self) -> Control {
        if self.steps.last() == Some(&self.at) { self.control } else { Control::Continue }
    }
}

fn new_run(dir: &tempfile::TempDir, config: &RunConfig) -> RunDir {
    RunDir::create(dir.path(), RunKind::Ddpm, "test", config).unwrap()
}

fn train(run: &RunDir, config: &RunConfig, reporter: &mut dyn Reporter) -> Result<DiffusionModel> {
    ddpm::train(run, config, &dataset(), &common::device(), reporter)
}

/// The finished weights, and the columns of the series that do not depend on the clock.
fn outcome(run: &RunDir) -> (Vec<u8>, Vec<String>) {
    let series = fs::read_to_string(run.join("metrics.csv")).unwrap();
    let steady = |line: &str| line.rsplit_once(',').unwrap().0.to_string();
    (fs::read(run.join(files::MODEL)).unwrap(), series.lines().map(steady).collect())
}

#[test]
fn stopped_killed_and_damaged_run_resumes_to_identical_weights() {
    let (dir, mut config) = (tempfile::tempdir().unwrap(), config());
    config.ddpm.sample_every = 0;
    let straight = new_run(&dir, &config);
    train(&straight, &config, &mut Silent).unwrap();
    let expected = outcome(&straight);
    assert_eq!(expected.1.len(), 8);

    for stop_at in [1, 4] {
        let run = new_run(&dir, &config);
        let stopped = train(&run, &config, &mut Watcher::new(Control::Stop, stop_at));
        assert!(matches!(stopped, Err(Error::Stopped)));
        assert_eq!(run.manifest().unwrap().state, RunState::Stopped);
        let mut watcher = Watcher::new(Control::Continue, 0);
        train(&run, &config, &mut watcher).unwrap();
        assert_eq!(watcher.steps, (stop_at + 1..=7).collect::<Vec<_>>());
        assert!(outcome(&run) == expected, "stopped at {stop_at}");
        assert_eq!(run.manifest().unwrap().state, RunState::Finished);
    }

    // Killed after step 5 with the checkpoint of step 4 half written: it resumes from step 2, and no row is there twice.
    let run = new_run(&dir, &config);
    let _ = train(&run, &config, &mut Watcher::new(Control::Stop, 5));
    fs::remove_file(checkpoint::step_path(&run, 5)).unwrap();
    let newest = checkpoint::step_path(&run, 4);
    let bytes = fs::read(&newest).unwrap();
    fs::write(&newest, &bytes[..bytes.len() / 2]).unwrap();
    train(&run, &config, &mut Silent).unwrap();
    assert!(outcome(&run) == expected, "killed");
}

#[test]
fn finished_run_has_its_files_and_is_not_trained_again() {
    let (dir, config) = (tempfile::tempdir().unwrap(), config());
    let run = new_run(&dir, &config);
    let mut watcher = Watcher::new(Control::Continue, 0);
    train(&run, &config, &mut watcher).unwrap();
    let started = Event::Started { stage: Stage::Ddpm, done: 0, total: 7 };
    assert_eq!(watcher.events.iter().filter(|e| **e == started).count(), 1);
    assert_eq!(watcher.events.last(), Some(&Event::Finished { stage: Stage::Ddpm }));
    let left: Vec<bool> = (1..=7).map(|step| checkpoint::step_path(&run, step).exists()).collect();
    assert_eq!(left, [false, false, false, true, false, true, true], "the newest three checkpoints");
    for step in [3, 6, 7] {
        assert!(image::open(run.join(format!("samples/step-{step}.png"))).unwrap().width() > 400);
    }
    let figures = run.manifest().unwrap().figures;
    assert_eq!(figures["dissolving"].as_array().unwrap().len(), 3);

    let saved = SavedModel::load(run.path()).unwrap();
    assert_eq!((saved.info.config.clone(), saved.info.grey, saved.info.steps), (config.ddpm.clone(), true, 7));
    assert_eq!(saved.info.fingerprint, dataset().fingerprint());

    let mut watcher = Watcher::new(Control::Continue, 0);
    train(&run, &config, &mut watcher).unwrap();
    assert!(watcher.steps.is_empty());
}

#[test]
fn finish_early_keeps_current_weights() {
    let (dir, config) = (tempfile::tempdir().unwrap(), config());
    let run = new_run(&dir, &config);
    train(&run, &config, &mut Watcher::new(Control::FinishEarly, 4)).unwrap();
    assert_eq!(SavedModel::load(run.path()).unwrap().info.steps, 4);
    assert_eq!(run.manifest().unwrap().state, RunState::Finished);
}

#[test]
fn running_training_offers_ema_of_newest_checkpoint() {
    let (dir, config) = (tempfile::tempdir().unwrap(), config());
    let run = new_run(&dir, &config);
    assert!(DiffusionModel::load(run.path(), &Device::Cpu).err().unwrap().to_string().contains("no weights yet"));
    let _ = train(&run, &config, &mut Watcher::new(Control::Stop, 3));
    assert_eq!(DiffusionModel::load(run.path(), &Device::Cpu).unwrap().info().steps, 3);
}

#[test]
fn nan_loss_ends_run_with_advice() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config();
    config.ddpm = DdpmConfig { lr: 1e30, warmup: 0, clip: 0.0, ..config.ddpm };
    let run = new_run(&dir, &config);
    let error = train(&run, &config, &mut Silent).err().unwrap();
    assert!(error.to_string().contains("at step 2"), "{error}");
    assert!(matches!(error.hint(), Some(NextStep::Steadier { part: "ddpm", unclipped: true, .. })));
    assert!(matches!(run.manifest().unwrap().state, RunState::Failed { .. }));
    assert!(!run.join(files::MODEL).exists());
}

#[test]
fn training_takes_share_of_images_and_of_steps() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config();
    config.ddpm = DdpmConfig { fraction: 0.1, t_limit: 20, flip: false, accumulate: 1, steps: 2, ..config.ddpm };
    let run = new_run(&dir, &config);
    let mut watcher = Watcher::new(Control::Continue, 0);
    train(&run, &config, &mut watcher).unwrap();
    assert!(watcher.events.iter().any(|e| matches!(e, Event::Notice(notice) if notice.to_string().contains("only 1 normal"))));
}
