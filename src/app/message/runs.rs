use crate::{app::state::RunDraft, engine::runs::actions::RunAction};
use std::path::PathBuf;

/// Commands of the list of runs.
#[derive(Debug, Clone, PartialEq)]
pub enum RunsCommand {
    Refresh,
    Search(String),
    Select(PathBuf),
    /// Takes a run into the comparison, or out of it.
    Compare(PathBuf),
    /// Name and notes of a run while they are typed.
    Draft(RunDraft),
    /// What was typed is kept.
    KeepDraft,
    ShowTrash(bool),
    /// Asks whether these are to be deleted for good; none: not.
    AskDelete(Vec<PathBuf>),
    Action(RunAction),
}
