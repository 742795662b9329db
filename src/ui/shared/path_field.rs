//! A field for a path: Tab completes its folders, as in a terminal.

use super::{context::PanelContext, theme, widgets};
use crate::{app::AppCommand, engine::path_completion::PathCompletion};
use eframe::egui::{
    Key, Modifiers, Response, TextEdit, Ui, Vec2,
    text::{CCursor, CCursorRange},
    text_edit::TextEditState,
    vec2,
};

/// The field by its name, of this size; what was completed is in `text`.
pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>, name: &'static str, text: &mut String, hint: &str, size: Vec2) -> Response {
    let id = ui.make_persistent_id(("path", name));
    let answer = cx.state.completion.as_ref().filter(|(field, _)| *field == name).map(|(_, completion)| completion);
    let mut changed = false;
    // What was asked for is taken over once: one may go back after it.
    let asked = ui.data(|data| data.get_temp::<String>(id));
    if let Some(completion) = answer.filter(|c| c.typed == *text && c.completed != *text && asked.as_ref() == Some(&c.typed)) {
        ui.data_mut(|data| data.remove::<String>(id));
        text.clone_from(&completion.completed);
        changed = true;
        // One goes on typing at the end.
        let mut edit = TextEditState::load(ui.ctx(), id).unwrap_or_default();
        let end = CCursor::new(text.chars().count());
        edit.cursor.set_char_range(Some(CCursorRange::one(end)));
        edit.store(ui.ctx(), id);
    }
    // Where nothing goes on, Tab leaves the field as it leaves others.
    let is_known = answer.is_some_and(|c| c.typed == *text && c.completed == *text);
    let completes = !text.trim().is_empty() && !is_known;
    let is_here = completes && ui.memory(|m| m.has_focus(id));
    let tab = is_here && ui.input_mut(|i| !i.modifiers.shift && i.consume_key(Modifiers::NONE, Key::Tab));
    let field = TextEdit::singleline(text).id(id).hint_text(hint).lock_focus(completes);
    let mut field = ui.add_sized(size, field).accessible_name(name);
    if tab {
        ui.data_mut(|data| data.insert_temp(id, text.clone()));
        cx.send(AppCommand::CompletePath { field: name, typed: text.clone() });
    }
    if changed {
        field.mark_changed();
    }
    if let Some(completion) = answer.filter(|c| c.completed == *text && c.count > 1 && field.has_focus()) {
        choices(ui, &field, completion);
    }
    field
}

/// The folders that may be meant, under the field.
fn choices(ui: &Ui, field: &Response, completion: &PathCompletion) {
    let more = completion.count - completion.choices.len();
    let more = if more > 0 { format!(" … and {more} more") } else { String::new() };
    let area = eframe::egui::Area::new(field.id.with("choices")).order(eframe::egui::Order::Foreground);
    area.fixed_pos(field.rect.left_bottom() + vec2(0.0, 4.0)).interactable(false).show(ui.ctx(), |ui| {
        eframe::egui::Frame::popup(ui.style()).inner_margin(theme::GAP).show(ui, |ui| {
            ui.set_max_width(field.rect.width().max(200.0));
            widgets::weak(ui, format!("{}{more}", completion.choices.join("   ")));
        });
    });
}
