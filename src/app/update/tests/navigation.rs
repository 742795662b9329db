//! Levels that Escape leaves, and the actions that are found by name alone.

use crate::{
    app::{
        AppCommand, DataCommand, DissolveCommand, Effect, ResultsCommand, RunsCommand, State,
        actions::{self, Id},
        state::{Comparing, GalleryFilter, OcclusionMap, Overlay, Track, Workspace},
        update::{tests::*, update},
    },
    config::{DissolveMethod, ThresholdRule},
    engine::runs::{actions::RunAction, comparison::ComparedRuns, score_set::ScoreSet},
    error::Failure,
    jobs::events::JobEvent,
};
use std::sync::Arc;

fn failure() -> Failure {
    Failure { summary: "no".into(), hint: None }
}

fn act(state: &mut State, id: Id) -> Vec<Effect> {
    let action = actions::get(id);
    assert_eq!((action.allowed)(state), Ok(()), "{}", action.name);
    let command = (action.command)(state);
    update(state, command)
}

#[test]
fn escape_leaves_one_level_after_the_other() {
    let mut state = opened();
    state.notify("said");
    update(&mut state, DataCommand::ChooseColumns(Some("set/table.csv".into())));
    update(&mut state, DataCommand::Open("other".into()));
    let generation = state.data.generation;
    update(&mut state, JobEvent::OpenFailed { generation, path: "other".into(), failure: failure() });
    update(&mut state, AppCommand::Toggle(Overlay::Runs));
    update(&mut state, RunsCommand::ShowTrash(true));
    update(&mut state, RunsCommand::AskDelete(vec!["work/.trash/eyes".into()]));
    let levels: [fn(&State) -> bool; 6] = [
        |s| !s.run_list.deleting.is_empty(),
        |s| s.run_list.shows_trash,
        |s| s.overlay.is_some(),
        |s| s.data.table.is_some(),
        |s| s.data.failed.is_some(),
        |s| !s.notifications.is_empty(),
    ];
    for left in 0..=levels.len() {
        let there: Vec<bool> = levels.iter().map(|level| level(&state)).collect();
        assert!(there.iter().enumerate().all(|(i, there)| *there == (i >= left)), "after {left}: {there:?}");
        update(&mut state, AppCommand::Escape);
    }
}

#[test]
fn what_is_looked_up_in_the_large_view_leads_back_to_it() {
    let mut state = scored();
    update(&mut state, AppCommand::Go(Workspace::Results));
    update(&mut state, ResultsCommand::Row(0));
    let mut toggle = |id: Option<Id>| {
        match id {
            Some(id) => act(&mut state, id),
            None => update(&mut state, AppCommand::Escape),
        };
        state.overlay
    };
    assert_eq!(toggle(Some(Id::BigPicture)), Some(Overlay::Picture));
    for (id, overlay) in [(Id::OwnTags, Overlay::Tags), (Id::Keys, Overlay::Keys), (Id::Palette, Overlay::Palette)] {
        for out in [Some(id), None] {
            assert_eq!(toggle(Some(id)), Some(overlay));
            assert_eq!(toggle(out), Some(Overlay::Picture), "by {out:?}");
        }
    }
    toggle(Some(Id::OwnTags));
    assert_eq!(toggle(Some(Id::Keys)), Some(Overlay::Keys), "one in the place of the other");
    assert_eq!(toggle(None), Some(Overlay::Picture));
    assert_eq!(toggle(Some(Id::Runs)), Some(Overlay::Runs), "another place");
    assert_eq!(toggle(None), None);
    toggle(Some(Id::BigPicture));
    toggle(Some(Id::OwnTags));
    assert_eq!(toggle(Some(Id::GoData)), None);
    assert_eq!(toggle(Some(Id::OwnTags)), Some(Overlay::Tags));
    assert_eq!(toggle(None), None, "the large view was left");
}

#[test]
fn escape_leaves_what_results_asks_and_compares() {
    let mut state = scored();
    update(&mut state, AppCommand::Go(Workspace::Results));
    update(&mut state, ResultsCommand::CompareWith(Some("other".into())));
    update(&mut state, ResultsCommand::AskFolder(true));
    update(&mut state, AppCommand::Escape);
    assert!(!state.results.asks_folder && !matches!(state.results.comparison, Comparing::None));
    update(&mut state, AppCommand::Escape);
    assert!(matches!(state.results.comparison, Comparing::None));
}

#[test]
fn the_card_of_a_failed_opening_can_be_dismissed() {
    let mut state = State::default();
    update(&mut state, DataCommand::Open("other".into()));
    update(&mut state, JobEvent::OpenFailed { generation: 1, path: "other".into(), failure: failure() });
    update(&mut state, DataCommand::DismissFailure);
    assert!(state.data.failed.is_none());
}

#[test]
fn arrows_walk_the_images_that_moved_while_they_are_shown() {
    let mut state = scored();
    update(&mut state, AppCommand::Go(Workspace::Results));
    let first = state.results.ready().unwrap().clone();
    let mut scores = first.scores.clone();
    scores.rows.iter_mut().for_each(|row| row.score = -row.score);
    let second = ScoreSet::new("other".as_ref(), "other".into(), first.config.clone(), scores, None).unwrap();
    let figures = crate::scores::Comparison::new(&first.scores, &second.scores, None).unwrap();
    let rows = vec![3, 0, 1];
    update(&mut state, ResultsCommand::CompareWith(Some("other".into())));
    let compared = Ok(Arc::new(ComparedRuns { first, second, figures, rows }));
    update(&mut state, JobEvent::ComparedRuns { second: "other".into(), compared });
    let mut walked = |by| {
        update(&mut state, AppCommand::Walk(by));
        state.results.row
    };
    assert_eq!([walked(1), walked(1), walked(1), walked(1), walked(-1)], [Some(3), Some(0), Some(1), Some(1), Some(0)]);
}

#[test]
fn the_run_in_view_is_reported_and_its_threshold_set_by_name() {
    let mut state = scored();
    assert!((actions::get(Id::Report).allowed)(&state).is_err(), "it is not listed yet");
    update(&mut state, JobEvent::Runs(vec![super::runs::entry_at("run")]));
    let effects = act(&mut state, Id::Report);
    assert!(
        matches!(&effects[..], [Effect::Load(LoadRequest::Run(RunAction::Report(run)))] if run.ends_with("run")),
        "{effects:?}"
    );
    for export in [Id::ExportWeights, Id::ExportOnnx] {
        assert!((actions::get(export).allowed)(&state).is_err(), "it has no weights");
    }
    state.runs[0].has_encoder = true;
    assert!(matches!(&act(&mut state, Id::ExportOnnx)[..], [Effect::Load(LoadRequest::Run(RunAction::ExportOnnx(_)))]));
    act(&mut state, Id::RuleYouden);
    assert_eq!(state.results.rule, Some(ThresholdRule::Youden));
    update(&mut state, AppCommand::Go(Workspace::Results));
    assert!((actions::get(Id::Unfiltered).allowed)(&state).is_err());
    update(&mut state, ResultsCommand::Filter(GalleryFilter { text: "7".into(), ..GalleryFilter::default() }));
    act(&mut state, Id::Unfiltered);
    assert!(state.results.filter.is_empty());
}

#[test]
fn the_map_is_asked_for_from_anywhere() {
    let mut state = scored();
    let set = state.results.ready().unwrap();
    let mut with = ScoreSet::new("run".as_ref(), "run".into(), set.config.clone(), set.scores.clone(), None).unwrap();
    with.encoder = Some("encoder".into());
    update(&mut state, ResultsCommand::Open("run".into()));
    update(&mut state, JobEvent::Scores { run: "run".into(), scores: Ok(Arc::new(with)) });
    update(&mut state, AppCommand::Go(Workspace::Results));
    assert!((actions::get(Id::Map).allowed)(&state).is_err(), "of which image?");
    update(&mut state, ResultsCommand::Row(0));
    let effects = act(&mut state, Id::Map);
    assert_eq!(state.overlay, Some(Overlay::Picture), "where it is seen");
    assert!(matches!(effects.last(), Some(Effect::Background(BackgroundEffect::Explain(question))) if question.occlude));
    assert!(matches!(state.results.explanation.map, OcclusionMap::Running { .. }) && state.results.explanation.row == Some(0));
}

#[test]
fn slider_and_pictures_follow_actions() {
    let mut state = opened();
    update(&mut state, AppCommand::Go(Workspace::Dissolve));
    let zoom = state.dissolve.view.zoom;
    act(&mut state, Id::ZoomIn);
    assert!(state.dissolve.view.zoom > zoom);
    act(&mut state, Id::PanLeft);
    assert!(state.dissolve.view.centre[0] < 0.5);
    act(&mut state, Id::ZoomOut);
    assert!((state.dissolve.view.zoom - zoom).abs() < 1e-3);
    assert!((actions::get(Id::Track).allowed)(&state).is_err(), "there is no model");
    let command = (actions::get(Id::Track).command)(&state);
    update(&mut state, command);
    assert_eq!(state.dissolve.track, Track::Linear);
    act(&mut state, Id::Duplicates);
    assert!(state.data.duplicate_search.asked && (actions::get(Id::Duplicates).allowed)(&state).is_err());
}

#[test]
fn the_large_view_of_data_has_actions_of_its_own() {
    let mut state = opened();
    let why = |state: &State, id| (actions::get(id).allowed)(state);
    assert!(why(&state, Id::LargeDissolved).unwrap_err().contains("no diffusion model"));
    assert!(why(&state, Id::LargeMask).unwrap_err().contains("no mask"));
    update(&mut state, DissolveCommand::Method(DissolveMethod::Resample));
    act(&mut state, Id::LargeDissolved);
    assert!(state.is_large_in_data() && !state.is_large_alone());
    update(&mut state, AppCommand::Escape);
    assert_eq!(act(&mut state, Id::LargeDissolved).len(), 0, "it is dissolved already");
    assert!(!state.is_large_alone() && state.is_large_in_data(), "it is shown, not turned off unseen");
    act(&mut state, Id::LargeDissolved);
    assert!(state.is_large_alone());
    update(&mut state, AppCommand::Go(Workspace::Dissolve));
    assert!(why(&state, Id::LargeDissolved).unwrap_err().contains("Data (1)"));
    act(&mut state, Id::NextLayout);
}
