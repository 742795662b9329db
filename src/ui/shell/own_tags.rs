//! The person's own tags: their names and keys, and new ones.

use crate::{
    app::{AppCommand, DataCommand, actions, icons, state::OwnTag},
    text::images,
    ui::shared::{context::PanelContext, theme, widgets},
};
use eframe::egui::{Button, ComboBox, Grid, Id, Key, RichText, TextEdit, Ui};

/// A new tag while it is typed.
#[derive(Default)]
pub struct NewTag {
    name: String,
    /// Its field was given the keyboard's focus, since the page is there.
    pub is_asked: bool,
}

pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>, NewTag { name, is_asked }: &mut NewTag) {
    let close = widgets::dialog(ui, "own tags", 440.0, |ui| {
        ui.label(RichText::new("Tags of your own").size(theme::TITLE));
        let text = "For whatever you look for: camera artefacts, a rare finding, images to ask about. A key puts a tag on the \
                    selected images, and takes it off again.";
        widgets::weak(ui, text);
        ui.add_space(theme::GAP);
        let (tags, free) = (cx.state.workspace_settings.tags.clone(), actions::free_keys(cx.state));
        list(ui, cx, &tags, &free);
        ui.add_space(theme::GAP);
        let why = ui.horizontal(|ui| {
            // It keeps the focus while the list above it grows.
            let edit = TextEdit::singleline(name).id(Id::unique("new tag")).hint_text("name of a new tag").desired_width(240.0);
            let field = ui.add(edit).accessible_name("Name of a new tag");
            if !std::mem::replace(is_asked, true) {
                field.request_focus();
            }
            let entered = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
            let new = cx.state.workspace_settings.with_tag(name, free.first().copied());
            let add = ui.add_enabled(new.is_ok(), Button::new("Add"));
            match &new {
                Ok(new) if entered || add.clicked() => {
                    cx.send(DataCommand::Tags(new.tags.clone()));
                    name.clear();
                    field.request_focus();
                }
                Ok(_) => {}
                Err(why) => _ = add.on_disabled_hover_text(why),
            }
            new.err().filter(|_| !name.is_empty())
        });
        // Always as high, so that nothing moves while a name is typed.
        widgets::weak_line(ui, why.inner.unwrap_or_default());
        ui.add_space(theme::GAP);
        if ui.button("Close").clicked() {
            cx.send(AppCommand::Escape);
        }
    });
    if close {
        cx.send(AppCommand::Escape);
    }
}

fn list(ui: &mut Ui, cx: &mut PanelContext<'_>, tags: &[OwnTag], free: &[char]) {
    let counts = cx.state.open().map(|open| open.tags.clone()).unwrap_or_default();
    Grid::new("own tags").num_columns(4).spacing([theme::PAGE, theme::STEP]).show(ui, |ui| {
        for (i, tag) in tags.iter().enumerate() {
            let replaced = |key| {
                let mut new = tags.to_vec();
                new[i].key = key;
                DataCommand::Tags(new)
            };
            let combo = ComboBox::from_id_salt(("key", i)).width(64.0).selected_text(shown(tag.key)).show_ui(ui, |ui| {
                for key in [None].into_iter().chain(free.iter().copied().map(Some)) {
                    if ui.selectable_label(key == tag.key, shown(key)).clicked() && key != tag.key {
                        cx.send(replaced(key));
                    }
                }
            });
            combo.response.accessible_name(format!("Key of {}", tag.name));
            ui.label(&tag.name);
            widgets::weak(ui, images(counts.get(&tag.name).copied().unwrap_or_default()));
            let forget = ui.add(Button::new(icons::X).frame_when_inactive(false));
            let forget =
                forget.on_hover_text("Take it off this list; images keep it").accessible_name(format!("Forget {}", tag.name));
            if forget.clicked() {
                cx.send(DataCommand::Tags(tags.iter().filter(|other| *other != tag).cloned().collect()));
            }
            ui.end_row();
        }
    });
    if tags.is_empty() {
        widgets::weak(ui, "None yet.");
    }
}

fn shown(key: Option<char>) -> String {
    key.map_or("no key".into(), String::from)
}
