//! What cannot fit in memory is refused before anything starts: no allocation fails hours later.

use super::machine;
use crate::{
    config::{DeviceKind, RunConfig},
    data::Dataset,
    error::{Error, Result},
    ml::{
        base::reporter::{Event, Reporter, Stage},
        training::cost::{self, Amount, Speed},
    },
    run_dir::RunKind,
};

/// Refuses a training whose forecast is beyond this machine's memory, and says where it is more than is free now.
///
/// # Errors
/// The stage that needs too much, and the settings that its memory follows from.
pub fn require(kind: RunKind, config: &RunConfig, data: &Dataset, reporter: &mut dyn Reporter) -> Result<()> {
    // A graphics card has a memory of its own, and its driver says when that is full.
    if config.run.device != DeviceKind::Cpu {
        return Ok(());
    }
    let Some((stage, bytes)) = most(kind, config, data) else { return Ok(()) };
    let [total, free] = [machine::total_memory(), machine::free_memory()].map(|bytes| bytes.map_or(f64::INFINITY, |b| b as f64));
    if bytes > total {
        let (needs, has) = (gigabytes(bytes), gigabytes(total));
        return Err(Error::user(
            format!("{} would need about {needs} of memory, and this machine has {has}", stage.name()),
            format!("use a smaller value of {}", settings(stage)),
        ));
    }
    if bytes > free {
        let (needs, free) = (gigabytes(bytes), gigabytes(free));
        let text = format!("{} needs about {needs} of memory, and {free} are free: it will be slow, or be ended", stage.name());
        reporter.event(Event::Notice(text.into()));
    }
    Ok(())
}

/// The stage of this kind of run that needs the most memory, and how many bytes.
fn most(kind: RunKind, config: &RunConfig, data: &Dataset) -> Option<(Stage, f64)> {
    let normals = data.training_normals();
    let has_model = kind != RunKind::Ddpm && (kind != RunKind::Train || !config.dia.model.as_os_str().is_empty());
    let amount = Amount::new(config, has_model, [normals.len(), data.scored_by_default().len()], data.median_side(&normals));
    let costs = cost::forecast(config, amount, Speed::ordinary(1)).into_iter();
    let of_kind = costs.filter(|cost| kind != RunKind::Ddpm || cost.stage == Stage::Ddpm);
    of_kind.map(|cost| (cost.stage, cost.bytes)).max_by(|a, b| a.1.total_cmp(&b.1))
}

/// What the memory of a stage follows from.
fn settings(stage: Stage) -> &'static str {
    match stage {
        Stage::Ddpm | Stage::DissolveCache | Stage::Profile => "ddpm.batch, ddpm.dim or ddpm.size",
        Stage::TileNormals | Stage::MapModel | Stage::Maps => "data.working_size",
        _ => "dia.batch, dia.width, dia.size or dia.max_size",
    }
}

fn gigabytes(bytes: f64) -> String {
    format!("{:.1} GB", bytes / 1e9)
}
