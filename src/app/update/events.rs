//! What threads and dialogs tell.

use super::{
    compare_runs, data, derived, dialogs, dissolve, job_progress, results, runs,
    shared::{embedding, explanation, machine, models},
};
use crate::{
    app::{Effect, State},
    error::Failure,
    jobs::events::JobEvent,
};

pub fn apply(state: &mut State, event: JobEvent) -> Vec<Effect> {
    match event {
        JobEvent::Picked(pick, paths) => dialogs::picked(state, pick, paths),
        JobEvent::Opening { found } => {
            if let Some(opening) = &mut state.data.opening {
                opening.found = found;
            }
            Vec::new()
        }
        JobEvent::Opened { generation, config, dataset } => data::opened(state, generation, config, dataset),
        JobEvent::OpenFailed { generation, path, failure } => data::open_failed(state, generation, path, failure),
        JobEvent::PreprocessPreview { generation, preview } => derived::preview(state, generation, preview),
        JobEvent::Examining { generation, done } => {
            if generation == state.data.pictures_since {
                state.data.duplicate_search.done = done;
            }
            Vec::new()
        }
        JobEvent::Examined { generation, examination } => data::examined(state, generation, examination),
        JobEvent::Curation { generation, path, curation } => data::curation_read(state, generation, path, curation),
        JobEvent::Table { path, table } => data::table(state, &path, table),
        JobEvent::Demo(demo) => results::demo(state, demo),
        JobEvent::DemoModel(model) => results::demo_model(state, model),
        JobEvent::Thumbnail { generation, thumb, pixels } => data::thumbnail(state, generation, thumb, pixels),
        JobEvent::Preview { file, pixels } => job_progress::preview(state, file, pixels),
        JobEvent::Devices(devices) => {
            state.devices = Some(devices);
            Vec::new()
        }
        JobEvent::PathCompleted(completion) => {
            state.completion = state.completing.take().map(|field| (field, completion));
            Vec::new()
        }
        JobEvent::Runs(runs) => runs::listed(state, runs),
        JobEvent::Trash(trash) => runs::trash_listed(state, trash),
        JobEvent::Curves { run, curves } => runs::curves(state, &run, curves),
        JobEvent::ModelChecked { path, checked } => models::imported(state, path, checked),
        JobEvent::RunDone { action, done } => runs::done(state, action, done),
        JobEvent::Scores { run, scores } => results::scores(state, &run, scores),
        JobEvent::ComparedRuns { second, compared } => compare_runs::compared(state, second, compared),
        JobEvent::SyntheticLesions { run, lesions } => compare_runs::lesions(state, &run, lesions),
        JobEvent::Why { generation, answer } => explanation::answered(state, generation, answer),
        JobEvent::Embedding { generation, news } => embedding::news(state, generation, news),
        JobEvent::Saved(path) => {
            state.notify(format!("Saved as {}", path.display()));
            Vec::new()
        }
        JobEvent::Original(original) => dissolve::original(state, original),
        JobEvent::Dissolved { generation, dissolved } => dissolve::dissolved(state, generation, dissolved),
        JobEvent::ComparisonPanel { generation, index, panel } => dissolve::panel(state, generation, index, panel),
        JobEvent::NormalBand { strip, band } => dissolve::band(state, strip, band),
        JobEvent::SweepExported(path) => dissolve::sweep_exported(state, path),
        JobEvent::StripThumbnail { strip, thumbnail } => dissolve::thumbnail(state, strip, thumbnail),
        JobEvent::SheetStep { strip, dissolved } => dissolve::sheet_step(state, strip, dissolved),
        JobEvent::Machine(machine) => machine::measured(state, machine),
        JobEvent::JobFolder(id, run) => job_progress::folder(state, id, run),
        JobEvent::RunLog { run, lines } => {
            if state.job().is_some_and(|j| j.run.as_ref() == Some(&run)) {
                state.run_log = lines;
            }
            Vec::new()
        }
        JobEvent::JobStarted(id) => job_progress::started(state, id),
        JobEvent::JobProgress(id, event) => job_progress::progress(state, id, event),
        JobEvent::JobEnded(id, outcome) => job_progress::ended(state, id, outcome),
        JobEvent::Trouble { summary, hint } => {
            state.notify_failure(Failure { summary, hint });
            Vec::new()
        }
        JobEvent::Panicked { thread, text } => {
            let summary = format!("Something went wrong in the {thread} thread: {text}");
            state.notify_error(summary, "The window goes on; please report this text.");
            Vec::new()
        }
    }
}
