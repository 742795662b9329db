//! Which of the charts is looked at.

use crate::{
    app::{ResultsCommand, actions, state::ResultsCurve as Curve},
    ui::shared::{context::PanelContext, widgets},
};
use eframe::egui::Ui;

/// What the charts keep between frames.
#[derive(Default)]
pub struct ChartsView {
    /// The line that is being drawn round images.
    pub lasso: Vec<[f64; 2]>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Choice {
    Curve(Curve),
    Embedding,
}

/// The choice between them.
pub fn choice(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    let now = if cx.state.results.embedding.on { Choice::Embedding } else { Choice::Curve(cx.state.results.curve) };
    let curves = [(Curve::Roc, "ROC"), (Curve::PrecisionRecall, "Precision-recall")];
    let mut all = curves.map(|(curve, name)| (Choice::Curve(curve), name)).to_vec();
    if actions::may_embed(cx.state).is_ok() || now == Choice::Embedding {
        all.push((Choice::Embedding, "Likeness"));
    }
    let Some(chosen) = widgets::choices(ui, now, &all) else { return };
    if let Choice::Curve(curve) = chosen {
        cx.send(ResultsCommand::Curve(curve));
    }
    if (chosen == Choice::Embedding) != cx.state.results.embedding.on {
        cx.send(ResultsCommand::Embedding(chosen == Choice::Embedding));
    }
}
