//! The chain of stages: diffusion model, DIA, scores, evaluation and report, as one job that goes on where it was stopped.
//!
//! A run knows from its folder what it still lacks, so a resumed run takes the same way as a new one.

use crate::{
    config::RunConfig,
    error::Result,
    ml::progress::Reporter,
    run_dir::{RunDir, RunKind},
};
use std::path::Path;

/// Opens the data, checks that they can be learned from, and makes the run folder.
pub fn create(
    _kind: RunKind,
    _config: &RunConfig,
    _workspace: &Path,
    _name: &str,
    _reporter: &mut dyn Reporter,
) -> Result<RunDir> {
    todo!()
}

/// Does what the run still lacks, and notes in its manifest how it ended.
pub fn work(_run: &RunDir, _reporter: &mut dyn Reporter) -> Result<()> {
    todo!()
}
