//! Train, in the middle: three cards in a row, "Train all", and below them the queue and the curves of the job at hand.

use super::{curves, queue, stage_cards};
use crate::{
    app::{
        AppCommand, TrainCommand,
        actions::Id,
        icons,
        state::{JobState, Work, Workspace},
    },
    config::Preset,
    jobs::job::Outcome,
    text::thousands,
    ui::shared::{context::PanelContext, theme, widgets},
};
use eframe::egui::{Align, Layout, RichText, ScrollArea, Ui};

/// Width in which presets and buttons have one line, points.
const HEAD: f32 = 720.0;

pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>, shown: &mut curves::CurveChoice) {
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        // The scroll bar floats over what is under it.
        ui.set_max_width(ui.available_width() - theme::PAGE);
        head(ui, cx);
        failed(ui, cx);
        ui.add_space(theme::GAP);
        stage_cards::show(ui, cx);
        queue::show(ui, cx);
        ui.add_space(theme::PAGE);
        curves::show(ui, cx, shown);
        widgets::follow_focus(ui);
    });
}

fn head(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    let t = theme::of(ui);
    let in_line = ui.available_width() >= HEAD;
    let buttons = |ui: &mut Ui, cx: &mut PanelContext<'_>| {
        widgets::primary_button(ui, cx, Id::TrainAll);
        // In a line they are laid out from its right end.
        let order = if in_line { [Id::Redo, Id::Undo] } else { [Id::Undo, Id::Redo] };
        order.into_iter().for_each(|id| _ = widgets::icon_button(ui, cx, id));
    };
    ui.horizontal(|ui| {
        if in_line {
            ui.label(RichText::new("Preset").color(t.weak));
        }
        let all = [
            (Preset::Quick, "Quick · minutes"),
            (Preset::Standard, "Standard · an hour or two"),
            (Preset::Paper, "Paper · for a GPU"),
        ];
        if let Some(preset) = widgets::choices(ui, cx.state.train.config.run.preset, &all) {
            cx.send(TrainCommand::Preset(preset));
        }
        let differing = cx.state.train.differing();
        if differing > 0 {
            let back = widgets::small_button(ui, &format!("{differing} changed"));
            if back.on_hover_text("So many fields differ from the preset. A click gives all of them its values again").clicked() {
                cx.send(TrainCommand::Preset(cx.state.train.config.run.preset));
            }
        }
        if in_line {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| buttons(ui, cx));
        }
    });
    if !in_line {
        ui.horizontal(|ui| buttons(ui, cx));
    }
    let reason = crate::app::actions::may_train(cx.state).err();
    ui.horizontal_wrapped(|ui| match (cx.state.open(), reason) {
        (None, _) => {
            ui.label(RichText::new("Nothing to learn from yet.").color(t.weak));
            widgets::action_button(ui, cx, Id::OpenFolder);
        }
        (Some(_), Some(reason)) => {
            ui.label(RichText::new(format!("{}  {reason}", icons::WARNING)).color(t.warning));
            widgets::button(ui, cx, "Go to Data (1)", || AppCommand::Go(Workspace::Data));
        }
        (Some(open), None) => {
            let text =
                format!("Learns from the {} normal training images of {}.", thousands(open.training_normals), open.title());
            ui.label(RichText::new(text).color(t.weak));
            if in_line {
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| total(ui, cx));
            } else {
                total(ui, cx);
            }
        }
    });
    memory(ui, cx);
    very_long(ui, cx);
}

/// The question whether to start what would take days.
fn very_long(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    let Some((kind, seconds)) = cx.state.asks_long else { return };
    ui.horizontal_wrapped(|ui| {
        let text = format!("{}  This training would take about {} on this machine.", icons::WARNING, widgets::about(seconds));
        ui.label(RichText::new(text).color(theme::of(ui).warning));
        widgets::button(ui, cx, "Start it all the same", || TrainCommand::Start(kind));
        widgets::button(ui, cx, "Do not start it", || TrainCommand::CancelStart);
    });
}

/// Why the last training ended before its time.
fn failed(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    let Some(JobState::Ended(Outcome::Failed(failure))) = cx.state.latest(Work::is_on_cards).map(|job| &job.state) else {
        return;
    };
    let (summary, hint) = (failure.summary.clone(), failure.hint.clone());
    widgets::failure(ui, cx, &summary, &hint);
}

/// Time and memory of all three together.
fn total(ui: &mut Ui, cx: &PanelContext<'_>) {
    let t = theme::of(ui);
    if let Some(forecast) = cx.state.forecast() {
        let (time, memory) = (widgets::about(forecast.seconds()), widgets::bytes(forecast.bytes()));
        let free = cx.state.machine.free_memory.map(|free| format!(" of {} free", widgets::bytes(free as f64)));
        let text = format!("all: about {time} · {memory}{}", free.unwrap_or_default());
        ui.label(RichText::new(text).size(theme::SMALL).color(t.text))
            .on_hover_text("From the number of multiplications and how fast this machine was so far; corrected while it runs");
    } else if cx.state.machine.measuring {
        ui.label(RichText::new("measuring this machine…").size(theme::SMALL).color(t.weak));
    }
}

/// Said before memory would run out.
fn memory(ui: &mut Ui, cx: &PanelContext<'_>) {
    let (Some(forecast), Some(free)) = (cx.state.forecast(), cx.state.machine.free_memory) else { return };
    if cx.state.running().is_none() && forecast.bytes() > 0.9 * free as f64 {
        let (need, free) = (widgets::bytes(forecast.bytes()), widgets::bytes(free as f64));
        let text = format!(
            "{}  This needs about {need} of memory, and {free} are free: it would be slow, or be refused. Choose a smaller batch, \
             width or side.",
            icons::WARNING
        );
        ui.label(RichText::new(text).color(theme::of(ui).warning));
    }
}
