//! Each panel in its states: empty, loading, failed, partial, full. The state is made by the pure update, and nothing acts on
//! it, so that what passes in a moment stays. `empty` and `full` with real images are in `window.rs`.

use crate::example_figures;
use crate::gpu_adapter;
use dissolve_studio::{
    app::{
        AppCommand, DataCommand, DissolveCommand, Message, ResultsCommand, State, TrainCommand,
        state::{JobState, Layout as Pictures, ModelChoice, Overlay, Side, Tab, ThemeChoice, Workspace},
        update,
    },
    config::{DataConfig, RunConfig, ThresholdRule, Tile, TileSize},
    data::{Class, Dataset, Item, Label, Layout, Skipped, Source, Split},
    engine::{
        dissolve::{
            dissolved::{Change, Dissolved, Scale},
            prepared_image::Original,
        },
        explanation::Answer,
        export::sweep::SHEET_STEPS,
        runs::list::{ModelSource, RunEntry},
        runs::score_set::ScoreSet,
    },
    error::{Failure, NextStep},
    gpu::{Raster, Texels},
    jobs::{
        events::JobEvent,
        job::{JobId, Outcome},
    },
    ml::base::{
        readiness::{Readiness, ReadinessCheck},
        reporter::{Event, Stage, Step},
    },
    run_dir::{RunDir, RunKind, RunState},
    scores::{Area, PixelFigures, PixelRuler, ScoreKind, ScoreRow, Scores},
    ui::{self, shared::textures::Textures},
};
use eframe::egui;
use egui_kittest::{
    Harness, HarnessBuilder, SnapshotOptions, SnapshotResults,
    kittest::{NodeT, Queryable},
};
use std::sync::Arc;

/// The window's panels over a state on which nobody acts.
struct Page {
    state: State,
    ui: ui::MainView,
    textures: Textures,
}

impl eframe::App for Page {
    fn ui(&mut self, ui: &mut eframe::egui::Ui, _: &mut eframe::Frame) {
        for command in self.ui.show(ui, &self.state, &self.textures) {
            update(&mut self.state, command);
        }
    }
}

struct Panels(Harness<'static, Page>);

impl Panels {
    fn of(state: State) -> Self {
        Self::with(Harness::builder(), state)
    }

    fn with(builder: HarnessBuilder<Page>, state: State) -> Self {
        let desk = |cc: &mut eframe::CreationContext<'_>| {
            ui::shared::theme::install(&cc.egui_ctx);
            Page { state, ui: ui::MainView::default(), textures: Textures::default() }
        };
        let mut panels = Self(builder.with_size([1280.0, 800.0]).build_eframe(desk));
        panels.0.run_steps(3);
        panels
    }

    fn has(&self, label: &str) -> bool {
        self.0.query_all_by_label_contains(label).next().is_some()
    }

    fn has_all(&self, labels: &[&str]) {
        labels.iter().for_each(|label| assert!(self.has(label), "{label}"));
    }

    fn is_disabled(&self, label: &str) -> bool {
        self.0.get_by_label(label).accesskit_node().is_disabled()
    }

    fn click(&mut self, label: &str) {
        self.0.get_by_label(label).click();
        self.0.run_steps(3);
    }

    /// A command or an event, and what is shown then.
    fn take(&mut self, message: impl Into<Message>) {
        update(&mut self.0.state_mut().state, message);
        self.0.run_steps(2);
    }
}

fn failure() -> Failure {
    Failure {
        summary: "the file scores.csv cannot be read: line 7 has no score".into(),
        hint: Some("score the run again".into()),
    }
}

fn at(workspace: Workspace) -> State {
    let mut state = State { workspace_dir: "/home/someone/dissolve-studio".into(), cores: 2, ..State::default() };
    update(&mut state, AppCommand::Theme(ThemeChoice::Dark));
    update(&mut state, AppCommand::Go(workspace));
    state
}

/// 24 images; some files beside them cannot be used where `problems`.
fn dataset(problems: bool) -> Arc<Dataset> {
    let item = |i: usize| Item {
        class: Some(usize::from(i % 3 == 2)),
        given_split: Some(if i < 12 { Split::Train } else { Split::Test }),
        patient: Some(format!("p{}", i / 2 % 9)),
        ..Item::new(format!("eyes/IMG_{i:04}.png"), Source::File("nowhere.png".into()), [640, 480])
    };
    let class = |name: &str, label| Class { name: name.into(), label: Some(label) };
    let classes = vec![class("healthy", Label::Normal), class("drusen", Label::Abnormal)];
    let why = "One folder per class: healthy, drusen.".to_string();
    let items = (0..24).map(item).collect();
    let mut set = Dataset::from_items("/data/eyes".into(), Layout::SplitClassFolders, why, classes, items);
    if problems {
        let skipped = |path: &str, reason: &str| Skipped { path: path.into(), reason: reason.into() };
        set.skipped = vec![
            skipped("train/healthy/a scan with a very long name that goes on and on 0001.png", "the file ends too early"),
            skipped("test/drusen/notes.docx", "is no picture"),
        ];
        set.warnings.push("One patient is in the training and in the test split: p3.".into());
    }
    Arc::new(set)
}

fn open(state: &mut State, problems: bool) {
    update(state, DataCommand::Open("/data/eyes".into()));
    let config = DataConfig { path: "/data/eyes".into(), normal: vec!["healthy".into()], ..DataConfig::default() };
    let generation = state.data.generation;
    update(state, JobEvent::Opened { generation, config, dataset: dataset(problems) });
}

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
    Panels::of(data_loading()).has_all(&["Looking at eyes: 1234 files so far"]);
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
    assert_eq!(panels.0.state().state.dissolve.tile, Tile::Off);
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
    panels.take(DissolveCommand::Layout(Pictures::Steps));
    let strip = panels.0.state().state.dissolve.strip;
    panels.0.state_mut().state.dissolve.answers.coarse = coarse.map(|dissolved| (dissolved.t, dissolved)).into();
    panels.0.run_steps(2);
    let count = |panels: &Panels, label: &str| panels.0.query_all_by_label_contains(label).count();
    panels.has_all(&["t = 10 · 0.0123 · coarse", "t = 30 · 0.0123 · coarse", "coarse until all are dissolved by tiles"]);
    for dissolved in by_tiles {
        assert_eq!(count(&panels, " · tiles"), 0);
        panels.take(JobEvent::SheetStep { strip, dissolved });
    }
    panels.has_all(&["t = 10 · 0.0123 · tiles", "t = 650 · 0.0123 · tiles"]);
    assert_eq!(count(&panels, "coarse"), 0);
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

// Train.

fn train_running() -> State {
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
    panels.has_all(&["auto: tiles of 64 px", "with tiles 2 px, with the whole picture resized to 64 px 15 px"]);
    // What the fields hold is of whole pictures.
    panels.has_all(&["tiles 16", "tiles 64", "tiles 400", "tiles 10"]);
    let resolution_is_given =
        |panels: &Panels| panels.0.get_all_by_label("Resolution, px").any(|node| node.accesskit_node().is_disabled());
    assert!(resolution_is_given(&panels), "it is a tile's side");
    panels.take(TrainCommand::Field("ddpm.dim", "48".into()));
    assert!(!panels.has("tiles 16"), "a value of one's own is taken for tiles, too");
    panels.take(TrainCommand::Field("data.tile", "off".into()));
    assert!(!panels.has("tiles 64") && !resolution_is_given(&panels));
    assert!(panels.has("whole pictures are resized, as in the paper") && !panels.has("with tiles 2 px"));
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

// Results.

fn score_set() -> ScoreSet {
    let row = |i: usize| ScoreRow {
        path: format!("eyes/IMG_{i:04}.png"),
        split: if i < 12 { "train" } else { "test" }.into(),
        class: ["healthy", "drusen"][usize::from(i % 3 == 2)].into(),
        label: Some(i % 3 == 2),
        score: -2.0 + 0.05 * (i * 7 % 13) as f64 + if i % 3 == 2 { 0.3 } else { 0.0 },
        ..ScoreRow::default()
    };
    let mut config = RunConfig::default();
    config.data.path = "/data/eyes".into();
    let rows: Vec<ScoreRow> = (0..24).map(row).collect();
    let mut set = ScoreSet::new("/home/someone/runs/eyes".as_ref(), "eyes".into(), config, Scores::from(rows), None).unwrap();
    set.encoder = Some("encoder.safetensors".into());
    set
}

fn results_loading() -> State {
    let mut state = at(Workspace::Results);
    open(&mut state, false);
    update(&mut state, AppCommand::Go(Workspace::Results));
    update(&mut state, ResultsCommand::Open("/home/someone/runs/eyes".into()));
    state
}

fn results_failed() -> State {
    let mut state = results_loading();
    update(&mut state, JobEvent::Scores { run: "/home/someone/runs/eyes".into(), scores: Err(failure()) });
    state
}

fn results(set: ScoreSet) -> State {
    let mut state = results_loading();
    update(&mut state, JobEvent::Scores { run: "/home/someone/runs/eyes".into(), scores: Ok(Arc::new(set)) });
    state
}

#[test]
fn results_view_while_loading_failed_partial_and_complete() {
    Panels::of(results_loading()).has_all(&["Reading the scores…"]);
    let mut panels = Panels::of(results_failed());
    panels.has_all(&["line 7 has no score", "Copy details"]);
    panels.click("Try again");
    panels.has_all(&["Reading the scores…"]);
    let mut one_class = score_set();
    one_class.scores.rows.retain(|row| row.label == Some(false));
    let only =
        ScoreSet::new("/home/someone/runs/eyes".as_ref(), "eyes".into(), one_class.config, one_class.scores, None).unwrap();
    Panels::of(results(only)).has_all(&["Undefined: There are no abnormal images", "all 8", "images are ranked all the same"]);
    Panels::of(results(score_set())).has_all(&["AUROC", "false positives", "test split · 8 normal, 4 abnormal"]);
}

#[test]
fn figures_of_anomaly_maps_stand_under_the_auroc_where_they_exist() {
    assert!(Panels::of(results(score_set())).0.query_by_label("AT THE PIXELS").is_none());
    let mut set = score_set();
    set.pixels = Some(PixelFigures {
        pixel_auroc: 0.8125,
        pixel_ap: 0.0625,
        aupro: 0.4375,
        pointing: 0.25,
        pixel_images: 4,
        pixel_rulers: vec![
            PixelRuler { name: "blur_difference".into(), pixel_auroc: 0.5625, pixel_ap: 0.1875 },
            PixelRuler { name: "dissolving_residual_t30_of_a_long_name".into(), pixel_auroc: 0.5, pixel_ap: 0.03125 },
        ],
    });
    let panels = Panels::of(results(set));
    let end = panels.0.get_by_label_contains("0.500, precision 0.031").rect();
    assert!(end.right() <= 1280.0 - ui::shared::theme::PAGE, "a long name gives way: {end:?}");
    panels.has_all(&[
        "AT THE PIXELS",
        "AUPRO",
        "0.438",
        "blur difference, AUROC",
        "Blur difference, which needs no training, is ahead",
        "Over 4 masked images",
        "not a lesion finder",
    ]);
}

#[test]
fn all_scores_can_be_looked_at_each_with_its_auroc() {
    let mut set = score_set();
    let area = |auroc| Area { auroc: Some(auroc), ci95: None };
    set.evaluation.by[ScoreKind::Tiles] = area(0.625);
    set.evaluation.by[ScoreKind::Lead] = area(0.9375);
    set.kinds = vec![ScoreKind::Dia, ScoreKind::Tiles, ScoreKind::Lead];
    let panels = Panels::of(results(set));
    panels.has_all(&["SCORE AND ITS AUROC", "Tiles", "0.625", "Lead", "0.938"]);
}

/// [`score_set`] with the leading score: the mean of the ranks by DIA and by features.
fn led() -> ScoreSet {
    let mut scores = score_set().scores;
    let value = |row: &ScoreRow| [row.score, -row.score];
    let normals: Vec<[f64; 2]> = scores.rows.iter().filter(|r| r.split == "train" && r.label == Some(false)).map(value).collect();
    for row in &mut scores.rows {
        let rank = |of: usize| {
            let own = value(row)[of];
            let below = normals.iter().map(|v| f64::from(v[of] < own) + f64::from(v[of] <= own)).sum::<f64>();
            below / (2 * normals.len()) as f64
        };
        (row.by[ScoreKind::Features], row.by[ScoreKind::Lead]) = (Some(-row.score), Some((rank(0) + rank(1)) / 2.0));
    }
    let config = score_set().config;
    let mut set = ScoreSet::new("/home/someone/runs/eyes".as_ref(), "eyes".into(), config, scores, None).unwrap();
    set.encoder = Some("encoder.safetensors".into());
    set
}

#[test]
fn the_large_view_names_the_score_and_the_ranks_that_it_is_of() {
    let mut panels = Panels::of(results(led()));
    assert!(!panels.has("before there was a leading score"));
    panels.take(ResultsCommand::Row(0));
    panels.take(AppCommand::Toggle(Overlay::Picture));
    panels.has_all(&["Lead 0.", "· called", "of DIA ", " %, Features "]);
    panels.has_all(&["RANKS AMONG HELD-OUT NORMALS", "COVERING THE PICTURE CHANGES DIA’S SCORE"]);
    assert!(!panels.has("by tiles leads"), "there are no tiles");
    let mut panels = Panels::of(results(score_set()));
    // Such a run is scored again.
    panels.has_all(&["These scores were made before there was a leading score", "Score a run that is there"]);
    panels.take(ResultsCommand::Row(0));
    panels.take(AppCommand::Toggle(Overlay::Picture));
    panels.has_all(&["DIA -1.", "· called"]);
    assert!(!panels.has("RANKS AMONG HELD-OUT NORMALS"));
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

#[test]
fn all_keys_are_in_view_at_an_ordinary_size() {
    let mut panels = Panels::of(at(Workspace::Data));
    panels.take(AppCommand::Toggle(Overlay::Keys));
    for name in ["Fit a picture; reset a value", "Dissolve Studio is for research use only, not for diagnosis."] {
        let place = panels.0.get_by_label(name).rect();
        assert!(place.bottom() < 780.0 && place.right() < 1260.0, "{name}: {place:?}");
    }
}

#[test]
fn misclassified_images_are_marked() {
    let mut panels = Panels::of(results(score_set()));
    panels.take(ResultsCommand::Threshold(-1.57));
    let confusion = panels.0.state().state.results.confusion();
    assert!(confusion.fp > 0 && confusion.fn_ > 0, "{confusion:?}");
    for (name, count) in [("false positives", confusion.fp), ("false negatives", confusion.fn_)] {
        panels.click(&format!("{name} {count}"));
        let state = &panels.0.state().state;
        let wrong = |row: &usize| state.results.outcome(&state.results.ready().unwrap().rows[*row]).is_some_and(Tab::is_wrong);
        assert!(state.results.shown.len() == count && state.results.shown.iter().all(wrong));
    }
    panels.take(ResultsCommand::Tab(Tab::TruePositives));
    let state = &panels.0.state().state;
    let outcome = |row: &usize| state.results.outcome(&state.results.ready().unwrap().rows[*row]);
    assert!(state.results.shown.iter().all(|row| outcome(row) == Some(Tab::TruePositives)));
}

#[test]
fn odd_normals_are_left_out_in_the_gallery_and_training_without_them_is_offered() {
    let mut panels = Panels::of(results(score_set()));
    panels.take(ResultsCommand::Tab(Tab::Training));
    let first = panels.0.state().state.results.shown[0];
    panels.take(ResultsCommand::Row(first));
    assert!(!panels.has("Train again"));
    panels.0.key_press(egui::Key::X);
    panels.0.run_steps(2);
    assert_eq!(panels.0.state().state.open().unwrap().left_out, 1);
    panels.has_all(&["normal, left out"]);
    panels.click("Train again without it");
    assert_eq!(panels.0.state().state.workspace, Workspace::Train);
}

#[test]
fn double_click_resets_threshold_value() {
    let mut panels = Panels::of(results(score_set()));
    panels.take(ResultsCommand::Rule(ThresholdRule::Sensitivity(0.5)));
    let place = panels.0.get_by_label("% sensitivity, value").rect().center();
    for _ in 0..2 {
        // Both in one frame: the harness's frames are far apart.
        let events = &mut panels.0.input_mut().events;
        events.push(egui::Event::PointerMoved(place));
        for pressed in [true, false] {
            let (button, modifiers) = (egui::PointerButton::Primary, egui::Modifiers::NONE);
            events.push(egui::Event::PointerButton { pos: place, button, pressed, modifiers });
        }
        panels.0.step();
    }
    panels.0.run_steps(2);
    assert_eq!(panels.0.state().state.results.rule, Some(ThresholdRule::Sensitivity(0.9)));
}

#[test]
fn anomaly_map_is_switched_on_in_the_large_view_of_a_run_that_works_by_tiles() {
    let mut set = score_set();
    set.config.data.tile = Tile::Px(32);
    set.map_model = Some("map.safetensors".into());
    let mut panels = Panels::of(results(set));
    assert!(panels.is_disabled("Maps"), "none was saved");
    panels.take(ResultsCommand::Row(0));
    panels.take(AppCommand::Toggle(Overlay::Picture));
    assert!(!panels.is_disabled("Anomaly map") && !panels.has("like normal"));
    panels.click("Anomaly map");
    assert!(panels.0.state().state.results.map_view.on);
    panels.has_all(&["Opacity", "like normal", "unlike normal"]);
    panels.0.key_press(egui::Key::M);
    panels.0.run_steps(3);
    assert!(!panels.0.state().state.results.map_view.on && !panels.has("like normal"));
    let generation = panels.0.state().state.results.explanation.generation;
    panels.click("Anomaly map");
    panels.take(JobEvent::Why { generation, answer: Answer::Failed(failure()) });
    panels.has_all(&["line 7 has no score"]);
}

#[test]
fn anomaly_map_is_disabled_with_its_reason_where_a_run_has_seen_whole_pictures() {
    let mut panels = Panels::of(results(score_set()));
    assert!(panels.0.query_by_label("Maps").is_none());
    panels.take(ResultsCommand::Row(0));
    panels.take(AppCommand::Toggle(Overlay::Picture));
    assert!(panels.is_disabled("Anomaly map"));
    panels.has_all(&["This run has seen whole pictures"]);
    panels.0.key_press(egui::Key::M);
    panels.0.run_steps(3);
    assert!(!panels.0.state().state.results.map_view.on);
}

#[test]
fn large_view_shows_explanation_as_it_arrives() {
    let mut panels = Panels::of(results(score_set()));
    panels.take(ResultsCommand::Row(0));
    panels.take(AppCommand::Toggle(Overlay::Picture));
    panels.has_all(&["WHY THIS SCORE", "Make the map"]);
    assert!(panels.is_disabled("Make the map"), "there is no picture yet");
    let generation = panels.0.state().state.results.explanation.generation;
    panels.take(JobEvent::Why { generation, answer: Answer::Failed(failure()) });
    panels.has_all(&["line 7 has no score"]);
}

// What lies above or below.

fn run(name: &str, state: RunState) -> RunEntry {
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
fn synthetic_lesions_requested_running_failed_and_done() {
    let mut panels = Panels::of(results(score_set()));
    panels.has_all(&["PLANTED LESIONS", "synthetic lesions, not disease"]);
    panels.take(ResultsCommand::Plant);
    panels.take(JobEvent::JobProgress(JobId(1), Event::Started { stage: Stage::SyntheticLesions, done: 52, total: 208 }));
    panels.has_all(&["25.0 %", "Stop"]);
    panels.take(JobEvent::JobEnded(JobId(1), Outcome::Failed(failure())));
    panels.has_all(&["line 7 has no score", "Plant lesions"]);
    panels.take(ResultsCommand::Plant);
    panels.take(JobEvent::SyntheticLesions {
        run: "/home/someone/runs/eyes".into(),
        lesions: Arc::new(example_figures::synthetic_lesions(16)),
    });
    panels.take(JobEvent::JobEnded(JobId(2), Outcome::Finished("/home/someone/runs/eyes".into())));
    panels.has_all(&["16 of 16 held-out normals, not disease", "Export: Planted lesions", "allows not one false alarm"]);
    assert!(!panels.has("Plant lesions"), "the same seed would say the same");
}

#[test]
fn new_scores_do_not_replace_the_ones_in_view() {
    let mut panels = Panels::of(results(score_set()));
    panels.take(TrainCommand::Start(RunKind::Train));
    panels.take(JobEvent::JobEnded(JobId(1), Outcome::Finished("/home/runs/new".into())));
    panels.has_all(&["Train eyes: done", "test split · 8 normal, 4 abnormal"]);
    panels.click("Show its results");
    panels.has_all(&["Reading the scores…"]);
    assert!(!panels.has("Show its results"));
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
fn a_run_with_scores_is_offered_where_none_is_open() {
    let mut state = at(Workspace::Results);
    update(&mut state, JobEvent::Runs(vec![RunEntry { has_scores: true, ..run("eyes", RunState::Finished) }]));
    let mut panels = Panels::of(state);
    panels.has_all(&["Choose a run at the left"]);
    panels.click("Open the newest");
    panels.has_all(&["Reading the scores…"]);
}
