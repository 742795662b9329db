use crate::{config::Preset, engine::runs::list::ModelSource, jobs::job::JobId, ml::base::reporter::Stage, run_dir::RunKind};
use std::path::PathBuf;

/// Commands of Train: the form, the queue, the running job.
#[derive(Debug, Clone, PartialEq)]
pub enum TrainCommand {
    Preset(Preset),
    /// The fields of one card as in a preset.
    CardPreset(Stage, Preset),
    /// The text of the field with this key.
    Field(&'static str, String),
    /// The list of devices is opened.
    ListDevices,
    /// The field as it was before anything was typed there.
    Restore(&'static str),
    /// Takes the settings of this run into the form.
    UseSettings(PathBuf),
    /// An existing model, or a new one.
    Reuse(Option<ModelSource>),
    /// Everything, or one part of it alone.
    Start(RunKind),
    /// A training that would take very long is not started after all.
    CancelStart,
    /// Resumes a run that was not finished.
    Resume(PathBuf),
    /// Scores of a run with a finished encoder.
    Score(PathBuf),
    /// Queues again the jobs that the last session left waiting.
    Requeue,
    /// Declines the offer to resume the run, and the queue, that the last session left.
    Decline,
    /// Takes this job, which has not begun, out of the queue.
    Dequeue(JobId),
    /// Moves a waiting job by so many places.
    MoveJob(JobId, i32),
    Pause(JobId),
    Continue(JobId),
    Stop(JobId),
    /// Ends this job's stage as if this had been its last step, and keeps what it has learned.
    FinishEarly(JobId),
}
