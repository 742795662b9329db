//! Workspaces, side panels, what lies above them, undo, and the keys that walk.

use super::{
    data, dissolve, job_progress, large_view, results, runs,
    shared::{curation, gallery, machine, review, selection},
    views,
};
use crate::{
    app::{
        Effect, State,
        state::{Comparing, Edit, Overlay, Room, Side, Workspace},
    },
    data::ImageId,
};

/// Shows a workspace.
pub fn go(state: &mut State, workspace: Workspace) -> Vec<Effect> {
    state.workspace = workspace;
    state.persisted.workspace = workspace;
    state.leave_overlays();
    uncover(state);
    let mut effects = match workspace {
        Workspace::Dissolve => dissolve::refresh(state),
        Workspace::Train => machine::look(state),
        _ => Vec::new(),
    };
    if workspace != Workspace::Dissolve {
        state.dissolve.playing = false;
    }
    // The newest scores, of the images that are open where there are any, are what a person comes to see.
    if workspace == Workspace::Results && state.results.run.is_none() {
        let newest = state.newest_scored().map(|run| run.path.clone());
        effects.extend(newest.into_iter().flat_map(|run| results::open(state, run)));
    }
    effects
}

/// Shows images beside each other, in Dissolve.
pub fn compare(state: &mut State, images: Vec<ImageId>) -> Vec<Effect> {
    dissolve::put_beside(state, images);
    go(state, Workspace::Dissolve)
}

/// Where only one panel has room, it is the one that holds the tools.
pub fn room(state: &mut State, room: Room) -> Vec<Effect> {
    state.room = room;
    state.drawer = (room == Room::Narrow && !state.persisted.inspector_hidden).then_some(Side::Inspector);
    Vec::new()
}

/// Brings the field into view where the path of a data set is typed, and the cursor into it.
pub fn ask_path(state: &mut State) {
    state.leave_overlays();
    state.data.paths_asked += 1;
    // Where nothing is open it stands in the page of Data.
    if state.open().is_none() {
        state.workspace = Workspace::Data;
    } else if !state.unfolded(Side::Library) {
        fold(state, Side::Library);
    }
}

/// Hides or shows a side panel.
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
    if side == Side::Log { job_progress::read_log(state) } else { Vec::new() }
}

/// Takes the last change back.
pub fn undo(state: &mut State) -> Vec<Effect> {
    let what = state.history.next_undo().map(String::from);
    let edit = state.history.begin_undo();
    what.zip(edit).map_or_else(Vec::new, |(what, edit)| replay(state, edit, &format!("{UNDONE}{what}.")))
}

pub fn redo(state: &mut State) -> Vec<Effect> {
    let what = state.history.next_redo().map(String::from);
    let edit = state.history.begin_redo();
    what.zip(edit).map_or_else(Vec::new, |(what, edit)| replay(state, edit, &format!("{REDONE}{what}.")))
}

const UNDONE: &str = "Undone: ";
const REDONE: &str = "Made again: ";

/// `said`: the notice of it, since it may be out of view; of several such the last one is enough.
fn replay(state: &mut State, edit: Edit, said: &str) -> Vec<Effect> {
    state.history.seal();
    let effects = match edit {
        Edit::Form(form) => {
            state.train = *form;
            Vec::new()
        }
        Edit::Review { file, reviews } => review::replace(state, &file, reviews),
        Edit::Curation { data, curation } => curation::replace(state, &data, curation),
        Edit::Normal { data, names } => data::replace_normal(state, &data, names),
        Edit::Views(saved) => views::replace(state, saved, String::new()),
        Edit::Tags(tags) => curation::own_tags(state, tags),
        Edit::Run(action) => runs::action(state, action),
    };
    if state.history.end() {
        state.notifications.retain(|notification| ![UNDONE, REDONE].iter().any(|word| notification.text.starts_with(word)));
        state.notify(said);
    }
    effects
}

/// Takes away a panel that covers the page; returns whether there was one.
fn uncover(state: &mut State) -> bool {
    state.room == Room::Small && state.drawer.take().is_some()
}

/// One level out.
pub fn escape(state: &mut State) -> Vec<Effect> {
    let inner = state.overlay == Some(Overlay::Runs) && leave_trash(state);
    if !inner && state.overlay.is_some() {
        return leave_overlay(state);
    }
    if inner || uncover(state) {
        return Vec::new();
    }
    if std::mem::take(&mut state.dissolve.playing) || leave_question(state) {
        return Vec::new();
    }
    state.notifications.clear();
    Vec::new()
}

/// Takes back the question whether to delete, else leaves the trash; returns whether there was one of them.
fn leave_trash(state: &mut State) -> bool {
    let list = &mut state.run_list;
    !std::mem::take(&mut list.deleting).is_empty() || std::mem::take(&mut list.shows_trash)
}

/// Takes away what the page asks or says beside its content, the innermost first; returns whether there was something.
fn leave_question(state: &mut State) -> bool {
    let (data, results) = (&mut state.data, &mut state.results);
    match state.workspace {
        Workspace::Data if data.table.take().is_some() || std::mem::take(&mut data.chooses_normal) => true,
        Workspace::Data => data.failed.take().is_some() || selection::unmark(state),
        Workspace::Results if std::mem::take(&mut results.asks_folder) || results.marked.clear() => true,
        Workspace::Results => !matches!(std::mem::take(&mut results.comparison), Comparing::None),
        _ => false,
    }
}

/// Steps through the images of the workspace in view.
pub fn walk(state: &mut State, by: i64) -> Vec<Effect> {
    if state.workspace == Workspace::Results {
        return gallery::walk(state, by);
    }
    selection::beside(state, by).map_or_else(Vec::new, |id| selection::select(state, id))
}

/// Walks on by so many images, and selects what is walked over.
pub fn extend(state: &mut State, by: i64) -> Vec<Effect> {
    match state.workspace {
        Workspace::Data => selection::extend(state, by),
        Workspace::Results => gallery::extend(state, by),
        _ => walk(state, by),
    }
}

/// Opens what lies above the workspaces, or closes it.
pub fn toggle(state: &mut State, overlay: Overlay) -> Vec<Effect> {
    if state.overlay == Some(overlay) {
        return leave_overlay(state);
    }
    let place = state.overlay.filter(|below| below.is_place()).or(state.covered);
    show_overlay(state, Some(overlay), place.filter(|_| !overlay.is_place()))
}

/// Closes the top overlay and restores the one beneath.
fn leave_overlay(state: &mut State) -> Vec<Effect> {
    let covered = state.covered;
    show_overlay(state, covered, None)
}

fn show_overlay(state: &mut State, overlay: Option<Overlay>, covered: Option<Overlay>) -> Vec<Effect> {
    (state.overlay, state.covered) = (overlay, covered);
    if overlay == Some(Overlay::Picture) { large_view::show(state) } else { Vec::new() }
}
