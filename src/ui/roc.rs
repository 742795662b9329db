//! The ROC curve, with the point of the shared threshold; a click or drag on it moves the threshold.

use super::{Cx, plots, theme, widgets};
use crate::{app::Command, jobs::ScoreSet};
use eframe::egui::{RichText, Ui};
use egui_plot::{Line, LineStyle, Points};

pub fn show(ui: &mut Ui, cx: &mut Cx<'_>, set: &ScoreSet, height: f32) {
    let t = theme::of(ui);
    widgets::caption(ui, "ROC");
    if set.roc.is_empty() {
        let why = set.evaluation.undefined.clone().unwrap_or_else(|| "it needs labelled images of both kinds".into());
        ui.set_min_height(height - 48.0);
        ui.label(RichText::new(format!("Undefined: {}", widgets::sentence(&why))).color(t.weak));
        return;
    }
    let confusion = cx.state.results.confusion();
    let now = confusion.specificity().zip(confusion.sensitivity()).map(|(spec, sens)| [1.0 - spec, sens]);
    let points: Vec<[f64; 2]> = set.roc.iter().map(|p| [p.fpr, p.tpr]).collect();
    widgets::weak(ui, "sensitivity over 1 − specificity; drag to move the threshold");
    let plot = plots::quiet("roc", t, height - 48.0).default_x_bounds(-0.02, 1.02).default_y_bounds(-0.02, 1.02);
    let shown = plot.show(ui, |p| {
        p.line(Line::new("chance", vec![[0.0, 0.0], [1.0, 1.0]]).color(t.line).style(LineStyle::dashed_loose()));
        p.line(Line::new("ROC", points).color(t.accent).width(2.0));
        if let Some(now) = now {
            p.points(Points::new("threshold", vec![now]).color(t.text).radius(5.0));
        }
        p.pointer_coordinate()
    });
    let response = shown.response;
    if (response.dragged() || response.clicked())
        && let Some(at) = shown.inner
        && let Some(threshold) = nearest(set, at.x, at.y)
    {
        cx.send(Command::Threshold(threshold));
    }
}

/// The threshold of the curve's point nearest to a place.
fn nearest(set: &ScoreSet, fpr: f64, tpr: f64) -> Option<f64> {
    let distance = |p: &&crate::metrics::RocPoint| (p.fpr - fpr).powi(2) + (p.tpr - tpr).powi(2);
    let finite = set.roc.iter().filter(|p| p.threshold.is_finite());
    finite.min_by(|a, b| distance(a).total_cmp(&distance(b))).map(|p| p.threshold)
}
