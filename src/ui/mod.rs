//! Panels: they read the state and send commands; nothing else. One panel a file.

mod data;
mod dissolve;
mod results;
mod runs;
pub mod shared;
mod shell;
mod train;

use self::shared::{context::PanelContext, textures::Textures, theme, widgets};
use crate::{
    app::{
        AppCommand, Command, DataCommand, DissolveCommand, ResultsCommand, State, actions,
        state::{Overlay, Room, Side, ThemeChoice, Workspace},
    },
    engine::thumbnail_cache::Thumb,
};
use eframe::egui::{self, CentralPanel, Frame, Margin, Panel, ThemePreference};

/// The least room in which everything can still be reached, points: a small screen at 300 %.
const LEAST: egui::Vec2 = egui::vec2(400.0, 240.0);

/// What panels keep between frames and nobody else needs: half-typed texts.
#[derive(Default)]
pub struct MainView {
    data: data::view::DataView,
    results: results::view::ResultsView,
    palette: shell::command_palette::Palette,
    /// A note on an image: its name, and what was typed so far.
    note: (String, String),
    tag: shell::own_tags::NewTag,
    /// The change curve has found room beside the pictures.
    curve_in_view: bool,
    notifications: shell::notifications::Notifications,
    /// Which curve is shown of a training.
    training: train::curves::CurveChoice,
    /// The last request for thumbnails, and the data set that it is of, so that each is sent once.
    wanted: (u64, Vec<Thumb>),
}

impl MainView {
    /// Draws one frame; returns what the person asked for in it.
    pub fn show(&mut self, ui: &mut egui::Ui, state: &State, textures: &Textures) -> Vec<Command> {
        let mut cx = PanelContext { state, textures, commands: Vec::new(), wanted: Vec::new() };
        ui.ctx().set_theme(match state.persisted.theme {
            ThemeChoice::System => ThemePreference::System,
            ThemeChoice::Dark => ThemePreference::Dark,
            ThemeChoice::Light => ThemePreference::Light,
        });
        // Never so large that nothing has room.
        let window = ui.ctx().content_rect().size();
        let pixels = window * ui.ctx().zoom_factor();
        let most = (pixels.x / LEAST.x).min(pixels.y / LEAST.y).max(1.0);
        ui.ctx().set_zoom_factor(state.persisted.scale.factor().min(most));
        if Room::of(window.x) != state.room {
            cx.send(AppCommand::Room(Room::of(window.x)));
        }
        dropped(ui, &mut cx);
        shell::shortcuts::dispatch(ui, &mut cx);
        if state.overlay.is_some_and(|overlay| overlay != Overlay::Runs) {
            // Else a hover text that was there stays, over what lies above.
            ui.visuals_mut().disabled_alpha = 1.0;
            ui.disable();
        }

        let t = theme::of(ui);
        let bar = Frame::new().fill(t.panel).inner_margin(Margin::symmetric(theme::PAGE as i8, theme::GAP as i8));
        let side = Frame::new().fill(t.panel).inner_margin(Margin::same(theme::PAGE as i8));
        Panel::top("top").frame(bar).show(ui, |ui| shell::top_bar::show(ui, &mut cx));
        shell::resume_banner::show(ui, &mut cx);
        if state.job().is_some() {
            Panel::bottom("job").frame(bar).show(ui, |ui| shell::status_bar::show(ui, &mut cx));
        }
        self.notifications.show(ui, &mut cx);
        if state.persisted.log_shown {
            let panel = Panel::bottom("log").frame(side).default_size(160.0).size_range(96.0..=420.0).resizable(true);
            panel.show(ui, |ui| shell::log_panel::show(ui, &mut cx));
        }
        let (library, inspector) =
            (state.unfolded(Side::Library), actions::has_inspector(state).is_ok() && state.unfolded(Side::Inspector));
        if state.room == Room::Small && (library || inspector) {
            CentralPanel::no_frame().frame(side).show(ui, |ui| match library {
                true => shell::sidebar::show(ui, &mut cx, &mut self.data.path),
                false => self.inspector(ui, &mut cx),
            });
        } else {
            if library {
                let panel = Panel::left("library").frame(side).default_size(224.0).size_range(160.0..=360.0);
                panel.show(ui, |ui| shell::sidebar::show(ui, &mut cx, &mut self.data.path));
            }
            if inspector {
                let panel = Panel::right("inspector").frame(side).default_size(344.0).size_range(288.0..=420.0);
                panel.show(ui, |ui| self.inspector(ui, &mut cx));
            }
            let margin = if state.room == Room::Small { theme::GAP } else { theme::PAGE };
            let page = Frame::new().fill(t.page).inner_margin(Margin::same(margin as i8));
            CentralPanel::no_frame().frame(page).show(ui, |ui| self.page(ui, &mut cx));
        }
        if state.overlay != Some(Overlay::Palette) {
            // The next search begins anew.
            self.palette = Default::default();
        }
        self.tag.is_asked &= state.overlay == Some(Overlay::Tags);
        match state.overlay {
            Some(Overlay::Palette) => self.palette.show(ui, &mut cx),
            Some(Overlay::About) => shell::about::show(ui, &mut cx),
            Some(Overlay::Keys) => shell::shortcuts::show(ui, &mut cx),
            Some(Overlay::Tags) => shell::own_tags::show(ui, &mut cx, &mut self.tag),
            Some(Overlay::Picture) => shell::image_dialog::show(ui, &mut cx, &mut self.note),
            Some(Overlay::Runs) | None => {}
        }
        let wanted = (state.data.pictures_since, cx.wanted.clone());
        if self.wanted != wanted {
            self.wanted = wanted;
            cx.commands.push(DataCommand::WantThumbnails(cx.wanted).into());
        }
        cx.commands
    }

    fn inspector(&mut self, ui: &mut egui::Ui, cx: &mut PanelContext<'_>) {
        ui.push_id(cx.state.workspace, |ui| match cx.state.workspace {
            Workspace::Data => data::inspector::show(ui, cx),
            Workspace::Dissolve => dissolve::inspector::show(ui, cx, self.curve_in_view),
            Workspace::Results => results::inspector::show(ui, cx, &mut self.note),
            Workspace::Train => {}
        });
    }

    /// The view of the workspace; it scrolls where the window is lower than it needs.
    fn page(&mut self, ui: &mut egui::Ui, cx: &mut PanelContext<'_>) {
        let runs = cx.state.overlay == Some(Overlay::Runs);
        let least = match cx.state.workspace {
            _ if runs => 300.0,
            Workspace::Data => 320.0,
            Workspace::Dissolve => dissolve::view::LEAST,
            // It scrolls by itself.
            Workspace::Train => 0.0,
            Workspace::Results => self.results.least(ui.available_width()),
        };
        // How far one is scrolled is no matter of another.
        ui.push_id((cx.state.workspace, runs), |ui| {
            widgets::at_least(ui, least, |ui| {
                if cx.state.shows_demo() {
                    demo_line(ui, cx);
                }
                match cx.state.workspace {
                    _ if runs => runs::list::show(ui, cx),
                    Workspace::Data => data::view::show(ui, cx, &mut self.data),
                    Workspace::Dissolve => self.curve_in_view = dissolve::view::show(ui, cx),
                    Workspace::Train => train::view::show(ui, cx, &mut self.training),
                    Workspace::Results => results::view::show(ui, cx, &mut self.results),
                }
            });
        });
    }
}

/// The demo must never be taken for real data.
fn demo_line(ui: &mut egui::Ui, cx: &mut PanelContext<'_>) {
    ui.horizontal_wrapped(|ui| {
        widgets::weak(ui, "Synthetic demo, no real patients ·");
        widgets::link(ui, cx, "open your own folder", actions::Id::OpenFolder);
        if cx.state.room == Room::Wide {
            widgets::weak(ui, "(Ctrl+O, or drop it here)");
        }
    });
}

/// Files dropped anywhere on the window.
fn dropped(ui: &mut egui::Ui, cx: &mut PanelContext<'_>) {
    let files = ui.input(|i| i.raw.dropped_files.clone());
    let paths = files.iter().map(|f| f.path().to_path_buf());
    let (models, data): (Vec<_>, Vec<_>) = paths.partition(|p| p.extension().is_some_and(|e| e == "safetensors" || e == "pt"));
    models.into_iter().for_each(|path| cx.send(DissolveCommand::ImportModel(path)));
    let scores = cx.state.results.asks_folder && cx.state.workspace == Workspace::Results;
    match data.as_slice() {
        [] => {}
        [folder] if scores => cx.send(ResultsCommand::ScoreFolder(folder.clone())),
        // It may say something of the images that are open.
        [table] if cx.state.open().is_some() && table.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv")) => {
            cx.send(DataCommand::ImportCuration { path: table.clone(), dropped: true });
        }
        _ => cx.send(DataCommand::OpenSeveral(data)),
    }
    if ui.input(|i| !i.raw.hovered_files.is_empty()) {
        let t = theme::of(ui);
        let painter = ui.ctx().layer_painter(egui::LayerId::new(egui::Order::Foreground, egui::Id::unique("drop")));
        let rect = ui.ctx().content_rect();
        painter.rect_filled(rect, 0.0, t.page.gamma_multiply(0.85));
        let font = egui::FontId::proportional(theme::TITLE);
        painter.text(rect.center(), egui::Align2::CENTER_CENTER, "Drop folders or files to open them", font, t.text);
    }
}
