//! Beside the gallery: the curve above the histogram, or the images in two dimensions.

pub mod embedding;
pub mod histogram;
pub mod roc;

use crate::{
    app::{ResultsCommand, actions},
    engine::runs::score_set::ScoreSet,
    ui::shared::{context::PanelContext, theme, widgets},
};
use eframe::egui::{Ui, Vec2};

/// Height of what says why there is no curve, px.
const UNDEFINED: f32 = 128.0;

/// What the charts keep between frames.
#[derive(Default)]
pub struct ChartsView {
    curve: roc::Curve,
    lasso: Vec<[f64; 2]>,
}

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    Curve(roc::Curve),
    Embedding,
}

pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>, view: &mut ChartsView, set: &ScoreSet, size: Vec2) {
    ui.allocate_ui(size, |ui| {
        ui.vertical(|ui| {
            ui.set_width(size.x);
            if cx.state.results.embedding.on {
                return embedding::show(ui, cx, set, view, size.y);
            }
            // A sentence in place of a curve needs less room.
            let upper = if set.roc.is_empty() { UNDEFINED } else { (size.y - theme::GAP) / 2.0 };
            roc::show(ui, cx, set, view, upper);
            histogram::show(ui, cx, set, size.y - theme::GAP - upper);
        });
    });
}

/// The choice between the charts.
fn choice(ui: &mut Ui, cx: &mut PanelContext<'_>, view: &mut ChartsView) {
    let now = if cx.state.results.embedding.on { Choice::Embedding } else { Choice::Curve(view.curve) };
    let curves = [(roc::Curve::Roc, "ROC"), (roc::Curve::PrecisionRecall, "Precision-recall")];
    let mut all = curves.map(|(curve, name)| (Choice::Curve(curve), name)).to_vec();
    if actions::may_embed(cx.state).is_ok() || now == Choice::Embedding {
        all.push((Choice::Embedding, "Likeness"));
    }
    let Some(chosen) = widgets::choices(ui, now, &all) else { return };
    if let Choice::Curve(curve) = chosen {
        view.curve = curve;
    }
    if (chosen == Choice::Embedding) != cx.state.results.embedding.on {
        cx.send(ResultsCommand::Embedding(chosen == Choice::Embedding));
    }
}
