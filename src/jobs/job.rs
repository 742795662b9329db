//! A job has a number, and it ends in one of three ways.

use crate::error::Failure;
use std::path::PathBuf;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(pub u64);

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// With the run folder it made.
    Finished(PathBuf),
    /// By the person; can be resumed.
    Stopped,
    Failed(Failure),
}
