//! What workers tell the window, and the bounded channel it travels through.

use super::job::{JobId, Outcome};
use crate::{
    config::DataConfig,
    data::{Curation, Dataset, Examination, TablePreview},
    engine::{
        display::rgba::Rgba,
        dissolve::{
            comparison::ComparisonPanel,
            dissolved::{Dissolved, StripThumbnail},
            normal_band::NormalBand,
            prepared_image::Original,
        },
        embedding::EmbeddingNews,
        explanation::Answer,
        machine::Machine,
        path_completion::PathCompletion,
        preprocess_preview::PreprocessPreview,
        runs::{
            actions::{RunAction, RunDone},
            comparison::ComparedRuns,
            list::{ModelSource, RunCurve, RunEntry},
            score_set::ScoreSet,
        },
        thumbnail_cache::Thumb,
    },
    error::{Failure, NextStep},
    ml::base::{device, reporter::Event},
    scores::SyntheticLesions,
};
use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
};

/// Asks the window for a frame; called from any thread.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// Room for events on their way; a frame takes a bounded number of them.
const CAPACITY: usize = 1024;

#[derive(Debug)]
pub enum JobEvent {
    /// The file dialog was answered, or there was none.
    Picked(Pick, Picked),
    /// Files seen while a data set is being opened (droppable).
    Opening {
        found: usize,
    },
    Opened {
        generation: u64,
        config: DataConfig,
        dataset: Arc<Dataset>,
    },
    OpenFailed {
        generation: u64,
        path: PathBuf,
        failure: Failure,
    },
    Thumbnail {
        generation: u64,
        thumb: Thumb,
        pixels: Result<Rgba, String>,
    },
    /// The selected image before and after preprocessing.
    PreprocessPreview {
        generation: u64,
        preview: Result<PreprocessPreview, Failure>,
    },
    /// Images read in the search for duplicates (droppable).
    Examining {
        generation: u64,
        done: usize,
    },
    Examined {
        generation: u64,
        examination: Arc<Examination>,
    },
    /// What a table says of the images of the data set with this generation; `None`: what was dropped is another thing, to be
    /// opened.
    Curation {
        generation: u64,
        path: PathBuf,
        curation: Result<Option<Arc<Curation>>, Failure>,
    },
    /// The first rows of a table of labels.
    Table {
        path: PathBuf,
        table: Result<TablePreview, Failure>,
    },
    /// The demo's data, and its finished run.
    Demo(Result<(DataConfig, PathBuf), Failure>),
    /// The demo's diffusion model, which is in the workspace now.
    DemoModel(Result<ModelSource, Failure>),
    /// A preview that a training wrote.
    Preview {
        file: PathBuf,
        pixels: Result<Rgba, String>,
    },
    /// What could compute here, and why not.
    Devices(Vec<device::Choice>),
    /// How a path that is typed goes on.
    PathCompleted(PathCompletion),
    Runs(Vec<RunEntry>),
    Trash(Vec<RunEntry>),
    Curves {
        run: PathBuf,
        curves: Vec<RunCurve>,
    },
    /// Whether a file holds a diffusion model that can be used.
    ModelChecked {
        path: PathBuf,
        checked: Result<(), Failure>,
    },
    RunDone {
        action: RunAction,
        done: Result<RunDone, Failure>,
    },
    Scores {
        run: PathBuf,
        scores: Result<Arc<ScoreSet>, Failure>,
    },
    ComparedRuns {
        second: PathBuf,
        compared: Result<Arc<ComparedRuns>, Failure>,
    },
    /// How many lesions that were drawn into its held-out normals this run finds.
    SyntheticLesions {
        run: PathBuf,
        lesions: Arc<SyntheticLesions>,
    },
    /// About the image of question `generation`.
    Why {
        generation: u64,
        answer: Answer,
    },
    /// Where images lie in two dimensions, of request `generation` (droppable but for the last).
    Embedding {
        generation: u64,
        news: Result<EmbeddingNews, Failure>,
    },
    /// A file that a person asked for is written.
    Saved(PathBuf),
    /// The picture that is being dissolved, as large as it is shown.
    Original(Original),
    /// The slider's request `generation` is done.
    Dissolved {
        generation: u64,
        dissolved: Result<Dissolved, Failure>,
    },
    /// One of the dissolved images beside each other that go with request `generation`.
    ComparisonPanel {
        generation: u64,
        index: usize,
        panel: ComparisonPanel,
    },
    /// The band of the training normals, so far.
    NormalBand {
        strip: u64,
        band: NormalBand,
    },
    /// A contact sheet or a sweep was written there.
    SweepExported(Result<PathBuf, Failure>),
    /// A thumbnail of the slider's strip.
    StripThumbnail {
        strip: u64,
        thumbnail: StripThumbnail,
    },
    /// A large picture by tiles, for the sheet of many t.
    SheetStep {
        strip: u64,
        dissolved: Dissolved,
    },
    /// What this machine can do.
    Machine(Machine),
    JobStarted(JobId),
    /// The job has its run folder.
    JobFolder(JobId, PathBuf),
    /// The last lines of a run's log.
    RunLog {
        run: PathBuf,
        lines: Vec<String>,
    },
    /// Steps are droppable, all else is not.
    JobProgress(JobId, Event),
    JobEnded(JobId, Outcome),
    /// Something that could not be done, and changes nothing else.
    Trouble {
        summary: String,
        hint: Option<NextStep>,
    },
    /// A thread's task panicked: a fault of the program, shown with its text.
    Panicked {
        thread: String,
        text: String,
    },
}

/// What a file dialog is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pick {
    /// Folders of images, one data set together.
    DataFolder,
    /// The same of tables of labels, archives or images.
    DataFile,
    /// Weights of a diffusion model.
    Model,
    /// Images to be scored with the run in view.
    FolderToScore,
    /// The same, to become a run of the workspace.
    ModelRun,
    /// A table of labels for the open data set.
    Table,
    /// Files that annotate the images of the open data set one by one.
    Annotations,
    /// Labels, left-out images and tags of the open data set.
    Curation,
    /// Where contact sheets and sweeps are written.
    ExportFolder,
}

/// The answer of a file dialog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Picked {
    /// Empty where the dialog was cancelled.
    Paths(Vec<PathBuf>),
    /// It came back before anybody could have answered: this desktop has none.
    NoDialog,
}

/// The sending end, with the callback that wakes the window.
#[derive(Clone)]
pub struct Events {
    tx: SyncSender<JobEvent>,
    wake: Wake,
}

pub fn channel(wake: Wake) -> (Events, Receiver<JobEvent>) {
    let (tx, rx) = sync_channel(CAPACITY);
    (Events { tx, wake }, rx)
}

impl Events {
    /// Waits for room: for what must not be lost. Returns false once the window is gone.
    pub fn send(&self, event: JobEvent) -> bool {
        let sent = match self.tx.try_send(event) {
            Err(TrySendError::Full(event)) => {
                (self.wake)();
                self.tx.send(event).is_ok()
            }
            other => other.is_ok(),
        };
        (self.wake)();
        sent
    }

    /// Drops the event where there is no room.
    pub fn offer(&self, event: JobEvent) {
        let _ = self.tx.try_send(event);
        (self.wake)();
    }

    /// Runs one task of a thread; a panic in it becomes an event.
    pub(crate) fn guard<R>(&self, thread: &str, task: impl FnOnce() -> R) -> Result<R, Failure> {
        catch_unwind(AssertUnwindSafe(task)).map_err(|payload| {
            let text = panic_text(payload.as_ref());
            self.send(JobEvent::Panicked { thread: thread.to_string(), text: text.clone() });
            Failure {
                summary: format!("the program made a mistake in its {thread} thread: {text}"),
                hint: Some("please report this text; what was written so far is kept".into()),
            }
        })
    }
}

fn panic_text(payload: &(dyn Any + Send)) -> String {
    payload
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no text".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_channel_drops_metrics_and_keeps_other_events() {
        let (events, rx) = channel(Arc::new(|| {}));
        for found in 0..CAPACITY + 10 {
            events.offer(JobEvent::Opening { found });
        }
        let there = events.clone();
        let sender = std::thread::spawn(move || there.send(JobEvent::Picked(Pick::DataFolder, Picked::NoDialog)));
        let received: Vec<_> = (0..=CAPACITY).map(|_| rx.recv().unwrap()).collect();
        assert!(matches!(received.last(), Some(JobEvent::Picked(Pick::DataFolder, _))));
        assert!(sender.join().unwrap());
        drop(rx);
        assert!(!events.send(JobEvent::Picked(Pick::DataFolder, Picked::NoDialog)), "a closed window does not block its workers");
    }

    #[test]
    fn panic_becomes_an_event() {
        let (events, rx) = channel(Arc::new(|| {}));
        let failure = events.guard("test", || panic!("number {}", 7)).unwrap_err();
        assert!(failure.summary.contains("number 7"));
        assert!(matches!(rx.recv().unwrap(), JobEvent::Panicked { text, .. } if text == "number 7"));
    }
}
