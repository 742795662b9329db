//! A job has a number, and it ends in one of three ways.

use crate::error::Failure;
use std::path::PathBuf;

/// Number of a job, counted from 1 in one session; 0 before it is queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(pub u64);

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// With the run folder it made.
    Finished(PathBuf),
    /// By the person; can be resumed.
    Stopped,
    /// With what to tell the person; what its run folder has so far stays.
    Failed(Failure),
}
