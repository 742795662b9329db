//! How much dissolving changes the selected image, against t: the ladder's read-outs as a curve.

use super::{Cx, plots, theme, widgets};
use eframe::egui::Ui;
use egui_plot::{Line, Points, VLine};

pub fn show(ui: &mut Ui, cx: &Cx<'_>, height: f32) {
    let d = &cx.state.dissolve;
    if !d.uses_t() || d.energy.len() < 2 {
        return;
    }
    let t = theme::of(ui);
    widgets::caption(ui, "MEAN |CHANGE| OF THIS IMAGE AGAINST t");
    let points: Vec<[f64; 2]> = d.energy.iter().map(|(t, e)| [*t as f64, *e]).collect();
    let now = d.done.as_ref().map(|done| [done.t as f64, done.mean_abs_change]);
    let plot = plots::quiet("energy", t, height - 24.0).include_y(0.0).include_x(0.0);
    plot.show(ui, |p| {
        p.line(Line::new("mean |change|", points).color(t.accent).width(2.0));
        if let Some(now) = now {
            p.vline(VLine::new("t", now[0]).color(t.weak));
            p.points(Points::new("now", vec![now]).color(t.text).radius(4.0));
        }
    });
}
