//! The confusion matrix at the shared threshold; a click on one of its fields shows those images.

use crate::{
    app::{ResultsCommand, state::Tab},
    data::Label,
    engine::export::results::ResultsChart,
    text::thousands,
    ui::shared::{
        context::PanelContext,
        plot::{self, percent},
        theme, widgets,
    },
};
use eframe::egui::{Align2, FontId, Rect, Sense, Stroke, StrokeKind, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

const CELL: f32 = 48.0;
const NAMES: f32 = 76.0;

pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    let c = cx.state.results.confusion();
    plot::head(ui, cx, ResultsChart::Confusion, |ui, _| widgets::caption(ui, "AT THIS THRESHOLD"));
    let t = theme::of(ui);
    let width = ui.available_width();
    let (rect, _) = ui.allocate_exact_size(vec2(width, 16.0 + 2.0 * CELL), Sense::hover());
    let cell = (width - NAMES) / 2.0;
    for (column, name) in ["called normal", "called abnormal"].into_iter().enumerate() {
        let at = pos2(rect.left() + NAMES + (column as f32 + 0.5) * cell, rect.top() + 6.0);
        widgets::text_at(ui, at, Align2::CENTER_CENTER, name, t.weak);
    }
    let rows = [
        (Label::Normal, [(c.tn, Tab::TrueNegatives), (c.fp, Tab::FalsePositives)]),
        (Label::Abnormal, [(c.fn_, Tab::FalseNegatives), (c.tp, Tab::TruePositives)]),
    ];
    for (row, (label, cells)) in rows.into_iter().enumerate() {
        let top = rect.top() + 16.0 + row as f32 * CELL;
        widgets::mark(ui.painter(), t, Some(label), pos2(rect.left() + 6.0, top + CELL / 2.0), 5.0);
        let at = pos2(rect.left() + 16.0, top + CELL / 2.0);
        widgets::text_at(ui, at, Align2::LEFT_CENTER, widgets::label_word(Some(label)), t.text);
        let total = cells[0].0 + cells[1].0;
        for (column, (count, tab)) in cells.into_iter().enumerate() {
            let left = rect.left() + NAMES + column as f32 * cell;
            let place = Rect::from_min_size(pos2(left, top), vec2(cell, CELL)).shrink(2.0);
            let response = ui.interact(place, ui.scope_id().with(("confusion", row, column)), Sense::click());
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{} {}", thousands(count), tab.name())));
            let share = count as f32 / total.max(1) as f32;
            let colour = widgets::label_colour(t, Some(label));
            ui.painter().rect_filled(place, theme::RADIUS, t.raised);
            ui.painter().rect_filled(place, theme::RADIUS, colour.gamma_multiply(0.08 + 0.32 * share));
            if cx.state.results.tab == tab || response.hovered() || response.has_focus() {
                let edge = if cx.state.results.tab == tab { t.accent } else { t.weak };
                ui.painter().rect_stroke(place, theme::RADIUS, Stroke::new(1.5, edge), StrokeKind::Inside);
            }
            let font = FontId::new(theme::BODY, theme::strong_family());
            ui.painter().text(place.center() - vec2(0.0, 8.0), Align2::CENTER_CENTER, thousands(count), font, t.text);
            let text = if total == 0 { "no images".into() } else { percent(f64::from(share)) };
            widgets::text_at(ui, place.center() + vec2(0.0, 9.0), Align2::CENTER_CENTER, text, t.text);
            if response.on_hover_text(format!("Show the {}", tab.name())).clicked() {
                cx.send(ResultsCommand::Tab(tab));
            }
        }
    }
}
