//! One diffusion model for the cells that would each train the same one.

use super::{
    plan::SweepCell,
    workspace::{lock, runs},
};
use crate::{
    config::RunConfig,
    engine::pipeline,
    error::{Error, Result},
    ml::base::reporter::{Event, Reporter},
    run_dir::{RunKind, RunState},
};
use std::{path::Path, time::Duration};

/// The settings of the cell's run, with the shared diffusion model where it has one: trained here, or waited for where another
/// program, here or on another machine that sees the workspace, is at it. One that has died is not waited for: its lock went with
/// it, and the training goes on from its last checkpoint.
///
/// # Errors
/// As those of [`pipeline::create`] and [`pipeline::resume`].
pub(super) fn with_model(cell: &SweepCell, workspace: &Path, reporter: &mut dyn Reporter) -> Result<RunConfig> {
    let mut config = cell.config.clone();
    let Some(name) = &cell.shared_model else { return Ok(config) };
    let mut said = false;
    loop {
        let (run, state) = {
            let _held = lock(workspace)?;
            match runs(workspace).remove(name) {
                Some((run, manifest)) => (run, manifest.state),
                None => (pipeline::create(RunKind::Ddpm, &cell.config, workspace, name, reporter)?, RunState::Unfinished),
            }
        };
        let trained = state == RunState::Finished
            || !run.is_locked()
                && match pipeline::resume(&run, reporter) {
                    // The other one was a moment earlier.
                    Err(_) if run.is_locked() => false,
                    worked => worked.map(|()| true)?,
                };
        if trained {
            config.dia.model = std::path::absolute(run.path()).map_err(Error::io("find", run.path()))?;
            return Ok(config);
        }
        if !std::mem::replace(&mut said, true) {
            reporter.event(Event::Notice(format!("{name} is trained by another program; this cell waits for it").into()));
        }
        reporter.check_stop()?;
        std::thread::sleep(Duration::from_secs(1));
    }
}
