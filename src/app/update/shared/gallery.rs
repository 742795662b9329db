//! The gallery of Results: what it shows, and which of its images is selected.

use super::{
    explanation,
    selection::{self, stepped},
};
use crate::{
    app::{
        Effect, State,
        state::{Comparing, Mark, ResultsState},
    },
    engine::thumbnail_cache::Thumb,
};
use std::path::PathBuf;

/// Changes what the gallery shows.
pub fn relist(state: &mut State, change: impl FnOnce(&mut ResultsState)) -> Vec<Effect> {
    change(&mut state.results);
    state.results.list();
    Vec::new()
}

/// The scores in view, or the open data set, have become others.
pub fn meet(state: &mut State) {
    let open = state.results.ready().and_then(|set| state.open_of(set)).cloned();
    state.results.meet(open.as_deref());
}

/// Steps through the images that are listed, or that two runs are compared on.
pub fn walk(state: &mut State, by: i64) -> Vec<Effect> {
    beside(state, by).map_or_else(Vec::new, |row| select_row(state, row))
}

/// The row that is listed `by` places from the selected one.
fn beside(state: &State, by: i64) -> Option<usize> {
    let compared = match &state.results.comparison {
        Comparing::Ready(compared) => Some(compared),
        _ => None,
    };
    let gallery: &[usize] = compared.map_or(&state.results.shown, |compared| &compared.rows);
    let at = state.results.row.and_then(|row| gallery.iter().position(|r| *r == row));
    stepped(at, by, gallery.len()).and_then(|i| gallery.get(i).copied())
}

/// Selects an image of the gallery, in all workspaces where its data set is open.
pub fn select_row(state: &mut State, row: usize) -> Vec<Effect> {
    state.results.marked.clear();
    selection::unmark(state);
    look_at(state, row)
}

/// Changes which rows are marked.
pub fn mark(state: &mut State, mark: Mark<usize>) -> Vec<Effect> {
    let r = &mut state.results;
    let shown = r.shown.clone();
    let seen = r.marked.mark(mark, &shown, r.row);
    seen.map_or_else(Vec::new, |row| look_at(state, row))
}

/// Marks the rows up to the one `by` places further.
pub fn extend(state: &mut State, by: i64) -> Vec<Effect> {
    beside(state, by).map_or_else(Vec::new, |row| mark(state, Mark::To(row)))
}

fn look_at(state: &mut State, row: usize) -> Vec<Effect> {
    state.results.row = Some(row);
    let mut effects = state.image_of_row().map_or_else(Vec::new, |id| selection::look_at(state, id));
    effects.extend(explanation::ask(state));
    effects
}

/// The saved file that a thumbnail is made from: the image under its anomaly map. `None` where the image alone is wanted, or the
/// scores have gone that it was wanted for.
pub fn overlay(state: &State, thumb: Thumb) -> Option<PathBuf> {
    let set = state.results.ready().filter(|_| thumb.under_map == Some(state.results.number))?;
    let item = state.open()?.dataset.item(thumb.image)?;
    set.maps.overlay(&item.name).map(PathBuf::from)
}
