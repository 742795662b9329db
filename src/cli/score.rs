//! `score`: scores of images, labelled or not, by a finished encoder.

use super::{
    common::{DataArgs, columns, print},
    progress::Terminal,
};
use crate::{
    config::{DataConfig, DeviceKind, RunConfig},
    data::Dataset,
    error::{Error, Result},
    jobs::pipeline,
    ml::{
        device,
        diffusion::DiffusionModel,
        encoder::Encoder,
        progress::{Event, Reporter as _},
        train_ddpm::{self, MODEL},
        train_dia::{self, ENCODER},
    },
    run_dir::{RunDir, RunKind},
};
use candle_core::Device;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  dissolve-studio score --run runs/20260101-120000-train-breast --data new-images/ --out new.csv\n  \
                        dissolve-studio score --run runs/20260101-120000-dia-breast --data breastmnist.npz --normal 1\n\n\
                        Without --out the scores of the run's own data go to scores.csv in the run, those of others beside it."
)]
pub struct Args {
    /// A finished run of train or train-dia
    #[arg(long, value_name = "RUN")]
    run: PathBuf,
    #[command(flatten)]
    data: DataArgs,
    /// The table to write
    #[arg(long, value_name = "CSV")]
    out: Option<PathBuf>,
    /// The diffusion model of the second score, where the run does not hold it
    #[arg(long, value_name = "RUN|FILE")]
    ddpm: Option<PathBuf>,
    /// cpu, cuda or metal
    #[arg(long, value_parser = super::common::device)]
    device: Option<DeviceKind>,
    /// Worker threads [default: one per core]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Progress as JSON lines on stderr
    #[arg(long)]
    json: bool,
}

pub fn run(args: Args) -> Result<()> {
    let mut terminal = Terminal::new(args.json)?;
    let run = RunDir::open(&args.run)?;
    let part = train_dia::part(&run)?;
    let config = part.config()?;
    device::set_threads(args.threads.unwrap_or(config.run.threads))?;
    let (device, notice) = device::open(args.device.unwrap_or(config.run.device));
    notice.into_iter().for_each(|text| terminal.event(Event::Notice(text)));
    let encoder = Encoder::load(&part.join(ENCODER), &device)?;
    let data = open(&args.data, &config.data)?;
    let model = model(&run, &part, &config, args.ddpm.as_deref(), &device)?;
    let all = data.ids(|_, _| true);
    let scores = pipeline::score_images(&part, &encoder, model.as_ref(), &data, &all, &mut terminal)?;
    let own = train_ddpm::fingerprint(&data)? == encoder.config.fingerprint;
    let out =
        args.out.unwrap_or_else(|| run.join(if own { "scores.csv".into() } else { format!("scores-{}.csv", name_of(&data)) }));
    scores.write(&out)?;
    print(&format!("{}\n", out.display()))
}

/// The data set, with the normal classes and the table of labels of the run's own where nothing else is said and they fit.
fn open(args: &DataArgs, own: &DataConfig) -> Result<Arc<Dataset>> {
    let path = args.data.clone().ok_or_else(|| Error::usage("no images were named", "name them with --data PATH"))?;
    let same = fs::canonicalize(&path).ok().is_some_and(|path| fs::canonicalize(&own.path).is_ok_and(|own| own == path));
    let mut config = DataConfig { path, labels: args.labels.clone(), columns: columns(args.map.as_deref())?, ..own.clone() };
    if same && args.labels.is_none() {
        (config.labels, config.columns) = (own.labels.clone(), own.columns.clone());
    }
    if !args.normal.is_empty() {
        config.normal.clone_from(&args.normal);
        return Dataset::open(&config, &|_| {}).map(Arc::new);
    }
    // Other data may not have those classes: they are scored without labels then.
    let set =
        Dataset::open(&config, &|_| {}).or_else(|_| Dataset::open(&DataConfig { normal: Vec::new(), ..config }, &|_| {}))?;
    Ok(Arc::new(set))
}

/// The diffusion model of the run: the one that is named, the one trained beside the encoder, or the one of its settings.
fn model(
    run: &RunDir,
    part: &RunDir,
    config: &RunConfig,
    named: Option<&Path>,
    device: &Device,
) -> Result<Option<Arc<DiffusionModel>>> {
    if !config.score.profile {
        return Ok(None);
    }
    let beside = [Some(run.path()), part.path().parent()].into_iter().flatten().map(|p| p.join(RunKind::Ddpm.name()).join(MODEL));
    let settings = Some(config.dia.model.clone()).filter(|path| !path.as_os_str().is_empty());
    let found = named.map(Path::to_path_buf).or_else(|| beside.chain(settings).find(|path| path.exists()));
    found.map(|path| DiffusionModel::load(&path, device).map(Arc::new)).transpose()
}

fn name_of(data: &Dataset) -> String {
    data.root().file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
