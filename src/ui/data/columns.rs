//! Which column of a table of labels means what, with its first rows to see it by.

use crate::{
    app::{DataCommand, state::TableForm},
    config::LabelColumns,
    data::TablePreview,
    text::{count_of, last_part},
    ui::shared::{context::PanelContext, theme, widgets},
};
use eframe::egui::{Button, ComboBox, Frame, Grid, RichText, ScrollArea, Stroke, Ui};

/// What a column can mean: name, whether it must be there, and its place in the settings.
type ColumnRole = (&'static str, bool, fn(&mut LabelColumns) -> &mut String);

const ROLES: [ColumnRole; 4] = [
    ("image", true, |c| &mut c.file),
    ("label", true, |c| &mut c.label),
    ("split", false, |c| &mut c.split),
    ("patient", false, |c| &mut c.patient),
];

pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    let Some(form) = cx.state.data.table.clone() else { return };
    let t = theme::of(ui);
    Frame::new().fill(t.panel).stroke(Stroke::new(1.0, t.accent)).corner_radius(theme::RADIUS).inner_margin(12).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.label(theme::strong(format!("Which columns of {} mean what?", last_part(&form.path))));
        match &form.preview {
            None => _ = ui.spinner(),
            Some(Err(failure)) => widgets::failure(ui, cx, &failure.summary, &failure.hint),
            Some(Ok(preview)) => {
                choices(ui, cx, &form, preview);
                rows(ui, &form, preview);
            }
        }
        ui.horizontal(|ui| {
            let mut columns = form.columns.clone();
            let missing = ROLES.iter().find(|(_, must, of)| *must && of(&mut columns).is_empty()).map(|(name, ..)| *name);
            let may = missing.is_none() && matches!(form.preview, Some(Ok(_)));
            let text = RichText::new("Use this table").color(t.on_accent);
            let button = if may { Button::new(text).fill(t.accent) } else { Button::new("Use this table") };
            let why = missing.map_or("The table is being read.".into(), |m| format!("Say which column names the {m}."));
            if ui.add_enabled(may, button).on_disabled_hover_text(why).clicked() {
                cx.send(DataCommand::UseTable);
            }
            widgets::button(ui, cx, "Cancel", || DataCommand::ChooseColumns(None));
        });
    });
    ui.add_space(theme::STEP);
}

fn choices(ui: &mut Ui, cx: &mut PanelContext<'_>, form: &TableForm, preview: &TablePreview) {
    ui.horizontal_wrapped(|ui| {
        for (role, must, of) in ROLES {
            let mut columns = form.columns.clone();
            ui.label(role);
            let current = of(&mut columns).clone();
            let shown = if current.is_empty() { "none" } else { current.as_str() };
            let response = ComboBox::from_id_salt(("column", role)).selected_text(shown).width(120.0).show_ui(ui, |ui| {
                let none = (!must).then(String::new);
                for header in none.iter().chain(&preview.headers) {
                    let text = if header.is_empty() { "none" } else { header };
                    if ui.selectable_label(*header == current, text).clicked() {
                        let mut columns = form.columns.clone();
                        of(&mut columns).clone_from(header);
                        cx.send(DataCommand::Columns(columns));
                    }
                }
            });
            response.response.accessible_name(format!("Column of the {role}"));
        }
    });
}

/// The first rows; columns with a meaning stand out.
fn rows(ui: &mut Ui, form: &TableForm, preview: &TablePreview) {
    let t = theme::of(ui);
    let mut columns = form.columns.clone();
    let meaning: Vec<Option<&str>> =
        preview.headers.iter().map(|h| ROLES.iter().find(|(_, _, of)| of(&mut columns) == h).map(|(role, ..)| *role)).collect();
    ScrollArea::horizontal().id_salt("table").max_height(200.0).show(ui, |ui| {
        Grid::new("first rows").striped(true).min_col_width(64.0).spacing([theme::PAGE, theme::STEP]).show(ui, |ui| {
            for (header, role) in preview.headers.iter().zip(&meaning) {
                let colour = if role.is_some() { t.accent } else { t.weak };
                let text = role.map_or(header.clone(), |role| format!("{header} = {role}"));
                ui.label(RichText::new(text).size(theme::SMALL).color(colour).family(theme::strong_family()));
            }
            ui.end_row();
            for row in &preview.rows {
                for (field, role) in row.iter().zip(&meaning) {
                    let short: String = field.chars().take(48).collect();
                    ui.label(RichText::new(short).size(theme::SMALL).color(if role.is_some() { t.text } else { t.weak }));
                }
                ui.end_row();
            }
        });
    });
    widgets::weak(ui, format!("{} in all", count_of(preview.total, "row")));
}
