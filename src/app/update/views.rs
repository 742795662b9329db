//! Saved views: kept under a name, and shown again.

use super::{
    large_view, results,
    shared::{embedding, gallery, selection, workspace_settings},
};
use crate::app::{
    Effect, ResultsCommand, State, actions,
    state::{Change, DataListView, Edit, ListView, ResultsListView, SavedView, WorkspaceSettings},
};

/// Keeps what is seen under a name; a view of this workspace with that name is replaced.
pub fn save(state: &mut State, name: &str) -> Vec<Effect> {
    let (name, Some(view)) = (name.trim().to_string(), state.present_view()) else { return Vec::new() };
    if name.is_empty() {
        return Vec::new();
    }
    let mut views = state.workspace_settings.views.clone();
    let saved = SavedView { name, view };
    match views.iter_mut().find(|other| other.name == saved.name && other.view.workspace() == saved.view.workspace()) {
        Some(other) => *other = saved.clone(),
        None => views.push(saved.clone()),
    }
    state.last_view = Some(saved.name.clone());
    replace(state, views, format!("View “{}”", saved.name))
}

pub fn forget(state: &mut State, view: &SavedView) -> Vec<Effect> {
    let views = state.workspace_settings.views.iter().filter(|other| *other != view).cloned().collect();
    replace(state, views, format!("Forget the view “{}”", view.name))
}

/// The saved views become these.
pub fn replace(state: &mut State, views: Vec<SavedView>, what: String) -> Vec<Effect> {
    let before = state.workspace_settings.views.clone();
    state.history.note(Change::new(what, Edit::Views(before), Edit::Views(views.clone())));
    let settings = WorkspaceSettings { views, ..state.workspace_settings.clone() };
    workspace_settings::keep(state, settings)
}

pub fn show(state: &mut State, view: ListView) -> Vec<Effect> {
    match view {
        ListView::Data(view) => in_data(state, &view),
        ListView::Results(view) => in_results(state, view),
    }
}

fn in_data(state: &mut State, view: &DataListView) -> Vec<Effect> {
    if let Some(open) = state.open().cloned() {
        state.data.filter = view.filter(&open.dataset);
        selection::show(state);
    }
    Vec::new()
}

fn in_results(state: &mut State, view: ResultsListView) -> Vec<Effect> {
    let Some(set) = state.results.ready().cloned() else { return Vec::new() };
    let mut effects = Vec::new();
    if set.kinds.contains(&view.score) {
        effects.extend(results::execute(state, ResultsCommand::By(view.score)));
    }
    let maps = view.map_view(state.results.map_view);
    effects.extend(large_view::view_maps(state, maps));
    let likeness = view.likeness && actions::may_embed(state).is_ok();
    effects.extend(embedding::look(state, likeness));
    let r = &mut state.results;
    r.embedding.colours = view.colours;
    (r.tab, r.sort, r.curve, r.filter) = (view.tab, view.sort, view.curve, view.filter);
    // Tags and columns that these images do not have are not asked for.
    gallery::meet(state);
    effects
}
