//! `sweep`: seeds x data sets x settings from one file; each cell is a run of its own, and a table holds them all.

use super::runs::is_running;
use crate::{
    cli::{
        out,
        progress::Terminal,
        streams::{Input, is_dash},
    },
    engine::sweep::{self, SweepCell, merge},
    error::{Error, Result},
    report::merged,
    run_dir::{RunState, require_writable, write_with_folder},
    text,
    text::count_of,
};
use std::{
    fs,
    path::{Path, PathBuf},
};

#[derive(clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Example of a file:\n  preset = \"quick\"\n  seeds = [0, 1, 2]\n\n  [[data]]\n  path = \"breastmnist.npz\"\n  normal = [\"1\"]\n\n  \
                  [[settings]]\n  name = \"dia\"\n\n  [[settings]]\n  name = \"csi\"\n  set = { \"dia.dissolve\" = \"none\" }\n\n\
                  Runs that are finished are not run again, so the same call goes on after a stop.\n\
                  One cell alone, for a scheduler:  dissolve-studio sweep FILE.toml --cell 3\n\
                  All of them on a Slurm cluster:   dissolve-studio sweep FILE.toml --slurm | sbatch\n\
                  How far it is:  dissolve-studio sweep status FILE.toml\n\
                  The table:      dissolve-studio sweep merge FILE.toml --baseline csi --out results"
)]
pub struct Args {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    plan: Option<PlanArgs>,
    /// Run just this cell (0, 1, …), as a scheduler's array job does
    #[arg(long, value_name = "N")]
    cell: Option<usize>,
    /// Only list the cells
    #[arg(long, conflicts_with = "cell")]
    list: bool,
    /// Print the script of a Slurm array job, one task a cell, to be piped into sbatch
    #[arg(long, conflicts_with_all = ["cell", "list"])]
    slurm: bool,
}

#[derive(clap::Args)]
struct PlanArgs {
    /// The sweep: preset, seeds, [[data]], [[settings]]; - = from the standard input (with --workspace)
    file: PathBuf,
    /// Runs and the table sweep.csv are made here [default: the file's name without .toml]
    #[arg(long, value_name = "DIR")]
    workspace: Option<PathBuf>,
}

#[derive(clap::Subcommand)]
enum What {
    /// How far each cell is: finished, running, unfinished, failed and why, or not begun
    Status {
        #[command(flatten)]
        plan: PlanArgs,
    },
    /// Mean and deviation over the seeds, as Markdown on stdout and as merged.md, merged.csv and merged.html
    Merge {
        #[command(flatten)]
        plan: PlanArgs,
        /// Hold all against the settings of this name, on the same data and seed (paired DeLong)
        #[arg(long, value_name = "NAME")]
        baseline: Option<String>,
        /// Folder for the three files [default: the workspace]
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
}

impl PlanArgs {
    fn cells(&self) -> Result<Vec<SweepCell>> {
        sweep::cells(Input::new(&self.file)?.path())
    }

    fn workspace(&self) -> Result<PathBuf> {
        match &self.workspace {
            None if is_dash(&self.file) => Err(Error::usage("- has no name for a workspace", "give one with --workspace DIR")),
            Some(named) => Ok(named.clone()),
            None => Ok(self.file.with_extension("")),
        }
    }
}

pub fn run(args: Args) -> Result<()> {
    match (args.what, args.plan) {
        (Some(What::Status { plan }), _) => status(&plan),
        (Some(What::Merge { plan, baseline, out }), _) => merge_all(&plan, baseline.as_deref(), out),
        (None, Some(plan)) if args.list => {
            let cells = plan.cells()?;
            sweep::check(&cells)?;
            out::print(&cells.iter().enumerate().map(|(i, cell)| format!("{i}\t{}\n", cell.name())).collect::<String>())
        }
        (None, Some(plan)) if args.slurm => out::print(&slurm(&plan)?),
        (None, Some(plan)) => work(&plan, args.cell),
        (None, None) => Err(Error::usage("a sweep needs its file", "sweep --help shows an example")),
    }
}

fn work(plan: &PlanArgs, cell: Option<usize>) -> Result<()> {
    let (cells, workspace) = (plan.cells()?, plan.workspace()?);
    let chosen = match cell {
        None => 0..cells.len(),
        Some(n) if n < cells.len() => n..n + 1,
        Some(n) => {
            return Err(Error::usage(
                format!("there is no cell {n}"),
                format!("there are 0 to {}", cells.len().saturating_sub(1)),
            ));
        }
    };
    require_writable(&workspace)?;
    let runs = sweep::runs(&workspace);
    let is_open = |cell: &&SweepCell| runs.get(&cell.name()).is_none_or(|(_, manifest)| manifest.state != RunState::Finished);
    sweep::check(&cells[chosen.clone()].iter().filter(is_open).cloned().collect::<Vec<_>>())?;
    let mut terminal = Terminal::new();
    let mut failed = 0;
    for cell in &cells[chosen.clone()] {
        out::note(format_args!("== {}", cell.name()));
        match sweep::work(cell, &workspace, &mut terminal) {
            Err(Error::Stopped) => {
                out::note("what is finished is kept; the same command goes on with the rest");
                return Err(Error::Ended);
            }
            // One failed cell does not stop the others; the table shows it.
            Err(e) => {
                failed += 1;
                out::note(format_args!("{}: {e}", cell.name()));
            }
            Ok(false) => out::note(format_args!("{}: another program works on it", cell.name())),
            Ok(true) => {}
        }
    }
    let table = merge::csv(&merge::merge(&cells, &workspace, None)?)?;
    write_with_folder(&workspace.join("sweep.csv"), &table)?;
    out::print(&String::from_utf8_lossy(&table))?;
    if failed == 0 {
        return Ok(());
    }
    Err(Error::user(format!("{failed} of {} failed", count_of(chosen.len(), "run")), "the same call goes on with them"))
}

/// The array job: its tasks are requeued where a node fails or they are preempted, and go on where they were.
fn slurm(plan: &PlanArgs) -> Result<String> {
    if is_dash(&plan.file) {
        return Err(Error::usage("the tasks of an array cannot read - again", "give the sweep as a file that all nodes see"));
    }
    let cells = plan.cells()?;
    sweep::check(&cells)?;
    let absolute = |path: &Path| std::path::absolute(path).map_err(Error::io("find", path));
    let program = std::env::current_exe().map_err(Error::io("find", Path::new("dissolve-studio")))?;
    let [program, file, workspace] = [program, absolute(&plan.file)?, absolute(&plan.workspace()?)?];
    let logs = workspace.join("slurm");
    fs::create_dir_all(&logs).map_err(Error::io("create", &logs))?;
    let quoted = |path: &Path| text::quoted(&path.to_string_lossy());
    // Slurm reads the value up to the line's end, and knows %A and %a.
    let log = quoted(&logs.join("%A_%a.log")).replace('\n', "");
    let here = quoted(&std::env::current_dir().map_err(Error::io("find", Path::new(".")))?).replace('\n', "");
    Ok(format!(
        "#!/bin/bash\n\
         #SBATCH --job-name=dissolve-sweep\n\
         #SBATCH --array=0-{last}\n\
         #SBATCH --chdir={here}\n\
         #SBATCH --cpus-per-task=2\n\
         #SBATCH --requeue\n\
         #SBATCH --open-mode=append\n\
         #SBATCH --output={log}\n\
         # Two minutes before the time limit the task is told to stop: what is computed is kept.\n\
         #SBATCH --signal=TERM@120\n\
         exec {} sweep {} --workspace {} --cell \"$SLURM_ARRAY_TASK_ID\"\n",
        quoted(&program),
        quoted(&file),
        quoted(&workspace),
        last = cells.len().saturating_sub(1),
    ))
}

fn status(plan: &PlanArgs) -> Result<()> {
    let cells = plan.cells()?;
    let runs = sweep::runs(&plan.workspace()?);
    let mut finished = 0;
    let mut lines = String::new();
    for (i, cell) in cells.iter().enumerate() {
        let run = runs.get(&cell.name());
        let state = match run.map(|(_, manifest)| &manifest.state) {
            None => "not begun".to_string(),
            Some(state) if run.is_some_and(|(run, _)| is_running(run, state)) => "running".into(),
            Some(RunState::Failed { reason }) => format!("failed: {reason}"),
            Some(RunState::Unfinished) => "unfinished".into(),
            Some(RunState::Stopped) => "stopped".into(),
            Some(RunState::Finished) => {
                finished += 1;
                "finished".into()
            }
        };
        lines += &format!("{i}\t{}\t{}\n", text::visible(&cell.name()), text::visible(&state));
    }
    out::print(&lines)?;
    out::note(format_args!("{finished} of {} cells are finished", cells.len()));
    Ok(())
}

fn merge_all(plan: &PlanArgs, baseline: Option<&str>, folder: Option<PathBuf>) -> Result<()> {
    let (cells, workspace) = (plan.cells()?, plan.workspace()?);
    let groups = merge::merge(&cells, &workspace, baseline)?;
    let folder = folder.unwrap_or(workspace);
    let name = plan.file.file_stem().unwrap_or_default().to_string_lossy();
    let (markdown, page) = (merge::markdown(&groups, baseline), merged::page(&name, &groups, baseline).into_string());
    // The folder may not be there yet, where no run could begin.
    write_with_folder(&folder.join("merged.md"), markdown.as_bytes())?;
    write_with_folder(&folder.join("merged.csv"), &merge::csv(&groups)?)?;
    write_with_folder(&folder.join("merged.html"), text::visible_lines(&page).as_bytes())?;
    out::print(&markdown)
}
