//! The ticked runs: their curves over each other, and their settings side by side, the differing ones first.

use crate::{
    app::{AppCommand, state::side_by_side},
    engine::runs::list::{RunCurve, RunEntry},
    ui::shared::{context::PanelContext, plot, theme, widgets},
};
use eframe::egui::{Color32, Grid, RichText, ScrollArea, Ui};
use egui_plot::{Legend, Line, LineStyle};

pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    let compared = &cx.state.run_list.compared;
    let runs: Vec<&RunEntry> = compared.iter().filter_map(|p| cx.state.runs.iter().find(|r| r.path == *p)).collect();
    if runs.is_empty() {
        widgets::caption(ui, "COMPARE");
        widgets::weak(ui, "Tick a run to see its curves and settings; tick more to see them over each other, and what differs.");
        return;
    }
    curves(ui, cx, &runs);
    ui.add_space(theme::PAGE);
    settings(ui, cx, &runs);
}

/// Colour and line of the run with this place in the comparison: never told apart by colour alone.
fn look(t: &theme::Tokens, i: usize) -> (Color32, LineStyle) {
    let style = [LineStyle::Solid, LineStyle::dashed_loose(), LineStyle::dotted_dense()][i % 3];
    ([t.accent, t.abnormal, t.normal][(i + i / 3) % 3], style)
}

fn curves(ui: &mut Ui, cx: &PanelContext<'_>, runs: &[&RunEntry]) {
    let t = theme::of(ui);
    let of = |run: &RunEntry| cx.state.run_list.curves.get(&run.path).cloned().unwrap_or_default();
    let all: Vec<_> = runs.iter().map(|run| of(run)).collect();
    let mut names: Vec<(&str, &str)> = Vec::new();
    for curve in all.iter().flat_map(|curves| curves.iter()).filter(|c| c.is_shown()) {
        let name = (curve.part.as_str(), curve.name.as_str());
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() {
        widgets::weak(ui, if runs.len() == 1 { "This run has written no curves." } else { "These runs have written no curves." });
        return;
    }
    let width = ((ui.available_width() - theme::PAGE) / 2.0).max(240.0);
    for pair in names.chunks(2) {
        ui.horizontal_top(|ui| {
            for (part, name) in pair {
                ui.vertical(|ui| {
                    ui.set_width(width);
                    let title = format!("{} · {}", part.to_uppercase(), name.replace('_', " "));
                    widgets::caption(ui, &title);
                    let legend = Legend::default().text_style(eframe::egui::TextStyle::Small);
                    plot::quiet(&title, t, 180.0).legend(legend).show(ui, |p| {
                        for (i, (run, curves)) in runs.iter().zip(&all).enumerate() {
                            let curve = curves.iter().find(|c: &&RunCurve| c.part == *part && c.name == *name);
                            let (colour, style) = look(t, i);
                            if let Some(curve) = curve {
                                let line = Line::new(format!("{}  {}", i + 1, run.manifest.name), curve.points.clone());
                                p.line(line.color(colour).style(style).width(1.5));
                            }
                        }
                    });
                });
            }
        });
    }
}

fn settings(ui: &mut Ui, cx: &mut PanelContext<'_>, runs: &[&RunEntry]) {
    let t = theme::of(ui);
    let rows = side_by_side(&runs.iter().map(|r| &r.config).collect::<Vec<_>>());
    let differing = rows.iter().filter(|r| r.differs).count();
    ui.horizontal(|ui| {
        widgets::caption(ui, "SETTINGS");
        if runs.len() > 1 {
            widgets::weak(ui, format!("{differing} of {} differ", rows.len()));
        }
        if widgets::small_button(ui, "Copy table").clicked() {
            let line = |r: &crate::app::state::SettingRow| format!("{}\t{}", r.key, r.values.join("\t"));
            cx.send(AppCommand::Copy(rows.iter().map(line).collect::<Vec<_>>().join("\n")));
        }
    });
    ScrollArea::horizontal().id_salt("settings").show(ui, |ui| {
        Grid::new("settings side by side").striped(true).spacing([theme::PAGE, theme::STEP]).show(ui, |ui| {
            let cell = |ui: &mut Ui, text: &str, colour| {
                let short = widgets::cut_middle(ui, text, &eframe::egui::FontId::proportional(theme::SMALL), 220.0);
                let response = ui.label(RichText::new(&short).size(theme::SMALL).color(colour));
                if short != text {
                    response.on_hover_text(text);
                }
            };
            cell(ui, "", t.weak);
            for (i, run) in runs.iter().enumerate() {
                cell(ui, &format!("{}  {}", i + 1, run.manifest.name), look(t, i).0);
            }
            ui.end_row();
            cell(ui, "AUROC", t.text);
            for run in runs {
                cell(ui, &run.auroc().unwrap_or("–".into()), t.text);
            }
            ui.end_row();
            for row in &rows {
                cell(ui, &row.key, if row.differs { t.text } else { t.weak });
                for value in &row.values {
                    cell(ui, value, if row.differs { t.text } else { t.weak });
                }
                ui.end_row();
            }
        });
    });
}
