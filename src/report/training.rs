//! The training part of the report: curves from `metrics.csv`, evaluations from `epochs.csv`, previews from `samples/`.

use super::figures;
use crate::{
    ml::training::preview,
    run_dir::{RunDir, RunKind, files},
    text::thousands,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use maud::{Markup, PreEscaped, html};
use std::{collections::BTreeMap, path::PathBuf};

/// Title and axis label of a column of `metrics.csv`; what is not here is shown under its own name.
pub fn words(column: &str) -> (&str, &str) {
    match column {
        "loss" => ("Loss", "loss"),
        "contrastive" => ("Contrastive loss", "loss"),
        "classification" => ("Loss of the shift classifier", "cross-entropy, nats"),
        "grad_norm" => ("Gradient norm, before clipping", "norm"),
        "lr" => ("Learning rate", "learning rate"),
        "images_per_second" => ("Speed", "images per second"),
        other => (other, other),
    }
}

/// Curves of one stage.
pub fn curves(run: &RunDir) -> Markup {
    let columns = columns(run);
    html! {
        @if columns.is_empty() { p.missing { "No training curves: " code { (files::METRICS) } " is missing or empty." } }
        div.charts.small {
            @for (name, points) in &columns {
                @let (title, unit) = words(name);
                div { (PreEscaped(figures::curve(title, unit, points).svg())) }
            }
            @let epochs = epochs(run);
            @if !epochs.rows.is_empty() { div { (PreEscaped(figures::auroc_by_epoch(&epochs.rows, &epochs.split).svg())) } }
        }
    }
}

/// Evaluations on labelled images during the training.
#[derive(Default)]
pub struct Epochs {
    /// `[epoch, auroc, low, high]`
    pub rows: Vec<[f64; 4]>,
    /// The split that they were made on.
    pub split: String,
}

/// `epochs.csv`; empty where nothing was evaluated on the way.
pub fn epochs(run: &RunDir) -> Epochs {
    let (names, rows) = table(run, files::EPOCHS);
    let cell = |row: &Vec<String>, name: &str| row.get(names.iter().position(|n| n == name)?).cloned();
    let numbers = |row: &Vec<String>| {
        let all = ["epoch", "auroc", "auroc_lower", "auroc_upper"].map(|name| cell(row, name).and_then(|c| c.parse().ok()));
        Some([all[0]?, all[1]?, all[2]?, all[3]?])
    };
    let split = rows.last().and_then(|row| cell(row, "split")).unwrap_or_default();
    Epochs { rows: rows.iter().filter_map(numbers).collect(), split }
}

/// Each column of `metrics.csv` against the step. Columns that never change are left out.
pub fn columns(run: &RunDir) -> Vec<(String, Vec<[f64; 2]>)> {
    let (names, rows) = table(run, files::METRICS);
    let number = |row: &Vec<String>, at: usize| row.get(at)?.parse::<f64>().ok().filter(|v| v.is_finite());
    let column = |at: usize| -> Vec<[f64; 2]> { rows.iter().filter_map(|r| Some([number(r, 0)?, number(r, at)?])).collect() };
    let all = names.iter().enumerate().skip(1).map(|(at, name)| (name.clone(), column(at)));
    all.filter(|(_, points)| points.windows(2).any(|w| w[0][1] != w[1][1])).collect()
}

/// Header and rows of one of our own tables; none where the file is missing. A line that was cut off is left out.
fn table(run: &RunDir, file: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let Ok(mut reader) = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(run.join(file)) else {
        return (Vec::new(), Vec::new());
    };
    let cells = |row: &csv::StringRecord| row.iter().map(String::from).collect();
    let names = reader.headers().map(cells).unwrap_or_default();
    (names, reader.records().flatten().map(|row| cells(&row)).collect())
}

/// That a stage was ended before its last step; `None` where it was not, or goes on.
pub fn ended_early(run: &RunDir) -> Option<String> {
    let (kind, config) = (run.manifest().ok()?.kind, run.config().ok()?);
    let (what, weights, steps) = match kind {
        RunKind::Ddpm => ("diffusion model", files::MODEL, config.ddpm.steps),
        RunKind::Dia | RunKind::Csi => ("encoder", files::ENCODER, config.dia.total_steps()),
        RunKind::Tiles => ("encoder of tiles", files::ENCODER, config.dia.total_steps()),
        RunKind::Train => return None,
    };
    let done: usize = table(run, files::METRICS).1.last()?.first()?.parse().ok()?;
    let ended = run.join(weights).is_file() && done < steps;
    ended.then(|| format!("The training of the {what} was ended after step {} of {}.", thousands(done), thousands(steps)))
}

/// Previews of a stage, the newest of each kind.
pub fn samples(run: &RunDir) -> Markup {
    let newest = newest_samples(run);
    html! {
        @if newest.is_empty() { p.missing { "No pictures: " code { (files::SAMPLES) "/" } " is empty." } }
        @for (caption, bytes) in newest.iter().filter_map(|(kind, path)| Some((caption(kind, path), std::fs::read(path).ok()?))) {
            figure.sample {
                img src=(format!("data:image/png;base64,{}", STANDARD.encode(&bytes))) alt=(caption);
                figcaption { (caption) }
            }
        }
    }
}

/// PNG files of `samples/` by what is before their number, the one with the highest number of each.
fn newest_samples(run: &RunDir) -> BTreeMap<String, PathBuf> {
    /// Larger files are no previews.
    const MOST_BYTES: u64 = 4 << 20;
    let mut newest: BTreeMap<String, (u64, PathBuf)> = BTreeMap::new();
    for entry in std::fs::read_dir(run.join(files::SAMPLES)).into_iter().flatten().flatten() {
        let path = entry.path();
        let small = entry.metadata().is_ok_and(|m| m.is_file() && m.len() <= MOST_BYTES);
        if !small || path.extension().is_none_or(|e| e != "png") {
            continue;
        }
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let kind = stem.trim_end_matches(|c: char| c.is_ascii_digit());
        let number = stem[kind.len()..].parse().unwrap_or(0);
        if newest.get(kind).is_none_or(|(n, _)| number >= *n) {
            newest.insert(kind.to_string(), (number, path));
        }
    }
    newest.into_iter().map(|(kind, (_, path))| (kind, path)).collect()
}

fn caption(kind: &str, path: &std::path::Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = format!("{} {}", kind.trim_end_matches(['-', '_']).replace(['-', '_'], " "), &stem[kind.len()..]);
    if !files::is_sample(kind) {
        return name.trim().to_string();
    }
    let steps = preview::SHOWN.map(|t| t.to_string()).join(", ");
    format!(
        "After {name}. First row: pictures made from noise. Below, each row: a held-out normal image, then what is left of it after \
         dissolving at t = {steps}."
    )
}
