//! What happens: the state changes, and effects are asked for. Pure; knows no window, no thread and no file.

mod annotations;
mod compare_runs;
mod data;
mod derived;
mod dissolve;
mod explanation;
mod jobs;
mod navigation;
mod results;
mod runs;

#[cfg(test)]
mod tests;

pub use derived::follow;

use super::{Command, Effect, Message, State};
use crate::app::next_step;
use crate::jobs::events::JobEvent;

/// Takes one message in; the effects are to be carried out in their order.
pub fn update(state: &mut State, message: impl Into<Message>) -> Vec<Effect> {
    match message.into() {
        Message::Command(command) => on_command(state, command),
        Message::Event(event) => on_event(state, event),
    }
}

fn on_command(state: &mut State, command: Command) -> Vec<Effect> {
    let mut effects = after_command(state, &command);
    effects.extend(execute(state, command));
    effects
}

/// A person has gone on to something else: what was typed is kept, and the next change is one of its own.
fn after_command(state: &mut State, command: &Command) -> Vec<Effect> {
    let by_itself = matches!(command, Command::WantThumbnails(_) | Command::Room(_) | Command::Sweep | Command::DismissNotice(_));
    if by_itself || matches!(command, Command::DraftRun(draft) if runs::goes_on(state, draft)) {
        return Vec::new();
    }
    if !matches!(command, Command::Field(..) | Command::Preprocess(_)) {
        state.history.seal();
    }
    runs::keep_draft(state)
}

fn execute(state: &mut State, command: Command) -> Vec<Effect> {
    match command {
        Command::Go(workspace) => navigation::go(state, workspace),
        Command::Fold(side) => navigation::fold(state, side),
        Command::Room(room) => navigation::room(state, room),
        Command::Theme(theme) => {
            state.persisted.theme = theme;
            Vec::new()
        }
        Command::Scale(by) => {
            state.persisted.scale = state.persisted.scale.step(by);
            Vec::new()
        }
        Command::Undo => navigation::undo(state),
        Command::Redo => navigation::redo(state),
        Command::Toggle(overlay) => navigation::toggle(state, overlay),
        Command::Escape => navigation::escape(state),
        Command::Notify(text) => {
            state.notify(text);
            Vec::new()
        }
        Command::DismissNotice(index) => {
            if index < state.notices.len() {
                state.notices.remove(index);
            }
            Vec::new()
        }
        Command::Copy(text) => vec![Effect::Copy(text)],
        Command::ShowFolder(path) => vec![Effect::ShowFolder(path)],
        Command::Close => jobs::close(state),
        Command::Pick(pick) => navigation::pick(state, pick),
        Command::Open(path) => data::open(state, path),
        Command::OpenData(config) => data::open_data(state, config),
        Command::TryAgain => data::try_again(state),
        Command::OpenDemo => vec![Effect::Demo],
        Command::SetNormal(names) => data::set_normal(state, names),
        Command::Filter(filter) => data::filter(state, filter),
        Command::OpenSeveral(paths) => data::open_several(state, paths),
        Command::Reading(reading) => data::read_as(state, reading),
        Command::ForgetRecent(path) => data::forget_recent(state, &path),
        Command::DataPage(page) => {
            state.data.page = page;
            Vec::new()
        }
        Command::FindDuplicates => {
            state.data.check.asked = true;
            Vec::new()
        }
        Command::DismissFailure => {
            state.data.failed = None;
            Vec::new()
        }
        Command::ChooseColumns(path) => data::choose_columns(state, path),
        Command::Columns(columns) => {
            state.data.table.iter_mut().for_each(|form| form.columns = columns.clone());
            Vec::new()
        }
        Command::UseTable => data::use_table(state),
        Command::Preprocess(preprocess) => jobs::preprocess(state, preprocess),
        Command::Select(id) => data::select(state, id),
        Command::Walk(by) => navigation::walk(state, by),
        Command::WantThumbnails(ids) => vec![Effect::Thumbnails(ids)],
        Command::SetT(t) => dissolve::set_t(state, t),
        Command::Method(method) => dissolve::change(state, |d| d.method = method),
        Command::Model(source) => dissolve::change(state, |d| d.chosen = Some(source)),
        Command::ImportModel(path) => dissolve::import(path),
        Command::Resolution(px) => dissolve::change(state, |d| d.resolution = px),
        Command::Difference(kind) => dissolve::show(state, |d| d.difference = kind),
        Command::Gain(gain) => dissolve::show(state, |d| d.gain = gain.clamp(0.5, 64.0)),
        Command::View(view) => dissolve::show(state, |d| d.view = view.clamped()),
        Command::ActualSize => dissolve::show(state, |d| d.view.actual = true),
        Command::Layout(layout) => dissolve::layout(state, layout),
        Command::Shown(shown) => dissolve::show(state, |d| d.shown = shown),
        Command::Track(track) => dissolve::track(state, track),
        Command::Divider(at) => dissolve::show(state, |d| d.divider = at.clamp(0.0, 1.0)),
        Command::Blink => dissolve::show(state, |d| d.blink = !d.blink),
        Command::Pin => dissolve::pin(state),
        Command::Play => dissolve::play(state),
        Command::Sweep => dissolve::sweep(state),
        Command::SweepExport(what) => dissolve::export_sweep(state, what),
        Command::ExportFolder(folder) => dissolve::show(state, |d| d.export_folder = folder),
        Command::Preset(preset) => jobs::preset(state, preset),
        Command::CardPreset(card, preset) => jobs::card_preset(state, card, preset),
        Command::Field(key, text) => jobs::field(state, key, text),
        Command::Form(form) => {
            state.train = *form;
            Vec::new()
        }
        Command::UseSettings(run) => jobs::use_settings(state, &run),
        Command::Reuse(source) => jobs::reuse(state, source),
        Command::Train(kind) => jobs::train(state, kind),
        Command::ScoreRun(run) => jobs::score_run(state, run),
        Command::Requeue => jobs::requeue(state),
        Command::Decline => jobs::decline(state),
        Command::Dequeue(id) => jobs::dequeue(state, id),
        Command::MoveJob(id, by) => jobs::move_job(state, id, by),
        Command::ResumeRun(run) => jobs::resume_run(state, run),
        Command::Pause(id) => jobs::control(state, id, super::message::JobOrder::Pause),
        Command::Continue(id) => jobs::control(state, id, super::message::JobOrder::Continue),
        Command::Stop(id) => jobs::control(state, id, super::message::JobOrder::Stop),
        Command::Keep(id) => jobs::control(state, id, super::message::JobOrder::Keep),
        Command::SearchRuns(query) => {
            state.list.query = query;
            Vec::new()
        }
        Command::SelectRun(run) => runs::select(state, &run),
        Command::CompareRun(run) => runs::compare(state, &run),
        Command::DraftRun(draft) => {
            state.list.draft = Some(draft);
            Vec::new()
        }
        // Any command but a quiet one does.
        Command::KeepDraft => Vec::new(),
        Command::ShowTrash(shown) => {
            state.list.shows_trash = shown;
            Vec::new()
        }
        Command::AskDelete(runs) => {
            state.list.deleting = runs;
            Vec::new()
        }
        Command::RunAction(action) => runs::action(state, action),
        Command::RefreshRuns => vec![Effect::ListRuns],
        Command::OpenRun(run) => results::open_run(state, run),
        Command::Threshold(threshold) => results::set_threshold(state, threshold),
        Command::Rule(rule) => results::set_rule(state, rule),
        Command::Tab(tab) => results::relist(state, |r| r.tab = tab),
        Command::Sort(sort) => results::relist(state, |r| r.sort = sort),
        Command::GalleryFilter(filter) => results::relist(state, |r| r.filter = filter),
        Command::Row(row) => results::select_row(state, row),
        Command::Tag(tag) => annotations::tag(state, tag),
        Command::Annotation { file, name, annotation } => annotations::annotation(state, &file, name, annotation),
        Command::Export(what) => results::export(state, what),
        Command::Graph(graph, format) => results::graph(state, graph, format),
        Command::CompareWith(run) => compare_runs::compare_with(state, run),
        Command::AskFolder(open) => {
            state.results.asks_folder = open;
            Vec::new()
        }
        Command::Plant => compare_runs::plant(state),
        Command::Occlude(wanted) => explanation::occlude(state, wanted),
        Command::ScoreFolder(folder) => compare_runs::score_folder(state, folder),
    }
}

fn on_event(state: &mut State, event: JobEvent) -> Vec<Effect> {
    match event {
        JobEvent::Picked(pick, paths) => navigation::picked(state, pick, paths),
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
                state.data.check.done = done;
            }
            Vec::new()
        }
        JobEvent::Examined { generation, examination } => data::examined(state, generation, examination),
        JobEvent::Table { path, table } => data::table(state, &path, table),
        JobEvent::Demo(demo) => results::demo(state, demo),
        JobEvent::Thumbnail { generation, id, pixels } => data::thumbnail(state, generation, id, pixels),
        JobEvent::Preview { file, pixels } => jobs::preview(state, file, pixels),
        JobEvent::Runs(runs) => results::runs(state, runs),
        JobEvent::Trash(trash) => runs::trash_listed(state, trash),
        JobEvent::Curves { run, curves } => runs::curves(state, &run, curves),
        JobEvent::ModelChecked { path, checked } => dissolve::imported(state, path, checked),
        JobEvent::RunDone { action, done } => runs::done(state, action, done),
        JobEvent::Scores { run, scores } => results::scores(state, &run, scores),
        JobEvent::ComparedRuns { second, compared } => compare_runs::compared(state, second, compared),
        JobEvent::SyntheticLesions { run, lesions } => compare_runs::lesions(state, &run, lesions),
        JobEvent::Why { generation, answer } => explanation::answered(state, generation, answer),
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
        JobEvent::Machine(machine) => jobs::machine(state, machine),
        JobEvent::JobFolder(id, run) => jobs::folder(state, id, run),
        JobEvent::RunLog { run, lines } => {
            if state.job().is_some_and(|j| j.run.as_ref() == Some(&run)) {
                state.run_log = lines;
            }
            Vec::new()
        }
        JobEvent::JobStarted(id) => jobs::started(state, id),
        JobEvent::JobProgress(id, event) => jobs::progress(state, id, event),
        JobEvent::JobEnded(id, outcome) => jobs::ended(state, id, outcome),
        JobEvent::Trouble { summary, hint } => {
            state.notify_error(summary, next_step::words(hint.as_ref()));
            Vec::new()
        }
        JobEvent::Panicked { thread, text } => {
            let summary = format!("Something went wrong in the {thread} thread: {text}");
            state.notify_error(summary, "The window goes on; please report this text.");
            Vec::new()
        }
    }
}
