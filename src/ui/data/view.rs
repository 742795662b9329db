//! Data, in the middle: what was recognised, the question for the normal class, the images, and their duplicates.

use super::{columns, duplicates, layout, normal, open, selection};
use crate::{
    app::{
        DataCommand,
        state::{DataPage, Mark, OpenDataset, Opening, config_title},
    },
    data::{ImageId, Label},
    text::{count_of, thousands},
    ui::shared::{
        context::PanelContext,
        image_grid::{self, Grid, GridCell},
        theme, views, widgets,
    },
};
use eframe::egui::{RichText, Ui, vec2};

/// What the workspace keeps between frames.
#[derive(Default)]
pub struct DataView {
    /// The path field; also in the side bar.
    pub path: String,
    grid: Grid,
}

pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>, view: &mut DataView) {
    // A choice of the normal class is there at once, and must not move what the pointer is over.
    let is_choice = |Opening { config, .. }: &Opening| {
        !config.normal.is_empty() && cx.state.open().is_some_and(|open| open.differs_in_normal(config))
    };
    if let Some(opening) = cx.state.data.opening.as_ref().filter(|opening| !is_choice(opening)) {
        let (title, found) = (config_title(&opening.config), opening.found);
        ui.horizontal(|ui| {
            ui.spinner();
            let count = if found > 0 { format!(": {} so far", count_of(found, "file")) } else { String::new() };
            ui.label(format!("Looking at {title}{count}…"));
        });
    }
    if let Some((path, failure)) = cx.state.data.failed.clone() {
        widgets::failure(ui, cx, &failure.summary, &failure.hint);
        let is_table = path.extension().is_some_and(|e| ["csv", "tsv", "txt"].iter().any(|t| e.eq_ignore_ascii_case(t)));
        ui.horizontal(|ui| {
            widgets::button(ui, cx, "Try again", || DataCommand::TryAgain);
            if is_table {
                widgets::button(ui, cx, "Choose its columns", || DataCommand::ChooseColumns(Some(path.clone())));
            }
            widgets::button(ui, cx, "Dismiss", || DataCommand::DismissFailure);
            widgets::cut_label(ui, &path.display().to_string(), theme::SMALL, theme::of(ui).weak);
        });
        ui.add_space(theme::GAP);
        if cx.state.open().is_none() && cx.state.data.table.is_some() {
            columns::show(ui, cx);
        }
    }
    match cx.state.open().cloned() {
        Some(open) => opened(ui, cx, &mut view.grid, &open),
        None if cx.state.data.opening.is_some() => skeleton(ui),
        None => open::show(ui, cx, &mut view.path),
    }
}

/// Grey cells while a data set is on its way.
fn skeleton(ui: &mut Ui) {
    let t = theme::of(ui);
    ui.add_space(theme::PAGE);
    ui.horizontal_wrapped(|ui| {
        for _ in 0..12 {
            let (rect, _) = ui.allocate_exact_size(vec2(112.0, 112.0), eframe::egui::Sense::hover());
            ui.painter().rect_filled(rect, theme::RADIUS, t.panel);
        }
    });
}

fn opened(ui: &mut Ui, cx: &mut PanelContext<'_>, grid: &mut Grid, open: &OpenDataset) {
    layout::header(ui, cx, open);
    if cx.state.data.table.is_some() {
        columns::show(ui, cx);
    } else {
        normal::show(ui, cx, open);
    }
    next(ui, cx, open);
    pages(ui, cx, open);
    views::note(ui, cx.state);
    match cx.state.data.page {
        DataPage::Images => images(ui, cx, grid, open),
        DataPage::Duplicates => duplicates::show(ui, cx, open),
    }
}

/// What to do next, until something was trained on these images.
fn next(ui: &mut Ui, cx: &PanelContext<'_>, open: &OpenDataset) {
    let is_trained = cx.state.runs.iter().any(|run| run.place == open.dataset.place);
    if is_trained || open.training_normals < 2 {
        return;
    }
    let normals = count_of(open.training_normals, "normal training image");
    widgets::weak(ui, format!("Next: watch fine features dissolve in Dissolve (2), or learn from the {normals} in Train (3)."));
}

/// Images, duplicates, and how far the search for the latter is.
fn pages(ui: &mut Ui, cx: &mut PanelContext<'_>, open: &OpenDataset) {
    let (check, all, shown) = (&cx.state.data.duplicate_search, open.dataset.items.len(), cx.state.data.shown.len());
    let images = match shown == all {
        true => format!("Images {}", thousands(all)),
        false => format!("Images {} of {}", thousands(shown), thousands(all)),
    };
    ui.horizontal(|ui| {
        views::menu(ui, cx);
        if cx.state.data.page == DataPage::Images {
            image_grid::size_buttons(ui, cx);
        }
        if let Some(found) = &check.found {
            let (pairs, used) = (count_of(found.duplicates.len(), "pair"), check.used.all);
            let left = if used == found.duplicates.len() { pairs } else { format!("{} of {pairs}", thousands(used)) };
            let duplicates = format!("Duplicates {left}");
            let pages = [(DataPage::Images, images.as_str()), (DataPage::Duplicates, duplicates.as_str())];
            if let Some(page) = widgets::choices(ui, cx.state.data.page, &pages) {
                cx.send(DataCommand::Page(page));
            }
            return;
        }
        ui.label(images);
        if check.running {
            widgets::weak_line(ui, format!("· duplicates: {} of {}", thousands(check.done), count_of(all, "image")))
                .on_hover_text("They are being looked for");
        } else if cx.state.running().is_some() {
            widgets::weak_line(ui, "· duplicates: when nothing trains").on_hover_text("They are looked for when nothing trains");
        } else if widgets::small_button(ui, "Look for duplicates")
            .on_hover_text("Decodes each image once, in the background")
            .clicked()
        {
            cx.send(DataCommand::FindDuplicates);
        }
    });
}

fn images(ui: &mut Ui, cx: &mut PanelContext<'_>, grid: &mut Grid, open: &OpenDataset) {
    let shown = cx.state.data.shown.clone();
    if shown.is_empty() {
        widgets::empty_state(ui, "No image passes the filter", "Click “All images” on the left.", |_| {});
        return;
    }
    selection::show(ui, cx);
    let state = cx.state;
    let selected = state.selected.and_then(|id| shown.binary_search(&id).ok());
    let cell = |i: usize| {
        let id: ImageId = shown[i];
        let item = open.dataset.item(id);
        GridCell {
            thumb: Some(id.into()),
            name: item.map(|item| item.name.clone()).unwrap_or_default(),
            label: open.dataset.label(id),
            selected: state.selected == Some(id),
            marked: state.data.marked.contains(&id),
            left_out: open.dataset.is_left_out(id),
            note: item.map(|item| selection::note(open, item)),
            outcome: None,
            tags: item.map(|item| open.dataset.curation.tags(&item.name).map(String::from).collect()).unwrap_or_default(),
            hint: None,
        }
    };
    if let Some(id) = state.selected.filter(|_| selection::is_toggled_by_key(ui, state)) {
        cx.send(DataCommand::Mark(Mark::Toggle(id)));
    }
    let clicked = grid.show(ui, cx, shown.len(), selected, cell, Some(&selection::menu));
    grid.send_box(cx, &shown, DataCommand::Mark);
    if let Some(click) = clicked {
        let id = shown[click.index];
        click.send(cx, id, state.data.marked.contains(&id), DataCommand::Select, DataCommand::Mark);
    }
}

/// `normal`, `abnormal` or nothing, for the inspector.
pub fn label_line(ui: &mut Ui, label: Option<Label>) {
    ui.horizontal(|ui| {
        widgets::mark_ui(ui, label);
        ui.label(RichText::new(widgets::label_word(label)).color(widgets::label_colour(theme::of(ui), label)));
    });
}
