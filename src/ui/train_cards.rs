//! The cards "Diffusion model → DIA → Scores": what each makes, its state, and its settings.

use super::{Cx, theme, widgets};
use crate::{
    app::{
        Command, icons,
        state::{FIELDS, Field, JobState},
    },
    config::DissolveMethod,
    ml::progress::Stage,
};
use eframe::egui::{Align, Align2, Color32, ComboBox, Frame, Layout, RichText, Sense, Stroke, TextEdit, Ui, vec2};

const CARDS: [(Stage, &str, &str); 3] = [
    (Stage::Ddpm, "Diffusion model", "Learns what normal images look like; dissolves their fine details."),
    (Stage::Dia, "DIA", "Learns to tell images from their dissolved twins: the amplifier."),
    (Stage::Scores, "Scores", "Scores all images, evaluates and writes the report."),
];

pub fn show(ui: &mut Ui, cx: &mut Cx<'_>) {
    const ARROW: f32 = 24.0;
    let width = (ui.available_width() - 2.0 * ARROW) / 3.0;
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        for (i, (stage, name, text)) in CARDS.into_iter().enumerate() {
            if i > 0 {
                let (rect, _) = ui.allocate_exact_size(vec2(ARROW, 48.0), Sense::hover());
                widgets::text_at(ui, rect.center(), Align2::CENTER_CENTER, "→", theme::of(ui).weak);
            }
            let layout = Layout::top_down(Align::Min);
            ui.allocate_ui_with_layout(vec2(width, 0.0), layout, |ui| card(ui, cx, stage, name, text));
        }
    });
}

fn card(ui: &mut Ui, cx: &mut Cx<'_>, stage: Stage, name: &str, text: &str) {
    let t = theme::of(ui);
    let (state, colour, active) = state(cx, stage, t);
    let edge = if active { t.accent } else { t.line };
    Frame::new().fill(t.panel).stroke(Stroke::new(1.0, edge)).corner_radius(theme::RADIUS).inner_margin(12).show(ui, |ui| {
        ui.spacing_mut().item_spacing = vec2(theme::GAP, theme::STEP);
        ui.set_width(ui.available_width());
        ui.horizontal(|ui| {
            ui.label(theme::strong(name));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.label(RichText::new(state).size(theme::SMALL).color(colour));
            });
        });
        widgets::weak(ui, text);
        ui.add_space(theme::STEP);
        if stage == Stage::Ddpm {
            which_model(ui, cx);
        }
        // A model that is there already has its settings.
        let given = stage == Stage::Ddpm && cx.state.train.reuse.is_some();
        ui.add_enabled_ui(!given, |ui| {
            for field in FIELDS.iter().filter(|f| f.card == stage) {
                row(ui, cx, field);
            }
        });
    });
}

/// A new model, or one that is there already.
fn which_model(ui: &mut Ui, cx: &mut Cx<'_>) {
    let models = &cx.state.dissolve.models;
    if models.is_empty() {
        return;
    }
    let reuse = cx.state.train.reuse.as_ref();
    let name = models.iter().find(|m| Some(&m.source) == reuse).map_or("train a new one", |m| m.name.as_str());
    let mut chosen = None;
    ui.horizontal(|ui| {
        let label = ui.label(RichText::new("Model").color(theme::of(ui).weak));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let combo = ComboBox::from_id_salt("reuse").selected_text(name).width(160.0).truncate().show_ui(ui, |ui| {
                if ui.selectable_label(reuse.is_none(), "train a new one").clicked() {
                    chosen = Some(None);
                }
                for model in models {
                    let text = format!("{} · {}", model.name, model.detail);
                    if ui.selectable_label(Some(&model.source) == reuse, text).clicked() {
                        chosen = Some(Some(model.source.clone()));
                    }
                }
            });
            combo.response.labelled_by(label.id);
        });
    });
    if let Some(source) = chosen {
        cx.send(Command::Reuse(source));
    }
}

/// One setting: label, value, and under it why the value cannot be used.
fn row(ui: &mut Ui, cx: &mut Cx<'_>, field: &Field) {
    let t = theme::of(ui);
    let error = cx.state.train.errors.get(field.key);
    ui.horizontal(|ui| {
        let label = ui.label(RichText::new(field.label).color(t.weak));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let mut text = cx.state.train.texts.get(field.key).cloned().unwrap_or_default();
            let mut edit = TextEdit::singleline(&mut text).desired_width(112.0);
            if error.is_some() {
                edit = edit.text_color(t.error);
            }
            let response = ui.add(edit).labelled_by(label.id);
            if response.changed() {
                cx.send(Command::Field(field.key, text));
            }
            response.on_hover_text(format!("{}\n{}", field.help, field.key));
        });
    });
    if let Some(error) = error {
        ui.label(RichText::new(widgets::sentence(error)).size(theme::SMALL).color(t.error));
    }
}

/// A stage's state in a word.
fn state(cx: &Cx<'_>, stage: Stage, t: &theme::Tokens) -> (String, Color32, bool) {
    if stage == Stage::Ddpm && cx.state.train.config.dia.dissolve != DissolveMethod::Diffusion {
        return ("not needed".into(), t.weak, false);
    }
    if stage == Stage::Ddpm && cx.state.train.reuse.is_some() && cx.state.running().is_none() {
        return (format!("{} there already", icons::CHECK), t.accent, false);
    }
    let Some(job) = cx.state.job() else { return ("not started".into(), t.weak, false) };
    let p = &job.progress;
    // Preparing the dissolved twins is DIA's beginning; the report is the scores' end.
    let on = |s: Stage| match s {
        Stage::Data | Stage::Ddpm => Stage::Ddpm,
        Stage::Ladder | Stage::Dia | Stage::Bank => Stage::Dia,
        Stage::Profile | Stage::Scores | Stage::Report => Stage::Scores,
    };
    let last = match stage {
        Stage::Scores => Stage::Report,
        other => other,
    };
    if p.finished.contains(&last) || p.stage.is_some_and(|s| (on(s) as usize) > stage as usize) {
        return (format!("{} done", icons::CHECK), t.accent, false);
    }
    match (p.stage, &job.state) {
        (Some(s), JobState::Running) if on(s) == stage => (format!("{:.0} %", 100.0 * p.share()), t.accent, true),
        (Some(s), JobState::Paused) if on(s) == stage => ("paused".into(), t.warning, true),
        (Some(s), JobState::Stopping) if on(s) == stage => ("stopping".into(), t.warning, true),
        (Some(s), JobState::Ended(_)) if on(s) == stage => ("ended".into(), t.weak, false),
        _ => ("waiting".into(), t.weak, false),
    }
}
