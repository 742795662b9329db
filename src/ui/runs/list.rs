//! All runs of the workspace: found, named, compared, thrown away and brought back.

use super::compare;
use crate::{
    app::{
        AppCommand, Command, DataCommand, DissolveCommand, ResultsCommand, RunsCommand, TrainCommand,
        actions::{Id, may_export_onnx, may_export_weights},
        icons,
        state::{JobInfo, JobState, Overlay, RunDraft, Workspace, config_title, in_work},
    },
    engine::{
        export::{curves::Graph, results::Format},
        runs::{actions::RunAction, list::RunEntry},
    },
    run_dir::RunState,
    ui::shared::{context::PanelContext, theme, widgets},
};
use eframe::egui::{Align, Button, Frame, Layout, RichText, ScrollArea, TextEdit, Ui, WidgetInfo, accesskit::Role, vec2};
use std::path::PathBuf;

pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    ui.horizontal(|ui| {
        ui.label(RichText::new("Runs").size(theme::TITLE));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            widgets::button(ui, cx, "Close", || AppCommand::Toggle(Overlay::Runs)).on_hover_text("Esc");
            widgets::icon_button(ui, cx, Id::RefreshRuns);
            let trash = cx.state.run_list.trash.len();
            if trash > 0 {
                let shown = cx.state.run_list.shows_trash;
                if ui.add(Button::selectable(shown, format!("Trash {trash}"))).clicked() {
                    cx.send(RunsCommand::ShowTrash(!shown));
                }
            }
            widgets::action_button(ui, cx, Id::ImportRun);
        });
    });
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        if cx.state.run_list.shows_trash {
            trash(ui, cx);
            return;
        }
        if cx.state.runs.is_empty() {
            widgets::empty_state(
                ui,
                "No runs yet",
                "Train (3) makes one; a checkpoint of the reference trainer can be imported.",
                |ui| {
                    _ = widgets::action_button(ui, cx, Id::ImportRun);
                },
            );
            return;
        }
        search(ui, cx);
        let found: Vec<&RunEntry> = cx.state.runs.iter().filter(|run| cx.state.run_list.finds(run)).collect();
        if found.is_empty() {
            widgets::weak(ui, "No run has these words in its name, notes or data.");
        }
        for run in found {
            row(ui, cx, run);
            if cx.state.run_list.selected.as_ref() == Some(&run.path) {
                details(ui, cx, run);
            }
        }
        ui.add_space(theme::PAGE);
        compare::show(ui, cx);
        widgets::follow_focus(ui);
    });
}

/// The field that finds runs; also in the library.
pub fn search(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    let mut query = cx.state.run_list.query.clone();
    let width = ui.available_width().min(360.0);
    let field = TextEdit::singleline(&mut query).hint_text("Find by name, notes, data…").desired_width(width);
    if ui.add(field).accessible_name("Find runs").changed() {
        cx.send(RunsCommand::Search(query));
    }
}

/// State of a run in a word, and its colour.
pub fn state_of(run: &RunEntry, jobs: &[JobInfo], t: &theme::Tokens) -> (String, eframe::egui::Color32) {
    match &run.manifest.state {
        RunState::Finished => (run.auroc().map_or("finished".into(), |a| format!("AUROC {a}")), t.weak),
        _ if jobs.iter().any(|job| job.run.as_ref() == Some(&run.path) && job.state == JobState::Paused) => {
            ("paused".into(), t.warning)
        }
        _ if run.is_locked => ("running".into(), t.accent),
        RunState::Unfinished | RunState::Stopped => ("unfinished".into(), t.warning),
        RunState::Failed { .. } => ("failed".into(), t.error),
    }
}

/// Day and minute at which it was begun, in local time.
pub fn created(run: &RunEntry) -> String {
    let at = run.manifest.created.parse::<jiff::Timestamp>().ok();
    let local = at.map(|at| at.to_zoned_datetime(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string());
    local.unwrap_or_else(|| run.manifest.created.clone())
}

fn row(ui: &mut Ui, cx: &mut PanelContext<'_>, run: &RunEntry) {
    let t = theme::of(ui);
    let selected = cx.state.run_list.selected.as_ref() == Some(&run.path);
    ui.horizontal(|ui| {
        let mut compared = cx.state.run_list.compared.contains(&run.path);
        let name = format!("Compare {}", run.manifest.name);
        if ui.checkbox(&mut compared, "").on_hover_text("Compare").accessible_name(name).changed() {
            cx.send(RunsCommand::Compare(run.path.clone()));
        }
        let width = ui.available_width();
        let (state, colour) = state_of(run, &cx.state.jobs, t);
        let date = created(run);
        let data = config_title(&run.config.data);
        let about = [run.manifest.kind.name(), &data, &date, run.manifest.notes.lines().next().unwrap_or_default()];
        let about = about.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
        let font = eframe::egui::FontId::proportional(theme::BODY);
        let name = widgets::cut_middle(ui, &run.manifest.name, &font, width * 0.35);
        let button = Button::selectable(selected, name)
            .shortcut_text(RichText::new(state).size(theme::SMALL).color(colour))
            .min_size(vec2(width, 26.0));
        let response = ui.add(button);
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, selected, format!("Details of {}", run.manifest.name)));
        // What else is worth knowing stands between name and state.
        let small = eframe::egui::FontId::proportional(theme::SMALL);
        let from = response.rect.left_center() + vec2(width * 0.35 + 24.0, 0.0);
        let about = widgets::cut_middle(ui, &about, &small, width * 0.65 - 160.0);
        widgets::text_at(ui, from, eframe::egui::Align2::LEFT_CENTER, about, t.weak);
        if response.on_hover_text(run.path.display().to_string()).clicked() {
            cx.send(RunsCommand::Select(run.path.clone()));
        }
    });
}

fn details(ui: &mut Ui, cx: &mut PanelContext<'_>, run: &RunEntry) {
    let typed = cx.state.run_list.draft.clone().filter(|draft| draft.run == run.path);
    let mut draft = typed.clone().unwrap_or_else(|| RunDraft::of(run));
    let t = theme::of(ui);
    Frame::new().fill(t.panel).corner_radius(theme::RADIUS).inner_margin(12).show(ui, |ui| {
        ui.set_width(ui.available_width());
        if let RunState::Failed { reason } = &run.manifest.state {
            ui.label(RichText::new(format!("{}  {}", icons::WARNING, widgets::sentence(reason))).color(t.error));
        }
        let name = ui.add(TextEdit::singleline(&mut draft.name).desired_width(360.0)).accessible_name("Name of the run");
        let hint = "Notes: what was tried, and what came of it";
        let notes = TextEdit::multiline(&mut draft.notes).hint_text(hint).desired_rows(2).desired_width(f32::INFINITY);
        let notes = ui.add(notes).accessible_name("Notes on the run");
        let has_focus = name.has_focus() || notes.has_focus();
        if name.changed() || notes.changed() {
            cx.send(RunsCommand::Draft(draft));
        } else if typed.is_some() && !has_focus {
            // The file is written when the field is left, not at each letter.
            cx.send(RunsCommand::KeepDraft);
        }
        ui.horizontal_wrapped(|ui| actions(ui, cx, run));
    });
}

/// What can be done with a run, as buttons or as the lines of a menu.
pub fn actions(ui: &mut Ui, cx: &mut PanelContext<'_>, run: &RunEntry) {
    let busy = cx.state.jobs.iter().any(|j| !j.state.has_ended());
    let works = in_work(cx.state, &run.path);
    let mut act = |ui: &mut Ui, text: &str, why_not: Option<&str>, commands: &dyn Fn() -> Vec<Command>| {
        let response = ui.add_enabled(why_not.is_none(), Button::new(text)).on_disabled_hover_text(why_not.unwrap_or_default());
        if response.clicked() {
            commands().into_iter().for_each(|command| cx.send(command));
            ui.close();
        }
    };
    let path = || run.path.clone();
    let action = |action: RunAction| vec![RunsCommand::Action(action).into()];
    if run.has_scores {
        act(ui, "Results", None, &|| vec![ResultsCommand::Open(path()).into(), AppCommand::Go(Workspace::Results).into()]);
    }
    if run.can_resume() {
        let why_not = works.or(busy.then_some("Another job is running or waiting."));
        act(ui, "Go on with it", why_not, &|| vec![TrainCommand::Resume(path()).into()]);
    }
    if let Some(model) = &run.model {
        act(ui, "Dissolve with its model", None, &|| {
            vec![AppCommand::Go(Workspace::Dissolve).into(), DissolveCommand::Model(model.clone()).into()]
        });
    }
    act(ui, "Use its settings", None, &|| {
        vec![TrainCommand::UseSettings(path()).into(), AppCommand::Go(Workspace::Train).into()]
    });
    act(ui, "Open its data", None, &|| {
        vec![DataCommand::OpenConfig(run.config.data.clone()).into(), AppCommand::Go(Workspace::Data).into()]
    });
    act(ui, "Write report", None, &|| action(RunAction::Report(path())));
    act(ui, "Export weights", may_export_weights(run).err(), &|| action(RunAction::Export(path())));
    act(ui, "Export as ONNX", may_export_onnx(run).err(), &|| action(RunAction::ExportOnnx(path())));
    let curves = || vec![AppCommand::Graph(Graph::Training(path()), Format::Csv).into()];
    act(ui, "Export curves (CSV)", None, &curves);
    act(ui, "Show folder", None, &|| vec![AppCommand::ShowFolder(path()).into()]);
    act(ui, "Copy path", None, &|| vec![AppCommand::Copy(run.path.display().to_string()).into()]);
    act(ui, "Move to trash", works, &|| action(RunAction::Trash(path())));
}

fn trash(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    let t = theme::of(ui);
    let all: Vec<PathBuf> = cx.state.run_list.trash.iter().map(|run| run.path.clone()).collect();
    ui.horizontal(|ui| {
        ui.label("Runs in the trash are kept until they are deleted for good.");
        widgets::button(ui, cx, "Back to the runs", || RunsCommand::ShowTrash(false));
        widgets::button(ui, cx, "Empty the trash…", || RunsCommand::AskDelete(all.clone()));
    });
    let asked = cx.state.run_list.deleting.clone();
    if !asked.is_empty() {
        let what = match asked.len() {
            1 => "this run".to_string(),
            n => format!("these {n} runs"),
        };
        Frame::new().fill(t.panel).stroke((1.0, t.error)).corner_radius(theme::RADIUS).inner_margin(12).show(ui, |ui| {
            ui.label(theme::strong(format!("Delete {what} for good? Nothing brings back weights and scores after that.")));
            ui.horizontal(|ui| {
                let delete = Button::new(RichText::new("Delete for good").color(t.error));
                if ui.add(delete).clicked() {
                    cx.send(RunsCommand::Action(RunAction::Delete(asked)));
                }
                widgets::button(ui, cx, "Keep", || RunsCommand::AskDelete(Vec::new()));
            });
        });
    }
    for run in &cx.state.run_list.trash {
        ui.horizontal(|ui| {
            widgets::button(ui, cx, "Restore", || RunsCommand::Action(RunAction::Restore(run.path.clone())))
                .widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Restore {}", run.manifest.name)));
            let delete = widgets::button(ui, cx, "Delete…", || RunsCommand::AskDelete(vec![run.path.clone()]));
            delete.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Delete {}", run.manifest.name)));
            ui.label(&run.manifest.name);
            widgets::weak(ui, format!("{} · {}", run.manifest.kind.name(), created(run)));
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::RunConfig,
        run_dir::{RunDir, RunKind},
    };

    #[test]
    fn a_run_that_some_program_works_on_is_called_running() {
        let dir = tempfile::tempdir().unwrap();
        let run = RunDir::create(dir.path(), RunKind::Train, "eyes", &RunConfig::default()).unwrap();
        let word = || state_of(&RunEntry::read(&run).unwrap(), &[], &theme::DARK).0;
        assert_eq!(word(), "unfinished");
        let lock = run.lock().unwrap();
        assert_eq!(word(), "running");
        drop(lock);
        run.set_state(RunState::Finished).unwrap();
        assert_eq!(word(), "finished");
    }
}
