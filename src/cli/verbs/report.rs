//! `report`: writes the page of a run again.

use crate::{cli::out, data::Dataset, error::Result, report, run_dir::RunDir};
use std::path::PathBuf;

#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  dissolve-studio report --run runs/20260101-120000-train-breast --data breastmnist.npz")]
pub struct Args {
    /// A run folder
    #[arg(long, value_name = "RUN")]
    run: PathBuf,
    /// Where the images are now [default: where the run found them]
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
}

pub fn run(args: Args) -> Result<()> {
    let run = RunDir::open(&args.run)?;
    let mut config = run.config()?.data;
    let named = args.data.is_some();
    if let Some(path) = args.data {
        config.path = path;
    }
    let dataset = match Dataset::open(&config, &|_| ()) {
        Ok(dataset) => Some(dataset.with_known_duplicates()),
        Err(e) if named => return Err(e),
        Err(e) => {
            out::note(format_args!("the page gets no pictures: {e}; --data PATH says where the images are now"));
            None
        }
    };
    let path = report::write(&run, dataset.as_ref())?;
    out::path(&path)
}
