//! The list of runs: searching, naming, comparing, the trash.

use super::{
    dissolve,
    shared::{models, queue},
};
use crate::{
    app::{
        Effect, RunsCommand, State,
        message::WindowEffect,
        state::{Edit, HistoryEntry, JobInfo, RunDraft, Work, in_work},
    },
    engine::runs::{
        actions::{RunAction, RunDone},
        list::{RunCurve, RunEntry},
    },
    error::Failure,
    jobs::loader::LoadRequest,
};
use std::{path::Path, sync::Arc};

/// Runs whose curves can be told apart.
pub const COMPARED: usize = 6;

pub fn execute(state: &mut State, command: RunsCommand) -> Vec<Effect> {
    let list = &mut state.run_list;
    match command {
        RunsCommand::Refresh => return vec![Effect::Load(LoadRequest::ListRuns)],
        RunsCommand::Select(run) => return select(state, &run),
        RunsCommand::Compare(run) => return compare(state, &run),
        RunsCommand::Action(action) => return self::action(state, action),
        RunsCommand::Search(query) => list.query = query,
        RunsCommand::Draft(draft) => list.draft = Some(draft),
        // Any command but a quiet one does.
        RunsCommand::KeepDraft => {}
        RunsCommand::ShowTrash(shown) => list.shows_trash = shown,
        RunsCommand::AskDelete(runs) => list.deleting = runs,
    }
    Vec::new()
}

/// The runs were listed.
pub fn listed(state: &mut State, runs: Vec<RunEntry>) -> Vec<Effect> {
    state.runs = runs;
    if !std::mem::replace(&mut state.runs_known, true) {
        queue::offer(state);
    }
    let before = state.dissolve.model().map(|m| m.source.clone());
    models::list(state);
    // Another model is in use now, or the first one has come.
    let now = state.dissolve.model().map(|m| (m.source.clone(), m.name.clone()));
    if now.as_ref().map(|(source, _)| source) == before.as_ref() {
        return Vec::new();
    }
    if let Some((_, name)) = now.filter(|_| before.is_some() && state.dissolve.uses_t()) {
        state.notify(format!("Dissolve (2) uses the model of {name} now."));
    }
    dissolve::invalidate(state)
}

fn select(state: &mut State, run: &Path) -> Vec<Effect> {
    state.run_list.selected = (state.run_list.selected.as_deref() != Some(run)).then(|| run.to_path_buf());
    Vec::new()
}

fn compare(state: &mut State, run: &Path) -> Vec<Effect> {
    let compared = &mut state.run_list.compared;
    if compared.iter().any(|p| p == run) {
        compared.retain(|p| p != run);
        return Vec::new();
    }
    if compared.len() >= COMPARED {
        state.notify(format!("Up to {COMPARED} runs are compared; take one out first."));
        return Vec::new();
    }
    compared.push(run.to_path_buf());
    vec![Effect::Load(LoadRequest::Curves(run.to_path_buf()))]
}

pub fn curves(state: &mut State, run: &Path, curves: Vec<RunCurve>) -> Vec<Effect> {
    let resumed = |job: &&mut JobInfo| job.work == Work::Resume(run.to_path_buf());
    state.jobs.iter_mut().filter(resumed).for_each(|job| job.progress.recall(&curves));
    state.run_list.curves.insert(run.to_path_buf(), Arc::new(curves));
    Vec::new()
}

pub fn trash_listed(state: &mut State, trash: Vec<RunEntry>) -> Vec<Effect> {
    state.run_list.shows_trash &= !trash.is_empty();
    state.run_list.trash = trash;
    // What was thrown away or has gone is compared no more.
    let runs = &state.runs;
    state.run_list.compared.retain(|p| runs.iter().any(|r| r.path == *p));
    Vec::new()
}

/// More letters of the same draft.
pub fn continues(state: &State, draft: &RunDraft) -> bool {
    state.run_list.draft.as_ref().is_none_or(|before| before.run == draft.run)
}

/// Writes down name and notes that were being typed.
pub fn keep_draft(state: &mut State) -> Vec<Effect> {
    let Some(RunDraft { run, name, notes }) = state.run_list.draft.take() else { return Vec::new() };
    let Some(entry) = state.runs.iter().find(|r| r.path == run) else { return Vec::new() };
    // A run has a name.
    let name = Some(name.trim()).filter(|name| !name.is_empty()).unwrap_or(&entry.manifest.name).to_string();
    action(state, RunAction::Edit { run, name, notes: notes.trim_end().to_string() })
}

pub fn action(state: &mut State, action: RunAction) -> Vec<Effect> {
    match &action {
        RunAction::Trash(run) => {
            if let Some(reason) = in_work(state, run) {
                state.notify_error("This run cannot be thrown away.", reason);
                return Vec::new();
            }
            if state.run_list.selected.as_ref() == Some(run) {
                state.run_list.selected = None;
            }
        }
        RunAction::Edit { run, name, notes } => {
            let Some(entry) = state.runs.iter_mut().find(|r| r.path == *run) else { return Vec::new() };
            let before = (entry.manifest.name.clone(), entry.manifest.notes.clone());
            if before == (name.clone(), notes.clone()) || name.trim().is_empty() {
                return Vec::new();
            }
            (entry.manifest.name, entry.manifest.notes) = (name.clone(), notes.clone());
            let undo = RunAction::Edit { run: run.clone(), name: before.0, notes: before.1 };
            state.history.note(HistoryEntry::new("Name and notes", Edit::Run(undo), Edit::Run(action.clone())));
        }
        RunAction::Delete(_) => state.run_list.deleting.clear(),
        RunAction::Restore(_) | RunAction::Import(_) | RunAction::Export(_) | RunAction::ExportOnnx(_) | RunAction::Report(_) => {
        }
    }
    vec![Effect::Load(LoadRequest::Run(action))]
}

pub fn done(state: &mut State, action: RunAction, done: Result<RunDone, Failure>) -> Vec<Effect> {
    let mut effects = vec![Effect::Load(LoadRequest::ListRuns)];
    match done {
        Err(failure) => state.notify_failure(failure),
        Ok(done) => {
            if let (RunAction::Trash(from), Some(to)) = (&action, &done.trashed) {
                let (undo, redo) = (RunAction::Restore(to.clone()), RunAction::Trash(from.clone()));
                state.history.note_again(HistoryEntry::new("Move to trash", Edit::Run(undo), Edit::Run(redo)));
            }
            if !done.text.is_empty() {
                state.notify(done.text);
            }
            effects.extend(done.show.map(|folder| Effect::Window(WindowEffect::ShowFolder(folder))));
        }
    }
    effects
}
