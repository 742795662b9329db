//! The large view of the selected image, and the map of what covering it changes, which is seen there alone.

use super::{
    dissolve,
    shared::{explanation, gallery},
};
use crate::app::{
    Effect, State, actions,
    state::{Map, Overlay, Workspace},
};

/// What the large view needs when it comes up.
pub fn show(state: &mut State) -> Vec<Effect> {
    let mut effects = Vec::new();
    // Of the gallery its first image where none is selected: one with a score.
    if state.workspace == Workspace::Results && state.results.ready().is_some() && state.results.selected().is_none() {
        effects.extend(gallery::walk(state, 0));
    }
    effects.extend(dissolve::refresh(state));
    effects.extend(explanation::ask(state));
    effects
}

/// Asks for the map, or stops that.
pub fn occlude(state: &mut State, wanted: bool) -> Vec<Effect> {
    if !wanted {
        // The same question without its map ends the work on it.
        state.results.explanation.map = Map::None;
        return explanation::question(state, false).into_iter().collect();
    }
    if let Err(reason) = actions::may_score(state) {
        state.notify_error("There is no map for this run.", reason);
        return Vec::new();
    }
    // The map is seen in the large view alone; to come from elsewhere is to open it.
    let mut effects = Vec::new();
    if state.overlay != Some(Overlay::Picture) {
        state.overlay = Some(Overlay::Picture);
        effects = show(state);
    }
    let asked = explanation::question(state, true);
    if asked.is_some() {
        state.results.explanation.failed = None;
        state.results.explanation.map = Map::Running { done: 0, of: 1 };
    }
    effects.extend(asked);
    effects
}
