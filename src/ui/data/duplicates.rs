//! Pictures that are there twice, side by side; those that lie across the splits first.

use super::selection;
use crate::{
    app::{
        AppCommand, DataCommand,
        actions::Id,
        icons,
        message::Curate,
        state::{OpenDataset, PairCounts},
    },
    data::{Duplicate, ImageId},
    text::{count_of, thousands},
    ui::shared::{context::PanelContext, image_grid, theme, widgets},
};
use eframe::egui::{Button, RichText, ScrollArea, Sense, Ui, WidgetInfo, accesskit::Role, vec2};

const SIDE: f32 = 128.0;

pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>, open: &OpenDataset) {
    let Some(found) = cx.state.data.duplicate_search.found.clone() else { return };
    if found.duplicates.is_empty() {
        widgets::empty_state(ui, "No duplicates", "No two images are equal or nearly so.", |_| {});
        return;
    }
    let crosses = |d: &&Duplicate| trouble(open, d).is_some();
    let (first, rest): (Vec<&Duplicate>, Vec<&Duplicate>) = found.duplicates.iter().partition(crosses);
    let pairs: Vec<&Duplicate> = first.into_iter().chain(rest).collect();
    ui.horizontal_wrapped(|ui| {
        widgets::weak(ui, "Equal or nearly equal pictures in train and test flatter every figure.");
        if widgets::small_button(ui, "Copy list").clicked() {
            let line = |d: &&Duplicate| format!("{}\t{}\t{}", name(open, d.first), name(open, d.second), kind(d));
            cx.send(AppCommand::Copy(pairs.iter().map(line).collect::<Vec<_>>().join("\n")));
        }
        let word = RichText::new("Leave out all but the first").size(theme::SMALL);
        widgets::action_button_as(ui, cx, Id::LeaveOutDuplicates, Button::new(word));
    });
    let area = ScrollArea::vertical().id_salt("duplicates").auto_shrink(false);
    area.show_rows(ui, SIDE + 2.0 * image_grid::LINE, pairs.len(), |ui, range| {
        for pair in pairs.get(range).unwrap_or_default() {
            row(ui, cx, open, pair);
        }
    });
}

fn row(ui: &mut Ui, cx: &mut PanelContext<'_>, open: &OpenDataset, pair: &Duplicate) {
    let t = theme::of(ui);
    ui.horizontal(|ui| {
        for id in [pair.first, pair.second] {
            let (rect, response) = ui.allocate_exact_size(vec2(SIDE, SIDE + 2.0 * image_grid::LINE), Sense::click());
            let item = open.dataset.item(id);
            let cell = image_grid::GridCell {
                thumb: Some(id.into()),
                name: name(open, id),
                label: open.dataset.label(id),
                selected: cx.state.selected == Some(id),
                marked: false,
                left_out: open.dataset.is_left_out(id),
                note: item.map(|item| selection::note(open, item)),
                outcome: None,
                tags: item.map(|item| open.dataset.curation.tags(&item.name).map(String::from).collect()).unwrap_or_default(),
                hint: None,
            };
            response
                .widget_info(|| WidgetInfo::selected(Role::Image, true, cell.selected, format!("{}, a duplicate", cell.name)));
            image_grid::paint(ui, cx, rect, &cell, response.hovered());
            if response.clicked() {
                cx.send(DataCommand::Select(id));
            }
            response.on_hover_text(&cell.name);
        }
        ui.vertical(|ui| {
            ui.add_space(SIDE / 3.0);
            ui.label(kind(pair));
            for id in [pair.first, pair.second] {
                widgets::cut_label(ui, &name(open, id), theme::SMALL, t.weak);
            }
            let out = [pair.first, pair.second].map(|id| open.dataset.is_left_out(id));
            if out == [false; 2] {
                if widgets::small_button(ui, "Leave out the second").clicked() {
                    cx.send(DataCommand::Curate(vec![pair.second], Curate::LeaveOut(true)));
                }
            } else if widgets::small_button(ui, "Take back").clicked() {
                cx.send(DataCommand::Curate(vec![pair.first, pair.second], Curate::LeaveOut(false)));
            }
            if let Some(trouble) = trouble(open, pair) {
                ui.label(RichText::new(format!("{}  {trouble}", icons::WARNING)).size(theme::SMALL).color(t.warning));
            }
        });
    });
}

fn name(open: &OpenDataset, id: ImageId) -> String {
    open.dataset.item(id).map(|item| item.name.clone()).unwrap_or_default()
}

fn kind(pair: &Duplicate) -> &'static str {
    if pair.exact { "equal pixel for pixel" } else { "nearly equal" }
}

/// Why a pair matters.
fn trouble(open: &OpenDataset, pair: &Duplicate) -> Option<&'static str> {
    let (a, b) = (open.dataset.item(pair.first)?, open.dataset.item(pair.second)?);
    if a.said.leave_out || b.said.leave_out {
        return None;
    }
    match (a.split == b.split, a.class == b.class) {
        (false, false) => Some("across the splits, and in two classes"),
        (false, true) => Some("across the splits"),
        (true, false) => Some("in two classes"),
        (true, true) => None,
    }
}

/// What the list of problems says of the duplicates; `None` where there is nothing to say.
pub fn warning(PairCounts { all, across }: PairCounts) -> Option<String> {
    match (all, across) {
        (0, _) => None,
        (_, 0) => Some(format!("{} of duplicates.", count_of(all, "pair"))),
        _ => Some(format!(
            "{} of duplicates, {} of them across the splits, which flatters every figure.",
            count_of(all, "pair"),
            thousands(across)
        )),
    }
}
