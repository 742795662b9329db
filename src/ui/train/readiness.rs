//! The gauge of a diffusion model: good enough to train DIA on? And what to do where it is not.

use crate::{
    app::icons,
    ml::base::readiness::Readiness,
    ui::shared::{theme, widgets},
};
use eframe::egui::{Align2, FontId, RichText, Sense, Ui, WidgetInfo, accesskit::Role, vec2};

pub fn show(ui: &mut Ui, readiness: &Readiness) {
    let t = theme::of(ui);
    let ready = readiness.is_ready();
    let (word, colour) = if ready { ("Ready for DIA", t.accent) } else { ("Not ready yet", t.warning) };
    ui.separator();
    ui.horizontal(|ui| {
        ui.label(RichText::new(format!("{}  {word}", icons::GAUGE)).color(colour));
        widgets::weak(ui, format!("at step {}", readiness.step));
    });
    // The needle stands where the poorest check is.
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 8.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::ProgressIndicator, true, word));
    ui.painter().rect_filled(rect, 4.0, t.raised);
    let share = readiness.share() as f32;
    ui.painter().rect_filled(rect.with_max_x(rect.left() + rect.width() * share.max(0.02)), 4.0, colour);
    response.on_hover_text("How near the poorest of these is to what is wanted");
    for check in &readiness.checks {
        let (icon, colour) = if check.passed { (icons::CHECK, t.accent) } else { (icons::WARNING, t.warning) };
        let line = ui.horizontal(|ui| {
            let (rect, _) = ui.allocate_exact_size(vec2(14.0, 14.0), Sense::hover());
            let font = FontId::proportional(theme::SMALL);
            ui.painter().text(rect.center(), Align2::CENTER_CENTER, icon, font, colour);
            widgets::weak(ui, &check.name)
        });
        line.response.on_hover_text(widgets::sentence(&check.found));
        if !check.passed {
            widgets::weak(ui, widgets::sentence(&check.found));
        }
    }
    if let Some(advice) = readiness.advice() {
        ui.label(RichText::new(advice).size(theme::SMALL).color(t.warning));
    }
}
