//! The figures of a sweep's runs in one table: mean and deviation over the seeds, and each setting against a baseline.

use super::{plan::SweepCell, workspace::runs};
use crate::{
    engine::export::table::csv_of,
    error::{Error, Result},
    report::{MergedGroup, merged::mean},
    run_dir::{RunState, files},
    scores::{Comparison, Evaluation, ScoreKind, Scores},
    text,
};
use std::{collections::HashMap, fmt::Write as _, path::Path};

/// Baselines whose direction is known without labels.
const KNOWN_DIRECTION: [&str; 2] = ["pca_residual", "nearest_normal_distance"];

/// What a finished run says.
struct Finished<'a> {
    cell: &'a SweepCell,
    scores: Scores,
    evaluation: Evaluation,
    minutes: Option<f64>,
}

/// The groups of a sweep in the order of its cells, each with the figures of its finished runs. `baseline`: name of the settings
/// that each run is held against, on the same data and seed.
///
/// # Errors
/// Scores that cannot be read, a baseline that no settings have as their name.
pub fn merge(cells: &[SweepCell], workspace: &Path, baseline: Option<&str>) -> Result<Vec<MergedGroup>> {
    if let Some(name) = baseline.filter(|name| cells.iter().all(|cell| cell.settings != *name)) {
        let mut names: Vec<&str> = cells.iter().map(|cell| cell.settings.as_str()).collect();
        names.dedup();
        return Err(Error::usage(format!("no settings are called {name}"), format!("there are: {}", names.join(", "))));
    }
    let there = runs(workspace);
    let mut finished: HashMap<(&str, &str), Vec<Finished<'_>>> = HashMap::new();
    for cell in cells {
        let run = there.get(&cell.name()).filter(|(_, manifest)| manifest.state == RunState::Finished);
        let Some((run, manifest)) = run else { continue };
        let scores = Scores::read(&run.join(files::SCORES))?;
        let evaluation = Evaluation::new(&scores, None, None)?;
        let minutes = manifest.figures.get("seconds").and_then(serde_json::Value::as_f64).map(|s| s / 60.0);
        finished.entry((&cell.data, &cell.settings)).or_default().push(Finished { cell, scores, evaluation, minutes });
    }
    let mut order: Vec<(&str, &str)> = Vec::new();
    for cell in cells {
        if order.last() != Some(&(&cell.data, &cell.settings)) {
            order.push((&cell.data, &cell.settings));
        }
    }
    let none = Vec::new();
    order
        .into_iter()
        .map(|(data, settings)| {
            let own = finished.get(&(data, settings)).unwrap_or(&none);
            let base = baseline.filter(|name| *name != settings);
            let base = base.map_or(&none, |name| finished.get(&(data, name)).unwrap_or(&none));
            group(data, settings, own, base)
        })
        .collect()
}

fn group(data: &str, settings: &str, own: &[Finished<'_>], base: &[Finished<'_>]) -> Result<MergedGroup> {
    let all = |of: &dyn Fn(&Finished<'_>) -> Option<f64>| own.iter().filter_map(of).collect::<Vec<f64>>();
    let mut merged = MergedGroup {
        data: data.into(),
        settings: settings.into(),
        runs: own.len(),
        images: own.first().map(|run| [run.evaluation.n_normal, run.evaluation.n_abnormal]),
        dia: all(&|run| run.evaluation.auroc),
        lead: all(&|run| run.evaluation.by[ScoreKind::Lead].auroc),
        minutes: mean(&all(&|run| run.minutes)),
        ..MergedGroup::default()
    };
    let of_baseline = |name: &str| {
        let of = |run: &Finished<'_>| run.evaluation.baselines.iter().find(|b| b.name == name)?.auroc;
        Some((name.to_string(), mean(&all(&of))?))
    };
    merged.known_direction = KNOWN_DIRECTION.iter().filter_map(|name| of_baseline(name)).max_by(|a, b| a.1.total_cmp(&b.1));
    for run in own {
        let Some(other) = base.iter().find(|other| other.cell.config.run.seed == run.cell.config.run.seed) else { continue };
        let rule = run.cell.config.score.rule;
        let against = |scores: &Scores| -> Result<Option<[f64; 2]>> {
            let found = Comparison::new(scores, &other.scores, None)?;
            Ok(found.delta_auroc.zip(found.p_value).map(|(delta, p)| [delta, p]))
        };
        merged.dia_against.extend(against(&run.scores)?);
        if let Some(lead) = run.scores.seen_by(ScoreKind::Lead, Some(rule)) {
            merged.lead_against.extend(against(&lead)?);
        }
    }
    Ok(merged)
}

/// The table as CSV. Several values in a cell are of the seeds, with spaces between.
///
/// # Errors
/// None in practice.
pub fn csv(groups: &[MergedGroup]) -> Result<Vec<u8>> {
    let number = |v: Option<f64>| v.map_or(String::new(), |v| format!("{v:.4}"));
    let list = |values: &mut dyn Iterator<Item = f64>| values.map(|v| format!("{v:.4}")).collect::<Vec<_>>().join(" ");
    csv_of(|table| {
        table.write_record([
            "data",
            "settings",
            "runs",
            "n_normal",
            "n_abnormal",
            "auroc_mean",
            "auroc_sd",
            "aurocs",
            "lead_mean",
            "lead_sd",
            "leads",
            "rival",
            "rival_auroc",
            "deltas",
            "p_values",
            "lead_deltas",
            "lead_p_values",
            "minutes",
        ])?;
        for g in groups {
            let (rival, rival_auroc) = g.known_direction.clone().unzip();
            table.write_record([
                &*text::cell(&g.data),
                &text::cell(&g.settings),
                &g.runs.to_string(),
                &g.images.map_or(String::new(), |[n, _]| n.to_string()),
                &g.images.map_or(String::new(), |[_, a]| a.to_string()),
                &number(g.mean_dia()),
                &number(g.deviation_dia()),
                &list(&mut g.dia.iter().copied()),
                &number(g.mean_lead()),
                &number(g.deviation_lead()),
                &list(&mut g.lead.iter().copied()),
                &rival.unwrap_or_default(),
                &number(rival_auroc),
                &list(&mut g.dia_against.iter().map(|a| a[0])),
                &list(&mut g.dia_against.iter().map(|a| a[1])),
                &list(&mut g.lead_against.iter().map(|a| a[0])),
                &list(&mut g.lead_against.iter().map(|a| a[1])),
                &number(g.minutes),
            ])?;
        }
        Ok(())
    })
}

/// The table as Markdown. `baseline`: what the differences are against.
pub fn markdown(groups: &[MergedGroup], baseline: Option<&str>) -> String {
    let head = MergedGroup::titles(baseline);
    let mut out = format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(head.len()));
    for group in groups {
        let cells: Vec<String> = group.cells(baseline.is_some()).iter().map(|cell| cell.replace('|', "\\|")).collect();
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
    text::visible_lines(&out).into_owned()
}
