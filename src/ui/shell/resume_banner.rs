//! The offer to resume what the last session did not finish.

use crate::{
    app::{TrainCommand, actions::Id, icons},
    text::thousands,
    ui::shared::{context::PanelContext, theme, widgets},
};
use eframe::egui::{Align, Frame, Label, Layout, Margin, Panel, RichText, Ui};

pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    let (run, queue) = (cx.state.offered(), cx.state.persisted.queue.len());
    if cx.state.running().is_some() || cx.state.closing || (run.is_none() && queue == 0) {
        return;
    }
    let mut text = match run {
        Some(run) => {
            let reached = run.reached.map_or_else(String::new, |at| match at.step {
                0 => format!(", at {}", at.stage.name()),
                step => format!(", at {} after step {}", at.stage.name(), thousands(step)),
            });
            let minutes = run.reached.map_or(0.0, |at| at.repeated.as_secs_f64() / 60.0).round() as u64;
            let repeated = match minutes {
                0 => "Less than a minute of work is".to_string(),
                1 => "About a minute of work is".to_string(),
                minutes => format!("About {minutes} minutes of work are"),
            };
            format!("“{}” was not finished{reached}. {repeated} repeated.", run.manifest.name)
        }
        None => String::new(),
    };
    if queue > 0 {
        let s = if queue == 1 { "job waits" } else { "jobs wait" };
        text = format!("{text} {queue} {s} from the last time.").trim_start().to_string();
    }
    let has_run = run.is_some();
    let t = theme::of(ui);
    let frame = Frame::new().fill(t.raised).inner_margin(Margin::symmetric(theme::PAGE as i8, theme::GAP as i8));
    Panel::top("resume").frame(frame).show(ui, |ui| {
        ui.horizontal_centered(|ui| {
            ui.set_height(32.0);
            ui.label(RichText::new(icons::CLOCK).color(t.accent));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if ui.button("Not now").on_hover_text("It stays in the list of runs, and can be resumed there").clicked() {
                    cx.send(TrainCommand::Decline);
                }
                if has_run {
                    widgets::primary_button(ui, cx, Id::Resume);
                }
                if queue > 0 {
                    widgets::button(ui, cx, "Queue them again", || TrainCommand::Requeue);
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| ui.add(Label::new(text).truncate()));
            });
        });
    });
}
