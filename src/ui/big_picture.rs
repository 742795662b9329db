//! One image, large: its twin, and on Results the nearest normal training images. Enter opens it, Escape closes it.

use super::{Cx, compare, theme, widgets};
use crate::{
    app::{
        Command, icons,
        state::{Open, Workspace},
    },
    scores::ScoreRow,
};
use eframe::egui::{Align, Button, Frame, Id, Layout, Modal, RichText, Ui, WidgetInfo, accesskit::Role, vec2};

pub fn show(ui: &mut Ui, cx: &mut Cx<'_>) {
    let t = theme::of(ui);
    let room = ui.ctx().content_rect().size() - vec2(64.0, 64.0);
    let frame = Frame::new().fill(t.panel).corner_radius(theme::RADIUS).inner_margin(theme::PAGE);
    let modal = Modal::new(Id::unique("picture")).frame(frame).show(ui.ctx(), |ui| {
        ui.set_width(room.x - 32.0);
        ui.set_height(room.y - 32.0);
        let row = row(cx).cloned();
        head(ui, cx, row.as_ref());
        let below = if row.as_ref().is_some_and(|r| r.terms.is_some()) { 172.0 } else { 0.0 };
        let size = vec2(ui.available_width(), ui.available_height() - below);
        match cx.state.dissolve.missing() {
            None => _ = compare::show(ui, cx, size),
            Some(missing) => alone(ui, cx, size, missing),
        }
        if let Some(row) = row {
            nearest(ui, cx, &row);
        }
    });
    if modal.should_close() {
        cx.send(Command::Escape);
    }
}

fn row<'a>(cx: &'a Cx<'_>) -> Option<&'a ScoreRow> {
    let results = &cx.state.results;
    (cx.state.workspace == Workspace::Results).then_some(())?;
    results.ready()?.rows.get(results.row?)
}

fn head(ui: &mut Ui, cx: &mut Cx<'_>, row: Option<&ScoreRow>) {
    let t = theme::of(ui);
    let (label, name) = match (cx.state.open().zip(cx.state.selected), row) {
        (_, Some(row)) => (super::results_view::label_of(row.label), row.path.clone()),
        (Some((open, id)), None) => (open.dataset.label(id), open.dataset.item(id).map(|i| i.name.clone()).unwrap_or_default()),
        (None, None) => (None, String::new()),
    };
    ui.horizontal(|ui| {
        ui.set_height(24.0);
        widgets::mark_ui(ui, label);
        ui.label(RichText::new(widgets::label_word(label)).color(widgets::label_colour(t, label)));
        if let Some(row) = row {
            let call = if row.score >= cx.state.results.threshold { "called abnormal" } else { "called normal" };
            ui.label(format!("score {:.4} · {call}", row.score)).on_hover_text("Higher = more abnormal");
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let close = ui.add(Button::new(icons::X).min_size(vec2(24.0, 24.0))).on_hover_text("Close (Esc)");
            close.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Close"));
            if close.clicked() {
                cx.send(Command::Escape);
            }
            widgets::weak(ui, "← → walk");
            widgets::cut_label(ui, &name, theme::BODY, t.text);
        });
    });
}

/// Without a model there is no twin: the little picture, enlarged.
fn alone(ui: &mut Ui, cx: &Cx<'_>, size: eframe::egui::Vec2, missing: &str) {
    let (rect, _) = ui.allocate_exact_size(size, eframe::egui::Sense::hover());
    if let Some(texture) = cx.state.selected.and_then(|id| cx.textures.thumbnail(id)) {
        let place = widgets::fit(texture.size_vec2(), rect.shrink2(vec2(0.0, 16.0)));
        eframe::egui::Image::new((texture.id(), place.size())).paint_at(ui, place);
    }
    let t = theme::of(ui);
    widgets::text_at(ui, rect.center_bottom(), eframe::egui::Align2::CENTER_BOTTOM, missing, t.weak);
}

/// Why this score: the nearest normal of the training set for each rotation.
fn nearest(ui: &mut Ui, cx: &mut Cx<'_>, row: &ScoreRow) {
    let Some(terms) = &row.terms else { return };
    let open = cx.state.open().cloned();
    ui.add_space(theme::GAP);
    widgets::caption(ui, "NEAREST NORMAL TRAINING IMAGES, ONE FOR EACH SHIFT");
    ui.horizontal(|ui| {
        for (k, name) in terms.nearest.iter().enumerate() {
            let id = open.as_ref().and_then(|o: &std::sync::Arc<Open>| o.by_name.get(name).copied());
            ui.vertical(|ui| {
                ui.set_width(168.0);
                let (rect, _) = ui.allocate_exact_size(vec2(168.0, 96.0), eframe::egui::Sense::hover());
                ui.painter().rect_filled(rect, theme::RADIUS, theme::of(ui).raised);
                match id.and_then(|id| cx.textures.thumbnail(id)) {
                    Some(texture) => {
                        let place = widgets::fit(texture.size_vec2(), rect);
                        eframe::egui::Image::new((texture.id(), place.size())).paint_at(ui, place);
                    }
                    None => id.into_iter().for_each(|id| cx.want(id)),
                }
                widgets::cut_label(ui, name, theme::SMALL, theme::of(ui).text);
                widgets::weak(ui, format!("similarity {:.3} · shift {:.3}", terms.sim[k], terms.cls[k]))
                    .on_hover_text("Terms of the score for this shift: similarity to the nearest normal, and the shift classifier's logit, both weighted; the score is minus their mean");
            });
        }
    });
}
