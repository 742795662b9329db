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

/// What a thread or a dialog tells; `app::update::events` takes it. A `generation` or `strip` is the number of the request that is
/// answered: the answer to an older one is dropped there.
#[derive(Debug)]
pub enum JobEvent {
    /// The file dialog was answered, or there was none.
    Picked(Pick, Picked),
    /// A data set is being read (droppable).
    Opening {
        /// Files seen so far.
        found: usize,
    },
    /// A data set was read: a new one, or the open one with other normal classes.
    Opened {
        /// Number of the request to open it.
        generation: u64,
        /// The settings it was asked for by, with its table of curation in the workspace.
        config: DataConfig,
        /// The data set, curated already.
        dataset: Arc<Dataset>,
    },
    /// A data set could not be read; the one before stays open.
    OpenFailed {
        /// Number of the request to open it.
        generation: u64,
        /// What was to be opened.
        path: PathBuf,
        /// Why not; shown in the place of the images.
        failure: Failure,
    },
    /// One thumbnail was made.
    Thumbnail {
        /// Number of the data set that it was made from, which may have been opened again since.
        generation: u64,
        /// Which thumbnail was asked for.
        thumb: Thumb,
        /// Its pixels; where it cannot be decoded, a short reason to stand beside its name.
        pixels: Result<Rgba, String>,
    },
    /// The selected image before and after preprocessing.
    PreprocessPreview {
        /// Number of the request that this answers.
        generation: u64,
        /// Both pictures, with the edge of the image's mask where it has one.
        preview: Result<PreprocessPreview, Failure>,
    },
    /// The search for duplicates goes on (droppable).
    Examining {
        /// Number of the data set that is searched.
        generation: u64,
        /// Images read so far.
        done: usize,
    },
    /// The search for duplicates is through.
    Examined {
        /// Number of the data set that was searched.
        generation: u64,
        /// Pairs that show the same, and what cannot be decoded.
        examination: Arc<Examination>,
    },
    /// A table of curation that a person chose or dropped.
    Curation {
        /// Number of the open data set that the table is for.
        generation: u64,
        /// The table.
        path: PathBuf,
        /// What it says of the images; `None`: what was dropped is another thing, to be opened.
        curation: Result<Option<Arc<Curation>>, Failure>,
    },
    /// The columns of a table of labels, to choose from.
    Table {
        /// The table.
        path: PathBuf,
        /// Its first rows.
        table: Result<TablePreview, Failure>,
    },
    /// The demo's data, and its finished run.
    Demo(Result<(DataConfig, PathBuf), Failure>),
    /// The demo's diffusion model, which is in the workspace now.
    DemoModel(Result<ModelSource, Failure>),
    /// A preview that a training wrote.
    Preview {
        /// The PNG file in the run folder.
        file: PathBuf,
        /// Its content, or why it cannot be read.
        pixels: Result<Rgba, String>,
    },
    /// What could compute here, and why not.
    Devices(Vec<device::Choice>),
    /// Completions for a path being typed.
    PathCompleted(PathCompletion),
    /// All runs of the workspace, newest first.
    Runs(Vec<RunEntry>),
    /// The runs in its trash; follows [`Runs`](Self::Runs).
    Trash(Vec<RunEntry>),
    /// What the training of a run and of its parts has written so far.
    Curves {
        /// Its folder.
        run: PathBuf,
        /// The curves; empty where nothing was trained yet.
        curves: Vec<RunCurve>,
    },
    /// Whether a file holds a diffusion model that can be used.
    ModelChecked {
        /// The file of weights.
        path: PathBuf,
        /// Why it cannot be used.
        checked: Result<(), Failure>,
    },
    /// Something was done to a run from its list.
    RunDone {
        /// The action that was asked for.
        action: RunAction,
        /// What came of it.
        done: Result<RunDone, Failure>,
    },
    /// The scores of a run were read.
    Scores {
        /// The run folder, or one of its files of scores, as it was asked for.
        run: PathBuf,
        /// The scores, with all that charts and gallery need.
        scores: Result<Arc<ScoreSet>, Failure>,
    },
    /// The run in view was held against another one.
    ComparedRuns {
        /// The other one's folder.
        second: PathBuf,
        /// The comparison; it fails where the two share no labelled image.
        compared: Result<Arc<ComparedRuns>, Failure>,
    },
    /// How many lesions that were drawn into its held-out normals this run finds; before the job of it ends.
    SyntheticLesions {
        /// Its folder.
        run: PathBuf,
        /// Their figures, as they were written there.
        lesions: Arc<SyntheticLesions>,
    },
    /// A piece of the answer why an image has its score (one that counts covered places is droppable).
    Why {
        /// Number of the question.
        generation: u64,
        /// The piece; several make the answer.
        answer: Answer,
    },
    /// Where images lie in two dimensions (droppable but for the last).
    Embedding {
        /// Number of the request that this answers.
        generation: u64,
        /// How far it is, or the points so far.
        news: Result<EmbeddingNews, Failure>,
    },
    /// A file that a person asked for is written.
    Saved(PathBuf),
    /// The picture that is being dissolved, as large as it is shown; comes before it is dissolved.
    Original(Original),
    /// The slider's request is done, or a large picture has gained some more tiles.
    Dissolved {
        /// Number of the request that this answers.
        generation: u64,
        /// The selected image, dissolved.
        dissolved: Result<Dissolved, Failure>,
    },
    /// One of the dissolved images beside each other that go with a request.
    ComparisonPanel {
        /// Number of the request that this answers.
        generation: u64,
        /// Its place among them, from 0.
        index: usize,
        /// The dissolved image, or a reason in its place where it cannot be dissolved.
        panel: ComparisonPanel,
    },
    /// The band of the training normals' change curves, so far.
    NormalBand {
        /// Number of the strip that it belongs to.
        strip: u64,
        /// The band; complete where no more normals are to be measured.
        band: NormalBand,
    },
    /// A contact sheet or a sweep was written to this file.
    SweepExported(Result<PathBuf, Failure>),
    /// A thumbnail of the slider's strip.
    StripThumbnail {
        /// Number of the strip that it belongs to.
        strip: u64,
        /// The thumbnail, with its t.
        thumbnail: StripThumbnail,
    },
    /// A large picture by tiles, for the sheet of many t.
    SheetStep {
        /// Number of the strip that it belongs to.
        strip: u64,
        /// The dissolved picture, complete, with its t.
        dissolved: Dissolved,
    },
    /// What this machine can do.
    Machine(Machine),
    /// The job begins; one that was stopped while it waited never does.
    JobStarted(JobId),
    /// The job has its run folder.
    JobFolder(JobId, PathBuf),
    /// The log of the run that works now.
    RunLog {
        /// Its folder.
        run: PathBuf,
        /// The last lines, newest last.
        lines: Vec<String>,
    },
    /// The job tells how far it is. Steps are droppable, all else is not.
    JobProgress(JobId, Event),
    /// The last word of a job.
    JobEnded(JobId, Outcome),
    /// Something that could not be done, and changes nothing else.
    Trouble {
        /// What could not be done, in one sentence.
        summary: String,
        /// What to do next; `None`: nothing sensible.
        hint: Option<NextStep>,
    },
    /// A worker thread panicked (a program bug).
    Panicked {
        /// Name of the thread, as in the table of [`jobs`](super).
        thread: String,
        /// What the panic said.
        text: String,
    },
}

/// What a file dialog is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pick {
    /// Folders of images, one data set together.
    DataFolder,
    /// Tables of labels, archives or images, one data set together.
    DataFile,
    /// Weights of a diffusion model.
    Model,
    /// Images to be scored with the run in view.
    FolderToScore,
    /// Weights of a diffusion model, to become a run of the workspace.
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
    /// The chosen paths; empty where the dialog was cancelled.
    Paths(Vec<PathBuf>),
    /// The dialog came back before anybody could have answered: this desktop has none.
    NoDialog,
}

/// The sending end, with the callback that wakes the window.
#[derive(Clone)]
pub struct Events {
    tx: SyncSender<JobEvent>,
    wake: Wake,
}

/// Both ends of the way to the window. `wake` is called at each event, also at one that was dropped.
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

    /// Runs one task that may fail; a panic in it is a failure, too, and an event.
    pub(crate) fn attempt<R>(&self, thread: &str, task: impl FnOnce() -> crate::error::Result<R>) -> Result<R, Failure> {
        self.guard(thread, task)?.map_err(Failure::from)
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
