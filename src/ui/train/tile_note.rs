//! What the choice of tiles comes to for the open data, and a drawing of why: the smallest thing that is seen with tiles and without.

use crate::{
    config::Tiling,
    ui::shared::{context::PanelContext, theme, widgets},
};
use eframe::egui::{Align2, Pos2, Rect, Sense, Stroke, StrokeKind, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

/// Side of the drawn tile, points, where the words beside it leave it that.
const TILE: f32 = 56.0;
/// Room for these words.
const WORDS: f32 = 50.0;
/// The smallest thing that a picture shows, px of it.
const SMALLEST: f32 = 2.0;

pub fn show(ui: &mut Ui, cx: &PanelContext<'_>) {
    let Some(decided) = cx.state.resolved_settings().filter(|_| cx.state.open().is_some_and(|open| open.training_normals > 0))
    else {
        return;
    };
    let wanted = cx.state.train.config.data.tile;
    let text = if wanted == Tiling::Auto { format!("auto: {}.", decided.why) } else { widgets::sentence(&decided.why) };
    widgets::weak(ui, text);
    if let (Some(tiles), Some(shorter)) = (decided.config.data.tiles(), cx.state.open().and_then(|open| open.median_side())) {
        let [working, _] = tiles.working([decided.config.shorter_side(Some(shorter)); 2]);
        drawing(ui, tiles.tile, working);
    }
}

/// Two squares of one tile's size: as it is, and as part of the whole picture resized to the tile's side. In each, the smallest
/// thing that can be seen.
fn drawing(ui: &mut Ui, side: usize, working: usize) {
    let t = theme::of(ui);
    let shrunk = working as f32 / side as f32;
    let (fine, coarse) = (SMALLEST, SMALLEST * shrunk);
    let width = ui.available_width();
    let half = width / 2.0;
    let drawn = (half - theme::GAP - WORDS).clamp(16.0, TILE);
    let (rect, response) = ui.allocate_exact_size(vec2(width, drawn + theme::GAP), Sense::hover());
    let about = format!(
        "The smallest thing seen, of the picture at {working} px: with tiles {fine:.0} px, with the whole picture resized to {side} px {coarse:.0} px"
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &about));
    response.on_hover_text(about);
    for (i, (px, name)) in [(fine, "by tiles"), (coarse, "whole")].into_iter().enumerate() {
        let square = Rect::from_min_size(rect.min + vec2(i as f32 * half, theme::STEP), vec2(drawn, drawn));
        ui.painter().rect_filled(square, 2.0, t.raised);
        ui.painter().rect_stroke(square, 2.0, Stroke::new(1.0, t.edge), StrokeKind::Inside);
        // To scale, but never too small to be found.
        let radius = (px / side as f32 * drawn / 2.0).clamp(1.5, drawn / 2.0);
        ui.painter().circle_filled(square.center(), radius, if i == 0 { t.accent } else { t.warning });
        let at = |line: f32| -> Pos2 { pos2(square.right() + theme::GAP, square.center().y + line) };
        widgets::text_at(ui, at(-8.0), Align2::LEFT_CENTER, name, t.weak);
        widgets::text_at(ui, at(8.0), Align2::LEFT_CENTER, format!("≥ {px:.0} px"), t.text);
    }
}
