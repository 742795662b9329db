//! `export`: the finished weights of a run as one file, with their configuration inside.

use crate::{
    cli::streams::Output,
    error::{Error, Result},
    run_dir::{RunDir, RunKind, write_atomic},
};
use std::{fs::File, io, path::PathBuf};

#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  dissolve-studio export --run runs/20260101-120000-dia-breast --out breast.safetensors\n  \
                        dissolve-studio export --run runs/20260101-120000-train-breast --part ddpm --out dissolver.safetensors")]
pub struct Args {
    /// A finished run
    #[arg(long, value_name = "RUN")]
    run: PathBuf,
    /// The file to write; - = to the standard output
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Of a run that trained both: the encoder or the diffusion model
    #[arg(long, value_enum, default_value_t = Part::Dia)]
    part: Part,
}

#[derive(clap::ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Dia,
    Ddpm,
}

pub fn run(args: Args) -> Result<()> {
    let run = RunDir::open(&args.run)?;
    let contents = run.contents()?;
    let (what, file) = match (run.manifest()?.kind, args.part) {
        (RunKind::Ddpm, _) | (RunKind::Train, Part::Ddpm) => ("diffusion model", contents.model),
        (RunKind::Dia | RunKind::Csi | RunKind::Tiles, _) | (RunKind::Train, Part::Dia) => ("encoder", contents.encoder),
    };
    let from = file.ok_or_else(|| {
        Error::user(
            format!("{} has no finished weights to export: its {what} is not there", args.run.display()),
            "finish the run first, with --resume",
        )
    })?;
    let mut weights = File::open(&from).map_err(Error::io("read", &from))?;
    let output = Output::binary(&args.out)?;
    write_atomic(output.path(), |out| io::copy(&mut weights, out).map(drop))?;
    output.finish()
}
