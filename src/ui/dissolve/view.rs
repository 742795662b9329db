//! Dissolve, in the middle: the pictures, and the slider under them.

use super::{
    captioned_image::ComparisonResponse,
    change_curve, compare,
    image_frame::{self, Pointed},
    multi_view, t_slider,
};
use crate::{
    app::{
        AppCommand, DissolveCommand,
        actions::Id,
        icons,
        state::{self, DissolveState, T_MAX, Track, Workspace},
    },
    config::DissolveMethod,
    engine::dissolve::dissolved::{Change, Dissolved},
    gpu::compare_cpu,
    text::{count_of, thousands},
    ui::shared::{context::PanelContext, theme, widgets},
};
use eframe::egui::{Align, DragValue, FontId, Label, Layout, RichText, Stroke, Ui, UiBuilder, WidgetInfo, accesskit::Role, vec2};
use std::{sync::Arc, time::Duration};

/// Room for the hints beside the numbers, px.
const SHORT_HINT: f32 = 100.0;
const LONG_HINT: f32 = 400.0;

/// Height that pictures, numbers and slider need, points.
pub const LEAST: f32 = 400.0;

/// Height of the line of numbers, px.
const NUMBERS: f32 = 28.0;

/// Returns whether the change curve has found room beside the pictures.
pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>) -> bool {
    if cx.state.open().is_none() {
        widgets::empty_state(ui, "Nothing to dissolve yet", "Open a data set and click an image.", |ui| {
            widgets::primary_button(ui, cx, Id::OpenFolder);
        });
        return false;
    }
    if cx.state.selected.is_none() {
        widgets::empty_state(ui, "No image is selected", "Click one in the grid of the data set.", |ui| {
            widgets::button(ui, cx, "Go to Data (1)", || AppCommand::Go(Workspace::Data));
        });
        return false;
    }
    if cx.state.dissolve.missing().is_some() {
        no_model(ui, cx);
        return false;
    }
    headline(ui, cx);
    ui.horizontal(|ui| {
        ui.set_height(28.0);
        compare::toolbar(ui, cx);
    });
    multi_view::toolbar(ui, cx);
    if let Some(failure) = &cx.state.dissolve.answers.failed {
        widgets::failure(ui, cx, &failure.summary, &failure.hint);
    }
    let uses_t = cx.state.dissolve.uses_t();
    let slider = if uses_t { t_slider::height(ui.available_width()) + theme::GAP } else { 0.0 };
    let below = theme::GAP + NUMBERS + slider;
    let size = vec2(ui.available_width(), (ui.available_height() - below).max(120.0));
    let ComparisonResponse { free, hover, .. } = compare::show(ui, cx, size);
    image_frame::set_pointed(ui, hover);
    if let Some(place) = free {
        // A child of its own: what it shows does not move what comes below the pictures.
        let mut child = ui.new_child(UiBuilder::new().max_rect(place));
        change_curve::show(&mut child, cx, place.height());
    }
    numbers(ui, cx);
    if uses_t {
        t_slider::show(ui, cx, cx.state.dissolve.training_range(&cx.state.train.config.dia));
    }
    play(ui, cx);
    free.is_some()
}

fn no_model(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    let next = "Train one on your images, or use the demo's, which has learnt from other pictures.";
    widgets::empty_state(ui, "No diffusion model yet", next, |ui| {
        widgets::primary_button(ui, cx, Id::UseDemoModel);
        widgets::button(ui, cx, "Train one (3)", || AppCommand::Go(Workspace::Train));
        widgets::action_button(ui, cx, Id::ImportModel);
        widgets::button(ui, cx, "Try a Gaussian blur", || DissolveCommand::Method(DissolveMethod::Gaussian(7)));
    });
}

fn headline(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    let t = theme::of(ui);
    let Some((open, id)) = cx.state.open().zip(cx.state.selected) else { return };
    let name = open.dataset.item(id).map(|i| i.name.clone()).unwrap_or_default();
    ui.horizontal(|ui| {
        widgets::mark_ui(ui, open.dataset.label(id));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            widgets::icon_button(ui, cx, Id::BigPicture);
            widgets::icon_button(ui, cx, Id::ActualSize);
            widgets::icon_button(ui, cx, Id::Fit);
            let blink = widgets::icon_button(ui, cx, Id::Blink);
            if cx.state.dissolve.blink {
                ui.painter().hline(blink.rect.x_range(), blink.rect.bottom(), Stroke::new(2.0, t.accent));
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                widgets::cut_label(ui, &name, theme::BODY, t.text);
            });
        });
    });
    if let Some(other) = cx.state.trained_elsewhere() {
        let text = format!(
            "{}  This model was trained on {other}: its dissolving pulls these images towards that set's look.",
            icons::WARNING
        );
        ui.label(RichText::new(text).size(theme::SMALL).color(t.warning));
    }
    prepared(ui, cx);
}

/// A model that learnt from prepared images gets all images like that.
fn prepared(ui: &mut Ui, cx: &PanelContext<'_>) {
    let Some(prepared) = cx.state.dissolve.prepared().filter(|p| !p.is_off() || !cx.state.train.config.preprocess.is_off())
    else {
        return;
    };
    let how = if prepared.is_off() { "as they are".to_string() } else { format!("by {}", prepared.words()) };
    widgets::weak_line(ui, format!("The images are prepared as for this model’s training: {how}."));
}

/// A sweep takes its next step when the one before was seen.
const STEP: f64 = 0.03;

pub fn play(ui: &Ui, cx: &mut PanelContext<'_>) {
    let d = &cx.state.dissolve;
    // Coarse images of large pictures will do.
    if !d.playing || d.answers.nearly.is_some() || d.answers.done.as_ref().is_none_or(|done| done.t != d.t) {
        return;
    }
    let (key, now) = (eframe::egui::Id::unique("sweep"), ui.input(|i| i.time));
    let last: f64 = ui.data(|data| data.get_temp(key)).unwrap_or(f64::MIN);
    if now - last >= STEP {
        ui.data_mut(|data| data.insert_temp(key, now));
        cx.send(DissolveCommand::Sweep);
    }
    ui.ctx().request_repaint_after(Duration::from_secs_f64(STEP));
}

/// t as a number, with a sign where the model has not learnt it.
pub fn strength(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    let (now, label) = (cx.state.dissolve.t, ui.label("t"));
    let mut value = now;
    let field = ui.add(DragValue::new(&mut value).range(0..=T_MAX).speed(1.0)).labelled_by(label.id);
    if let Some(limit) = cx.state.dissolve.t_limit().filter(|limit| now >= *limit) {
        let sign = ui.label(RichText::new(icons::WARNING).color(theme::of(ui).warning));
        sign.widget_info(|| WidgetInfo::labeled(Role::Label, true, "t is beyond what the model has learnt"));
        sign.on_hover_text(t_slider::not_learnt_at(now, limit));
    }
    if field.double_clicked() {
        cx.send(DissolveCommand::SetT(DissolveState::default().t));
    } else if field.changed() && value != now {
        cx.send(DissolveCommand::SetT(value));
    }
}

/// The typed value and the read-outs.
fn numbers(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    let d = &cx.state.dissolve;
    ui.horizontal(|ui| {
        ui.set_height(NUMBERS);
        if d.uses_t() {
            widgets::icon_button(ui, cx, Id::Play);
            strength(ui, cx);
            if let Some(track) = widgets::choices(ui, d.track, &[(Track::Log, "log"), (Track::Linear, "linear")]) {
                cx.send(DissolveCommand::Track(track));
            }
        } else {
            widgets::weak(ui, "A filter has no t: its strength is the size of its kernel.");
        }
        let pointed = image_frame::pointed(ui).and_then(|at| read_out(d, &at));
        match d.told(cx.state.selected) {
            // What the pointer shows takes the place of the other numbers.
            _ if pointed.is_some() => {}
            Some(_) if d.answers.nearly.is_some() => _ = widgets::weak(ui, "dissolving…"),
            // Nothing turns here: drawing it would take from the work.
            Some(done) if !done.is_complete() => {
                widgets::weak(ui, format!("refining: {} of {}", thousands(done.tiles[0]), count_of(done.tiles[1], "tile")));
            }
            Some(done) => changes(ui, done, method_word(d)),
            None if d.answers.failed.is_none() => {
                ui.spinner();
                widgets::weak(ui, "dissolving…");
            }
            None => {}
        }
        // What the marks mean is said where there is room for it.
        let room = ui.available_width();
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| match pointed {
            Some(text) => _ = widgets::weak_line(ui, text),
            None if room < SHORT_HINT => {}
            None => {
                widgets::weak(ui, "Shift: original");
                if d.uses_t() && room > LONG_HINT + if d.t_limit().is_some() { 160.0 } else { 0.0 } {
                    let framed = d.training_range(&cx.state.train.config.dia);
                    let framed = framed.map(|range| format!("{}  ·", t_slider::framed(range)));
                    let hatched = d.t_limit().map(|limit| format!("hatched: not learnt, t ≥ {limit}  ·"));
                    // From the right to the left.
                    hatched.into_iter().chain(framed).for_each(|text| _ = widgets::weak(ui, text));
                }
            }
        });
    });
}

/// What does the dissolving.
fn method_word(d: &DissolveState) -> &'static str {
    if d.uses_t() { "model" } else { "filter" }
}

/// How much was changed, by what.
fn changes(ui: &mut Ui, done: &Dissolved, method: &str) {
    let t = theme::of(ui);
    let Change { all, resizing, model } = done.change;
    let (text, how) = match done.resized {
        Some(_) => (
            format!("mean |change| {all:.4} · {method} {model:.4} · resizing {resizing:.4}"),
            format!(
                "\n{method}: against the original brought through the same resizing\nresizing: what that alone changes, the floor"
            ),
        ),
        None => (format!("mean |change| {all:.4}"), String::new()),
    };
    let measured =
        if done.scale.is_tiles() { "at the size at which it is worked on" } else { "with the longest side at most 256 px" };
    ui.add(Label::new(text).truncate()).on_hover_text(format!(
        "Mean absolute difference of original and dissolved picture on a scale of 0 to 1, measured {measured}{how}"
    ));
    let text = format!("{} · {:.0} ms", done.scale_words(), done.milliseconds);
    let font = FontId::proportional(theme::SMALL);
    let width = ui.painter().layout_no_wrap(text.clone(), font, t.weak).size().x;
    if ui.available_width() > width + theme::GAP {
        ui.label(RichText::new(text).size(theme::SMALL).color(t.weak));
    }
}

/// The pixel under the pointer: place, original, dissolved, and what changed. In the numbers of its file where it is of the
/// selected image, of others on a scale of 0 to 1; `None` for a picture that is no longer in view.
pub fn read_out(d: &DissolveState, at: &Pointed) -> Option<String> {
    let Pointed { uv, original, dissolved, resized } = at;
    let size = original.size();
    let selected = d.answers.original.as_ref().filter(|o| Arc::ptr_eq(&o.raster, original));
    // Of one that was in view in the last frame nothing is known any more.
    if selected.is_none() && d.layout() != state::ComparisonLayout::Images {
        return None;
    }
    let (full, white) = selected.map_or((size.map(|s| s as usize), 1.0), |o| (o.size, o.white));
    let is_grey = |[r, g, b]: [f32; 3]| selected.map_or(r == g && g == b, |o| o.is_grey);
    let at = [0, 1].map(|i| (uv[i] * size[i] as f32).floor().clamp(0.0, size[i] as f32 - 1.0));
    let [r, g, b, _] = original.at(0, at[0] as i64, at[1] as i64);
    let centre = [0, 1].map(|i| (at[i] + 0.5) / size[i] as f32);
    let dissolved = compare_cpu::sample(dissolved, 0, centre);
    let place = [0, 1].map(|i| (at[i] * full[i] as f32 / size[i] as f32) as usize);
    let number = |v: f32| match white {
        1.0 => format!("{v:.3}"),
        white => format!("{:.0}", v * white),
    };
    let colour = |c: [f32; 3]| if is_grey(c) { number(c[0]) } else { c.map(number).join(" ") };
    let signed = |change: f32| {
        let size = number(change.abs());
        // What is nothing as it is shown has no sign.
        let sign = match size.chars().any(|c| c.is_ascii_digit() && c != '0') {
            false => "",
            true if change > 0.0 => "+",
            true => "−",
        };
        format!("{sign}{size}")
    };
    let model = resized.as_ref().map(|resized| compare_cpu::change(compare_cpu::sample(resized, 0, centre), dissolved));
    Some(format!(
        "x {} y {} · original {} · dissolved {} · change {}{}",
        place[0],
        place[1],
        colour([r, g, b]),
        colour(dissolved),
        signed(compare_cpu::change([r, g, b], dissolved)),
        model.map(|change| format!(", {} {}", method_word(d), signed(change))).unwrap_or_default(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        data::ImageId,
        engine::dissolve::prepared_image::Original,
        gpu::{Raster, Texels},
    };

    #[test]
    fn pixel_values_are_shown_in_units_of_the_file() {
        let raster = |v: f32| Arc::new(Raster::new(2, 1, Texels::Floats(vec![[v, v, v, 1.0]; 2])));
        let (original, dissolved) = (raster(0.5), raster(0.25));
        let mut d = DissolveState::default();
        d.answers.original =
            Some(Original { image: ImageId(0), raster: original.clone(), size: [200, 100], white: 65535.0, is_grey: true });
        let read_out = |d: &DissolveState, at: &Pointed| read_out(d, at).unwrap_or_default();
        let at = |uv| Pointed { uv, original: original.clone(), dissolved: dissolved.clone(), resized: None };
        assert_eq!(read_out(&d, &at([0.9, 0.2])), "x 100 y 0 · original 32768 · dissolved 16384 · change −16384");
        let other = Pointed { original: raster(1.0), ..at([0.9, 0.2]) };
        let unchanged = Pointed { dissolved: raster(0.5000001), ..at([0.9, 0.2]) };
        assert!(read_out(&d, &unchanged).ends_with("change 0"), "no sign where nothing is shown to change");
        assert_eq!(read_out(&d, &other), "", "of a picture that is no longer in view");
        d.layouts.insert(d.workspace, state::ComparisonLayout::Images);
        assert_eq!(read_out(&d, &other), "x 1 y 0 · original 1.000 · dissolved 0.250 · change −0.750", "another picture's pixel");
        d.answers.original.as_mut().unwrap().white = 1.0;
        let resized = Pointed { resized: Some(raster(0.375)), ..at([0.1, 0.2]) };
        assert!(read_out(&d, &resized).ends_with("change −0.250, model −0.125"));
        assert!(read_out(&d, &at([0.1, 0.2])).ends_with("original 0.500 · dissolved 0.250 · change −0.250"));
        d.answers.original.as_mut().unwrap().is_grey = false;
        let text = read_out(&d, &at([0.1, 0.2]));
        assert!(text.contains("original 0.500 0.500 0.500 ·"), "three values wherever the picture has colour: {text}");
    }
}
