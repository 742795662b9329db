//! Dialogs for files and folders, and what is done with the answer.

use super::{compare_runs, data, dissolve, navigation, runs};
use crate::{
    app::{DataCommand, DissolveCommand, Effect, State, message::WindowEffect},
    engine::runs::actions::RunAction,
    jobs::events::{Pick, Picked},
};
use std::path::Path;

/// Asks for files or folders, near those of the same kind.
pub fn ask(state: &State, pick: Pick) -> Vec<Effect> {
    let from = match pick {
        Pick::DataFolder | Pick::DataFile | Pick::FolderToScore | Pick::Table | Pick::Annotations | Pick::Curation => {
            state.open().and_then(|open| open.config.path.parent()).map(Path::to_path_buf)
        }
        Pick::ExportFolder => Some(state.dissolve.export_folder.clone()).filter(|folder| !folder.as_os_str().is_empty()),
        Pick::Model | Pick::ModelRun => None,
    };
    vec![Effect::Window(WindowEffect::Pick { pick, from })]
}

pub fn picked(state: &mut State, pick: Pick, picked: Picked) -> Vec<Effect> {
    let paths = match picked {
        Picked::Paths(paths) => paths,
        Picked::NoDialog => {
            let hint = match pick {
                Pick::Model | Pick::ModelRun => "drop the file on the window",
                _ => "type the path, or drop files and folders on the window",
            };
            state.notify_error("This desktop has shown no file dialog", hint);
            if let Pick::DataFolder | Pick::DataFile = pick {
                navigation::ask_path(state);
            }
            return Vec::new();
        }
    };
    let Some(path) = paths.first().cloned() else { return Vec::new() };
    match pick {
        Pick::DataFolder | Pick::DataFile => data::execute(state, DataCommand::OpenSeveral(paths)),
        Pick::ModelRun => runs::action(state, RunAction::Import(path)),
        Pick::Table => data::execute(state, DataCommand::ChooseColumns(Some(path))),
        Pick::Annotations => data::execute(state, DataCommand::LabelBy(path)),
        Pick::Curation => data::execute(state, DataCommand::ImportCuration { path, dropped: false }),
        Pick::ExportFolder => dissolve::execute(state, DissolveCommand::ExportFolder(path)),
        Pick::Model => dissolve::execute(state, DissolveCommand::ImportModel(path)),
        Pick::FolderToScore => compare_runs::score_folder(state, path),
    }
}
