//! `train`, `train-ddpm`, `train-dia`: from settings to a run folder, whose path is the last line on stdout.

use crate::{
    cli::{
        args::{Common, DataArgs},
        out,
        progress::Terminal,
    },
    config::{DissolveMethod, RunConfig, TileSize, Tiling},
    engine::pipeline,
    error::{Error, Result},
    ml::base::device,
    run_dir::{RunDir, RunKind, RunState},
};
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  dissolve-studio train --data breastmnist.npz --normal 1 --preset quick --workspace work\n  \
                        dissolve-studio train --resume work/runs/20260101-120000-train-breastmnist"
)]
pub struct AllArgs {
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    common: Common,
    /// Keep the anomaly maps of the test images in the run's folder maps/, where large pictures are worked on by tiles (the presets
    /// quick and standard do so anyway)
    #[arg(long, conflicts_with = "resume")]
    maps: bool,
}

#[derive(clap::Args)]
#[command(after_help = "Example:\n  dissolve-studio train-ddpm --data fundus/ --normal 0 --preset quick --set ddpm.steps=500")]
pub struct DdpmArgs {
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    common: Common,
}

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  dissolve-studio train-dia --data fundus/ --normal 0 --ddpm runs/20260101-120000-ddpm-fundus\n  \
                        dissolve-studio train-dia --data fundus/ --normal 0 --dissolve none     (the CSI baseline)"
)]
pub struct DiaArgs {
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    common: Common,
    /// The diffusion model that dissolves: a run folder, model.safetensors, or a reference model-N.pt
    #[arg(long, value_name = "RUN|FILE", conflicts_with = "dissolve")]
    ddpm: Option<PathBuf>,
    /// Dissolve without a diffusion model: gaussian:K, median:K, resample, or none for CSI
    #[arg(long, value_name = "METHOD")]
    dissolve: Option<DissolveMethod>,
}

pub fn all(args: AllArgs) -> Result<()> {
    match args.common.resumed(&args.data)? {
        Some(run) => go_on(&run, &args.common),
        None => {
            let mut config = args.common.config(&args.data)?;
            if args.maps && config.data.tile == Tiling::Off {
                return Err(Error::usage(
                    "--maps asks for anomaly maps, and data.tile=off sees whole pictures, which make none",
                    "leave --maps out, or say --set data.tile=auto",
                ));
            }
            config.score.maps |= args.maps;
            start(RunKind::Train, config, &args.common, args.maps)
        }
    }
}

pub fn ddpm(args: DdpmArgs) -> Result<()> {
    match args.common.resumed(&args.data)? {
        Some(run) => go_on(&run, &args.common),
        None => start(RunKind::Ddpm, args.common.config(&args.data)?, &args.common, false),
    }
}

pub fn dia(args: DiaArgs) -> Result<()> {
    if let Some(run) = args.common.resumed(&args.data)? {
        return go_on(&run, &args.common);
    }
    let mut config = args.common.config(&args.data)?;
    match (args.ddpm, args.dissolve) {
        (Some(path), _) => {
            config.dia.dissolve = DissolveMethod::Diffusion;
            config.dia.model = std::path::absolute(&path).map_err(Error::io("find", &path))?;
        }
        (None, Some(DissolveMethod::Diffusion)) | (None, None) => {
            return Err(Error::usage(
                "no diffusion model was given",
                "give one with --ddpm, or another way with --dissolve gaussian:7 (none = CSI)",
            ));
        }
        (None, Some(method)) => config.dia.dissolve = method,
    }
    start(RunKind::of_encoder(config.dia.dissolve), config, &args.common, false)
}

/// `needs_tiles`: something was asked for that only tiles make.
fn start(kind: RunKind, config: RunConfig, common: &Common, needs_tiles: bool) -> Result<()> {
    let mut terminal = Terminal::new();
    // Opening the data computes already.
    device::set_threads(config.run.threads)?;
    let name = common.run_name(&config.data.path);
    let run = pipeline::create(kind, &config, &common.workspace, &name, &mut terminal)?;
    let wants_tiles = matches!(config.data.tile, Tiling::Px(_)) || needs_tiles;
    if wants_tiles && run.config()?.data.tile == Tiling::Off {
        let (tile, size, least) = (config.data.tile, config.data.working_size, TileSize::LEAST_WORKING_SIZE);
        let maps = if needs_tiles { ", and there will be no anomaly maps" } else { "" };
        out::note(format_args!(
            "data.tile={tile} is not followed: pictures worked on at data.working_size={size} are seen whole where they are no larger than \
             {least} px{maps}"
        ));
    }
    out::note(format_args!("run folder: {}", run.path().display()));
    finish(&run, pipeline::resume(&run, &mut terminal))
}

/// Goes on with a run on its own settings; only device and threads may be others.
fn go_on(run: &RunDir, common: &Common) -> Result<()> {
    let mut terminal = Terminal::new();
    // A finished run keeps those that it was made with.
    let is_finished = run.manifest()?.state == RunState::Finished;
    if !is_finished && (common.device.is_some() || common.threads.is_some()) {
        let mut config = run.config()?;
        config.run.device = common.device.unwrap_or(config.run.device);
        config.run.threads = common.threads.unwrap_or(config.run.threads);
        run.set_config(&config)?;
    }
    device::set_threads(run.config()?.run.threads)?;
    finish(run, pipeline::resume(run, &mut terminal))
}

fn finish(run: &RunDir, result: Result<()>) -> Result<()> {
    resumable(run, result)?;
    out::path(run.path())
}

/// Says how a run that was stopped goes on.
pub(super) fn resumable(run: &RunDir, result: Result<()>) -> Result<()> {
    if let Err(Error::Stopped) = result {
        out::note(format_args!("go on with: dissolve-studio train --resume {}", run.path().display()));
    }
    result
}
