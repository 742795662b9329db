//! One frame of the comparison: drawn by the shader, zoomed with the wheel, moved by dragging; all frames share one view.

use crate::{
    app::{DissolveCommand, state::View},
    engine::dissolve::request::InView,
    gpu::{Appearance, Compare, CompareUniforms, Mode, Raster},
    ui::shared::{context::PanelContext, theme, widgets::LEAST_SIDE},
};
use eframe::{
    egui::{
        CursorIcon, EventFilter, Id, Key, Rect, Response, Sense, Stroke, TextureId, Ui, Vec2, WidgetInfo, accesskit::Role, pos2,
        vec2,
    },
    egui_wgpu::Callback,
};
use std::sync::Arc;

/// Radius of the loupe, points.
const LOUPE: f32 = 90.0;
/// Largest size of a picture's pixel on the screen, physical px.
const LARGEST: f32 = 48.0;
/// Half of the width in which the split bar is caught, points.
const BAR: f32 = 6.0;

/// What a frame shows.
pub struct Shot<'a> {
    pub original: &'a Arc<Raster>,
    pub dissolved: &'a Arc<Raster>,
    /// What a difference is taken from; the original where there is none.
    pub resized: Option<&'a Arc<Raster>>,
    pub mode: Mode,
}

/// What a frame has shown.
pub struct Framed {
    /// The part of the screen that the picture covers.
    pub rect: Rect,
    /// The point of the picture under the pointer.
    pub hover: Option<[f32; 2]>,
    pub in_view: InView,
}

/// Where the picture lies in its place.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Placement {
    /// The part of the screen that it covers.
    rect: Rect,
    /// Points of the screen a pixel of the picture, across and down: the same, but in a picture of a few rows or columns.
    scale: Vec2,
    /// Point of the picture at the upper left corner, and the share of the picture in view; \[0, 1\] each.
    start: [f32; 2],
    share: [f32; 2],
    zoom: f32,
}

impl Placement {
    /// As large as the place allows at zoom 1; above it the frame grows to the place and shows a part.
    fn new(size: [u32; 2], place: Rect, view: View, pixels_per_point: f32) -> Self {
        let size = vec2(size[0] as f32, size[1] as f32);
        let fit = (place.width() / size.x).min(place.height() / size.y).max(1e-6);
        let actual = 1.0 / (pixels_per_point * fit);
        let zoom = if view.actual { actual } else { view.zoom };
        let zoom = zoom.clamp(actual.min(1.0), (LARGEST * actual).max(1.0));
        let scale = Vec2::splat(fit * zoom).max(Vec2::splat(LEAST_SIDE) / size);
        let shown = (size * scale).min(place.size());
        let corner = pos2(place.center().x - shown.x / 2.0, place.top());
        // On whole pixels of the screen, so that nothing shimmers.
        let corner = pos2((corner.x * pixels_per_point).round(), (corner.y * pixels_per_point).round()) / pixels_per_point;
        let share = [shown.x / (size.x * scale.x), shown.y / (size.y * scale.y)];
        let start = [0, 1].map(|i| {
            let half = share[i].min(1.0) / 2.0;
            view.centre[i].clamp(half, 1.0 - half) - half
        });
        Self { rect: Rect::from_min_size(corner, shown), scale, start, share, zoom }
    }

    /// The point of the picture under a point of the screen.
    fn uv(&self, at: eframe::egui::Pos2) -> [f32; 2] {
        let place = (at - self.rect.min) / self.rect.size();
        [self.start[0] + place.x * self.share[0], self.start[1] + place.y * self.share[1]]
    }

    fn view(&self) -> View {
        View { zoom: self.zoom, centre: [0, 1].map(|i| self.start[i] + self.share[i] / 2.0), actual: false }
    }

    /// With the eye on a point of the picture, or else on the middle.
    fn in_view(&self, eye: Option<[f32; 2]>) -> InView {
        let end = [0, 1].map(|i| self.start[i] + self.share[i]);
        InView { corners: [self.start, end], focus: eye.unwrap_or_else(|| self.view().centre) }
    }

    /// Zoomed about a point of the screen, under which the picture stays.
    fn zoomed(&self, factor: f32, at: eframe::egui::Pos2) -> View {
        let view = self.view();
        let uv = self.uv(at);
        let centre = [0, 1].map(|i| uv[i] + (view.centre[i] - uv[i]) / factor);
        View { zoom: view.zoom * factor, centre, actual: false }
    }
}

/// Draws a shot in its place.
pub fn frame(ui: &mut Ui, cx: &mut PanelContext<'_>, id: (&str, usize), name: &str, shot: Shot<'_>, place: Rect) -> Framed {
    let points = ui.ctx().pixels_per_point();
    let d = &cx.state.dissolve;
    let fitted = Placement::new(shot.original.size(), place, d.view, points);
    let id = ui.scope_id().with(id);
    let response = ui.interact(fitted.rect, id, Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
    let hover = response.hover_pos();
    // The loupe waits in the middle until the pointer comes.
    let (divider, radius) = match shot.mode {
        Mode::Loupe => (hover.unwrap_or(fitted.rect.center()), LOUPE.min(fitted.rect.width() / 3.0)),
        _ => (pos2(fitted.rect.left() + d.divider * fitted.rect.width(), fitted.rect.center().y), 0.0),
    };
    let gain = d.gain_of(cx.state.selected);
    let look = Appearance { mode: shot.mode, gain, divider: [divider.x * points, divider.y * points], radius: radius * points };
    let origin = [fitted.rect.left() * points, fitted.rect.top() * points];
    let original = match (shot.mode, shot.resized) {
        (Mode::Signed | Mode::Absolute, Some(resized)) => resized,
        _ => shot.original,
    };
    let (size, scale) = (shot.original.size(), [fitted.scale.x * points, fitted.scale.y * points]);
    let params = CompareUniforms::new(size, original, shot.dissolved, origin, fitted.start, scale, look);
    let callback = Compare { slot: id.value(), original: original.clone(), dissolved: shot.dissolved.clone(), params };
    ui.painter().add(Callback::new_paint_callback(fitted.rect, callback));

    navigate(ui, cx, &response, &fitted);
    match shot.mode {
        Mode::Split => bar(ui, cx, id, &fitted, divider.x),
        Mode::Loupe => _ = ui.painter().circle_stroke(divider, radius, Stroke::new(1.5, theme::ON_PICTURE)),
        _ => cross(ui, &fitted, hover.is_some()),
    }
    let hover = hover.map(|at| fitted.uv(at));
    Framed { rect: fitted.rect, hover, in_view: fitted.in_view(hover) }
}

/// Draws the layers of one picture of `size` px in its place, each with an opacity, zoomed and moved as all frames are.
pub fn layered(
    ui: &mut Ui,
    cx: &mut PanelContext<'_>,
    name: &str,
    size: [u32; 2],
    layers: impl Iterator<Item = (TextureId, f32)>,
    place: Rect,
) {
    let fitted = Placement::new(size, place, cx.state.dissolve.view, ui.ctx().pixels_per_point());
    let response = ui.interact(fitted.rect, ui.scope_id().with(name), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
    let [start, share] = [fitted.start, fitted.share.map(|share| share.min(1.0))];
    let seen = Rect::from_min_size(pos2(start[0], start[1]), vec2(share[0], share[1]));
    for (texture, opacity) in layers {
        ui.painter().image(texture, fitted.rect, seen, theme::pixel(255, 255, 255).gamma_multiply(opacity));
    }
    navigate(ui, cx, &response, &fitted);
}

fn navigate(ui: &Ui, cx: &mut PanelContext<'_>, response: &Response, fitted: &Placement) {
    if response.double_clicked() {
        cx.send(DissolveCommand::View(View::default()));
    }
    let drag = response.drag_delta();
    let movable = fitted.share.iter().any(|s| *s < 0.999);
    if drag != Vec2::ZERO && movable {
        let view = fitted.view();
        let drag = drag / fitted.rect.size();
        let centre = [view.centre[0] - drag.x * fitted.share[0], view.centre[1] - drag.y * fitted.share[1]];
        cx.send(DissolveCommand::View(View { centre, ..view }));
    }
    if let Some(at) = response.hover_pos() {
        let (scroll, pinch) = ui.input(|i| (i.smooth_scroll_delta().y, i.zoom_delta()));
        let factor = pinch * (scroll / 200.0).exp();
        if factor != 1.0 {
            cx.send(DissolveCommand::View(fitted.zoomed(factor, at)));
        }
        if movable {
            ui.ctx().set_cursor_icon(CursorIcon::Grab);
        }
    }
}

/// The split bar: dragged, or doubled-clicked back to the middle.
fn bar(ui: &mut Ui, cx: &mut PanelContext<'_>, id: Id, fitted: &Placement, x: f32) {
    let t = theme::of(ui);
    let rect = fitted.rect;
    let hand = ui.interact(Rect::from_x_y_ranges(x - BAR..=x + BAR, rect.y_range()), id.with("bar"), Sense::click_and_drag());
    let at = f64::from(cx.state.dissolve.divider);
    hand.widget_info(|| WidgetInfo::slider(true, at, "Split bar"));
    if hand.double_clicked() {
        cx.send(DissolveCommand::Divider(0.5));
    } else if let Some(at) = hand.interact_pointer_pos().filter(|_| hand.dragged()) {
        cx.send(DissolveCommand::Divider((at.x - rect.left()) / rect.width()));
    } else if hand.has_focus() {
        // The arrows are its own while it has the focus.
        let arrows = EventFilter { horizontal_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|m| m.set_focus_lock_filter(hand.id, arrows));
        let by = ui.input(|i| i.num_presses(Key::ArrowRight) as f32 - i.num_presses(Key::ArrowLeft) as f32);
        if by != 0.0 {
            cx.send(DissolveCommand::Divider(cx.state.dissolve.divider + 0.02 * by));
        }
    }
    let colour = if hand.hovered() || hand.dragged() {
        ui.ctx().set_cursor_icon(CursorIcon::ResizeHorizontal);
        t.accent
    } else if hand.has_focus() {
        t.text
    } else {
        t.on_accent
    };
    // Light and dark, so that it is seen on any picture.
    ui.painter().vline(x, rect.y_range(), Stroke::new(3.0, t.page));
    ui.painter().vline(x, rect.y_range(), Stroke::new(1.0, t.accent));
    ui.painter().circle(pos2(x, rect.center().y), 5.0, t.accent, Stroke::new(1.5, colour));
}

/// The point under the pointer in the other frames.
fn cross(ui: &Ui, fitted: &Placement, is_hovered: bool) {
    let Some(Pointed { uv, .. }) = (!is_hovered).then(|| pointed(ui)).flatten() else { return };
    let at = [0, 1].map(|i| (uv[i] - fitted.start[i]) / fitted.share[i]);
    if at.iter().all(|v| (0.0..=1.0).contains(v)) {
        let centre = fitted.rect.min + vec2(at[0], at[1]) * fitted.rect.size();
        let t = theme::of(ui);
        for (radius, width, colour) in [(6.0, 3.0, t.page), (6.0, 1.5, t.accent)] {
            ui.painter().circle_stroke(centre, radius, Stroke::new(width, colour));
        }
    }
}

/// What is under the pointer.
#[derive(Clone)]
pub struct Pointed {
    /// The point of the picture, \[0, 1\] each.
    pub uv: [f32; 2],
    pub original: Arc<Raster>,
    pub dissolved: Arc<Raster>,
    /// What the original is after resizing alone, where that is another thing.
    pub resized: Option<Arc<Raster>>,
}

/// As it was in the last frame.
pub fn pointed(ui: &Ui) -> Option<Pointed> {
    ui.data(|data| data.get_temp::<Option<Pointed>>(pointed_id())).flatten()
}

pub fn set_pointed(ui: &Ui, pointed: Option<Pointed>) {
    ui.data_mut(|data| data.insert_temp(pointed_id(), pointed));
}

fn pointed_id() -> Id {
    Id::unique("pointed")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::shared::widgets;

    fn place() -> Rect {
        Rect::from_min_size(pos2(10.0, 20.0), vec2(400.0, 300.0))
    }

    #[test]
    fn zooming_keeps_point_under_pointer() {
        let view = View { zoom: 2.0, centre: [0.4, 0.6], actual: false };
        let fitted = Placement::new([1000, 800], place(), view, 1.0);
        let at = pos2(300.0, 90.0);
        let zoomed = Placement::new([1000, 800], place(), fitted.zoomed(1.7, at), 1.0);
        let (a, b) = (fitted.uv(at), zoomed.uv(at));
        assert!((a[0] - b[0]).abs() < 2e-3 && (a[1] - b[1]).abs() < 2e-3, "{a:?} {b:?}");
    }

    #[test]
    fn images_fit_or_are_shown_pixel_for_pixel() {
        let fit = Placement::new([1000, 500], place(), View::default(), 1.0);
        assert_eq!(fit.rect.size(), vec2(400.0, 200.0));
        assert_eq!((fit.start, fit.share), ([0.0; 2], [1.0; 2]));
        let actual = View { actual: true, ..View::default() };
        for (size, points) in [([1000, 500], 1.0), ([28, 28], 2.0)] {
            let one = Placement::new(size, place(), actual, points);
            assert!((one.scale.x * points - 1.0).abs() < 1e-5, "one pixel is one of the screen");
        }
        let far = Placement::new([28, 28], place(), View { zoom: 900.0, ..View::default() }, 1.0);
        assert!(far.scale.max_elem() <= LARGEST + 0.01);
    }

    #[test]
    fn images_of_a_single_row_or_column_are_seen() {
        for (size, long) in [([1, 5000], 1), ([5000, 1], 0)] {
            let fitted = Placement::new(size, place(), View::default(), 1.0);
            let near = |a: f32, b: f32| (a - b).abs() < 1e-3;
            assert!(near(fitted.rect.size()[1 - long], LEAST_SIDE) && near(fitted.rect.size()[long], place().size()[long]));
            assert!(fitted.start.iter().all(|v| near(*v, 0.0)) && fitted.share.iter().all(|v| near(*v, 1.0)), "all of it");
            assert_eq!(widgets::fit(vec2(size[0] as f32, size[1] as f32), place()).size()[1 - long], LEAST_SIDE);
        }
    }
}
