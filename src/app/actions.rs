//! The one table of actions. Buttons, the palette (Ctrl+K), the `?` page and the keys are all made from it.

use super::{
    Command, State, icons,
    state::{JobState, Layout, Overlay, Side, ThemeChoice, Work, Workspace},
    update::in_work,
};
use crate::{
    config::DissolveMethod,
    jobs::{Export, Film, Pick, RunEntry},
    run_dir::{RunKind, RunState},
    scores::Tag,
};
use eframe::egui::{Key, KeyboardShortcut, Modifiers};

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
    NextLayout,
    Blink,
    Pin,
    ExportStrip,
    ExportSweep,
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

const fn ctrl_shift(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), key))
}

type Allowed = fn(&State) -> Result<(), &'static str>;

const ALWAYS: Allowed = |_| Ok(());

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
    action(Id::NextLayout, icons::COLUMNS, "Next layout of the pictures", plain(Key::V), may_dissolve, next_layout),
    action(Id::Blink, icons::EYE, "Blink: original and dissolved take turns", plain(Key::B), may_dissolve, |_| Command::Blink),
    action(Id::Pin, icons::PUSH_PIN, "Put this image beside others, or take it away", plain(Key::A), has_selection, |_| {
        Command::Pin
    }),
    action(Id::ExportStrip, icons::DOWNLOAD, "Save the strip of many t (PNG)", None, may_export, |_| Command::Film(Film::Strip)),
    action(Id::ExportSweep, icons::DOWNLOAD, "Save the sweep of t (GIF)", None, may_export, |_| Command::Film(Film::Sweep)),
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

pub fn may_train(state: &State) -> Result<(), &'static str> {
    let Some(open) = state.open() else { return Err("Open a data set first (Ctrl+O).") };
    if open.asks_normal() {
        Err("Say which class is normal first (workspace Data).")
    } else if open.training_normals == 0 {
        Err("There is no normal image in the training split to learn from.")
    } else if state.train.error().is_some() {
        Err("A setting cannot be used; see the field marked red.")
    } else if state.closing {
        Err("The window is closing.")
    } else {
        Ok(())
    }
}

/// Whether a run of this kind could start now.
pub fn may_train_kind(state: &State, kind: RunKind) -> Result<(), &'static str> {
    match kind {
        RunKind::Ddpm => may_train_ddpm(state),
        RunKind::Dia | RunKind::Csi => may_train_dia(state),
        RunKind::Train => may_train(state),
    }
}

fn may_train_ddpm(state: &State) -> Result<(), &'static str> {
    if state.train.reuse.is_some() {
        return Err("A model that is there already was chosen; choose “train a new one”.");
    }
    may_train(state)
}

fn may_train_dia(state: &State) -> Result<(), &'static str> {
    if state.train.config.dia.dissolve == DissolveMethod::Diffusion && state.train.reuse.is_none() {
        return Err("Choose a diffusion model that is there already, or train all.");
    }
    may_train(state)
}

/// The run that is scored anew: the one in view on Results where it has an encoder, else the newest that has one.
pub fn scorable(state: &State) -> Option<&RunEntry> {
    let is_ready = |r: &&RunEntry| r.manifest.kind != RunKind::Ddpm && r.manifest.state == RunState::Finished;
    let in_view = state.results.ready().filter(|set| set.encoder.is_some()).map(|set| &set.run);
    let mut ready = state.runs.iter().filter(is_ready);
    ready.clone().find(|r| Some(&r.path) == in_view).or_else(|| ready.next())
}

fn may_score_run(state: &State) -> Result<(), &'static str> {
    let run = scorable(state).ok_or("There is no run with a finished encoder.")?;
    in_work(state, &run.path).map_or(Ok(()), Err)
}

fn score_again(state: &State) -> Command {
    // Only reached where `may_score_run` allowed it; harmless otherwise.
    scorable(state).map_or(Command::RefreshRuns, |run| Command::ScoreRun(run.path.clone()))
}

/// The run that can be gone on with: the one that is offered, or the one that was stopped last.
fn resumable(state: &State) -> Option<std::path::PathBuf> {
    let ended = state.job().filter(|j| j.state.has_ended()).and_then(|j| j.run.clone());
    let listed = |run: &std::path::PathBuf| state.runs.iter().any(|r| r.path == *run && r.can_resume());
    state.offer.clone().or(ended).filter(listed)
}

fn may_resume(state: &State) -> Result<(), &'static str> {
    resumable(state).map(|_| ()).ok_or("No run was left unfinished; older ones are in the list of runs.")
}

fn resume(state: &State) -> Command {
    resumable(state).map_or(Command::RefreshRuns, Command::ResumeRun)
}

pub fn may_dissolve(state: &State) -> Result<(), &'static str> {
    if state.workspace != Workspace::Dissolve {
        return Err("Go to Dissolve (2) first.");
    }
    has_selection(state)?;
    state.dissolve.missing().map_or(Ok(()), Err)
}

fn may_export(state: &State) -> Result<(), &'static str> {
    may_dissolve(state)?;
    if !state.dissolve.uses_t() {
        Err("A filter has no t to sweep over: choose Diffusion.")
    } else if state.dissolve.filming {
        Err("One is being written.")
    } else {
        Ok(())
    }
}

fn next_layout(state: &State) -> Command {
    let at = Layout::ALL.iter().position(|(layout, _)| *layout == state.dissolve.layout).unwrap_or(0);
    Command::Layout(Layout::ALL[(at + 1) % Layout::ALL.len()].0)
}

fn has_images(state: &State) -> Result<(), &'static str> {
    if state.data.shown.is_empty() && state.results.ready().is_none() { Err("Open a data set first (Ctrl+O).") } else { Ok(()) }
}

fn has_selection(state: &State) -> Result<(), &'static str> {
    state.selected.map(|_| ()).ok_or("Select an image first.")
}

fn can_undo(state: &State) -> Result<(), &'static str> {
    state.history.next_undo().map(|_| ()).ok_or("There is nothing to undo.")
}

fn can_redo(state: &State) -> Result<(), &'static str> {
    state.history.next_redo().map(|_| ()).ok_or("There is nothing to do again.")
}

fn has_row(state: &State) -> Result<(), &'static str> {
    let here = state.workspace == Workspace::Results && state.results.selected().is_some();
    if here { Ok(()) } else { Err("Select an image of the gallery first (workspace Results).") }
}

fn has_tags(state: &State) -> Result<(), &'static str> {
    if state.results.triage.is_empty() { Err("Nothing is tagged or noted in this run.") } else { Ok(()) }
}

pub fn may_score(state: &State) -> Result<(), &'static str> {
    match state.results.ready() {
        None => Err("Open a finished run first."),
        Some(set) if set.encoder.is_none() => Err("This run's encoder is not here. Train a run of your own (3)."),
        Some(_) if state.closing => Err("The window is closing."),
        Some(_) => Ok(()),
    }
}

/// Whether lesions may be drawn into the held-out normals of the run in view.
pub fn may_plant(state: &State) -> Result<(), &'static str> {
    may_score(state)?;
    if state.planting().is_some_and(|job| !job.state.has_ended()) { Err("It is being done.") } else { Ok(()) }
}

fn has_job(state: &State) -> Result<(), &'static str> {
    match state.running().map(|j| &j.state) {
        None => Err("Nothing is running."),
        Some(JobState::Stopping) => Err("It is stopping: the checkpoint is being written."),
        Some(_) => Ok(()),
    }
}

/// A training may end early; half a list of scores is of no use.
fn may_keep(state: &State) -> Result<(), &'static str> {
    has_job(state)?;
    match state.running().map(|j| &j.work) {
        Some(Work::Score(_) | Work::Folder { .. } | Work::Plant(_)) => {
            Err("Scoring has no part to keep; stop it, or let it end.")
        }
        _ => Ok(()),
    }
}

fn pause(state: &State) -> Command {
    match state.running() {
        Some(job) if job.state == JobState::Paused => Command::Continue(job.id),
        _ => of_job(state, Command::Pause),
    }
}

fn of_job(state: &State, command: impl Fn(crate::jobs::JobId) -> Command) -> Command {
    // Only reached where `has_job` allowed it; harmless otherwise.
    state.running().map_or(Command::RefreshRuns, |job| command(job.id))
}

fn next_theme(state: &State) -> Command {
    Command::Theme(match state.remembered.theme {
        ThemeChoice::System => ThemeChoice::Dark,
        ThemeChoice::Dark => ThemeChoice::Light,
        ThemeChoice::Light => ThemeChoice::System,
    })
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
