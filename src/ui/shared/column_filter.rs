//! Filters by the columns of the table of labels: one of few values, a range of numbers, or text. Used by Data and Results.

use super::{theme, widgets};
use crate::{
    app::state::{ColumnFilter, ColumnTest},
    data::{ColumnKind, Metadata, MetadataColumn},
    text::{elided, images, thousands},
};
use eframe::egui::{CollapsingHeader, DragValue, FontId, Margin, RichText, ScrollArea, TextEdit, Ui};
use std::collections::BTreeSet;

/// Height of a list of values before it scrolls, points.
const VALUES: f32 = 200.0;
/// Characters of a value that are shown.
const NAME: usize = 60;

/// A line for each column, which opens to what can be asked of it.
pub fn show(ui: &mut Ui, metadata: &Metadata, filter: &mut ColumnFilter) {
    let t = theme::of(ui);
    for column in metadata.columns() {
        let test = filter.get(&column.name).cloned();
        let title = match &test {
            Some(test) => format!("{}: {}", column.name, words(test)),
            None => column.name.clone(),
        };
        let room = ui.available_width() - 32.0;
        let short = widgets::cut_middle(ui, &title, &FontId::proportional(theme::BODY), room);
        let text = RichText::new(short).color(if test.is_some() { t.accent } else { t.text });
        let header = CollapsingHeader::new(text).id_salt(("column", &column.name)).show(ui, |ui| {
            let to = match column.kind {
                ColumnKind::Choice => choice(ui, column, test),
                ColumnKind::Number(ends) => between(ui, column, ends, test),
                ColumnKind::Text => contains(ui, column, test),
            };
            if let Some(to) = to {
                filter.set(&column.name, to);
            }
        });
        header.header_response.accessible_name(format!("Filter by {title}")).on_hover_text(title);
    }
}

/// How a value is called that is not there.
const EMPTY: &str = "nothing";

/// What is asked for, in a few words.
fn words(test: &ColumnTest) -> String {
    match test {
        ColumnTest::OneOf(values) => {
            let shown = values.iter().map(|value| if value.is_empty() { EMPTY.into() } else { elided(value, NAME) });
            shown.collect::<Vec<_>>().join(", ")
        }
        ColumnTest::Between([Some(low), Some(high)]) => format!("{low} to {high}"),
        ColumnTest::Between([low, high]) => {
            [("≥", low), ("≤", high)].into_iter().filter_map(|(sign, end)| Some(format!("{sign} {}", (*end)?))).collect()
        }
        ColumnTest::Contains(text) => format!("has “{}”", text.trim()),
    }
}

/// One or several of the values.
fn choice(ui: &mut Ui, column: &MetadataColumn, test: Option<ColumnTest>) -> Option<ColumnTest> {
    let before = if let Some(ColumnTest::OneOf(values)) = test { values } else { BTreeSet::new() };
    let mut values = before.clone();
    ScrollArea::vertical().id_salt(("values", &column.name)).max_height(VALUES).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        for (value, count) in &column.values {
            let mut on = values.contains(&**value);
            let name = if value.is_empty() { EMPTY } else { &**value };
            let line = ui
                .checkbox(&mut on, RichText::new(format!("{}  ({})", elided(name, NAME), thousands(*count))).size(theme::SMALL));
            if line.accessible_name(format!("{} {name}, {}", column.name, images(*count))).changed() {
                _ = if on { values.insert(value.to_string()) } else { values.remove(&**value) };
            }
        }
    });
    (values != before).then_some(ColumnTest::OneOf(values))
}

fn between(ui: &mut Ui, column: &MetadataColumn, ends: [f64; 2], test: Option<ColumnTest>) -> Option<ColumnTest> {
    let before = if let Some(ColumnTest::Between(range)) = test { range } else { [None; 2] };
    let mut now = before;
    ui.horizontal(|ui| range(ui, &column.name, &mut now, ends));
    (now != before).then_some(ColumnTest::Between(now))
}

fn contains(ui: &mut Ui, column: &MetadataColumn, test: Option<ColumnTest>) -> Option<ColumnTest> {
    let mut text = if let Some(ColumnTest::Contains(text)) = test { text } else { String::new() };
    let edit = TextEdit::singleline(&mut text).hint_text("contains").desired_width(ui.available_width() - theme::GAP);
    // Menus leave their buttons little.
    let field = ui.add(edit.margin(Margin::symmetric(6, 4))).accessible_name(format!("{} contains", column.name));
    field.changed().then_some(ColumnTest::Contains(text))
}

/// The ends of a range of numbers; without a limit they stand at these.
pub fn range(ui: &mut Ui, of: &str, range: &mut [Option<f64>; 2], ends: [f64; 2]) {
    let speed = ((ends[1] - ends[0]) / 300.0).max(1e-9);
    for (i, which) in ["Lowest", "Highest"].into_iter().enumerate() {
        let mut value = range[i].unwrap_or(ends[i]);
        let field = DragValue::new(&mut value).speed(speed).max_decimals(3).prefix(if i == 0 { "≥ " } else { "≤ " });
        let name = format!("{which} {of}");
        let field = ui.add(field).accessible_name(&name);
        let field = field.on_hover_text(format!("{name} that is shown. Double click: no limit"));
        if field.double_clicked() {
            range[i] = None;
        } else if field.changed() {
            range[i] = Some(value);
        }
    }
}
