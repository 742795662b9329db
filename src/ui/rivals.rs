//! The reality check: what scores that need no training reach on the same images.

use super::{theme, widgets};
use crate::jobs::ScoreSet;
use eframe::egui::{RichText, Sense, Ui, vec2};

pub fn show(ui: &mut Ui, set: &ScoreSet) {
    let e = &set.evaluation;
    if e.rivals.iter().all(|r| r.best().is_none()) {
        return;
    }
    widgets::caption(ui, "REALITY CHECK");
    widgets::weak(ui, "AUROC of scores that need no training, in their better direction.");
    let mut rows: Vec<(&str, f64, bool, bool)> =
        e.rivals.iter().filter_map(|r| r.best().map(|(auroc, reversed)| (r.name.as_str(), auroc, reversed, false))).collect();
    rows.extend(e.auroc.map(|a| ("this model", a, false, true)));
    rows.sort_by(|a, b| b.1.total_cmp(&a.1));
    for (name, auroc, reversed, own) in rows {
        row(ui, name, auroc, reversed, own);
    }
}

fn row(ui: &mut Ui, name: &str, auroc: f64, reversed: bool, own: bool) {
    let t = theme::of(ui);
    let colour = if own { t.accent } else { t.weak };
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = theme::STEP;
        let (rect, _) = ui.allocate_exact_size(vec2(64.0, 8.0), Sense::hover());
        ui.painter().rect_filled(rect, 2.0, t.raised);
        // From chance on the left to certainty on the right.
        let share = ((auroc - 0.5) * 2.0).clamp(0.0, 1.0) as f32;
        ui.painter().rect_filled(rect.with_max_x(rect.left() + rect.width() * share), 2.0, colour);
        ui.label(RichText::new(format!("{auroc:.3}")).size(theme::SMALL));
        let direction = if reversed { " (low = abnormal)" } else { "" };
        let text = format!("{}{direction}", name.replace('_', " "));
        widgets::cut_label(ui, &text, theme::SMALL, if own { t.accent } else { t.text });
    });
}
