//! Everything the window shows, as plain data. Changed by [`update`](super::update()) alone.

#![warn(missing_docs)]

mod data;
mod device_status;
mod dissolve;
mod embedding;
mod fields;
mod forecast;
mod history;
mod job;
mod listing;
mod persisted;
mod progress;
mod results;
mod runs;
mod train;
mod views;
mod workspace_settings;

pub use data::{
    AskedPreview, Counts, DataPage, DataState, DuplicateSearch, Filter, LargeImage, OpenDataset, Opening, PairCounts,
    PreviewDone, TableForm, config_title,
};
pub use device_status::DeviceStatus;
pub use dissolve::{
    Answers, BESIDE, ChangeFrom, ComparisonLayout, DissolveState, ModelChoice, PanelContent, STRIP_STEPS, T_MAX, Track, View,
};
pub use embedding::{Colours, EmbeddingState};
pub use fields::{FIELDS, Field, FieldKind, groups};
pub use forecast::{Forecast, MachineState, card_of};
pub use history::{Edit, History, HistoryEntry};
pub use job::{JobInfo, JobState, QueuedJob, Work};
pub use listing::{ColumnFilter, ColumnTest, GalleryFilter, Mark, Marks, Selection, clicked};
pub use persisted::{OpenScores, PersistedState, SCALES, THUMBNAIL_STEPS, UiScale};
pub use progress::{AurocPoint, Curve, Progress, Quantity};
pub use results::{
    Comparing, Explanation, Layers, MapView, OcclusionMap, ResultsCurve, ResultsState, ScoredImageInfo, ScoresStatus, Sort, Tab,
};
pub use runs::{RunDraft, RunsState, SettingRow, in_work, side_by_side};
pub use train::{ResolvedMemo, ResolvedSettings, Texts, TrainForm, TrainState, paper_value};
pub use views::{DataListView, ListView, ResultsListView, SavedView, ShownView};
pub use workspace_settings::{OwnTag, WorkspaceSettings};

use crate::{
    app::next_step,
    config::{LearntFrom, RunConfig},
    data::ImageId,
    engine::{
        path_completion::PathCompletion,
        runs::{
            list::{ModelSource, RunEntry},
            score_set::ScoreSet,
        },
    },
    error::Failure,
    ml::{
        base::device,
        training::cost::{self, Amount},
    },
    run_dir::RunKind,
};
use serde::{Deserialize, Serialize};
use std::{cell::RefCell, collections::BTreeSet, path::PathBuf, rc::Rc, sync::Arc};

/// The four workspaces, one after the other as the work goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Workspace {
    /// Open images, look through them, say which are normal.
    #[default]
    Data,
    /// See what a diffusion model takes out of an image.
    Dissolve,
    /// Settings, queue and curves of a run.
    Train,
    /// The scores of a run.
    Results,
}

impl Workspace {
    /// As the keys 1 to 4 have them.
    pub const ALL: [Self; 4] = [Self::Data, Self::Dissolve, Self::Train, Self::Results];

    /// On its tab.
    pub fn name(self) -> &'static str {
        match self {
            Self::Data => "Data",
            Self::Dissolve => "Dissolve",
            Self::Train => "Train",
            Self::Results => "Results",
        }
    }
}

/// Light on dark or dark on light.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum ThemeChoice {
    /// As the desktop has it.
    #[default]
    System,
    /// Always dark.
    Dark,
    /// Always light.
    Light,
}

/// What lies above the workspaces; Escape, and what brought it, takes it away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlay {
    /// All actions, found by typing.
    Palette,
    /// All keys.
    Keys,
    /// The list of runs, in the place of the workspace.
    Runs,
    /// Tags of the person's own.
    Tags,
    /// Version and licences.
    About,
    /// The selected image of the gallery, large.
    Picture,
}

impl Overlay {
    /// The list of runs and the large view are places to be: they come back when what was looked up above them goes.
    pub fn is_place(self) -> bool {
        matches!(self, Self::Runs | Self::Picture)
    }
}

/// A line that comes up over a corner and goes again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Notification {
    /// One sentence.
    pub text: String,
    /// What to do next; may be empty.
    pub hint: String,
    /// It stays until it is dismissed.
    pub is_error: bool,
    /// The run, or its file of scores, whose results it offers to show.
    pub results: Option<PathBuf>,
}

/// Side panels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Left: data sets, models, runs.
    Library,
    /// Right: the selected image, or the workspace's form.
    Inspector,
    /// The log, below.
    Log,
}

/// How many side panels have room beside the page; a window's scale makes it smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Room {
    /// Both.
    #[default]
    Wide,
    /// One at a time.
    Narrow,
    /// None: an open panel takes the page's place.
    Small,
}

impl Room {
    /// The room in a window of this width, points.
    pub fn of(width: f32) -> Self {
        match width {
            w if w >= 900.0 => Self::Wide,
            w if w >= 640.0 => Self::Narrow,
            _ => Self::Small,
        }
    }
}

/// A notification as the log panel keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// `HH:MM:SS`, local.
    pub time: String,
    /// Sentence and hint together.
    pub text: String,
    /// It is coloured as one.
    pub is_error: bool,
}

/// All that the window shows. What comes from outside is in it only once an event has brought it.
#[derive(Debug, Default)]
pub struct State {
    /// The one in view.
    pub workspace: Workspace,
    /// Written when the window closes, and on the way.
    pub persisted: PersistedState,
    /// What lies above the workspace; `None`: nothing.
    pub overlay: Option<Overlay>,
    /// The one that it has covered.
    pub covered: Option<Overlay>,
    /// How wide the window is.
    pub room: Room,
    /// The side panel that is open where not both have room.
    pub drawer: Option<Side>,
    /// Newest last.
    pub notifications: Vec<Notification>,
    /// All notifications of this session, newest last.
    pub log: Vec<LogLine>,
    /// The run's own log, newest last.
    pub run_log: Vec<String>,
    /// Local time when the last message came.
    pub now: jiff::civil::Time,
    /// Undo and redo.
    pub history: History,
    /// Where runs are kept.
    pub workspace_dir: PathBuf,
    /// What is kept there of the window.
    pub workspace_settings: WorkspaceSettings,
    /// Cores of this machine; see [`computes`](Self::computes).
    pub cores: usize,
    /// What could compute, and why not; none while it is looked for, `None` before anybody wanted to know.
    pub devices: Option<Vec<device::Choice>>,
    /// The open data set.
    pub data: DataState,
    /// Where the demo's images lie, once it was opened.
    pub demo: Option<PathBuf>,
    /// One selected image, shared by all workspaces.
    pub selected: Option<ImageId>,
    /// The workspace Dissolve.
    pub dissolve: DissolveState,
    /// The form of a training.
    pub train: TrainState,
    /// What forecasts need to know of this machine.
    pub machine: MachineState,
    /// The run in view.
    pub results: ResultsState,
    /// Newest first.
    pub runs: Vec<RunEntry>,
    /// The runs were listed once.
    pub runs_known: bool,
    /// The saved view that was shown last.
    pub last_view: Option<ShownView>,
    /// The field whose path is being completed, and what came of the last one.
    pub completing: Option<&'static str>,
    /// The name of that field, and the path as it goes on.
    pub completion: Option<(&'static str, PathCompletion)>,
    /// A run that the last session did not finish: the person is asked whether to resume it.
    pub offer: Option<PathBuf>,
    /// A training that would take very long, and the seconds: the person is asked whether to start it.
    pub asks_long: Option<(RunKind, f64)>,
    /// The list of runs.
    pub run_list: RunsState,
    /// In the order they were asked for; ended ones stay until the next is started.
    pub jobs: Vec<JobInfo>,
    /// Number of the newest job.
    pub next_job: u64,
    /// The window was asked to close, and waits for the running job's checkpoint.
    pub closing: bool,
    /// What [`selection`](Self::selection) found last.
    pub selection_memo: SelectionMemo,
    /// What [`resolved_settings`](Self::resolved_settings) found last.
    pub resolved_memo: ResolvedMemo,
}

/// The selection found last, and what it depended on.
#[derive(Debug, Default)]
pub struct SelectionMemo(RefCell<Option<(SelectionInputs, Rc<Selection>)>>);

/// All that the selection depends on.
#[derive(Debug)]
struct SelectionInputs {
    workspace: Workspace,
    open: Option<Arc<OpenDataset>>,
    shown: Arc<Vec<ImageId>>,
    selected: Option<ImageId>,
    marked: Marks<ImageId>,
    scores: Option<Arc<ScoreSet>>,
    listed: Arc<Vec<usize>>,
    row: Option<usize>,
    marked_rows: Marks<usize>,
    is_large: bool,
}

impl SelectionInputs {
    fn is_same(&self, other: &Self) -> bool {
        let pointers = |from: &Self| (from.open.as_ref().map(Arc::as_ptr), from.scores.as_ref().map(Arc::as_ptr));
        (self.workspace, self.selected, self.row, self.is_large) == (other.workspace, other.selected, other.row, other.is_large)
            && pointers(self) == pointers(other)
            && Arc::ptr_eq(&self.shown, &other.shown)
            && Arc::ptr_eq(&self.listed, &other.listed)
            && self.marked.is_unchanged(&other.marked)
            && self.marked_rows.is_unchanged(&other.marked_rows)
    }
}

impl State {
    /// Settings with `data.tile` decided for the data that are open, as a run decides it, and why; `None` where none are.
    pub fn with_tiles(&self, config: &RunConfig) -> Option<(RunConfig, String)> {
        Some(config.with_tiles(self.open()?.median_side(), self.given(config)))
    }

    /// What the model that these settings give has learnt from, where its run is known.
    fn given(&self, config: &RunConfig) -> Option<LearntFrom> {
        let of_model = |run: &&RunEntry| run.model.as_ref().is_some_and(|model| model.0 == config.dia.model);
        self.runs.iter().find(of_model).map(RunEntry::learnt_from)
    }

    /// The settings of the form, decided for the data that are open; `None` where none are.
    pub fn resolved_settings(&self) -> Option<Rc<ResolvedSettings>> {
        let config = self.run_config(RunKind::Train)?;
        let given = self.given(&config);
        Some(self.resolved_memo.of(config, self.open()?.median_side(), given))
    }

    /// The settings of the form, of a run on the data that are open.
    pub fn run_config(&self, kind: RunKind) -> Option<RunConfig> {
        let mut config = self.train.run_config(&self.open()?.config);
        if let Some(ModelSource(path)) = self.train.reuse.as_ref().filter(|_| kind != RunKind::Ddpm) {
            config.dia.model.clone_from(path);
        }
        Some(config)
    }

    /// What the cost model needs to know of a run on the data that are open; `has_model`: its diffusion model is there.
    pub fn amount(&self, config: &RunConfig, has_model: bool) -> Option<Amount> {
        let open = self.open()?;
        let (config, _) = self.with_tiles(config)?;
        Some(Amount::new(&config, has_model, [open.training_normals, open.scored_by_default], open.median_size))
    }

    /// Tells the person something; it goes by itself.
    pub fn notify(&mut self, text: impl Into<String>) {
        self.push(Notification { text: text.into(), ..Notification::default() });
    }

    /// With the way to these results.
    pub fn notify_results(&mut self, text: impl Into<String>, results: PathBuf) {
        self.push(Notification { text: text.into(), results: Some(results), ..Notification::default() });
    }

    /// Tells that something could not be done; `hint` says what to do next and may be empty. It stays until it is dismissed.
    pub fn notify_error(&mut self, text: impl Into<String>, hint: impl Into<String>) {
        self.push(Notification { text: text.into(), hint: hint.into(), is_error: true, ..Notification::default() });
    }

    /// What could not be done, with what to do about it.
    pub fn notify_failure(&mut self, failure: Failure) {
        self.notify_error(failure.summary, next_step::words(failure.hint.as_ref()));
    }

    /// Shows a notification; one that is shown already is not shown twice.
    fn push(&mut self, notification: Notification) {
        self.keep_in_log(&notification);
        self.notifications.retain(|n| *n != notification);
        self.notifications.push(notification);
    }

    /// For the log panel alone: what a person sees elsewhere.
    pub fn keep_in_log(&mut self, notification: &Notification) {
        const KEPT: usize = 500;
        let stop = if notification.hint.is_empty() { "" } else { ". " };
        let text = format!("{}{stop}{}", notification.text.trim_end_matches('.'), notification.hint);
        if self.log.last().is_none_or(|l| l.text != text) {
            let time = self.now.strftime("%H:%M:%S").to_string();
            self.log.push(LogLine { time, text, is_error: notification.is_error });
        }
        if self.log.len() > KEPT {
            self.log.remove(0);
        }
    }

    /// Whether a side panel is to be seen now.
    pub fn unfolded(&self, side: Side) -> bool {
        match (side, self.room) {
            (Side::Log, _) => self.persisted.log_shown,
            (Side::Library, Room::Wide) => !self.persisted.library_hidden,
            (Side::Inspector, Room::Wide) => !self.persisted.inspector_hidden,
            (side, _) => self.drawer == Some(side),
        }
    }

    /// The data set that is open.
    pub fn open(&self) -> Option<&Arc<OpenDataset>> {
        self.data.open.as_ref()
    }

    /// Nothing lies above the workspaces any more.
    pub fn leave_overlays(&mut self) {
        (self.overlay, self.covered) = (None, None);
    }

    /// The large view is that of Data.
    pub fn is_large_in_data(&self) -> bool {
        self.workspace == Workspace::Data && self.overlay == Some(Overlay::Picture)
    }

    /// The large view of Data shows its image alone: it is to, or nothing can be dissolved.
    pub fn is_large_alone(&self) -> bool {
        self.is_large_in_data() && !(self.data.large.dissolved && self.dissolve.missing().is_none())
    }

    /// The data set of these scores, where it is the one that is open.
    pub fn open_of(&self, set: &ScoreSet) -> Option<&Arc<OpenDataset>> {
        self.open().filter(|open| open.dataset.place == set.place)
    }

    /// What the model in use was trained on, where that is another data set than the open one: one place, however it is called.
    pub fn trained_elsewhere(&self) -> Option<String> {
        let (open, model) = (self.open()?, self.dissolve.model().filter(|_| self.dissolve.uses_t())?);
        let title = model.trained_on.as_ref().filter(|_| model.place != open.dataset.place)?;
        // Two of one name are told apart by where they lie.
        Some(if *title == open.title() { model.place.display().to_string() } else { title.clone() })
    }

    /// The image of the row that is selected on Results, where its data set is open.
    pub fn image_of_row(&self) -> Option<ImageId> {
        self.open_of(self.results.ready()?)?.by_name.get(&self.results.selected()?.path).copied()
    }

    /// The images that a command on the selection is about: those that are marked, else the selected one where it is in view.
    pub fn selection(&self) -> Rc<Selection> {
        let from = SelectionInputs {
            workspace: self.workspace,
            open: self.data.open.clone(),
            shown: self.data.shown.clone(),
            selected: self.selected,
            marked: self.data.marked.clone(),
            scores: self.results.ready().cloned(),
            listed: self.results.shown.clone(),
            row: self.results.row,
            marked_rows: self.results.marked.clone(),
            is_large: self.overlay == Some(Overlay::Picture),
        };
        let mut known = self.selection_memo.0.borrow_mut();
        match &*known {
            Some((before, selection)) if before.is_same(&from) => selection.clone(),
            // At each frame several panels ask.
            _ => known.insert((from, Rc::new(self.find_selection()))).1.clone(),
        }
    }

    /// The rows of Results that a command on the selection is about, in the order of the gallery: those that are marked, else the
    /// selected one where it is listed or seen large.
    pub fn selected_rows(&self) -> Vec<usize> {
        let r = &self.results;
        if r.marked.is_empty() {
            let is_seen = |row: &usize| self.overlay == Some(Overlay::Picture) || r.shown.contains(row);
            return r.row.filter(is_seen).into_iter().collect();
        }
        r.shown.iter().copied().filter(|row| r.marked.contains(row)).collect()
    }

    fn find_selection(&self) -> Selection {
        let Some(open) = self.open() else { return Selection::default() };
        let images = match self.workspace {
            Workspace::Results => {
                let Some(set) = self.results.ready().filter(|set| self.open_of(set).is_some()) else {
                    return Selection::default();
                };
                let image = |row: usize| open.by_name.get(&set.rows.get(row)?.path).copied();
                self.selected_rows().into_iter().filter_map(image).collect()
            }
            _ if self.data.marked.is_empty() => {
                self.selected.filter(|id| self.data.shown.binary_search(id).is_ok()).into_iter().collect()
            }
            _ => self.data.marked.iter().copied().collect(),
        };
        Selection::new(images, &open.dataset)
    }

    /// All used images but the first of each group that shows the same.
    pub fn later_duplicates(&self) -> Vec<ImageId> {
        let (Some(open), Some(found)) = (self.open(), &self.data.duplicate_search.found) else { return Vec::new() };
        let mut pairs: Vec<[ImageId; 2]> =
            found.duplicates.iter().map(|d| [d.first.min(d.second), d.first.max(d.second)]).collect();
        // The later ones in their order: what goes is like nothing that has gone before it.
        pairs.sort_by_key(|[first, second]| (*second, *first));
        let mut gone = BTreeSet::new();
        for [first, second] in pairs {
            let is_out = |id: ImageId| open.dataset.is_left_out(id);
            if !is_out(first) && !is_out(second) && !gone.contains(&first) {
                gone.insert(second);
            }
        }
        gone.into_iter().collect()
    }

    /// What is open is the synthetic demo.
    pub fn shows_demo(&self) -> bool {
        self.open().is_some_and(|o| Some(&o.config.path) == self.demo.as_ref())
    }

    /// The job that is running or, where none is, the last one that ended.
    pub fn job(&self) -> Option<&JobInfo> {
        self.jobs.iter().find(|j| j.state.is_running()).or_else(|| self.jobs.iter().rev().find(|j| j.state.has_ended()))
    }

    /// The training that is running or, where none is, the last one that ended.
    pub fn training(&self) -> Option<&JobInfo> {
        self.latest(Work::is_training)
    }

    /// The job of such work that is running or, where none is, the last one that ended.
    pub fn latest(&self, fits: impl Fn(&Work) -> bool) -> Option<&JobInfo> {
        let mut all = self.jobs.iter().rev().filter(|j| fits(&j.work));
        let ended = all.clone().find(|j| j.state.has_ended());
        all.find(|j| j.state.is_running()).or(ended)
    }

    /// A training is running: the form is for the one after it.
    pub fn trains(&self) -> bool {
        self.running().is_some_and(|job| job.work.is_training())
    }

    /// The job that is at work, including when paused; there is never more than one.
    pub fn running(&self) -> Option<&JobInfo> {
        self.jobs.iter().find(|j| j.state.is_running())
    }

    /// The job that plants lesions for the run in view, or has done so.
    pub fn planting(&self) -> Option<&JobInfo> {
        let run = &self.results.ready()?.run;
        self.jobs.iter().find(|job| job.work == Work::Plant(run.clone()))
    }

    /// What a training of the form on the open data set would take; `None` until this machine's speed is known
    /// and there is something to learn from.
    pub fn forecast(&self) -> Option<Forecast> {
        self.open().filter(|open| open.training_normals > 0)?;
        let config = self.run_config(RunKind::Train)?;
        let amount = self.amount(&config, self.train.reuse.is_some())?;
        Some(Forecast { costs: cost::forecast(&config, amount, self.machine.speed?) })
    }

    /// The newest run with scores, of the images that are open where there are any.
    pub fn newest_scored(&self) -> Option<&RunEntry> {
        let scored = || self.runs.iter().filter(|run| run.has_scores);
        let of_open = |run: &&RunEntry| self.open().is_some_and(|open| open.dataset.place == run.place);
        scored().find(of_open).or_else(|| scored().next())
    }

    /// The run that is offered to be resumed.
    pub fn offered(&self) -> Option<&RunEntry> {
        let run = self.offer.as_ref()?;
        self.runs.iter().find(|r| r.path == *run && r.can_resume())
    }

    /// Number of jobs that wait.
    pub fn queued(&self) -> usize {
        self.jobs.iter().filter(|j| j.state == JobState::Queued).count()
    }
}
