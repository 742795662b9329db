//! The command line: one file a verb. Results go to stdout, progress and warnings to stderr; with `--json` all of stderr is
//! JSON, an object a line: progress, `{"notice"}`, `{"error", "next"}`.
//! Exit codes: 0 done, 1 could not, 2 wrong usage, 130 stopped by the person. A reader of stdout that goes away (`| head`)
//! changes none of them; a stdout that cannot be written (a full disk) is a 1.

mod args;
mod cuda_build;
mod next_step;
mod out;
mod progress;
mod stop;
mod streams;
mod verbs;

use self::verbs::{completions, demo, dissolve, evaluate, export, import, inspect, man, report, runs, score, sweep, train};
use crate::{
    error::{Error, Result},
    text, window,
};
use clap::{CommandFactory, Parser, Subcommand};
use serde_json::json;
use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    process::ExitCode,
};

#[derive(Parser)]
#[command(
    name = "dissolve-studio",
    version,
    about = "Finds fine-grained anomalies in medical images, trained on normal images alone. Research use only.",
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  dissolve-studio                                   the window, with the demo open\n  \
                  dissolve-studio fundus/                           the window, with this folder open\n  \
                  dissolve-studio train --data breastmnist.npz --normal 1 --preset quick"
)]
struct Cli {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// A folder, image or archive to open in the window
    path: Option<PathBuf>,
    /// Write to FILE how long the window's frames took
    #[arg(long, value_name = "FILE", hide = true)]
    frame_stats: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Verb {
    /// What a path holds: layout, classes, splits, what cannot be used, duplicates
    Inspect(inspect::Args),
    /// Take the fine features of pictures away, and show what was taken
    Dissolve(dissolve::Args),
    /// Diffusion model, DIA, scores, evaluation and report, as one resumable job
    Train(train::AllArgs),
    /// Train a diffusion model
    TrainDdpm(train::DdpmArgs),
    /// Train DIA, or with --dissolve none the CSI baseline
    TrainDia(train::DiaArgs),
    /// Scores of images, labelled or not, by a finished run
    Score(score::Args),
    /// The whole job on synthetic photographs, with nothing but this program: a few minutes
    Demo(demo::Args),
    /// AUROC and the other figures of a file of scores
    Evaluate(evaluate::Args),
    /// Write the report of a run again
    Report(report::Args),
    /// List the runs of a workspace
    Runs(runs::Args),
    /// The finished weights of a run as one file
    Export(export::Args),
    /// Train many runs from one file: seeds x data sets x settings
    Sweep(sweep::Args),
    /// What a shell needs to complete verbs, flags and paths
    Completions(completions::Args),
    /// The manual pages
    Man(man::Args),
    /// Make the demo that is built into this program
    #[command(hide = true)]
    MakeDemo(demo::MakeArgs),
    /// A checkpoint of the reference trainer (model-N.pt) as a model of this program
    Import(import::Args),
}

/// Runs the program on the process's arguments.
pub fn main() -> ExitCode {
    cuda_build::give_way();
    let args: Vec<OsString> = std::env::args_os().collect();
    if args.iter().any(|arg| arg == "--json") {
        out::speak_json();
    }
    if let Some(mistake) = args.get(1).and_then(|first| mistake(first)) {
        return exit(Err(mistake));
    }
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(said) => return exit(out::usage(&said)),
    };
    exit(run(cli).map(|()| 0))
}

fn exit(result: Result<u8>) -> ExitCode {
    ExitCode::from(result.unwrap_or_else(|e| {
        say(&e);
        e.exit_code()
    }))
}

/// What is wrong with a first argument that is no flag, no verb and nothing that is there to be opened.
fn mistake(first: &OsStr) -> Option<Error> {
    /// How alike a word and a verb are, at least, for the verb to be meant: 0 not at all, 1 the same.
    const ALIKE: f64 = 0.85;
    let word = first.to_string_lossy();
    let mut command = Cli::command();
    command.build();
    if word.is_empty() || word.starts_with('-') || command.find_subcommand(first).is_some() {
        return None;
    }
    let why = std::fs::metadata(first).err()?;
    let likeness = |verb: &str| strsim::jaro_winkler(verb, &word.to_lowercase());
    let verbs = command.get_subcommands().filter(|verb| !verb.is_hide_set()).map(|verb| verb.get_name());
    let nearest = verbs.max_by(|a, b| likeness(a).total_cmp(&likeness(b))).filter(|verb| likeness(verb) >= ALIKE);
    Some(match nearest {
        Some(verb) => Error::usage(
            format!("{word} is no verb, and no file or folder that is there"),
            format!("did you mean `dissolve-studio {verb}`? --help lists the verbs"),
        ),
        None => Error::io("open", Path::new(first))(why),
    })
}

fn run(cli: Cli) -> Result<()> {
    if cli.verb.is_some() {
        stop::listen()?;
    }
    match cli.verb {
        Some(Verb::Inspect(args)) => inspect::run(args).map_err(Error::without_resume),
        Some(Verb::Dissolve(args)) => dissolve::run(args).map_err(Error::without_resume),
        Some(Verb::Import(args)) => import::run(args).map_err(Error::without_resume),
        Some(Verb::Train(args)) => train::all(args),
        Some(Verb::TrainDdpm(args)) => train::ddpm(args),
        Some(Verb::TrainDia(args)) => train::dia(args),
        Some(Verb::Score(args)) => score::run(args).map_err(Error::without_resume),
        Some(Verb::Demo(args)) => demo::run(args),
        Some(Verb::MakeDemo(args)) => demo::make(args),
        Some(Verb::Evaluate(args)) => evaluate::run(args).map_err(Error::without_resume),
        Some(Verb::Report(args)) => report::run(args).map_err(Error::without_resume),
        Some(Verb::Runs(args)) => runs::run(args),
        Some(Verb::Export(args)) => export::run(args).map_err(Error::without_resume),
        Some(Verb::Sweep(args)) => sweep::run(args),
        Some(Verb::Completions(args)) => completions::run(args, &Cli::command()),
        Some(Verb::Man(args)) => man::run(args, Cli::command()),
        None => open_window(cli.path, cli.frame_stats),
    }
}

/// The window; where there is no display, the demo instead, with a word about it.
fn open_window(path: Option<PathBuf>, frame_stats: Option<PathBuf>) -> Result<()> {
    if let Err(e) = window::start::check_display() {
        out::note(format_args!("{e}; instead of the window, this is the demo."));
        stop::listen()?;
        return demo::run(demo::Args::default());
    }
    window::start::run(path, frame_stats)
}

/// One sentence on stderr: what, why, what to do.
fn say(error: &Error) {
    let next = error.hint().map(|step| next_step::words(&step));
    let words = match &next {
        _ if out::speaks_json() => return out::event(&json!({"error": error.to_string(), "next": next})),
        Some(next) => format!("error: {error}; {next}."),
        None => format!("error: {error}."),
    };
    out::note(text::visible(&words));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_near_a_verb_names_it_unless_it_is_there() {
        let said = |word: &str| mistake(word.as_ref()).map(|e| (e.exit_code(), e.hint().map(|step| next_step::words(&step))));
        for (word, verb) in [("inspct", "inspect"), ("Evaluate", "evaluate"), ("train-dppm", "train-ddpm"), ("eval", "evaluate")]
        {
            let (code, next) = said(word).unwrap();
            assert!(code == 2 && next.unwrap().contains(&format!("`dissolve-studio {verb}`")), "{word}");
        }
        assert_eq!(said("no-such-images").unwrap().0, 1);
        for fine in ["inspect", "help", "--help", ".", "Cargo.toml"] {
            assert!(said(fine).is_none(), "{fine}");
        }
    }
}
