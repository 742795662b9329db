//! What the workspace keeps of the window is written at once.

use crate::{
    app::{Effect, State, state::WorkspaceSettings},
    jobs::loader::LoadRequest,
};

/// Takes these settings, and keeps them.
pub fn keep(state: &mut State, settings: WorkspaceSettings) -> Vec<Effect> {
    if state.workspace_settings == settings {
        return Vec::new();
    }
    state.workspace_settings = settings;
    let bytes = serde_json::to_vec_pretty(&state.workspace_settings).unwrap_or_default();
    vec![Effect::Load(LoadRequest::KeepWindow(bytes))]
}
