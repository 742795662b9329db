//! Original, dissolved and difference, zoomed and moved as one: side by side, with a split bar, or under a loupe.

use super::{
    captioned_image::{CAPTION, ComparisonResponse, captioned},
    image_frame::{Pointed, Shot},
    multi_view,
};
use crate::{
    app::{
        DissolveCommand,
        state::{ChangeFrom, ComparisonLayout, DissolveState, Overlay},
    },
    gpu::{Mode, Raster},
    ui::shared::{
        context::PanelContext,
        theme,
        widgets::{self, LEAST_SIDE},
    },
};
use eframe::egui::{Align2, Order, Rect, Sense, Ui, Vec2, pos2, vec2};
use std::{sync::Arc, time::Duration};

/// Below this width a picture's name is short, points.
const NARROW: f32 = 180.0;

/// Length of a turn of a blinking picture.
const BLINK: f64 = 0.5;

/// Fills the space that there is.
pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>, size: Vec2) -> ComparisonResponse {
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let d = &cx.state.dissolve;
    let peek = peeks(ui, d.blink);
    let Some(original) = d.answers.original.as_ref().filter(|o| Some(o.image) == cx.state.selected).map(|o| o.raster.clone())
    else {
        waiting(ui, cx, rect);
        return ComparisonResponse::default();
    };
    let is_own = d.answers.done.as_ref().is_none_or(|done| Some(done.image) == cx.state.selected);
    let dissolved = d.answers.dissolved().filter(|_| is_own).cloned();
    let resized = d.answers.done_of(cx.state.selected).and_then(|done| d.resized(done)).cloned();
    let shown = ComparedImages { original: &original, dissolved: dissolved.as_ref(), resized: resized.as_ref(), peek };
    let comparison = match d.layout() {
        ComparisonLayout::SideBySide => three(ui, cx, rect, shown),
        ComparisonLayout::Split | ComparisonLayout::Loupe => one(ui, cx, rect, shown),
        ComparisonLayout::Steps | ComparisonLayout::Images | ComparisonLayout::Methods | ComparisonLayout::Resolutions => {
            multi_view::show(ui, cx, rect, &original, peek)
        }
    };
    // Under the large view, what is in view is the large view's.
    let is_covered = cx.state.overlay == Some(Overlay::Picture) && ui.layer_id().order == Order::Background;
    if let Some(in_view) = comparison.in_view.filter(|_| !is_covered).filter(|in_view| *in_view != cx.state.dissolve.in_view) {
        cx.send(DissolveCommand::InView(in_view));
    }
    comparison
}

/// The pictures of one comparison.
#[derive(Clone, Copy)]
struct ComparedImages<'a> {
    original: &'a Arc<Raster>,
    dissolved: Option<&'a Arc<Raster>>,
    resized: Option<&'a Arc<Raster>>,
    /// The original stands in for the dissolved image.
    peek: bool,
}

/// What a difference in view is: it says whether resizing counts.
pub fn change_name(d: &DissolveState) -> &'static str {
    match d.answers.done.as_ref().map(|done| (done.resized.is_some(), d.change_from)) {
        Some((true, ChangeFrom::Resized)) if d.uses_t() => "what the model changed",
        Some((true, ChangeFrom::Resized)) => "what the filter changed",
        Some((true, ChangeFrom::Original)) => "all change, of resizing too",
        _ => "what dissolving changed",
    }
}

/// The height of that space that is made use of.
pub fn used(cx: &PanelContext<'_>, size: Vec2) -> f32 {
    let d = &cx.state.dissolve;
    let Some(original) = d.answers.original.as_ref().filter(|_| d.layout() == ComparisonLayout::SideBySide) else {
        return size.y;
    };
    let [w, h] = original.raster.size();
    let (places, _) = places(Rect::from_min_size(pos2(0.0, 0.0), size), w as f32 / h as f32);
    let below = |p: &Rect| p.top() + CAPTION + (p.width() * h as f32 / w as f32).max(LEAST_SIDE);
    places.iter().map(below).fold(0.0, f32::max).min(size.y)
}

/// Whether the original stands in for the dissolved picture now.
fn peeks(ui: &Ui, blink: bool) -> bool {
    let (held, time) = ui.input(|i| (i.modifiers.shift_only(), i.time));
    if !blink {
        return held;
    }
    ui.ctx().request_repaint_after(Duration::from_secs_f64(BLINK - time % BLINK));
    held || (time / BLINK) as u64 % 2 == 1
}

fn dissolved_name(cx: &PanelContext<'_>, peek: bool) -> String {
    let d = &cx.state.dissolve;
    match (peek, d.uses_t(), d.answers.nearly.is_some()) {
        (true, ..) if d.blink => "original (blinking)".into(),
        (true, ..) => "original (Shift)".into(),
        (_, false, _) => "dissolved".into(),
        (_, true, false) => match d.answers.done_of(cx.state.selected) {
            Some(done) if done.t != d.t => format!("dissolved, t = {} → {}", done.t, d.t),
            Some(done) if done.tiles[0] == 0 => format!("dissolved coarsely, t = {}", d.t),
            Some(done) if !done.is_complete() => format!("dissolved, t = {}, being refined", d.t),
            _ => format!("dissolved, t = {}", d.t),
        },
        // A mixture of the thumbnails' images says so.
        (_, true, true) => format!("dissolved, t ≈ {}", d.t),
    }
}

fn three(
    ui: &mut Ui,
    cx: &mut PanelContext<'_>,
    rect: Rect,
    ComparedImages { original, dissolved, resized, peek }: ComparedImages<'_>,
) -> ComparisonResponse {
    let [w, h] = original.size();
    let (places, free) = places(rect, w as f32 / h as f32);
    let change = change_name(&cx.state.dissolve);
    // Where it would be cut in the middle, the word that counts stays.
    let change = if places[2].width() < NARROW { change.replace("dissolving ", "") } else { change.into() };
    let names = ["original".to_string(), dissolved_name(cx, peek), change];
    let modes = [Mode::Original, if peek { Mode::Original } else { Mode::Dissolved }, cx.state.dissolve.difference.mode()];
    let (mut hover, mut in_view) = (None, None);
    for (i, ((name, mode), place)) in names.iter().zip(modes).zip(places).enumerate() {
        let shown = if mode == Mode::Original { Some(original) } else { dissolved };
        let shot = shown.map(|dissolved| Shot { original, dissolved, resized, mode });
        let one = captioned(ui, cx, ("compare", i), name, shot, place);
        // All three show the same part; only one of them has the pointer.
        let has_pointer = one.hover.is_some();
        in_view = one.in_view.filter(|_| has_pointer || in_view.is_none()).or(in_view);
        hover = one.hover.or(hover);
    }
    ComparisonResponse { free, hover: hover.map(|at| with_dissolved(at, dissolved)), in_view }
}

fn one(
    ui: &mut Ui,
    cx: &mut PanelContext<'_>,
    rect: Rect,
    ComparedImages { original, dissolved, resized, peek }: ComparedImages<'_>,
) -> ComparisonResponse {
    let split = cx.state.dissolve.layout() == ComparisonLayout::Split;
    let name = match (peek, split) {
        (true, _) => dissolved_name(cx, true),
        (_, true) => format!("original  |  {}", dissolved_name(cx, false)),
        (_, false) => format!("{} under the pointer, the original around it", dissolved_name(cx, false)),
    };
    let mode = match (peek, split) {
        (true, _) => Mode::Original,
        (_, true) => Mode::Split,
        (_, false) => Mode::Loupe,
    };
    let shot = dissolved.map(|dissolved| Shot { original, dissolved, resized, mode });
    captioned(ui, cx, ("compare", 0), &name, shot, rect)
}

/// Also over the original one reads what became of it.
fn with_dissolved(at: Pointed, dissolved: Option<&Arc<Raster>>) -> Pointed {
    Pointed { dissolved: dissolved.cloned().unwrap_or(at.dissolved), ..at }
}

/// The picture is being read: its thumbnail stands for it.
fn waiting(ui: &mut Ui, cx: &mut PanelContext<'_>, rect: Rect) {
    let below = rect.with_min_y(rect.top() + CAPTION);
    match cx.state.selected.map(|id| (id, cx.textures.thumbnail(id))) {
        Some((_, Some(texture))) => {
            let place = widgets::fit(texture.size_vec2(), below);
            eframe::egui::Image::new((texture.id(), place.size())).paint_at(ui, place);
        }
        Some((id, None)) => {
            ui.painter().rect_filled(below, theme::RADIUS, theme::of(ui).panel);
            cx.want(id);
        }
        None => {}
    }
    if cx.state.dissolve.answers.failed.is_none() {
        widgets::text_at(ui, rect.left_top() + vec2(0.0, CAPTION / 2.0), Align2::LEFT_CENTER, "reading…", theme::of(ui).weak);
    }
}

/// Three places in a row, or two above one where that shows the pictures much larger; and what is left, for the change curve.
fn places(rect: Rect, aspect: f32) -> ([Rect; 3], Option<Rect>) {
    const MUCH: f32 = 1.15;
    // Room from which on a curve can be read, px: height and width.
    const CURVE: f32 = 112.0;
    const WIDE: f32 = 260.0;
    let gap = theme::GAP;
    let (w, h) = (rect.width(), rect.height());
    let third = (w - 2.0 * gap) / 3.0;
    let half = vec2((w - gap) / 2.0, (h - gap) / 2.0);
    // Widths of the pictures in both.
    let in_row = third.min((h - CAPTION) * aspect);
    let stacked = half.x.min((half.y - CAPTION) * aspect);
    if in_row * MUCH >= stacked {
        let shown = (in_row / aspect).max(LEAST_SIDE);
        let rest = rect.with_min_y(rect.top() + CAPTION + shown + theme::PAGE);
        let free = (rest.height() >= CURVE).then_some(rest);
        let height = if free.is_some() { CAPTION + shown } else { h };
        let place = |i| Rect::from_min_size(rect.min + vec2(i * (third + gap), 0.0), vec2(third, height));
        return ([0.0, 1.0, 2.0].map(place), free);
    }
    let (right, below) = (rect.left() + half.x + gap, rect.top() + half.y + gap);
    let places = [rect.min, pos2(right, rect.top()), pos2(right, below)].map(|min| Rect::from_min_size(min, half));
    // As wide as the picture above it.
    let free = Rect::from_min_size(pos2(rect.left() + (half.x - stacked) / 2.0, below), vec2(stacked, half.y));
    (places, (free.height() >= CURVE && free.width() >= WIDE).then_some(free))
}

/// The choice of layout, and what goes with the one in use.
pub fn toolbar(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    let d = &cx.state.dissolve;
    if let Some(layout) = widgets::choices(ui, d.layout(), &ComparisonLayout::ALL) {
        cx.send(DissolveCommand::Layout(layout));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn square_images_lie_in_a_row_and_wide_ones_are_stacked() {
        let wide = Rect::from_min_size(pos2(0.0, 0.0), vec2(900.0, 320.0));
        let (row, free) = places(wide, 1.0);
        assert!(row.iter().all(|p| p.top() == 0.0) && free.is_none());
        // Where the row leaves much below it, that is given to the curve.
        let (row, free) = places(wide.with_max_y(700.0), 1.0);
        assert!(row.iter().all(|p| p.top() == 0.0) && free.is_some_and(|f| f.top() >= row[0].bottom()));
        let (_, free) = places(wide.with_max_x(446.0).with_max_y(300.0), 1.0);
        assert!(free.is_some(), "a small window has room for a low curve");
        let tall = Rect::from_min_size(pos2(0.0, 0.0), vec2(600.0, 600.0));
        let (stacked, free) = places(tall, 1.5);
        assert!(stacked[2].top() > 0.0 && free.is_some_and(|f| f.top() > 0.0));
        let small = Rect::from_min_size(pos2(0.0, 0.0), vec2(420.0, 330.0));
        assert_eq!(places(small, 1.5).1, None, "no curve where it would lie over a picture");
    }
}
