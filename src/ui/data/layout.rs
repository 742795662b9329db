//! What was recognised, why, and the ways to have it understood otherwise.

use crate::{
    app::{AppCommand, DataCommand, icons, state::OpenDataset},
    config::Reading,
    data::Layout,
    jobs::events::Pick,
    ui::shared::{context::PanelContext, theme, widgets},
};
use eframe::egui::{RichText, Ui};
use std::collections::BTreeSet;

pub fn header(ui: &mut Ui, cx: &mut PanelContext<'_>, open: &OpenDataset) {
    let t = theme::of(ui);
    ui.horizontal(|ui| {
        ui.label(RichText::new(open.title()).size(theme::TITLE));
        let may_change = !matches!(open.dataset.layout, Layout::MedmnistNpz | Layout::Cifar);
        if may_change {
            let text = format!("{}  {}", name(open.dataset.layout), icons::CARET_DOWN);
            ui.menu_button(RichText::new(text).size(theme::SMALL), |ui| menu(ui, cx, open))
                .response
                .on_hover_text("Not what it is? Have the folders understood in another way.");
        } else {
            widgets::weak(ui, name(open.dataset.layout));
        }
    });
    ui.label(RichText::new(widgets::sentence(&open.dataset.why)).color(t.weak));
}

fn menu(ui: &mut Ui, cx: &mut PanelContext<'_>, open: &OpenDataset) {
    widgets::caption(ui, "UNDERSTAND THE FOLDERS AS");
    let by_table = open.config.labels.is_some();
    for reading in Reading::ALL {
        let chosen = open.config.reading == reading && open.config.level == 0 && !by_table;
        if ui.selectable_label(chosen, reading_name(reading)).clicked() {
            cx.send(DataCommand::Reading(reading));
            ui.close();
        }
    }
    let levels = levels(open);
    for (level, names) in (1..).zip(&levels).filter(|_| levels.len() > 1) {
        let text = format!("classes: the folders at level {level} ({names})");
        if ui.selectable_label(open.config.level == level && !by_table, text).clicked() {
            cx.send(DataCommand::Level(level));
            ui.close();
        }
    }
    ui.separator();
    widgets::caption(ui, "LABELS FROM A TABLE");
    for path in open.dataset.tables.iter().take(12) {
        let name = path.strip_prefix(&open.dataset.root).unwrap_or(path).display().to_string();
        if ui.selectable_label(open.config.labels.as_ref() == Some(path), name).clicked() {
            cx.send(DataCommand::ChooseColumns(Some(path.clone())));
            ui.close();
        }
    }
    if ui.button("Choose a table…").clicked() {
        cx.send(AppCommand::Pick(Pick::Table));
        ui.close();
    }
    let of_single_images = ui.button("Choose a folder of annotations…");
    if of_single_images.on_hover_text("A file for each image, called like it: Pascal VOC, YOLO, LabelMe").clicked() {
        cx.send(AppCommand::Pick(Pick::Annotations));
        ui.close();
    }
}

/// The first few names of the folders at each level above some images.
fn levels(open: &OpenDataset) -> Vec<String> {
    const LEVELS: usize = 6;
    const IMAGES: usize = 500;
    let step = (open.dataset.items.len() / IMAGES).max(1);
    let mut names: Vec<BTreeSet<&str>> = Vec::new();
    for item in open.dataset.items.iter().step_by(step) {
        let folders = item.name.rsplit_once('/').map_or("", |(folders, _)| folders);
        for (level, name) in folders.split('/').filter(|name| !name.is_empty()).take(LEVELS).enumerate() {
            names.resize_with(names.len().max(level + 1), BTreeSet::new);
            names[level].insert(name);
        }
    }
    let few = |names: BTreeSet<&str>| {
        let more = if names.len() > 2 { ", …" } else { "" };
        names.into_iter().take(2).collect::<Vec<_>>().join(", ") + more
    };
    names.into_iter().map(few).collect()
}

fn name(layout: Layout) -> &'static str {
    match layout {
        Layout::Mvtec => "MVTec folders",
        Layout::ClassFolders => "one folder per class",
        Layout::SplitClassFolders => "folders of splits and classes",
        Layout::LabelsCsv => "table of labels",
        Layout::MedmnistNpz => "MedMNIST archive",
        Layout::Cifar => "CIFAR batches",
        Layout::Unlabelled => "no labels",
    }
}

fn reading_name(reading: Reading) -> &'static str {
    match reading {
        Reading::Auto => "what they look like",
        Reading::OuterFolders => "classes: the outer folder is the class",
        Reading::InnerFolders => "classes: the innermost folder is the class",
        Reading::Unlabelled => "images without labels",
    }
}
