//! What the panels may ask for, and what the update asks of the world.
//!
//! A command is one variant in the file of its workspace here, and one arm in the file of the same name in `update`.

mod app;
mod data;
mod dissolve;
mod effect;
mod results;
mod runs;
mod train;

pub use app::AppCommand;
pub use data::{Curate, DataCommand};
pub use dissolve::DissolveCommand;
pub use effect::{BackgroundEffect, Effect, ImageEffect, JobEffect, JobOrder, MapLayer, Texture, WindowEffect};
pub use results::ResultsCommand;
pub use runs::RunsCommand;
pub use train::TrainCommand;

use crate::jobs::events::JobEvent;

/// The two kinds of input of [`update`](super::update()).
#[derive(Debug)]
pub enum Message {
    Command(Command),
    Event(JobEvent),
}

/// What a person asks for, by workspace. Commands are sent, never carried out where they arise.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// The window as a whole.
    App(AppCommand),
    Data(DataCommand),
    Train(TrainCommand),
    Dissolve(DissolveCommand),
    /// The list of runs.
    Runs(RunsCommand),
    Results(ResultsCommand),
}

impl From<Command> for Message {
    fn from(command: Command) -> Self {
        Self::Command(command)
    }
}

impl From<JobEvent> for Message {
    fn from(event: JobEvent) -> Self {
        Self::Event(event)
    }
}

macro_rules! from_workspace {
    ($($workspace:ident($command:ty)),*) => {$(
        impl From<$command> for Command {
            fn from(command: $command) -> Self {
                Self::$workspace(command)
            }
        }

        impl From<$command> for Message {
            fn from(command: $command) -> Self {
                Self::Command(command.into())
            }
        }
    )*};
}

from_workspace!(
    App(AppCommand),
    Data(DataCommand),
    Train(TrainCommand),
    Dissolve(DissolveCommand),
    Runs(RunsCommand),
    Results(ResultsCommand)
);
