//! The running job, live: loss curves and the previews that it wrote.

use super::{Cx, plots, theme, widgets};
use crate::{
    app::{
        icons,
        message::Texture,
        state::{Curve, JobInfo},
    },
    ml::progress::Stage,
};
use eframe::egui::{RichText, Ui, vec2};
use egui_plot::Line;

/// Previews that are shown, newest first.
const PREVIEWS: usize = 6;

pub fn show(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(job) = cx.state.job() else {
        widgets::caption(ui, "PROGRESS");
        widgets::weak(ui, "The curves of the running training will be drawn here. The window stays free while it works.");
        return;
    };
    let curves: Vec<(&str, Option<&Curve>)> =
        vec![("DIFFUSION MODEL, LOSS", job.progress.curve(Stage::Ddpm)), ("DIA, LOSS", job.progress.curve(Stage::Dia))];
    let width = (ui.available_width() - theme::PAGE) / 2.0;
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = theme::PAGE;
        for (name, curve) in curves {
            ui.vertical(|ui| {
                ui.set_width(width);
                widgets::caption(ui, name);
                plot(ui, name, curve);
            });
        }
    });
    previews(ui, cx, job);
    for notice in job.progress.notices.iter().rev().take(3) {
        ui.label(
            RichText::new(format!("{}  {}", icons::WARNING, widgets::sentence(notice)))
                .size(theme::SMALL)
                .color(theme::of(ui).warning),
        );
    }
}

fn plot(ui: &mut Ui, name: &str, curve: Option<&Curve>) {
    let t = theme::of(ui);
    let Some(curve) = curve.filter(|c| c.points.len() > 1) else {
        widgets::weak(ui, "Not begun.");
        return;
    };
    // A faint line of all steps under a bold one of their running mean.
    let mean = smooth(&curve.points);
    plots::quiet(name, t, 180.0).show(ui, |p| {
        p.line(Line::new("each step", curve.points.clone()).color(t.accent.gamma_multiply(0.35)).width(1.0));
        p.line(Line::new("running mean", mean).color(t.accent).width(2.0));
    });
}

/// Exponential running mean.
fn smooth(points: &[[f64; 2]]) -> Vec<[f64; 2]> {
    const KEEP: f64 = 0.9;
    let mut mean = points.first().map_or(0.0, |p| p[1]);
    points
        .iter()
        .map(|[x, y]| {
            mean = KEEP * mean + (1.0 - KEEP) * y;
            [*x, mean]
        })
        .collect()
}

fn previews(ui: &mut Ui, cx: &Cx<'_>, job: &JobInfo) {
    if job.progress.previews.is_empty() {
        return;
    }
    ui.add_space(theme::GAP);
    widgets::caption(ui, "PREVIEWS OF THE DIFFUSION MODEL");
    ui.horizontal_wrapped(|ui| {
        for (step, file) in job.progress.previews.iter().rev().take(PREVIEWS) {
            ui.vertical(|ui| {
                match cx.textures.get(&Texture::Preview(file.clone())) {
                    Some(texture) => {
                        let size = texture.size_vec2();
                        let scale = (240.0 / size.y).min(560.0 / size.x).min(4.0);
                        ui.image((texture.id(), size * scale)).on_hover_text(file.display().to_string());
                    }
                    None => _ = ui.allocate_exact_size(vec2(96.0, 96.0), eframe::egui::Sense::hover()),
                }
                widgets::weak(ui, format!("step {step}"));
            });
        }
    });
}
