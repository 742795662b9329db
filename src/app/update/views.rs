//! Saved views: kept under a name, and shown again.

use super::{
    large_view, results,
    shared::{embedding, gallery, selection, workspace_settings},
};
use crate::app::{
    Effect, ResultsCommand, State, actions,
    state::{DataListView, Edit, HistoryEntry, ListView, MapView, ResultsListView, SavedView, ShownView, WorkspaceSettings},
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
    state.last_view = Some(ShownView { name: saved.name.clone(), lacks: Vec::new(), view: saved.view.clone() });
    replace(state, views, format!("View “{}”", saved.name))
}

pub fn forget(state: &mut State, view: &SavedView) -> Vec<Effect> {
    let views = state.workspace_settings.views.iter().filter(|other| *other != view).cloned().collect();
    replace(state, views, format!("Forget the view “{}”", view.name))
}

/// The saved views become these.
pub fn replace(state: &mut State, views: Vec<SavedView>, what: String) -> Vec<Effect> {
    let before = state.workspace_settings.views.clone();
    state.history.note(HistoryEntry::new(what, Edit::Views(before), Edit::Views(views.clone())));
    let settings = WorkspaceSettings { views, ..state.workspace_settings.clone() };
    workspace_settings::keep(state, settings)
}

/// Shows a view; what it asks for and is not here is kept, to be told.
pub fn show(state: &mut State, SavedView { name, view }: SavedView) -> Vec<Effect> {
    let (effects, seen) = match view {
        ListView::Data(view) => (Vec::new(), in_data(state, &view)),
        ListView::Results(view) => in_results(state, &view),
    };
    state.last_view = seen.map(|(lacks, view)| ShownView { name, lacks, view });
    effects
}

/// What a view lacks, and what is seen.
type Seen = Option<(Vec<String>, ListView)>;

fn in_data(state: &mut State, view: &DataListView) -> Seen {
    let open = state.open()?.clone();
    state.data.filter = view.filter(&open.dataset);
    selection::show(state);
    let now = state.data_view()?;
    Some((view.lacks(&now), ListView::Data(now)))
}

fn in_results(state: &mut State, view: &ResultsListView) -> (Vec<Effect>, Seen) {
    let Some(set) = state.results.ready().cloned() else { return (Vec::new(), None) };
    let mut effects = Vec::new();
    let has_score = set.kinds.contains(&view.score);
    if has_score {
        effects.extend(results::execute(state, ResultsCommand::By(view.score)));
    }
    let maps = MapView { in_gallery: view.maps && actions::may_show_maps(state).is_ok(), ..state.results.map_view };
    effects.extend(large_view::view_maps(state, maps));
    let likeness = view.likeness && actions::may_embed(state).is_ok();
    effects.extend(embedding::look(state, likeness));
    let mut filter = view.filter.clone();
    let tab = view.tab.here(&set);
    filter.classes.retain(|class| tab.classes(&set).contains(class));
    if !has_score {
        // It is one of the other score.
        filter.range = [None; 2];
    }
    let r = &mut state.results;
    r.embedding.colours = view.colours;
    (r.tab, r.sort, r.curve, r.filter) = (tab, view.sort, view.curve, filter);
    // Tags and columns that these images do not have are not asked for.
    gallery::meet(state);
    // The score that was asked for is on its way.
    let now = state.results_view().map(|now| ResultsListView { score: if has_score { view.score } else { set.kind }, ..now });
    (effects, now.map(|now| (view.lacks(&now), ListView::Results(now))))
}
