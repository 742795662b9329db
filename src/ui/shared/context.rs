//! What a panel gets: the state to read, the pictures, and where commands go.

use super::textures::Textures;
use crate::{
    app::{Command, State, actions},
    engine::thumbnail_cache::Thumb,
};
use eframe::egui::{Popup, Ui};

/// What a panel gets: the state to read, the pictures, and where commands go.
pub struct PanelContext<'a> {
    pub state: &'a State,
    pub textures: &'a Textures,
    pub commands: Vec<Command>,
    /// Thumbnails that are in view and missing.
    pub wanted: Vec<Thumb>,
}

impl PanelContext<'_> {
    pub fn send(&mut self, command: impl Into<Command>) {
        self.commands.push(command.into());
    }

    /// This thumbnail is in view, and missing.
    pub fn want(&mut self, thumb: impl Into<Thumb>) {
        self.wanted.push(thumb.into());
    }
}

/// Whether an action may be done now, and its command.
pub(crate) fn allowed(action: &actions::Action, state: &State) -> Option<Command> {
    (action.allowed)(state).is_ok().then(|| (action.command)(state))
}

/// Keys are for something else than the page: for what lies above it, for an open menu, or for what has the focus.
pub(crate) fn keys_are_elsewhere(ui: &Ui, state: &State) -> bool {
    state.overlay.is_some() || Popup::is_any_open(ui.ctx()) || ui.ctx().memory(|m| m.focused().is_some())
}
