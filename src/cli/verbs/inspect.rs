//! `inspect`: what a path holds, what is wrong with it, and what is there twice.

use crate::{
    cli::{args::columns, out},
    config::DataConfig,
    data::{Dataset, Split},
    error::Result,
};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Skipped files and duplicates that the readable form lists; `--json` has them all.
const SHOWN: usize = 20;

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  dissolve-studio inspect fundus/\n  \
    dissolve-studio inspect breastmnist.npz --normal 1 --json\n  \
    dissolve-studio inspect scans/ --labels scans/list.csv --map file=scan,label=finding,patient=case")]
pub struct Args {
    /// Folder, picture, table or archive
    path: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Name of a normal class (repeatable, or a,b); !NAME = every class but that one
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    normal: Vec<String>,
    /// A table of labels, where it is not found by itself
    #[arg(long, value_name = "CSV")]
    labels: Option<PathBuf>,
    /// Columns of the table: file=COL,label=COL,split=COL,patient=COL
    #[arg(long, value_name = "file=COL,label=COL,…")]
    map: Option<String>,
}

/// Decodes every picture, to say for certain what can be used.
pub fn run(args: Args) -> Result<()> {
    let columns = columns(args.map.as_deref())?;
    let config = DataConfig { path: args.path, normal: args.normal, labels: args.labels, columns, ..Default::default() };
    let bar = bar("looking at files", None);
    let dataset = Dataset::open(&config, &|n| bar.set_position(n as u64))?;
    bar.finish_and_clear();
    let bar = self::bar("decoding", Some(dataset.items.len() as u64));
    let examination = dataset.examine(&|n| bar.set_position(n as u64));
    bar.finish_and_clear();
    let dataset = dataset.without_unusable(&examination);
    if args.json { out::line(to_json(&dataset)) } else { out::print(&to_text(&dataset)) }
}

/// Hidden by itself where stderr is no terminal.
fn bar(what: &'static str, total: Option<u64>) -> ProgressBar {
    let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    let template = if total.is_some() { "{msg} {bar:30} {pos}/{len} {eta}" } else { "{spinner} {msg} {pos}" };
    bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.with_message(what)
}

fn counts(dataset: &Dataset, class: Option<usize>) -> [usize; 3] {
    Split::ALL.map(|split| dataset.items.iter().filter(|i| i.class == class && i.split == split).count())
}

/// Smallest and largest width and height, `[[w, w], [h, h]]`.
fn sizes(dataset: &Dataset) -> [[u32; 2]; 2] {
    [0, 1].map(|side| {
        let sides = dataset.items.iter().map(|i| i.size[side]);
        [sides.clone().min().unwrap_or(0), sides.max().unwrap_or(0)]
    })
}

fn to_json(dataset: &Dataset) -> Value {
    let class = |(i, class): (usize, &crate::data::Class)| {
        let [train, val, test] = counts(dataset, Some(i));
        json!({"name": class.name, "total": train + val + test, "train": train, "val": val, "test": test})
    };
    json!({
        "layout": dataset.layout.name(),
        "why": dataset.why,
        "normal": dataset.normal_name(),
        "suggested": dataset.suggested,
        "images": dataset.items.len(),
        "classes": dataset.classes.iter().enumerate().map(class).collect::<Vec<_>>(),
        "skipped": dataset.skipped.iter().map(|s| json!({"path": s.name(), "reason": s.reason})).collect::<Vec<_>>(),
        "warnings": dataset.warnings,
        "duplicates": dataset.duplicates,
        "sizes": sizes(dataset),
        "masks": dataset.items.iter().filter(|i| i.mask.is_some()).count(),
    })
}

fn to_text(dataset: &Dataset) -> String {
    let [width, height] = sizes(dataset).map(|[low, high]| if low == high { low.to_string() } else { format!("{low}-{high}") });
    let images = plural(dataset.items.len(), "image");
    let mut text = format!("{}\n{images} of {width} x {height} pixels ({}).\n", dataset.why, dataset.layout.name());
    let masks = dataset.items.iter().filter(|i| i.mask.is_some()).count();
    if masks > 0 {
        text += &format!("{} with a mask.\n", plural(masks, "image"));
    }
    let unlabelled = counts(dataset, None);
    let mut rows: Vec<(&str, [usize; 3])> =
        dataset.classes.iter().enumerate().map(|(i, c)| (c.name.as_str(), counts(dataset, Some(i)))).collect();
    if unlabelled != [0; 3] {
        rows.push(("(unlabelled)", unlabelled));
    }
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0).max(5);
    text += &format!("\n{:width$}  {:>7} {:>7} {:>7} {:>7}\n", "class", "total", "train", "val", "test");
    for (name, [train, val, test]) in rows {
        text += &format!("{name:width$}  {:>7} {train:>7} {val:>7} {test:>7}\n", train + val + test);
    }
    text += &match (dataset.normal_name(), &dataset.suggested) {
        (Some(normal), _) => format!("\nNormal: {normal}\n"),
        (None, Some(suggested)) => format!("\nNormal: not known; --normal '{suggested}' perhaps\n"),
        (None, None) if dataset.classes.is_empty() => "\nNormal: not known; --normal '*' if all of these are\n".to_string(),
        (None, None) => "\nNormal: not known; say it with --normal NAME\n".to_string(),
    };
    let section = |title: &str, lines: Vec<String>| {
        let more = lines.len().saturating_sub(SHOWN);
        let tail = if more > 0 { format!("  … and {more} more (--json lists all)\n") } else { String::new() };
        let shown: String = lines.iter().take(SHOWN).map(|l| format!("  {l}\n")).collect();
        if lines.is_empty() { String::new() } else { format!("\n{title}\n{shown}{tail}") }
    };
    text += &section("Warnings", dataset.warnings.clone());
    text += &section("Cannot be used", dataset.skipped.iter().map(|s| format!("{} {}", s.name(), s.reason)).collect());
    text += &section("Duplicates", dataset.duplicates.iter().map(|(a, b)| format!("{a} = {b}")).collect());
    text
}

fn plural(count: usize, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}
