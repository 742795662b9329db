//! Which classes are normal: the one question that must not be guessed, its answer in the same place, and the way to another.

use crate::{
    app::{DataCommand, icons, state::OpenDataset},
    data::{ALL, Label},
    text::{count_of, elided, thousands},
    ui::shared::{context::PanelContext, theme, widgets},
};
use eframe::egui::{Button, Checkbox, Frame, RichText, ScrollArea, Stroke, Ui, vec2};

/// Height in which many classes scroll, points.
const CLASSES: f32 = 144.0;
/// Characters of the name of a class, and of all that are normal in one line; outlines may be longer than all else.
const NAME: usize = 60;
const NAMES: usize = 120;

pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>, open: &OpenDataset) {
    match () {
        () if open.dataset.classes.is_empty() => ask_all(ui, cx, open),
        () if open.asks_normal() => ask(ui, cx, open),
        // Labels by hand say it themselves.
        () if open.dataset.is_labelled_by_hand() => {}
        () if cx.state.data.chooses_normal => choose(ui, cx, open),
        () => answer(ui, cx, open),
    }
    if open.training_normals == 0 && !open.asks_normal() && !open.dataset.classes.is_empty() {
        let text = format!("{}  No normal image is in the training split: there is nothing to learn from.", icons::WARNING);
        ui.label(RichText::new(text).size(theme::SMALL).color(theme::of(ui).warning));
    }
}

fn frame(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    let t = theme::of(ui);
    let frame = Frame::new().fill(t.panel).stroke(Stroke::new(1.0, t.accent)).corner_radius(theme::RADIUS).inner_margin(12);
    frame.show(ui, content);
    ui.add_space(theme::STEP);
}

/// The classes, which scroll where they are many.
fn classes(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    ScrollArea::vertical().id_salt("classes").max_height(CLASSES).show(ui, |ui| ui.horizontal_wrapped(content));
}

fn ask(ui: &mut Ui, cx: &mut PanelContext<'_>, open: &OpenDataset) {
    let t = theme::of(ui);
    frame(ui, |ui| {
        ui.label(theme::strong("Which class is normal?"));
        let text = "The models learn from its images alone; all other classes count as abnormal. More of them can be normal, too: see \
                    “Change…” afterwards.";
        widgets::weak(ui, text);
        classes(ui, |ui| {
            // The newest run on these images has the answer of then.
            let answered =
                cx.state.runs.iter().map(|r| &r.config.data).find(|d| d.path == open.config.path && !d.normal.is_empty());
            let offered = answered.map_or(&open.dataset.suggested, |data| &data.normal);
            for (class, counts) in open.dataset.classes.iter().zip(&open.counts) {
                let is_offered = offered.contains(&class.name);
                let hint = match offered.len() {
                    _ if !is_offered => String::new(),
                    _ if answered.is_some() => "  (normal in your last run)".into(),
                    1 => "  (sounds normal)".into(),
                    several => format!("  (sounds normal, with {} more)", several - 1),
                };
                let text = format!("{} · {}{hint}", elided(&class.name, NAME), count_of(counts.total(), "image"));
                let button = Button::new(text).min_size(vec2(0.0, 32.0));
                let button = if is_offered { button.stroke(Stroke::new(1.0, t.accent)) } else { button };
                if ui.add(button).clicked() {
                    // What goes together is taken together.
                    let names = if is_offered { offered.clone() } else { vec![class.name.clone()] };
                    cx.send(DataCommand::SetNormal(names));
                }
            }
        });
    });
}

/// The answer, with the way to another one.
fn answer(ui: &mut Ui, cx: &mut PanelContext<'_>, open: &OpenDataset) {
    let all = open.dataset.classes.iter().any(|class| class.name == ALL);
    let names = if all { "all images".into() } else { open.dataset.normal_name().unwrap_or_default() };
    ui.horizontal_wrapped(|ui| {
        widgets::mark_ui(ui, Some(Label::Normal));
        ui.label(format!("Normal: {}", elided(&names, NAMES)));
        if widgets::small_button(ui, "Change…").on_hover_text("Choose again which classes are normal").clicked() {
            cx.send(DataCommand::ChooseNormal(true));
        }
    });
}

/// One class or several, changed until it is right.
fn choose(ui: &mut Ui, cx: &mut PanelContext<'_>, open: &OpenDataset) {
    // What is being taken over counts already, so that boxes can be ticked one after the other.
    let coming = cx.state.data.opening.as_ref().filter(|opening| open.differs_in_normal(&opening.config));
    let is_normal: Vec<bool> = open
        .dataset
        .classes
        .iter()
        .map(|class| match coming {
            Some(opening) => opening.config.normal.contains(&class.name),
            None => class.label == Some(Label::Normal),
        })
        .collect();
    let is_last = is_normal.iter().filter(|normal| **normal).count() == 1;
    frame(ui, |ui| {
        ui.label(theme::strong("Which classes are normal?"));
        widgets::weak(ui, "The models learn from their images alone; all other classes count as abnormal.");
        classes(ui, |ui| {
            for (i, (class, counts)) in open.dataset.classes.iter().zip(&open.counts).enumerate() {
                let mut normal = is_normal[i];
                let tick = Checkbox::new(&mut normal, format!("{} ({})", elided(&class.name, NAME), thousands(counts.total())));
                let tick = ui.add_enabled(!(is_normal[i] && is_last), tick);
                if tick.on_disabled_hover_text("One class has to be normal: choose another one first.").changed() {
                    let names = open.dataset.classes.iter().enumerate();
                    let names = names.filter(|(j, _)| if *j == i { normal } else { is_normal[*j] });
                    cx.send(DataCommand::SetNormal(names.map(|(_, class)| class.name.clone()).collect()));
                }
            }
        });
        widgets::button(ui, cx, "Done", || DataCommand::ChooseNormal(false));
    });
}

/// Asks about images without any label: they can be learnt from where all of them are normal.
fn ask_all(ui: &mut Ui, cx: &mut PanelContext<'_>, open: &OpenDataset) {
    frame(ui, |ui| {
        ui.label(theme::strong("Are all of these images normal?"));
        widgets::weak(
            ui,
            "They have no labels. The models learn from normal images alone; where some may be abnormal, rank them with a \
             finished run (Results, “Score a folder…”), or label them by hand: select some, then Shift+N or Shift+A.",
        );
        let text = format!("All {} are normal", thousands(open.dataset.items.len()));
        if ui.add(Button::new(text).min_size(vec2(0.0, 32.0))).clicked() {
            cx.send(DataCommand::SetNormal(vec![ALL.into()]));
        }
    });
}
