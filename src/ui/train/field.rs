//! One setting: its label, its value, the paper's value as a hint, what it means, and why it cannot be used as it stands.

use crate::{
    app::{
        TrainCommand,
        state::{Field, FieldKind, paper_value},
    },
    config::{Limits, ThresholdRule},
    ui::shared::{context::PanelContext, theme, widgets},
};
use eframe::egui::{Align, Button, Checkbox, ComboBox, Label, Layout, RichText, Sense, TextEdit, Ui};

/// Most room for the name.
const NAME: f32 = 208.0;
/// Room for the value.
const VALUE: f32 = 92.0;
/// Letters from which on a text counts as long, and the width of a field that begins with one.
const LONG_VALUE: (usize, f32) = (10, 120.0);
/// Room for the hint beside it.
const HINT: f32 = 76.0;
/// Letters that it has room for.
const LONG: usize = 12;
/// On a narrower card the hint is in the tooltip alone.
const NARROW: f32 = 270.0;

/// `by_tiles`: what the run will take in its place, since it works by tiles.
pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>, field: &Field, by_tiles: Option<&String>) {
    let t = theme::of(ui);
    let train = &cx.state.train;
    let (error, changed) = (train.errors.get(field.key), train.is_changed(field.key));
    let text = train.texts.get(field.key).cloned().unwrap_or_default();
    let paper = paper_value(field.key).map(|paper| match paper {
        "true" => "on",
        "false" => "off",
        other => other,
    });
    let limits = Limits::of(field.key)
        .map_or(String::new(), |limits| format!(" {}.", widgets::sentence(&limits.to_string()).trim_end_matches('.')));
    let of_paper = paper.map_or(String::new(), |paper| format!(" The paper: {paper}."));
    let instead = by_tiles.map_or(String::new(), |value| format!("{}\n", not_in_force(field.key, value)));
    let help = format!("{instead}{}{limits}{of_paper}\n{}", field.help, field.key);
    // Without a hint the value has its room.
    let is_narrow = ui.available_width() < NARROW;
    let of_tiles = by_tiles.map(|value| format!("tiles {value}"));
    let beside = of_tiles.clone().or(paper.map(|paper| format!("paper {paper}")));
    let beside = beside.filter(|text| !is_narrow && text.len() <= LONG);
    let hint = if is_narrow { 0.0 } else { HINT };
    let is_long = matches!(field.kind, FieldKind::Text) && begun(cx, field).len() >= LONG_VALUE.0;
    let least = if is_long { LONG_VALUE.1 } else { VALUE };
    let wide = if beside.is_some() { VALUE } else { least.max(VALUE + hint) };
    let mut focused = false;
    let row = ui.horizontal(|ui| {
        // On a wide card the value stays near its name.
        let gaps = if is_narrow { 1.0 } else { 2.0 };
        let room = (ui.available_width() - least.max(VALUE + hint) - gaps * theme::GAP).clamp(48.0, NAME);
        let colour = if changed { t.accent } else { t.weak };
        let label = ui.allocate_ui_with_layout([room, 24.0].into(), Layout::left_to_right(Align::Center), |ui| {
            ui.set_width(room);
            ui.add(Label::new(RichText::new(field.label).color(colour)).wrap().sense(Sense::CLICK))
        });
        let label = label.inner.on_hover_text(format!("{help}\nDouble click: back to {}", begun(cx, field)));
        if label.double_clicked() {
            cx.send(TrainCommand::Restore(field.key));
        }
        let new = ui.allocate_ui_with_layout([wide, 24.0].into(), Layout::left_to_right(Align::Center), |ui| {
            ui.set_width(wide);
            if by_tiles.is_some() {
                match field.key {
                    // It is a tile's side, which has its own setting.
                    "ddpm.size" => ui.disable(),
                    // Not used now, but what is typed here is taken for tiles, too.
                    key if key.starts_with("ddpm.") => ui.multiply_opacity(0.5),
                    _ => {}
                }
            }
            let (response, new) = value(ui, cx, field, &text, wide, error.is_some());
            focused = response.has_focus();
            response.labelled_by(label.id).on_hover_text(&help).on_disabled_hover_text(&help);
            new
        });
        if let Some(text) = new.inner {
            cx.send(TrainCommand::Field(field.key, text));
        }
        if let Some(beside) = &beside {
            let colour = if of_tiles.is_some() { t.accent } else { t.weak };
            let hint = RichText::new(beside).size(theme::SMALL).color(colour);
            ui.add(Label::new(hint).truncate()).on_hover_text(&help);
        }
    });
    if let Some(of_tiles) = of_tiles.filter(|_| beside.is_none()) {
        ui.label(RichText::new(of_tiles).size(theme::SMALL).color(t.accent)).on_hover_text(&help);
    }
    if let Some(error) = error {
        ui.label(RichText::new(widgets::sentence(error)).size(theme::SMALL).color(t.error));
        row.response.scroll_to_me(None);
    } else if focused {
        widgets::weak(ui, field.help);
    } else if let Some(meaning) = meaning(field.key, &text) {
        widgets::weak(ui, widgets::sentence(&meaning));
    }
}

/// Why what stands in a field is not in force where the run works by tiles, and what is.
fn not_in_force(key: &str, value: &str) -> String {
    let why = format!("Not in force: this run works by tiles, and takes {value} for them");
    match key {
        "ddpm.size" => format!("{why}, the side of a tile. “Tiles, px” changes it."),
        key if key.starts_with("ddpm.") => format!("{why}. What is typed here is taken in its place."),
        _ => format!("{why}, a third of this: their details are finer."),
    }
}

/// A value that does not explain itself, in words.
fn meaning(key: &str, text: &str) -> Option<String> {
    let rule = (key == "score.rule").then(|| text.trim().parse::<ThresholdRule>().ok())??;
    Some(rule.meaning())
}

fn begun(cx: &PanelContext<'_>, field: &Field) -> String {
    cx.state.train.begun.get(field.key).cloned().unwrap_or_default()
}

/// The control, and a newly given value.
fn value(
    ui: &mut Ui,
    cx: &mut PanelContext<'_>,
    field: &Field,
    text: &str,
    width: f32,
    wrong: bool,
) -> (eframe::egui::Response, Option<String>) {
    match field.kind {
        FieldKind::Text => {
            let mut text = text.to_string();
            let mut edit = TextEdit::singleline(&mut text).desired_width(width - theme::GAP);
            if wrong {
                edit = edit.text_color(theme::of(ui).error);
            }
            let response = ui.add(edit);
            let new = response.changed().then_some(text);
            (response, new)
        }
        FieldKind::Flag => {
            let mut on = text == "true";
            let response = ui.add(Checkbox::without_text(&mut on));
            let new = response.changed().then(|| on.to_string());
            (response, new)
        }
        FieldKind::Choice(all) => choice(ui, field, text, width, |ui| {
            all.iter()
                .find(|choice| ui.selectable_label(text == **choice, **choice).clicked())
                .map(|choice| (*choice).to_string())
        }),
        FieldKind::Device => choice(ui, field, text, width, |ui| {
            let Some(devices) = &cx.state.devices else {
                cx.send(TrainCommand::ListDevices);
                return None;
            };
            if devices.is_empty() {
                widgets::weak(ui, "looking for devices…");
            }
            let mut new = None;
            for device in devices {
                let name = device.kind.to_string();
                let (usable, is) = match &device.is {
                    Ok(is) => (true, is),
                    Err(why) => (false, why),
                };
                let entry = Button::selectable(text == name, format!("{name}: {is}"));
                if ui.add_enabled(usable || text == name, entry).clicked() {
                    new = Some(name);
                }
            }
            new
        }),
    }
}

/// A list that opens, and what was taken from it.
fn choice(
    ui: &mut Ui,
    field: &Field,
    text: &str,
    width: f32,
    list: impl FnOnce(&mut Ui) -> Option<String>,
) -> (eframe::egui::Response, Option<String>) {
    let combo = ComboBox::from_id_salt(field.key).selected_text(text).width(width).truncate().show_ui(ui, list);
    (combo.response, combo.inner.flatten())
}
