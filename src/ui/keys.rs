//! Keys, and the page that lists them.

use super::{Cx, allowed, theme, widgets};
use crate::app::{
    Command,
    actions::{ACTIONS, Id},
};
use eframe::egui::{Grid, Id as EguiId, Key, Modal, RichText, ScrollArea, Ui};

/// Sends the command of each action whose key was pressed.
pub fn dispatch(ui: &mut Ui, cx: &mut Cx<'_>) {
    let typing = ui.ctx().text_edit_focused();
    let focused = ui.ctx().memory(|m| m.focused().is_some());
    for action in ACTIONS {
        let Some(shortcut) = action.key else { continue };
        let plain = shortcut.modifiers.is_none();
        // Letters belong to the field that is typed in; arrows, Space and Enter to what has the keyboard's focus.
        let taken = matches!(shortcut.logical_key, Key::ArrowLeft | Key::ArrowRight | Key::Space | Key::Enter) && focused;
        // A text field has an undo of its own.
        let own = matches!(action.id, Id::Undo | Id::Redo) && typing;
        // Escape closes an open menu first.
        let menu = action.id == Id::Escape && eframe::egui::Popup::is_any_open(ui.ctx());
        if own || menu || (action.id != Id::Escape && plain && (typing || taken)) {
            continue;
        }
        if ui.input_mut(|i| i.consume_shortcut(&shortcut))
            && let Some(command) = allowed(action, cx.state)
        {
            cx.send(command);
        }
    }
}

/// The `?` page.
pub fn show(ui: &mut Ui, cx: &mut Cx<'_>) {
    let t = theme::of(ui);
    let modal = Modal::new(EguiId::unique("keys")).show(ui.ctx(), |ui| {
        ui.set_width(560.0);
        ui.label(RichText::new("Keys").size(theme::TITLE));
        ScrollArea::vertical().max_height(480.0).show(ui, |ui| {
            Grid::new("keys").num_columns(2).spacing([theme::PAGE, theme::STEP]).show(ui, |ui| {
                let row = |ui: &mut Ui, key: &str, name: &str| {
                    ui.label(RichText::new(key).color(t.accent));
                    ui.label(name);
                    ui.end_row();
                };
                for action in ACTIONS {
                    if let Some(key) = action.key {
                        row(ui, &widgets::key_name(ui, &key), action.name);
                    }
                }
                row(ui, "Shift held", "Show the original in place of the dissolved picture");
                row(ui, "Wheel", "Zoom pictures; on the slider: change t");
                row(ui, "Double click", "Fit a picture; reset a value");
            });
            ui.add_space(theme::GAP);
            ui.label(RichText::new("Dissolve Studio is for research use only, not for diagnosis.").color(t.weak));
        });
    });
    if modal.should_close() {
        cx.send(Command::Escape);
    }
}
