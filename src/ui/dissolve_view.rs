//! Dissolve, in the middle: the pictures, and the slider under them.

use super::{Cx, compare, energy, t_slider, theme, widgets};
use crate::app::{
    Command,
    actions::Id,
    icons,
    state::{T_MAX, Workspace},
};
use crate::config::DissolveMethod;
use eframe::egui::{Align, DragValue, Layout, RichText, Ui, UiBuilder, vec2};

/// Height of the line of numbers, and of the slider under it.
const NUMBERS: f32 = 40.0;
const SLIDER: f32 = 108.0;

/// Returns whether the energy curve has found room beside the pictures.
pub fn show(ui: &mut Ui, cx: &mut Cx<'_>) -> bool {
    if cx.state.open().is_none() {
        widgets::empty_state(ui, "Nothing to dissolve yet", "Open a data set and click an image.", |ui| {
            widgets::primary_button(ui, cx, Id::OpenFolder);
        });
        return false;
    }
    if cx.state.selected.is_none() {
        widgets::empty_state(ui, "No image is selected", "Click one in the grid of the data set.", |ui| {
            widgets::button(ui, cx, "Go to Data (1)", || Command::Go(Workspace::Data));
        });
        return false;
    }
    if let Some(missing) = cx.state.dissolve.missing() {
        no_model(ui, cx, missing);
        return false;
    }
    headline(ui, cx);
    if let Some(failure) = &cx.state.dissolve.failed {
        widgets::failure(ui, cx, &failure.summary, &failure.hint);
    }
    let uses_t = cx.state.dissolve.uses_t();
    let below = NUMBERS + if uses_t { SLIDER } else { 0.0 };
    let size = vec2(ui.available_width(), (ui.available_height() - below).max(120.0));
    let free = compare::show(ui, cx, size);
    if let Some(place) = free {
        // A child of its own: what it shows does not move what comes below the pictures.
        let mut child = ui.new_child(UiBuilder::new().max_rect(place));
        energy::show(&mut child, cx, place.height());
    }
    numbers(ui, cx);
    if uses_t {
        let dia = &cx.state.train.config.dia;
        t_slider::show(ui, cx, [dia.t_min, dia.t_max]);
    }
    free.is_some()
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
    if cx.state.dissolve.uses_t()
        && let Some(other) = trained_on
        && *other != open.title()
    {
        let text = format!(
            "{}  This model was trained on {other}: its dissolving pulls these images towards that set's look.",
            icons::WARNING
        );
        ui.label(RichText::new(text).size(theme::SMALL).color(t.warning));
    }
}

/// The typed value and the read-outs.
fn numbers(ui: &mut Ui, cx: &mut Cx<'_>) {
    let t = theme::of(ui);
    let d = &cx.state.dissolve;
    ui.horizontal(|ui| {
        ui.set_height(28.0);
        if d.uses_t() {
            widgets::icon_button(ui, cx, Id::Play);
            let label = ui.label("t");
            let mut value = d.t;
            let field = ui.add(DragValue::new(&mut value).range(0..=T_MAX).speed(1.0)).labelled_by(label.id);
            if field.changed() && value != d.t {
                cx.send(Command::SetT(value));
            }
        } else {
            widgets::weak(ui, "A filter has no t: its strength is the size of its kernel.");
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
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            widgets::weak(ui, "Shift: original");
            if d.uses_t() {
                let range = &cx.state.train.config.dia;
                widgets::weak(ui, format!("framed: t of DIA's training, {} to {}  ·", range.t_min, range.t_max));
            }
        });
    });
}
