//! What a panel gets: the state to read, the pictures, and where commands go.

use super::textures::Textures;
use crate::{
    app::{Command, State, actions},
    data::ImageId,
};

/// What a panel gets: the state to read, the pictures, and where commands go.
pub struct PanelContext<'a> {
    pub state: &'a State,
    pub textures: &'a Textures,
    pub commands: Vec<Command>,
    /// Images in view whose thumbnail is missing.
    pub wanted: Vec<ImageId>,
}

impl PanelContext<'_> {
    pub fn send(&mut self, command: impl Into<Command>) {
        self.commands.push(command.into());
    }

    /// This image is in view, and its thumbnail is missing.
    pub fn want(&mut self, id: ImageId) {
        self.wanted.push(id);
    }
}

/// Whether an action may be done now, and its command.
pub(crate) fn allowed(action: &actions::Action, state: &State) -> Option<Command> {
    (action.allowed)(state).is_ok().then(|| (action.command)(state))
}
