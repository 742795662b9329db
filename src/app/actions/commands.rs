//! Commands of actions that depend on the state. They are only asked for where the action is allowed; elsewhere they list the
//! runs again, which is harmless.

use super::permissions::{resumable, run_in_view, scorable};
use crate::{
    app::{
        AppCommand, Command, DataCommand, DissolveCommand, ResultsCommand, RunsCommand, State, TrainCommand,
        message::Curate,
        state::{
            ComparisonLayout, Filter, GalleryFilter, JobState, LargeImage, MapView, Mark, Overlay, ThemeChoice, Track, View,
            Workspace,
        },
    },
    data::Label,
    engine::runs::actions::RunAction,
    gpu::Difference,
    jobs::job::JobId,
};
use std::path::PathBuf;

pub(crate) fn score_again(state: &State) -> Command {
    scorable(state).map_or(RunsCommand::Refresh.into(), |run| TrainCommand::Score(run.path.clone()).into())
}

pub(crate) fn resume(state: &State) -> Command {
    resumable(state).map_or(RunsCommand::Refresh.into(), |run| TrainCommand::Resume(run).into())
}

pub(crate) fn pause(state: &State) -> Command {
    match state.running() {
        Some(job) if job.state == JobState::Paused => TrainCommand::Continue(job.id).into(),
        _ => of_job(state, TrainCommand::Pause),
    }
}

pub(crate) fn of_job(state: &State, command: fn(JobId) -> TrainCommand) -> Command {
    state.running().map_or(RunsCommand::Refresh.into(), |job| command(job.id).into())
}

/// What is to be done with the run in view.
pub(crate) fn of_run(state: &State, action: fn(PathBuf) -> RunAction) -> Command {
    let run = run_in_view(state).map(|run| run.path.clone());
    run.map_or(RunsCommand::Refresh, |run| RunsCommand::Action(action(run))).into()
}

/// All that the grid, or the gallery, shows.
pub(crate) fn mark_all(state: &State) -> Command {
    match state.workspace {
        Workspace::Results => ResultsCommand::Mark(Mark::All).into(),
        _ => DataCommand::Mark(Mark::All).into(),
    }
}

/// Takes them back where all of them are left out.
pub(crate) fn leave_out(state: &State) -> Command {
    let chosen = state.selection();
    DataCommand::Curate(chosen.images.clone(), Curate::LeaveOut(!chosen.all_left_out)).into()
}

pub(crate) fn label(state: &State, label: Option<Label>) -> Command {
    DataCommand::Curate(state.selection().images.clone(), Curate::Label(label)).into()
}

pub(crate) fn leave_out_duplicates(state: &State) -> Command {
    DataCommand::Curate(state.later_duplicates(), Curate::LeaveOut(true)).into()
}

/// From elsewhere in Data these two show the large view as they say, rather than the other way.
pub(crate) fn large_dissolved(state: &State) -> Command {
    let large = state.data.large;
    DataCommand::Large(LargeImage { dissolved: !(state.is_large_in_data() && large.dissolved), ..large }).into()
}

pub(crate) fn large_mask(state: &State) -> Command {
    let large = state.data.large;
    let alone = LargeImage { dissolved: false, mask: true };
    DataCommand::Large(if state.is_large_in_data() { LargeImage { mask: !large.mask, ..large } } else { alone }).into()
}

pub(crate) fn next_layout(state: &State) -> Command {
    let at = ComparisonLayout::ALL.iter().position(|(layout, _)| *layout == state.dissolve.layout()).unwrap_or(0);
    DissolveCommand::Layout(ComparisonLayout::ALL[(at + 1) % ComparisonLayout::ALL.len()].0).into()
}

pub(crate) fn next_theme(state: &State) -> Command {
    let theme = match state.persisted.theme {
        ThemeChoice::System => ThemeChoice::Dark,
        ThemeChoice::Dark => ThemeChoice::Light,
        ThemeChoice::Light => ThemeChoice::System,
    };
    AppCommand::Theme(theme).into()
}

pub(crate) fn zoomed(state: &State, factor: f32) -> Command {
    let view = state.dissolve.view;
    DissolveCommand::View(View { zoom: view.zoom * factor, actual: false, ..view }).into()
}

/// A tenth of what a view shows, in one direction.
pub(crate) fn moved(state: &State, [x, y]: [f32; 2]) -> Command {
    let view = state.dissolve.view;
    let (step, [cx, cy]) = (0.1 / view.zoom.max(1.0), view.centre);
    DissolveCommand::View(View { centre: [cx + x * step, cy + y * step], ..view }).into()
}

pub(crate) fn other_track(state: &State) -> Command {
    let track = match state.dissolve.track {
        Track::Log => Track::Linear,
        Track::Linear => Track::Log,
    };
    DissolveCommand::Track(track).into()
}

pub(crate) fn other_difference(state: &State) -> Command {
    let difference = match state.dissolve.difference {
        Difference::Signed => Difference::Absolute,
        Difference::Absolute => Difference::Signed,
    };
    DissolveCommand::Difference(difference).into()
}

pub(crate) fn other_map_view(state: &State) -> Command {
    let view = state.results.map_view;
    if view.on && state.overlay != Some(Overlay::Picture) {
        // It is on already where it is seen.
        return AppCommand::Toggle(Overlay::Picture).into();
    }
    ResultsCommand::Maps(MapView { on: !view.on, ..view }).into()
}

pub(crate) fn other_gallery(state: &State) -> Command {
    let view = state.results.map_view;
    ResultsCommand::Maps(MapView { in_gallery: !view.in_gallery, ..view }).into()
}

pub(crate) fn next_view(state: &State) -> Command {
    state.next_view().map_or(RunsCommand::Refresh.into(), |saved| AppCommand::ShowView(saved.clone()).into())
}

pub(crate) fn unfiltered(state: &State) -> Command {
    match state.workspace {
        Workspace::Results => ResultsCommand::Filter(GalleryFilter::default()).into(),
        _ => DataCommand::Filter(Filter::default()).into(),
    }
}
