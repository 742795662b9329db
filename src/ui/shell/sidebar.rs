//! The left panel: the open data set with its splits and classes as filters, and the runs of the workspace.

use crate::{
    app::{
        AppCommand, DataCommand, ResultsCommand, TrainCommand,
        actions::Id,
        state::{Filter, OpenDataset, Workspace, clicked},
    },
    data::{ALL, Label, Split},
    engine::runs::list::RunEntry,
    run_dir::RunState,
    text::{images, thousands},
    ui::{
        data::open,
        runs::list,
        shared::{column_filter, context::PanelContext, theme, widgets},
    },
};
use eframe::egui::{Align, Button, FontId, Layout, RichText, Ui, WidgetInfo, accesskit::Role, vec2};
use std::collections::BTreeSet;

/// `path`: what was typed of one so far.
pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>, path: &mut String) {
    widgets::side_content(ui, |ui| {
        ui.horizontal(|ui| {
            widgets::caption(ui, "DATA SET");
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| widgets::icon_button(ui, cx, Id::OpenFolder));
        });
        match cx.state.open().cloned() {
            Some(open) => data_set(ui, cx, &open),
            None => _ = widgets::weak(ui, "None is open."),
        }
        // While nothing is open the page has this field.
        if cx.state.open().is_some() {
            ui.add_space(theme::STEP);
            ui.allocate_ui(vec2(ui.available_width(), 28.0), |ui| open::path_field(ui, cx, path));
        }
        let open = cx.state.open().map(|o| o.config.clone());
        let is_other = |c: &crate::config::DataConfig| open.as_ref().is_none_or(|o| o.path != c.path);
        if cx.state.persisted.recent.iter().any(is_other) {
            ui.add_space(theme::PAGE);
            widgets::caption(ui, "RECENT");
            open::recent(ui, cx, open.as_ref());
        }
        ui.add_space(theme::PAGE);
        ui.horizontal(|ui| {
            widgets::caption(ui, "RUNS");
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                widgets::icon_button(ui, cx, Id::RefreshRuns);
                if !cx.state.runs.is_empty() || !cx.state.run_list.trash.is_empty() {
                    widgets::link(ui, cx, "all", Id::Runs);
                }
            });
        });
        if cx.state.runs.is_empty() {
            widgets::weak(ui, "None yet. Train (3) makes one.");
        }
        if cx.state.runs.len() > SEARCHED {
            list::search(ui, cx);
        }
        let found: Vec<&RunEntry> = cx.state.runs.iter().filter(|run| cx.state.run_list.finds(run)).collect();
        for run in found.iter().take(RUNS) {
            entry(ui, cx, run);
        }
        if found.len() > RUNS {
            widgets::weak(ui, format!("… and {} more under “all”", found.len() - RUNS));
        }
        ui.add_space(theme::PAGE);
        widgets::caption(ui, "WORKSPACE");
        let folder = &cx.state.workspace_dir;
        let t = theme::of(ui);
        widgets::cut_label(ui, &folder.display().to_string(), theme::SMALL, t.weak);
        if widgets::small_button(ui, "Show folder").clicked() {
            cx.send(AppCommand::ShowFolder(folder.clone()));
        }
    });
}

fn data_set(ui: &mut Ui, cx: &mut PanelContext<'_>, open: &OpenDataset) {
    let now = cx.state.data.filter.clone();
    line(ui, cx, "All images", open.dataset.items.len(), None, now == Filter::default(), Filter::default());
    for split in Split::ALL {
        let count = open.counts.iter().map(|c| c.of(split)).sum::<usize>() + open.unlabelled.of(split);
        if count > 0 {
            let chosen = now.split == Some(split);
            let to = Filter { split: (!chosen).then_some(split), ..now.clone() };
            line(ui, cx, split.name(), count, None, chosen, to);
        }
    }
    if open.left_out > 0 {
        let to = Filter { left_out: !now.left_out, ..now.clone() };
        line(ui, cx, "Left out", open.left_out, None, now.left_out, to);
    }
    if open.unlabelled.total() > 0 && !open.counts.is_empty() {
        let to = Filter { unlabelled: !now.unlabelled, classes: BTreeSet::new(), ..now.clone() };
        line(ui, cx, "Without a label", open.unlabelled.total(), None, now.unlabelled, to);
    }
    if !open.counts.is_empty() {
        ui.add_space(theme::STEP);
        widgets::caption(ui, "CLASSES");
    }
    for (i, (class, counts)) in open.dataset.classes.iter().zip(&open.counts).enumerate().take(CLASSES) {
        let classes = clicked(&now.classes, i, ui.input(|input| input.modifiers.command));
        let (chosen, to) = (now.classes.contains(&i), Filter { classes, unlabelled: false, ..now.clone() });
        let name = if class.name == ALL { "all of them" } else { &class.name };
        line(ui, cx, name, counts.total(), Some(class.label), chosen, to);
    }
    if open.counts.len() > CLASSES {
        widgets::weak(ui, format!("… and {} more", open.counts.len() - CLASSES));
    }
    if !open.tags.is_empty() {
        ui.add_space(theme::STEP);
        widgets::caption(ui, "YOUR TAGS");
    }
    for (tag, count) in &open.tags {
        let chosen = now.tag.as_ref() == Some(tag);
        let to = Filter { tag: (!chosen).then(|| tag.clone()), ..now.clone() };
        line(ui, cx, tag, *count, None, chosen, to);
    }
    if !open.dataset.metadata.columns().is_empty() {
        ui.add_space(theme::STEP);
        widgets::caption(ui, "COLUMNS OF THE TABLE");
        let mut to = now.clone();
        column_filter::show(ui, &open.dataset.metadata, &mut to.columns);
        if to != now {
            filter_by(cx, to);
        }
    }
}

/// Runs that are listed here, and from how many on they can be searched.
const RUNS: usize = 30;
const SEARCHED: usize = 6;

/// Classes that are listed.
const CLASSES: usize = 200;

/// One line of the tree: a click filters by it, another one takes that back.
fn line(ui: &mut Ui, cx: &mut PanelContext<'_>, name: &str, count: usize, mark: Option<Option<Label>>, chosen: bool, to: Filter) {
    let t = theme::of(ui);
    let width = ui.available_width();
    let indent = if mark.is_some() { "      " } else { "" };
    // The name has what mark and count leave.
    let count_width = ui.painter().layout_no_wrap(thousands(count), FontId::proportional(theme::SMALL), t.weak).size().x;
    let room = width - count_width - if mark.is_some() { 64.0 } else { 40.0 };
    let short = widgets::cut_middle(ui, name, &FontId::proportional(theme::BODY), room);
    let button = Button::selectable(chosen, format!("{indent}{short}"))
        .shortcut_text(RichText::new(thousands(count)).size(theme::SMALL).color(t.weak))
        .min_size(vec2(width, 24.0));
    let response = ui.add(button);
    if let Some(label) = mark {
        widgets::mark(ui.painter(), t, label, response.rect.left_center() + vec2(16.0, 0.0), 5.0);
    }
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, format!("{name}, {}", images(count))));
    if response.clicked() {
        filter_by(cx, to);
    }
}

/// The filter is seen at work.
fn filter_by(cx: &mut PanelContext<'_>, to: Filter) {
    cx.send(DataCommand::Filter(to));
    if !matches!(cx.state.workspace, Workspace::Data | Workspace::Dissolve) {
        cx.send(AppCommand::Go(Workspace::Data));
    }
}

fn entry(ui: &mut Ui, cx: &mut PanelContext<'_>, run: &RunEntry) {
    let t = theme::of(ui);
    let chosen = cx.state.results.run.as_deref() == Some(run.path.as_path());
    let (state, colour) = match run.auroc() {
        Some(auroc) if run.manifest.state == RunState::Finished => (auroc, t.weak),
        _ => list::state_of(run, &cx.state.jobs, t),
    };
    // The name has what the state leaves.
    let state_width = ui.painter().layout_no_wrap(state.clone(), FontId::proportional(theme::SMALL), colour).size().x;
    let room = ui.available_width() - state_width - 40.0;
    let name = widgets::cut_middle(ui, &run.manifest.name, &FontId::proportional(theme::BODY), room);
    let button = Button::selectable(chosen, name)
        .shortcut_text(RichText::new(state).size(theme::SMALL).color(colour))
        .min_size(vec2(ui.available_width(), 24.0));
    let detail = format!(
        "{} · {} preset\n{}\n{}",
        run.manifest.kind.name(),
        run.config.run.preset.name(),
        list::created(run),
        run.path.display()
    );
    let response = ui.add(button).on_hover_text(detail);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, format!("Run {}", run.manifest.name)));
    if response.clicked() && run.has_scores {
        cx.send(ResultsCommand::Open(run.path.clone()));
        cx.send(AppCommand::Go(Workspace::Results));
    }
    response.context_menu(|ui| list::actions(ui, cx, run));
    // What was interrupted is offered again, once nothing else runs.
    let busy = cx.state.jobs.iter().any(|j| !j.state.has_ended());
    if run.can_resume() && !busy && widgets::small_button(ui, "Resume").on_hover_text("Goes on where it was stopped").clicked() {
        cx.send(TrainCommand::Resume(run.path.clone()));
    }
}
