//! `export`: the finished weights of a run as one file, with their configuration inside; or its encoder for other runtimes.

use crate::{
    cli::streams::{Output, require_place},
    engine::onnx,
    error::{Error, Result},
    run_dir::{RunDir, RunKind, write_atomic},
};
use clap::ArgGroup;
use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

#[derive(clap::Args, Debug)]
#[command(
    group = ArgGroup::new("which").args(["positional", "run"]).required(true),
    group = ArgGroup::new("what").args(["out", "onnx"]).required(true),
    after_help = "Examples:\n  dissolve-studio export runs/20260101-120000-dia-breast --out breast.safetensors\n  \
                  dissolve-studio export runs/20260101-120000-train-breast --part ddpm --out dissolver.safetensors\n  \
                  dissolve-studio export runs/20260101-120000-train-breast --onnx breast.onnx\n\n\
                  The ONNX file takes `images` (float32, N x 3 x S x S, 0 to 1) and answers with `score` (N; higher = more abnormal) and its terms \
                  `sim` and `cls` (N x 4): the column `score` of scores.csv (DIA, Eq. 10), not the score that leads there. All samples of \
                  test time are in its graph, so the threshold is the same, which stands in the file. How a picture is brought to S x S is said in \
                  its doc_string, too. Training pictures are compared with themselves there, and with the others alone in scores.csv."
)]
pub struct Args {
    /// A finished run
    #[arg(value_name = "RUN")]
    positional: Option<PathBuf>,
    /// The same
    #[arg(long, value_name = "RUN")]
    run: Option<PathBuf>,
    /// The file to write the weights to; - = to the standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The ONNX file to write encoder, features of the training normals and score to, for other runtimes; - = to the standard output
    #[arg(long, value_name = "FILE", conflicts_with = "part")]
    onnx: Option<PathBuf>,
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
    args.out.iter().try_for_each(|out| require_place(out, "--out"))?;
    args.onnx.iter().try_for_each(|out| require_place(out, "--onnx"))?;
    let path = args.run.or(args.positional).unwrap_or_default();
    let run = RunDir::open(&path)?;
    if let Some(file) = args.onnx {
        let output = Output::binary(&file, "--onnx - > model.onnx")?;
        onnx::write(&run, output.path())?;
        return output.finish();
    }
    let weights = weights(&run, &path, args.part)?;
    let mut file = File::open(&weights).map_err(Error::io("read", &weights))?;
    let output = Output::binary(&args.out.unwrap_or_default(), "--out - > weights.safetensors")?;
    write_atomic(output.path(), |out| io::copy(&mut file, out).map(drop))?;
    output.finish()
}

/// `path`: as the person named the run.
fn weights(run: &RunDir, path: &Path, part: Part) -> Result<PathBuf> {
    let contents = run.contents()?;
    let (what, file) = match (run.manifest()?.kind, part) {
        (RunKind::Ddpm, _) | (RunKind::Train, Part::Ddpm) => ("diffusion model", contents.model),
        (RunKind::Dia | RunKind::Csi | RunKind::Tiles, _) | (RunKind::Train, Part::Dia) => ("encoder", contents.encoder),
    };
    file.ok_or_else(|| {
        Error::user(
            format!("{} has no finished weights to export: its {what} is not there", path.display()),
            "finish the run first, with train --resume",
        )
    })
}
