//! The charts that are looked at, in the room they have.

use super::{choice::ChartsView, embedding, histogram, roc};
use crate::{
    engine::runs::score_set::ScoreSet,
    ui::shared::{context::PanelContext, theme},
};
use eframe::egui::{Ui, Vec2};

/// Height of what says why there is no curve, px.
const UNDEFINED: f32 = 128.0;

pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>, view: &mut ChartsView, set: &ScoreSet, size: Vec2) {
    ui.allocate_ui(size, |ui| {
        ui.vertical(|ui| {
            ui.set_width(size.x);
            if cx.state.results.embedding.on {
                return embedding::show(ui, cx, set, view, size.y);
            }
            // A sentence in place of a curve needs less room.
            let upper = if set.roc.is_empty() { UNDEFINED } else { (size.y - theme::GAP) / 2.0 };
            roc::show(ui, cx, set, upper);
            histogram::show(ui, cx, set, size.y - theme::GAP - upper);
        });
    });
}
