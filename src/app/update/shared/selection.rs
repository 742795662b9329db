//! The one selected image, shared by all workspaces.

use crate::{
    app::{Effect, State, update::dissolve},
    data::ImageId,
};

/// Selects an image; what was dissolved is of another one.
pub fn select(state: &mut State, id: ImageId) -> Vec<Effect> {
    if state.selected == Some(id) {
        return Vec::new();
    }
    state.selected = Some(id);
    state.dissolve.view = Default::default();
    dissolve::invalidate(state)
}

/// The image of the selected row, where its data set is open.
pub fn image_of_row(state: &State) -> Option<ImageId> {
    let (set, open) = (state.results.ready()?, state.open()?);
    (open.config.path == set.data.path).then(|| open.by_name.get(&state.results.selected()?.path).copied())?
}

/// `by` places from `at`, within `0..len`; the first one where nothing was selected.
pub fn stepped(at: Option<usize>, by: i64, len: usize) -> Option<usize> {
    let last = len.checked_sub(1)?;
    Some(at.map_or(0, |at| (at as i64).saturating_add(by).clamp(0, last as i64) as usize))
}
