//! Jobs as the window knows them.

use super::{Forecast, Progress};
use crate::{
    config::{ConfigError, RunConfig},
    data::Curation,
    jobs::job::{JobId, Outcome},
    ml::training::cost::Amount,
    run_dir::RunKind,
};
use serde::{Deserialize, Serialize};
use std::{path::PathBuf, sync::Arc};

/// Long work that was asked for: it waits, is done by the `compute` thread, or has ended.
#[derive(Debug, Clone)]
pub struct JobInfo {
    /// Number of the job in this session.
    pub id: JobId,
    /// Title in the status bar and the queue.
    pub title: String,
    /// Name of the run.
    pub name: String,
    /// Which parts of a run the job works on.
    pub kind: RunKind,
    /// What the job does, and on which run or folder.
    pub work: Work,
    /// Where the job stands.
    pub state: JobState,
    /// The run folder, once there is one.
    pub run: Option<PathBuf>,
    /// Settings that the job was asked for with; the form may have changed since.
    pub config: RunConfig,
    /// Curation of the images as it was when a new run was asked for.
    pub curation: Option<Arc<Curation>>,
    /// Time and memory forecast when the job was asked for; empty where nothing is known.
    pub forecast: Forecast,
    /// Amount of work that the forecast was made from; `None` where no data set was open.
    pub amount: Option<Amount>,
    /// What the job has told so far.
    pub progress: Progress,
}

impl JobInfo {
    /// A job that waits.
    pub fn new(title: String, name: String, kind: RunKind, config: RunConfig, work: Work) -> Self {
        let run = match &work {
            Work::New => None,
            Work::Resume(run) | Work::Score(run) | Work::Plant(run) | Work::Folder { run, .. } => Some(run.clone()),
        };
        let (forecast, progress) = (Forecast::default(), Progress::default());
        Self {
            id: JobId(0),
            title,
            name,
            kind,
            work,
            state: JobState::Queued,
            run,
            config,
            curation: None,
            forecast,
            amount: None,
            progress,
        }
    }

    /// Nothing of it is in a run folder that could be resumed: it waits, or writes only at its end.
    pub fn is_lost_with_the_session(&self) -> bool {
        match self.state {
            JobState::Queued => true,
            JobState::Running | JobState::Paused => !self.work.is_training() || self.run.is_none(),
            JobState::Stopping | JobState::Ended(_) => false,
        }
    }

    /// Seconds that are left, where that can be said, and of what: where nothing was forecast, of the stage alone.
    pub fn time_left(&self) -> Option<(f64, &'static str)> {
        if self.forecast.costs.is_empty() {
            return self.progress.last.map(|step| (step.eta_secs, "of this stage")).filter(|(s, _)| *s > 0.0);
        }
        Some((self.forecast.left(&self.progress), "of all"))
    }
}

/// What a job does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Work {
    /// Makes a new run.
    New,
    /// Resumes this run.
    Resume(PathBuf),
    /// Scores the images of this run, whose encoder is finished.
    Score(PathBuf),
    /// Scores the images of a folder by this run.
    Folder {
        /// A run with a finished encoder.
        run: PathBuf,
        /// The folder to score, of any layout; its images need no labels.
        folder: PathBuf,
    },
    /// Draws lesions into this run's held-out normals.
    Plant(PathBuf),
}

impl Work {
    /// Whether it is a training: it makes curves and checkpoints.
    pub fn is_training(&self) -> bool {
        matches!(self, Self::New | Self::Resume(_))
    }

    /// Whether it is asked for on Train, whose cards show how far it is.
    pub fn is_on_cards(&self) -> bool {
        self.is_training() || matches!(self, Self::Score(_))
    }
}

/// A job that is offered again in the next session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueuedJob {
    title: String,
    name: String,
    kind: RunKind,
    work: Work,
    /// The job's settings as TOML.
    config: String,
}

impl From<&JobInfo> for QueuedJob {
    fn from(job: &JobInfo) -> Self {
        let (title, name) = (job.title.clone(), job.name.clone());
        Self { title, name, kind: job.kind, work: job.work.clone(), config: job.config.to_toml() }
    }
}

impl TryFrom<QueuedJob> for JobInfo {
    type Error = ConfigError;

    fn try_from(w: QueuedJob) -> Result<Self, ConfigError> {
        Ok(Self::new(w.title, w.name, w.kind, RunConfig::from_toml(&w.config)?, w.work))
    }
}

/// Where a job stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobState {
    /// The job waits for others that go first.
    Queued,
    /// The `compute` thread works on the job.
    Running,
    /// The job is paused: it keeps its place, and takes no time.
    Paused,
    /// The job was told to stop; its checkpoint is being written.
    Stopping,
    /// The job has ended; it stays in the list until the next is started.
    Ended(Outcome),
}

impl JobState {
    /// The job has begun and not ended, including when paused.
    pub fn is_running(&self) -> bool {
        matches!(self, Self::Running | Self::Paused | Self::Stopping)
    }

    /// Whether the job has ended, however that was.
    pub fn has_ended(&self) -> bool {
        matches!(self, Self::Ended(_))
    }
}
