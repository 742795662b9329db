//! What is said of an image under it, and what can be done with the selected ones: a line over the grid, and a menu.

use crate::{
    app::{
        AppCommand, State,
        actions::{Id, may_curate, may_unlabel, own_tag},
        icons,
        state::{OpenDataset, Room, Workspace},
    },
    data::{ALL, Item},
    text::{elided, thousands},
    ui::shared::{
        context::{PanelContext, keys_are_elsewhere},
        theme, widgets,
    },
};
use eframe::egui::{Button, Key, RichText, Ui, WidgetInfo, accesskit::Role, vec2};

/// The line under an image: its class, its split or that it is left out, and whether a person has labelled it.
pub fn note(open: &OpenDataset, item: &Item) -> String {
    let class = item.class.and_then(|c| open.dataset.classes.get(c)).filter(|class| class.name != ALL);
    let by_hand = item.said.label.filter(|label| class.is_none_or(|class| class.label != Some(*label)));
    let name = class.map(|class| elided(&class.name, 60));
    let by_hand = by_hand.map(|_| "by hand");
    // What is never cut comes first.
    let parts = match item.said.leave_out {
        true => [Some("left out"), name.as_deref(), by_hand],
        false => [name.as_deref(), by_hand, Some(item.split.name())],
    };
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// How many are selected, and what can be done with them: always as high, since the images lie under it, but in a
/// small window.
pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    // There the images need the room.
    if cx.state.room == Room::Small && !has_marks(cx.state) {
        return;
    }
    ui.horizontal(|ui| {
        ui.set_min_height(HEIGHT);
        let chosen = cx.state.selection();
        let count = match cx.state.workspace {
            Workspace::Results => cx.state.selected_rows().len(),
            _ => chosen.images.len(),
        };
        ui.label(RichText::new(format!("{} selected", thousands(count))).size(theme::SMALL));
        button(ui, cx, Id::LeaveOut, if chosen.all_left_out { "Take back" } else { "Leave out" });
        let is_wide = ui.available_width() > WIDE;
        if is_wide {
            button(ui, cx, Id::LabelNormal, "Normal");
            button(ui, cx, Id::LabelAbnormal, "Abnormal");
            if may_unlabel(cx.state).is_ok() {
                button(ui, cx, Id::Unlabel, "No label");
            }
        }
        if has_marks(cx.state) {
            button(ui, cx, Id::Compare, "Compare");
        }
        // The menu has it, too.
        if cx.state.workspace == Workspace::Results && (is_wide || ui.available_width() > EXPORT) {
            button(ui, cx, Id::ExportSelected, "Export");
        }
        if !is_wide {
            let more = ui.menu_button(RichText::new(icons::CARET_DOWN).size(theme::SMALL), |ui| menu(ui, cx)).response;
            more.widget_info(|| WidgetInfo::labeled(Role::Button, true, "More for the selected images"));
            more.on_hover_text("More for the selected images");
        }
        if has_marks(cx.state) {
            let clear = widgets::small_button(ui, icons::X).accessible_name("Select one alone");
            if clear.on_hover_text("Select one alone (Esc)").clicked() {
                cx.send(AppCommand::Escape);
            }
        } else if ui.available_width() > HINT {
            widgets::weak(ui, "Ctrl or Shift and click selects several");
        }
    });
}

/// Several images are selected together in the list in view.
fn has_marks(state: &State) -> bool {
    match state.workspace {
        Workspace::Results => !state.results.marked.is_empty(),
        _ => !state.data.marked.is_empty(),
    }
}

/// Height of the line over the grid, and the width that its hint needs, points.
const HEIGHT: f32 = 24.0;
const HINT: f32 = 230.0;
/// Width from which on all that can be done has a button of its own, points.
const WIDE: f32 = 420.0;
/// Room for one more button before the last two, points.
const EXPORT: f32 = 136.0;

/// An action in a word.
fn button(ui: &mut Ui, cx: &mut PanelContext<'_>, id: Id, word: &str) {
    widgets::action_button_as(ui, cx, id, Button::new(RichText::new(word).size(theme::SMALL)));
}

/// Space selects the one that is looked at with others, or no more.
pub fn is_toggled_by_key(ui: &Ui, state: &State) -> bool {
    !keys_are_elsewhere(ui, state) && ui.input(|i| i.key_pressed(Key::Space))
}

/// The menu of the selected images in the grid and in the gallery.
pub fn menu(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    let entries = [Id::LeaveOut, Id::LabelNormal, Id::LabelAbnormal, Id::Unlabel, Id::BigPicture, Id::Compare, Id::SelectAll];
    entries.iter().for_each(|id| _ = widgets::menu_item(ui, cx, *id));
    if cx.state.workspace == Workspace::Results {
        widgets::menu_item(ui, cx, Id::ExportSelected);
    }
    ui.separator();
    for tag in cx.state.own_tags() {
        if may_curate(cx.state).is_err() {
            continue;
        }
        let key = tag.key.map(String::from).unwrap_or_default();
        let word = if cx.state.selection().tags.contains(&tag.name) { "Take off" } else { "Tag" };
        let entry = Button::new(format!("{word}: {}", tag.name)).frame(false).shortcut_text(key).min_size(vec2(260.0, 24.0));
        if ui.add(entry).clicked() {
            cx.commands.extend(own_tag(cx.state, &tag.name));
            ui.close();
        }
    }
    widgets::menu_item(ui, cx, Id::OwnTags);
}

/// What was said of the images, to see and to take along; nothing where nothing was.
pub fn summary(ui: &mut Ui, cx: &mut PanelContext<'_>, open: &OpenDataset) {
    let Some(summary) = open.dataset.curation_summary() else { return };
    widgets::caption(ui, "BY HAND");
    ui.label(summary);
    widgets::weak(ui, "Kept in the workspace; a run trains and scores by it. Ctrl+Z takes the last change back.");
    let export = format!("{}  Export as CSV", icons::DOWNLOAD);
    widgets::action_button_as(ui, cx, Id::ExportCuration, Button::new(export));
    ui.add_space(theme::PAGE);
}
