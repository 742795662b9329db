//! One image, large: dissolved beside it, and on Results the nearest normal training images. Enter opens it, Escape closes it.

use crate::{
    app::{
        AppCommand, DataCommand, State,
        actions::{Id as ActionId, may_lay_map},
        icons,
        message::Texture,
        state::Workspace,
    },
    engine::runs::score_set::ScoreSet,
    scores::{ScoreKind, ScoreRow},
    text::last_part,
    ui::{
        data::preprocess,
        dissolve::{captioned_image::CAPTION, change_curve, compare, image_frame, t_slider, view},
        results::{anomaly_map, explanation, review},
        shared::{context::PanelContext, plot::percent, tags, theme, widgets},
    },
};
use eframe::egui::{
    Align, Button, Frame, Layout, Rect, RichText, ScrollArea, Stroke, StrokeKind, Ui, UiBuilder, Vec2, WidgetInfo,
    accesskit::Role, vec2,
};

/// Width of the column that explains the score.
const WHY: f32 = 380.0;
/// Room in which pictures and explanation lie beside each other, points; else they lie above it.
const BESIDE: Vec2 = vec2(860.0, 500.0);
/// Least height of the pictures there.
const ABOVE: f32 = 200.0;
/// Share of the room that a long name keeps beside what the pointer shows.
const NAME: f32 = 0.4;
/// Height of tags and note.
const NOTE: f32 = 116.0;

pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>, note: &mut (String, String)) {
    let t = theme::of(ui);
    let window = ui.ctx().content_rect().size();
    // What lies below is seen round it, but the pictures have the room.
    let room = window - Vec2::splat(if window.x < BESIDE.x { 16.0 } else { 32.0 });
    let frame = Frame::new().fill(t.panel).corner_radius(theme::RADIUS).inner_margin(theme::PAGE);
    let modal = widgets::modal("picture").frame(frame).show(ui.ctx(), |ui| {
        ui.set_width(room.x - 32.0);
        ui.set_height(room.y - 32.0);
        let (row, set) = (row(cx).cloned(), cx.state.results.ready().cloned());
        let elsewhere = row.as_ref().and_then(|_| elsewhere(cx.state, set.as_deref()?));
        head(ui, cx, row.as_ref(), elsewhere.is_none());
        let Some((set, row)) = set.zip(row) else {
            return unscored(ui, cx);
        };
        let size = ui.available_size();
        if size.x < BESIDE.x || size.y < BESIDE.y {
            ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                ui.set_max_width(size.x - theme::PAGE);
                images(ui, cx, note, &set, &row, elsewhere, size.y.max(ABOVE) - theme::PAGE);
                ui.add_space(theme::PAGE);
                explanation::show(ui, cx, &set, &row, size.y);
                widgets::follow_focus(ui);
            });
            return;
        }
        ui.horizontal_top(|ui| {
            let left = vec2(size.x - WHY - theme::PAGE, size.y);
            ui.allocate_ui(left, |ui| {
                ui.vertical(|ui| {
                    ui.set_width(left.x);
                    let bars = has_bars(&set, &row) && !anomaly_map::is_on(cx.state);
                    let below = NOTE + if bars { explanation::BARS } else { 0.0 };
                    images(ui, cx, note, &set, &row, elsewhere, size.y - below);
                });
            });
            ui.add_space(theme::PAGE - theme::GAP);
            ui.vertical(|ui| {
                ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                    ui.set_width(ui.available_width() - 12.0);
                    explanation::show(ui, cx, &set, &row, size.y);
                });
            });
        });
    });
    if modal.should_close() {
        cx.send(AppCommand::Escape);
    }
}

/// The image of Data: alone, under the edge of its mask, or with what dissolving does to it.
fn unscored(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    if cx.state.is_large_in_data() {
        ui.horizontal_wrapped(|ui| {
            let large = cx.state.data.large;
            widgets::switch(ui, cx, ActionId::LargeMask, "Mask", large.mask);
            widgets::switch(ui, cx, ActionId::LargeDissolved, "Dissolved", large.dissolved);
        });
    }
    let size = ui.available_size();
    if cx.state.is_large_alone() { preprocess::large(ui, cx, size) } else { _ = picture(ui, cx, size, None) }
}

/// Why the image of the selected row cannot be seen: another picture must never stand under its name.
fn elsewhere(state: &State, set: &ScoreSet) -> Option<&'static str> {
    match (state.image_of_row(), state.open_of(set)) {
        (Some(_), _) => None,
        (None, Some(_)) => Some("This image is not in the open data set."),
        (None, None) => Some("The data set of this image is not open."),
    }
}

/// The pictures in this height, the terms of the score, tags and note; or the picture under its anomaly map alone, and these.
fn images(
    ui: &mut Ui,
    cx: &mut PanelContext<'_>,
    note: &mut (String, String),
    set: &ScoreSet,
    row: &ScoreRow,
    elsewhere: Option<&'static str>,
    height: f32,
) {
    let (width, top, under_map) = (ui.available_width(), ui.cursor().top(), anomaly_map::is_on(cx.state));
    anomaly_map::controls(ui, cx);
    let height = (height - (ui.cursor().top() - top)).max(ABOVE / 2.0);
    if under_map {
        anomaly_map::picture(ui, cx, vec2(width, height));
        image_frame::set_pointed(ui, None);
        // A picture to look at closely has the room of what else there is.
        return review::show(ui, cx, note);
    }
    let has_curve = picture(ui, cx, vec2(width, compare::used(cx, vec2(width, height))), elsewhere);
    if let Some((terms, normals)) = row.terms.as_ref().zip(set.normals.as_ref()).filter(|_| has_bars(set, row)) {
        ui.allocate_ui(vec2(width, explanation::BARS), |ui| {
            ui.vertical(|ui| {
                ui.set_min_size(vec2(width, explanation::BARS - theme::GAP));
                explanation::bars(ui, cx, set, terms, normals);
            });
        });
    }
    review::show(ui, cx, note);
    if elsewhere.is_none() && cx.state.dissolve.missing().is_none() {
        below(ui, cx, has_curve);
    }
}

/// Whether the terms of DIA's score stand under the pictures: where it is what is looked at, or leads with others.
fn has_bars(set: &ScoreSet, row: &ScoreRow) -> bool {
    let leads = || set.lead.leading(row).is_none_or(|leading| leading.iter().any(|(kind, _)| *kind == ScoreKind::Dia));
    let is_told = set.kind == ScoreKind::Dia || (set.kind == ScoreKind::Lead && leads());
    row.terms.is_some() && set.normals.is_some() && is_told
}

/// Where the pictures leave room: the slider, and the change curve where it is not beside them.
fn below(ui: &mut Ui, cx: &mut PanelContext<'_>, has_curve: bool) {
    const CURVE: f32 = 150.0;
    let slider = t_slider::height(ui.available_width()) + theme::GAP;
    if cx.state.dissolve.uses_t() && ui.available_height() >= slider {
        t_slider::show(ui, cx, cx.state.dissolve.training_range(&cx.state.train.config.dia));
    }
    if ui.available_height() >= CURVE && !has_curve {
        change_curve::show(ui, cx, ui.available_height());
    }
    view::play(ui, cx);
}

/// The image and the dissolved one, as far as there is one, and in the place that they leave the anomaly map or the change curve.
/// Returns whether it is the curve.
fn picture(ui: &mut Ui, cx: &mut PanelContext<'_>, size: Vec2, elsewhere: Option<&'static str>) -> bool {
    if let Some(reason) = elsewhere {
        not_here(ui, cx, size, reason);
        return false;
    }
    if let Some(missing) = cx.state.dissolve.missing() {
        alone(ui, cx, size, missing);
        return false;
    }
    if let Some(failure) = &cx.state.dissolve.answers.failed {
        widgets::failure(ui, cx, &failure.summary, &failure.hint);
        image_frame::set_pointed(ui, None);
        return false;
    }
    let seen = compare::show(ui, cx, size);
    image_frame::set_pointed(ui, seen.hover);
    let Some(place) = seen.free else { return false };
    if cx.state.workspace == Workspace::Results && anomaly_map::beside(ui, cx, place) {
        return false;
    }
    let mut child = ui.new_child(UiBuilder::new().max_rect(place));
    change_curve::show(&mut child, cx, place.height());
    true
}

/// Why there is no picture, and the way to it.
fn not_here(ui: &mut Ui, cx: &mut PanelContext<'_>, size: Vec2, reason: &str) {
    let set = cx.state.results.ready().filter(|set| cx.state.open_of(set).is_none()).cloned();
    let known = set.filter(|set| !set.data.path.as_os_str().is_empty());
    let place = ui.allocate_ui(size, |ui| {
        ui.set_min_size(size);
        ui.vertical_centered(|ui| {
            ui.add_space((size.y / 2.0 - 32.0).max(0.0));
            ui.label(RichText::new(reason).color(theme::of(ui).weak));
            if let Some(set) = known {
                widgets::button(ui, cx, &format!("Open {}", last_part(&set.data.path)), || {
                    DataCommand::OpenConfig(set.data.clone())
                });
            }
        });
    });
    ui.painter().rect_stroke(place.response.rect, theme::RADIUS, Stroke::new(1.0, theme::of(ui).edge), StrokeKind::Inside);
}

fn row<'a>(cx: &'a PanelContext<'_>) -> Option<&'a ScoreRow> {
    let results = &cx.state.results;
    (cx.state.workspace == Workspace::Results).then_some(())?;
    results.ready()?.rows.get(results.row?)
}

/// `is_here`: the selected image of the open data set is the one that is looked at.
fn head(ui: &mut Ui, cx: &mut PanelContext<'_>, row: Option<&ScoreRow>, is_here: bool) {
    let t = theme::of(ui);
    let (label, name) = match (cx.state.open().zip(cx.state.selected), row) {
        (_, Some(row)) => (crate::ui::shared::widgets::label_of(row.label), row.path.clone()),
        (Some((open, id)), None) => (open.dataset.label(id), open.dataset.item(id).map(|i| i.name.clone()).unwrap_or_default()),
        (None, None) => (None, String::new()),
    };
    ui.horizontal(|ui| {
        ui.set_height(24.0);
        widgets::mark_ui(ui, label);
        ui.label(RichText::new(widgets::label_word(label)).color(widgets::label_colour(t, label)));
        if is_here {
            if cx.state.open().zip(cx.state.selected).is_some_and(|(open, id)| open.dataset.is_left_out(id)) {
                ui.label(theme::strong("left out"));
            }
            tags::line(ui, cx, &name);
        }
        if let Some(row) = row {
            score(ui, cx, row);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let close = ui.add(Button::new(icons::X).min_size(vec2(24.0, 24.0))).on_hover_text("Close (Esc)");
            close.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Close"));
            if close.clicked() {
                cx.send(AppCommand::Escape);
            }
            if ui.available_width() > 160.0 {
                widgets::weak(ui, "← → walk");
            }
            if is_here && !cx.state.is_large_alone() {
                dissolved_by(ui, cx);
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let pointed = image_frame::pointed(ui).filter(|_| is_here);
                let pointed = pointed.and_then(|at| view::read_out(&cx.state.dissolve, &at));
                let room = ui.available_width() * if pointed.is_some() { NAME } else { 1.0 };
                ui.scope(|ui| {
                    ui.set_max_width(room);
                    widgets::cut_label(ui, &name, theme::BODY, t.text);
                });
                if let Some(text) = pointed {
                    widgets::weak_line(ui, text);
                }
            });
        });
    });
}

/// The score that is looked at by its name, its call, and of the leading score the ranks that make it.
fn score(ui: &mut Ui, cx: &PanelContext<'_>, row: &ScoreRow) {
    let Some(set) = cx.state.results.ready() else { return };
    let call = if row.score >= cx.state.results.threshold { "called abnormal" } else { "called normal" };
    let said = ui.label(format!("{} {:.4} · {call}", set.kind.title(), row.score));
    let parts = set.lead.leading(row).filter(|_| set.kind == ScoreKind::Lead);
    let named = |(kind, rank): (ScoreKind, f64)| format!("{} {}", kind.title(), percent(rank));
    let Some(parts) = parts.map(|parts| parts.into_iter().map(named).collect::<Vec<_>>()) else {
        said.on_hover_text(format!("{}. Higher = more abnormal", set.kind.meaning()));
        return;
    };
    // The name of the file has the room: the ranks are told beside the pictures, too.
    said.on_hover_text(format!("{} (of {}). Higher = more abnormal", set.kind.meaning(), parts.join(", ")));
}

/// The strength and the model of the dissolved image in view, where there is room to say them.
fn dissolved_by(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    let d = &cx.state.dissolve;
    let Some(model) = d.model().filter(|_| d.uses_t() && ui.available_width() > 420.0) else { return };
    let name = model.name.clone();
    // From the right to the left.
    widgets::weak(ui, format!("dissolved by {name}")).on_hover_text("The diffusion model of this run, where it has one");
    let is_beyond = d.t_limit().is_some_and(|limit| d.t >= limit);
    let (size, layout) = (vec2(if is_beyond { 88.0 } else { 64.0 }, 24.0), Layout::left_to_right(Align::Center));
    ui.allocate_ui_with_layout(size, layout, |ui| view::strength(ui, cx));
    ui.separator();
}

/// Without a model nothing is dissolved: the picture that is explained, zoomed as all are, and its anomaly map where there is one;
/// until it has come, the thumbnail.
fn alone(ui: &mut Ui, cx: &mut PanelContext<'_>, size: Vec2, missing: &str) {
    let (rect, _) = ui.allocate_exact_size(size, eframe::egui::Sense::hover());
    let has_picture = cx.state.workspace == Workspace::Results && cx.state.results.explanation.picture.is_some();
    let explained = cx.textures.get(&Texture::Explained).filter(|_| has_picture);
    let has_map = has_picture && may_lay_map(cx.state).is_ok();
    if let Some((texture, size)) = explained.map(|picture| (picture.id(), picture.size())) {
        let (mut place, size) = (rect.shrink2(vec2(0.0, 16.0)), size.map(|side| side as u32));
        if has_map {
            let [picture, map] = halves(place, size[0] as f32 / size[1].max(1) as f32);
            place = picture.with_min_y(picture.top() + CAPTION);
            anomaly_map::beside(ui, cx, map);
        }
        image_frame::layered(ui, cx, "the image", size, [(texture, 1.0)].into_iter(), place);
    } else if let Some(texture) = cx.state.selected.and_then(|id| cx.textures.thumbnail(id)) {
        let place = widgets::fit(texture.size_vec2(), rect.shrink2(vec2(0.0, 16.0)));
        eframe::egui::Image::new((texture.id(), place.size())).paint_at(ui, place);
    }
    let t = theme::of(ui);
    widgets::text_at(ui, rect.center_bottom(), eframe::egui::Align2::CENTER_BOTTOM, missing, t.weak);
}

/// Two places for pictures of this form under their names, beside or above each other: as they are larger.
fn halves(rect: Rect, aspect: f32) -> [Rect; 2] {
    let gap = Vec2::splat(theme::GAP);
    let half = (rect.size() - gap) / 2.0;
    let (beside, above) = (vec2(half.x, rect.height()), vec2(rect.width(), half.y));
    let width = |place: Vec2| place.x.min((place.y - CAPTION) * aspect);
    let (size, step) =
        if width(beside) >= width(above) { (beside, vec2(half.x + gap.x, 0.0)) } else { (above, vec2(0.0, half.y + gap.y)) };
    [rect.min, rect.min + step].map(|min| Rect::from_min_size(min, size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn picture_and_map_are_as_large_as_the_room_allows() {
        let rect = Rect::from_min_size(Default::default(), vec2(800.0, 500.0));
        let [square, map] = halves(rect, 1.0);
        assert!(square.right() < map.left() && square.top() == map.top());
        let [wide, map] = halves(rect, 3.0);
        assert!(wide.bottom() < map.top() && wide.left() == map.left());
    }
}
