//! The ticked runs: their figures and what differs in their settings, their curves over each other, and all other settings.

use crate::{
    app::{
        AppCommand,
        state::{SettingRow, side_by_side},
    },
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
    let settings = side_by_side(&runs.iter().map(|r| &r.config).collect::<Vec<_>>());
    let (differing, same): (Vec<_>, Vec<_>) = settings.into_iter().partition(|row| row.differs);
    let mut rows = figures(&runs);
    let (count, all) = (differing.len(), differing.len() + same.len());
    rows.extend(differing);
    ui.horizontal(|ui| {
        widgets::caption(ui, "FIGURES");
        if runs.len() > 1 {
            widgets::weak(ui, format!("and what differs: {count} of {all} settings"));
        }
        if widgets::small_button(ui, "Copy table").on_hover_text("With all settings").clicked() {
            let line = |r: &SettingRow| format!("{}\t{}", r.key, r.values.join("\t"));
            cx.send(AppCommand::Copy(rows.iter().chain(&same).map(line).collect::<Vec<_>>().join("\n")));
        }
    });
    table(ui, "figures", &runs, &rows);
    ui.add_space(theme::PAGE);
    curves(ui, cx, &runs);
    ui.add_space(theme::PAGE);
    widgets::caption(ui, if runs.len() > 1 { "SETTINGS THAT ARE THE SAME" } else { "SETTINGS" });
    table(ui, "settings", &runs, &same);
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

/// What came of each run, of those figures that one of them has.
fn figures(runs: &[&RunEntry]) -> Vec<SettingRow> {
    let seconds = |run: &RunEntry| run.figure("seconds").map(widgets::about);
    let row = |name: &str, of: &dyn Fn(&RunEntry) -> Option<String>| {
        let found: Vec<Option<String>> = runs.iter().map(|run| of(run)).collect();
        let is_known = name == "AUROC" || found.iter().any(Option::is_some);
        let values = found.into_iter().map(|value| value.unwrap_or("–".into())).collect();
        is_known.then(|| SettingRow { key: name.into(), values, differs: true })
    };
    let all = [
        row("AUROC", &RunEntry::auroc),
        row("95 % interval", &RunEntry::interval),
        row("leading score", &RunEntry::lead),
        row("time", &seconds),
    ];
    all.into_iter().flatten().collect()
}

/// A column for each run, under its name.
fn table(ui: &mut Ui, name: &str, runs: &[&RunEntry], rows: &[SettingRow]) {
    let t = theme::of(ui);
    ScrollArea::horizontal().id_salt(name).show(ui, |ui| {
        Grid::new(name).striped(true).spacing([theme::PAGE, theme::STEP]).show(ui, |ui| {
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
            for row in rows {
                let colour = if row.differs { t.text } else { t.weak };
                cell(ui, &row.key, colour);
                row.values.iter().for_each(|value| cell(ui, value, colour));
                ui.end_row();
            }
        });
    });
}
