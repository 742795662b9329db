//! Which values of DICOM pictures are shown: a choice that the data set is opened with.

use crate::{
    app::{DataCommand, state::OpenDataset},
    config::{CtWindow, DicomWindow},
    ui::shared::{context::PanelContext, theme, widgets},
};
use eframe::egui::{ComboBox, Id, TextEdit, Ui};

/// Nothing where the data set holds no DICOM pictures.
pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>, open: &OpenDataset) {
    let Some(named) = &open.dataset.dicom_windows else { return };
    let now = &open.config.window;
    let mut choices = vec![DicomWindow::Auto];
    choices.extend(CtWindow::ALL.map(DicomWindow::Ct));
    choices.extend(named.iter().cloned().map(DicomWindow::OfFile));
    let mut chosen = None;
    ui.horizontal(|ui| {
        ui.label("DICOM window").on_hover_text("Which values are shown, from black to white; CT in Hounsfield units.");
        let list = ComboBox::from_id_salt("dicom window").selected_text(words(now)).show_ui(ui, |ui| {
            for choice in choices {
                if ui.selectable_label(choice == *now, words(&choice)).clicked() {
                    chosen = Some(choice);
                }
            }
        });
        list.response.accessible_name("Window of DICOM pictures");
    });
    // On a line of its own: beside the list the panel would have no room for it.
    let typed = ui.horizontal(|ui| {
        ui.label("Centre/width");
        typed(ui, open)
    });
    let chosen = typed.inner.or(chosen);
    if let Some(window) = chosen.filter(|window| window != now) {
        cx.send(DataCommand::Window(window));
    }
}

/// A field for centre and width; what was typed in it, once it is left.
fn typed(ui: &mut Ui, open: &OpenDataset) -> Option<DicomWindow> {
    let id = Id::unique(("centre and width", open.generation));
    let stands = || open.config.window.values().map_or(String::new(), |[centre, width]| format!("{centre}/{width}"));
    let mut text = ui.data(|data| data.get_temp(id)).unwrap_or_else(stands);
    let parsed = text.parse::<DicomWindow>();
    let is_wrong = parsed.is_err() && !text.trim().is_empty();
    let colour = is_wrong.then(|| theme::of(ui).error);
    let field = ui.add(TextEdit::singleline(&mut text).hint_text("40/400").desired_width(80.0).text_color_opt(colour));
    let field = field.on_hover_text("Centre and width, as in 40/400.").accessible_name("Centre and width of the window");
    if field.changed() {
        ui.data_mut(|data| data.insert_temp(id, text));
    }
    if is_wrong {
        widgets::weak(ui, "centre/width");
    }
    parsed.ok().filter(|_| field.lost_focus())
}

fn words(window: &DicomWindow) -> String {
    match window {
        DicomWindow::Auto => "as each file says".into(),
        DicomWindow::Ct(usual) => {
            let [centre, width] = usual.values();
            format!("{} ({centre} / {width})", usual.name().replace('-', " "))
        }
        DicomWindow::Values { centre, width } => format!("{centre} / {width}"),
        DicomWindow::OfFile(name) => format!("“{name}” of each file"),
    }
}
