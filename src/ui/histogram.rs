//! How the scores of normal and abnormal images lie; the line of the threshold is dragged here.

use super::{Cx, plots, theme, widgets};
use crate::{app::Command, data::Label, jobs::ScoreSet};
use eframe::egui::{Align, CursorIcon, DragValue, Layout, RichText, Ui};
use egui_plot::{Bar, BarChart, VLine};

const BINS: usize = 30;

pub fn show(ui: &mut Ui, cx: &mut Cx<'_>, set: &ScoreSet, height: f32) {
    let t = theme::of(ui);
    ui.horizontal(|ui| {
        widgets::caption(ui, "SCORES (HIGHER = MORE ABNORMAL)");
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let mut value = cx.state.results.threshold;
            let speed = ((set.range[1] - set.range[0]) / 500.0).max(1e-9);
            let field = ui.add(DragValue::new(&mut value).speed(speed).max_decimals(4)).accessible_name("Threshold");
            if field.on_hover_text("Threshold: an image with this score or more is called abnormal").changed() {
                cx.send(Command::Threshold(value));
            }
        });
    });
    let width = ((set.range[1] - set.range[0]) / BINS as f64).max(1e-9);
    let kinds = [(Some(false), Label::Normal), (Some(true), Label::Abnormal)];
    let threshold = cx.state.results.threshold;
    let plot = plots::quiet("histogram", t, height - 56.0).include_y(0.0);
    let shown = plot.show(ui, |p| {
        let mut below = vec![0.0; BINS];
        for (kind, label) in kinds {
            let counts = bins(set, kind, width);
            let bars = counts.iter().enumerate().filter(|(_, n)| **n > 0.0).map(|(i, n)| {
                let bar = Bar::new(set.range[0] + (i as f64 + 0.5) * width, *n).width(width * 0.92);
                bar.base_offset(below[i])
            });
            let chart = BarChart::new(widgets::label_word(Some(label)), bars.collect());
            p.bar_chart(chart.color(widgets::label_colour(t, Some(label)).gamma_multiply(0.85)));
            below.iter_mut().zip(&counts).for_each(|(b, n)| *b += n);
        }
        let unlabelled = bins(set, None, width);
        if unlabelled.iter().any(|n| *n > 0.0) {
            let bars = unlabelled
                .iter()
                .enumerate()
                .map(|(i, n)| Bar::new(set.range[0] + (i as f64 + 0.5) * width, *n).width(width * 0.92).base_offset(below[i]));
            p.bar_chart(BarChart::new("unknown", bars.collect()).color(t.unknown));
        }
        p.vline(VLine::new("threshold", threshold).color(t.text).width(2.0));
        p.pointer_coordinate()
    });
    if shown.response.hovered() {
        ui.ctx().set_cursor_icon(CursorIcon::ResizeHorizontal);
    }
    if (shown.response.dragged() || shown.response.clicked())
        && let Some(at) = shown.inner
    {
        cx.send(Command::Threshold(at.x.clamp(set.range[0], set.range[1] + width)));
    }
    let c = cx.state.results.confusion();
    let share = |v: Option<f64>| v.map_or("undefined".to_string(), |v| format!("{:.1} %", 100.0 * v));
    let text = format!("sensitivity {} · specificity {}", share(c.sensitivity()), share(c.specificity()));
    ui.label(RichText::new(text).size(theme::SMALL).color(t.weak));
}

fn bins(set: &ScoreSet, kind: Option<bool>, width: f64) -> Vec<f64> {
    let mut counts = vec![0.0; BINS];
    for row in set.rows.iter().filter(|r| r.label == kind) {
        let bin = ((row.score - set.range[0]) / width) as usize;
        counts[bin.min(BINS - 1)] += 1.0;
    }
    counts
}
