//! Saved views of the grid and of the gallery.

use super::{opened, scored};
use crate::{
    app::{
        AppCommand, DataCommand, Effect, ResultsCommand, State,
        actions::{self, Id},
        state::{Colours, Filter, GalleryFilter, ResultsCurve, Sort, Tab, Workspace, WorkspaceSettings},
        update::update,
    },
    data::Split,
    jobs::loader::LoadRequest,
};

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
    let filter = Filter { split: Some(Split::Test), class: Some(1), ..Filter::default() };
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
