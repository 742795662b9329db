//! What the panels may ask for, and what the update asks of the world.

use super::state::{
    DataPage, Filter, GalleryFilter, Layout, Overlay, PanelContent, Room, RunDraft, Side, Sort, Tab, ThemeChoice, Track,
    TrainState, View, Work, Workspace,
};
use crate::{
    config::{DataConfig, DissolveMethod, LabelColumns, PreprocessConfig, Preset, Reading, RunConfig, ThresholdRule},
    data::{Dataset, ImageId},
    engine::{
        display::rgba::Rgba,
        dissolve::request::DissolveRequest,
        explanation::Question,
        export::{
            curves::{CurveExport, Graph},
            results::{Export, Format},
            sweep::{SweepExport, SweepExportRequest},
        },
        preprocess_preview::PreviewRequest,
        runs::actions::RunAction,
        runs::list::ModelSource,
        runs::score_set::ScoreSet,
    },
    gpu::Difference,
    jobs::{
        events::{JobEvent, Pick},
        job::JobId,
    },
    ml::base::reporter::Stage,
    run_dir::RunKind,
    scores::{Annotation, Review, Tag},
};
use std::{path::PathBuf, sync::Arc};

/// The two kinds of input of [`update`](super::update()).
#[derive(Debug)]
pub enum Message {
    Command(Command),
    Event(JobEvent),
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

/// What a person asks for. Commands are sent, never carried out where they arise.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    // around
    Go(Workspace),
    Fold(Side),
    /// The window has become wider or narrower than panels need.
    Room(Room),
    Theme(ThemeChoice),
    /// Steps of the window's scale; 0 = 100 %.
    Scale(i32),
    Undo,
    Redo,
    Toggle(Overlay),
    Escape,
    Notify(String),
    DismissNotice(usize),
    Copy(String),
    ShowFolder(PathBuf),
    Close,
    // data
    Pick(Pick),
    Open(PathBuf),
    /// The data of a run, with its choice of normal classes.
    OpenData(DataConfig),
    /// Opens again what could not be opened.
    TryAgain,
    OpenDemo,
    /// Opens the same path again with these class names as the normal ones.
    SetNormal(Vec<String>),
    Filter(Filter),
    /// Several files and folders as one data set.
    OpenSeveral(Vec<PathBuf>),
    /// Opens the same path again, understood in another way.
    Reading(Reading),
    /// Takes a path off the list of recent ones.
    ForgetRecent(PathBuf),
    DataPage(DataPage),
    FindDuplicates,
    /// Takes away why the last data set could not be opened.
    DismissFailure,
    /// Shows the columns of a table, to choose from; `None` closes that.
    ChooseColumns(Option<PathBuf>),
    Columns(LabelColumns),
    /// Opens the data set again with the table and columns that were chosen.
    UseTable,
    Preprocess(PreprocessConfig),
    Select(ImageId),
    /// Steps through the images, or through the gallery on its workspace.
    Walk(i64),
    /// These are in view and have no little picture yet.
    WantThumbnails(Vec<ImageId>),
    // dissolve
    SetT(usize),
    Method(DissolveMethod),
    Model(ModelSource),
    ImportModel(PathBuf),
    Resolution(usize),
    Difference(Difference),
    Gain(f32),
    View(View),
    /// One pixel of the picture is one of the screen.
    ActualSize,
    Layout(Layout),
    /// What pictures beside each other show.
    Shown(PanelContent),
    Track(Track),
    /// Place of the split bar, \[0, 1\].
    Divider(f32),
    Blink,
    /// Puts the selected image beside others, or takes it away.
    Pin,
    Play,
    /// The next step of a sweep that plays.
    Sweep,
    SweepExport(SweepExport),
    ExportFolder(PathBuf),
    // train
    Preset(Preset),
    /// The fields of one card as in a preset.
    CardPreset(Stage, Preset),
    Field(&'static str, String),
    /// The whole form as it was.
    Form(Box<TrainState>),
    /// Takes the settings of this run into the form.
    UseSettings(PathBuf),
    /// A model that is there, or a new one.
    Reuse(Option<ModelSource>),
    /// Everything, or one part of it alone.
    Train(RunKind),
    /// Scores of a run with a finished encoder.
    ScoreRun(PathBuf),
    /// The queue of the last session goes on.
    Requeue,
    /// No, do not go on with what the last session left.
    Decline,
    Dequeue(JobId),
    MoveJob(JobId, i32),
    ResumeRun(PathBuf),
    Pause(JobId),
    Continue(JobId),
    Stop(JobId),
    Keep(JobId),
    // runs
    SearchRuns(String),
    SelectRun(PathBuf),
    /// Takes a run into the comparison, or out of it.
    CompareRun(PathBuf),
    /// Name and notes of a run while they are typed.
    DraftRun(RunDraft),
    /// What was typed is kept.
    KeepDraft,
    ShowTrash(bool),
    /// Asks whether these are to be deleted for good; none: not.
    AskDelete(Vec<PathBuf>),
    RunAction(RunAction),
    // results
    RefreshRuns,
    OpenRun(PathBuf),
    Threshold(f64),
    Rule(ThresholdRule),
    Tab(Tab),
    Sort(Sort),
    GalleryFilter(GalleryFilter),
    Row(usize),
    /// Puts a tag on the selected image, or takes it off.
    Tag(Tag),
    /// Replaces what was noted about the image of this name, in this file of scores.
    Annotation {
        file: PathBuf,
        name: String,
        annotation: Annotation,
    },
    Export(Export),
    /// Saves a graph of Dissolve or Train, or the terms of an image.
    Graph(Graph, Format),
    /// A second run, or none.
    CompareWith(Option<PathBuf>),
    /// Opens or closes the line that asks for a folder to score.
    AskFolder(bool),
    ScoreFolder(PathBuf),
    /// Draws lesions into held-out normals, and scores them.
    Plant,
    /// Asks for the map of what covering the picture changes, or stops that.
    Occlude(bool),
}

/// What has to be done outside of the state; carried out by [`effects`](crate::window::effects).
#[derive(Debug)]
pub enum Effect {
    /// The desktop's dialog; it shows the folder `from` first.
    Pick {
        pick: Pick,
        from: Option<PathBuf>,
    },
    /// With `known`, only the choice of the normal classes changes.
    Open {
        generation: u64,
        config: DataConfig,
        known: Option<Arc<Dataset>>,
    },
    /// A data set is there: little pictures come from it. `keep` = those of the one before are of the same images.
    Pictures {
        generation: u64,
        dataset: Arc<Dataset>,
        keep: bool,
    },
    /// The selected image before and after preprocessing.
    PreviewPreprocessing(Box<PreviewRequest>),
    /// Looks for duplicates in the background.
    Examine {
        generation: u64,
        dataset: Arc<Dataset>,
    },
    StopExamining,
    ReadTable(PathBuf),
    /// In the order they are wanted; the newest request goes first.
    Thumbnails(Vec<ImageId>),
    Dissolve(Box<DissolveRequest>),
    /// Whether this file holds a diffusion model.
    CheckModel(PathBuf),
    Upload(Texture, Rgba),
    SweepExport(Box<SweepExportRequest>),
    LoadPreview(PathBuf),
    /// The last lines of this run's log.
    ReadLog(PathBuf),
    /// Starts a job.
    Train {
        id: JobId,
        kind: RunKind,
        config: Box<RunConfig>,
        name: String,
        work: Work,
    },
    Control(JobId, JobOrder),
    /// Free memory and, where `timed`, the speed of this machine.
    Machine {
        timed: bool,
    },
    Demo,
    ListRuns,
    ReadCurves(PathBuf),
    RunAction(RunAction),
    LoadScores(PathBuf),
    Compare {
        first: Arc<ScoreSet>,
        second: PathBuf,
    },
    Graph {
        curve: CurveExport,
        format: Format,
    },
    SaveReview {
        set: Arc<ScoreSet>,
        review: Review,
    },
    Export {
        what: Export,
        set: Arc<ScoreSet>,
        threshold: f64,
        review: Review,
    },
    Why(Box<Question>),
    /// Scores a folder with the run's encoder, as a job.
    ScoreFolder {
        id: JobId,
        run: PathBuf,
        folder: PathBuf,
    },
    /// Draws lesions into the run's held-out normals, as a job.
    Plant {
        id: JobId,
        run: PathBuf,
    },
    Copy(String),
    ShowFolder(PathBuf),
    CloseWindow,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobOrder {
    Pause,
    Continue,
    Stop,
    Keep,
}

/// Names of the pictures on the graphics card.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Texture {
    Thumbnail(ImageId),
    /// The selected image before and after preprocessing, and its mask's edge over the former.
    Before,
    After,
    Outline,
    /// Little picture at this t.
    StripThumbnail(usize),
    Preview(PathBuf),
    /// The image whose score is explained, with its mask's outline.
    Explained,
    /// The same under the map of what covering it changes.
    Map,
    /// Its nearest normal under a shift.
    Nearest(usize),
}
