//! Data, in the middle: what was recognised, the question for the normal class, the images, and their duplicates.

use super::{columns, duplicates, layout, open, selection};
use crate::{
    app::{
        DataCommand,
        state::{DataPage, Mark, Open, config_title},
    },
    data::{ALL, ImageId, Label},
    text::{count_of, elided},
    ui::shared::{
        context::PanelContext,
        image_grid::{Cell, Grid},
        theme, views, widgets,
    },
};
use eframe::egui::{Button, Frame, RichText, ScrollArea, Stroke, Ui, vec2};

/// What the workspace keeps between frames.
#[derive(Default)]
pub struct DataView {
    /// The path field; also in the side bar.
    pub path: String,
    grid: Grid,
}

pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>, view: &mut DataView) {
    if let Some(opening) = &cx.state.data.opening {
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

fn opened(ui: &mut Ui, cx: &mut PanelContext<'_>, grid: &mut Grid, open: &Open) {
    layout::header(ui, cx, open);
    if cx.state.data.table.is_some() {
        columns::show(ui, cx);
    } else if open.asks_normal() {
        ask_normal(ui, cx, open);
    } else if open.dataset.classes.is_empty() {
        ask_all_normal(ui, cx, open);
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
fn next(ui: &mut Ui, cx: &PanelContext<'_>, open: &Open) {
    let is_trained = cx.state.runs.iter().any(|run| run.config.data.path == open.config.path);
    if is_trained || open.training_normals < 2 {
        return;
    }
    let normals = count_of(open.training_normals, "normal training image");
    widgets::weak(ui, format!("Next: watch fine features dissolve in Dissolve (2), or learn from the {normals} in Train (3)."));
}

/// Images, duplicates, and how far the search for the latter is.
fn pages(ui: &mut Ui, cx: &mut PanelContext<'_>, open: &Open) {
    let (check, all, shown) = (&cx.state.data.check, open.dataset.items.len(), cx.state.data.shown.len());
    let images = if shown == all { format!("Images {all}") } else { format!("Images {shown} of {all}") };
    ui.horizontal(|ui| {
        views::menu(ui, cx);
        if let Some(found) = check.found.clone() {
            let duplicates = format!("Duplicates {}", found.duplicates.len());
            let pages = [(DataPage::Images, images.as_str()), (DataPage::Duplicates, duplicates.as_str())];
            if let Some(page) = widgets::choices(ui, cx.state.data.page, &pages) {
                cx.send(DataCommand::Page(page));
            }
            return;
        }
        ui.label(images);
        if check.running {
            widgets::weak(ui, format!("· looking for duplicates, {} of {}", check.done, count_of(all, "image")));
        } else if cx.state.running().is_some() {
            widgets::weak(ui, "· duplicates are looked for when nothing trains");
        } else if widgets::small_button(ui, "Look for duplicates")
            .on_hover_text("Decodes each image once, in the background")
            .clicked()
        {
            cx.send(DataCommand::FindDuplicates);
        }
    });
}

fn images(ui: &mut Ui, cx: &mut PanelContext<'_>, grid: &mut Grid, open: &Open) {
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
        Cell {
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

/// The one question that must not be guessed.
fn ask_normal(ui: &mut Ui, cx: &mut PanelContext<'_>, open: &Open) {
    let t = theme::of(ui);
    Frame::new().fill(t.panel).stroke(Stroke::new(1.0, t.accent)).corner_radius(theme::RADIUS).inner_margin(12).show(ui, |ui| {
        ui.label(theme::strong("Which class is normal?"));
        widgets::weak(ui, "The models learn from its images alone; all other classes count as abnormal.");
        let many = ScrollArea::vertical().id_salt("classes").max_height(144.0);
        many.show(ui, |ui| {
            ui.horizontal_wrapped(|ui| {
                // The newest run on these images has the answer of then.
                let answered =
                    cx.state.runs.iter().map(|r| &r.config.data).find(|d| d.path == open.config.path && !d.normal.is_empty());
                let answered = answered.map(|data| data.normal.clone());
                for (class, counts) in open.dataset.classes.iter().zip(&open.counts) {
                    let of_run = answered.as_ref().is_some_and(|normal| normal.contains(&class.name));
                    let suggested = match answered {
                        Some(_) => of_run,
                        None => open.dataset.suggested.as_ref() == Some(&class.name),
                    };
                    let hint = match suggested {
                        true if of_run => "  (normal in your last run)",
                        true => "  (sounds normal)",
                        false => "",
                    };
                    let text = format!("{} · {}{hint}", elided(&class.name, 60), count_of(counts.total(), "image"));
                    let button = Button::new(text).min_size(vec2(0.0, 32.0));
                    let button = if suggested { button.stroke(Stroke::new(1.0, t.accent)) } else { button };
                    if ui.add(button).clicked() {
                        cx.send(DataCommand::SetNormal(
                            answered.clone().filter(|_| of_run).unwrap_or_else(|| vec![class.name.clone()]),
                        ));
                    }
                }
            })
        });
    });
    ui.add_space(theme::STEP);
}

/// Of images without any label: they can be learnt from where all of them are normal.
fn ask_all_normal(ui: &mut Ui, cx: &mut PanelContext<'_>, open: &Open) {
    let t = theme::of(ui);
    Frame::new().fill(t.panel).stroke(Stroke::new(1.0, t.accent)).corner_radius(theme::RADIUS).inner_margin(12).show(ui, |ui| {
        ui.label(theme::strong("Are all of these images normal?"));
        widgets::weak(
            ui,
            "They have no labels. The models learn from normal images alone; where some may be abnormal, rank them with a \
             finished run (Results, “Score a folder…”), or label them by hand: select some, then Shift+N or Shift+A.",
        );
        let text = format!("All {} are normal", open.dataset.items.len());
        if ui.add(Button::new(text).min_size(vec2(0.0, 32.0))).clicked() {
            cx.send(DataCommand::SetNormal(vec![ALL.into()]));
        }
    });
    ui.add_space(theme::STEP);
}

/// `normal`, `abnormal` or nothing, for the inspector.
pub fn label_line(ui: &mut Ui, label: Option<Label>) {
    ui.horizontal(|ui| {
        widgets::mark_ui(ui, label);
        ui.label(RichText::new(widgets::label_word(label)).color(widgets::label_colour(theme::of(ui), label)));
    });
}
