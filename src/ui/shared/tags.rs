//! Tags of the person's own: buttons that put them on the chosen images, and the chips that show them.

use super::{context::PanelContext, theme, widgets};
use crate::app::actions::{self, Id};
use eframe::egui::{Align2, Button, FontId, Rect, RichText, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

/// Height of a chip, points.
const CHIP: f32 = 18.0;

/// A button for each tag, and the way to more of them.
pub fn buttons(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = theme::STEP;
        let (allowed, chosen) = (actions::may_curate(cx.state), cx.state.selection());
        for tag in cx.state.own_tags() {
            let on = chosen.tags.contains(&tag.name);
            let key = tag.key.map(|key| format!("{key} ")).unwrap_or_default();
            let text = RichText::new(format!("{key}{}", tag.name)).size(theme::SMALL);
            let button = ui.add_enabled(allowed.is_ok(), Button::selectable(on, text).frame_when_inactive(true));
            button.widget_info(|| WidgetInfo::selected(Role::Button, allowed.is_ok(), on, format!("Tag: {}", tag.name)));
            let hint = tag.key.map_or("A tag of your own".to_string(), |key| format!("Key {key}"));
            match allowed {
                Ok(()) => {
                    let clicked = button.on_hover_text(hint).clicked();
                    cx.commands.extend(clicked.then(|| actions::own_tag(cx.state, &tag.name).ok()).flatten());
                }
                Err(reason) => _ = button.on_disabled_hover_text(reason),
            }
        }
        widgets::link(ui, cx, "Own tags…", Id::OwnTags);
    });
}

/// The tags of an image in a line of a panel.
pub fn line(ui: &mut Ui, cx: &PanelContext<'_>, image: &str) {
    let Some(open) = cx.state.open() else { return };
    let t = theme::of(ui);
    for tag in open.dataset.curation.tags(image) {
        let text = ui.painter().layout_no_wrap(tag.to_string(), FontId::proportional(theme::SMALL), t.on_accent);
        let (rect, response) = ui.allocate_exact_size(text.size() + vec2(12.0, 4.0), eframe::egui::Sense::hover());
        ui.painter().rect_filled(rect, theme::RADIUS, t.accent);
        ui.painter().galley(rect.center() - text.size() / 2.0, text, t.on_accent);
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("tagged {tag}")));
    }
}

/// The tags over the lower edge of a picture: as many as have room, and how many more there are.
pub fn over(ui: &Ui, picture: Rect, tags: &[String]) {
    let t = theme::of(ui);
    let font = FontId::proportional(theme::SMALL);
    let (mut x, y, right) = (picture.left() + 4.0, picture.bottom() - CHIP - 4.0, picture.right() - 4.0);
    for (i, tag) in tags.iter().enumerate() {
        let left = tags.len() - i - 1;
        // What is left keeps room for its number.
        let room = right - x - 10.0 - if left > 0 { 26.0 } else { 0.0 };
        let text = match room {
            room if room > 24.0 => widgets::cut_middle(ui, tag, &font, room),
            _ => format!("+{}", left + 1),
        };
        let galley = ui.painter().layout_no_wrap(text, font.clone(), t.on_accent);
        let chip = Rect::from_min_size(pos2(x, y), vec2(galley.size().x + 10.0, CHIP));
        ui.painter().rect_filled(chip, theme::RADIUS, t.accent);
        let at = Align2::CENTER_CENTER.anchor_size(chip.center(), galley.size());
        ui.painter().galley(at.min, galley, t.on_accent);
        if room <= 24.0 {
            return;
        }
        x = chip.right() + 3.0;
    }
}
