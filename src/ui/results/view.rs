//! Results, in the middle: ROC and histogram on the left, the gallery on the right, one threshold for all of them.

use super::{charts, compare_runs, gallery};
use crate::{
    app::{
        AppCommand, DataCommand, ResultsCommand, RunsCommand,
        actions::Id,
        icons,
        state::{Overlay, ScoresStatus, Workspace, config_title},
    },
    engine::runs::score_set::ScoreSet,
    jobs::events::Pick,
    text::{count_of, last_part, thousands},
    ui::shared::{context::PanelContext, image_grid::Grid, path_field, theme, widgets},
};
use eframe::egui::{Align, Button, ComboBox, Frame, Key, Layout, Response, RichText, Stroke, Ui, vec2};

/// Width from which on charts and gallery lie beside each other, and widths that the charts have there, points: the least is
/// that of the line which chooses one.
const BESIDE: f32 = 640.0;
const BESIDE_CHARTS: [f32; 2] = [292.0, 480.0];

/// Height of the charts where they do not, least one of the gallery there, and room for what stands above either.
const CHARTS: f32 = 560.0;
const IMAGES: f32 = 360.0;
const HEAD: f32 = 140.0;

/// What the workspace keeps between frames.
#[derive(Default)]
pub struct ResultsView {
    gallery: Grid,
    charts: charts::choice::ChartsView,
    /// The charts are looked at where they do not lie beside the gallery.
    shows_charts: bool,
    /// The folder that is to be scored.
    folder: String,
}

impl ResultsView {
    /// Height that it needs in this width, points.
    pub fn least(&self, width: f32) -> f32 {
        match self.shows_charts {
            _ if width >= BESIDE => 440.0,
            true => HEAD + CHARTS,
            false => HEAD + IMAGES,
        }
    }
}

pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>, view: &mut ResultsView) {
    match &cx.state.results.scores {
        ScoresStatus::None => none(ui, cx),
        ScoresStatus::Loading => {
            ui.horizontal(|ui| {
                ui.spinner();
                ui.label("Reading the scores…");
            });
        }
        ScoresStatus::Failed(failure) => {
            widgets::failure(ui, cx, &failure.summary, &failure.hint);
            if let Some(run) = cx.state.results.run.clone() {
                widgets::button(ui, cx, "Try again", || ResultsCommand::Open(run));
            }
        }
        ScoresStatus::Ready(set) => {
            let set = set.clone();
            ready(ui, cx, view, &set);
        }
    }
}

fn none(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    let newest = cx.state.newest_scored().map(|run| run.path.clone());
    if let Some(newest) = newest {
        let text = "The runs that have scores are listed there, the newest first.";
        return widgets::empty_state(ui, "Choose a run at the left", text, |ui| {
            widgets::button(ui, cx, "Open the newest", || ResultsCommand::Open(newest));
        });
    }
    let text = "A finished run has scores: how abnormal each image is, and which of them the model gets wrong.";
    widgets::empty_state(ui, "No scores yet", text, |ui| {
        widgets::button(ui, cx, "Train (3)", || AppCommand::Go(Workspace::Train));
    });
}

fn ready(ui: &mut Ui, cx: &mut PanelContext<'_>, view: &mut ResultsView, set: &ScoreSet) {
    head(ui, cx, set);
    if cx.state.results.asks_folder {
        ask_folder(ui, cx, &mut view.folder);
    }
    other_data(ui, cx, set);
    said_since(ui, cx, set);
    if ui.available_width() < BESIDE {
        // One after the other, neither would be seen without scrolling past the other.
        if let Some(charts) = widgets::choices(ui, view.shows_charts, &[(false, "Images"), (true, "Charts")]) {
            view.shows_charts = charts;
        }
        match view.shows_charts {
            true => charts::view::show(ui, cx, &mut view.charts, set, vec2(ui.available_width(), CHARTS)),
            false => images(ui, cx, &mut view.gallery, set),
        }
        return;
    }
    let left = (ui.available_width() * 0.43).clamp(BESIDE_CHARTS[0], BESIDE_CHARTS[1]);
    ui.horizontal_top(|ui| {
        charts::view::show(ui, cx, &mut view.charts, set, vec2(left, ui.available_height()));
        ui.add_space(theme::GAP);
        ui.vertical(|ui| images(ui, cx, &mut view.gallery, set));
    });
}

fn images(ui: &mut Ui, cx: &mut PanelContext<'_>, gallery: &mut Grid, set: &ScoreSet) {
    if !compare_runs::show(ui, cx) {
        gallery::show(ui, cx, set, gallery);
    }
}

fn head(ui: &mut Ui, cx: &mut PanelContext<'_>, set: &ScoreSet) {
    const HEIGHT: f32 = 44.0;
    let title = |ui: &mut Ui, cx: &mut PanelContext<'_>| {
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            name(ui, cx, set);
            about(ui, set);
        });
    };
    if ui.available_width() < BESIDE {
        title(ui, cx);
        ui.horizontal_wrapped(|ui| actions(ui, cx, widgets::icon_button));
        return;
    }
    ui.horizontal(|ui| {
        ui.set_height(HEIGHT);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            actions(ui, cx, widgets::action_button);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| title(ui, cx));
        });
    });
}

/// What is done with all of a run's results; in a line from its right end. `report`: the form of the button that writes one.
fn actions(ui: &mut Ui, cx: &mut PanelContext<'_>, report: fn(&mut Ui, &mut PanelContext<'_>, Id) -> Response) {
    widgets::action_button(ui, cx, Id::ScoreFolder);
    compare_runs::pick(ui, cx);
    report(ui, cx, Id::Report);
}

/// The run's name, and which of its files of scores is in view.
fn name(ui: &mut Ui, cx: &mut PanelContext<'_>, set: &ScoreSet) {
    const FILES: f32 = 140.0;
    const NAME: f32 = 64.0;
    ui.horizontal(|ui| {
        let files = if set.files.len() > 1 { FILES } else { 0.0 };
        let t = theme::of(ui);
        ui.scope(|ui| {
            ui.set_max_width((ui.available_width() - files).max(NAME));
            widgets::cut_label(ui, &set.name, theme::TITLE, t.text);
        });
        if set.files.len() > 1 {
            let now = ScoreSet::title(&set.file);
            let combo = ComboBox::from_id_salt("files").selected_text(RichText::new(now).size(theme::SMALL));
            let combo = combo.width(FILES - 2.0 * theme::GAP).truncate().show_ui(ui, |ui| {
                for file in &set.files {
                    if ui.selectable_label(*file == set.file, ScoreSet::title(file)).clicked() {
                        cx.send(ResultsCommand::Open(file.clone()));
                    }
                }
            });
            combo.response.accessible_name("File of scores").on_hover_text("Which images were scored by this run");
        }
    });
}

/// Over which images the figures are.
fn about(ui: &mut Ui, set: &ScoreSet) {
    let e = &set.evaluation;
    let over = if e.split == "all" { "all images".into() } else { format!("{} split", e.split) };
    let unknown = if e.n_unlabelled > 0 { format!(", {} without a label", thousands(e.n_unlabelled)) } else { String::new() };
    let text = match e.n_normal + e.n_abnormal {
        0 => format!("{} without labels, ranked", count_of(set.evaluated, "image")),
        _ => format!("{over} · {} normal, {} abnormal{unknown}", thousands(e.n_normal), thousands(e.n_abnormal)),
    };
    widgets::cut_label(ui, &text, theme::SMALL, theme::of(ui).weak);
}

/// The line that asks which folder to score: chosen, typed or dropped.
fn ask_folder(ui: &mut Ui, cx: &mut PanelContext<'_>, folder: &mut String) {
    let t = theme::of(ui);
    Frame::new().fill(t.raised).corner_radius(theme::RADIUS).inner_margin(theme::GAP).show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.label("Score with this run:");
            let width = (ui.available_width() - 300.0).max(120.0);
            let hint = "path of a folder of images, or drop it here";
            let field = path_field::show(ui, cx, "Folder to score", folder, hint, vec2(width, 24.0));
            let typed = !folder.trim().is_empty();
            let entered = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
            let score = ui.add_enabled(typed, Button::new("Score")).on_disabled_hover_text("Type or choose a folder first.");
            if typed && (entered || score.clicked()) {
                cx.send(ResultsCommand::ScoreFolder(folder.trim().into()));
            }
            widgets::button(ui, cx, "Choose…", || AppCommand::Pick(Pick::FolderToScore));
            widgets::button(ui, cx, "Cancel", || ResultsCommand::AskFolder(false));
        });
        widgets::weak(ui, "The images need no labels. They are ranked by their score; the folder itself is only read.");
    });
}

/// The pictures of the gallery come from the open data set; another one may be open, and that must be seen before any figure is read.
fn other_data(ui: &mut Ui, cx: &mut PanelContext<'_>, set: &ScoreSet) {
    let path = &set.data.path;
    if cx.state.open_of(set).is_some() || path.as_os_str().is_empty() || cx.state.data.opening.is_some() {
        return;
    }
    let (t, theirs) = (theme::of(ui), config_title(&set.data));
    let here = cx.state.open().map(|open| {
        let count = cx.state.runs.iter().filter(|run| run.place == open.dataset.place).count();
        (open.title(), last_part(&open.config.path), count)
    });
    let frame = Frame::new().fill(t.raised).stroke(Stroke::new(1.0, t.warning)).corner_radius(theme::RADIUS);
    frame.inner_margin(theme::GAP).show(ui, |ui| {
        ui.set_width(ui.available_width());
        let text = match &here {
            // Two of one name are told apart by where they lie.
            Some((title, ..)) if *title == theirs => format!("Results of other images: those of {}", path.display()),
            Some((title, ..)) => format!("Results of other images: those of {theirs}, not of {title}, which is open"),
            None => format!("The pictures are missing: {theirs} is not open"),
        };
        ui.label(RichText::new(format!("{}  {text}.", icons::WARNING)).color(t.warning).family(theme::strong_family()));
        ui.horizontal_wrapped(|ui| {
            widgets::button(ui, cx, &format!("Open {theirs}"), || DataCommand::OpenConfig(set.data.clone()));
            let Some((title, folder, count)) = here else { return };
            let list = ui.add_enabled(count > 0, Button::new(format!("{} of {title}", count_of(count, "run"))));
            if list.on_disabled_hover_text("No run has learnt from the open images yet.").clicked() {
                cx.send(RunsCommand::Search(folder));
                cx.send(AppCommand::Toggle(Overlay::Runs));
            }
        });
    });
}

/// The figures are those of the images and labels that were scored; what was said of them later they do not know.
fn said_since(ui: &mut Ui, cx: &mut PanelContext<'_>, set: &ScoreSet) {
    let images = &cx.state.results.images;
    let n = images.said_since;
    if n == 0 {
        return;
    }
    let what = if images.relabelled_since { "left out, or labelled otherwise, since" } else { "left out since" };
    let (are, them) = if n == 1 { ("is", "it") } else { ("are", "them") };
    let t = theme::of(ui);
    ui.horizontal_wrapped(|ui| {
        let text = format!(
            "{}  {} of these images {are} {what}; the figures still count {them} as before.",
            icons::WARNING,
            thousands(n)
        );
        ui.label(RichText::new(text).size(theme::SMALL).color(t.warning));
        gallery::train_again(ui, cx, set, "Train again");
    });
}
