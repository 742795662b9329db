//! The job at hand, live: its curves, the AUROC on the way, and the previews that it wrote.

use crate::{
    app::{
        AppCommand, icons,
        message::Texture,
        next_step,
        state::{AurocPoint, Curve, JobInfo, Progress, Quantity},
    },
    engine::export::{curves::Graph, results::Format},
    ml::{base::reporter::Stage, training::preview::SHOWN},
    ui::shared::{context::PanelContext, plot, theme, widgets},
};
use eframe::egui::{Align, Align2, Layout, RichText, Sense, Ui, Vec2, pos2, vec2};
use egui_plot::{HLine, HoverPosition, Line, MarkerShape, Points};

/// Previews that are shown, newest first.
const PREVIEWS: usize = 6;
/// Height of the newest one, points.
const LARGE: f32 = 500.0;
const HEIGHT: f32 = 168.0;
/// Least width of a chart, points.
const COLUMN: f32 = 220.0;

/// Which curve is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CurveChoice {
    #[default]
    Loss,
    GradNorm,
    Rate,
}

pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>, shown: &mut CurveChoice) {
    let Some(job) = cx.state.training() else {
        widgets::caption(ui, "PROGRESS");
        widgets::weak(ui, "The curves of the running training will be drawn here. The window stays free while it works.");
        return;
    };
    let all = [(CurveChoice::Loss, "Loss"), (CurveChoice::GradNorm, "Gradient norm"), (CurveChoice::Rate, "Learning rate")];
    if let Some(new) = widgets::choices(ui, *shown, &all) {
        *shown = new;
    }
    let p = &job.progress;
    // Without a stage: the AUROC on the way.
    let mut charts = vec![("DIFFUSION MODEL", Some(Stage::Ddpm)), ("DIA", Some(Stage::Dia))];
    if works_on_tiles(cx, job) {
        charts.push(("DIA ON TILES", Some(Stage::TileDia)));
    }
    if !p.auroc.is_empty() {
        charts.push(("AUROC ON LABELLED IMAGES", None));
    }
    let columns = charts.len().min((ui.available_width() / COLUMN) as usize).max(1);
    let width = ((ui.available_width() - theme::PAGE * (columns - 1) as f32) / columns as f32).floor();
    for row in charts.chunks(columns) {
        ui.horizontal_top(|ui| {
            for (name, stage) in row {
                ui.spacing_mut().item_spacing.x = theme::PAGE;
                ui.vertical(|ui| {
                    ui.spacing_mut().item_spacing.x = theme::GAP;
                    ui.set_width(width);
                    widgets::caption(ui, name);
                    match stage {
                        Some(stage) => curves(ui, name, p, *stage, *shown),
                        None => auroc(ui, p, job.config.dia.epochs),
                    }
                });
            }
        });
    }
    previews(ui, cx, job);
    for notice in job.progress.notices.iter().rev().take(3) {
        let text = format!("{}  {}", icons::WARNING, widgets::sentence(&next_step::notice(notice)));
        ui.label(RichText::new(text).size(theme::SMALL).color(theme::of(ui).warning));
    }
    if let Some(run) = job.run.clone() {
        ui.horizontal(|ui| {
            if widgets::small_button(ui, "Show the run's folder").clicked() {
                cx.send(AppCommand::ShowFolder(run.clone()));
            }
            let place = "Save all curves in the run folder";
            let make = |format| AppCommand::Graph(Graph::Training(run.clone()), format);
            plot::export_as(ui, cx, "Training curves", place, &Format::ALL, make);
        });
    }
}

/// Whether it trains, or has trained, an encoder on tiles.
fn works_on_tiles(cx: &PanelContext<'_>, job: &JobInfo) -> bool {
    let p = &job.progress;
    let is_told = p.stage == Some(Stage::TileDia) || p.finished.contains(&Stage::TileDia);
    is_told
        || p.curve(Stage::TileDia, Quantity::Loss).is_some()
        || cx.state.with_tiles(&job.config).is_some_and(|(config, _)| config.data.tiles().is_some())
}

/// The curves of one stage; a faint line of all steps under a bold one of their running mean.
fn curves(ui: &mut Ui, name: &str, progress: &Progress, stage: Stage, shown: CurveChoice) {
    let t = theme::of(ui);
    let quantity = match shown {
        CurveChoice::Loss => Quantity::Loss,
        CurveChoice::GradNorm => Quantity::GradNorm,
        CurveChoice::Rate => Quantity::Rate,
    };
    let Some(curve) = progress.curve(stage, quantity).filter(|c| c.points.len() > 1) else {
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
        let text = if progress.finished.contains(&stage) { "Done before this start." } else { "Not begun." };
        widgets::text_at(ui, rect.left_top() + vec2(0.0, theme::GAP), eframe::egui::Align2::LEFT_TOP, text, t.weak);
        return;
    };
    // The parts of DIA's loss, in the colours of the two classes: they are told apart by their names, too.
    let parts: Vec<(&str, &Curve, eframe::egui::Color32)> =
        [("contrastive", Quantity::Contrastive, t.normal), ("shifts", Quantity::Shifts, t.abnormal)]
            .into_iter()
            .filter(|_| shown == CurveChoice::Loss && matches!(stage, Stage::Dia | Stage::TileDia))
            .filter_map(|(name, q, colour)| Some((name, progress.curve(stage, q)?, colour)))
            .collect();
    plot::of_steps(name, t, HEIGHT).label_formatter(|at| read_out(at, "step", value)).show(ui, |p| {
        for (name, part, colour) in &parts {
            p.line(Line::new(*name, smooth(&part.points)).color(*colour).width(1.5));
        }
        if shown == CurveChoice::Rate {
            p.line(Line::new("rate", curve.points.clone()).color(t.accent).width(2.0));
        } else {
            p.line(Line::new("each step", curve.points.clone()).color(t.accent.gamma_multiply(0.35)).width(1.0));
            p.line(Line::new("running mean", smooth(&curve.points)).color(t.accent).width(2.0));
        }
    });
    let last = curve.points.last().map_or(0.0, |p| p[1]);
    ui.horizontal_wrapped(|ui| {
        widgets::weak(ui, format!("now {}", value(last)));
        for (name, part, colour) in parts {
            let last = part.points.last().map_or(0.0, |p| p[1]);
            ui.label(RichText::new(format!("{name} {}", value(last))).size(theme::SMALL).color(colour));
        }
    });
}

/// What is said of the point under the pointer.
fn read_out(at: &HoverPosition<'_>, x: &str, y: impl Fn(f64) -> String) -> Option<String> {
    match at {
        HoverPosition::NearDataPoint { plot_name, position, .. } => {
            Some(format!("{plot_name}\n{x} {:.0}\n{}", position.x, y(position.y)))
        }
        HoverPosition::Elsewhere { .. } => None,
    }
}

/// Three figures; very small numbers with an exponent.
fn value(v: f64) -> String {
    if v != 0.0 && v.abs() < 1e-2 { format!("{v:.2e}") } else { format!("{v:.3}") }
}

/// Exponential running mean.
fn smooth(points: &[[f64; 2]]) -> Vec<[f64; 2]> {
    const KEEP: f64 = 0.9;
    let mut mean = points.first().map_or(0.0, |p| p[1]);
    points
        .iter()
        .enumerate()
        .map(|(i, [x, y])| {
            // The first few count alike, so that the first one alone does not hold the curve up.
            let keep = KEEP.min(i as f64 / (i + 1) as f64);
            mean = keep * mean + (1.0 - keep) * y;
            [*x, mean]
        })
        .collect()
}

/// The evaluations on the way, each with its interval; chance is at 0.5.
fn auroc(ui: &mut Ui, progress: &Progress, epochs: usize) {
    let t = theme::of(ui);
    let points: Vec<[f64; 2]> = progress.auroc.iter().map(|a| [a.epoch as f64, a.value]).collect();
    let plot =
        plot::of_steps("auroc", t, HEIGHT).include_y(0.4).include_y(1.0).label_formatter(|at| read_out(at, "epoch", value));
    let plot = plot.include_x(0.0).include_x(epochs as f64);
    plot.show(ui, |p| {
        p.hline(HLine::new("chance", 0.5).color(t.line).width(1.0));
        for a in &progress.auroc {
            let x = a.epoch as f64;
            p.line(
                Line::new("95 % interval", vec![[x, a.ci95[0]], [x, a.ci95[1]]]).color(t.accent.gamma_multiply(0.5)).width(3.0),
            );
        }
        p.line(Line::new("AUROC", points.clone()).color(t.accent).width(2.0));
        p.points(Points::new("AUROC", points).color(t.accent).radius(3.0).shape(MarkerShape::Circle));
    });
    let said = |a: AurocPoint| format!("{:.3} ({:.3} to {:.3})", a.value, a.ci95[0], a.ci95[1]);
    if let Some(last) = progress.auroc.last() {
        widgets::weak(ui, format!("last, epoch {}: {}", last.epoch, said(*last)))
            .on_hover_text("The last epoch is the result, whatever the curve does; its final figure is under Results");
    }
    if let Some(best) = progress.best_auroc() {
        widgets::weak(ui, format!("best, epoch {}: {:.3}, selected on labels", best.epoch, best.value))
            .on_hover_text("Chosen on the labels that it is measured on, so it is no result");
    }
}

fn previews(ui: &mut Ui, cx: &PanelContext<'_>, job: &JobInfo) {
    if job.progress.previews.is_empty() {
        return;
    }
    ui.add_space(theme::GAP);
    widgets::caption(ui, "PREVIEWS OF THE DIFFUSION MODEL");
    widgets::weak(ui, preview_legend(job));
    let columns = preview_columns(job);
    // The newest one is looked at.
    let newest = vec2(ui.available_width(), LARGE);
    let sizes = std::iter::once(newest).chain(std::iter::repeat(vec2(560.0, 280.0)));
    ui.horizontal_wrapped(|ui| {
        for ((step, file), most) in job.progress.previews.iter().rev().take(PREVIEWS).zip(sizes) {
            let texture = cx.textures.get(&Texture::Preview(file.clone()));
            let size = texture.map_or(Vec2::splat(96.0), |texture| {
                let size = texture.size_vec2();
                size * (most.y / size.y).min(most.x / size.x).min(2.0)
            });
            // What is as wide as this goes to the next row where there is no room.
            ui.allocate_ui_with_layout(size, Layout::top_down(Align::Min), |ui| {
                match texture {
                    Some(texture) => {
                        let (rect, _) = ui.allocate_exact_size(vec2(size.x, 16.0), Sense::hover());
                        for (i, name) in columns.iter().enumerate() {
                            let x = rect.left() + rect.width() * (i as f32 + 0.5) / columns.len() as f32;
                            widgets::text_at(ui, pos2(x, rect.center().y), Align2::CENTER_CENTER, name, theme::of(ui).weak);
                        }
                        ui.image((texture.id(), size)).on_hover_text(file.display().to_string());
                    }
                    None => _ = ui.allocate_exact_size(size, Sense::hover()),
                }
                widgets::weak(ui, format!("step {step}"));
            });
        }
    });
}

/// What each column of a preview shows.
fn preview_columns(job: &JobInfo) -> Vec<String> {
    let limit = job.config.ddpm.t_limit;
    let shown = SHOWN.into_iter().filter(|t| limit == 0 || *t < limit).map(|t| format!("t = {t}"));
    std::iter::once("image".into()).chain(shown).collect()
}

/// What the rows and columns of a preview are.
fn preview_legend(job: &JobInfo) -> String {
    let samples = if job.config.ddpm.t_limit == 0 { "Top row: samples out of noise. " } else { "" };
    format!("{samples}Each row: a normal image, held out where there are such, then dissolved at the t above it.")
}
