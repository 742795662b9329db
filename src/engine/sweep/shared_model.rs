//! One diffusion model for the cells that would each train the same one: those whose settings differ in encoder and scores alone.

use super::{Cell, lock, runs};
use crate::{
    config::{DiaConfig, DissolveMethod, RunConfig, ScoreConfig},
    engine::pipeline,
    error::{Error, Result},
    ml::base::reporter::{Control, Event, Reporter},
    run_dir::{RunKind, RunState},
};
use std::{path::Path, time::Duration};

/// Names the shared run of each cell that has the diffusion model of another: `CELL-diffusion`, of the first such cell.
pub(super) fn name_shared(cells: &mut [Cell]) {
    let wanted: Vec<Option<RunConfig>> = cells.iter().map(|cell| what_it_learns_from(&cell.config)).collect();
    let shared = |of: &Option<RunConfig>| {
        let mut same = (0..wanted.len()).filter(|&k| of.is_some() && wanted[k] == *of);
        same.next().filter(|_| same.next().is_some()).map(|first| format!("{}-diffusion", cells[first].name()))
    };
    let names: Vec<_> = wanted.iter().map(shared).collect();
    cells.iter_mut().zip(names).for_each(|(cell, name)| cell.shared_model = name);
}

/// The settings that a diffusion model depends on, where the run would train one.
fn what_it_learns_from(config: &RunConfig) -> Option<RunConfig> {
    let trains = config.dia.dissolve == DissolveMethod::Diffusion && config.dia.model.as_os_str().is_empty();
    trains.then(|| RunConfig { dia: DiaConfig::default(), score: ScoreConfig::default(), ..config.clone() })
}

/// The settings of the cell's run, with the shared diffusion model where it has one: trained here, or waited for where another
/// program, here or on another machine that sees the workspace, is at it. One that has died is not waited for: its lock went with
/// it, and the training goes on from its last checkpoint.
///
/// # Errors
/// As those of [`pipeline::create`] and [`pipeline::work`].
pub(super) fn with_model(cell: &Cell, workspace: &Path, reporter: &mut dyn Reporter) -> Result<RunConfig> {
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
                && match pipeline::work(&run, reporter) {
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
        if reporter.control() == Control::Stop {
            return Err(Error::Stopped);
        }
        std::thread::sleep(Duration::from_secs(1));
    }
}
