//! The large view of the selected image, and what is seen there alone: its anomaly map, and the map of what covering it changes.

use super::{
    dissolve,
    shared::{explanation, gallery},
};
use crate::{
    app::{
        Effect, State, actions,
        state::{MapView, OcclusionMap, Overlay, Workspace},
    },
    engine::map_layers::MapLayers,
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
        state.results.explanation.map = OcclusionMap::None;
        return explanation::question(state, false).into_iter().collect();
    }
    if let Err(reason) = actions::may_score(state) {
        state.notify_error("There is no map for this run.", reason);
        return Vec::new();
    }
    let mut effects = open(state);
    let asked = explanation::question(state, true);
    if asked.is_some() {
        state.results.explanation.failed = None;
        state.results.explanation.map = OcclusionMap::Running { done: 0, of: 1 };
    }
    effects.extend(asked);
    effects
}

/// What is seen in the large view alone opens it where it is asked for from elsewhere.
pub fn open(state: &mut State) -> Vec<Effect> {
    if state.overlay == Some(Overlay::Picture) {
        return Vec::new();
    }
    (state.overlay, state.covered) = (Some(Overlay::Picture), None);
    show(state)
}

/// Changes how anomaly maps are looked at, and asks for what that needs.
pub fn view_maps(state: &mut State, view: MapView) -> Vec<Effect> {
    let before = state.results.map_view;
    let [low, high] = MapLayers::RANGE;
    let opacity = if view.opacity.is_finite() { view.opacity.clamp(0.0, 1.0) } else { before.opacity };
    let threshold = view.threshold.filter(|v| v.is_finite()).map(|v| v.clamp(low, high));
    let view = MapView { opacity, threshold, ..view };
    let turned_on = view.on && !before.on;
    if turned_on && let Err(reason) = actions::may_lay_map(state) {
        state.notify_error("There is no anomaly map of this image.", reason);
        return Vec::new();
    }
    state.results.map_view = view;
    if !turned_on && (!view.on || view.threshold == before.threshold) {
        return Vec::new();
    }
    let mut effects = if turned_on { open(state) } else { Vec::new() };
    let is_covering = matches!(state.results.explanation.map, OcclusionMap::Running { .. });
    effects.extend(explanation::question(state, is_covering));
    effects
}
