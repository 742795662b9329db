//! The cards "Diffusion model → DIA → Scores": what each makes, its state, what it will take, and its settings.

use super::{field, readiness, tile_note};
use crate::{
    app::{
        TrainCommand,
        actions::{Id, get, may_train, scorable},
        icons,
        state::{FIELDS, Forecast, JobInfo, JobState, Texts, Work, card_of, groups},
    },
    config::{DissolveMethod, Preset},
    jobs::job::Outcome,
    ml::base::{readiness::Readiness, reporter::Stage},
    text::count_of,
    ui::shared::{context::PanelContext, theme, widgets},
};
use eframe::egui::{
    Align, Align2, CollapsingHeader, Color32, ComboBox, Frame, Id as EguiId, Layout, RichText, Sense, Stroke, Ui, vec2,
};

const CARDS: [(Stage, &str, &str, Id); 3] = [
    (Stage::Ddpm, "Diffusion model", "Learns what normal images look like; dissolves their fine details.", Id::TrainDdpm),
    (Stage::Dia, "DIA", "Learns to tell images from their dissolved twins: the amplifier.", Id::TrainDia),
    (Stage::Scores, "Scores", "Scores all images, evaluates and writes the report.", Id::ScoreOnly),
];

/// Width from which on they lie in a row, points.
const ROW: f32 = 640.0;

pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    const ARROW: f32 = 24.0;
    let forecast = cx.state.forecast();
    if ui.available_width() < ROW {
        for card in CARDS {
            show_card(ui, cx, card, forecast.as_ref(), 0.0);
        }
        return;
    }
    let width = ((ui.available_width() - 2.0 * ARROW) / 3.0).floor();
    // All are as high as the highest one was in the frame before.
    let key = EguiId::unique("height of the cards");
    let before: Option<f32> = ui.data(|data| data.get_temp(key));
    let mut needed: f32 = 0.0;
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        for (i, card) in CARDS.into_iter().enumerate() {
            if i > 0 {
                let (rect, _) = ui.allocate_exact_size(vec2(ARROW, 48.0), Sense::hover());
                widgets::text_at(ui, rect.center(), Align2::CENTER_CENTER, "→", theme::of(ui).weak);
            }
            let layout = Layout::top_down(Align::Min);
            let card = ui.allocate_ui_with_layout(vec2(width, 0.0), layout, |ui| {
                show_card(ui, cx, card, forecast.as_ref(), before.unwrap_or_default())
            });
            needed = needed.max(card.inner);
        }
    });
    if before != Some(needed) {
        ui.data_mut(|data| data.insert_temp(key, needed));
        ui.ctx().request_repaint();
    }
}

/// At least this high; returns how high it must be.
fn show_card(
    ui: &mut Ui,
    cx: &mut PanelContext<'_>,
    (stage, name, text, alone): (Stage, &str, &str, Id),
    forecast: Option<&Forecast>,
    height: f32,
) -> f32 {
    let t = theme::of(ui);
    let (state, colour, active) = state(cx, stage, t);
    let edge = if active { t.accent } else { t.line };
    let frame = Frame::new().fill(t.panel).stroke(Stroke::new(1.0, edge)).corner_radius(theme::RADIUS).inner_margin(12);
    let card = frame.show(ui, |ui| {
        ui.spacing_mut().item_spacing = vec2(theme::GAP, theme::STEP);
        ui.set_width(ui.available_width());
        let top = ui.cursor().top();
        ui.horizontal(|ui| {
            ui.label(theme::strong(name));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.label(RichText::new(state).size(theme::SMALL).color(colour));
            });
        });
        widgets::weak(ui, text);
        cost(ui, cx, stage, forecast);
        ui.add_space(theme::STEP);
        let running = cx.state.trains();
        if !running {
            settings(ui, cx, stage);
        }
        if stage == Stage::Ddpm
            && let Some(readiness) = readiness_at_hand(cx)
        {
            readiness::show(ui, &readiness);
        }
        if running {
            // What runs is looked at, and the form is for what comes after it.
            let title = RichText::new("Settings of the next training").size(theme::SMALL).color(t.weak);
            let wrong = groups(stage).into_iter().chain([""]).any(|group| cx.state.train.has_error_in(stage, group));
            let header = CollapsingHeader::new(title).id_salt(("next", stage.name())).open(wrong.then_some(true));
            header.show_unindented(ui, |ui| {
                settings(ui, cx, stage);
                alone_button(ui, cx, alone);
            });
        } else {
            alone_button(ui, cx, alone);
        }
        let needed = ui.cursor().top() - top;
        ui.add_space((height - needed).max(0.0));
        needed
    });
    card.inner
}

/// The fields of a card.
fn settings(ui: &mut Ui, cx: &mut PanelContext<'_>, stage: Stage) {
    if stage == Stage::Ddpm {
        which_model(ui, cx);
    }
    // A model that is there already has its settings.
    let given = stage == Stage::Ddpm && cx.state.train.reuse.is_some();
    if !given {
        presets(ui, cx, stage);
        let decided = cx.state.resolved_settings();
        let instead = decided.as_ref().map(|decided| &decided.instead);
        let of_card = |key: &str| FIELDS.iter().any(|field| field.card == stage && field.key == key);
        if instead.is_some_and(|instead| instead.keys().any(|key| of_card(key))) {
            let text = match stage {
                Stage::Ddpm => {
                    "In the fields: for whole pictures, which this model does not learn. Beside them: what it takes for tiles."
                }
                _ => "In the fields: for whole pictures. Beside them: for tiles.",
            };
            widgets::weak(ui, text);
        }
        for field in FIELDS.iter().filter(|f| f.card == stage && f.group.is_empty()) {
            field::show(ui, cx, field, instead.and_then(|instead| instead.get(field.key)));
            if field.key == "data.tile" {
                tile_note::show(ui, cx);
            }
        }
        for group in groups(stage) {
            show_group(ui, cx, stage, group, instead);
        }
    }
}

/// The preset of this card alone. Scores have the same values in all of them.
fn presets(ui: &mut Ui, cx: &mut PanelContext<'_>, stage: Stage) {
    if stage == Stage::Scores {
        return;
    }
    let all = Preset::ALL.map(|preset| (Some(preset), preset.name()));
    if let Some(Some(preset)) = widgets::choices(ui, cx.state.train.card_preset(stage), &all) {
        cx.send(TrainCommand::CardPreset(stage, preset));
    }
}

/// Trains this card's part alone, or says why it cannot be.
fn alone_button(ui: &mut Ui, cx: &mut PanelContext<'_>, alone: Id) {
    ui.add_space(theme::STEP);
    widgets::action_button(ui, cx, alone);
    if let Some(run) = scorable(cx.state).filter(|_| alone == Id::ScoreOnly) {
        let (name, samples, rule) = (&run.manifest.name, count_of(run.config.score.samples, "sample"), run.config.score.rule);
        let text = format!("“{name}”, with its own settings: {samples}, {rule}. The fields above are for “Train all”.");
        widgets::weak(ui, text);
    }
    // The way on is said in view; what holds for all three is said above them.
    if let (Ok(()), Err(reason)) = (may_train(cx.state), (get(alone).allowed)(cx.state)) {
        widgets::weak(ui, reason);
    }
}

/// A folded part of a card; it opens where something in it cannot be used.
fn show_group(ui: &mut Ui, cx: &mut PanelContext<'_>, stage: Stage, group: &str, instead: Option<&Texts>) {
    let t = theme::of(ui);
    let (changed, wrong) = (cx.state.train.changed_in(stage, group), cx.state.train.has_error_in(stage, group));
    let title = match (changed, wrong) {
        (_, true) => RichText::new(format!("{group} · {}", icons::WARNING)).color(t.error),
        (0, _) => RichText::new(group).color(t.weak),
        (n, _) => RichText::new(format!("{group} · {n} changed")).color(t.accent),
    };
    let id = EguiId::unique(("settings", stage.name(), group));
    let header = CollapsingHeader::new(title.size(theme::SMALL)).id_salt(id).open(wrong.then_some(true));
    header.show_unindented(ui, |ui| {
        for field in FIELDS.iter().filter(|f| f.card == stage && f.group == group) {
            field::show(ui, cx, field, instead.and_then(|instead| instead.get(field.key)));
        }
    });
}

/// What the card will take; while it runs, what is left of it.
fn cost(ui: &mut Ui, cx: &PanelContext<'_>, stage: Stage, forecast: Option<&Forecast>) {
    let t = theme::of(ui);
    let line = |ui: &mut Ui, text: String, colour: Color32| {
        ui.label(RichText::new(text).size(theme::SMALL).color(colour));
    };
    if let Some(job) = cx.state.training().filter(|job| job.state.is_running())
        && let Some((_, bytes)) = job.forecast.of_card(stage)
    {
        let seconds = job.forecast.corrected(stage, &job.progress);
        let left = job.forecast.left_on(stage, &job.progress);
        let text = if left > 0.0 || !is_through(job, stage) {
            format!(
                "{}  {} left of about {} · {}",
                icons::CLOCK,
                widgets::about(left),
                widgets::about(seconds),
                widgets::bytes(bytes)
            )
        } else {
            format!("{}  done", icons::CLOCK)
        };
        return line(ui, text, t.text);
    }
    match forecast.map(|f| f.of_card(stage)) {
        Some(Some((seconds, bytes))) => {
            let text = format!("{}  about {} · {} of memory", icons::CLOCK, widgets::about(seconds), widgets::bytes(bytes));
            let too_much = cx.state.machine.free_memory.is_some_and(|free| bytes > 0.9 * free as f64);
            line(ui, text, if too_much { t.warning } else { t.text });
        }
        Some(None) => line(ui, format!("{}  nothing to do", icons::CLOCK), t.weak),
        // What it waits for is said once, above the cards.
        None if cx.state.machine.measuring => line(ui, format!("{}  …", icons::CLOCK), t.weak),
        None => {}
    }
}

/// A new model, or one that is there already.
fn which_model(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    let models = &cx.state.dissolve.models;
    if models.is_empty() {
        return;
    }
    let reuse = cx.state.train.reuse.as_ref();
    let name = models.iter().find(|m| Some(&m.source) == reuse).map_or("train a new one", |m| m.name.as_str());
    let mut chosen = None;
    ui.horizontal(|ui| {
        let label = ui.label(RichText::new("Model").color(theme::of(ui).weak));
        let width = ui.available_width() - theme::GAP;
        let combo = ComboBox::from_id_salt("reuse").selected_text(name).width(width).truncate().show_ui(ui, |ui| {
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
    if let Some(source) = chosen {
        cx.send(TrainCommand::Reuse(source));
    }
}

/// How good the model that was chosen is, else the one that the job at hand trains.
fn readiness_at_hand(cx: &PanelContext<'_>) -> Option<Readiness> {
    let listed = |source| cx.state.runs.iter().find(|r| r.model.as_ref() == Some(source)).and_then(|r| r.readiness.clone());
    match &cx.state.train.reuse {
        Some(source) => listed(source),
        None => cx.state.training().and_then(|job| job.progress.readiness.clone().or_else(|| of_run(cx, job))),
    }
}

fn of_run(cx: &PanelContext<'_>, job: &JobInfo) -> Option<Readiness> {
    cx.state.runs.iter().find(|r| job.run.as_ref() == Some(&r.path))?.readiness.clone()
}

/// A stage's state in a word.
fn state(cx: &PanelContext<'_>, card: Stage, t: &theme::Tokens) -> (String, Color32, bool) {
    if card == Stage::Ddpm && cx.state.train.config.dia.dissolve != DissolveMethod::Diffusion {
        return ("not needed".into(), t.weak, false);
    }
    if card == Stage::Ddpm && cx.state.train.reuse.is_some() && !cx.state.trains() {
        return (format!("{} there already", icons::CHECK), t.accent, false);
    }
    // Scores alone are no word on the models of the form.
    let of_card = |work: &Work| if card == Stage::Scores { work.is_on_cards() } else { work.is_training() };
    let Some(job) = cx.state.latest(of_card) else { return ("not started".into(), t.weak, false) };
    if is_through(job, card) {
        return (format!("{} done", icons::CHECK), t.accent, false);
    }
    let p = &job.progress;
    let here = p.stage.is_some_and(|s| card_of(s) == card);
    let (word, colour, active) = match &job.state {
        JobState::Running if here => {
            let stage = match p.stage.filter(|s| *s != card) {
                None => String::new(),
                Some(Stage::TileDia) => "tiles ".into(),
                Some(stage) => format!("{} · ", stage.name()),
            };
            (format!("{stage}{:.0} %", 100.0 * p.share()), t.accent, true)
        }
        JobState::Paused if here => ("paused".into(), t.warning, true),
        JobState::Stopping if here => ("stopping".into(), t.warning, true),
        JobState::Ended(Outcome::Stopped) if here => ("stopped".into(), t.weak, false),
        JobState::Ended(Outcome::Failed(_)) if here => ("failed".into(), t.error, false),
        JobState::Ended(_) => ("not begun".to_string(), t.weak, false),
        _ => ("waiting".into(), t.weak, false),
    };
    let whole = if awaits_tiles(job) && card == Stage::Dia && p.finished.contains(&Stage::Bank) { "whole done · " } else { "" };
    (format!("{whole}{word}"), colour, active)
}

/// Whether all of a card's work is done.
fn is_through(job: &JobInfo, card: Stage) -> bool {
    let p = &job.progress;
    let last = match card {
        Stage::Scores => Stage::Report,
        other => other,
    };
    let is_last = p.finished.contains(&last) && !(card == Stage::Dia && awaits_tiles(job));
    is_last || p.stage.is_some_and(|s| card_of(s) as usize > card as usize)
}

/// Whether the encoder of tiles, which comes after that of whole pictures, is still to be trained.
fn awaits_tiles(job: &JobInfo) -> bool {
    let p = &job.progress;
    let is_wanted = p.stage == Some(Stage::TileDia) || job.forecast.costs.iter().any(|cost| cost.stage == Stage::TileDia);
    is_wanted && !p.finished.contains(&Stage::TileDia) && !matches!(job.state, JobState::Ended(Outcome::Finished(_)))
}
