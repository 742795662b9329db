//! Data, on the right: counts, problems, and the selected image.

use super::{duplicates, preprocess, selection, view};
use crate::{
    app::{
        AppCommand,
        actions::Id,
        icons, next_step,
        state::{Counts, OpenDataset, Workspace},
    },
    data::{Label, Split},
    text::{count_of, elided, thousands},
    ui::shared::{context::PanelContext, tags, theme, widgets},
};
use eframe::egui::{RichText, Ui};

/// Lines of a list that are shown; all of them can be copied.
const LINES: usize = 100;
/// Columns of the table of labels that are shown of an image.
const COLUMNS: usize = 12;
/// Characters of the name of a patient, of a value in a line, and of one that the pointer is over; outlines may be longer than all else.
const NAME: usize = 48;
const VALUE: usize = 80;
const HOVER: usize = 400;

pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    let Some(open) = cx.state.open().cloned() else {
        return widgets::side_content(ui, |ui| {
            widgets::caption(ui, "INSPECTOR");
            widgets::weak(ui, "What was recognised will be shown here: classes, splits, and files that cannot be used.");
        });
    };
    // Above what scrolls: it is looked at while the preprocessing further down is chosen.
    widgets::caption(ui, "SELECTED IMAGE");
    preprocess::pictures(ui, cx, &open);
    widgets::side_content(ui, |ui| {
        selected(ui, cx, &open);
        ui.add_space(theme::PAGE);
        selection::summary(ui, cx, &open);
        problems(ui, cx, &open);
        preprocess::show(ui, cx, &open);
        ui.add_space(theme::PAGE);
        widgets::caption(ui, "SPLITS AND CLASSES");
        counts(ui, &open);
        ui.add_space(theme::PAGE);
        widgets::caption(ui, "PATH");
        widgets::weak(ui, open.config.path.display().to_string());
        ui.horizontal(|ui| {
            widgets::action_button(ui, cx, Id::OpenFolder);
            widgets::action_button(ui, cx, Id::OpenFile);
        });
    });
}

fn selected(ui: &mut Ui, cx: &mut PanelContext<'_>, open: &OpenDataset) {
    let found = cx.state.selected.and_then(|id| Some((id, open.dataset.item(id)?)));
    let Some((id, item)) = found else {
        widgets::weak(ui, "Click one in the grid.");
        return;
    };
    let t = theme::of(ui);
    widgets::cut_label(ui, &item.name, theme::BODY, t.text);
    view::label_line(ui, open.dataset.label(id));
    widgets::weak(ui, format!("{} · {} × {} px", selection::note(open, item), item.size[0], item.size[1]));
    if !item.masks.is_empty() {
        let masks = if item.masks.len() == 1 { "mask".into() } else { count_of(item.masks.len(), "mask") };
        widgets::weak(ui, format!("The line is the edge of its {masks}."));
    }
    if let Some(reason) = cx.state.data.broken.get(&id) {
        ui.label(RichText::new(widgets::sentence(reason)).size(theme::SMALL).color(t.error));
    }
    let columns: Vec<(&str, &str)> = item.row.into_iter().flat_map(|row| open.dataset.metadata.of_row(row)).collect();
    if let Some(patient) = item.patient.as_ref().filter(|patient| columns.iter().all(|(_, value)| value != patient)) {
        widgets::weak(ui, format!("patient {}", elided(patient, NAME)));
    }
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for (name, value) in columns.into_iter().take(COLUMNS) {
            widgets::figure(ui, name, &elided(value, VALUE)).on_hover_text(format!("{name}: {}", elided(value, HOVER)));
        }
    });
    tags::buttons(ui, cx);
    widgets::button(ui, cx, "Dissolve it (2)", || AppCommand::Go(Workspace::Dissolve));
}

/// A stacked bar for each split.
fn counts(ui: &mut Ui, open: &OpenDataset) {
    let t = theme::of(ui);
    let largest = Split::ALL.map(|s| total(open, s)).into_iter().max().unwrap_or(0);
    for split in Split::ALL {
        let of = |label: Option<Label>| -> usize {
            open.by_label.iter().filter(|(of, _)| *of == label).map(|(_, n)| n.of(split)).sum()
        };
        let parts = [Some(Label::Normal), Some(Label::Abnormal), None].map(|label| (label, of(label)));
        if parts.iter().all(|(_, n)| *n == 0) {
            continue;
        }
        ui.horizontal(|ui| {
            ui.label(split.name());
            for (label, n) in parts {
                if n > 0 {
                    widgets::mark_ui(ui, label);
                    ui.label(RichText::new(thousands(n)).size(theme::SMALL));
                }
            }
        });
        let coloured = parts.map(|(label, n)| (n, widgets::label_colour(t, label)));
        let text = parts.iter().filter(|(_, n)| *n > 0).map(|(l, n)| format!("{} {}", thousands(*n), widgets::label_word(*l)));
        let width = ui.available_width();
        widgets::stacked_bar(ui, width, &coloured, largest).on_hover_text(text.collect::<Vec<_>>().join(", "));
    }
}

fn total(open: &OpenDataset, split: Split) -> usize {
    open.counts.iter().chain([&open.unlabelled]).map(|c: &Counts| c.of(split)).sum()
}

/// What a person should know before anything else; nothing where there is nothing.
fn problems(ui: &mut Ui, cx: &mut PanelContext<'_>, open: &OpenDataset) {
    let skipped = &open.dataset.skipped;
    let mut warnings: Vec<String> = open.dataset.warnings.iter().map(next_step::warning).collect();
    warnings.extend(duplicates::warning(cx.state.data.duplicate_search.used));
    if skipped.is_empty() && warnings.is_empty() && cx.state.data.broken.is_empty() {
        return;
    }
    widgets::caption(ui, "PROBLEMS");
    let t = theme::of(ui);
    let broken = cx.state.data.broken.iter().filter_map(|(id, why)| Some((open.dataset.item(*id)?.name.clone(), why.clone())));
    let files = skipped.iter().map(|s| (s.path.display().to_string(), s.reason.clone()));
    let files: Vec<(String, String)> = files.chain(broken).collect();
    let text: String =
        warnings.iter().cloned().chain(files.iter().map(|(p, why)| format!("{p}: {why}"))).collect::<Vec<_>>().join("\n");
    if widgets::small_button(ui, "Copy list").clicked() {
        cx.send(AppCommand::Copy(text));
    }
    for warning in warnings.iter().take(LINES) {
        ui.label(
            RichText::new(format!("{}  {}", icons::WARNING, widgets::sentence(warning))).size(theme::SMALL).color(t.warning),
        );
    }
    if !files.is_empty() {
        widgets::weak(
            ui,
            match files.len() {
                1 => "One file or folder cannot be used:".to_string(),
                n => format!("{} cannot be used:", count_of(n, "file")),
            },
        );
    }
    for (path, reason) in files.iter().take(LINES) {
        widgets::cut_label(ui, path, theme::SMALL, t.text);
        widgets::weak(ui, widgets::sentence(reason));
    }
    if files.len() > LINES {
        widgets::weak(ui, format!("… and {} more; “Copy list” has all", thousands(files.len() - LINES)));
    }
    ui.add_space(theme::PAGE);
}
