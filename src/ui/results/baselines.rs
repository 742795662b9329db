//! The reality check: what scores that need no training reach on the same images.

use crate::{
    engine::runs::score_set::ScoreSet,
    ml::scoring::baselines,
    scores::baseline_title,
    ui::shared::{theme, widgets},
};
use eframe::egui::{RichText, Sense, Ui, vec2};

/// One line: name, AUROC with high and, but for the model, with low values called abnormal.
struct Row<'a> {
    name: &'a str,
    high: f64,
    low: Option<f64>,
}

impl Row<'_> {
    fn best(&self) -> f64 {
        self.low.map_or(self.high, |low| low.max(self.high))
    }
}

pub fn show(ui: &mut Ui, set: &ScoreSet) {
    let e = &set.evaluation;
    let baselines = e.baselines.iter().filter_map(|r| Some((r.name.as_str(), r.auroc?, r.auroc_reversed?)));
    let mut rows: Vec<Row<'_>> = baselines.map(|(name, high, low)| Row { name, high, low: Some(low) }).collect();
    if rows.is_empty() {
        return;
    }
    widgets::caption(ui, "REALITY CHECK");
    widgets::weak(ui, "AUROC of scores that need no training: with high, and with low values called abnormal.");
    rows.extend(e.auroc.map(|high| Row { name: "this model", high, low: None }));
    rows.sort_by(|a, b| b.best().total_cmp(&a.best()));
    rows.iter().for_each(|r| row(ui, r));
}

fn row(ui: &mut Ui, row: &Row<'_>) {
    let t = theme::of(ui);
    let own = row.low.is_none();
    let line = ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = theme::STEP;
        let (rect, _) = ui.allocate_exact_size(vec2(64.0, 8.0), Sense::hover());
        ui.painter().rect_filled(rect, 2.0, t.raised);
        // From chance on the left to certainty on the right.
        let share = ((row.best() - 0.5) * 2.0).clamp(0.0, 1.0) as f32;
        let colour = if own { t.accent } else { t.weak };
        ui.painter().rect_filled(rect.with_max_x(rect.left() + rect.width() * share), 2.0, colour);
        let number = |ui: &mut Ui, value: f64| {
            let colour = if value >= row.best() { t.text } else { t.weak };
            ui.label(RichText::new(format!("{value:.3}")).size(theme::SMALL).color(colour));
        };
        number(ui, row.high);
        if let Some(low) = row.low {
            number(ui, low);
        }
        widgets::cut_label(ui, &baseline_title(row.name), theme::SMALL, if own { t.accent } else { t.text });
    });
    if let Some(low) = row.low {
        let measures = widgets::sentence(baselines::describe(row.name));
        let text = format!("{measures}\nHigh = abnormal: {:.3}; low = abnormal: {low:.3}", row.high);
        line.response.on_hover_text(text);
    }
}
