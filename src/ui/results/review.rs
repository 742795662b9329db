//! What a person notes about the selected image: tags and a sentence.

use crate::{
    app::{ResultsCommand, actions},
    scores::Tag,
    text::images,
    ui::shared::{context::PanelContext, tags, theme, widgets},
};
use eframe::egui::{Button, RichText, TextEdit, Ui, WidgetInfo, accesskit::Role};

/// A tag as one letter: its key.
pub fn letter(tag: Tag) -> &'static str {
    match tag {
        Tag::LabelWrong => "T",
        Tag::ImagePoor => "N",
        Tag::Interesting => "P",
    }
}

fn action(tag: Tag) -> actions::Id {
    match tag {
        Tag::LabelWrong => actions::Id::LabelWrong,
        Tag::ImagePoor => actions::Id::ImagePoor,
        Tag::Interesting => actions::Id::Interesting,
    }
}

/// Tags and note of the selected image. `half_typed` is the note while it is being written, with the image it belongs to.
pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>, half_typed: &mut (String, String)) {
    let Some(name) = cx.state.results.selected().map(|row| row.path.clone()) else { return };
    let review = cx.state.results.image_review(&name);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = theme::STEP;
        for tag in Tag::ALL {
            let on = review.has(tag);
            let text = RichText::new(format!("{} {}", letter(tag), tag.name())).size(theme::SMALL);
            let response = ui.add(Button::selectable(on, text).frame_when_inactive(true));
            response.widget_info(|| WidgetInfo::selected(Role::Button, true, on, actions::get(action(tag)).name));
            if response.on_hover_text(format!("Key {}", letter(tag))).clicked() {
                cx.send(ResultsCommand::Tag(tag));
            }
        }
    });
    tags::buttons(ui, cx);
    // The note is taken when the field is left: a change a letter would be a change of the file a letter.
    if half_typed.0 != name {
        keep(cx, half_typed);
        *half_typed = (name.clone(), review.note.clone());
    }
    let edit =
        TextEdit::multiline(&mut half_typed.1).desired_rows(2).desired_width(f32::INFINITY).hint_text("A note on this image");
    let field = ui.add(edit).accessible_name("Note");
    if field.lost_focus() {
        keep(cx, half_typed);
    } else if !field.has_focus() {
        // Undone, or changed elsewhere.
        half_typed.1.clone_from(&review.note);
    }
    let (count, t) = (cx.state.results.tagged(), theme::of(ui));
    if count > 0 {
        ui.horizontal(|ui| {
            ui.label(RichText::new(format!("{} tagged or noted", images(count))).size(theme::SMALL).color(t.weak));
            widgets::link(ui, cx, "Export as CSV", actions::Id::ExportTags);
        });
    }
}

/// Takes the note that was being written.
fn keep(cx: &mut PanelContext<'_>, half_typed: &(String, String)) {
    let ((name, note), Some(set)) = (half_typed, cx.state.results.ready()) else { return };
    let (file, before) = (set.file.clone(), cx.state.results.image_review(name));
    if !name.is_empty() && before.note != *note {
        cx.send(ResultsCommand::Review { file, name: name.clone(), review: before.with_note(note) });
    }
}
