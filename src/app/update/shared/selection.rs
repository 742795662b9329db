//! The one selected image, shared by all workspaces, and those that are marked with it in the grid of Data.

use crate::{
    app::{
        Effect, State,
        state::{Filter, Mark},
        update::dissolve,
    },
    data::ImageId,
};
use std::sync::Arc;

/// Selects an image, and no other beside it.
pub fn select(state: &mut State, id: ImageId) -> Vec<Effect> {
    unmark(state);
    look_at(state, id)
}

/// What was dissolved is of another image.
pub fn look_at(state: &mut State, id: ImageId) -> Vec<Effect> {
    if state.selected == Some(id) {
        return Vec::new();
    }
    state.selected = Some(id);
    state.dissolve.view = Default::default();
    dissolve::invalidate(state)
}

/// Changes which images are marked.
pub fn mark(state: &mut State, mark: Mark<ImageId>) -> Vec<Effect> {
    let shown = state.data.shown.clone();
    let seen = state.data.marked.mark(mark, &shown, state.selected);
    seen.map_or_else(Vec::new, |id| look_at(state, id))
}

/// Takes all marks away; returns whether there were any.
pub fn unmark(state: &mut State) -> bool {
    state.data.marked.clear()
}

/// Marks the images up to the one `by` places further.
pub fn extend(state: &mut State, by: i64) -> Vec<Effect> {
    beside(state, by).map_or_else(Vec::new, |id| mark(state, Mark::To(id)))
}

/// The image that is shown `by` places from the selected one.
pub fn beside(state: &State, by: i64) -> Option<ImageId> {
    let shown = &state.data.shown;
    let at = state.selected.and_then(|id| shown.binary_search(&id).ok());
    stepped(at, by, shown.len()).and_then(|i| shown.get(i).copied())
}

/// Lists the images that pass the filter; what it hides is not marked.
pub fn show(state: &mut State) {
    let Some(open) = state.data.open.clone() else { return };
    let filter = &mut state.data.filter;
    filter.classes.retain(|&class| class < open.dataset.classes.len());
    // Labels and what is left out can be taken back until none is left to be shown.
    filter.left_out &= open.left_out > 0;
    filter.unlabelled &= open.unlabelled.total() > 0;
    filter.tag.take_if(|tag| !open.tags.contains_key(tag));
    filter.columns.keep_known(&open.dataset.metadata);
    let Filter { split, left_out, unlabelled, .. } = *filter;
    let (classes, tag, curation) = (filter.classes.clone(), filter.tag.clone(), open.dataset.curation.clone());
    let by_columns = filter.columns.passes(&open.dataset.metadata);
    let passes = (0u32..).zip(&open.dataset.items).filter(|(_, item)| {
        split.is_none_or(|s| item.split == s)
            && (classes.is_empty() || item.class.is_some_and(|class| classes.contains(&class)))
            && (!left_out || item.said.leave_out)
            && (!unlabelled || item.class.is_none() && !item.said.leave_out)
            && tag.as_ref().is_none_or(|tag| curation.has_tag(&item.name, tag))
            && by_columns(item.row)
    });
    state.data.shown = Arc::new(passes.map(|(i, _)| ImageId(i)).collect());
    let shown = state.data.shown.clone();
    state.data.marked.keep_shown(&shown);
}

/// `by` places from `at`, within `0..len`; the first one where nothing was selected.
pub fn stepped(at: Option<usize>, by: i64, len: usize) -> Option<usize> {
    let last = len.checked_sub(1)?;
    Some(at.map_or(0, |at| (at as i64).saturating_add(by).clamp(0, last as i64) as usize))
}
