//! Original, dissolved and difference side by side, zoomed and moved as one.

use super::{Cx, theme, widgets};
use crate::app::{Command, message::Texture, state::View};
use eframe::egui::{Align2, CursorIcon, Image, Rect, Sense, TextureHandle, Ui, Vec2, WidgetInfo, accesskit::Role, pos2, vec2};

const CAPTION: f32 = 20.0;

/// Fills the space that there is; returns the part of it that stays free, where there is one.
pub fn show(ui: &mut Ui, cx: &mut Cx<'_>, size: Vec2) -> Option<Rect> {
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let peek = ui.input(|i| i.modifiers.shift_only());
    let d = &cx.state.dissolve;
    let of_selected = cx.state.selected.is_some() && d.original == cx.state.selected;
    let twin_is_there = of_selected && d.done.as_ref().is_some_and(|done| Some(done.image) == cx.state.selected);
    let original = cx.textures.get(&Texture::Original).filter(|_| of_selected);
    let twin = |texture| cx.textures.get(&texture).filter(|_| twin_is_there);
    let dissolved = if peek { original } else { twin(Texture::Dissolved) };
    let t = d.done.as_ref().map_or(d.t, |done| done.t);
    let middle = if peek { "original (Shift)".to_string() } else { format!("dissolved, t = {t}") };
    let panels = [
        ("original".to_string(), original.cloned()),
        (middle, dissolved.cloned()),
        ("what dissolving changed".to_string(), twin(Texture::Difference).cloned()),
    ];
    let aspect = original.map_or(1.0, |o| o.size_vec2().x / o.size_vec2().y.max(1.0));
    let (places, free) = places(rect, aspect);
    for (i, ((name, texture), place)) in panels.into_iter().zip(places).enumerate() {
        panel(ui, cx, i, &name, texture, place);
    }
    free
}

/// Three places in a row, or two above one, with a free one beside it: whichever shows more of the pictures.
fn places(rect: Rect, aspect: f32) -> ([Rect; 3], Option<Rect>) {
    let gap = theme::GAP;
    let area = |w: f32, h: f32| {
        let h = h - CAPTION;
        let width = w.min(h * aspect);
        width * width / aspect
    };
    let (w, h) = (rect.width(), rect.height());
    let in_row = 3.0 * area((w - 2.0 * gap) / 3.0, h);
    let half = ((w - gap) / 2.0, (h - gap) / 2.0);
    let stacked = 3.0 * area(half.0, half.1);
    if in_row >= stacked {
        let width = (w - 2.0 * gap) / 3.0;
        let place = |i| Rect::from_min_size(rect.min + vec2(i * (width + gap), 0.0), vec2(width, h));
        return ([0.0, 1.0, 2.0].map(place), None);
    }
    let size = vec2(half.0, half.1);
    let (right, below) = (rect.left() + half.0 + gap, rect.top() + half.1 + gap);
    let places = [rect.min, pos2(right, rect.top()), pos2(right, below)].map(|min| Rect::from_min_size(min, size));
    (places, Some(Rect::from_min_size(pos2(rect.left(), below), size)))
}

fn panel(ui: &mut Ui, cx: &mut Cx<'_>, index: usize, name: &str, texture: Option<TextureHandle>, place: Rect) {
    let t = theme::of(ui);
    widgets::text_at(ui, place.left_top() + vec2(0.0, CAPTION / 2.0), Align2::LEFT_CENTER, name, t.weak);
    let frame = place.with_min_y(place.top() + CAPTION);
    let Some(texture) = texture else {
        ui.painter().rect_filled(frame, theme::RADIUS, t.panel);
        return;
    };
    let shown = widgets::fit(texture.size_vec2(), frame);
    // The picture keeps to the top left of its place, so that the three stand in one line.
    let shown = shown.translate(vec2(frame.left() - shown.left(), frame.top() - shown.top()));
    let response = ui.interact(shown, ui.scope_id().with(("compare", index)), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
    let view = cx.state.dissolve.view;
    let half = 0.5 / view.zoom;
    let uv = Rect::from_center_size(pos2(view.centre[0], view.centre[1]), Vec2::splat(2.0 * half));
    Image::new((texture.id(), shown.size())).uv(uv).corner_radius(4).paint_at(ui, shown);

    if response.double_clicked() {
        cx.send(Command::View(View::default()));
    }
    let drag = response.drag_delta();
    if drag != Vec2::ZERO && view.zoom > 1.0 {
        let centre = [view.centre[0] - drag.x / shown.width() / view.zoom, view.centre[1] - drag.y / shown.height() / view.zoom];
        cx.send(Command::View(View { centre, ..view }));
    }
    if let Some(at) = response.hover_pos() {
        let (scroll, pinch) = ui.input(|i| (i.smooth_scroll_delta().y, i.zoom_delta()));
        let factor = pinch * (scroll / 200.0).exp();
        if factor != 1.0 {
            cx.send(Command::View(zoomed(view, factor, (at - shown.min) / shown.size())));
        }
        if view.zoom > 1.0 {
            ui.ctx().set_cursor_icon(CursorIcon::Grab);
        }
    }
}

/// Zooms about the point under the pointer (`at`, a share of the picture's frame), which stays where it is.
fn zoomed(view: View, factor: f32, at: Vec2) -> View {
    let zoom = (view.zoom * factor).clamp(1.0, View::MAX_ZOOM);
    let offset = |centre: f32, at: f32| centre + (at - 0.5) * (1.0 / view.zoom - 1.0 / zoom);
    View { zoom, centre: [offset(view.centre[0], at.x), offset(view.centre[1], at.y)] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_point_under_the_pointer_stays() {
        let view = View { zoom: 2.0, centre: [0.4, 0.6] };
        let at = vec2(0.9, 0.2);
        let point = |v: View| [v.centre[0] + (at.x - 0.5) / v.zoom, v.centre[1] + (at.y - 0.5) / v.zoom];
        let (before, after) = (point(view), point(zoomed(view, 1.7, at)));
        assert!((before[0] - after[0]).abs() < 1e-6 && (before[1] - after[1]).abs() < 1e-6);
    }

    #[test]
    fn three_squares_fit_a_row_and_wide_pictures_do_not() {
        let wide = Rect::from_min_size(pos2(0.0, 0.0), vec2(900.0, 320.0));
        assert!(places(wide, 1.0).0.iter().all(|p| p.top() == 0.0));
        let tall = Rect::from_min_size(pos2(0.0, 0.0), vec2(600.0, 600.0));
        let (stacked, free) = places(tall, 1.5);
        assert!(stacked[2].top() > 0.0 && free.is_some_and(|f| f.top() > 0.0));
    }
}
