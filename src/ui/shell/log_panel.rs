//! The log, below: what the program has said in this session, and the log of the run at hand.

use crate::{
    app::{AppCommand, State, actions::Id, icons},
    ui::shared::{context::PanelContext, theme, widgets},
};
use eframe::egui::{Align, Layout, RichText, ScrollArea, TextStyle, Ui};

pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    ui.horizontal(|ui| {
        widgets::caption(ui, "LOG");
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            widgets::icon_button(ui, cx, Id::Log);
            let button = widgets::small_button(ui, &format!("{}  Copy the log", icons::COPY));
            if button.clicked() {
                cx.send(AppCommand::Copy(text(cx.state)));
            }
            if let Some(run) = cx.state.job().and_then(|j| j.run.clone())
                && widgets::small_button(ui, "Show the run's folder").clicked()
            {
                cx.send(AppCommand::ShowFolder(run));
            }
        });
    });
    let width = ui.available_width();
    ui.horizontal_top(|ui| {
        let half = (width - theme::PAGE) / 2.0;
        ui.spacing_mut().item_spacing.x = theme::PAGE;
        column(ui, "This session", half, cx.state.log.len(), "Nothing has been said yet.", |ui, i| {
            let Some(line) = cx.state.log.get(i) else { return };
            let t = theme::of(ui);
            row(ui, &line.time, &line.text, if line.is_error { t.error } else { t.text });
        });
        let empty = if cx.state.job().is_some() { "It has said nothing yet." } else { "No run is at hand." };
        column(ui, "The run at hand", half, cx.state.run_log.len(), empty, |ui, i| {
            let Some(line) = cx.state.run_log.get(i) else { return };
            let (time, text) = line.split_once(' ').unwrap_or(("", line));
            // 2026-01-01T12:00:00Z: the day and the letters say little here.
            let time = time.split_once('T').map_or(time, |(_, t)| t.trim_end_matches('Z'));
            row(ui, time, text, theme::of(ui).text);
        });
    });
}

/// Lines of one kind, the newest in view; only those in view are laid out.
fn column(ui: &mut Ui, name: &str, width: f32, lines: usize, empty: &str, mut line: impl FnMut(&mut Ui, usize)) {
    ui.vertical(|ui| {
        ui.set_width(width);
        widgets::weak(ui, name);
        if lines == 0 {
            widgets::weak(ui, empty);
            return;
        }
        let height = ui.text_style_height(&TextStyle::Small);
        ScrollArea::vertical().id_salt(name).auto_shrink(false).stick_to_bottom(true).show_rows(ui, height, lines, |ui, rows| {
            rows.for_each(|i| line(ui, i));
        });
    });
}

fn row(ui: &mut Ui, time: &str, text: &str, colour: eframe::egui::Color32) {
    ui.horizontal(|ui| {
        widgets::weak(ui, time);
        let label = eframe::egui::Label::new(RichText::new(text).size(theme::SMALL).color(colour)).truncate();
        ui.add(label);
    });
}

fn text(state: &State) -> String {
    let session = state.log.iter().map(|l| format!("{} {}\n", l.time, l.text));
    let run = state.run_log.iter().map(|l| format!("{l}\n"));
    session.chain(run).collect()
}
