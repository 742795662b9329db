//! Data while nothing is open: how to open something, and what was open before.

use crate::{
    app::{DataCommand, actions::Id, icons, state::config_title},
    config::DataConfig,
    ui::shared::{context::PanelContext, path_field, theme, widgets},
};
use eframe::egui::{Align, Button, FontId, Key, Layout, RichText, Ui, vec2};
use std::path::PathBuf;

pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>, path: &mut String) {
    widgets::empty_state(ui, "Open a folder of images", "Drop it anywhere on this window, or choose it.", |ui| {
        widgets::primary_button(ui, cx, Id::OpenFolder);
        ui.add_space(theme::GAP);
        ui.allocate_ui(vec2(480.0, 28.0), |ui| path_field(ui, cx, path));
        widgets::weak(ui, "Folders of classes, MVTec folders, a CSV of labels, MedMNIST .npz, DICOM, plain folders.");
        widgets::link(ui, cx, "or look at the synthetic demo", Id::OpenDemo);
        if !cx.state.persisted.recent.is_empty() {
            ui.add_space(theme::PAGE);
            widgets::caption(ui, "RECENT");
            ui.allocate_ui(vec2(480.0, 0.0), |ui| recent(ui, cx, None));
        }
    });
}

const HINT: &str = "/path/to/images, labels.csv or file.npz";

/// Width from which on there is room for a button beside the field, points.
const BUTTON: f32 = 400.0;

/// A typed path always works, also where the desktop has no file dialog.
pub fn path_field(ui: &mut Ui, cx: &mut PanelContext<'_>, path: &mut String) {
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let is_narrow = ui.available_width() < BUTTON;
        let typed = !path.trim().is_empty();
        let go = !is_narrow && ui.add_enabled(typed, Button::new("Open")).on_disabled_hover_text("Type a path first.").clicked();
        let hint = if is_narrow { "path to open, Enter" } else { HINT };
        let size = vec2(ui.available_width(), 26.0);
        let field = path_field::show(ui, cx, "Path to open", path, hint, size);
        // Once for each time it is asked for.
        let (seen, asked) = (field.id.with("asked"), cx.state.data.paths_asked);
        if ui.data_mut(|data| std::mem::replace(data.get_temp_mut_or_default::<u64>(seen), asked)) < asked {
            field.request_focus();
        }
        let enter = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
        if (go || enter) && !path.trim().is_empty() {
            cx.send(DataCommand::Open(PathBuf::from(path.trim())));
        }
    });
}

/// Room from which on a cut path says something, px.
const FOLDER: f32 = 64.0;

/// Data sets that were open before, as they were read then; `but` for one that is open now.
pub fn recent(ui: &mut Ui, cx: &mut PanelContext<'_>, but: Option<&DataConfig>) {
    let t = theme::of(ui);
    let is_open = |c: &&DataConfig| but.is_some_and(|b| b.path == c.path && b.only == c.only);
    for config in cx.state.persisted.recent.iter().filter(|c| !is_open(c)).cloned().collect::<Vec<_>>() {
        let width = ui.available_width();
        let title = config_title(&config);
        let folder = config.path.parent().map(|p| p.display().to_string()).unwrap_or_default();
        ui.horizontal(|ui| {
            // A list never makes its panel wider: what is left beside the cross and the margins is shared.
            let room = width - 48.0;
            let name = widgets::cut_middle(ui, &title, &FontId::proportional(theme::BODY), room - 24.0);
            // The folder has what the name leaves, if that is enough to say something; the complete path is in the tooltip.
            let used = ui.painter().layout_no_wrap(name.clone(), FontId::proportional(theme::BODY), t.text).size().x;
            let left = room - used - 40.0;
            let short = widgets::cut_middle(ui, &folder, &FontId::proportional(theme::SMALL), left);
            let short = if left < FOLDER { String::new() } else { short };
            let button = Button::new(name)
                .frame_when_inactive(false)
                .shortcut_text(RichText::new(short).size(theme::SMALL).color(t.weak))
                .min_size(vec2(room, 24.0));
            let normal = if config.normal.is_empty() { "not said yet".into() } else { config.normal.join(", ") };
            let response = ui.add(button).on_hover_text(format!("{}\nnormal: {normal}", config.path.display()));
            let response = response.accessible_name(format!("Open {title} again"));
            if response.clicked() {
                cx.send(DataCommand::OpenConfig(config.clone()));
            }
            let forget = Button::new(icons::X).frame_when_inactive(false);
            if ui.add(forget).on_hover_text("Forget it; its files stay").accessible_name(format!("Forget {title}")).clicked() {
                cx.send(DataCommand::ForgetRecent(config.path.clone()));
            }
        });
    }
}
