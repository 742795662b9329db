//! Training and scoring of the encoder on a handful of tiny pictures: resuming, ending early, the dissolve cache, leave-one-out.

use crate::common;
use candle_core::Device;
use dissolve_studio::{
    config::{DissolveMethod, EpochUnit, RunConfig, Shift, Stem},
    data::{ArrayImages, Class, Dataset, ImageId, Item, Label, Layout, PixelStore, Source, Split},
    engine::pipeline,
    error::{Error, NextStep},
    ml::{
        base::{
            checkpoint,
            reporter::{Control, Event, Reporter, Silent},
        },
        dissolve::dissolver::Dissolver,
        encoder::model::Encoder,
        scoring::dia_scorer::score,
        training::{
            dia::train,
            dissolve_cache::{CachePlan, DissolveCache},
            dissolved_source::DissolvedSource,
        },
    },
    run_dir::{RunDir, RunKind, RunState, files},
    scores::{ScoreKind, ScoreRow, Scores},
};
use std::{fs, path::Path, sync::Arc};

/// Grey pictures of gratings.
fn pictures(count: usize, side: usize) -> Arc<Dataset> {
    let phase = |i: usize, p: usize| (p % side * (i % 5 + 2) + p / side * 3) as f32 * 0.37 + i as f32;
    of_pixels(count, side, &|i, p| (127.0 + 120.0 * phase(i, p).sin()) as u8)
}

/// Grey pictures, by number and place; the last quarter, abnormal, is for testing.
fn of_pixels(count: usize, side: usize, pixel: &dyn Fn(usize, usize) -> u8) -> Arc<Dataset> {
    let data = (0..count).flat_map(|i| (0..side * side).map(move |p| pixel(i, p))).collect();
    let pixels = Arc::new(ArrayImages { height: side, width: side, channels: 1, data });
    let items = (0..count).map(|index| {
        let test = index >= count * 3 / 4;
        let split = if test { Split::Test } else { Split::Train };
        let source = Source::Array { pixels: pixels.clone(), index };
        Item {
            class: Some(usize::from(test)),
            split,
            given_split: Some(split),
            ..Item::new(format!("{index}.png"), source, [side as u32; 2])
        }
    });
    let class = |name: &str, label| Class { name: name.into(), label: Some(label) };
    let classes = vec![class("good", Label::Normal), class("odd", Label::Abnormal)];
    Arc::new(Dataset::from_items("memory".into(), Layout::MedmnistNpz, "made here".into(), classes, items.collect()))
}

fn config() -> RunConfig {
    let mut config = RunConfig::default();
    let dia = &mut config.dia;
    (dia.dissolve, dia.stem, dia.epoch_unit) = (DissolveMethod::Gaussian(3), Stem::Imagenet, EpochUnit::Batches);
    (dia.epochs, dia.epoch_length, dia.batch, dia.warmup_epochs) = (2, 2, 2, 1.0);
    config.score.samples = 2;
    config
}

fn run(folder: &Path, name: &str, config: &RunConfig) -> RunDir {
    RunDir::create(folder, RunKind::Dia, name, config).unwrap()
}

/// Wishes something before the step after `steps` steps.
struct After(usize, Control);

impl Reporter for After {
    fn event(&mut self, event: Event) {
        if matches!(event, Event::Step(_)) {
            self.0 = self.0.saturating_sub(1);
        }
    }

    fn control(&mut self) -> Control {
        if self.0 == 0 { self.1 } else { Control::Continue }
    }
}

#[test]
fn resumed_training_gives_identical_encoder() {
    let dir = tempfile::tempdir().unwrap();
    let (config, data) = (config(), pictures(8, 16));
    let mut results = Vec::new();
    for stop in [None, Some(3)] {
        let run = run(dir.path(), "x", &config);
        if let Some(steps) = stop {
            let stopped = train(&run, &config, &data, None, &common::device(), &mut After(steps, Control::Stop));
            assert!(matches!(stopped, Err(Error::Stopped)));
            assert_eq!(run.manifest().unwrap().state, RunState::Stopped);
            assert_eq!(checkpoint::newest(&run).unwrap().0, steps);
        }
        train(&run, &config, &data, None, &common::device(), &mut Silent).unwrap();
        assert_eq!(run.manifest().unwrap().state, RunState::Finished);
        let rows = fs::read_to_string(run.join("metrics.csv")).unwrap().lines().count();
        assert_eq!(rows, 1 + config.dia.total_steps());
        results.push(fs::read(run.join(files::ENCODER)).unwrap());
    }
    assert!(results[0] == results[1]);
}

/// Cutperm is tried, and given up on pictures without a place; wherever that was interrupted.
#[test]
fn the_shift_is_chosen_by_what_is_learnt_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config();
    let dia = &mut config.dia;
    (dia.shift, dia.epochs, dia.epoch_length, dia.batch, dia.width, dia.stem) = (Shift::Auto, 8, 20, 4, 8, Stem::Cifar);
    let noise = |i: usize, p: usize| ((p * 7919 + i * 104_729) as u32).wrapping_mul(2_654_435_761) >> 24;
    // Something everywhere that tells where it is, and which way round.
    let across = [10, 60, 150, 240, 200, 100, 80, 20];
    let down = [10, 30, 200, 240, 250, 100, 50, 20];
    let placed = |i: usize, p: usize| across[p % 16 / 2] / 2 + down[p / 32] / 2 + (i % 8) as u32;
    let pictures = |pixel: &dyn Fn(usize, usize) -> u32| of_pixels(24, 16, &|i, p| pixel(i, p) as u8);
    for (data, kind, stops) in
        [(pictures(&placed), Shift::Cutperm, vec![None]), (pictures(&noise), Shift::Rotation, vec![Some(20), Some(60)])]
    {
        let mut encoders = Vec::new();
        for stop in stops {
            let run = run(dir.path(), "x", &config);
            if let Some(steps) = stop {
                let stopped = train(&run, &config, &data, None, &common::device(), &mut After(steps, Control::Stop));
                assert!(matches!(stopped, Err(Error::Stopped)));
            }
            let encoder = train(&run, &config, &data, None, &common::device(), &mut Silent).unwrap();
            assert_eq!((encoder.config.run.dia.shift, run.config().unwrap().dia.shift), (kind, kind));
            let rows = fs::read_to_string(run.join("metrics.csv")).unwrap().lines().count();
            assert_eq!(rows, 1 + config.dia.total_steps(), "of one training alone");
            encoders.push(fs::read(run.join(files::ENCODER)).unwrap());
        }
        assert!(encoders.iter().all(|encoder| *encoder == encoders[0]));
    }
}

#[test]
fn training_ended_early_is_finished_and_scores_leave_one_out() {
    let dir = tempfile::tempdir().unwrap();
    let (mut config, data) = (config(), pictures(8, 16));
    config.dia.dissolve = DissolveMethod::None;
    let run = run(dir.path(), "x", &config);
    train(&run, &config, &data, None, &common::device(), &mut After(1, Control::FinishEarly)).unwrap();
    let encoder = Encoder::load(&run.join(files::ENCODER), &Device::Cpu).unwrap();
    assert_eq!(encoder.bank.as_ref().unwrap().names, ["0.png", "1.png", "2.png", "3.png", "4.png", "5.png"]);

    let ids: Vec<ImageId> = data.ids(|_, _| true);
    let rows = |data: &Arc<Dataset>, ids: &[ImageId]| score(&encoder, data, ids, &[], &mut Silent).unwrap().0.rows;
    let forward = rows(&data, &ids);
    let backward = rows(&data, &ids.iter().rev().copied().collect::<Vec<_>>());
    let near = |a: &ScoreRow, b: &ScoreRow| a.path == b.path && (a.score - b.score).abs() < 1e-4 * a.score.abs().max(1.0);
    assert!(forward.iter().zip(backward.iter().rev()).all(|(a, b)| near(a, b)), "the order of images does not matter");
    for row in forward.iter().filter(|row| row.split == "train") {
        assert!(!row.terms.as_ref().unwrap().nearest.contains(&row.path), "{} is not its own neighbour", row.path);
    }
    assert!(forward.iter().all(|row| row.threshold == forward[0].threshold && row.threshold.is_some()));

    // One more picture: not the data of the training any more, but its images are known again.
    let mut grown = (*data).clone();
    grown.items.push(Item { name: "new.png".into(), ..grown.items[7].clone() });
    let again = rows(&Arc::new(grown), &ids);
    assert!(forward.iter().zip(&again).all(|(a, b)| near(a, b)));
}

#[test]
fn a_run_is_scored_again_though_the_diffusion_model_of_its_settings_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    for (place, count) in [("train/good", 6), ("test/good", 2), ("test/odd", 2)] {
        let folder = dir.path().join("data").join(place);
        fs::create_dir_all(&folder).unwrap();
        for i in 0..count {
            let picture = image::GrayImage::from_fn(16, 16, |x, y| image::Luma([(x * (i + 2) * 9 + y * 7) as u8]));
            picture.save(folder.join(format!("{i}.png"))).unwrap();
        }
    }
    let mut config = config();
    config.data.path = dir.path().join("data");
    let run = pipeline::create(RunKind::Dia, &config, dir.path(), "x", &mut Silent).unwrap();
    pipeline::resume(&run, &mut Silent).unwrap();
    (config.dia.dissolve, config.dia.model) = (DissolveMethod::Diffusion, dir.path().join("gone.safetensors"));
    config.score.profile = true;
    run.set_config(&config).unwrap();
    pipeline::score_run(&run, &mut Silent).unwrap();
    let kinds = Scores::read(&run.join(files::SCORES)).unwrap().kinds();
    assert_eq!(kinds, [ScoreKind::Dia, ScoreKind::Features, ScoreKind::Lead], "all but the dissolve profile");
}

#[test]
fn nan_loss_reports_step_and_advice() {
    let dir = tempfile::tempdir().unwrap();
    let (mut config, data) = (config(), pictures(8, 16));
    let run = run(dir.path(), "x", &config);
    // More than a file may say.
    config.dia.lr = 1e30;
    let error = train(&run, &config, &data, None, &common::device(), &mut Silent).unwrap_err();
    assert!(
        error.to_string().contains("step") && matches!(error.hint(), Some(NextStep::Steadier { part: "dia", .. })),
        "{error}; {:?}",
        error.hint()
    );
    assert!(matches!(run.manifest().unwrap().state, RunState::Failed { .. }));
    assert!(!run.join(files::ENCODER).exists());
}

#[test]
fn dissolve_cache_equals_dissolving_and_resumes_its_build() {
    let dir = tempfile::tempdir().unwrap();
    let (config, device) = (config(), common::device());
    // Smaller than the resolution of dissolving, padded to it, larger than it.
    for side in [16, 28, 48] {
        let data = pictures(48, side);
        let store = PixelStore::new(data.clone(), config.preprocess.clone(), data.training_normals(), side).unwrap();
        let dissolver = Dissolver::new(config.dia.dissolve, None, 0, true).unwrap().unwrap();
        let plan = CachePlan::new(&dissolver, &store, 30..130, 4, "these");
        let mut files = Vec::new();
        for stop in [false, true] {
            let run = run(dir.path(), "x", &config);
            if stop {
                let mut enough = |done: usize, _| if done > 36 { Err(Error::Stopped) } else { Ok(()) };
                let stopped = DissolveCache::open_or_build(&run, plan.clone(), &dissolver, &store, &device, &mut enough);
                assert!(matches!(stopped, Err(Error::Stopped)));
            }
            let mut from = None;
            let cache = DissolveCache::open_or_build(&run, plan.clone(), &dissolver, &store, &device, &mut |done, _| {
                from.get_or_insert(done);
                Ok(())
            });
            assert_eq!(from, Some(if stop { 36 } else { 0 }));
            files.push(fs::read(run.join("ladder.safetensors")).unwrap());
            safetensors::SafeTensors::deserialize(&files[0]).unwrap();

            let places = [3, 0, 5];
            let images = store.batch(&places).unwrap();
            let draw = |source: DissolvedSource| source.draw(7, 11, &places, &images, side, &device).unwrap();
            let (read, exact) =
                (draw(DissolvedSource::DissolveCache(cache.unwrap())), draw(DissolvedSource::Exact(dissolver.clone(), 30..130)));
            assert_eq!(read.len(), 4 * images.len());
            let worst = read.iter().zip(&exact).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(worst < 2e-5, "{side} px: {worst}");
        }
        assert!(files[0] == files[1]);
    }
}
