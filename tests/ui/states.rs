//! Each panel in its states: empty, loading, failed, partial, full. `empty` and `full` with real images are in `window.rs`; Results in
//! `result_states.rs`.

use crate::{
    gpu_adapter,
    panels::{Panels, at, failure, open},
    result_states::{results, results_failed, score_set},
};
use dissolve_studio::{
    app::{
        AppCommand, DataCommand, DissolveCommand, ResultsCommand, State, TrainCommand,
        state::{ComparisonLayout, JobState, ModelChoice, Overlay, Side, Workspace},
        update,
    },
    config::{RunConfig, TileSize, Tiling},
    engine::dissolve::comparison::ComparisonPanel,
    engine::dissolve::dissolved::{Change, Dissolved, Scale},
    engine::dissolve::prepared_image::Original,
    engine::export::sweep::SHEET_STEPS,
    engine::runs::list::{ModelSource, RunEntry},
    error::{Failure, NextStep},
    gpu::{Raster, Texels},
    jobs::events::JobEvent,
    jobs::job::{JobId, Outcome},
    ml::base::readiness::{Readiness, ReadinessCheck},
    ml::base::reporter::{Event, Stage, Step},
    run_dir::{RunDir, RunKind, RunState},
};
use eframe::egui::{self, accesskit::Role};
use egui_kittest::{
    Harness, SnapshotOptions, SnapshotResults,
    kittest::{By, NodeT, Queryable},
};
use std::sync::Arc;

// Data.

fn data_loading() -> State {
    let mut state = at(Workspace::Data);
    update(&mut state, DataCommand::Open("/data/eyes".into()));
    update(&mut state, JobEvent::Opening { found: 1234 });
    state
}

fn data_failed() -> State {
    let mut state = at(Workspace::Data);
    update(&mut state, DataCommand::Open("/data/eyes.csv".into()));
    let failure = Failure { summary: "/data/eyes.csv has no column of images".into(), hint: Some("choose its columns".into()) };
    update(&mut state, JobEvent::OpenFailed { generation: 1, path: "/data/eyes.csv".into(), failure });
    state
}

fn data_partial() -> State {
    let mut state = at(Workspace::Data);
    open(&mut state, true);
    state
}

#[test]
fn data_view_without_data_set() {
    Panels::of(at(Workspace::Data)).has_all(&["Open a folder of images", "Open the synthetic demo"]);
}

#[test]
fn failed_opening_card_can_be_dismissed() {
    let mut panels = Panels::of(data_failed());
    panels.click("Dismiss");
    assert!(!panels.has("has no column of images"));
}

#[test]
fn data_view_while_opening_failed_and_with_problems() {
    Panels::of(data_loading()).has_all(&["Looking at eyes: 1,234 files so far"]);
    Panels::of(data_failed()).has_all(&["has no column of images", "Copy details", "Try again", "Choose its columns"]);
    let panels = Panels::of(data_partial());
    panels.has_all(&["24", "2 files cannot be used", "One patient is in the training"]);
    // What is there works, and a new one on its way does not take it from view.
    let mut panels = Panels::of(data_partial());
    panels.take(DataCommand::Open("/data/other".into()));
    panels.has_all(&["Looking at other", "eyes/IMG_0000.png, normal"]);
    panels.take(JobEvent::OpenFailed { generation: 2, path: "/data/other".into(), failure: failure() });
    panels.has_all(&["line 7 has no score", "Try again", "eyes/IMG_0000.png, normal"]);
}

// Dissolve.

fn dissolve_loading() -> State {
    let mut state = at(Workspace::Data);
    open(&mut state, false);
    state.dissolve.models = vec![ModelChoice {
        source: ModelSource("run".into()),
        name: "eyes".into(),
        detail: "64 px, width 32, 5000 steps".into(),
        trained_on: Some("eyes".into()),
        place: state.open().unwrap().dataset.place.clone(),
        preprocess: None,
        tiles: None,
        t_limit: None,
        is_finished: true,
    }];
    update(&mut state, AppCommand::Go(Workspace::Dissolve));
    state
}

fn dissolve_failed() -> State {
    let mut state = dissolve_loading();
    let generation = state.dissolve.generation;
    let failure = Failure {
        summary: "model.safetensors of the run eyes cannot be read (no such file)".into(),
        hint: Some("choose another model on the right, or train one".into()),
    };
    update(&mut state, JobEvent::Dissolved { generation, dissolved: Err(failure) });
    state
}

/// The selected image at 640 x 480 px, of which so many of 160 tiles are done.
fn in_tiles(state: &State, done: usize) -> Dissolved {
    let raster = |side: u32| Arc::new(Raster::new(side, side, Texels::Floats(vec![[0.5; 4]; (side * side) as usize])));
    let change = Change { all: 0.0512, resizing: 0.0301, model: 0.0123 };
    Dissolved {
        image: state.selected.unwrap(),
        t: state.dissolve.t,
        raster: raster(64),
        resized: Some(raster(64)),
        change,
        curve: (done == 160).then_some(change),
        milliseconds: 900.0,
        scale: Scale::Tiles(TileSize { tile: 64, working_size: 480 }),
        tiles: [done, 160],
        weights: 1,
    }
}

#[test]
fn large_picture_says_its_scale_and_what_the_model_did_beyond_resizing() {
    let mut state = dissolve_loading();
    state.dissolve.models[0].t_limit = Some(400);
    let (generation, image) = (state.dissolve.generation, state.selected.unwrap());
    let coarse = in_tiles(&state, 40);
    let original = Original { image, raster: coarse.raster.clone(), size: [640, 480], white: 255.0, is_grey: false };
    let complete = in_tiles(&state, 160);
    let mut panels = Panels::of(state);
    panels.take(JobEvent::Original(original));
    panels.take(JobEvent::Dissolved { generation, dissolved: Ok(coarse) });
    panels.has_all(&["refining: 40 of 160 tiles", "being refined", "auto: tiles of 64 px at 64 px"]);
    panels.take(JobEvent::Dissolved { generation, dissolved: Ok(complete) });
    panels.has_all(&["model 0.0123 · resizing 0.0301", "what the model changed"]);
    assert!(!panels.has("refining") && !panels.has("RESOLUTION"), "tiles have no other resolution");
    panels.click("All change");
    assert!(panels.has("all change, of resizing too"));
    panels.click("Whole");
    assert_eq!(panels.0.state().state.dissolve.tile, Tiling::Off);
}

/// A place along the curve is the same place along the slider, and both explain themselves.
#[test]
fn change_curve_lies_over_the_slider() {
    let state = dissolve_loading();
    let (generation, image) = (state.dissolve.generation, state.selected.unwrap());
    let at = |t| Dissolved { t, scale: Scale::Whole(64), tiles: [1, 1], curve: Some(Change::default()), ..in_tiles(&state, 160) };
    let (now, first, second) = (at(30), at(100), at(300));
    let original = Original { image, raster: now.raster.clone(), size: [640, 480], white: 255.0, is_grey: false };
    let mut panels = Panels::of(state);
    panels.take(JobEvent::Original(original));
    panels.take(JobEvent::Dissolved { generation, dissolved: Ok(now) });
    for dissolved in [first, second] {
        panels.take(DissolveCommand::SetT(dissolved.t));
        let generation = panels.0.state().state.dissolve.generation;
        panels.take(JobEvent::Dissolved { generation, dissolved: Ok(dissolved) });
    }
    let slider = panels.0.get_by_label("t, the strength of dissolving").rect();
    let curve = panels.0.get_by_label("Change curve").rect();
    assert_eq!(curve.x_range(), slider.x_range());
    // What explains it lies under it, and above the row of t.
    let row = panels.0.get_by_label("log").rect();
    for line in ["dashed: resizing alone", "the training normals come after"] {
        let line = panels.0.get_by_label_contains(line).rect();
        assert!(line.top() >= curve.bottom() && line.bottom() <= row.top(), "{curve} {line} {row}");
    }
    panels.0.hover_at(slider.center());
    panels.0.run_steps(60);
    panels.has_all(&["Framed: DIA trains with t 30 to 130 of whole pictures."]);
}

/// One data set has many names, and two have one.
#[test]
fn a_model_of_another_data_set_is_told_by_where_that_lies() {
    let warned = |title: &str, place: Option<&str>| {
        let mut state = dissolve_loading();
        let model = &mut state.dissolve.models[0];
        model.trained_on = Some(title.into());
        model.place = place.map_or(model.place.clone(), Into::into);
        Panels::of(state).0.query_by_label_contains("This model was trained on").map(|node| node.accesskit_node().value())
    };
    assert_eq!(warned("eyes-linked", None), None);
    assert!(warned("lungs", Some("/data/lungs")).unwrap().unwrap().contains("trained on lungs:"));
    assert!(warned("eyes", Some("/elsewhere/eyes")).unwrap().unwrap().contains("trained on /elsewhere/eyes:"));
}

#[test]
fn sheet_of_many_t_is_coarse_until_all_of_it_is_there_by_tiles() {
    let state = dissolve_loading();
    let (generation, image) = (state.dissolve.generation, state.selected.unwrap());
    let visited = in_tiles(&state, 160);
    let at = |t, done| Dissolved { t, ..in_tiles(&state, done) };
    let (coarse, by_tiles) = (SHEET_STEPS.map(|t| at(t, 0)), SHEET_STEPS.map(|t| at(t, 160)));
    let original = Original { image, raster: visited.raster.clone(), size: [640, 480], white: 255.0, is_grey: false };
    let mut panels = Panels::of(state);
    panels.take(JobEvent::Original(original));
    panels.take(JobEvent::Dissolved { generation, dissolved: Ok(visited) });
    panels.take(DissolveCommand::Layout(ComparisonLayout::Steps));
    let strip = panels.0.state().state.dissolve.strip;
    panels.0.state_mut().state.dissolve.answers.coarse = coarse.map(|dissolved| (dissolved.t, dissolved)).into();
    panels.0.run_steps(2);
    let count = |panels: &Panels, label: &str| panels.0.query_all_by_label_contains(label).count();
    panels.has_all(&["t = 10 · coarse", "t = 30 · coarse", "coarse and without figures until all are dissolved by tiles"]);
    for dissolved in by_tiles {
        assert_eq!(count(&panels, " · tiles"), 0);
        panels.take(JobEvent::SheetStep { strip, dissolved });
    }
    panels.has_all(&["t = 10 · 0.0123 · tiles", "t = 650 · 0.0123 · tiles"]);
    assert_eq!(count(&panels, "coarse"), 0);
}

/// What is looked at by tiles is the whole picture beside other methods: one of its figures is told.
#[test]
fn diffusion_beside_other_methods_has_one_figure() {
    let mut state = dissolve_loading();
    update(&mut state, DissolveCommand::Layout(ComparisonLayout::Methods));
    let (generation, image, by_tiles) = (state.dissolve.generation, state.selected.unwrap(), in_tiles(&state, 160));
    let original = Original { image, raster: by_tiles.raster.clone(), size: [640, 480], white: 255.0, is_grey: false };
    let change = Change { all: 0.0777, ..by_tiles.change };
    let whole = Dissolved { scale: Scale::Whole(64), tiles: [1, 1], change, ..by_tiles.clone() };
    let panel = ComparisonPanel { label: "Diffusion, t = 30".into(), original: by_tiles.raster.clone(), dissolved: Ok(whole) };
    let mut panels = Panels::of(state);
    panels.take(JobEvent::Original(original));
    panels.take(JobEvent::Dissolved { generation, dissolved: Ok(by_tiles) });
    panels.has_all(&["mean |change| 0.0512"]);
    panels.take(JobEvent::ComparisonPanel { generation, index: 0, panel });
    panels.has_all(&["Diffusion, t = 30 · 0.0777", "mean |change| 0.0777"]);
    assert!(!panels.has("0.0512"));
}

#[test]
fn dissolve_view_without_image_or_model() {
    Panels::of(at(Workspace::Dissolve)).has_all(&["Nothing to dissolve yet"]);
    let mut state = dissolve_loading();
    state.dissolve.models.clear();
    let mut panels = Panels::of(state);
    panels.has_all(&["No diffusion model yet", "Import model…"]);
    panels.click("Try a Gaussian blur");
    assert!(!panels.has("No diffusion model yet"));
}

#[test]
fn dissolve_view_while_dissolving_and_failed() {
    let mut panels = Panels::of(dissolve_loading());
    panels.has_all(&["dissolving…", "t, the strength of dissolving"]);
    assert!(!panels.has("Copy details"));
    panels.click("linear");
    let panels = Panels::of(dissolve_failed());
    panels.has_all(&["model.safetensors of the run eyes cannot be read", "Choose another model", "Copy details"]);
    assert!(!panels.has("dissolving…"), "nobody waits for what has failed");
}

#[test]
fn a_strength_beyond_what_the_model_has_learnt_is_marked_wherever_it_is_told() {
    let mut state = dissolve_loading();
    state.dissolve.models[0].t_limit = Some(400);
    let mut panels = Panels::of(state);
    let sign = "t is beyond what the model has learnt";
    assert!(!panels.has(sign));
    panels.take(DissolveCommand::SetT(400));
    assert!(panels.has(sign));
    panels.take(AppCommand::Toggle(Overlay::Picture));
    assert_eq!(panels.0.query_all_by_label_contains(sign).count(), 2, "on the page and over it");
    panels.take(DissolveCommand::SetT(399));
    assert!(!panels.has(sign));
}

// Train.

pub fn train_running() -> State {
    let mut state = at(Workspace::Train);
    open(&mut state, false);
    update(&mut state, AppCommand::Go(Workspace::Train));
    for kind in [RunKind::Train, RunKind::Ddpm, RunKind::Train] {
        update(&mut state, TrainCommand::Start(kind));
    }
    let id = JobId(1);
    update(&mut state, JobEvent::JobStarted(id));
    let total = 5000;
    let mut tell = |event| update(&mut state, JobEvent::JobProgress(id, event));
    tell(Event::Started { stage: Stage::Ddpm, done: 0, total });
    for step in 1..=600 {
        let at = step as f64;
        let loss = 0.02 + 0.6 * (-at / 90.0).exp() + 0.01 * (at * 0.7).sin();
        tell(Event::Step(Step {
            stage: Stage::Ddpm,
            step,
            total,
            loss,
            parts: [0.0; 2],
            grad_norm: 4.0 * loss,
            lr: 4e-4,
            images_per_second: 212.0,
            eta_secs: 0.15 * (total - step) as f64,
        }));
    }
    let check = |name: &str, share: f64, advice: &str| ReadinessCheck {
        name: name.into(),
        share,
        passed: share >= 1.0,
        found: format!("{name}: {share:.2}"),
        advice: advice.into(),
    };
    let checks = vec![check("structure", 1.0, ""), check("samples", 0.4, "its samples are noise still; train it longer")];
    tell(Event::Readiness(Readiness { step: 600, checks }));
    state
}

fn train_failed() -> State {
    let mut state = train_running();
    state.jobs.retain(|job| job.id == JobId(1));
    let failure = Failure {
        summary: "the disk is full: checkpoints/step-600.safetensors could not be written".into(),
        hint: Some(NextStep::FreeSpace),
    };
    update(&mut state, JobEvent::JobEnded(JobId(1), Outcome::Failed(failure)));
    state
}

#[test]
fn form_says_which_tiles_are_taken_and_what_they_resolve() {
    let mut state = at(Workspace::Train);
    open(&mut state, false);
    update(&mut state, AppCommand::Go(Workspace::Train));
    let mut panels = Panels::of(state);
    panels.has_all(&["The score that 95 % of the training normals stay below."]);
    panels.has_all(&["auto: tiles of 64 px", "with tiles 2 px, with the whole picture resized to 64 px 15 px"]);
    // What the fields hold is of whole pictures.
    panels.has_all(&["tiles 16", "tiles 64", "tiles 400", "tiles 10"]);
    let resolution_is_given =
        |panels: &Panels| panels.0.get_all_by_label("Resolution, px").any(|node| node.accesskit_node().is_disabled());
    assert!(resolution_is_given(&panels), "it is a tile's side");
    let resolution = panels.0.get_all_by_label("Resolution, px").find(|node| node.accesskit_node().is_disabled()).unwrap().rect();
    panels.0.hover_at(resolution.center());
    panels.0.run_steps(60);
    panels.has_all(&["Not in force: this run works by tiles, and takes 64 for them, the side of a tile"]);
    panels.take(TrainCommand::Field("ddpm.dim", "48".into()));
    assert!(!panels.has("tiles 16"), "a value of one's own is taken for tiles, too");
    panels.take(TrainCommand::Field("data.tile", "off".into()));
    assert!(!panels.has("tiles 64") && !resolution_is_given(&panels));
    assert!(panels.has("whole pictures are resized, as in the paper") && !panels.has("with tiles 2 px"));
}

#[test]
fn dia_is_done_when_its_tiles_are() {
    let mut panels = Panels::of(train_running());
    let tell = |panels: &mut Panels, event| panels.take(JobEvent::JobProgress(JobId(1), event));
    let dia = |panels: &Panels, word: &str| {
        let card = panels.0.get_by_label_contains("tell images from their dissolved").rect();
        let words = panels.0.query_all_by_label_contains(word);
        words.filter(|node| card.expand(40.0).intersects(node.rect())).count()
    };
    tell(&mut panels, Event::Finished { stage: Stage::Ddpm });
    for stage in [Stage::DissolveCache, Stage::Dia, Stage::Bank] {
        tell(&mut panels, Event::Started { stage, done: 0, total: 10 });
        assert_eq!(dia(&panels, "done"), 0, "{stage:?}");
        tell(&mut panels, Event::Finished { stage });
    }
    tell(&mut panels, Event::Started { stage: Stage::TileDia, done: 12, total: 100 });
    assert_eq!(dia(&panels, "whole done · tiles 12 %"), 1);
    tell(&mut panels, Event::Finished { stage: Stage::TileDia });
    assert_eq!((dia(&panels, "done"), dia(&panels, "whole")), (2, 0), "state and time");
    tell(&mut panels, Event::Started { stage: Stage::Scores, done: 0, total: 10 });
    assert_eq!(dia(&panels, "whole"), 0);
}

#[test]
fn names_of_settings_are_complete_in_a_small_window() {
    let mut state = at(Workspace::Train);
    open(&mut state, false);
    update(&mut state, AppCommand::Go(Workspace::Train));
    let mut panels = Panels::of(state);
    let size = |panels: &Panels, name: &str| {
        let words = By::new().label(name).include_labels().role(Role::Label);
        panels.0.get_all(words).next().expect(name).rect().size()
    };
    let names = ["Largest side, px", "Epochs on tiles", "Resolution, px", "Dissolve profile"];
    let before = names.map(|name| size(&panels, name));
    panels.0.set_size([800.0, 600.0].into());
    panels.0.run_steps(3);
    assert_eq!(names.map(|name| size(&panels, name)), before);
}

#[test]
fn measuring_the_machine_is_said_once() {
    let mut state = at(Workspace::Train);
    open(&mut state, false);
    update(&mut state, AppCommand::Go(Workspace::Train));
    assert_eq!(Panels::of(state).0.query_all_by_label_contains("measuring this machine").count(), 1);
}

#[test]
fn train_view_with_running_and_queued_jobs() {
    let mut panels = Panels::of(train_running());
    panels.has_all(&["QUEUE", "2 queued", "600 / 5000", "loss 0.0", "212 images/s"]);
    assert!(panels.is_disabled("Earlier: Diffusion model of eyes") && panels.is_disabled("Later: Train eyes"));
    panels.click("Later: Diffusion model of eyes");
    assert!(panels.is_disabled("Earlier: Train eyes"), "they have changed places");
    panels.click("Remove from the queue: Train eyes");
    panels.has_all(&["1 queued"]);
    panels.take(TrainCommand::Pause(JobId(1)));
    panels.has_all(&["paused"]);
    panels.take(TrainCommand::Stop(JobId(1)));
    panels.has_all(&["the checkpoint is being written"]);
}

#[test]
fn failed_training_shows_reason_and_keeps_curves() {
    let mut panels = Panels::of(train_failed());
    panels.has_all(&["The disk is full", "Free some space", "Copy details", "now 0.0"]);
    assert!(panels.0.state().state.jobs[0].state.has_ended());
    assert!(!panels.is_disabled("Train all"), "another can be started");
    panels.click("Train all");
    assert!(panels.0.state().state.jobs.iter().any(|j| j.state == JobState::Running));
    assert!(!panels.has("The disk is full"));
}

// What lies above or below.

pub fn run(name: &str, state: RunState) -> RunEntry {
    let dir = tempfile::tempdir().unwrap();
    let run = RunDir::create(dir.path(), RunKind::Train, name, &RunConfig::default()).unwrap();
    run.set_state(state).unwrap();
    RunEntry::read(&run).unwrap()
}

#[test]
fn run_list_empty_filled_and_trash() {
    let mut panels = Panels::of(at(Workspace::Train));
    panels.take(AppCommand::Toggle(Overlay::Runs));
    panels.has_all(&["No runs yet", "Import a checkpoint as a run"]);
    let failed = RunState::Failed { reason: "the disk is full".into() };
    panels.take(JobEvent::Runs(vec![run("eyes", RunState::Finished), run("lungs", failed)]));
    panels.take(JobEvent::Trash(vec![run("old", RunState::Finished)]));
    panels.has_all(&["Details of eyes", "Details of lungs", "Tick a run to see its curves"]);
    panels.click("Details of lungs");
    panels.has_all(&["The disk is full", "Write report", "Move to trash"]);
    panels.click("Trash 1");
    panels.click("Delete old");
    panels.has_all(&["Delete this run for good?"]);
    panels.take(AppCommand::Escape);
    assert!(!panels.has("for good?") && panels.has("Restore old"));
    panels.take(AppCommand::Escape);
    panels.has_all(&["Details of eyes"]);
    panels.take(AppCommand::Escape);
    assert!(!panels.has("Details of eyes"));
}

#[test]
fn log_keeps_messages() {
    let mut panels = Panels::of(at(Workspace::Data));
    panels.take(AppCommand::Fold(Side::Log));
    panels.has_all(&["LOG", "Nothing has been said yet.", "No run is at hand."]);
    panels.take(AppCommand::Notify("Something was said".into()));
    panels.take(AppCommand::Escape);
    panels.has_all(&["Something was said", "Copy the log"]);
}

#[test]
fn command_palette_finds_actions_and_explains_disabled_ones() {
    let mut panels = Panels::of(at(Workspace::Data));
    panels.take(AppCommand::Toggle(Overlay::Palette));
    panels.has_all(&["Open folder…"]);
    panels.0.get_by_label("Find an action").type_text("report");
    panels.0.run_steps(3);
    panels.has_all(&["Write report", "Open a run on Results first"]);
    assert!(!panels.has("Quit"));
}

/// Ctrl+Shift+Z is not Ctrl+Z.
#[test]
fn shortcuts_with_shift_take_precedence() {
    let mut panels = Panels::of(at(Workspace::Train));
    let steps = |panels: &Panels| panels.0.state().state.train.config.ddpm.steps;
    panels.take(TrainCommand::Field("ddpm.steps", "123".into()));
    let modifiers = egui::Modifiers::COMMAND;
    panels.0.key_press_modifiers(modifiers, egui::Key::Z);
    panels.0.run_steps(2);
    assert_ne!(steps(&panels), 123);
    panels.0.key_press_modifiers(modifiers | egui::Modifiers::SHIFT, egui::Key::Z);
    panels.0.run_steps(2);
    assert_eq!(steps(&panels), 123);
}

#[test]
fn stage_cards_ignore_other_jobs() {
    let mut panels = Panels::of(results(score_set()));
    panels.take(ResultsCommand::Plant);
    panels.take(AppCommand::Go(Workspace::Train));
    panels.take(JobEvent::JobProgress(JobId(1), Event::Started { stage: Stage::SyntheticLesions, done: 52, total: 208 }));
    assert!(panels.has("not started") && !panels.has("done") && !panels.has("Settings of the next training"));
    panels.take(JobEvent::JobEnded(JobId(1), Outcome::Failed(failure())));
    assert!(panels.has("not started") && !panels.has("failed"));
    panels.has_all(&["line 7 has no score"]);
}

/// A demo of what is in the other tests, as pictures.
#[test]
fn state_snapshots() {
    let Some(_) = gpu_adapter::find() else { return };
    let states: [(&str, State); 8] = [
        ("data_loading", data_loading()),
        ("data_failed", data_failed()),
        ("data_partial", data_partial()),
        ("dissolve_loading", dissolve_loading()),
        ("dissolve_failed", dissolve_failed()),
        ("train_running", train_running()),
        ("train_failed", train_failed()),
        ("results_failed", results_failed()),
    ];
    let mut results = SnapshotResults::new();
    for (name, state) in states {
        let mut panels = Panels::with(Harness::builder().wgpu(), state);
        panels.0.snapshot_options(name, &SnapshotOptions::new());
        results.extend(panels.0.take_snapshot_results());
    }
}

#[test]
fn all_keys_are_in_view_at_an_ordinary_size() {
    let mut panels = Panels::of(at(Workspace::Data));
    panels.take(AppCommand::Toggle(Overlay::Keys));
    for name in ["Fit a picture; reset a value", "Dissolve Studio is for research use only, not for diagnosis."] {
        let place = panels.0.get_by_label(name).rect();
        assert!(place.bottom() < 780.0 && place.right() < 1260.0, "{name}: {place:?}");
    }
    // Each under what it is about.
    let top = |name: &str| {
        let found = panels.0.query_all_by_label(name).map(|node| node.rect()).filter(|place| place.left() > 60.0);
        found.map(|place| place.top()).fold(f32::MIN, f32::max)
    };
    for (area, key) in [("IMAGES", "Label: normal"), ("PICTURES", "Fit pictures to the view"), ("TRAINING", "Train all")] {
        assert!(f32::MIN < top(area) && top(area) < top(key), "{area}");
    }
}

#[test]
fn a_run_with_scores_is_offered_where_none_is_open() {
    let mut state = at(Workspace::Results);
    update(&mut state, JobEvent::Runs(vec![RunEntry { has_scores: true, ..run("eyes", RunState::Finished) }]));
    let mut panels = Panels::of(state);
    panels.has_all(&["Choose a run at the left"]);
    panels.click("Open the newest");
    panels.has_all(&["Reading the scores…"]);
}
