//! The update without a window: commands and events in, state and effects out.

mod columns;
mod curation;
#[cfg(test)]
pub mod data;
mod dissolve;
#[cfg(test)]
pub mod embedding;
#[cfg(test)]
pub mod jobs;
#[cfg(test)]
pub mod maps;
#[cfg(test)]
pub mod navigation;
#[cfg(test)]
pub mod results;
#[cfg(test)]
pub mod runs;
mod views;

use super::update;
use crate::{
    app::{
        AppCommand, DataCommand, Effect, ResultsCommand, State, TrainCommand,
        message::{BackgroundEffect, ImageEffect, JobEffect, JobOrder, WindowEffect},
        state::{Filter, JobState, Overlay, Quantity, Room, ScoresStatus, Side, THUMBNAIL_STEPS, Work, Workspace, clicked},
    },
    config::{DataConfig, RunConfig, ThresholdRule},
    data::{Class, Dataset, ImageId, Item, Label, Layout, Source, Split},
    engine::{display::rgba::Rgba, runs::score_set::ScoreSet},
    error::Failure,
    jobs::{
        events::JobEvent,
        job::{JobId, Outcome},
        loader::LoadRequest,
    },
    ml::base::reporter::{Event, Stage, Step},
    run_dir::RunKind,
    scores::{ScoreRow, Scores},
};
use std::{path::PathBuf, sync::Arc};

/// Eight images of two classes; `labels` of the classes.
pub(crate) fn dataset(labels: [Option<Label>; 2]) -> Arc<Dataset> {
    let class = |(name, label): (&str, _)| Class { name: name.into(), label };
    let item = |i: usize| {
        let mut item = Item::new(format!("{i}.png"), Source::File(PathBuf::from(format!("{i}.png"))), [4, 4]);
        item.class = Some(i % 2);
        item.given_split = Some(if i < 4 { Split::Train } else { Split::Test });
        item
    };
    let classes = ["good", "bad"].into_iter().zip(labels).map(class).collect();
    Arc::new(Dataset::from_items("set".into(), Layout::ClassFolders, "two folders".into(), classes, (0..8).map(item).collect()))
}

pub(crate) fn pixels() -> Rgba {
    Rgba { width: 1, height: 1, rgba: vec![0; 4] }
}

/// A state with a data set whose normal class is known.
pub(crate) fn opened() -> State {
    let mut state = State::default();
    update(&mut state, DataCommand::Open("set".into()));
    let config = DataConfig { path: "set".into(), normal: vec!["good".into()], ..DataConfig::default() };
    let dataset = dataset([Some(Label::Normal), Some(Label::Abnormal)]);
    update(&mut state, JobEvent::Opened { generation: 1, config, dataset });
    state
}

#[test]
fn opening_asks_for_the_data_set_and_takes_the_newest_answer_alone() {
    let mut state = State::default();
    let effects = update(&mut state, DataCommand::Open("a".into()));
    assert!(matches!(&effects[..], [Effect::Load(LoadRequest::Open { generation: 1, known: None, .. })]));
    update(&mut state, DataCommand::Open("b".into()));
    let late = JobEvent::Opened { generation: 1, config: DataConfig::default(), dataset: dataset([None, None]) };
    assert!(update(&mut state, late).is_empty());
    assert!(state.open().is_none() && state.data.opening.is_some());
    let failure = Failure { summary: "no".into(), hint: None };
    update(&mut state, JobEvent::OpenFailed { generation: 2, path: "b".into(), failure });
    assert!(state.data.opening.is_none() && state.data.failed.is_some());
}

#[test]
fn an_opened_set_selects_an_abnormal_test_image_and_can_be_filtered_and_walked() {
    let mut state = opened();
    assert_eq!(state.selected, Some(ImageId(5)));
    assert_eq!(state.persisted.recent[0].path, PathBuf::from("set"));
    update(&mut state, DataCommand::Filter(Filter { split: Some(Split::Test), classes: [0].into(), ..Filter::default() }));
    assert_eq!(*state.data.shown, [ImageId(4), ImageId(6)]);
    let both = Filter { classes: [0, 1].into(), ..state.data.filter.clone() };
    update(&mut state, DataCommand::Filter(both.clone()));
    assert_eq!(state.data.shown.len(), 4);
    let one = Filter { classes: clicked(&both.classes, 0, false), ..both.clone() };
    update(&mut state, DataCommand::Filter(one.clone()));
    assert_eq!(*state.data.shown, [ImageId(4), ImageId(6)]);
    assert_eq!([(1, true), (0, true), (0, false)].map(|(class, adds)| clicked(&one.classes, class, adds).len()), [2, 0, 0]);
    update(&mut state, AppCommand::Walk(1));
    assert_eq!(state.selected, Some(ImageId(4)), "what the filter hides is not walked to");
    update(&mut state, AppCommand::Walk(9));
    assert_eq!(state.selected, Some(ImageId(6)));
}

#[test]
fn choosing_the_normal_class_keeps_pictures_and_selection() {
    let mut state = State::default();
    update(&mut state, DataCommand::Open("set".into()));
    let config = DataConfig { path: "set".into(), ..DataConfig::default() };
    update(&mut state, JobEvent::Opened { generation: 1, config, dataset: dataset([None, None]) });
    assert!(state.open().unwrap().asks_normal());
    update(&mut state, DataCommand::Select(ImageId(3)));
    let effects = update(&mut state, DataCommand::SetNormal(vec!["good".into()]));
    let [Effect::Load(LoadRequest::Open { generation: 2, config, known: Some(_) })] = &effects[..] else { panic!("{effects:?}") };
    let answer = JobEvent::Opened {
        generation: 2,
        config: *config.clone(),
        dataset: dataset([Some(Label::Normal), Some(Label::Abnormal)]),
    };
    let effects = update(&mut state, answer);
    assert!(matches!(effects[0], Effect::Image(ImageEffect::Source { keep: true, .. })));
    assert_eq!(state.selected, Some(ImageId(3)));
    assert!(!state.open().unwrap().asks_normal());
}

pub(crate) fn training() -> (State, JobId) {
    let mut state = opened();
    let effects = update(&mut state, TrainCommand::Start(RunKind::Train));
    let [Effect::Job(JobEffect::Train { id, config, work: Work::New, .. })] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(config.data.normal, ["good"]);
    let id = *id;
    update(&mut state, JobEvent::JobStarted(id));
    (state, id)
}

#[test]
fn training_needs_data_and_valid_settings() {
    let mut state = State::default();
    assert!(update(&mut state, TrainCommand::Start(RunKind::Train)).is_empty());
    assert!(state.notifications[0].hint.contains("Ctrl+O"));
    let mut state = opened();
    update(&mut state, TrainCommand::Field("ddpm.steps", "none".into()));
    assert!(update(&mut state, TrainCommand::Start(RunKind::Train)).is_empty());
    update(&mut state, TrainCommand::Field("ddpm.steps", "12".into()));
    assert_eq!(update(&mut state, TrainCommand::Start(RunKind::Train)).len(), 1);
    assert!(state.machine.speed.is_none() && state.job().unwrap().time_left().is_some(), "a guess, until steps tell");
}

#[test]
fn a_job_is_paused_gone_on_with_and_stopped() {
    let (mut state, id) = training();
    let effects = update(&mut state, TrainCommand::Pause(id));
    assert!(matches!(&effects[..], [Effect::Job(JobEffect::Control(_, JobOrder::Pause))]));
    assert_eq!(state.running().unwrap().state, JobState::Paused);
    update(&mut state, TrainCommand::Continue(id));
    update(&mut state, TrainCommand::Stop(id));
    assert_eq!(state.running().unwrap().state, JobState::Stopping);
    assert!(update(&mut state, TrainCommand::Pause(id)).is_empty(), "a stop is not taken back");
    update(&mut state, JobEvent::JobEnded(id, Outcome::Stopped));
    assert!(state.running().is_none() && state.notifications[0].text.contains("resumed"));
}

#[test]
fn progress_makes_curves_and_a_finished_job_opens_its_scores() {
    let (mut state, id) = training();
    let step = Step {
        stage: Stage::Ddpm,
        step: 3,
        total: 10,
        loss: 0.5,
        parts: [0.0; 2],
        grad_norm: 0.0,
        lr: 0.1,
        images_per_second: 9.0,
        eta_secs: 7.0,
    };
    for event in
        [Event::Started { stage: Stage::Ddpm, done: 2, total: 10 }, Event::Step(step), Event::Finished { stage: Stage::Ddpm }]
    {
        update(&mut state, JobEvent::JobProgress(id, event));
    }
    let p = &state.running().unwrap().progress;
    assert_eq!(p.curve(Stage::Ddpm, Quantity::Loss).unwrap().points, [[3.0, 0.5]]);
    assert_eq!((p.done, p.finished.as_slice()), (3, [Stage::Ddpm].as_slice()));
    let effects = update(&mut state, JobEvent::JobEnded(id, Outcome::Finished("run".into())));
    assert!(effects.iter().any(|e| matches!(e, Effect::Load(LoadRequest::Scores(run, _)) if run.ends_with("run"))));
}

#[test]
fn closing_waits_for_the_checkpoint() {
    let mut state = State::default();
    assert!(matches!(&update(&mut state, AppCommand::Close)[..], [Effect::Window(WindowEffect::Close)]));
    let (mut state, id) = training();
    update(&mut state, TrainCommand::Start(RunKind::Train));
    let effects = update(&mut state, AppCommand::Close);
    assert!(matches!(&effects[..], [Effect::Job(JobEffect::Control(_, JobOrder::Stop))]));
    update(&mut state, JobEvent::JobFolder(id, "run".into()));
    let effects = update(&mut state, JobEvent::JobEnded(id, Outcome::Stopped));
    assert!(effects.iter().any(|e| matches!(e, Effect::Window(WindowEffect::Close))));
    assert!(!effects.iter().any(|e| matches!(e, Effect::Job(JobEffect::Train { .. }))), "what waits does not begin any more");
    // The next session offers what waited.
    let mut next = State::starting(state.persisted.clone(), PathBuf::new(), 2);
    assert_eq!(next.persisted.queue.len(), 1);
    assert!(matches!(&update(&mut next, TrainCommand::Requeue)[..], [Effect::Job(JobEffect::Train { .. })]));
    assert!(next.persisted.queue.is_empty());
}

/// Test rows: normals score 0 and 2, abnormals 1 and 3; training normals 0.
pub(crate) fn scored() -> State {
    let mut state = opened();
    let row = |path: &str, split: &str, label, score| ScoreRow {
        path: path.into(),
        split: split.into(),
        label: Some(label),
        score,
        ..ScoreRow::default()
    };
    let rows = vec![
        row("0.png", "train", false, 0.0),
        row("4.png", "test", false, 0.0),
        row("5.png", "test", true, 1.0),
        row("6.png", "test", false, 2.0),
        row("7.png", "test", true, 3.0),
    ];
    let config = RunConfig { data: DataConfig { path: "set".into(), ..DataConfig::default() }, ..RunConfig::default() };
    let set = ScoreSet::new("run".as_ref(), "run".into(), config, Scores::from(rows), None).unwrap();
    update(&mut state, ResultsCommand::Open("run".into()));
    assert!(matches!(state.results.scores, ScoresStatus::Loading));
    update(&mut state, JobEvent::Scores { run: "run".into(), scores: Ok(Arc::new(set)) });
    state
}

#[test]
fn one_threshold_is_shared_by_counts_and_gallery() {
    let mut state = scored();
    assert_eq!(state.results.ready().unwrap().evaluation.auroc, Some(0.75));
    update(&mut state, ResultsCommand::Threshold(1.5));
    assert_eq!(state.results.rule, None, "set by hand");
    let c = state.results.confusion();
    assert_eq!((c.tp, c.fp, c.tn, c.fn_), (1, 1, 1, 1));
    assert_eq!(*state.results.shown, [1], "the false positive");
    update(&mut state, ResultsCommand::Threshold(2.5));
    assert!(state.results.shown.is_empty());
    update(&mut state, ResultsCommand::Rule(ThresholdRule::Sensitivity(1.0)));
    assert_eq!((state.results.threshold, state.results.confusion().fn_), (1.0, 0));
    update(&mut state, ResultsCommand::Threshold(f64::NAN));
    assert_eq!(state.results.threshold, 1.0);
}

#[test]
fn walking_the_gallery_selects_the_image_everywhere() {
    let mut state = scored();
    update(&mut state, AppCommand::Go(Workspace::Results));
    update(&mut state, ResultsCommand::Tab(crate::app::state::Tab::All));
    update(&mut state, AppCommand::Walk(1));
    assert_eq!((state.results.row, state.selected), (Some(0), Some(ImageId(7))), "highest score first");
    update(&mut state, AppCommand::Walk(1));
    assert_eq!(state.selected, Some(ImageId(6)));
}

#[test]
fn escape_goes_one_level_out() {
    let mut state = opened();
    update(&mut state, AppCommand::Toggle(Overlay::Keys));
    state.notify("hello");
    update(&mut state, AppCommand::Escape);
    assert_eq!((state.overlay, state.notifications.len()), (None, 1));
    update(&mut state, AppCommand::Escape);
    assert!(state.notifications.is_empty());
}

#[test]
fn settings_are_undone_and_done_again() {
    let mut state = State::default();
    let steps = state.train.config.ddpm.steps;
    for text in ["1", "12"] {
        update(&mut state, TrainCommand::Field("ddpm.steps", text.into()));
    }
    update(&mut state, TrainCommand::Preset(crate::config::Preset::Paper));
    update(&mut state, AppCommand::Undo);
    assert_eq!(state.train.config.ddpm.steps, 12);
    update(&mut state, AppCommand::Undo);
    assert_eq!(state.train.config.ddpm.steps, steps, "typed letters are one change");
    assert_eq!(state.history.next_undo(), None);
    let said: Vec<&str> = state.notifications.iter().map(|notification| notification.text.as_str()).collect();
    assert!(matches!(said[..], [only] if only.starts_with("Undone: ")), "it may be out of view: {said:?}");
    update(&mut state, AppCommand::Redo);
    update(&mut state, AppCommand::Redo);
    assert_eq!(state.train.config.run.preset, crate::config::Preset::Paper);
}

#[test]
fn the_scale_goes_in_steps_between_its_ends() {
    let mut state = State::default();
    (0..20).for_each(|_| _ = update(&mut state, AppCommand::ThumbnailSize(1)));
    assert_eq!(state.persisted.thumbnail_steps, THUMBNAIL_STEPS);
    update(&mut state, AppCommand::ThumbnailSize(-1));
    assert_eq!(state.persisted.thumbnail_steps, THUMBNAIL_STEPS - 1);
    (0..20).for_each(|_| _ = update(&mut state, AppCommand::Scale(1)));
    assert_eq!(state.persisted.scale.0, 300);
    (0..20).for_each(|_| _ = update(&mut state, AppCommand::Scale(-1)));
    assert_eq!(state.persisted.scale.factor(), 0.8);
    update(&mut state, AppCommand::Scale(0));
    assert_eq!(state.persisted.scale.0, 100);
}

#[test]
fn the_queue_is_reordered_and_the_next_one_starts_by_itself() {
    let (mut state, id) = training();
    for _ in 0..3 {
        assert!(update(&mut state, TrainCommand::Start(RunKind::Train)).is_empty(), "one at a time");
    }
    let ids = |state: &State| state.jobs.iter().map(|j| j.id.0 - id.0).collect::<Vec<_>>();
    assert_eq!(ids(&state), [0, 1, 2, 3]);
    update(&mut state, TrainCommand::MoveJob(JobId(id.0 + 3), -1));
    assert_eq!(ids(&state), [0, 1, 3, 2]);
    update(&mut state, TrainCommand::Dequeue(JobId(id.0 + 1)));
    update(&mut state, TrainCommand::Dequeue(id));
    assert_eq!(ids(&state), [0, 3, 2], "what runs is not taken from the queue");
    let effects = update(&mut state, JobEvent::JobEnded(id, Outcome::Stopped));
    assert!(effects.iter().any(|e| matches!(e, Effect::Job(JobEffect::Train { id: next, .. }) if next.0 == id.0 + 3)));
}

fn entry(state: crate::run_dir::RunState) -> crate::engine::runs::list::RunEntry {
    let dir = tempfile::tempdir().unwrap();
    let run = crate::run_dir::RunDir::create(dir.path(), RunKind::Train, "set", &RunConfig::default()).unwrap();
    run.set_state(state).unwrap();
    crate::engine::runs::list::RunEntry::read(&run).unwrap()
}

#[test]
fn an_unfinished_run_is_offered_once_and_can_be_declined() {
    use crate::run_dir::RunState;
    let mut state = State::default();
    let left = entry(RunState::Unfinished);
    update(&mut state, JobEvent::Runs(vec![entry(RunState::Finished), left.clone()]));
    assert_eq!(state.offered().map(|r| &r.path), Some(&left.path));
    let persisted = {
        update(&mut state, TrainCommand::Decline);
        state.persisted.clone()
    };
    assert!(state.offered().is_none());
    let mut next = State { persisted, ..State::default() };
    update(&mut next, JobEvent::Runs(vec![left.clone()]));
    assert!(next.offered().is_none(), "no means no");
    let mut other = State::default();
    update(&mut other, JobEvent::Runs(vec![]));
    update(&mut other, JobEvent::Runs(vec![left.clone()]));
    assert!(other.offered().is_none(), "what was left in this session is not offered in it");
    update(&mut other, TrainCommand::Resume(left.path));
    assert!(other.running().is_some());
}

#[test]
fn the_machine_is_measured_once_where_it_matters() {
    let mut state = opened();
    let effects = update(&mut state, AppCommand::Go(Workspace::Train));
    assert!(matches!(&effects[..], [Effect::Background(BackgroundEffect::Machine { timed: true })]));
    assert!(state.forecast().is_none());
    let speed = Some(crate::ml::training::cost::Speed { unet: 1e10, encoder: 1e10 });
    update(&mut state, JobEvent::Machine(crate::engine::machine::Machine { speed, free_memory: Some(1 << 30) }));
    assert!(state.forecast().unwrap().seconds() > 1.0 && state.persisted.speed.is_some());
    let effects = update(&mut state, AppCommand::Go(Workspace::Train));
    assert!(matches!(&effects[..], [Effect::Background(BackgroundEffect::Machine { timed: false })]));
}

#[test]
fn where_there_is_little_room_one_panel_is_open_at_a_time() {
    let mut state = State::default();
    assert!(state.unfolded(Side::Library) && state.unfolded(Side::Inspector));
    update(&mut state, AppCommand::Room(Room::of(700.0)));
    assert!(!state.unfolded(Side::Library) && state.unfolded(Side::Inspector), "the tools stay");
    update(&mut state, AppCommand::Fold(Side::Library));
    assert!(state.unfolded(Side::Library) && !state.unfolded(Side::Inspector));
    update(&mut state, AppCommand::Room(Room::of(430.0)));
    assert!(!state.unfolded(Side::Library), "the page comes first");
    update(&mut state, AppCommand::Fold(Side::Library));
    update(&mut state, AppCommand::Go(Workspace::Train));
    assert!(!state.unfolded(Side::Library), "a panel in the page's place goes when another page is wanted");
    update(&mut state, AppCommand::Room(Room::of(1280.0)));
    assert!(state.unfolded(Side::Library) && state.unfolded(Side::Inspector), "what was folded in a wide window counts there");
}
