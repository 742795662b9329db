//! The queue: what waits behind the running job, in its order.

use crate::{
    app::{
        TrainCommand, icons,
        state::{JobInfo, JobState},
    },
    ui::shared::{context::PanelContext, theme, widgets},
};
use eframe::egui::{Align, Button, Layout, RichText, Ui, Vec2, WidgetInfo, accesskit::Role};

pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    let waiting: Vec<&JobInfo> = cx.state.jobs.iter().filter(|j| j.state == JobState::Queued).collect();
    if waiting.is_empty() {
        return;
    }
    let t = theme::of(ui);
    ui.add_space(theme::GAP);
    widgets::caption(ui, "QUEUE");
    let last = waiting.len() - 1;
    for (i, job) in waiting.iter().enumerate() {
        ui.horizontal(|ui| {
            widgets::weak(ui, format!("{}", i + 1));
            ui.label(&job.title);
            let mut parts = vec![job.config.run.preset.name().to_string()];
            parts.extend(job.time_left().map(|(s, _)| format!("about {}", widgets::about(s))));
            ui.label(RichText::new(parts.join(" · ")).size(theme::SMALL).color(t.weak));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let buttons = [
                    (icons::X, "Remove from the queue", None, TrainCommand::Dequeue(job.id)),
                    (icons::ARROW_DOWN, "Later", (i == last).then_some("It is the last."), TrainCommand::MoveJob(job.id, 1)),
                    (icons::ARROW_UP, "Earlier", (i == 0).then_some("It is the next."), TrainCommand::MoveJob(job.id, -1)),
                ];
                for (icon, name, why_not, command) in buttons {
                    let enabled = why_not.is_none();
                    let response = ui.add_enabled(enabled, Button::new(icon).min_size(Vec2::splat(24.0)));
                    let response = response.on_disabled_hover_text(why_not.unwrap_or_default());
                    let label = format!("{name}: {}", job.title);
                    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, &label));
                    if response.on_hover_text(name).clicked() {
                        cx.send(command);
                    }
                }
            });
        });
    }
}
