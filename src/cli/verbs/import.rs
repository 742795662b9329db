//! `import`: a checkpoint of the reference trainer as a model of this program.

use crate::{
    cli::{
        args::with_settings,
        out,
        streams::{Input, Output, is_dash},
    },
    config::RunConfig,
    engine::runs::actions::import_model,
    error::Result,
    ml::diffusion::{model::DiffusionModel, saved::SavedModel},
};
use candle_core::Device;
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  dissolve-studio import model-25.pt --workspace work --name kvasir\n  \
    dissolve-studio import model-25.pt --out kvasir.safetensors\n  \
    dissolve-studio import model-25.pt --set ddpm.size=64 --set ddpm.schedule=linear --out octs.safetensors")]
pub struct Args {
    /// model-N.pt of denoising-diffusion-pytorch's trainer; it is read, never executed; - = from the standard input
    file: PathBuf,
    /// Write the weights into this file instead of a run folder; - = to the standard output
    #[arg(long, value_name = "FILE.safetensors", conflicts_with_all = ["workspace", "name"])]
    out: Option<PathBuf>,
    /// Make the run folder in DIR/runs [default: the current folder]
    #[arg(long, value_name = "DIR")]
    workspace: Option<PathBuf>,
    /// Name of the run [default: that of the file]
    #[arg(long)]
    name: Option<String>,
    /// What the weights do not tell (repeatable): ddpm.size, ddpm.schedule, ddpm.timesteps, ddpm.input_range
    #[arg(long = "set", value_name = "SECTION.KEY=VALUE")]
    settings: Vec<String>,
}

pub fn run(args: Args) -> Result<()> {
    let mut saved = SavedModel::load(Input::new(&args.file)?.path())?;
    let config = RunConfig { ddpm: saved.info.config.clone(), ..RunConfig::default() };
    let config = with_settings(config, &args.settings, "ddpm.size=64")?;
    saved.info.config = config.ddpm.clone();
    out::note(format_args!(
        "U-Net of dim {} and multipliers {:?}, {} steps of training, {:?} schedule, {} px",
        config.ddpm.dim, config.ddpm.dim_mults, saved.info.steps, config.ddpm.schedule, config.ddpm.size
    ));
    if let Some(out) = args.out {
        DiffusionModel::new(&saved, &Device::Cpu)?;
        let output = Output::binary(&out, "--out - > weights.safetensors")?;
        saved.save(output.path())?;
        return output.finish();
    }
    let stem = if is_dash(&args.file) { "import".into() } else { args.file.file_stem().unwrap_or_default().to_string_lossy() };
    let name = args.name.unwrap_or_else(|| stem.into_owned());
    let workspace = args.workspace.unwrap_or_else(|| ".".into());
    let run = import_model(saved, &config, &args.file, &workspace, &name)?;
    out::path(run.path())
}
