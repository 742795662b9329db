//! Data, in the middle: what to open, what was recognised, the question for the normal class, and the images.

use super::{Cx, Ui as Local, grid::Cell, theme, widgets};
use crate::{
    app::{
        Command,
        actions::Id,
        state::{Open, Overlay, data_title},
    },
    data::Label,
};
use eframe::egui::{Align, Button, Frame, Key, Layout, RichText, Stroke, TextEdit, Ui, vec2};
use std::path::PathBuf;

pub fn show(ui: &mut Ui, cx: &mut Cx<'_>, local: &mut Local) {
    if let Some(opening) = &cx.state.data.opening {
        let (title, found) = (data_title(&opening.config.path), opening.found);
        ui.horizontal(|ui| {
            ui.spinner();
            let count = if found > 0 { format!(": {found} files so far") } else { String::new() };
            ui.label(format!("Looking at {title}{count}…"));
        });
    }
    if let Some((path, failure)) = cx.state.data.failed.clone() {
        widgets::failure(ui, cx, &failure.summary, &failure.hint);
        ui.horizontal(|ui| {
            widgets::button(ui, cx, "Try again", || Command::Open(path.clone()));
            widgets::cut_label(ui, &path.display().to_string(), theme::SMALL, theme::of(ui).weak);
        });
        ui.add_space(theme::GAP);
    }
    match cx.state.open().cloned() {
        Some(open) => opened(ui, cx, local, &open),
        None if cx.state.data.opening.is_some() => skeleton(ui),
        None => empty(ui, cx, local),
    }
}

fn empty(ui: &mut Ui, cx: &mut Cx<'_>, local: &mut Local) {
    widgets::empty_state(ui, "Open a folder of images", "Drop it anywhere on this window, or choose it.", |ui| {
        widgets::primary_button(ui, cx, Id::OpenFolder);
        ui.add_space(theme::GAP);
        ui.allocate_ui(vec2(480.0, 28.0), |ui| path_field(ui, cx, &mut local.path));
        widgets::weak(ui, "Folders of classes, MVTec folders, a CSV of labels, MedMNIST .npz, DICOM, plain folders.");
        widgets::link(ui, cx, "or look at the synthetic demo", Id::OpenDemo);
        if !cx.state.remembered.recent.is_empty() {
            ui.add_space(theme::PAGE);
            widgets::caption(ui, "RECENT");
            for path in cx.state.remembered.recent.clone() {
                let text = RichText::new(data_title(&path)).color(theme::of(ui).accent);
                if ui.add(Button::new(text).frame(false)).on_hover_text(path.display().to_string()).clicked() {
                    cx.send(Command::Open(path));
                }
            }
        }
    });
}

/// A typed path always works, also where the desktop has no file dialog.
fn path_field(ui: &mut Ui, cx: &mut Cx<'_>, path: &mut String) {
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let go =
            ui.add_enabled(!path.trim().is_empty(), Button::new("Open")).on_disabled_hover_text("Type a path first.").clicked();
        let field = TextEdit::singleline(path).hint_text("/path/to/images, labels.csv or file.npz");
        let field = ui.add_sized([ui.available_width(), 26.0], field).accessible_name("Path to open");
        let enter = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
        if (go || enter) && !path.trim().is_empty() {
            cx.send(Command::Open(PathBuf::from(path.trim())));
        }
    });
}

/// Grey cells while a data set is on its way.
fn skeleton(ui: &mut Ui) {
    let t = theme::of(ui);
    ui.add_space(theme::PAGE);
    ui.horizontal_wrapped(|ui| {
        for _ in 0..12 {
            let (rect, _) = ui.allocate_exact_size(vec2(112.0, 112.0), eframe::egui::Sense::hover());
            ui.painter().rect_filled(rect, theme::RADIUS, t.panel);
        }
    });
}

fn opened(ui: &mut Ui, cx: &mut Cx<'_>, local: &mut Local, open: &Open) {
    let t = theme::of(ui);
    ui.horizontal(|ui| {
        ui.label(RichText::new(open.title()).size(theme::TITLE));
        ui.label(RichText::new(open.dataset.layout.name()).size(theme::SMALL).color(t.weak));
    });
    ui.label(RichText::new(widgets::sentence(&open.dataset.why)).color(t.weak));
    if open.asks_normal() {
        ask_normal(ui, cx, open);
    }
    let shown = cx.state.data.shown.clone();
    if shown.is_empty() {
        widgets::empty_state(ui, "No image passes the filter", "Click “All images” on the left.", |_| {});
        return;
    }
    let all = open.dataset.items.len();
    let count = if shown.len() == all { format!("{all} images") } else { format!("{} of {all} images", shown.len()) };
    widgets::weak(ui, format!("{count} · click one, then press 2 to dissolve it"));
    let selected = cx.state.selected.and_then(|id| shown.iter().position(|s| *s == id));
    let (dataset, current) = (&open.dataset, cx.state.selected);
    let clicked = local.grid.show(ui, cx, shown.len(), selected, |i| {
        let id = shown[i];
        let item = dataset.item(id);
        Cell {
            id: Some(id),
            name: item.map(|item| item.name.clone()).unwrap_or_default(),
            label: dataset.label(id),
            selected: current == Some(id),
            note: item.map(|item| match item.class.and_then(|c| dataset.classes.get(c)) {
                Some(class) => format!("{} · {}", class.name, item.split.name()),
                None => item.split.name().to_string(),
            }),
        }
    });
    if let Some((index, twice)) = clicked {
        cx.send(Command::Select(shown[index]));
        if twice {
            cx.send(Command::Toggle(Overlay::Picture));
        }
    }
}

/// The one question that must not be guessed.
fn ask_normal(ui: &mut Ui, cx: &mut Cx<'_>, open: &Open) {
    let t = theme::of(ui);
    Frame::new().fill(t.panel).stroke(Stroke::new(1.0, t.accent)).corner_radius(theme::RADIUS).inner_margin(12).show(ui, |ui| {
        ui.label(theme::strong("Which class is normal?"));
        widgets::weak(ui, "The models learn from its images alone; all other classes count as abnormal.");
        ui.horizontal_wrapped(|ui| {
            for (class, counts) in open.dataset.classes.iter().zip(&open.counts) {
                let suggested = open.dataset.suggested.as_ref() == Some(&class.name);
                let hint = if suggested { "  (sounds normal)" } else { "" };
                let text = format!("{} · {} images{hint}", class.name, counts.total());
                let button = Button::new(text).min_size(vec2(0.0, 32.0));
                let button = if suggested { button.stroke(Stroke::new(1.0, t.accent)) } else { button };
                if ui.add(button).clicked() {
                    cx.send(Command::SetNormal(vec![class.name.clone()]));
                }
            }
        });
    });
    ui.add_space(theme::STEP);
}

/// `normal`, `abnormal` or nothing, for the inspector.
pub fn label_line(ui: &mut Ui, label: Option<Label>) {
    ui.horizontal(|ui| {
        widgets::mark_ui(ui, label);
        ui.label(RichText::new(widgets::label_word(label)).color(widgets::label_colour(theme::of(ui), label)));
    });
}
