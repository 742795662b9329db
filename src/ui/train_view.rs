//! Train, in the middle: three cards in a row, "Train all", and below them the curves of the running job.

use super::{Cx, theme, train_cards, train_curves, widgets};
use crate::{
    app::{Command, actions::Id, icons, state::Workspace},
    config::Preset,
};
use eframe::egui::{Align, Layout, RichText, ScrollArea, Ui};

pub fn show(ui: &mut Ui, cx: &mut Cx<'_>) {
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        head(ui, cx);
        ui.add_space(theme::GAP);
        train_cards::show(ui, cx);
        ui.add_space(theme::PAGE);
        train_curves::show(ui, cx);
    });
}

fn head(ui: &mut Ui, cx: &mut Cx<'_>) {
    let t = theme::of(ui);
    ui.horizontal(|ui| {
        ui.label(RichText::new("Preset").color(t.weak));
        let all = [
            (Preset::Quick, "Quick · minutes"),
            (Preset::Standard, "Standard · an hour or two"),
            (Preset::Paper, "Paper · for a GPU"),
        ];
        if let Some(preset) = widgets::choices(ui, cx.state.train.config.run.preset, &all) {
            cx.send(Command::Preset(preset));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            widgets::primary_button(ui, cx, Id::TrainAll);
        });
    });
    let reason = crate::app::actions::may_train(cx.state).err();
    ui.horizontal(|ui| match (cx.state.open(), reason) {
        (None, _) => {
            ui.label(RichText::new("Nothing to learn from yet.").color(t.weak));
            widgets::action_button(ui, cx, Id::OpenFolder);
        }
        (Some(_), Some(reason)) => {
            ui.label(RichText::new(format!("{}  {reason}", icons::WARNING)).color(t.warning));
            widgets::button(ui, cx, "Go to Data (1)", || Command::Go(Workspace::Data));
        }
        (Some(open), None) => {
            let normals = open.training_normals;
            let text = format!("Learns from the {normals} normal training images of {}.", open.title());
            ui.label(RichText::new(text).color(t.weak));
        }
    });
}
