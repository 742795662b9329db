//! What is remembered from one start to the next.

use super::{QueuedJob, State, ThemeChoice, TrainForm, TrainState, Workspace};
use crate::{
    config::{DataConfig, DissolveMethod, PreprocessConfig, ThresholdRule},
    ml::training::cost::Speed,
    scores::ScoreKind,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// What is remembered from one start to the next.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PersistedState {
    /// Dark, light or as the desktop has it.
    pub theme: ThemeChoice,
    /// The left side panel is folded where both have room.
    pub library_hidden: bool,
    /// The right one likewise.
    pub inspector_hidden: bool,
    /// The log is open below.
    pub log_shown: bool,
    /// Where the last session ended.
    pub workspace: Workspace,
    /// Scale of the whole window, one of [`SCALES`], in percent.
    pub scale: UiScale,
    /// By how many steps thumbnails are larger or, negative, smaller than suits the window.
    pub thumbnail_steps: i8,
    /// How fast this machine was, with the number of its cores.
    pub speed: Option<(usize, Speed)>,
    /// Jobs that earlier sessions left: offered until they are queued again or declined.
    pub queue: Vec<QueuedJob>,
    /// Jobs of this session that would be lost with it.
    pub jobs: Vec<QueuedJob>,
    /// Runs that the person does not want to resume.
    pub declined: Vec<PathBuf>,
    /// Newest first.
    pub recent: Vec<DataConfig>,
    /// By the path of a data set, where its pictures do not stay as they are.
    pub preprocess: BTreeMap<PathBuf, PreprocessConfig>,
    /// The form of a training, where it was ever shown.
    pub form: Option<TrainForm>,
    /// Files of weights that were imported.
    pub imported: Vec<PathBuf>,
    /// By which images were dissolved last; `None`: by diffusion.
    pub method: Option<DissolveMethod>,
    /// By what differences are multiplied; none: as suits the image.
    pub gain: Option<f32>,
    /// Where strips and sweeps are written.
    #[serde(alias = "film_folder")]
    pub export_folder: PathBuf,
    /// The scores that were open.
    pub scores: Option<OpenScores>,
    /// Thresholds that were set in other scores, newest first.
    pub thresholds: Vec<OpenScores>,
}

/// Scores as they were looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OpenScores {
    /// The run, or its file of scores.
    pub run: PathBuf,
    /// The score that was looked at.
    pub kind: ScoreKind,
    /// Score from which on an image is called abnormal.
    pub threshold: f64,
    /// The rule that set it; `None` where it was moved by hand.
    pub rule: Option<ThresholdRule>,
}

impl PersistedState {
    /// Leaves out what cannot be written, which would take all else with it: paths that are not UTF-8.
    fn drop_unwritable(&mut self) {
        self.recent.retain(is_writable);
        self.queue.retain(is_writable);
        self.jobs.retain(is_writable);
        self.declined.retain(is_writable);
        self.imported.retain(is_writable);
        self.preprocess.retain(|data, _| is_writable(data));
        self.scores.take_if(|scores| !is_writable(scores));
        self.thresholds.retain(is_writable);
        if !is_writable(&self.export_folder) {
            self.export_folder.clear();
        }
    }

    /// How these scores of the run were looked at last, where a threshold was set.
    pub fn seen(&self, run: &Path, kind: ScoreKind) -> Option<&OpenScores> {
        self.thresholds.iter().find(|seen| seen.run == run && seen.kind == kind)
    }

    /// Remembers a threshold that was set.
    pub fn keep_threshold(&mut self, seen: OpenScores) {
        const KEPT: usize = 100;
        self.thresholds.retain(|other| (&other.run, other.kind) != (&seen.run, seen.kind));
        self.thresholds.insert(0, seen);
        self.thresholds.truncate(KEPT);
    }

    /// What is done to the pictures of the data set at this path.
    pub fn keep_preprocess(&mut self, data: &Path, preprocess: &PreprocessConfig) {
        if preprocess.is_off() {
            self.preprocess.remove(data);
        } else {
            self.preprocess.insert(data.to_path_buf(), preprocess.clone());
        }
    }
}

fn is_writable<T: Serialize>(it: &T) -> bool {
    serde_json::to_value(it).is_ok()
}

/// Percent by which the whole window is scaled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UiScale(pub u16);

/// The steps of Ctrl + and Ctrl -, in percent.
pub const SCALES: [u16; 12] = [80, 90, 100, 110, 125, 140, 160, 180, 200, 230, 260, 300];

/// Steps that thumbnails are made larger and smaller at most.
pub const THUMBNAIL_STEPS: i8 = 4;

impl Default for UiScale {
    fn default() -> Self {
        Self(100)
    }
}

impl UiScale {
    /// 1 = 100 %; of a file that was written by hand brought within [`SCALES`].
    pub fn factor(self) -> f32 {
        f32::from(self.0.clamp(SCALES[0], SCALES[SCALES.len() - 1])) / 100.0
    }

    /// `by` steps larger or, negative, smaller; 0 goes back to 100 %.
    pub fn step(self, by: i32) -> Self {
        if by == 0 {
            return Self::default();
        }
        let at = SCALES.iter().position(|&s| s >= self.0).unwrap_or(SCALES.len() - 1) as i32;
        Self(SCALES[(at + by).clamp(0, SCALES.len() as i32 - 1) as usize])
    }
}

impl State {
    /// As the last session left it.
    pub fn starting(mut persisted: PersistedState, workspace_dir: PathBuf, cores: usize) -> Self {
        // What was queued and never done is offered; so is what the session before had offered in vain.
        let left = std::mem::take(&mut persisted.jobs);
        persisted.queue.extend(left);
        let mut state = Self { workspace: persisted.workspace, workspace_dir, cores, ..Self::default() };
        state.machine.speed = persisted.speed.and_then(|(on, speed)| (on == cores).then_some(speed));
        if let Some(form) = &persisted.form {
            state.train = TrainState::from_form(form);
        }
        let d = &mut state.dissolve;
        d.imported.clone_from(&persisted.imported);
        d.method = persisted.method.unwrap_or(d.method);
        d.gain = persisted.gain.filter(|gain| gain.is_finite()).map(|gain| gain.clamp(0.5, 64.0));
        d.export_folder.clone_from(&persisted.export_folder);
        state.persisted = persisted;
        state
    }

    /// Brings what is remembered up to date: before it is written, and before a closing window ends its jobs.
    pub fn remember(&mut self) {
        if !self.closing {
            self.persisted.jobs = self.jobs.iter().filter(|job| job.is_lost_with_the_session()).map(QueuedJob::from).collect();
        }
        self.persisted.form = Some(TrainForm::from(&self.train));
        if let Some(open) = &self.data.open {
            self.persisted.keep_preprocess(&open.config.path, &self.train.config.preprocess);
        }
        let d = &self.dissolve;
        self.persisted.imported.clone_from(&d.imported);
        (self.persisted.method, self.persisted.gain) = (Some(d.method), d.gain);
        self.persisted.export_folder.clone_from(&d.export_folder);
        let r = &self.results;
        match (&r.run, r.ready()) {
            (Some(run), Some(set)) => {
                let scores = OpenScores { run: run.clone(), kind: set.kind, threshold: r.threshold, rule: r.rule };
                self.persisted.scores = Some(scores);
            }
            (None, _) => self.persisted.scores = None,
            // They are on their way.
            (Some(_), None) => {}
        }
        self.persisted.drop_unwritable();
    }
}
