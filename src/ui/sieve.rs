//! What narrows the gallery down: outcome, class, range of the score, tag, text; and its order.

use super::{Cx, theme, widgets};
use crate::{
    app::{
        Command,
        state::{Sieve, Sort, Tab},
    },
    jobs::ScoreSet,
    scores::Tag,
};
use eframe::egui::{Button, ComboBox, DragValue, RichText, TextEdit, Ui, WidgetInfo, accesskit::Role};

/// One button an outcome, with its number of images and its mark.
pub fn tabs(ui: &mut Ui, cx: &mut Cx<'_>, set: &ScoreSet) {
    let labelled = set.evaluation.n_normal + set.evaluation.n_abnormal > 0;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = theme::STEP;
        for tab in Tab::ALL {
            let count = cx.state.results.count(tab);
            // Without labels there are no outcomes, and a folder that was scored later has no training images.
            let exists = match tab {
                Tab::All => true,
                Tab::Training => count > 0,
                _ => labelled,
            };
            if !exists {
                continue;
            }
            let here = cx.state.results.tab == tab;
            let text = RichText::new(format!("{} {count}", tab.name())).size(theme::SMALL);
            let response = ui.add(Button::selectable(here, text));
            response.widget_info(|| WidgetInfo::selected(Role::Button, true, here, format!("{} {count}", tab.name())));
            if response.on_hover_text(meaning(tab)).clicked() {
                cx.send(Command::Tab(tab));
            }
        }
    });
}

fn meaning(tab: Tab) -> &'static str {
    match tab {
        Tab::FalsePositives => "Normal images that are called abnormal",
        Tab::FalseNegatives => "Abnormal images that are called normal",
        Tab::TruePositives => "Abnormal images that are called abnormal",
        Tab::TrueNegatives => "Normal images that are called normal",
        Tab::All => "All images that the figures are over",
        Tab::Training => {
            "The normals questioned: each normal training image scored against all others. The oddest come first; among them are images that are not normal, or not fit to learn from"
        }
    }
}

/// The line of filters.
pub fn show(ui: &mut Ui, cx: &mut Cx<'_>, set: &ScoreSet) {
    let mut sieve = cx.state.results.sieve.clone();
    let before = sieve.clone();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = theme::STEP;
        order(ui, cx);
        if set.classes.len() > 1 {
            class(ui, &mut sieve, &set.classes);
        }
        tag(ui, cx, &mut sieve);
        range(ui, &mut sieve, set.range);
        let edit = TextEdit::singleline(&mut sieve.text).hint_text("name or note").desired_width(96.0);
        ui.add(edit).accessible_name("Filter by name or note");
        if !sieve.is_empty() && widgets::small_button(ui, "Clear").on_hover_text("Take all filters away").clicked() {
            sieve = Sieve::default();
        }
    });
    if sieve != before {
        cx.send(Command::Sieve(sieve));
    }
}

fn small(text: impl Into<String>) -> RichText {
    RichText::new(text).size(theme::SMALL)
}

fn order(ui: &mut Ui, cx: &mut Cx<'_>) {
    let now = cx.state.results.sort;
    let combo = ComboBox::from_id_salt("sort").selected_text(small(now.name())).width(150.0).show_ui(ui, |ui| {
        for sort in Sort::ALL {
            if ui.selectable_label(sort == now, sort.name()).clicked() {
                cx.send(Command::Sort(sort));
            }
        }
    });
    combo.response.on_hover_text("Order of the gallery");
}

fn class(ui: &mut Ui, sieve: &mut Sieve, classes: &[String]) {
    let now = sieve.class.clone().unwrap_or_else(|| "all classes".into());
    let combo = ComboBox::from_id_salt("class").selected_text(small(now)).width(96.0).show_ui(ui, |ui| {
        ui.selectable_value(&mut sieve.class, None, "all classes");
        for class in classes {
            ui.selectable_value(&mut sieve.class, Some(class.clone()), class);
        }
    });
    combo.response.on_hover_text("Class of the images");
}

fn tag(ui: &mut Ui, cx: &Cx<'_>, sieve: &mut Sieve) {
    let combo = ComboBox::from_id_salt("tag").selected_text(small(sieve.tag.map_or("any tag", Tag::name))).width(88.0);
    let combo = combo.show_ui(ui, |ui| {
        ui.selectable_value(&mut sieve.tag, None, "any tag");
        for tag in Tag::ALL {
            let count = cx.state.results.triage.count(tag);
            ui.selectable_value(&mut sieve.tag, Some(tag), format!("{} ({count})", tag.name()));
        }
    });
    combo.response.on_hover_text("Tagged images");
}

fn range(ui: &mut Ui, sieve: &mut Sieve, range: [f64; 2]) {
    let speed = ((range[1] - range[0]) / 300.0).max(1e-9);
    for (i, name) in ["Lowest score", "Highest score"].into_iter().enumerate() {
        let mut value = sieve.range[i].unwrap_or(range[i]);
        let field = DragValue::new(&mut value).speed(speed).max_decimals(3).prefix(if i == 0 { "≥ " } else { "≤ " });
        let field = ui.add(field).accessible_name(name);
        let field = field.on_hover_text(format!("{name} that is shown. Double click: no limit"));
        if field.double_clicked() {
            sieve.range[i] = None;
        } else if field.changed() {
            sieve.range[i] = Some(value);
        }
    }
}
