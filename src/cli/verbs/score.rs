//! `score`: scores of images, labelled or not, by a finished encoder.

use crate::{
    cli::{
        args::{DataArgs, columns, with_data_settings},
        progress::Terminal,
        streams::{Input, Output, require_place},
    },
    config::{DataConfig, DeviceKind},
    data::Dataset,
    engine::{
        pipeline,
        runs::finished_run::{self, FinishedRun},
    },
    error::{Error, Result},
    ml::base::reporter::{Event, Reporter},
    run_dir::{files, require_writable},
    scores::ScoreKind,
};
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  dissolve-studio score --run runs/20260101-120000-train-breast --data new-images/ --out new.csv\n  \
                        dissolve-studio score --run runs/20260101-120000-dia-breast --data breastmnist.npz --normal 1\n  \
                        dissolve-studio score --run runs/20260101-120000-train-fundus --data new/ --out new.csv --maps new-maps/\n\n\
                        Without --out the scores of the run's own data go to scores.csv in the run, those of others beside it."
)]
pub struct Args {
    /// A finished run of train or train-dia
    #[arg(long, value_name = "RUN")]
    run: PathBuf,
    #[command(flatten)]
    data: DataArgs,
    /// Change how the data are understood (repeatable), as in --set data.curation=TABLE
    #[arg(long = "set", value_name = "data.KEY=VALUE")]
    settings: Vec<String>,
    /// The table to write; - = to the standard output
    #[arg(long, value_name = "CSV")]
    out: Option<PathBuf>,
    /// Folder for anomaly maps, where the run has worked by tiles: for each image a 16-bit grey PNG (higher = more abnormal, one scale
    /// for all) and the map over the image
    #[arg(long, value_name = "DIR")]
    maps: Option<PathBuf>,
    /// The diffusion model of the second score, where the run does not hold it
    #[arg(long, value_name = "RUN|FILE")]
    ddpm: Option<PathBuf>,
    /// Where to compute (cuda:1 = the second card)
    #[arg(long, value_parser = crate::cli::args::device())]
    device: Option<DeviceKind>,
    /// Worker threads [default: one per core]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Progress as JSON lines on stderr
    #[arg(long)]
    json: bool,
}

/// What a run's networks have learnt with.
const SETTLED: [&str; 2] = ["data.tile", "data.working_size"];

pub fn run(args: Args) -> Result<()> {
    args.out.iter().try_for_each(|out| require_place(out, "--out"))?;
    args.maps.iter().try_for_each(|folder| require_writable(folder))?;
    let mut terminal = Terminal::new();
    let ready = FinishedRun::open(&args.run, args.device, args.threads, &mut terminal)?;
    let images = Input::new(args.data.path()?)?;
    let table = args.data.labels.as_deref().map(Input::table).transpose()?;
    let labels = table.as_ref().map(|table| table.path().to_path_buf());
    let (path, normal) = (images.path().to_path_buf(), args.data.normal.clone());
    let columns = columns(args.data.map.as_deref())?;
    let own = &ready.config.data;
    let wanted = DataConfig { path, normal, labels, columns, curation: None, ..own.clone() };
    if let Some(key) = SETTLED.iter().find(|key| args.settings.iter().any(|setting| setting.trim_start().starts_with(**key))) {
        return Err(Error::usage(
            format!("--set {key} is settled by the run: its networks have learnt from pictures of its size"),
            "leave it away, or train another run with it",
        ));
    }
    let (data, used) = finished_run::open(with_data_settings(wanted, &args.settings)?, own)?;
    data.unusable().into_iter().for_each(|warning| terminal.event(Event::Notice(warning.into())));
    data.curation_summary().into_iter().for_each(|text| terminal.event(Event::Notice(text.into())));
    match &args.out {
        Some(out) => refuse_tables(out, used.labels.as_ref(), &data)?,
        None => require_writable(ready.run.path())?,
    }
    if let (false, Err(unsaid)) = (data.classes.is_empty(), data.require_normal()) {
        terminal.event(Event::Notice(format!("labels stay empty: {unsaid}").into()));
    }
    let scores = ready.score(&data, args.ddpm.as_deref(), args.maps.as_deref(), &mut terminal)?;
    let is_own = args.out.is_none() && ready.owns(&data);
    let path = match args.out {
        Some(out) => out,
        None if is_own => ready.run.join(files::SCORES),
        None => finished_run::scores_path(&ready.run, data.root()),
    };
    let output = Output::new(&path)?;
    scores.write(output.path())?;
    if is_own {
        pipeline::evaluate_and_report(&ready.run, &data)?;
    }
    if scores.scores.leading_kind() == ScoreKind::Lead {
        terminal.event(Event::Notice(
            "`predicted` and `threshold` are of DIA's `score`; those of the score that leads are `lead_predicted` and `lead_threshold`".to_string().into(),
        ));
    }
    output.finish()
}

/// A table that lies with the images is never written over.
fn refuse_tables(out: &Path, labels: Option<&PathBuf>, data: &Dataset) -> Result<()> {
    let is_table = |table: &&PathBuf| table.canonicalize().is_ok_and(|table| out.canonicalize().is_ok_and(|out| out == table));
    match data.tables.iter().chain(labels).find(is_table) {
        Some(table) => Err(Error::usage(
            format!("--out {} is a table that lies with the images, and those are never written over", table.display()),
            "give it another name",
        )),
        None => Ok(()),
    }
}
