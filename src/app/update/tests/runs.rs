//! The list of runs, without a window.

use crate::{
    app::{
        AppCommand, Command, DataCommand, Effect, RunsCommand, State, TrainCommand,
        state::{Overlay, RunDraft, RunsState, side_by_side},
        update::{tests::*, update},
    },
    config::RunConfig,
    engine::runs::{
        actions::{RunAction, RunDone},
        list::{ModelSource, RunEntry},
    },
    jobs::events::JobEvent,
    run_dir::{Manifest, RunKind, RunState},
};
use std::path::PathBuf;

pub(crate) fn entry(name: &str, steps: usize) -> RunEntry {
    let mut config = RunConfig::default();
    config.ddpm.steps = steps;
    RunEntry {
        path: PathBuf::from(format!("work/runs/{name}")),
        manifest: Manifest {
            kind: RunKind::Train,
            name: name.into(),
            created: "2026-01-01T00:00:00Z".into(),
            version: String::new(),
            state: RunState::Finished,
            notes: "Gaussian tried".into(),
            data: String::new(),
            figures: Default::default(),
        },
        place: config.data.place(),
        config,
        model: None,
        model_is_finished: false,
        has_scores: false,
        has_weights: false,
        has_encoder: false,
        readiness: None,
        is_locked: false,
        reached: None,
    }
}

/// A run of this folder.
pub(crate) fn entry_at(path: &str) -> RunEntry {
    RunEntry { path: path.into(), ..entry(path, 10) }
}

pub(crate) fn with_runs() -> State {
    let mut state = opened();
    update(&mut state, JobEvent::Runs(vec![entry("eyes", 10), entry("lungs", 20)]));
    state
}

#[test]
fn runs_are_found_by_all_their_words() {
    let finds = |query: &str| RunsState { query: query.into(), ..RunsState::default() }.finds(&entry("eyes", 1));
    assert!(finds("") && finds("EYE gauss") && finds("train 2026"));
    assert!(!finds("eyes lungs"));
}

#[test]
fn differing_settings_come_first() {
    let (a, b) = (entry("a", 10).config, entry("b", 20).config);
    let rows = side_by_side(&[&a, &b]);
    assert_eq!((rows[0].key.as_str(), rows[0].values.as_slice()), ("ddpm.steps", ["10".to_string(), "20".into()].as_slice()));
    assert_eq!(rows.iter().filter(|r| r.differs).count(), 1);
    assert!(side_by_side(&[]).is_empty());
}

#[test]
fn a_run_is_renamed_and_the_name_comes_back() {
    let mut state = with_runs();
    let edit = |name: &str| RunAction::Edit { run: "work/runs/eyes".into(), name: name.into(), notes: "Gaussian tried".into() };
    let effects = update(&mut state, RunsCommand::Action(edit("left eyes")));
    assert!(matches!(&effects[..], [Effect::Load(LoadRequest::Run(_))]));
    assert_eq!(state.runs[0].manifest.name, "left eyes");
    assert!(update(&mut state, RunsCommand::Action(edit("left eyes"))).is_empty(), "nothing new");
    assert!(update(&mut state, RunsCommand::Action(edit(" "))).is_empty(), "a run has a name");
    update(&mut state, AppCommand::Undo);
    assert_eq!(state.runs[0].manifest.name, "eyes");
}

#[test]
fn what_is_thrown_away_comes_back_with_undo() {
    let mut state = with_runs();
    update(&mut state, RunsCommand::Compare("work/runs/eyes".into()));
    let action = RunAction::Trash("work/runs/eyes".into());
    assert_eq!(update(&mut state, RunsCommand::Action(action.clone())).len(), 1);
    let done = RunDone { text: "in the trash".into(), trashed: Some("work/.trash/eyes".into()), show: None };
    update(&mut state, JobEvent::RunDone { action, done: Ok(done) });
    update(&mut state, JobEvent::Runs(vec![entry("lungs", 20)]));
    update(&mut state, JobEvent::Trash(vec![entry("eyes", 10)]));
    assert!(state.run_list.compared.is_empty());
    let effects = update(&mut state, AppCommand::Undo);
    let [Effect::Load(LoadRequest::Run(RunAction::Restore(path)))] = &effects[..] else { panic!("{effects:?}") };
    assert!(path.starts_with("work/.trash"));
}

#[test]
fn what_is_thrown_away_again_has_one_way_back() {
    let mut state = with_runs();
    let action = RunAction::Trash("work/runs/eyes".into());
    let trashed = |state: &mut State, to: &str| {
        let done = RunDone { text: "in the trash".into(), trashed: Some(to.into()), show: None };
        update(state, JobEvent::RunDone { action: action.clone(), done: Ok(done) });
    };
    update(&mut state, RunsCommand::Action(action.clone()));
    trashed(&mut state, "work/.trash/eyes");
    update(&mut state, AppCommand::Undo);
    assert!(matches!(&update(&mut state, AppCommand::Redo)[..], [Effect::Load(LoadRequest::Run(RunAction::Trash(_)))]));
    trashed(&mut state, "work/.trash/eyes-2");
    let effects = update(&mut state, AppCommand::Undo);
    assert!(
        matches!(&effects[..], [Effect::Load(LoadRequest::Run(RunAction::Restore(path)))] if path.ends_with("eyes-2")),
        "{effects:?}"
    );
    assert_eq!(state.history.next_undo(), None);
}

#[test]
fn half_typed_notes_are_kept_once_whatever_comes_next() {
    let draft =
        |notes: &str| RunsCommand::Draft(RunDraft { run: "work/runs/eyes".into(), name: " ".into(), notes: notes.into() });
    let next = [
        Command::from(AppCommand::Close),
        AppCommand::Toggle(Overlay::Runs).into(),
        RunsCommand::Select("work/runs/lungs".into()).into(),
        RunsCommand::KeepDraft.into(),
    ];
    for command in next {
        let mut state = with_runs();
        assert!(update(&mut state, draft("t")).is_empty() && update(&mut state, draft("tried")).is_empty(), "no file a letter");
        assert!(
            update(&mut state, DataCommand::WantThumbnails(Vec::new())).len() == 1,
            "what goes by itself is no end of typing"
        );
        let effects = update(&mut state, command);
        assert!(
            matches!(&effects[0], Effect::Load(LoadRequest::Run(RunAction::Edit { notes, .. })) if notes == "tried"),
            "{effects:?}"
        );
        let manifest = &state.runs[0].manifest;
        assert_eq!((manifest.name.as_str(), manifest.notes.as_str()), ("eyes", "tried"), "a run keeps a name");
        update(&mut state, AppCommand::Undo);
        assert_eq!(state.runs[0].manifest.notes, "Gaussian tried");
    }
}

#[test]
fn the_settings_of_a_run_come_into_the_form_and_go_again() {
    let mut state = with_runs();
    state.runs[1].config.preprocess.circle_crop = true;
    state.runs[1].config.dia.model = "work/runs/eyes".into();
    let before = state.train.clone();
    update(&mut state, TrainCommand::UseSettings("work/runs/lungs".into()));
    assert_eq!((state.train.config.ddpm.steps, state.train.texts["ddpm.steps"].as_str()), (20, "20"));
    assert!(state.train.config.preprocess.circle_crop && state.train.error().is_none());
    assert_eq!(state.train.reuse, Some(ModelSource("work/runs/eyes".into())), "its model was a given one");
    update(&mut state, AppCommand::Undo);
    assert_eq!(state.train, before);
}

#[test]
fn a_run_in_work_stays() {
    let mut state = with_runs();
    state.runs[0].is_locked = true;
    assert!(update(&mut state, RunsCommand::Action(RunAction::Trash("work/runs/eyes".into()))).is_empty());
    assert!(state.notifications.last().unwrap().hint.contains("stop"));
    assert_eq!(update(&mut state, RunsCommand::Action(RunAction::Trash("work/runs/lungs".into()))).len(), 1);
}

#[test]
fn a_comparison_reads_curves_and_is_bounded() {
    let mut state = with_runs();
    assert!(matches!(
        &update(&mut state, RunsCommand::Compare("work/runs/eyes".into()))[..],
        [Effect::Load(LoadRequest::Curves(_))]
    ));
    assert!(update(&mut state, RunsCommand::Compare("work/runs/eyes".into())).is_empty(), "taken out again");
    for i in 0..9 {
        update(&mut state, RunsCommand::Compare(format!("{i}").into()));
    }
    assert_eq!(state.run_list.compared.len(), crate::app::update::runs::COMPARED);
}
