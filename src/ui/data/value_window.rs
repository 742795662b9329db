//! Which values of DICOM pictures and of 16-bit ones are shown: a choice that the data set is opened with.

use crate::{
    app::{DataCommand, state::OpenDataset},
    config::{CtWindow, ValueWindow},
    ui::shared::{context::PanelContext, theme, widgets},
};
use eframe::egui::{ComboBox, Id, TextEdit, Ui};

/// Nothing where the data set holds neither.
pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>, open: &OpenDataset) {
    depth(ui, cx, open);
    dicom(ui, cx, open);
}

/// By how many bits 16-bit pictures are shown.
fn depth(ui: &mut Ui, cx: &mut PanelContext<'_>, open: &OpenDataset) {
    let Some(bits) = open.dataset.depth else { return };
    let name = |window: &ValueWindow| match window {
        ValueWindow::Bits(16) => "all 16 bits".to_string(),
        ValueWindow::Bits(bits) => format!("lowest {bits} bits"),
        _ => format!("as they use ({bits} bits)"),
    };
    let now = &open.config.window;
    let mut chosen = None;
    ui.horizontal(|ui| {
        let what = "Cameras and scanners with 12 bits write them into files of 16, nearly black as they are.";
        ui.label("16-bit values").on_hover_text(what);
        let list = ComboBox::from_id_salt("depth").selected_text(name(now)).show_ui(ui, |ui| {
            for choice in [ValueWindow::Auto].into_iter().chain([16, 14, 12, 10, 8].map(ValueWindow::Bits)) {
                if ui.selectable_label(choice == *now, name(&choice)).clicked() {
                    chosen = Some(choice);
                }
            }
        });
        list.response.accessible_name("Bits of 16-bit pictures");
    });
    if let Some(window) = chosen.filter(|window| window != now) {
        cx.send(DataCommand::Window(window));
    }
}

fn dicom(ui: &mut Ui, cx: &mut PanelContext<'_>, open: &OpenDataset) {
    let Some(named) = &open.dataset.dicom_windows else { return };
    let now = &open.config.window;
    let mut choices = vec![ValueWindow::Auto];
    choices.extend(CtWindow::ALL.map(ValueWindow::Ct));
    choices.extend(named.iter().cloned().map(ValueWindow::OfFile));
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
fn typed(ui: &mut Ui, open: &OpenDataset) -> Option<ValueWindow> {
    let id = Id::unique(("centre and width", open.generation));
    let stands = || open.config.window.values().map_or(String::new(), |[centre, width]| format!("{centre}/{width}"));
    let mut text = ui.data(|data| data.get_temp(id)).unwrap_or_else(stands);
    let parsed = text.parse::<ValueWindow>();
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

fn words(window: &ValueWindow) -> String {
    match window {
        ValueWindow::Auto => "as each file says".into(),
        ValueWindow::Ct(usual) => {
            let [centre, width] = usual.values();
            format!("{} ({centre} / {width})", usual.name().replace('-', " "))
        }
        ValueWindow::Values { centre, width } => format!("{centre} / {width}"),
        ValueWindow::OfFile(name) => format!("“{name}” of each file"),
        ValueWindow::Bits(_) => "as each file says".into(),
    }
}
