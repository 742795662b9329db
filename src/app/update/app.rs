//! Commands to the window as a whole.

use super::{
    data, dialogs, navigation, results,
    shared::{graph, queue},
    views,
};
use crate::{
    app::{AppCommand, Effect, State, message::WindowEffect, state::THUMBNAIL_STEPS},
    jobs::loader::LoadRequest,
};

pub fn execute(state: &mut State, command: AppCommand) -> Vec<Effect> {
    match command {
        AppCommand::Go(workspace) => navigation::go(state, workspace),
        AppCommand::Fold(side) => navigation::fold(state, side),
        AppCommand::Room(room) => navigation::room(state, room),
        AppCommand::Theme(theme) => {
            state.persisted.theme = theme;
            Vec::new()
        }
        AppCommand::Scale(by) => {
            state.persisted.scale = state.persisted.scale.step(by);
            Vec::new()
        }
        AppCommand::ThumbnailSize(by) => {
            let steps = &mut state.persisted.thumbnail_steps;
            *steps = steps.saturating_add(by).clamp(-THUMBNAIL_STEPS, THUMBNAIL_STEPS);
            Vec::new()
        }
        AppCommand::Undo => navigation::undo(state),
        AppCommand::Redo => navigation::redo(state),
        AppCommand::Toggle(overlay) => navigation::toggle(state, overlay),
        AppCommand::Escape => navigation::escape(state),
        AppCommand::Notify(text) => {
            state.notify(text);
            Vec::new()
        }
        AppCommand::DismissNotification(index) => {
            if index < state.notifications.len() {
                state.notifications.remove(index);
            }
            Vec::new()
        }
        AppCommand::Compare(images) => navigation::compare(state, images),
        AppCommand::Walk(by) => navigation::walk(state, by),
        AppCommand::Extend(by) => navigation::extend(state, by),
        AppCommand::SaveView(name) => views::save(state, &name),
        AppCommand::ShowView(saved) => views::show(state, saved),
        AppCommand::ForgetView(saved) => views::forget(state, &saved),
        AppCommand::CompletePath { field, typed } => {
            state.completing = Some(field);
            vec![Effect::Load(LoadRequest::CompletePath(typed))]
        }
        AppCommand::Copy(text) => vec![Effect::Window(WindowEffect::Copy(text))],
        AppCommand::ShowFolder(path) => vec![Effect::Window(WindowEffect::ShowFolder(path))],
        AppCommand::Pick(pick) => dialogs::ask(state, pick),
        AppCommand::OpenLast => {
            let mut effects = match state.persisted.recent.first().cloned() {
                Some(config) => data::open_config(state, config),
                None => vec![Effect::Load(LoadRequest::Demo)],
            };
            effects.extend(results::recall(state));
            effects
        }
        AppCommand::OpenDemo => vec![Effect::Load(LoadRequest::Demo)],
        AppCommand::UseDemoModel => vec![Effect::Load(LoadRequest::DemoModel)],
        AppCommand::Graph(graph, format) => graph::save(state, graph, format),
        AppCommand::Close => queue::close(state),
    }
}
