//! `runs`: what there is in a workspace.

use crate::{
    cli::out,
    error::Result,
    run_dir::{Manifest, RunDir, RunState, files},
};
use serde_json::{Value, json};
use std::{fmt::Write, path::PathBuf};

#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  dissolve-studio runs\n  dissolve-studio runs --workspace ~/fundus --json")]
pub struct Args {
    /// A JSON array instead of a table
    #[arg(long)]
    json: bool,
    /// The folder that holds runs/
    #[arg(long, value_name = "DIR", default_value = ".", hide_default_value = true)]
    workspace: PathBuf,
}

pub fn run(args: Args) -> Result<()> {
    let runs: Vec<(RunDir, Manifest)> =
        RunDir::list(&args.workspace).into_iter().filter_map(|run| run.manifest().ok().map(|manifest| (run, manifest))).collect();
    let damaged = RunDir::list_damaged(&args.workspace);
    for (path, why) in &damaged {
        out::note(format_args!("{} is damaged: {why}", path.display()));
    }
    if args.json {
        let all: Vec<Value> = runs.iter().map(|(run, manifest)| entry(run, manifest)).collect();
        return out::line(format_args!("{:#}", Value::from(all)));
    }
    if runs.is_empty() && damaged.is_empty() {
        out::note(format_args!("there are no runs in {}", args.workspace.join(files::RUNS).display()));
    }
    let mut table = String::new();
    for (run, manifest) in &runs {
        let figure = |name: &str| manifest.figures.get(name).and_then(Value::as_f64);
        let auroc = match (figure("auroc"), figure("lead_auroc")) {
            (Some(dia), Some(lead)) => format!("AUROC {lead:.3} (DIA {dia:.3})"),
            (Some(dia), None) => format!("AUROC      (DIA {dia:.3})"),
            (None, _) => String::new(),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(table, "{:<10}  {auroc:<23}  {}", state(run, &manifest.state), run.path().display());
    }
    for (path, _) in &damaged {
        let _ = writeln!(table, "{:<10}  {:<23}  {}", "damaged", "", path.display());
    }
    out::print(&table)
}

/// Whether some program works on it.
pub(super) fn is_running(run: &RunDir, state: &RunState) -> bool {
    *state != RunState::Finished && run.is_locked()
}

fn state(run: &RunDir, state: &RunState) -> &'static str {
    match state {
        RunState::Finished => "finished",
        state if is_running(run, state) => "running",
        RunState::Unfinished => "unfinished",
        RunState::Stopped => "stopped",
        RunState::Failed { .. } => "failed",
    }
}

/// The manifest with the run's path.
fn entry(run: &RunDir, manifest: &Manifest) -> Value {
    let mut entry = json!({ "path": run.path().to_string_lossy(), "running": is_running(run, &manifest.state) });
    if let (Some(entry), Ok(Value::Object(manifest))) = (entry.as_object_mut(), serde_json::to_value(manifest)) {
        entry.extend(manifest);
    }
    entry
}
