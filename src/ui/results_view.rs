//! Results, in the middle: ROC and histogram on the left, the gallery on the right, one threshold for all of them.

use super::{Cx, Ui as Local, gallery, histogram, roc, theme, widgets};
use crate::{
    app::{
        Command, icons,
        state::{Open, Scores, Workspace, data_title},
    },
    data::Label,
    jobs::ScoreSet,
};
use eframe::egui::{RichText, Ui, vec2};

pub fn show(ui: &mut Ui, cx: &mut Cx<'_>, local: &mut Local) {
    match &cx.state.results.scores {
        Scores::None => none(ui, cx),
        Scores::Loading => {
            ui.horizontal(|ui| {
                ui.spinner();
                ui.label("Reading the scores…");
            });
        }
        Scores::Failed(failure) => {
            widgets::failure(ui, cx, &failure.summary, &failure.hint);
            if let Some(run) = cx.state.results.run.clone() {
                widgets::button(ui, cx, "Try again", || Command::OpenRun(run));
            }
        }
        Scores::Ready(set) => {
            let set = set.clone();
            ready(ui, cx, local, &set);
        }
    }
}

fn none(ui: &mut Ui, cx: &mut Cx<'_>) {
    let text = "A finished run has scores: how abnormal each image is, and which of them the model gets wrong.";
    widgets::empty_state(ui, "No scores yet", text, |ui| {
        widgets::button(ui, cx, "Train (3)", || Command::Go(Workspace::Train));
    });
}

fn ready(ui: &mut Ui, cx: &mut Cx<'_>, local: &mut Local, set: &ScoreSet) {
    let t = theme::of(ui);
    ui.horizontal(|ui| {
        ui.label(RichText::new(&set.name).size(theme::TITLE));
        let over = if set.evaluation.split == "all" { "all images".into() } else { format!("{} split", set.evaluation.split) };
        let e = &set.evaluation;
        ui.label(
            RichText::new(format!("{over} · {} normal, {} abnormal", e.n_normal, e.n_abnormal)).size(theme::SMALL).color(t.weak),
        );
    });
    other_data(ui, cx, set);
    let left = (ui.available_width() * 0.4).clamp(220.0, 420.0);
    let height = ui.available_height();
    ui.horizontal_top(|ui| {
        ui.allocate_ui(vec2(left, height), |ui| {
            ui.vertical(|ui| {
                ui.set_width(left);
                let half = (height - theme::GAP) / 2.0;
                roc::show(ui, cx, set, half);
                histogram::show(ui, cx, set, half);
            });
        });
        ui.add_space(theme::GAP);
        ui.vertical(|ui| gallery::show(ui, cx, set, &mut local.gallery));
    });
}

/// The pictures of the gallery come from the open data set; another one may be open.
fn other_data(ui: &mut Ui, cx: &mut Cx<'_>, set: &ScoreSet) {
    let path = &set.config.data.path;
    let is_open = cx.state.open().is_some_and(|o: &std::sync::Arc<Open>| o.config.path == *path);
    if is_open || path.as_os_str().is_empty() || cx.state.data.opening.is_some() {
        return;
    }
    let t = theme::of(ui);
    ui.horizontal(|ui| {
        let text = format!("{}  These are scores of {}, which is not the open data set.", icons::WARNING, data_title(path));
        ui.label(RichText::new(text).size(theme::SMALL).color(t.warning));
        if widgets::small_button(ui, "Open it").clicked() {
            cx.send(Command::OpenData(set.config.data.clone()));
        }
    });
}

pub fn label_of(abnormal: Option<bool>) -> Option<Label> {
    abnormal.map(|a| if a { Label::Abnormal } else { Label::Normal })
}
