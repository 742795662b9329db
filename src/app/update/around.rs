//! The frame: workspaces, side panels, what lies above them, and the keys that walk.

use super::{comparing, data, dissolve, jobs, results, why};
use crate::{
    app::{
        Command, Effect, State,
        state::{Overlay, Side, Workspace},
    },
    jobs::{Pick, RunEntry, RunErrand},
};
use std::path::PathBuf;

pub fn go(state: &mut State, workspace: Workspace) -> Vec<Effect> {
    state.workspace = workspace;
    state.remembered.workspace = workspace;
    state.overlay = None;
    let mut effects = match workspace {
        Workspace::Dissolve => dissolve::refresh(state),
        Workspace::Train => jobs::look_at_machine(state),
        _ => Vec::new(),
    };
    if workspace != Workspace::Dissolve {
        state.dissolve.playing = false;
    }
    // The newest scores, of the images that are open where there are any, are what a person comes to see.
    if workspace == Workspace::Results && state.results.run.is_none() {
        let scored = || state.runs.iter().filter(|r| r.has_scores);
        let of_open = |r: &&RunEntry| state.open().is_some_and(|open| open.config.path == r.config.data.path);
        let newest = scored().find(of_open).or_else(|| scored().next()).map(|r| r.path.clone());
        effects.extend(newest.into_iter().flat_map(|run| results::open_run(state, run)));
    }
    effects
}

pub fn fold(state: &mut State, side: Side) -> Vec<Effect> {
    let hidden = match side {
        Side::Library => &mut state.remembered.library_hidden,
        Side::Inspector => &mut state.remembered.inspector_hidden,
        Side::Log => &mut state.remembered.log_shown,
    };
    *hidden = !*hidden;
    if side == Side::Log { jobs::read_log(state) } else { Vec::new() }
}

pub fn toggle(state: &mut State, overlay: Overlay) -> Vec<Effect> {
    state.overlay = (state.overlay != Some(overlay)).then_some(overlay);
    match state.overlay {
        Some(Overlay::Picture) => {
            let mut effects = Vec::new();
            // Of the gallery its first image where none is selected: one with a score.
            if state.workspace == Workspace::Results && state.results.ready().is_some() && state.results.selected().is_none() {
                effects.extend(results::walk(state, 0));
            }
            effects.extend(dissolve::refresh(state));
            effects.extend(why::ask(state));
            effects
        }
        _ => Vec::new(),
    }
}

/// Takes the last change back.
pub fn undo(state: &mut State) -> Vec<Effect> {
    let Some(command) = state.history.begin_undo() else { return Vec::new() };
    replay(state, command)
}

pub fn redo(state: &mut State) -> Vec<Effect> {
    let Some(command) = state.history.begin_redo() else { return Vec::new() };
    replay(state, command)
}

fn replay(state: &mut State, command: Command) -> Vec<Effect> {
    let effects = super::update(state, command);
    state.history.end();
    effects
}

/// One level out.
pub fn escape(state: &mut State) -> Vec<Effect> {
    if state.overlay.take().is_none() {
        if state.dissolve.playing {
            state.dissolve.playing = false;
        } else {
            state.notices.clear();
        }
    }
    Vec::new()
}

pub fn walk(state: &mut State, by: i64) -> Vec<Effect> {
    if state.workspace == Workspace::Results {
        return results::walk(state, by);
    }
    let shown = &state.data.shown;
    let at = state.selected.and_then(|id| shown.iter().position(|s| *s == id));
    let next = stepped(at, by, shown.len()).and_then(|i| shown.get(i).copied());
    next.map_or_else(Vec::new, |id| data::select(state, id))
}

/// `by` places from `at`, within `0..len`; the first one where nothing was selected.
pub(super) fn stepped(at: Option<usize>, by: i64, len: usize) -> Option<usize> {
    let last = len.checked_sub(1)?;
    Some(at.map_or(0, |at| (at as i64).saturating_add(by).clamp(0, last as i64) as usize))
}

pub fn picked(state: &mut State, pick: Pick, path: Option<PathBuf>) -> Vec<Effect> {
    match (pick, path) {
        // A missing desktop portal looks like a cancel: the typed path is there in either case.
        (_, None) => Vec::new(),
        (Pick::DataFolder | Pick::DataFile, Some(path)) => data::open(state, path),
        (Pick::ModelRun, Some(path)) => super::runs::errand(state, RunErrand::Import(path)),
        (Pick::Table, Some(path)) => data::choose_columns(state, Some(path)),
        (Pick::FilmFolder, Some(path)) => dissolve::show(state, |d| d.film_folder = path),
        (Pick::Model, Some(path)) => dissolve::import(state, path),
        (Pick::FolderToScore, Some(path)) => comparing::score_folder(state, path),
    }
}
