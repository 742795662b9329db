//! Small parts that several panels use.

use super::{context::PanelContext, theme};
use crate::{
    app::{AppCommand, Command, actions, next_step},
    data::Label,
    error::NextStep,
};
use eframe::egui::{
    self, Align2, Button, Color32, FontId, Painter, Pos2, Rect, Response, RichText, Sense, Shape, Stroke, TextStyle, Ui, Vec2,
    WidgetInfo, accesskit::Role, vec2,
};

pub use crate::text::sentence;

/// The shape that goes with a label: normal ● blue, abnormal ▲ orange, unknown ■ grey. Never colour alone.
pub fn mark(painter: &Painter, tokens: &theme::Tokens, label: Option<Label>, centre: Pos2, radius: f32) {
    let edge = Stroke::new(1.0, tokens.page);
    match label {
        Some(Label::Normal) => _ = painter.circle(centre, radius, tokens.normal, edge),
        Some(Label::Abnormal) => {
            let r = radius * 1.15;
            let points = vec![centre + vec2(0.0, -r), centre + vec2(r * 0.95, r * 0.75), centre + vec2(-r * 0.95, r * 0.75)];
            painter.add(Shape::convex_polygon(points, tokens.abnormal, edge));
        }
        None => {
            let rect = Rect::from_center_size(centre, Vec2::splat(radius * 1.7));
            painter.rect(rect, 1.0, tokens.unknown, edge, egui::StrokeKind::Middle);
        }
    }
}

/// The mark of a label with its call: a label that was called the other way has a ring round its mark.
pub fn outcome_mark(painter: &Painter, tokens: &theme::Tokens, label: Option<Label>, wrong: bool, centre: Pos2, radius: f32) {
    mark(painter, tokens, label, centre, radius);
    if wrong {
        painter.circle_stroke(centre, radius + 2.0, Stroke::new(1.5, tokens.error));
    }
}

/// The mark as a little widget in a line of text.
pub fn mark_ui(ui: &mut Ui, label: Option<Label>) {
    let (rect, _) = ui.allocate_exact_size(Vec2::splat(12.0), Sense::hover());
    mark(ui.painter(), theme::of(ui), label, rect.center(), 5.0);
}

pub fn label_colour(tokens: &theme::Tokens, label: Option<Label>) -> Color32 {
    match label {
        Some(Label::Normal) => tokens.normal,
        Some(Label::Abnormal) => tokens.abnormal,
        None => tokens.unknown,
    }
}

pub fn label_word(label: Option<Label>) -> &'static str {
    match label {
        Some(Label::Normal) => "normal",
        Some(Label::Abnormal) => "abnormal",
        None => "unknown",
    }
}

/// A button of the table of actions: disabled with its reason where it is not allowed.
pub fn action_button(ui: &mut Ui, cx: &mut PanelContext<'_>, id: actions::Id) -> Response {
    let action = actions::get(id);
    let text = if action.icon.is_empty() { action.name.to_string() } else { format!("{}  {}", action.icon, action.name) };
    act(ui, cx, id, Button::new(text))
}

/// A button of the table of actions with a text of its own.
pub fn action_button_as(ui: &mut Ui, cx: &mut PanelContext<'_>, id: actions::Id, button: Button<'_>) -> Response {
    act(ui, cx, id, button)
}

/// A button of the table of actions in the accent colour: the one thing to do next.
pub fn primary_button(ui: &mut Ui, cx: &mut PanelContext<'_>, id: actions::Id) -> Response {
    let (action, t) = (actions::get(id), theme::of(ui));
    let text = RichText::new(format!("{}  {}", action.icon, action.name)).color(t.on_accent).family(theme::strong_family());
    act(ui, cx, id, Button::new(text).fill(t.accent).min_size(vec2(0.0, 32.0)))
}

/// A button of the table of actions with its icon alone; the name is in the tooltip.
pub fn icon_button(ui: &mut Ui, cx: &mut PanelContext<'_>, id: actions::Id) -> Response {
    icon_button_as(ui, cx, id, actions::get(id).icon)
}

/// A button of the table of actions with an icon that follows the state.
pub fn icon_button_as(ui: &mut Ui, cx: &mut PanelContext<'_>, id: actions::Id, icon: &str) -> Response {
    act(ui, cx, id, Button::new(icon).min_size(Vec2::splat(28.0)))
}

/// An action that switches something on and off, by a short name of its own; it is off where it is not allowed.
pub fn switch(ui: &mut Ui, cx: &mut PanelContext<'_>, id: actions::Id, name: &str, on: bool) -> Response {
    let on = on && (actions::get(id).allowed)(cx.state).is_ok();
    act_as(ui, cx, id, Button::selectable(on, name), |enabled| WidgetInfo::selected(Role::Button, enabled, on, name))
}

fn act(ui: &mut Ui, cx: &mut PanelContext<'_>, id: actions::Id, button: Button<'_>) -> Response {
    act_as(ui, cx, id, button, |enabled| WidgetInfo::labeled(Role::Button, enabled, actions::get(id).name))
}

/// `info`: what it is to those who do not see it, given whether it can be used.
fn act_as(
    ui: &mut Ui,
    cx: &mut PanelContext<'_>,
    id: actions::Id,
    button: Button<'_>,
    info: impl Fn(bool) -> WidgetInfo,
) -> Response {
    let action = actions::get(id);
    let allowed = (action.allowed)(cx.state);
    let key = action.key.map(|k| format!(" ({})", key_name(ui, &k))).unwrap_or_default();
    let what = match id {
        actions::Id::Undo => cx.state.history.next_undo(),
        actions::Id::Redo => cx.state.history.next_redo(),
        _ => None,
    };
    let what = what.map(|what| format!(": {what}")).unwrap_or_default();
    let response = ui.add_enabled(allowed.is_ok(), button);
    response.widget_info(|| info(allowed.is_ok()));
    if response.clicked() {
        cx.send((action.command)(cx.state));
    }
    match allowed {
        Ok(()) => response.on_hover_text(format!("{}{what}{key}", action.name)),
        Err(reason) => response.on_disabled_hover_text(reason),
    }
}

/// A shortcut as it stands on the keys.
pub fn key_name(ui: &Ui, shortcut: &egui::KeyboardShortcut) -> String {
    let text = ui.ctx().format_shortcut(shortcut);
    [("Questionmark", "?"), ("OpenBracket", "["), ("CloseBracket", "]")].into_iter().fold(text, |t, (a, b)| t.replace(a, b))
}

/// An action as an entry of a menu, with its key.
pub fn menu_item(ui: &mut Ui, cx: &mut PanelContext<'_>, id: actions::Id) -> Response {
    let action = actions::get(id);
    let key = action.key.map(|k| key_name(ui, &k)).unwrap_or_default();
    act(ui, cx, id, Button::new(action.name).frame(false).shortcut_text(key).min_size(vec2(260.0, 24.0)))
}

/// An action as a word in a line of text.
pub fn link(ui: &mut Ui, cx: &mut PanelContext<'_>, text: &str, id: actions::Id) -> Response {
    let text = RichText::new(text).size(theme::SMALL).color(theme::of(ui).accent);
    act(ui, cx, id, Button::new(text).frame(false))
}

/// A plain button that sends a command.
pub fn button<C: Into<Command>>(ui: &mut Ui, cx: &mut PanelContext<'_>, text: &str, command: impl FnOnce() -> C) -> Response {
    let response = ui.button(text);
    if response.clicked() {
        cx.send(command());
    }
    response
}

/// A button for side matters.
pub fn small_button(ui: &mut Ui, text: &str) -> Response {
    ui.add(Button::new(RichText::new(text).size(theme::SMALL)))
}

/// A caption over a section.
pub fn caption(ui: &mut Ui, text: &str) {
    let colour = theme::of(ui).weak;
    ui.label(RichText::new(text).size(theme::SMALL).color(colour).family(theme::strong_family()));
}

pub fn weak(ui: &mut Ui, text: impl Into<String>) -> Response {
    let colour = theme::of(ui).weak;
    ui.label(RichText::new(text).size(theme::SMALL).color(colour))
}

/// The height of a [`weak`] text in the width there is.
pub fn weak_height(ui: &Ui, text: &str) -> f32 {
    ui.painter().layout(text.into(), FontId::proportional(theme::SMALL), Color32::WHITE, ui.available_width()).size().y
}

/// A figure and what it is of, on one narrow line.
pub fn figure(ui: &mut Ui, name: &str, value: &str) -> Response {
    ui.horizontal(|ui| {
        ui.spacing_mut().interact_size.y = theme::SMALL;
        ui.set_height(theme::SMALL + 2.0);
        // The name gives way to the value.
        let value = RichText::new(value).size(theme::SMALL);
        let length = egui::WidgetText::from(value.clone()).into_galley(
            ui,
            Some(egui::TextWrapMode::Extend),
            f32::INFINITY,
            egui::TextStyle::Body,
        );
        let room = ui.available_width() - length.size().x - ui.spacing().item_spacing.x;
        ui.scope(|ui| {
            ui.set_max_width(room.max(40.0));
            weak_line(ui, name);
        });
        ui.add(egui::Label::new(value).truncate());
    })
    .response
}

/// Weak text on one line, so that what comes below stays where it is.
pub fn weak_line(ui: &mut Ui, text: impl Into<String>) -> Response {
    let text = RichText::new(text).size(theme::SMALL).color(theme::of(ui).weak);
    ui.add(egui::Label::new(text).truncate())
}

/// A row of choices, one of which is chosen; returns a newly clicked one.
pub fn choices<T: Copy + PartialEq>(ui: &mut Ui, current: T, all: &[(T, &str)]) -> Option<T> {
    let mut clicked = None;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = theme::STEP;
        for (value, name) in all {
            if ui.add(Button::selectable(*value == current, *name)).clicked() && *value != current {
                clicked = Some(*value);
            }
        }
    });
    clicked
}

/// Cuts the middle out of a text that is wider than `width`: the ends of file names say most. Control characters are made visible.
pub fn cut_middle(ui: &Ui, text: &str, font: &FontId, width: f32) -> String {
    cut(ui, text, font, width, |kept| kept / 2)
}

/// Cuts off the end of a text that is wider than `width`.
pub fn cut_end(ui: &Ui, text: &str, font: &FontId, width: f32) -> String {
    cut(ui, text, font, width, |_| 0)
}

/// `tail`: how many of so many kept letters are those of the end.
fn cut(ui: &Ui, text: &str, font: &FontId, width: f32, tail: fn(usize) -> usize) -> String {
    let text = &*crate::text::visible(text);
    let measure = |s: &str| ui.painter().layout_no_wrap(s.to_string(), font.clone(), Color32::WHITE).size().x;
    if measure(text) <= width {
        return text.to_string();
    }
    let chars: Vec<char> = text.chars().collect();
    let cut = |kept: usize| {
        let (head, tail) = (kept - tail(kept), tail(kept));
        let head: String = chars[..head].iter().collect();
        let tail: String = chars[chars.len() - tail..].iter().collect();
        format!("{head}…{tail}")
    };
    // The width grows with each letter: halve the search until it fits.
    let (mut low, mut high) = (0, chars.len().saturating_sub(1));
    while low < high {
        let middle = (low + high).div_ceil(2);
        if measure(&cut(middle)) <= width { low = middle } else { high = middle - 1 }
    }
    cut(low)
}

/// A label cut in its middle to the width there is; the complete text is in the tooltip.
pub fn cut_label(ui: &mut Ui, text: &str, size: f32, colour: Color32) -> Response {
    let font = FontId::proportional(size);
    let short = cut_middle(ui, text, &font, ui.available_width());
    let was_cut = short != text;
    let response = ui.label(RichText::new(short).size(size).color(colour));
    if was_cut { response.on_hover_text(text) } else { response }
}

/// What lies above the window, which takes no input meanwhile.
pub fn modal(id: &str) -> egui::Modal {
    egui::Modal::new(egui::Id::unique(id)).backdrop_color(theme::BACKDROP)
}

/// A dialog above the window, as wide as this where there is room; it scrolls where there is no height for it. Returns whether the
/// person wants it gone.
pub fn dialog(ui: &Ui, id: &str, width: f32, content: impl FnOnce(&mut Ui)) -> bool {
    let frame = egui::Frame::popup(ui.style()).inner_margin(theme::PAGE);
    let room = ui.ctx().content_rect().size() - Vec2::splat(4.0 * theme::PAGE);
    let modal = modal(id).frame(frame).show(ui.ctx(), |ui| {
        ui.set_width(width.min(room.x));
        // What is shown is taken for 400 points high until it is told otherwise.
        ui.set_max_height(room.y);
        // A bar that is seen before the pointer is over it.
        ui.spacing_mut().scroll = egui::style::ScrollStyle::solid();
        egui::ScrollArea::vertical().auto_shrink([false, true]).max_height(room.y).show(ui, |ui| {
            content(ui);
            follow_focus(ui);
        });
    });
    modal.should_close()
}

/// The content of a side panel: it scrolls with its bar in the panel's margin, and never makes the panel wider than it is.
pub fn side_content(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    let place = ui.available_rect_before_wrap();
    ui.allocate_rect(place, Sense::hover());
    let with_bar = place.with_max_x(place.right() + theme::PAGE - theme::STEP);
    let mut child = ui.new_child(egui::UiBuilder::new().max_rect(with_bar));
    egui::ScrollArea::vertical().auto_shrink(false).show(&mut child, |ui| {
        ui.set_width(place.width());
        content(ui);
        follow_focus(ui);
    });
}

/// Content that fills the room there is and, where that is lower than `least` points, scrolls.
pub fn at_least(ui: &mut Ui, least: f32, content: impl FnOnce(&mut Ui)) {
    if ui.available_height() >= least {
        return content(ui);
    }
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let size = vec2(ui.available_width() - theme::GAP, least);
        ui.allocate_ui(size, |ui| {
            ui.set_min_size(size);
            content(ui);
        });
        follow_focus(ui);
    });
}

/// Brings into view what has got the keyboard's focus; called last within what scrolls.
pub fn follow_focus(ui: &Ui) {
    let (key, focused) = (ui.scope_id().with("focus"), ui.memory(|m| m.focused()));
    let Some(id) = focused.filter(|id| ui.data(|data| data.get_temp(key)) != Some(*id)) else { return };
    ui.data_mut(|data| data.insert_temp(key, id));
    if let Some(rect) = ui.ctx().read_response(id).map(|response| response.rect)
        && ui.min_rect().contains(rect.center())
        && !ui.clip_rect().contains_rect(rect)
    {
        ui.scroll_to_rect(rect, Some(egui::Align::Center));
    }
}

/// A share as one stacked bar: `(count, colour)` from the left.
pub fn stacked_bar(ui: &mut Ui, width: f32, parts: &[(usize, Color32)], of: usize) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(width, 8.0), Sense::hover());
    let t = theme::of(ui);
    ui.painter().rect_filled(rect, 2.0, t.raised);
    let mut x = rect.left();
    for (count, colour) in parts {
        let right = x + rect.width() * *count as f32 / of.max(1) as f32;
        ui.painter().rect_filled(Rect::from_x_y_ranges(x..=right, rect.y_range()), 2.0, *colour);
        x = right;
    }
    response
}

/// What a panel shows where there is nothing yet: what to do, with room for the button.
pub fn empty_state(ui: &mut Ui, title: &str, text: &str, below: impl FnOnce(&mut Ui)) {
    let t = theme::of(ui);
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() * 0.3).max(theme::PAGE));
        ui.label(RichText::new(title).size(theme::TITLE).color(t.text));
        ui.label(RichText::new(text).color(t.weak));
        ui.add_space(theme::GAP);
        below(ui);
    });
}

/// What went wrong, what to do, and the text to copy.
pub fn failure(ui: &mut Ui, cx: &mut PanelContext<'_>, summary: &str, hint: &Option<NextStep>) {
    let t = theme::of(ui);
    let hint = next_step::words(hint.as_ref());
    egui::Frame::new().fill(t.raised).stroke(Stroke::new(1.0, t.error)).corner_radius(theme::RADIUS).inner_margin(12).show(
        ui,
        |ui| {
            ui.label(RichText::new(sentence(summary)).color(t.text));
            if !hint.is_empty() {
                ui.label(RichText::new(sentence(&hint)).color(t.weak));
            }
            if small_button(ui, "Copy details").clicked() {
                cx.send(AppCommand::Copy(format!("{summary}\n{hint}")));
            }
        },
    );
}

/// A duration that is an estimate: two figures are enough.
pub fn about(seconds: f64) -> String {
    match seconds {
        s if s < 1.0 => "a second".into(),
        s if s < 90.0 => format!("{:.0} s", s),
        s if s < 90.0 * 60.0 => format!("{:.0} min", s / 60.0),
        s if s < 48.0 * 3600.0 => format!("{:.1} h", s / 3600.0),
        s => format!("{:.0} days", s / 86400.0),
    }
}

/// Bytes for people.
pub fn bytes(count: f64) -> String {
    if count < 1e9 { format!("{:.0} MB", count / 1e6) } else { format!("{:.1} GB", count / 1e9) }
}

/// No picture is drawn narrower or lower than this, points: one of a single row of pixels would not be seen.
pub const LEAST_SIDE: f32 = 4.0;

/// `size` inside `rect`, as large as it goes, in the middle.
pub fn fit(size: Vec2, rect: Rect) -> Rect {
    let scale = (rect.width() / size.x.max(1.0)).min(rect.height() / size.y.max(1.0));
    Rect::from_center_size(rect.center(), (size * scale).max(Vec2::splat(LEAST_SIDE)).min(rect.size()))
}

/// Text at a place, in the small size.
pub fn text_at(ui: &Ui, at: Pos2, anchor: Align2, text: impl ToString, colour: Color32) -> Rect {
    ui.painter().text(at, anchor, text, TextStyle::Small.resolve(ui.style()), colour)
}

pub fn label_of(abnormal: Option<bool>) -> Option<Label> {
    abnormal.map(|a| if a { Label::Abnormal } else { Label::Normal })
}
