//! The page and its sections.

use super::{
    chart::canvas::SeriesColor,
    commands::{self, commands, shown},
    document::document,
    figures,
    gallery::{self, ImageLookup, mark},
    parts::{Parts, Scored},
    pixel_figures, synthetic_lesions, tagged, training,
};
use crate::{
    config::{DissolveMethod, Shift},
    data::{Dataset, Label, Split},
    metrics,
    ml::scoring::baselines,
    run_dir::{RunDir, RunKind, RunState, files},
    scores::{BaselineFigure, Evaluation, Histogram, ScoreKind, ScoreRow, Verdict, baseline_title},
    text::{sentence, thousands},
};
use maud::{Markup, PreEscaped, html};

/// Lines of a list before the rest is only counted.
const LISTED: usize = 20;

pub fn page(parts: &Parts, dataset: Option<&Dataset>) -> Markup {
    let manifest = &parts.manifest;
    let trains = manifest.kind != RunKind::Ddpm;
    let content = html! {
        (header(parts))
        @if let (true, Ok(scored)) = (trains, &parts.scores) { (headline(parts, scored)) }
        (section("data", "Data", data(parts, dataset)))
        (section("dissolving", "Dissolving", dissolving(parts)))
        (section("training", "Training", curves(parts)))
        @if trains {
            @match &parts.scores {
                Ok(scored) => { (results(parts, scored, dataset)) }
                Err(why) => { (section("results", "Results", html! { p.missing { (why) } })) }
            }
        }
        @if let Some(table) = parts.scores.as_ref().ok().and_then(|scored| tagged::table(parts, scored)) {
            (section("tagged", "Tags and notes", table))
        }
        @if let Some(pixels) = &parts.pixels { (section("pixels", "Where the scores come from", pixel_figures::section(pixels, parts.method()))) }
        @if let Some(planted) = &parts.planted { (section("planted", "Planted lesions", synthetic_lesions::section(planted))) }
        (section("again", "Configuration and versions", again(parts)))
    };
    document(&manifest.name, content)
}

fn section(id: &str, title: &str, body: Markup) -> Markup {
    html! { section id=(id) { h2 { (title) } (body) } }
}

fn header(parts: &Parts) -> Markup {
    let manifest = &parts.manifest;
    let what = match manifest.kind {
        RunKind::Ddpm => "Diffusion model",
        _ if parts.method() == "CSI" => "CSI baseline (no dissolving branch)",
        _ => "Dissolving Is Amplifying (DIA)",
    };
    html! {
        header {
            p.banner { strong { "Research use only – not for diagnosis." } }
            h1 { (manifest.name) }
            p.quiet { (what) " · made " (manifest.created.get(..16).unwrap_or(&manifest.created).replace('T', " ")) " UTC" }
            p {
                "Fine-grained anomaly detection from normal images alone. A diffusion model removes the fine features of a normal image in one "
                "step (it " em { "dissolves" } " it); an encoder learns to tell an image from its dissolved twin, and so to see those features. "
                "An image is scored by how unlike the normal training images it looks: " strong { "a higher score is more abnormal" } "."
            }
            @match &manifest.state {
                RunState::Finished => {}
                RunState::Failed { reason } => { p.warning { "This run failed: " (reason) } }
                RunState::Stopped => { p.warning { "This run was stopped before its end; the figures are of an unfinished training." } }
                RunState::Unfinished => { p.warning { "This run was not finished when this page was written." } }
            }
            @for early in &parts.ended_early { p.warning { (early) " All figures are of what it had learnt by then." } }
            @if !manifest.notes.is_empty() { p { (manifest.notes) } }
        }
    }
}

fn number(value: Option<f64>) -> String {
    value.map_or("–".into(), |v| format!("{v:.3}"))
}

fn interval(ci: Option<[f64; 2]>) -> String {
    ci.map_or("–".into(), |[low, high]| format!("{low:.3} – {high:.3}"))
}

/// The figures that people look for first.
fn headline(parts: &Parts, scored: &Scored) -> Markup {
    let e = &scored.evaluation;
    html! {
        div.cards {
            div.big { span.quiet { "AUROC of " (parts.leading()) } b { (number(e.auroc)) } span.quiet { "95 % interval " (interval(e.auroc_ci95)) } }
            div { span.quiet { "sensitivity" } b { (number(e.sensitivity)) } span.quiet { "at the threshold" } }
            div { span.quiet { "specificity" } b { (number(e.specificity)) } span.quiet { "at the threshold" } }
            div {
                span.quiet { "images" }
                b { (thousands(e.n_normal + e.n_abnormal)) }
                span.quiet { (mark(SeriesColor::Normal)) (thousands(e.n_normal)) " normal " (mark(SeriesColor::Abnormal)) (thousands(e.n_abnormal)) " abnormal" }
            }
        }
        @if let Some(verdict) = e.verdict_on(scored.kind) {
            p.warning[verdict.doubt] { (sentence(&verdict.text)) " " (sentence(&verdict.next)) }
        }
        @if scored.kind == ScoreKind::Dia && parts.dia.is_some() {
            p { (sentence(Verdict::WITHOUT_LEAD)) " To get it, score the images again: " code { (commands::score(parts.run.path(), &parts.config.data.path)) } }
        }
        @if let Some(why) = &e.undefined { p.warning { "Figures are missing: " (why) "." } }
        @if parts.config.score.rule.needs_labels() && e.threshold.is_some() {
            p.warning { "The threshold (" (parts.config.score.rule) ") was chosen on the labels that sensitivity and specificity are reported on." }
        }
        @for note in &e.notes { p.warning { (sentence(note)) } }
    }
}

fn data(parts: &Parts, dataset: Option<&Dataset>) -> Markup {
    let config = &parts.config.data;
    let Some(data) = dataset else {
        return html! {
            p.missing {
                "The images in " code { (shown(&config.path)) } " were not at hand when this page was written, so their counts and pictures are missing. "
                "Make it again with " code { "--data PATH" } "."
            }
        };
    };
    let total = |split: Split| data.used().filter(|i| i.split == split).count();
    let kinds = [
        (Some(Label::Normal), SeriesColor::Normal, "normal"),
        (Some(Label::Abnormal), SeriesColor::Abnormal, "abnormal"),
        (None, SeriesColor::Quiet, "not known"),
    ];
    html! {
        p { (data.why) @if let Some(said) = data.curation_summary() { " " (said) } }
        table {
            thead { tr { th { "class" } th { "taken as" } @for split in Split::ALL { th.n { (split.name()) } } th.n { "all" } } }
            tbody {
                @for (at, class) in data.classes.iter().enumerate().take(LISTED) {
                    @let count = |split: Option<Split>| data.used().filter(|i| i.class == Some(at) && split.is_none_or(|s| i.split == s)).count();
                    @let (_, ink, name) = kinds.iter().find(|k| k.0 == class.label).unwrap_or(&kinds[2]);
                    tr {
                        td { (class.name) } td { (mark(*ink)) (name) }
                        @for split in Split::ALL { td.n { (thousands(count(Some(split)))) } }
                        td.n { (thousands(count(None))) }
                    }
                }
                @if data.classes.len() > LISTED { tr { td colspan="6" { "… and " (data.classes.len() - LISTED) " more classes" } } }
            }
            tfoot {
                tr {
                    td { "together" } td {}
                    @for split in Split::ALL { td.n { (thousands(total(split))) } }
                    td.n { (thousands(data.used().count())) }
                }
            }
        }
        p.quiet { code { (shown(&data.root)) } }
        @for warning in data.warnings.iter().take(LISTED) { p.warning { (warning.text) } }
        (listed("image that shows the same as another", "images that show the same as another", data.duplicates.iter().map(|(a, b)| format!("{a} = {b}"))))
        (listed("file that could not be used", "files that could not be used", data.skipped.iter().map(|s| format!("{}: {}", shown(&s.path), s.reason))))
    }
}

/// A folded list with its length.
fn listed(one: &str, many: &str, lines: impl ExactSizeIterator<Item = String>) -> Markup {
    let count = lines.len();
    html! {
        @if count > 0 {
            details {
                summary { (thousands(count)) " " (if count == 1 { one } else { many }) }
                ul { @for line in lines.take(LISTED) { li { (line) } } }
                @if count > LISTED { p.quiet { "… and " (count - LISTED) " more" } }
            }
        }
    }
}

fn dissolving(parts: &Parts) -> Markup {
    let dia = &parts.config.dia;
    let encoder_only = parts.manifest.kind != RunKind::Ddpm;
    html! {
        @if encoder_only {
            p {
                @match dia.branches() {
                    2 => { "This run has no dissolving branch." }
                    _ => { "Dissolved by " b { (dia.dissolve) } ", with t drawn from " (dia.t_min) " to " (dia.t_max - 1)
                        @if parts.tiles.is_some() {
                            @let of_tiles = dia.steps_of_t(true);
                            " (of tiles from " (of_tiles.start) " to " (of_tiles.end - 1) ")"
                        }
                        ". The larger t, the more goes; what a picture loses is what dissolving changed, not a lesion." }
                }
            }
        }
        @match &parts.ddpm {
            Some(run) => { (training::samples(run)) }
            None if dia.dissolve != DissolveMethod::Diffusion => {}
            None if dia.model.as_os_str().is_empty() => { p.missing { "There is no diffusion model yet." } }
            None => { p.missing { "The diffusion model is " code { (shown(&dia.model)) } "; no run folder with pictures is there." } }
        }
    }
}

fn curves(parts: &Parts) -> Markup {
    html! {
        @if let Some(run) = &parts.ddpm { h3 { "Diffusion model" } @if !run.path().starts_with(parts.run.path()) { p.quiet { "of " code { (shown(run.path())) } } } (training::curves(run)) }
        @match &parts.dia {
            Some(run) => {
                h3 { "Encoder (" (parts.method()) ")" }
                @if let Some(shift) = shift(run) { p.quiet { "It was taught to tell four " (shift) "." } }
                (training::curves(run))
            }
            None if parts.manifest.kind == RunKind::Train => { p.missing { "The encoder has not been trained yet." } }
            None => {}
        }
    }
}

/// What its classifier tells apart, once that is decided.
fn shift(encoder: &RunDir) -> Option<&'static str> {
    match encoder.config().ok()?.dia.shift {
        Shift::Auto => None,
        Shift::Rotation => Some("rotations (quarter turns)"),
        Shift::Cutperm => Some("orders of the halves (cutperm)"),
    }
}

fn results(parts: &Parts, scored: &Scored, dataset: Option<&Dataset>) -> Markup {
    let Scored { scores, evaluation, .. } = scored;
    let rows = scores.labelled(None);
    let histogram = Histogram::new(scores.evaluated().into_iter());
    let has_unlabelled = histogram.counts[2].iter().any(|n| *n > 0);
    let charts = [
        figures::roc(&rows, evaluation.threshold),
        figures::precision_recall(&rows),
        figures::histogram(&histogram, evaluation.threshold),
    ];
    html! {
        (section("results", "Results", html! {
            p.quiet { "Over the labelled images of " (if evaluation.split == "all" { "the whole file".to_string() } else { format!("the split “{}”", evaluation.split) }) ". The band around the ROC curve is the 95 % interval (Wilson) of the sensitivity at each point" @if has_unlabelled { "; the histogram also shows the images without a label" } "." }
            div.charts {
                @for chart in charts.iter().flatten() { div { (PreEscaped(chart.svg())) } }
                div { (confusion(evaluation)) }
            }
            (table(parts, evaluation))
        }))
        (section("reality", "Reality check", reality(parts, evaluation)))
        (section("mistakes", "What the threshold gets wrong", mistakes(&rows, evaluation, dataset)))
        @if let Some(threshold) = evaluation.threshold.filter(|_| !parts.maps.is_empty()) {
            (section("maps", "Anomaly maps", gallery::mapped(&rows, threshold, &parts.maps, dataset.map(ImageLookup::new).as_ref())))
        }
    }
}

fn confusion(e: &Evaluation) -> Markup {
    let Some(c) = e.confusion else { return html! { p.missing { "No confusion matrix: there is no threshold." } } };
    let cell = |count: usize, of: usize, right: bool| {
        let share = if of == 0 { String::new() } else { format!("{:.0} %", 100.0 * count as f64 / of as f64) };
        html! { td.right[right].wrong[!right] { b { (thousands(count)) } span { (share) } } }
    };
    html! {
        table.confusion {
            caption { "Confusion matrix" }
            thead { tr { td {} th { "called normal" } th { "called abnormal" } } }
            tbody {
                tr { th { (mark(SeriesColor::Normal)) "normal" } (cell(c.tn, e.n_normal, true)) (cell(c.fp, e.n_normal, false)) }
                tr { th { (mark(SeriesColor::Abnormal)) "abnormal" } (cell(c.fn_, e.n_abnormal, false)) (cell(c.tp, e.n_abnormal, true)) }
            }
        }
        p.quiet { "Called abnormal where score ≥ " (e.threshold.map_or(String::new(), figures::score)) ". Shares are of each row." }
    }
}

fn table(parts: &Parts, e: &Evaluation) -> Markup {
    let epochs = parts.dia.as_ref().map(training::epochs).unwrap_or_default();
    let best = figures::best_epoch(&epochs.rows);
    // The threshold in the file was set by the run's own rule.
    let rule = parts.config.score.rule;
    let of = |share: Option<f64>, n: usize| interval(share.map(|p| metrics::wilson(p, n)));
    let leads = parts.scores.as_ref().map_or(ScoreKind::Dia, |scored| scored.kind);
    // Epochs are judged by DIA's score.
    let selected = html! {
        @if let Some(best) = best { td.n { (format!("{:.3} (epoch {}, on “{}”)", best[1], best[0], epochs.split)) } }
    };
    let lines = [
        (format!("average precision of {}", parts.leading()), number(e.average_precision), String::new()),
        ("sensitivity at 90 % specificity".into(), number(e.sensitivity_at_90_specificity), String::new()),
        ("sensitivity at 95 % specificity".into(), number(e.sensitivity_at_95_specificity), String::new()),
        (format!("sensitivity at the threshold ({rule})"), number(e.sensitivity), of(e.sensitivity, e.n_abnormal)),
        (format!("specificity at the threshold ({rule})"), number(e.specificity), of(e.specificity, e.n_normal)),
    ];
    html! {
        table {
            thead { tr { th { "figure" } th.n { "last epoch" } th.n { "95 % interval" } @if best.is_some() { th.n { "best epoch, selected on labels" } } } }
            tbody {
                tr {
                    td { b { "AUROC of " (parts.leading()) } } td.n { b { (number(e.auroc)) } } td.n { (interval(e.auroc_ci95)) }
                    @if leads == ScoreKind::Dia { (selected) } @else if best.is_some() { td {} }
                }
                @for (name, value, ci) in &lines {
                    tr { td { (name) } td.n { (value) } td.n { (ci) } @if best.is_some() { td {} } }
                }
                @for (kind, area) in e.by.iter().filter(|(kind, area)| ![leads, ScoreKind::Lead].contains(kind) && area.auroc.is_some()) {
                    tr {
                        td { "AUROC of another score: " (parts.score_name(kind)) @if kind == ScoreKind::Dia { " (the paper’s, Eq. 10)" } }
                        td.n { (number(area.auroc)) }
                        td.n { (interval(area.ci95)) }
                        @if kind == ScoreKind::Dia { (selected) } @else if best.is_some() { td {} }
                    }
                }
            }
        }
        @if !e.by_class.is_empty() {
            table {
                thead { tr { th { "class of abnormal images" } th.n { "images" } th.n { "called abnormal" } th.n { "AUROC against all normal images" } } }
                tbody {
                    @for class in &e.by_class {
                        tr {
                            td { (class.class) } td.n { (thousands(class.images)) }
                            td.n { (class.called_abnormal.map_or("–".into(), thousands)) } td.n { (number(class.auroc)) }
                        }
                    }
                }
            }
        }
        @if leads == ScoreKind::Lead {
            p.quiet { "The leading score is of " (e.lead.replace('+', ", ")) ". " (sentence(ScoreKind::Lead.meaning())) }
        }
        p.quiet {
            "The last epoch is the result. Intervals of areas are DeLong's, of shares Wilson's"
            @if best.is_some() { "; the best epoch was found with the labels that it is reported on, and flatters the model" }
            "."
        }
    }
}

/// The better direction's interval.
fn best_interval(baseline: &BaselineFigure) -> Option<[f64; 2]> {
    let (_, reversed) = baseline.best()?;
    baseline.ci95.map(|[low, high]| if reversed { [1.0 - high, 1.0 - low] } else { [low, high] })
}

fn reality(parts: &Parts, e: &Evaluation) -> Markup {
    if e.baselines.is_empty() {
        return html! { p.missing { "The baselines that need no training were not measured for these scores." } };
    }
    let mut baselines: Vec<&BaselineFigure> = e.baselines.iter().collect();
    let area = |r: &BaselineFigure| r.best().map_or(f64::NEG_INFINITY, |b| b.0);
    baselines.sort_by(|a, b| area(b).total_cmp(&area(a)));
    let beats = |r: &BaselineFigure| e.auroc.is_some_and(|model| area(r) > model);
    let bar = |share: f64, beats: bool| html! { td { div.meter { div.beats[beats] style=(format!("width:{:.1}%", (100.0 * share).clamp(0.0, 100.0))) {} } } };
    html! {
        p {
            "Scores that need no training, on the same images. Each is shown in its better direction, which only the labels could tell: "
            "read them as a yardstick. "
            @match (e.auroc, e.baselines.iter().filter(|r| beats(r)).count()) {
                (None, _) => { "Without both classes there is nothing to compare." }
                (_, 0) => { b { "None of them does better than the model." } }
                (_, count) => { b { (if count == 1 { "One of them does".to_string() } else { format!("{count} of them do") }) " better than the model." } }
            }
        }
        table {
            thead { tr { th { "score" } th { "what it is" } th.n { "high = abnormal" } th.n { "low = abnormal" } th.n { "95 % interval of the better" } th {} } }
            tbody {
                tr.model {
                    td { b { (parts.leading()) } } td { "the model of this run" } td.n { b { (number(e.auroc)) } } td.n { "–" } td.n { (interval(e.auroc_ci95)) }
                    (bar(e.auroc.unwrap_or(0.0), false))
                }
                @for baseline in baselines {
                    @let reversed = baseline.best().is_some_and(|b| b.1);
                    tr {
                        td { (baseline_title(&baseline.name)) @if beats(baseline) { " " span.tag { "better than the model" } } }
                        td.quiet { (baselines::describe(&baseline.name)) }
                        td.n.quiet[reversed] { (number(baseline.auroc)) } td.n.quiet[!reversed] { (number(baseline.auroc_reversed)) }
                        td.n { (interval(best_interval(baseline))) }
                        (bar(baseline.best().map_or(0.0, |b| b.0), beats(baseline)))
                    }
                }
            }
        }
    }
}

fn mistakes(rows: &[&ScoreRow], e: &Evaluation, dataset: Option<&Dataset>) -> Markup {
    let Some(threshold) = e.threshold else {
        return html! { p.missing { "There is no threshold, so nothing is called wrong." } };
    };
    let pictures = dataset.map(ImageLookup::new);
    let kinds = [
        (false, "False positives", "normal images called abnormal, the highest score first"),
        (true, "False negatives", "abnormal images called normal, the lowest score first"),
    ];
    html! {
        @if dataset.is_none() { p.missing { "The images were not at hand: names and scores only." } }
        @for (abnormal, title, what) in kinds {
            @let wrong = gallery::mistakes(rows, threshold, abnormal);
            h3 { (title) " " span.quiet { (thousands(wrong.len())) " · " (what) } }
            @if wrong.is_empty() { p.quiet { "None." } }
            (gallery::grid(&wrong, pictures.as_ref()))
        }
    }
}

fn again(parts: &Parts) -> Markup {
    let (manifest, run) = (&parts.manifest, &parts.config.run);
    let threads = if run.threads == 0 { "one per core".to_string() } else { run.threads.to_string() };
    html! {
        @if parts.ended_early.is_empty() {
            p { "Each figure comes from one of these commands:" }
        } @else {
            p { "These commands make the figures. The first would take all steps, where this run was ended before its last:" }
        }
        table { tbody { @for (what, command) in commands(parts) { tr { td { (what) } td { code { (command) } } } } } }
        details { summary { (files::CONFIG) } pre { (parts.config.to_toml()) } }
        p.quiet {
            "Trained with Dissolve Studio " (manifest.version) " (preset " (run.preset.name()) ", seed " (run.seed) ", " (run.device.to_string()) ", threads: " (threads) "). "
            "Page written by version " (env!("CARGO_PKG_VERSION")) " on " (std::env::consts::OS) " " (std::env::consts::ARCH) ", "
            (format!("{:.0}", jiff::Timestamp::now()).replace(['T', 'Z'], " ")) "UTC. Nothing on this page is loaded from elsewhere."
        }
    }
}
