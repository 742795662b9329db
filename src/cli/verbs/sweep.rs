//! `sweep`: seeds x data sets x settings from one file; each cell is a run of its own, and a table holds them all.

use crate::{
    cli::{
        args::usage,
        out,
        progress::Terminal,
        streams::{Input, is_dash},
    },
    config::{Limits, Preset, RunConfig, apply_settings},
    engine::{export::table::csv_of, pipeline},
    error::{Error, Result},
    ml::base::reporter::Reporter,
    run_dir::{RunDir, RunKind, RunState, require_writable, write_atomic},
    text,
};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

#[derive(clap::Args)]
#[command(
    after_help = "Example of a file:\n  preset = \"quick\"\n  seeds = [0, 1, 2]\n\n  [[data]]\n  path = \"breastmnist.npz\"\n  normal = [\"1\"]\n\n  \
                        [[settings]]\n  name = \"dia\"\n\n  [[settings]]\n  name = \"csi\"\n  set = { \"dia.dissolve\" = \"none\" }\n\n\
                        Runs that are finished are not run again, so the same call goes on after a stop.\n\
                        One cell alone, for a scheduler:  dissolve-studio sweep FILE.toml --cell 3"
)]
pub struct Args {
    /// The sweep: preset, seeds, [[data]], [[settings]]; - = from the standard input (with --workspace)
    file: PathBuf,
    /// Runs and the table sweep.csv are made here [default: the file's name without .toml]
    #[arg(long, value_name = "DIR")]
    workspace: Option<PathBuf>,
    /// Run just this cell (0, 1, …), as a scheduler's array job does
    #[arg(long, value_name = "N")]
    cell: Option<usize>,
    /// Only list the cells
    #[arg(long)]
    list: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sweep {
    preset: Preset,
    seeds: Vec<u64>,
    data: Vec<Data>,
    #[serde(default = "one_setting")]
    settings: Vec<Settings>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    path: PathBuf,
    normal: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    name: String,
    #[serde(default)]
    set: BTreeMap<String, toml::Value>,
}

fn one_setting() -> Vec<Settings> {
    vec![Settings { name: "default".into(), set: BTreeMap::new() }]
}

/// One run of the sweep. Runs of the same group differ by their seed alone.
struct Cell {
    group: String,
    name: String,
    config: RunConfig,
}

pub fn run(args: Args) -> Result<()> {
    let cells = cells(Input::new(&args.file)?.path())?;
    if args.list {
        return out::print(&cells.iter().enumerate().map(|(i, cell)| format!("{i}\t{}\n", cell.name)).collect::<String>());
    }
    let workspace = match args.workspace {
        None if is_dash(&args.file) => {
            return Err(Error::usage("- has no name for a workspace", "give one with --workspace DIR"));
        }
        named => named.unwrap_or_else(|| args.file.with_extension("")),
    };
    let chosen = match args.cell {
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
    let mut terminal = Terminal::new();
    let mut failed = 0;
    for cell in &cells[chosen.clone()] {
        out::note(format_args!("== {}", cell.name));
        match run_cell(cell, &workspace, &mut terminal) {
            Err(Error::Stopped) => return Err(Error::Stopped),
            // One failed cell does not stop the others; the table shows it.
            Err(e) => {
                failed += 1;
                out::note(format_args!("{}: {e}", cell.name));
            }
            Ok(()) => {}
        }
    }
    let table = table(&cells, &workspace)?;
    // Not there yet where no run could begin.
    fs::create_dir_all(&workspace).map_err(Error::io("create", &workspace))?;
    write_atomic(&workspace.join("sweep.csv"), |f| f.write_all(&table))?;
    out::print(&String::from_utf8_lossy(&table))?;
    if failed == 0 {
        return Ok(());
    }
    Err(Error::user(format!("{failed} of {} runs failed", chosen.len()), "the same call goes on with them"))
}

fn cells(file: &Path) -> Result<Vec<Cell>> {
    let text = fs::read_to_string(file).map_err(Error::io("read", file))?;
    let sweep: Sweep = toml::from_str(&text)
        .map_err(|e| Error::user(format!("{}: {}", file.display(), e.message()), "sweep --help shows an example"))?;
    let mut cells = Vec::new();
    for &seed in &sweep.seeds {
        Limits::check("run.seed", seed as f64).map_err(usage)?;
    }
    for data in &sweep.data {
        for settings in &sweep.settings {
            let mut config = RunConfig::preset(sweep.preset);
            config.data.path = std::path::absolute(&data.path).map_err(Error::io("find", &data.path))?;
            config.data.normal.clone_from(&data.normal);
            let text = |value: &toml::Value| value.as_str().map_or_else(|| value.to_string(), str::to_string);
            let set: Vec<(&str, String)> = settings.set.iter().map(|(key, value)| (key.as_str(), text(value))).collect();
            config = apply_settings(&config, set.iter().map(|(key, value)| (*key, value.as_str()))).map_err(usage)?;
            let stem = data.path.file_stem().unwrap_or_default().to_string_lossy();
            let group = format!("{stem}-{}", settings.name);
            for &seed in &sweep.seeds {
                config.run.seed = seed;
                cells.push(Cell { name: format!("{group}-seed{seed}"), group: group.clone(), config: config.clone() });
            }
        }
    }
    Ok(cells)
}

/// The cell's run, where it was begun.
fn existing(cell: &Cell, workspace: &Path) -> Option<RunDir> {
    RunDir::list(workspace).into_iter().find(|run| run.manifest().is_ok_and(|m| m.name == cell.name))
}

fn run_cell(cell: &Cell, workspace: &Path, reporter: &mut dyn Reporter) -> Result<()> {
    let run = match existing(cell, workspace) {
        Some(run) if run.manifest()?.state == RunState::Finished => return Ok(()),
        Some(run) => run,
        None => pipeline::create(RunKind::Train, &cell.config, workspace, &cell.name, reporter)?,
    };
    pipeline::work(&run, reporter)
}

/// `group,runs,auroc_mean,auroc_sd,aurocs`: standard deviation over the seeds, divisor n - 1.
fn table(cells: &[Cell], workspace: &Path) -> Result<Vec<u8>> {
    let mut groups: Vec<(&str, Vec<f64>)> = Vec::new();
    for cell in cells {
        let figure = existing(cell, workspace).and_then(|run| run.manifest().ok()?.figures.get("auroc")?.as_f64());
        match groups.iter_mut().find(|g| g.0 == cell.group) {
            Some(group) => group.1.extend(figure),
            None => groups.push((&cell.group, figure.into_iter().collect())),
        }
    }
    csv_of(|table| {
        table.write_record(["group", "runs", "auroc_mean", "auroc_sd", "aurocs"])?;
        for (group, values) in groups {
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            let sd = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0).max(0.0)).sqrt();
            let show = |v: f64| if v.is_finite() { format!("{v:.4}") } else { String::new() };
            let all: Vec<String> = values.iter().map(|v| format!("{v:.4}")).collect();
            table.write_record([&*text::cell(group), &values.len().to_string(), &show(mean), &show(sd), &all.join(" ")])?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_comma_in_a_name_does_not_break_the_table() {
        let dir = tempfile::tempdir().unwrap();
        let cell = |seed| Cell { group: "set-a, b".into(), name: format!("seed{seed}"), config: RunConfig::default() };
        let cells = [cell(0), cell(1), Cell { group: "plain".into(), ..cell(2) }];
        for (cell, auroc) in cells.iter().zip([0.5, 0.75]) {
            let run = RunDir::create(dir.path(), RunKind::Train, &cell.name, &cell.config).unwrap();
            run.set_figures([("auroc", json!(auroc))]).unwrap();
        }
        let text = String::from_utf8(table(&cells, dir.path()).unwrap()).unwrap();
        assert_eq!(text, "group,runs,auroc_mean,auroc_sd,aurocs\n\"set-a, b\",2,0.6250,0.1768,0.5000 0.7500\nplain,0,,,\n");
    }
}
