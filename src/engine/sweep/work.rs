//! One cell after the other, here and on other machines.

use super::{
    plan::SweepCell,
    shared_model,
    workspace::{lock, runs},
};
use crate::{
    config::DataConfig,
    data::Dataset,
    engine::pipeline,
    error::Result,
    ml::base::reporter::Reporter,
    run_dir::{RunKind, RunState},
};
use std::path::Path;

/// Refuses what no run of these cells could begin with, and what is known before any: normal classes that their data do not have,
/// or that have to be asked. Data that cannot be opened now fail their own cells, since they may be elsewhere or come later.
///
/// # Errors
/// The first such cell's, with the classes there are.
pub fn check(cells: &[SweepCell]) -> Result<()> {
    let mut asked: Vec<&DataConfig> = Vec::new();
    for cell in cells {
        let wanted = &cell.config.data;
        if asked.contains(&wanted) {
            continue;
        }
        asked.push(wanted);
        let Ok(data) = Dataset::open(&DataConfig { normal: Vec::new(), ..wanted.clone() }, &|_| ()) else { continue };
        // Named by none, the layout's own normal class counts.
        let data = if wanted.normal.is_empty() { data } else { data.with_normal(&wanted.normal)? };
        data.require_normal()?;
    }
    Ok(())
}

/// Makes the cell's run, or goes on with it where it was begun; nothing where it is finished. `false`: another program, here or on
/// another machine that sees the workspace, works on it.
///
/// # Errors
/// As those of [`pipeline::create`] and [`pipeline::resume`].
pub fn work(cell: &SweepCell, workspace: &Path, reporter: &mut dyn Reporter) -> Result<bool> {
    let found = || runs(workspace).remove(&cell.name()).map(|(run, manifest)| (run, manifest.state == RunState::Finished));
    let (run, is_finished) = match found() {
        Some(found) => found,
        None => {
            let config = shared_model::with_model(cell, workspace, reporter)?;
            // Two programs that come to a cell at the same moment must not both make its run.
            let _held = lock(workspace)?;
            match found() {
                Some(found) => found,
                None => (pipeline::create(RunKind::Train, &config, workspace, &cell.name(), reporter)?, false),
            }
        }
    };
    if is_finished {
        return Ok(true);
    }
    if run.is_locked() {
        return Ok(false);
    }
    match pipeline::resume(&run, reporter) {
        // The other one was a moment earlier.
        Err(_) if run.is_locked() => Ok(false),
        worked => worked.map(|()| true),
    }
}
