//! An image of a comparison under its name.

use super::image_frame::{Pointed, Shot, frame};
use crate::{
    engine::dissolve::request::InView,
    ui::shared::{context::PanelContext, theme, widgets},
};
use eframe::egui::{Align2, Rect, Ui, pos2};

/// Height of the name, points.
pub const CAPTION: f32 = 20.0;

/// What a comparison has found out.
#[derive(Default)]
pub struct ComparisonResponse {
    /// A part of the space that stays free, where there is one.
    pub free: Option<Rect>,
    pub hover: Option<Pointed>,
    /// What of the picture was in view.
    pub in_view: Option<InView>,
}

/// A picture with its name above it; without a shot, a ground for the one that is on its way.
pub fn captioned(
    ui: &mut Ui,
    cx: &mut PanelContext<'_>,
    id: (&'static str, usize),
    name: &str,
    shot: Option<Shot<'_>>,
    place: Rect,
) -> ComparisonResponse {
    let t = theme::of(ui);
    let below = place.with_min_y(place.top() + CAPTION);
    let (shown, hover, in_view) = match shot {
        Some(shot) => {
            let (original, dissolved, resized) = (shot.original.clone(), shot.dissolved.clone(), shot.resized.cloned());
            let framed = frame(ui, cx, id, name, shot, below);
            let hover = framed.hover.map(|uv| Pointed { uv, original, dissolved, resized });
            (framed.rect, hover, Some(framed.in_view))
        }
        None => {
            ui.painter().rect_filled(below, theme::RADIUS, t.panel);
            (below, None, None)
        }
    };
    let font = eframe::egui::FontId::proportional(theme::SMALL);
    let short = widgets::cut_middle(ui, name, &font, (place.right() - shown.left()).max(16.0));
    widgets::text_at(ui, pos2(shown.left(), place.top() + CAPTION / 2.0), Align2::LEFT_CENTER, short, t.weak);
    ComparisonResponse { free: None, hover, in_view }
}
