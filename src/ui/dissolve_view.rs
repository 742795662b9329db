//! Dissolve, in the middle: the pictures, and the slider under them.

use super::{Cx, compare, t_slider, theme, widgets};
use crate::app::{
    Command,
    actions::Id,
    state::{DissolveState, T_MAX, Workspace},
};
use crate::config::DissolveMethod;
use eframe::egui::{DragValue, RichText, Ui, vec2};

/// Height of the slider with its line of numbers.
const CONTROLS: f32 = 148.0;

pub fn show(ui: &mut Ui, cx: &mut Cx<'_>) {
    if cx.state.open().is_none() {
        widgets::empty_state(ui, "Nothing to dissolve yet", "Open a data set and click an image.", |ui| {
            widgets::primary_button(ui, cx, Id::OpenFolder);
        });
        return;
    }
    if cx.state.selected.is_none() {
        widgets::empty_state(ui, "No image is selected", "Click one in the grid of the data set.", |ui| {
            widgets::button(ui, cx, "Go to Data (1)", || Command::Go(Workspace::Data));
        });
        return;
    }
    if let Some(missing) = cx.state.dissolve.missing() {
        no_model(ui, cx, missing);
        return;
    }
    headline(ui, cx);
    if let Some(failure) = &cx.state.dissolve.failed {
        widgets::failure(ui, cx, &failure.summary, &failure.hint);
    }
    let size = vec2(ui.available_width(), (ui.available_height() - CONTROLS).max(120.0));
    compare::show(ui, cx, size);
    numbers(ui, cx);
    let dia = &cx.state.train.config.dia;
    t_slider::show(ui, cx, [dia.t_min, dia.t_max]);
}

fn no_model(ui: &mut Ui, cx: &mut Cx<'_>, missing: &str) {
    widgets::empty_state(ui, "No diffusion model yet", missing, |ui| {
        widgets::button(ui, cx, "Train one (3)", || Command::Go(Workspace::Train));
        widgets::action_button(ui, cx, Id::ImportModel);
        widgets::button(ui, cx, "Try a Gaussian blur", || Command::Method(DissolveMethod::Gaussian(7)));
    });
}

fn headline(ui: &mut Ui, cx: &mut Cx<'_>) {
    let t = theme::of(ui);
    let Some((open, id)) = cx.state.open().zip(cx.state.selected) else { return };
    let name = open.dataset.item(id).map(|i| i.name.clone()).unwrap_or_default();
    ui.horizontal(|ui| {
        widgets::mark_ui(ui, open.dataset.label(id));
        widgets::cut_label(ui, &name, theme::BODY, t.text);
    });
    let trained_on = cx.state.dissolve.model().and_then(|m| m.trained_on.as_ref());
    if cx.state.dissolve.method == DissolveMethod::Diffusion
        && let Some(other) = trained_on
        && *other != open.title()
    {
        let text = format!("⚠ This model was trained on {other}: its dissolving pulls these images towards that set's look.");
        ui.label(RichText::new(text).size(theme::SMALL).color(t.warning));
    }
}

/// The typed value and the read-outs.
fn numbers(ui: &mut Ui, cx: &mut Cx<'_>) {
    let t = theme::of(ui);
    let d = &cx.state.dissolve;
    let uses_t = d.method == DissolveMethod::Diffusion;
    ui.horizontal(|ui| {
        widgets::icon_button(ui, cx, Id::Play);
        let label = ui.label("t");
        let mut value = d.t;
        let field = DragValue::new(&mut value).range(0..=T_MAX).speed(1.0);
        let field = ui.add_enabled(uses_t, field).labelled_by(label.id);
        if field.changed() && value != d.t {
            cx.send(Command::SetT(value));
        }
        if field.double_clicked() {
            cx.send(Command::SetT(DissolveState::default().t));
        }
        if !uses_t {
            widgets::weak(ui, "a filter has no t");
        }
        match &d.done {
            Some(done) => {
                ui.label(format!("mean |change| {:.4}", done.mean_abs_change))
                    .on_hover_text("Mean absolute difference of original and dissolved picture, on a scale of 0 to 1");
                let text = format!("at {} px · {:.0} ms", done.resolution, done.milliseconds);
                ui.label(RichText::new(text).size(theme::SMALL).color(t.weak));
            }
            None if d.failed.is_none() => {
                ui.spinner();
                widgets::weak(ui, "dissolving…");
            }
            None => {}
        }
        ui.with_layout(eframe::egui::Layout::right_to_left(eframe::egui::Align::Center), |ui| {
            widgets::weak(ui, "framed: the range that DIA trains with · hold Shift for the original");
        });
    });
}
