//! Results, on the right: the figures, the rule of the threshold, the reality check.

use super::{Cx, rivals, theme, widgets};
use crate::{
    app::{Command, actions::Id, icons},
    config::ThresholdRule,
    jobs::ScoreSet,
};
use eframe::egui::{Grid, RichText, ScrollArea, Ui};

pub fn show(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(set) = cx.state.results.ready().cloned() else {
        widgets::caption(ui, "FIGURES");
        widgets::weak(ui, "Choose a run with scores on the left.");
        return;
    };
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        figures(ui, &set);
        ui.add_space(theme::PAGE);
        rules(ui, cx, &set);
        ui.add_space(theme::PAGE);
        confusion(ui, cx);
        ui.add_space(theme::PAGE);
        rivals::show(ui, &set);
        ui.add_space(theme::PAGE);
        for note in &set.evaluation.notes {
            ui.label(
                RichText::new(format!("{}  {}", icons::WARNING, widgets::sentence(note)))
                    .size(theme::SMALL)
                    .color(theme::of(ui).warning),
            );
        }
        ui.horizontal(|ui| {
            widgets::button(ui, cx, "Run folder", || Command::ShowFolder(set.run.clone()));
            widgets::action_button(ui, cx, Id::BigPicture);
        });
        widgets::weak(ui, "Research use only, not for diagnosis.");
    });
}

fn figures(ui: &mut Ui, set: &ScoreSet) {
    let (t, e) = (theme::of(ui), &set.evaluation);
    widgets::caption(ui, "AUROC");
    match e.auroc {
        Some(auroc) => {
            ui.label(RichText::new(format!("{auroc:.3}")).size(theme::TITLE).color(t.text));
            let interval = e.auroc_ci95.map_or("no interval: too few images".into(), |[low, high]| {
                format!("95 % interval {low:.3} to {high:.3} (DeLong)")
            });
            widgets::weak(ui, interval);
        }
        None => {
            ui.label(RichText::new("undefined").size(theme::TITLE).color(t.weak));
            widgets::weak(ui, widgets::sentence(e.undefined.as_deref().unwrap_or("there are no labels")));
        }
    }
    let mut row = |name: &str, value: Option<f64>| {
        if let Some(value) = value {
            ui.horizontal(|ui| {
                widgets::weak(ui, name);
                ui.label(RichText::new(format!("{value:.3}")).size(theme::SMALL));
            });
        }
    };
    row("Average precision", e.average_precision);
    row("Sensitivity at 90 % specificity", e.sensitivity_at_90_specificity);
    row("Sensitivity at 95 % specificity", e.sensitivity_at_95_specificity);
    row("Dissolve profile, AUROC", e.profile_auroc);
    row("DIA and profile by ranks, AUROC", e.combined_auroc);
}

fn rules(ui: &mut Ui, cx: &mut Cx<'_>, set: &ScoreSet) {
    widgets::caption(ui, "THRESHOLD BY");
    let rules = [
        (ThresholdRule::Percentile(95.0), "95th percentile of training normals", "Needs no labels"),
        (ThresholdRule::Youden, "Youden", "Largest sensitivity + specificity − 1; chosen on the labels it is reported on"),
        (ThresholdRule::Sensitivity(0.9), "90 % sensitivity", "The highest threshold that reaches it"),
        (ThresholdRule::Specificity(0.9), "90 % specificity", "The lowest threshold that reaches it"),
    ];
    for (rule, name, help) in rules {
        let possible = set.threshold(rule);
        let chosen = cx.state.results.rule == Some(rule);
        let radio = eframe::egui::RadioButton::new(chosen, name);
        let response = ui.add_enabled(possible.is_ok(), radio);
        if response.clicked() {
            cx.send(Command::Rule(rule));
        }
        match possible {
            Ok(_) => _ = response.on_hover_text(help),
            Err(reason) => _ = response.on_disabled_hover_text(widgets::sentence(&reason)),
        }
    }
    if cx.state.results.rule.is_none() {
        widgets::weak(ui, "Set by hand.");
    }
}

fn confusion(ui: &mut Ui, cx: &Cx<'_>) {
    let c = cx.state.results.confusion();
    widgets::caption(ui, "AT THIS THRESHOLD");
    Grid::new("confusion").num_columns(3).spacing([theme::PAGE, theme::STEP]).show(ui, |ui| {
        widgets::weak(ui, "");
        widgets::weak(ui, "called normal");
        widgets::weak(ui, "called abnormal");
        ui.end_row();
        for (name, counts) in [("normal", [c.tn, c.fp]), ("abnormal", [c.fn_, c.tp])] {
            widgets::weak(ui, name);
            for count in counts {
                ui.label(count.to_string());
            }
            ui.end_row();
        }
    });
}
