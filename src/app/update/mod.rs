//! What happens: the state changes, and effects are asked for. Pure; knows no window, no thread and no file.
//!
//! Calls go one way: from `app` and `events` by `dialogs` and `navigation` to the workspaces (`train`, `runs`, `results`, `data`), with
//! `job_progress` and `views` above `results`, and `compare_runs` and `large_view` below it; all may call `dissolve`, and the
//! steps that they share.

mod app;
mod compare_runs;
mod data;
mod derived;
mod dialogs;
mod dissolve;
mod events;
mod job_progress;
mod large_view;
mod navigation;
mod results;
mod runs;
mod shared;
mod train;
mod views;

#[cfg(test)]
mod tests;

pub use derived::derived_effects;

use super::{AppCommand, Command, DataCommand, DissolveCommand, Effect, Message, RunsCommand, State, TrainCommand};

/// Takes one message in; the effects are to be carried out in their order.
pub fn update(state: &mut State, message: impl Into<Message>) -> Vec<Effect> {
    match message.into() {
        Message::Command(command) => {
            let mut effects = before_command(state, &command);
            effects.extend(execute(state, command));
            effects
        }
        Message::Event(event) => events::apply(state, event),
    }
}

/// A person turns to something else: what was typed is kept, and the next change is one of its own.
fn before_command(state: &mut State, command: &Command) -> Vec<Effect> {
    match command {
        // What the window sends by itself.
        Command::Data(DataCommand::WantThumbnails(_))
        | Command::App(AppCommand::Room(_) | AppCommand::DismissNotification(_) | AppCommand::CompletePath { .. })
        | Command::Train(TrainCommand::ListDevices)
        | Command::Dissolve(DissolveCommand::Sweep) => return Vec::new(),
        Command::Runs(RunsCommand::Draft(draft)) if runs::continues(state, draft) => return Vec::new(),
        Command::Train(TrainCommand::Field(..)) | Command::Data(DataCommand::Preprocess(_)) => {}
        _ => state.history.seal(),
    }
    runs::keep_draft(state)
}

fn execute(state: &mut State, command: Command) -> Vec<Effect> {
    match command {
        Command::App(command) => app::execute(state, command),
        Command::Data(command) => data::execute(state, command),
        Command::Train(command) => train::execute(state, command),
        Command::Dissolve(command) => dissolve::execute(state, command),
        Command::Runs(command) => runs::execute(state, command),
        Command::Results(command) => results::execute(state, command),
    }
}
