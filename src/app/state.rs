//! Everything the window shows, as plain data. Changed by [`update`](super::update()) alone.

mod data;
mod dissolve;
mod job;
mod results;
mod train;

pub use data::{Counts, DataState, Filter, Open, Opening, title as data_title};
pub use dissolve::{DissolveState, Done, ModelChoice, RUNGS, T_MAX, View, rung_t, t_at, track_at};
pub use job::{Curve, JobInfo, JobState, Progress};
pub use results::{ResultsState, Scores, Sort, Tab};
pub use train::{FIELDS, Field, TrainState};

use crate::{data::ImageId, jobs::RunEntry};
use serde::{Deserialize, Serialize};
use std::{path::PathBuf, sync::Arc};

/// The four workspaces, one after the other as the work goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Workspace {
    #[default]
    Data,
    Dissolve,
    Train,
    Results,
}

impl Workspace {
    pub const ALL: [Self; 4] = [Self::Data, Self::Dissolve, Self::Train, Self::Results];

    pub fn name(self) -> &'static str {
        match self {
            Self::Data => "Data",
            Self::Dissolve => "Dissolve",
            Self::Train => "Train",
            Self::Results => "Results",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum ThemeChoice {
    #[default]
    System,
    Dark,
    Light,
}

/// What lies above the workspaces; Escape takes it away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlay {
    Palette,
    Keys,
    /// The selected image of the gallery, large.
    Picture,
}

/// A line that comes up over a corner and goes again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub text: String,
    /// What to do next; may be empty.
    pub hint: String,
    pub is_error: bool,
}

/// Side panels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Library,
    Inspector,
}

/// What is remembered from one start to the next.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Remembered {
    pub theme: ThemeChoice,
    pub library_hidden: bool,
    pub inspector_hidden: bool,
    /// Newest first.
    pub recent: Vec<PathBuf>,
}

#[derive(Debug, Default)]
pub struct State {
    pub workspace: Workspace,
    pub remembered: Remembered,
    pub overlay: Option<Overlay>,
    /// Newest last.
    pub notices: Vec<Notice>,
    /// Where runs are kept.
    pub workspace_dir: PathBuf,
    /// Cores of this machine, for the status line.
    pub cores: usize,
    pub data: DataState,
    /// Where the demo's images lie, once it was opened.
    pub demo: Option<PathBuf>,
    /// One selected image, shared by all workspaces.
    pub selected: Option<ImageId>,
    pub dissolve: DissolveState,
    pub train: TrainState,
    pub results: ResultsState,
    /// Newest first.
    pub runs: Vec<RunEntry>,
    /// In the order they were asked for; ended ones stay until the next is started.
    pub jobs: Vec<JobInfo>,
    /// Number of the newest job.
    pub next_job: u64,
    /// The window was asked to close, and waits for the running job's checkpoint.
    pub closing: bool,
}

impl State {
    pub fn notify(&mut self, text: impl Into<String>) {
        self.push(Notice { text: text.into(), hint: String::new(), is_error: false });
    }

    pub fn notify_error(&mut self, text: impl Into<String>, hint: impl Into<String>) {
        self.push(Notice { text: text.into(), hint: hint.into(), is_error: true });
    }

    /// The same notice twice is one notice.
    fn push(&mut self, notice: Notice) {
        self.notices.retain(|n| *n != notice);
        self.notices.push(notice);
    }

    pub fn open(&self) -> Option<&Arc<Open>> {
        self.data.open.as_ref()
    }

    /// What is open is the synthetic demo.
    pub fn shows_demo(&self) -> bool {
        self.open().is_some_and(|o| Some(&o.config.path) == self.demo.as_ref())
    }

    /// The job that is running or, where none is, the last one that ended.
    pub fn job(&self) -> Option<&JobInfo> {
        self.jobs.iter().find(|j| j.state.is_running()).or_else(|| self.jobs.iter().rev().find(|j| j.state.has_ended()))
    }

    pub fn running(&self) -> Option<&JobInfo> {
        self.jobs.iter().find(|j| j.state.is_running())
    }

    pub fn queued(&self) -> usize {
        self.jobs.iter().filter(|j| j.state == JobState::Queued).count()
    }
}
