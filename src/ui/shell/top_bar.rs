//! The top line: where one is, what is open, and what computes.

use crate::{
    app::{
        actions::{self, Id},
        icons,
        state::{Room, Side, ThemeChoice, Workspace},
    },
    text::images,
    ui::shared::{context::PanelContext, theme, widgets},
};
use eframe::egui::{Align, Button, Layout, RichText, Ui, WidgetInfo, accesskit::Role, vec2};

pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    let t = theme::of(ui);
    ui.horizontal_centered(|ui| {
        ui.set_height(28.0);
        let room = cx.state.room;
        menu(ui, cx);
        if room == Room::Small {
            ui.spacing_mut().item_spacing.x = theme::STEP;
        } else {
            ui.add_space(theme::GAP);
        }
        // Where a panel is easily missed there are buttons for it, and where it is folded there is the way back.
        if room != Room::Wide || !cx.state.unfolded(Side::Library) {
            widgets::icon_button(ui, cx, Id::Library);
        }
        for (workspace, id) in Workspace::ALL.into_iter().zip([Id::GoData, Id::GoDissolve, Id::GoTrain, Id::GoResults]) {
            tab(ui, cx, workspace, id);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let is_folded = actions::has_inspector(cx.state).is_ok() && !cx.state.unfolded(Side::Inspector);
            if room != Room::Wide || is_folded {
                widgets::icon_button(ui, cx, Id::Inspector);
            }
            if room == Room::Small {
                return;
            }
            widgets::icon_button(ui, cx, Id::Keys);
            let now = match cx.state.persisted.theme {
                ThemeChoice::System => "as the system",
                ThemeChoice::Dark => "dark",
                ThemeChoice::Light => "light",
            };
            widgets::icon_button(ui, cx, Id::Theme).on_hover_text(format!("Now: {now}"));
            if ui.available_width() < SAID {
                return;
            }
            let computes = cx.state.computes();
            let colour = if computes.refused.is_some() { t.warning } else { t.weak };
            ui.label(RichText::new(&computes.name).size(theme::SMALL).color(colour)).on_hover_text(match &computes.refused {
                Some(reason) => widgets::sentence(reason),
                None => "What computes; chosen on Train, under “More”".into(),
            });
            ui.separator();
            let open = cx.state.open().map(|o| (o.title(), o.dataset.items.len(), o.config.path.display().to_string()));
            if let Some((title, count, path)) = open {
                ui.label(RichText::new(images(count)).size(theme::SMALL).color(t.weak));
                let width = (ui.available_width() - theme::GAP).min(240.0);
                let font = eframe::egui::FontId::proportional(theme::SMALL);
                let short = widgets::cut_middle(ui, &title, &font, width);
                ui.label(RichText::new(short).size(theme::SMALL)).on_hover_text(path);
            } else {
                ui.label(RichText::new("no data set").size(theme::SMALL).color(t.weak));
            }
        });
    });
}

/// Room from which on data set and device are named, points.
const SAID: f32 = 260.0;

/// The menu, from the table of actions.
const MENU: [(&str, &[Id]); 8] = [
    ("File", &[Id::OpenFolder, Id::OpenFile, Id::OpenDemo, Id::UseDemoModel, Id::ImportModel, Id::ImportRun]),
    (
        "Edit",
        &[
            Id::Undo,
            Id::Redo,
            Id::SelectAll,
            Id::LeaveOut,
            Id::LabelNormal,
            Id::LabelAbnormal,
            Id::Unlabel,
            Id::LeaveOutDuplicates,
            Id::ChooseNormal,
            Id::OwnTags,
            Id::ImportCuration,
            Id::ExportCuration,
            Id::Unfiltered,
            Id::Duplicates,
            Id::LabelWrong,
            Id::ImagePoor,
            Id::Interesting,
        ],
    ),
    (
        "Pictures",
        &[
            Id::Fit,
            Id::ActualSize,
            Id::ZoomIn,
            Id::ZoomOut,
            Id::NextLayout,
            Id::Blink,
            Id::Compare,
            Id::Pin,
            Id::Difference,
            Id::Track,
            Id::Play,
            Id::BigPicture,
            Id::LargeMask,
            Id::LargeDissolved,
            Id::ExportStrip,
            Id::ExportSweep,
        ],
    ),
    ("Training", &[Id::TrainAll, Id::TrainDdpm, Id::TrainDia, Id::ScoreOnly, Id::Resume, Id::Pause, Id::Stop, Id::FinishEarly]),
    (
        "Results",
        &[
            Id::Report,
            Id::ExportSelected,
            Id::ExportTags,
            Id::ExportWeights,
            Id::ExportOnnx,
            Id::ScoreFolder,
            Id::Plant,
            Id::Map,
            Id::AnomalyMap,
            Id::GalleryMaps,
            Id::Embedding,
            Id::RuleNormals,
            Id::RuleYouden,
            Id::RuleSensitivity,
            Id::RuleSpecificity,
        ],
    ),
    ("Runs", &[Id::Runs, Id::RefreshRuns]),
    (
        "View",
        &[
            Id::NextView,
            Id::Library,
            Id::Inspector,
            Id::Log,
            Id::Theme,
            Id::Larger,
            Id::Smaller,
            Id::FullSize,
            Id::LargerThumbnails,
            Id::SmallerThumbnails,
        ],
    ),
    ("Help", &[Id::Palette, Id::Keys, Id::About]),
];

const MENU_WIDTH: f32 = 264.0;

fn menu(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    let t = theme::of(ui);
    let title = match cx.state.room {
        Room::Wide => format!("{}  Dissolve Studio", icons::DROP_HALF),
        _ => icons::DROP_HALF.to_string(),
    };
    let button = ui.menu_button(RichText::new(title).color(t.accent).family(theme::strong_family()), |ui| {
        ui.set_width(MENU_WIDTH);
        for (name, ids) in MENU {
            ui.menu_button(name, |ui| {
                ui.set_width(MENU_WIDTH);
                ids.iter().for_each(|id| _ = widgets::menu_item(ui, cx, *id));
            });
        }
        ui.separator();
        widgets::menu_item(ui, cx, Id::Quit);
    });
    button.response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Menu"));
}

fn tab(ui: &mut Ui, cx: &mut PanelContext<'_>, workspace: Workspace, id: Id) {
    let t = theme::of(ui);
    let (action, here) = (actions::get(id), cx.state.workspace == workspace);
    let number = workspace as usize + 1;
    let name = match cx.state.room {
        Room::Small => action.name.to_string(),
        _ => format!("{number}  {}", action.name),
    };
    let colour = if here { t.text } else { t.weak };
    let button = Button::selectable(here, RichText::new(name).color(colour));
    let response = ui.add(button.min_size(vec2(0.0, 28.0)));
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, here, action.name));
    if response.clicked() {
        cx.send((action.command)(cx.state));
    }
    if here {
        let line = response.rect.with_min_y(response.rect.bottom() - 2.0);
        ui.painter().rect_filled(line, 0.0, t.accent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::actions::ACTIONS;

    /// Tabs, keys that walk, and what leads out of things need no entry.
    #[test]
    fn menu_lists_all_other_actions_once() {
        let tabs = [Id::GoData, Id::GoDissolve, Id::GoTrain, Id::GoResults, Id::Escape, Id::Quit];
        let walks =
            [Id::Next, Id::Previous, Id::SelectNext, Id::SelectPrevious, Id::PanLeft, Id::PanRight, Id::PanUp, Id::PanDown];
        for action in ACTIONS.iter().filter(|a| !tabs.contains(&a.id) && !walks.contains(&a.id)) {
            let entries = MENU.iter().flat_map(|(_, ids)| *ids).filter(|id| **id == action.id);
            assert_eq!(entries.count(), 1, "{}", action.name);
        }
    }
}
