//! `inspect`: what a path holds, what is wrong with it, and what is there twice.

use crate::{
    cli::{
        args::{columns, with_data_settings},
        next_step, out,
        streams::Input,
    },
    config::DataConfig,
    data::Dataset,
    error::Result,
    text::{count_of, elided, thousands, visible},
};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use std::{borrow::Cow, path::PathBuf};

/// Classes, skipped files and duplicates that the readable form lists; `--json` has them all.
const SHOWN: usize = 20;

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  dissolve-studio inspect fundus/\n  \
    dissolve-studio inspect breastmnist.npz --normal 1 --json\n  \
    dissolve-studio inspect scans/ --labels scans/list.csv --map file=scan,label=finding,patient=case\n  \
    dissolve-studio inspect atlas/ --set data.level=3\n  \
    dissolve-studio inspect ct/ --set data.window=lung\n  \
    dissolve-studio inspect fundus/ --set data.curation=exports/fundus-curation.csv")]
pub struct Args {
    /// Folder, picture, table or archive; - = a picture or archive from the standard input
    path: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Name of a normal class (repeatable, or a,b); !NAME = every class but that one
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    normal: Vec<String>,
    /// A table of labels, where it is not found by itself; - = from the standard input
    #[arg(long, value_name = "CSV")]
    labels: Option<PathBuf>,
    /// Columns of the table: file=COL,label=COL,split=COL,patient=COL
    #[arg(long, value_name = "file=COL,label=COL,…")]
    map: Option<String>,
    /// Change how the data are understood (repeatable), as in --set data.level=2
    #[arg(long = "set", value_name = "data.KEY=VALUE")]
    settings: Vec<String>,
}

/// Decodes every picture, to say for certain what can be used.
pub fn run(args: Args) -> Result<()> {
    let columns = columns(args.map.as_deref())?;
    let (path, table) = (Input::new(&args.path)?, args.labels.as_deref().map(Input::table).transpose()?);
    let labels = table.as_ref().map(|table| table.path().to_path_buf());
    let data = DataConfig { path: path.path().to_path_buf(), normal: args.normal, labels, columns, ..Default::default() };
    let config = with_data_settings(data, &args.settings)?;
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
    if out::speaks_json() {
        return ProgressBar::hidden();
    }
    let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    let template = if total.is_some() { "{msg} {bar:30} {pos}/{len} {eta}" } else { "{spinner} {msg} {pos}" };
    bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.with_message(what)
}

/// Images of each class by their splits, those without a class last.
fn counts(dataset: &Dataset) -> Vec<[usize; 3]> {
    let mut counts = vec![[0; 3]; dataset.classes.len() + 1];
    for item in dataset.used() {
        counts[item.class.unwrap_or(dataset.classes.len())][item.split as usize] += 1;
    }
    counts
}

/// A name as it fits a line.
fn shown(name: &str) -> Cow<'_, str> {
    match elided(name, 60) {
        Cow::Borrowed(name) => visible(name),
        Cow::Owned(short) => Cow::Owned(visible(&short).into_owned()),
    }
}

/// Smallest and largest width and height, `[[w, w], [h, h]]`.
fn sizes(dataset: &Dataset) -> [[u32; 2]; 2] {
    [0, 1].map(|side| {
        let sides = dataset.used().map(|i| i.size[side]);
        [sides.clone().min().unwrap_or(0), sides.max().unwrap_or(0)]
    })
}

/// The classes that are perhaps normal, as `--normal` takes them.
fn suggested(dataset: &Dataset) -> Option<String> {
    (!dataset.suggested.is_empty()).then(|| dataset.suggested.join(","))
}

fn warnings(dataset: &Dataset) -> Vec<String> {
    dataset.warnings.iter().map(next_step::warning).collect()
}

fn to_json(dataset: &Dataset) -> Value {
    let class = |(class, [train, val, test]): (&crate::data::Class, [usize; 3])| json!({"name": class.name, "total": train + val + test, "train": train, "val": val, "test": test});
    json!({
        "layout": dataset.layout.name(),
        "why": dataset.why,
        "normal": dataset.normal_name(),
        "suggested": suggested(dataset),
        "images": dataset.used().count(),
        "left_out": dataset.left_out(),
        "labelled_by_hand": dataset.used().filter(|i| i.said.label.is_some()).count(),
        "classes": dataset.classes.iter().zip(counts(dataset)).map(class).collect::<Vec<_>>(),
        "skipped": dataset.skipped.iter().map(|s| json!({"path": s.name(), "reason": s.reason})).collect::<Vec<_>>(),
        "warnings": warnings(dataset),
        "duplicates": dataset.duplicates,
        "sizes": sizes(dataset),
        "windows": dataset.dicom_windows,
        "depth": dataset.depth,
        "masks": dataset.used().filter(|i| !i.masks.is_empty()).count(),
    })
}

fn to_text(dataset: &Dataset) -> String {
    let [width, height] = sizes(dataset).map(|[low, high]| if low == high { low.to_string() } else { format!("{low}-{high}") });
    let images = count_of(dataset.used().count(), "image");
    let mut text = format!("{}\n{images} of {width} x {height} pixels ({}).\n", visible(&dataset.why), dataset.layout.name());
    let masks = dataset.used().filter(|i| !i.masks.is_empty()).count();
    if masks > 0 {
        text += &format!("{} with a mask.\n", count_of(masks, "image"));
    }
    text.extend(dataset.curation_summary().map(|summary| summary + "\n"));
    let names = dataset.classes.iter().map(|class| shown(&class.name));
    let mut rows: Vec<(Cow<'_, str>, [usize; 3])> = names.chain(["(unlabelled)".into()]).zip(counts(dataset)).collect();
    if rows.last().is_some_and(|(_, counts)| *counts == [0; 3]) {
        rows.pop();
    }
    // One line more is as short as the one that says what is cut.
    let more = rows.len().saturating_sub(SHOWN);
    rows.truncate(if more > 1 { SHOWN } else { rows.len() });
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0).clamp(5, 40);
    text += &format!("\n{:width$}  {:>7} {:>7} {:>7} {:>7}\n", "class", "total", "train", "val", "test");
    for (name, [train, val, test]) in rows {
        let [all, train, val, test] = [train + val + test, train, val, test].map(thousands);
        text += &format!("{name:width$}  {all:>7} {train:>7} {val:>7} {test:>7}\n");
    }
    if more > 1 {
        text += &format!("… and {} more (--json lists all)\n", thousands(more));
    }
    text += &match (dataset.normal_name(), suggested(dataset)) {
        (Some(normal), _) => format!("\nNormal: {}\n", visible(&elided(&normal, 300))),
        (None, Some(suggested)) => format!("\nNormal: not known; --normal '{}' perhaps\n", visible(&suggested)),
        (None, None) if dataset.classes.is_empty() => "\nNormal: not known; --normal '*' if all of these are\n".to_string(),
        (None, None) => "\nNormal: not known; say it with --normal NAME\n".to_string(),
    };
    let section = |title: &str, lines: Vec<String>| {
        let more = lines.len().saturating_sub(SHOWN);
        let tail = if more > 0 { format!("  … and {} more (--json lists all)\n", thousands(more)) } else { String::new() };
        let shown: String = lines.iter().take(SHOWN).map(|l| format!("  {}\n", visible(l))).collect();
        if lines.is_empty() { String::new() } else { format!("\n{title}\n{shown}{tail}") }
    };
    text += &section("Warnings", warnings(dataset));
    text += &section(
        "Cannot be used",
        dataset.skipped.iter().map(|s| format!("{} {}", elided(&s.name(), 200), elided(&s.reason, 600))).collect(),
    );
    text += &section("Duplicates", dataset.duplicates.iter().map(|(a, b)| format!("{a} and {b}")).collect());
    text
}
