//! Saved views of the grid and of the gallery.

use super::{opened, scored};
use crate::{
    app::{
        AppCommand, DataCommand, Effect, ResultsCommand, State,
        actions::{self, Id},
        state::{
            Colours, ColumnFilter, ColumnTest, DataListView, Filter, GalleryFilter, ListView, ResultsCurve, ResultsListView,
            SavedView, Sort, Tab, Workspace, WorkspaceSettings,
        },
        update::update,
    },
    config::RunConfig,
    data::Split,
    engine::runs::score_set::ScoreSet,
    jobs::{events::JobEvent, loader::LoadRequest},
    scores::ScoreKind,
};
use std::sync::Arc;

/// What was written last is read again.
fn kept(effects: &[Effect]) -> WorkspaceSettings {
    let [.., Effect::Load(LoadRequest::KeepWindow(bytes))] = effects else { panic!("{effects:?}") };
    serde_json::from_slice(bytes).unwrap()
}

fn next(state: &mut State) {
    let action = actions::get(Id::NextView);
    assert_eq!((action.allowed)(state), Ok(()));
    let command = (action.command)(state);
    update(state, command);
}

#[test]
fn a_view_of_the_grid_is_kept_and_shown_again() {
    let mut state = opened();
    assert!((actions::get(Id::NextView).allowed)(&state).is_err());
    let filter = Filter { split: Some(Split::Test), classes: [1].into(), ..Filter::default() };
    update(&mut state, DataCommand::Filter(filter.clone()));
    let effects = update(&mut state, AppCommand::SaveView(" bad tests ".into()));
    assert_eq!(kept(&effects), state.workspace_settings);
    update(&mut state, DataCommand::Filter(Filter::default()));
    update(&mut state, AppCommand::SaveView("all".into()));
    assert_eq!(state.saved_views().map(|saved| saved.name.as_str()).collect::<Vec<_>>(), ["bad tests", "all"]);
    next(&mut state);
    assert_eq!((state.data.filter.clone(), state.data.shown.len()), (filter, 2), "after the last comes the first");
    update(&mut state, AppCommand::SaveView("all".into()));
    assert_eq!(state.saved_views().count(), 2, "one name, one view");
    update(&mut state, AppCommand::Undo);
    next(&mut state);
    assert_eq!(state.data.shown.len(), 8, "it says again what it said");
    let first = state.saved_views().next().unwrap().clone();
    update(&mut state, AppCommand::ForgetView(first));
    assert_eq!(state.saved_views().count(), 1);
    update(&mut state, AppCommand::Undo);
    assert_eq!(state.saved_views().count(), 2);
    update(&mut state, AppCommand::Go(Workspace::Train));
    assert!(update(&mut state, AppCommand::SaveView("none".into())).is_empty(), "there is no list");
}

#[test]
fn a_view_of_the_gallery_has_its_order_and_its_charts() {
    let mut state = scored();
    update(&mut state, AppCommand::Go(Workspace::Results));
    assert_eq!(state.saved_views().count(), 0);
    let filter = GalleryFilter { range: [Some(0.5), None], text: "png".into(), ..GalleryFilter::default() };
    for command in [
        ResultsCommand::Tab(Tab::All),
        ResultsCommand::Sort(Sort::Lowest),
        ResultsCommand::Filter(filter.clone()),
        ResultsCommand::Curve(ResultsCurve::PrecisionRecall),
        ResultsCommand::EmbeddingColours(Colours::Tags),
    ] {
        update(&mut state, command);
    }
    let effects = update(&mut state, AppCommand::SaveView("low ones".into()));
    assert_eq!(kept(&effects), state.workspace_settings);
    let shown = state.results.shown.clone();
    for command in [
        ResultsCommand::Tab(Tab::FalsePositives),
        ResultsCommand::Sort(Sort::Name),
        ResultsCommand::Filter(GalleryFilter::default()),
        ResultsCommand::Curve(ResultsCurve::Roc),
        ResultsCommand::EmbeddingColours(Colours::Label),
    ] {
        update(&mut state, command);
    }
    next(&mut state);
    let r = &state.results;
    assert_eq!((&r.shown, &r.filter, r.sort, r.curve), (&shown, &filter, Sort::Lowest, ResultsCurve::PrecisionRecall));
    assert_eq!(r.embedding.colours, Colours::Tags);
    update(&mut state, AppCommand::Go(Workspace::Data));
    assert_eq!(state.saved_views().count(), 0, "each workspace has its own");
}

fn show(state: &mut State, name: &str, view: ListView) {
    update(state, AppCommand::ShowView(SavedView { name: name.into(), view }));
}

fn column(name: &str) -> ColumnFilter {
    let mut columns = ColumnFilter::default();
    columns.set(name, ColumnTest::Contains("left".into()));
    columns
}

#[test]
fn what_a_view_of_the_grid_asks_for_and_is_not_here_is_said() {
    let mut state = opened();
    let here = DataListView { split: Some(Split::Test), classes: ["bad".into()].into(), ..DataListView::default() };
    show(&mut state, "bad tests", ListView::Data(here.clone()));
    assert_eq!((state.view_note(), state.data.shown.len()), (None, 2));
    let elsewhere = DataListView {
        classes: ["cyst".into()].into(),
        tag: Some("blur".into()),
        left_out: true,
        columns: column("side"),
        ..here
    };
    show(&mut state, "cysts", ListView::Data(elsewhere));
    let note = "“cysts” without what is not here: class cyst, left-out images, tag blur, column side.";
    assert_eq!((state.view_note().as_deref(), state.data.shown.len()), (Some(note), 4));
    update(&mut state, AppCommand::Go(Workspace::Train));
    assert_eq!(state.view_note(), None, "it is said where the list is");
    update(&mut state, AppCommand::Go(Workspace::Data));
    assert!(state.view_note().is_some());
    update(&mut state, DataCommand::Filter(Filter::default()));
    assert_eq!(state.view_note(), None, "that is another view");
}

#[test]
fn what_a_view_of_the_gallery_asks_for_and_is_not_here_is_said() {
    let mut state = scored();
    update(&mut state, AppCommand::Go(Workspace::Results));
    let filter = GalleryFilter {
        classes: ["cyst".into(), "drusen".into()].into(),
        range: [Some(7.0), None],
        own_tag: Some("blur".into()),
        columns: column("side"),
        ..GalleryFilter::default()
    };
    let view = ResultsListView { score: ScoreKind::Map, tab: Tab::All, filter, likeness: true, maps: true, ..Default::default() };
    show(&mut state, "high maps", ListView::Results(view.clone()));
    let lacks =
        "score Anomaly map with its range, class cyst, class drusen, tag blur, column side, images by likeness, anomaly maps";
    assert_eq!(state.view_note(), Some(format!("“high maps” without what is not here: {lacks}.")));
    assert!(state.results.filter.is_empty(), "a range of another score says nothing of this one");
    assert_eq!(state.results.shown.len(), 4);

    let training = ResultsListView { tab: Tab::Training, ..Default::default() };
    show(&mut state, "training", ListView::Results(training.clone()));
    assert_eq!((state.view_note(), state.results.tab), (None, Tab::Training));
    // Another score, of which the training images were not held out, and one that has them.
    let mut scores = state.results.ready().unwrap().scores.clone();
    scores.rows.iter_mut().for_each(|row| row.by[ScoreKind::Features] = (row.split == "test").then_some(row.score));
    scores.rows.iter_mut().for_each(|row| row.by[ScoreKind::Lead] = Some(row.score));
    let config = || RunConfig { data: state.results.ready().unwrap().data.clone(), ..RunConfig::default() };
    let set = |kind| Arc::new(ScoreSet::new("run".as_ref(), "run".into(), config(), scores.clone(), Some(kind)).unwrap());
    let sets = [ScoreKind::Dia, ScoreKind::Features, ScoreKind::Lead].map(set);
    for (place, tab, shown) in [(0, Tab::Training, 1), (1, Tab::All, 4), (2, Tab::Training, 1)] {
        update(&mut state, JobEvent::Scores { run: "run".into(), scores: Ok(sets[0].clone()) });
        let view = ResultsListView { score: sets[place].kind, ..training.clone() };
        show(&mut state, "training", ListView::Results(view));
        update(&mut state, JobEvent::Scores { run: "run".into(), scores: Ok(sets[place].clone()) });
        assert_eq!((state.results.tab, state.results.shown.len()), (tab, shown), "{place}");
        let said = (tab != Tab::Training).then(|| "“training” without what is not here: training normals.".to_string());
        assert_eq!(state.view_note(), said);
    }
    update(&mut state, ResultsCommand::Open("run".into()));
    update(&mut state, JobEvent::Scores { run: "run".into(), scores: Ok(sets[0].clone()) });
    assert_eq!(state.results.tab, Tab::All, "a run is opened with its results");
}
