//! `demo`: the main job on synthetic photographs, with nothing but the binary. `make-demo` (hidden) makes what is in it.

use super::train;
use crate::{
    cli::{out, progress::Terminal},
    engine::{demo, pipeline},
    error::{Error, Result},
    run_dir::files,
};
use std::path::{Path, PathBuf};

#[derive(clap::Args, Debug, Default)]
#[command(after_help = "Examples:\n  dissolve-studio demo\n  dissolve-studio demo --out dissolve-demo")]
pub struct Args {
    /// Folder for the photographs and the run [default: the person's data folder, dissolve-studio/demo in it]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

#[derive(clap::Args, Debug)]
pub struct MakeArgs {
    /// Folder for demo.zip
    #[arg(long, value_name = "DIR", default_value = "assets/demo")]
    out: PathBuf,
    /// Keep the diffusion model that this build holds, and train the encoder alone
    #[arg(long)]
    keep_model: bool,
}

pub fn run(args: Args) -> Result<()> {
    let out = match args.out {
        Some(out) => std::path::absolute(&out).map_err(Error::io("find", &out))?,
        None => dirs::data_local_dir().unwrap_or_else(std::env::temp_dir).join("dissolve-studio").join("demo"),
    };
    out::note("The demo: synthetic fundus photographs, a shipped diffusion model; DIA trains now, for a few minutes.");
    let mut terminal = Terminal::new();
    let run = demo::create(&out, &mut terminal)?;
    train::resumable(&run, pipeline::resume(&run, &mut terminal))?;
    say(&run.join(files::REPORT))
}

pub fn make(args: MakeArgs) -> Result<()> {
    say(&demo::make(&args.out, args.keep_model, &mut Terminal::new())?)
}

fn say(path: &Path) -> Result<()> {
    out::path(path)
}
