//! The one table of actions. Buttons, the palette (Ctrl+K), the `?` page and the keys are all made from it.

mod permissions;

pub use permissions::{may_dissolve, may_plant, may_score, may_train, may_train_kind, scorable};

use self::permissions::*;
use super::{
    Command, State, icons,
    state::{Filter, GalleryFilter, JobState, Layout, Overlay, Side, ThemeChoice, Track, View, Workspace},
};
use crate::{
    config::ThresholdRule,
    engine::{
        export::{results::Export, sweep::SweepExport},
        runs::actions::RunAction,
    },
    gpu::Difference,
    jobs::{events::Pick, job::JobId},
    run_dir::RunKind,
    scores::Tag,
};
use eframe::egui::{Key, KeyboardShortcut, Modifiers};
use std::path::PathBuf;

pub struct Action {
    pub id: Id,
    pub name: &'static str,
    pub icon: &'static str,
    pub key: Option<KeyboardShortcut>,
    /// Why it cannot be done now, as a sentence for the tooltip.
    pub allowed: fn(&State) -> Result<(), &'static str>,
    pub command: fn(&State) -> Command,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Id {
    GoData,
    GoDissolve,
    GoTrain,
    GoResults,
    OpenFolder,
    OpenFile,
    OpenDemo,
    ImportModel,
    Next,
    Previous,
    Play,
    Fit,
    ActualSize,
    ZoomIn,
    ZoomOut,
    PanLeft,
    PanRight,
    PanUp,
    PanDown,
    NextLayout,
    Blink,
    Pin,
    ExportStrip,
    ExportSweep,
    Track,
    Difference,
    Duplicates,
    TrainAll,
    TrainDdpm,
    TrainDia,
    ScoreOnly,
    Resume,
    Pause,
    Stop,
    Keep,
    BigPicture,
    LabelWrong,
    ImagePoor,
    Interesting,
    ScoreFolder,
    Plant,
    ExportTags,
    Report,
    ExportWeights,
    Map,
    RuleNormals,
    RuleYouden,
    RuleSensitivity,
    RuleSpecificity,
    Unfiltered,
    RefreshRuns,
    Runs,
    ImportRun,
    Library,
    Inspector,
    Theme,
    Larger,
    Smaller,
    FullSize,
    Undo,
    Redo,
    Log,
    About,
    Palette,
    Keys,
    Escape,
    Quit,
}

const fn plain(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(Modifiers::NONE, key))
}

const fn ctrl(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(Modifiers::COMMAND, key))
}

const fn alt(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(Modifiers::ALT, key))
}

const fn ctrl_shift(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), key))
}

type Allowed = fn(&State) -> Result<(), &'static str>;

const ALWAYS: Allowed = |_| Ok(());

const NORMALS: ThresholdRule = ThresholdRule::Percentile(95.0);
const SENSITIVITY: ThresholdRule = ThresholdRule::Sensitivity(0.9);
const SPECIFICITY: ThresholdRule = ThresholdRule::Specificity(0.9);

const fn action(
    id: Id,
    icon: &'static str,
    name: &'static str,
    key: Option<KeyboardShortcut>,
    allowed: Allowed,
    command: fn(&State) -> Command,
) -> Action {
    Action { id, name, icon, key, allowed, command }
}

pub const ACTIONS: &[Action] = &[
    action(Id::GoData, "", "Data", plain(Key::Num1), ALWAYS, |_| Command::Go(Workspace::Data)),
    action(Id::GoDissolve, "", "Dissolve", plain(Key::Num2), ALWAYS, |_| Command::Go(Workspace::Dissolve)),
    action(Id::GoTrain, "", "Train", plain(Key::Num3), ALWAYS, |_| Command::Go(Workspace::Train)),
    action(Id::GoResults, "", "Results", plain(Key::Num4), ALWAYS, |_| Command::Go(Workspace::Results)),
    action(Id::OpenFolder, icons::FOLDER_OPEN, "Open folder…", ctrl(Key::O), ALWAYS, |_| Command::Pick(Pick::DataFolder)),
    action(Id::OpenFile, icons::FILE, "Open file…", None, ALWAYS, |_| Command::Pick(Pick::DataFile)),
    action(Id::OpenDemo, icons::DROP_HALF, "Open the synthetic demo", None, ALWAYS, |_| Command::OpenDemo),
    action(Id::ImportModel, icons::DOWNLOAD, "Import model…", None, ALWAYS, |_| Command::Pick(Pick::Model)),
    action(Id::Next, icons::ARROW_RIGHT, "Next image", plain(Key::ArrowRight), has_images, |_| Command::Walk(1)),
    action(Id::Previous, icons::ARROW_LEFT, "Previous image", plain(Key::ArrowLeft), has_images, |_| Command::Walk(-1)),
    action(Id::Play, icons::PLAY, "Play the sweep of t", plain(Key::Space), may_dissolve, |_| Command::Play),
    action(Id::Fit, icons::CORNERS_OUT, "Fit pictures to the view", plain(Key::Z), has_images, |_| {
        Command::View(Default::default())
    }),
    action(Id::ActualSize, icons::FRAME_CORNERS, "Pixel for pixel (1:1)", plain(Key::Num0), has_images, |_| Command::ActualSize),
    action(Id::ZoomIn, icons::PLUS, "Enlarge the pictures", plain(Key::Plus), sees_pictures, |s| zoomed(s, 1.25)),
    action(Id::ZoomOut, icons::MINUS, "Make the pictures smaller", plain(Key::Minus), sees_pictures, |s| zoomed(s, 0.8)),
    action(Id::PanLeft, icons::ARROW_LEFT, "Move over the pictures: left", alt(Key::ArrowLeft), sees_pictures, |s| {
        moved(s, [-1.0, 0.0])
    }),
    action(Id::PanRight, icons::ARROW_RIGHT, "Move over the pictures: right", alt(Key::ArrowRight), sees_pictures, |s| {
        moved(s, [1.0, 0.0])
    }),
    action(Id::PanUp, icons::ARROW_UP, "Move over the pictures: up", alt(Key::ArrowUp), sees_pictures, |s| moved(s, [0.0, -1.0])),
    action(Id::PanDown, icons::ARROW_DOWN, "Move over the pictures: down", alt(Key::ArrowDown), sees_pictures, |s| {
        moved(s, [0.0, 1.0])
    }),
    action(Id::NextLayout, icons::COLUMNS, "Next layout of the pictures", plain(Key::V), may_dissolve, next_layout),
    action(Id::Blink, icons::EYE, "Blink: original and dissolved take turns", plain(Key::B), may_dissolve, |_| Command::Blink),
    action(Id::Pin, icons::PUSH_PIN, "Put this image beside others, or take it away", plain(Key::A), has_selection, |_| {
        Command::Pin
    }),
    action(Id::ExportStrip, icons::DOWNLOAD, "Save the strip of many t (PNG)", None, may_export, |_| {
        Command::SweepExport(SweepExport::ContactSheet)
    }),
    action(Id::ExportSweep, icons::DOWNLOAD, "Save the sweep of t (GIF)", None, may_export, |_| {
        Command::SweepExport(SweepExport::Sweep)
    }),
    action(Id::Track, icons::GAUGE, "Slider of t: logarithmic or linear", None, may_track, other_track),
    action(Id::Difference, icons::CIRCLE_HALF, "Difference: signed or absolute", None, may_dissolve, other_difference),
    action(Id::Duplicates, icons::COPY, "Look for duplicates", None, may_examine, |_| Command::FindDuplicates),
    action(Id::TrainAll, icons::PLAY, "Train all", ctrl(Key::T), may_train, |_| Command::Train(RunKind::Train)),
    action(Id::TrainDdpm, icons::PLAY, "Train the diffusion model alone", None, may_train_ddpm, |_| {
        Command::Train(RunKind::Ddpm)
    }),
    action(Id::TrainDia, icons::PLAY, "Train DIA alone", None, may_train_dia, |_| Command::Train(RunKind::Dia)),
    action(Id::ScoreOnly, icons::PLAY, "Score a run that is there", None, may_score_run, score_again),
    action(Id::Resume, icons::PLAY, "Go on with the last run", None, may_resume, resume),
    action(Id::Pause, icons::PAUSE, "Pause or go on", ctrl(Key::P), has_job, pause),
    action(Id::Stop, icons::STOP, "Stop (can be resumed)", None, has_job, |s| of_job(s, Command::Stop)),
    action(Id::Keep, icons::SKIP_FORWARD, "Stop this stage and keep it", None, may_keep, |s| of_job(s, Command::Keep)),
    action(Id::BigPicture, icons::MAGNIFYING_GLASS, "Large view", plain(Key::Enter), has_selection, |_| {
        Command::Toggle(Overlay::Picture)
    }),
    action(Id::LabelWrong, "", "Tag: label wrong", plain(Key::T), has_row, |_| Command::Tag(Tag::LabelWrong)),
    action(Id::ImagePoor, "", "Tag: image poor", plain(Key::N), has_row, |_| Command::Tag(Tag::ImagePoor)),
    action(Id::Interesting, "", "Tag: interesting", plain(Key::P), has_row, |_| Command::Tag(Tag::Interesting)),
    action(Id::ScoreFolder, icons::FOLDER_OPEN, "Score a folder…", None, may_score, |_| Command::AskFolder(true)),
    action(Id::Plant, icons::DROP_HALF, "Plant lesions", None, may_plant, |_| Command::Plant),
    action(Id::ExportTags, icons::DOWNLOAD, "Export tags and notes as CSV", None, has_tags, |_| Command::Export(Export::Tags)),
    action(Id::Report, icons::FILE, "Write report", None, has_run, |s| of_run(s, RunAction::Report)),
    action(Id::ExportWeights, icons::DOWNLOAD, "Export the run’s weights", None, has_weights, |s| of_run(s, RunAction::Export)),
    action(Id::Map, icons::EYE, "Map: what covering the picture changes", None, may_map, |_| Command::Occlude(true)),
    action(
        Id::RuleNormals,
        "",
        "Threshold: 95th percentile of the training normals",
        None,
        |s| may_rule(s, NORMALS),
        |_| Command::Rule(NORMALS),
    ),
    action(
        Id::RuleYouden,
        "",
        "Threshold: Youden",
        None,
        |s| may_rule(s, ThresholdRule::Youden),
        |_| Command::Rule(ThresholdRule::Youden),
    ),
    action(
        Id::RuleSensitivity,
        "",
        "Threshold: 90 % sensitivity",
        None,
        |s| may_rule(s, SENSITIVITY),
        |_| Command::Rule(SENSITIVITY),
    ),
    action(
        Id::RuleSpecificity,
        "",
        "Threshold: 90 % specificity",
        None,
        |s| may_rule(s, SPECIFICITY),
        |_| Command::Rule(SPECIFICITY),
    ),
    action(Id::Unfiltered, icons::X, "Take all filters away", None, has_filters, unfiltered),
    action(Id::RefreshRuns, icons::ARROWS_CLOCKWISE, "List runs again", plain(Key::F5), ALWAYS, |_| Command::RefreshRuns),
    action(Id::Runs, icons::LIST, "All runs", ctrl(Key::R), ALWAYS, |_| Command::Toggle(Overlay::Runs)),
    action(Id::ImportRun, icons::DOWNLOAD, "Import a checkpoint as a run…", None, ALWAYS, |_| Command::Pick(Pick::ModelRun)),
    action(Id::Library, icons::SIDEBAR, "Fold the left panel", plain(Key::OpenBracket), ALWAYS, |_| Command::Fold(Side::Library)),
    action(Id::Inspector, icons::SIDEBAR, "Fold the right panel", plain(Key::CloseBracket), ALWAYS, |_| {
        Command::Fold(Side::Inspector)
    }),
    action(Id::Theme, icons::CIRCLE_HALF, "Dark, light or system colours", ctrl(Key::D), ALWAYS, next_theme),
    action(Id::Larger, icons::PLUS, "Larger", ctrl(Key::Plus), ALWAYS, |_| Command::Scale(1)),
    action(Id::Smaller, icons::MINUS, "Smaller", ctrl(Key::Minus), ALWAYS, |_| Command::Scale(-1)),
    action(Id::FullSize, "", "Scale 100 %", ctrl(Key::Num0), ALWAYS, |_| Command::Scale(0)),
    action(Id::Undo, icons::UNDO, "Undo", ctrl(Key::Z), can_undo, |_| Command::Undo),
    action(Id::Redo, icons::REDO, "Redo", ctrl_shift(Key::Z), can_redo, |_| Command::Redo),
    action(Id::Log, icons::LIST, "Show or hide the log", ctrl(Key::L), ALWAYS, |_| Command::Fold(Side::Log)),
    action(Id::About, icons::INFO, "About Dissolve Studio", None, ALWAYS, |_| Command::Toggle(Overlay::About)),
    action(Id::Palette, "", "Find an action", ctrl(Key::K), ALWAYS, |_| Command::Toggle(Overlay::Palette)),
    action(Id::Keys, icons::QUESTION, "Keys and help", plain(Key::Questionmark), ALWAYS, |_| Command::Toggle(Overlay::Keys)),
    action(Id::Escape, "", "One level out", plain(Key::Escape), ALWAYS, |_| Command::Escape),
    action(Id::Quit, icons::SIGN_OUT, "Quit", ctrl(Key::Q), ALWAYS, |_| Command::Close),
];

pub fn get(id: Id) -> &'static Action {
    // Each id is in the table: a test holds it.
    ACTIONS.iter().find(|a| a.id == id).unwrap_or(&ACTIONS[0])
}

fn score_again(state: &State) -> Command {
    // Only reached where `may_score_run` allowed it; harmless otherwise.
    scorable(state).map_or(Command::RefreshRuns, |run| Command::ScoreRun(run.path.clone()))
}

fn resume(state: &State) -> Command {
    resumable(state).map_or(Command::RefreshRuns, Command::ResumeRun)
}

fn next_layout(state: &State) -> Command {
    let at = Layout::ALL.iter().position(|(layout, _)| *layout == state.dissolve.layout).unwrap_or(0);
    Command::Layout(Layout::ALL[(at + 1) % Layout::ALL.len()].0)
}

fn pause(state: &State) -> Command {
    match state.running() {
        Some(job) if job.state == JobState::Paused => Command::Continue(job.id),
        _ => of_job(state, Command::Pause),
    }
}

fn of_job(state: &State, command: impl Fn(JobId) -> Command) -> Command {
    // Only reached where `has_job` allowed it; harmless otherwise.
    state.running().map_or(Command::RefreshRuns, |job| command(job.id))
}

fn next_theme(state: &State) -> Command {
    Command::Theme(match state.persisted.theme {
        ThemeChoice::System => ThemeChoice::Dark,
        ThemeChoice::Dark => ThemeChoice::Light,
        ThemeChoice::Light => ThemeChoice::System,
    })
}

/// What is to be done with the run in view.
fn of_run(state: &State, action: impl Fn(PathBuf) -> RunAction) -> Command {
    // Only reached where `has_run` allowed it; harmless otherwise.
    run_in_view(state).map_or(Command::RefreshRuns, |run| Command::RunAction(action(run.path.clone())))
}

fn zoomed(state: &State, factor: f32) -> Command {
    let view = state.dissolve.view;
    Command::View(View { zoom: view.zoom * factor, actual: false, ..view })
}

/// A tenth of what a view shows, in one direction.
fn moved(state: &State, [x, y]: [f32; 2]) -> Command {
    let view = state.dissolve.view;
    let (step, [cx, cy]) = (0.1 / view.zoom.max(1.0), view.centre);
    Command::View(View { centre: [cx + x * step, cy + y * step], ..view })
}

fn other_track(state: &State) -> Command {
    Command::Track(match state.dissolve.track {
        Track::Log => Track::Linear,
        Track::Linear => Track::Log,
    })
}

fn other_difference(state: &State) -> Command {
    Command::Difference(match state.dissolve.difference {
        Difference::Signed => Difference::Absolute,
        Difference::Absolute => Difference::Signed,
    })
}

fn unfiltered(state: &State) -> Command {
    match state.workspace {
        Workspace::Results => Command::GalleryFilter(GalleryFilter::default()),
        _ => Command::Filter(Filter::default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_keys_are_unique_and_found() {
        for (i, a) in ACTIONS.iter().enumerate() {
            assert_eq!(get(a.id).id, a.id);
            for b in &ACTIONS[i + 1..] {
                assert_ne!(a.id, b.id);
                assert!(a.key.is_none() || a.key != b.key, "{} and {} share a key", a.name, b.name);
            }
        }
    }

    #[test]
    fn a_fresh_window_says_why_it_cannot_train_yet() {
        let state = State::default();
        assert!(may_train(&state).unwrap_err().contains("Ctrl+O"));
        assert!(has_job(&state).is_err());
    }
}
