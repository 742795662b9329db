//! Results, on the right: the figures, the rule of the threshold, the reality check, synthetic lesions.

use super::{baselines, class_figures, confusion, pixel_figures, review, synthetic_lesions};
use crate::{
    app::{
        AppCommand, ResultsCommand,
        actions::Id,
        icons,
        state::{Overlay, ScoresStatus, Tab},
    },
    config::ThresholdRule,
    engine::runs::score_set::ScoreSet,
    run_dir::files,
    scores::{ScoreKind, Verdict},
    ui::{
        data::duplicates,
        shared::{
            context::PanelContext,
            glossary, theme,
            widgets::{self, label_of},
        },
    },
};
use eframe::egui::{Align, DragValue, Label, Layout, RichText, Sense, Ui, Vec2, WidgetInfo, accesskit::Role};

pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>, note: &mut (String, String)) {
    let Some(set) = cx.state.results.ready().cloned() else {
        let text = match &cx.state.results.scores {
            ScoresStatus::None => "Choose a run with scores on the left.",
            _ => "They are there as soon as the scores are read.",
        };
        return widgets::side_content(ui, |ui| {
            widgets::caption(ui, "FIGURES");
            widgets::weak(ui, text);
        });
    };
    widgets::side_content(ui, |ui| {
        figures(ui, cx, &set);
        leaks(ui, cx, &set);
        ui.add_space(theme::PAGE);
        selected(ui, cx, note);
        if let Some(pixels) = &set.pixels {
            pixel_figures::show(ui, pixels);
            ui.add_space(theme::PAGE);
        }
        rules(ui, cx, &set);
        ui.add_space(theme::PAGE);
        if set.evaluation.n_normal + set.evaluation.n_abnormal > 0 {
            confusion::show(ui, cx);
            ui.add_space(theme::PAGE);
        }
        class_figures::show(ui, cx, &set);
        baselines::show(ui, &set);
        ui.add_space(theme::PAGE);
        synthetic_lesions::show(ui, cx);
        ui.add_space(theme::PAGE);
        for note in &set.evaluation.notes {
            ui.label(
                RichText::new(format!("{}  {}", icons::WARNING, widgets::sentence(note)))
                    .size(theme::SMALL)
                    .color(theme::of(ui).warning),
            );
        }
        ui.horizontal_wrapped(|ui| {
            widgets::button(ui, cx, "Run folder", || AppCommand::ShowFolder(set.run.clone()));
            widgets::action_button(ui, cx, Id::BigPicture);
        });
        widgets::weak(ui, "Research use only, not for diagnosis.");
    });
}

/// Images that training and test share, where they are known: the open data set was searched for them.
fn leaks(ui: &mut Ui, cx: &PanelContext<'_>, set: &ScoreSet) {
    let pairs = cx.state.data.duplicate_search.used;
    let is_known = pairs.across > 0 && cx.state.open_of(set).is_some();
    if let Some(text) = duplicates::warning(pairs).filter(|_| is_known) {
        let text = RichText::new(format!("{}  {text} Data (1) lists them.", icons::WARNING));
        ui.label(text.size(theme::SMALL).color(theme::of(ui).warning));
    }
}

fn selected(ui: &mut Ui, cx: &mut PanelContext<'_>, note: &mut (String, String)) {
    let Some(row) = cx.state.results.selected().cloned() else { return };
    let t = theme::of(ui);
    widgets::caption(ui, "SELECTED IMAGE");
    let outcome = cx.state.results.outcome(&row);
    ui.horizontal(|ui| {
        let (place, response) = ui.allocate_exact_size(Vec2::splat(14.0), Sense::hover());
        let wrong = outcome.is_some_and(Tab::is_wrong);
        widgets::outcome_mark(ui.painter(), t, label_of(row.label), wrong, place.center(), 4.5);
        if let Some(outcome) = outcome {
            response.on_hover_text(format!("{}: {}", outcome.name(), outcome.meaning()));
        }
        widgets::cut_label(ui, &row.path, theme::BODY, t.text);
    });
    // Of DIA's score alone.
    let deviation = row.deviation.filter(|_| cx.state.results.ready().is_some_and(|set| set.kind == ScoreKind::Dia));
    let deviation = deviation.map_or(String::new(), |s| format!(" ± {s:.3}"));
    let class = if row.class.is_empty() { String::new() } else { format!(" · class {}", row.class) };
    widgets::weak(ui, format!("score {:.4}{deviation}{class}", row.score))
        .on_hover_text("± is the standard deviation over the test-time samples");
    // The large view has them too, and a note is written in one place.
    if cx.state.overlay != Some(Overlay::Picture) {
        review::show(ui, cx, note);
    }
    ui.add_space(theme::PAGE);
}

/// The score that is looked at, and the others to choose from, each with its AUROC.
fn figures(ui: &mut Ui, cx: &mut PanelContext<'_>, set: &ScoreSet) {
    let (t, e) = (theme::of(ui), &set.evaluation);
    widgets::caption(ui, if set.kinds.len() > 1 { "SCORE AND ITS AUROC" } else { "AUROC" });
    match e.auroc {
        Some(auroc) => {
            ui.label(RichText::new(format!("{auroc:.3}")).size(theme::TITLE).color(t.text));
            let interval = e.auroc_ci95.map_or("no interval: too few images".into(), |[low, high]| {
                format!("95 % interval {low:.3} to {high:.3} (DeLong)")
            });
            widgets::weak(ui, interval).on_hover_text(glossary::DELONG_INTERVAL);
            if let Some(verdict) = e.verdict_on(set.kind) {
                let colour = if verdict.doubt { t.warning } else { t.text };
                ui.label(RichText::new(widgets::sentence(&verdict.text)).size(theme::SMALL).color(colour));
                if !verdict.next.is_empty() {
                    widgets::weak(ui, widgets::sentence(&verdict.next));
                }
                ui.add_space(theme::GAP);
            }
        }
        None => {
            ui.label(RichText::new("undefined").size(theme::TITLE).color(t.weak));
            widgets::weak(ui, widgets::sentence(e.undefined.as_deref().unwrap_or("there are no labels")));
        }
    }
    if !set.kinds.contains(&ScoreKind::Lead) && set.encoder.is_some() && files::is_own_scores(&set.file) {
        widgets::weak(ui, format!("{} To get it, score the images again:", widgets::sentence(Verdict::WITHOUT_LEAD)));
        widgets::action_button(ui, cx, Id::ScoreOnly);
        ui.add_space(theme::GAP);
    }
    let mut row = |name: &str, value: Option<f64>, help: &str| {
        if let Some(value) = value {
            widgets::figure(ui, name, &format!("{value:.3}")).on_hover_text(help);
        }
    };
    row("Average precision", e.average_precision, glossary::AVERAGE_PRECISION);
    row("Sensitivity at 90 % specificity", e.sensitivity_at_90_specificity, glossary::SENSITIVITY_AT);
    row("Sensitivity at 95 % specificity", e.sensitivity_at_95_specificity, glossary::SENSITIVITY_AT);
    if set.kinds.len() > 1 {
        ui.add_space(theme::GAP);
        set.kinds.iter().rev().for_each(|&kind| choice(ui, cx, set, kind));
    }
}

/// One of the scores that charts and gallery can be of.
fn choice(ui: &mut Ui, cx: &mut PanelContext<'_>, set: &ScoreSet, kind: ScoreKind) {
    let is_chosen = set.kind == kind;
    let line = ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = theme::STEP;
        let mark = ui.radio(is_chosen, "");
        mark.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, is_chosen, format!("By {}", kind.title())));
        let name = ui.add(Label::new(kind.title()).sense(Sense::click()));
        if let Some(auroc) = set.evaluation.by[kind].auroc {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| widgets::weak(ui, format!("{auroc:.3}")));
        }
        if mark.clicked() || name.clicked() {
            cx.send(ResultsCommand::By(kind));
        }
    });
    let made_of = if kind == ScoreKind::Lead { format!(": {}", set.evaluation.lead.replace('+', " + ")) } else { String::new() };
    line.response.on_hover_text(format!("{}{made_of}", kind.meaning()));
}

fn rules(ui: &mut Ui, cx: &mut PanelContext<'_>, set: &ScoreSet) {
    widgets::caption(ui, "THRESHOLD BY");
    let now = cx.state.results.rule;
    let value = |of: fn(ThresholdRule) -> Option<f64>, default| now.and_then(of).unwrap_or(default);
    let percent = value(|r| if let ThresholdRule::Percentile(p) = r { Some(p) } else { None }, 95.0);
    let sensitivity = value(|r| if let ThresholdRule::Sensitivity(v) = r { Some(100.0 * v) } else { None }, 90.0);
    let specificity = value(|r| if let ThresholdRule::Specificity(v) = r { Some(100.0 * v) } else { None }, 90.0);
    let help = "Needs no labels: so many of the normal training images score lower";
    rule(ui, cx, set, "percentile of training normals", help, Some((percent, 95.0)), ThresholdRule::Percentile);
    let help = "Largest sensitivity + specificity − 1; chosen on the labels it is reported on";
    rule(ui, cx, set, "Youden", help, None, |_| ThresholdRule::Youden);
    let share = |of: fn(f64) -> ThresholdRule| move |percent: f64| of(percent / 100.0);
    let help = "The highest threshold that reaches it";
    rule(ui, cx, set, "% sensitivity", help, Some((sensitivity, 90.0)), share(ThresholdRule::Sensitivity));
    rule(
        ui,
        cx,
        set,
        "% specificity",
        "The lowest threshold that reaches it",
        Some((specificity, 90.0)),
        share(ThresholdRule::Specificity),
    );
    if now.is_none() {
        widgets::weak(ui, "Set by hand.");
    }
}

/// One rule, with its number and what that is at first, where it has one.
fn rule(
    ui: &mut Ui,
    cx: &mut PanelContext<'_>,
    set: &ScoreSet,
    name: &str,
    help: &str,
    number: Option<(f64, f64)>,
    make: impl Fn(f64) -> ThresholdRule,
) {
    let wanted = make(number.unwrap_or_default().0);
    let possible = set.threshold(wanted);
    let chosen = cx.state.results.rule == Some(wanted);
    ui.add_enabled_ui(possible.is_ok(), |ui| {
        let line = ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = theme::STEP;
            let mark = ui.radio(chosen, "");
            mark.widget_info(|| {
                WidgetInfo::selected(Role::RadioButton, possible.is_ok(), chosen, format!("Threshold by {name}"))
            });
            if mark.clicked() {
                cx.send(ResultsCommand::Rule(wanted));
            }
            if let Some((mut value, first)) = number {
                let field = DragValue::new(&mut value).range(0.1..=100.0).speed(0.1).max_decimals(1);
                let field = ui.add(field).accessible_name(format!("{name}, value"));
                if field.double_clicked() {
                    cx.send(ResultsCommand::Rule(make(first)));
                } else if field.changed() {
                    cx.send(ResultsCommand::Rule(make(value)));
                }
            }
            if ui.add(Label::new(name).sense(Sense::click())).clicked() {
                cx.send(ResultsCommand::Rule(wanted));
            }
        });
        match &possible {
            Ok(threshold) => _ = line.response.on_hover_text(format!("{help} ({threshold:.4})")),
            Err(_) => _ = line.response.on_disabled_hover_text(format!("{help}. It needs {}.", wanted.needs())),
        }
    });
}
