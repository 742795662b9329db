//! `Ctrl+K`: finds an action by its name.
//!
//! By hand, as egui has none: a text field over [`ACTIONS`], whose names, keys and reasons (why not now) are here already.

use crate::{
    app::{
        AppCommand,
        actions::{ACTIONS, Action, Id},
    },
    ui::shared::{
        context::{PanelContext, allowed},
        theme, widgets,
    },
};
use eframe::egui::{Button, Key, RichText, TextEdit, Ui};

/// Actions that are listed at most, and the height of one, points.
const MOST: usize = 12;
const ROW: f32 = 36.0;

#[derive(Default)]
pub struct Palette {
    query: String,
    at: usize,
}

impl Palette {
    pub fn show(&mut self, ui: &mut Ui, cx: &mut PanelContext<'_>) {
        let t = theme::of(ui);
        let (up, down, enter) = ui.input_mut(|i| {
            let mut pressed = |key| i.consume_key(Default::default(), key);
            (pressed(Key::ArrowUp), pressed(Key::ArrowDown), pressed(Key::Enter))
        });
        let height = ui.ctx().content_rect().height();
        let found = self.found(cx, (((height - 140.0) / ROW) as usize).clamp(3, MOST));
        let last = found.len().saturating_sub(1);
        self.at = if up { self.at.saturating_sub(1) } else { (self.at + usize::from(down)).min(last) };
        let mut chosen = found.get(self.at).filter(|_| enter).copied();
        let close = widgets::dialog(ui, "palette", 480.0, |ui| {
            let field = TextEdit::singleline(&mut self.query).hint_text("Find an action").desired_width(f32::INFINITY);
            let field = ui.add(field).accessible_name("Find an action");
            if field.changed() {
                self.at = 0;
            }
            field.request_focus();
            for (i, &action) in found.iter().enumerate() {
                let reason = (action.allowed)(cx.state).err();
                let key = action.key.map(|k| widgets::key_name(ui, &k)).unwrap_or_default();
                let colour = if reason.is_some() { t.weak } else { t.text };
                let button = Button::selectable(i == self.at, RichText::new(action.name).color(colour))
                    .shortcut_text(RichText::new(key).color(t.weak))
                    .min_size([ui.available_width(), 28.0].into());
                let response = ui.add(button);
                if response.clicked() {
                    (self.at, chosen) = (i, Some(action));
                }
                if let Some(reason) = reason.filter(|_| i == self.at) {
                    widgets::weak(ui, reason);
                }
            }
            if found.is_empty() {
                ui.label(RichText::new("No action has this in its name.").color(t.weak));
            }
        });
        if let Some(command) = chosen.and_then(|a| allowed(a, cx.state)) {
            *self = Self::default();
            cx.send(AppCommand::Escape);
            cx.send(command);
        } else if close {
            *self = Self::default();
            cx.send(AppCommand::Escape);
        }
    }

    /// What can be done now comes first, and of that where a word begins as is typed.
    fn found(&self, cx: &PanelContext<'_>, most: usize) -> Vec<&'static Action> {
        let query = self.query.to_lowercase();
        let shown = |a: &&Action| a.name.to_lowercase().contains(&query) && !matches!(a.id, Id::Palette | Id::Escape);
        let mut found: Vec<&Action> = ACTIONS.iter().filter(shown).collect();
        let begins =
            |a: &Action| a.name.to_lowercase().split(|c: char| !c.is_alphanumeric()).any(|word| word.starts_with(&query));
        found.sort_by_key(|a| ((a.allowed)(cx.state).is_err(), !begins(a)));
        found.truncate(most);
        found
    }
}
