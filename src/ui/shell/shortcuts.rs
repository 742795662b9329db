//! Keys, and the page that lists them.

use crate::{
    app::{
        AppCommand,
        actions::{ACTIONS, Action, Id, own_tag},
        state::{Overlay, Workspace},
    },
    ui::shared::{context::PanelContext, theme, widgets},
};
use eframe::egui::{Grid, Key, KeyboardShortcut, Label, Modifiers, Popup, RichText, Ui};
use std::cmp::Reverse;

/// Sends the command of each action whose key was pressed; of a letter that can do nothing now, it says why.
pub fn dispatch(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    let typing = ui.ctx().text_edit_focused();
    let focused = ui.ctx().memory(|m| m.focused().is_some());
    // Ctrl+Shift+Z is Ctrl+Z as well, to who asks for that first.
    let here = ACTIONS.iter().filter(|a| a.only.is_none_or(|workspace| workspace == cx.state.workspace));
    let mut by_key: Vec<(&Action, KeyboardShortcut)> = here.filter_map(|a| Some((a, a.key?))).collect();
    let held = |key: &KeyboardShortcut| {
        let m = key.modifiers;
        u8::from(m.shift) + u8::from(m.alt) + u8::from(m.command)
    };
    // A key that is an action's own here goes to that one.
    by_key.sort_by_key(|(action, key)| (Reverse(held(key)), action.only.is_none()));
    // Nothing is changed that a page of words or the list of runs hides, nor what lies under an open menu.
    let menu = Popup::is_any_open(ui.ctx());
    let overlay = cx.state.overlay;
    let is_hidden = |id: Id| match overlay {
        _ if menu => true,
        Some(Overlay::Tags | Overlay::Keys | Overlay::About) => !matches!(id, Id::Escape | Id::Keys),
        Some(Overlay::Runs) => !of_the_window(id),
        Some(Overlay::Palette | Overlay::Picture) | None => false,
    };
    for (action, shortcut) in by_key {
        // Alt and an arrow go through the words of a text.
        let plain = !shortcut.modifiers.command;
        // Letters belong to the field that is typed in; arrows, Space and Enter to what has the keyboard's focus.
        let taken = matches!(shortcut.logical_key, Key::ArrowLeft | Key::ArrowRight | Key::Space | Key::Enter)
            && focused
            && !shortcut.modifiers.alt;
        // A text field has an undo of its own, and words to be selected.
        let own = matches!(action.id, Id::Undo | Id::Redo | Id::SelectAll) && typing;
        // In the grid it selects.
        let grid = action.id == Id::Play
            && matches!(cx.state.workspace, Workspace::Data | Workspace::Results)
            && cx.state.overlay.is_none();
        // Escape, too, closes an open menu first.
        let hidden = plain && is_hidden(action.id);
        if own || grid || hidden || (action.id != Id::Escape && plain && (typing || taken)) {
            continue;
        }
        if !is_pressed(ui, &shortcut) {
            continue;
        }
        match (action.allowed)(cx.state) {
            Ok(()) => cx.send((action.command)(cx.state)),
            // A letter is no key that is pressed in passing.
            Err(why) if is_letter(shortcut.logical_key) => cx.send(AppCommand::Notify(format!("{}: {why}", action.name))),
            Err(_) => {}
        }
    }
    for tag in cx.state.workspace_settings.tags.iter().filter(|_| !typing && !is_hidden(Id::LeaveOut)) {
        let Some(key) = tag.shortcut() else { continue };
        if ui.input_mut(|i| i.consume_shortcut(&KeyboardShortcut::new(Modifiers::NONE, key)))
            && let Ok(command) = own_tag(cx.state, &tag.name)
        {
            cx.send(command);
        }
    }
}

/// Whether a shortcut was pressed. Where “+” is “=” with Shift, Shift need not be held.
fn is_pressed(ui: &Ui, shortcut: &KeyboardShortcut) -> bool {
    let unshifted = KeyboardShortcut::new(shortcut.modifiers, Key::Equals);
    ui.input_mut(|i| i.consume_shortcut(shortcut) || (shortcut.logical_key == Key::Plus && i.consume_shortcut(&unshifted)))
}

fn is_letter(key: Key) -> bool {
    matches!(key.name().as_bytes(), [letter] if letter.is_ascii_alphabetic())
}

/// Whether a key without Ctrl is about no image and no picture.
fn of_the_window(id: Id) -> bool {
    let pages = [Id::GoData, Id::GoDissolve, Id::GoTrain, Id::GoResults];
    let others = [Id::Library, Id::Inspector, Id::RefreshRuns, Id::Keys, Id::Escape];
    pages.contains(&id) || others.contains(&id)
}

/// An area with its keys and what each does.
type Group = (&'static str, Vec<(String, String)>);

/// Lines that a heading takes, with the room above it.
const HEADING: usize = 2;
/// Least room for a key, points: the names stand under each other in all groups of a column.
const KEY: f32 = 96.0;

/// All keys by what they are about, in the order of the table.
fn groups(ui: &Ui, cx: &PanelContext<'_>) -> Vec<Group> {
    const HELD: [(&str, &str, &str); 5] = [
        ("Images", "Space", "In the grid and the gallery: select the image with others, or no more"),
        ("Images", "Click", "With Ctrl or Shift, or a drag, in grid and gallery: select several"),
        ("Pictures", "Shift held", "Show the original in place of the dissolved picture"),
        ("Pictures", "Wheel", "Zoom pictures; on the slider: change t"),
        ("Pictures", "Double click", "Fit a picture; reset a value"),
    ];
    let keys = ACTIONS.iter().filter_map(|a| Some((a.area, widgets::key_name(ui, &a.key?), a.name.to_string())));
    let held = HELD.map(|(area, key, name)| (area, key.to_string(), name.to_string()));
    let own = cx.state.workspace_settings.tags.iter();
    let own = own.filter_map(|tag| Some(("Tags of your own", tag.key?.to_string(), tag.name.clone())));
    let mut groups: Vec<Group> = Vec::new();
    for (area, key, name) in keys.chain(held).chain(own) {
        match groups.iter_mut().find(|(other, _)| *other == area) {
            Some((_, rows)) => rows.push((key, name)),
            None => groups.push((area, vec![(key, name)])),
        }
    }
    groups
}

/// The `?` page.
pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    /// Width of a column.
    const COLUMN: f32 = 360.0;
    let t = theme::of(ui);
    let groups = groups(ui, cx);
    let window = ui.ctx().content_rect().width();
    let close = widgets::dialog(ui, "keys", (window - 80.0).clamp(COLUMN, 3.0 * COLUMN), |ui| {
        ui.label(RichText::new("Keys").size(theme::TITLE));
        // As many columns as there is room for.
        let count = ((ui.available_width() + 40.0) / COLUMN).clamp(1.0, 3.0) as usize;
        let lines = |groups: &[Group]| groups.iter().map(|(_, rows)| rows.len() + HEADING).sum::<usize>();
        ui.columns(count, |columns| {
            for (i, (area, rows)) in groups.iter().enumerate() {
                // Where its middle falls, were all of them one list that is cut into columns.
                let middle = lines(&groups[..i]) + (rows.len() + HEADING) / 2;
                let ui = &mut columns[middle * count / lines(&groups)];
                ui.add_space(theme::GAP);
                widgets::caption(ui, &area.to_uppercase());
                Grid::new(("keys", i)).num_columns(2).min_col_width(KEY).spacing([theme::PAGE, 0.0]).show(ui, |ui| {
                    for (key, name) in rows {
                        ui.label(RichText::new(key).color(t.accent));
                        ui.add(Label::new(name).wrap());
                        ui.end_row();
                    }
                });
            }
        });
        ui.add_space(theme::GAP);
        ui.label(RichText::new("Dissolve Studio is for research use only, not for diagnosis.").color(t.weak));
    });
    if close {
        cx.send(AppCommand::Escape);
    }
}
