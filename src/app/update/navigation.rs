//! The frame: workspaces, side panels, what lies above them, and the keys that walk.

use super::{compare_runs, data, dissolve, explanation, jobs, results};
use crate::{
    app::{
        Command, Effect, State,
        state::{Comparing, Overlay, Room, Side, Workspace},
    },
    engine::{runs::actions::RunAction, runs::list::RunEntry},
    jobs::events::{Pick, Picked},
};
use std::path::Path;

pub fn go(state: &mut State, workspace: Workspace) -> Vec<Effect> {
    state.workspace = workspace;
    state.persisted.workspace = workspace;
    state.overlay = None;
    uncover(state);
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

/// Where only one panel has room, it is the one that holds the tools.
pub fn room(state: &mut State, room: Room) -> Vec<Effect> {
    state.room = room;
    state.drawer = (room == Room::Narrow && !state.persisted.inspector_hidden).then_some(Side::Inspector);
    Vec::new()
}

pub fn fold(state: &mut State, side: Side) -> Vec<Effect> {
    if state.room != Room::Wide && side != Side::Log {
        state.drawer = (state.drawer != Some(side)).then_some(side);
        return Vec::new();
    }
    let hidden = match side {
        Side::Library => &mut state.persisted.library_hidden,
        Side::Inspector => &mut state.persisted.inspector_hidden,
        Side::Log => &mut state.persisted.log_shown,
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
            effects.extend(explanation::ask(state));
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

/// Takes away a panel that covers the page; returns whether there was one.
fn uncover(state: &mut State) -> bool {
    state.room == Room::Small && state.drawer.take().is_some()
}

/// One level out.
pub fn escape(state: &mut State) -> Vec<Effect> {
    let inner = state.overlay == Some(Overlay::Runs) && leave_trash(state);
    if inner || state.overlay.take().is_some() || uncover(state) {
        return Vec::new();
    }
    if std::mem::take(&mut state.dissolve.playing) || leave_question(state) {
        return Vec::new();
    }
    state.notices.clear();
    Vec::new()
}

/// Takes back the question whether to delete, else leaves the trash; returns whether there was one of them.
fn leave_trash(state: &mut State) -> bool {
    let list = &mut state.list;
    !std::mem::take(&mut list.deleting).is_empty() || std::mem::take(&mut list.shows_trash)
}

/// Takes away what the page asks or says beside its content, the innermost first; returns whether there was something.
fn leave_question(state: &mut State) -> bool {
    let (data, results) = (&mut state.data, &mut state.results);
    match state.workspace {
        Workspace::Data => data.table.take().is_some() || data.failed.take().is_some(),
        Workspace::Results if std::mem::take(&mut results.asks_folder) => true,
        Workspace::Results => !matches!(std::mem::take(&mut results.comparison), Comparing::None),
        _ => false,
    }
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
pub(crate) fn stepped(at: Option<usize>, by: i64, len: usize) -> Option<usize> {
    let last = len.checked_sub(1)?;
    Some(at.map_or(0, |at| (at as i64).saturating_add(by).clamp(0, last as i64) as usize))
}

/// Asks for files or folders, near those of the same kind.
pub fn pick(state: &State, pick: Pick) -> Vec<Effect> {
    let from = match pick {
        Pick::DataFolder | Pick::DataFile | Pick::FolderToScore | Pick::Table => {
            state.open().and_then(|open| open.config.path.parent()).map(Path::to_path_buf)
        }
        Pick::ExportFolder => Some(state.dissolve.export_folder.clone()).filter(|folder| !folder.as_os_str().is_empty()),
        Pick::Model | Pick::ModelRun => None,
    };
    vec![Effect::Pick { pick, from }]
}

pub fn picked(state: &mut State, pick: Pick, picked: Picked) -> Vec<Effect> {
    let paths = match picked {
        Picked::Paths(paths) => paths,
        Picked::NoDialog => {
            let hint = match pick {
                Pick::Model | Pick::ModelRun => "drop the file on the window",
                _ => "type the path, or drop files and folders on the window",
            };
            state.notify_error("This desktop has shown no file dialog", hint);
            return Vec::new();
        }
    };
    let Some(path) = paths.first().cloned() else { return Vec::new() };
    match pick {
        Pick::DataFolder | Pick::DataFile => data::open_several(state, paths),
        Pick::ModelRun => super::runs::action(state, RunAction::Import(path)),
        Pick::Table => data::choose_columns(state, Some(path)),
        Pick::ExportFolder => dissolve::show(state, |d| d.export_folder = path),
        Pick::Model => dissolve::import(path),
        Pick::FolderToScore => compare_runs::score_folder(state, path),
    }
}
