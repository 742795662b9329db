//! The gallery: the images of one outcome, in the order of their scores.

use super::{
    Cx,
    grid::{Cell, Grid},
    results_view::label_of,
    theme, widgets,
};
use crate::{
    app::{
        Command, icons,
        state::{Overlay, Sort, Tab},
    },
    jobs::ScoreSet,
};
use eframe::egui::{Align, Button, Layout, RichText, Ui, WidgetInfo, accesskit::Role};

pub fn show(ui: &mut Ui, cx: &mut Cx<'_>, set: &ScoreSet, grid: &mut Grid) {
    let t = theme::of(ui);
    let results = &cx.state.results;
    let c = results.confusion();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = theme::STEP;
        for tab in Tab::ALL {
            let count = match tab {
                Tab::FalsePositives => c.fp,
                Tab::FalseNegatives => c.fn_,
                Tab::TruePositives => c.tp,
                Tab::TrueNegatives => c.tn,
                Tab::All => set.rows.len(),
            };
            let here = results.tab == tab;
            let text = RichText::new(format!("{} {count}", tab.name())).size(theme::SMALL);
            let response = ui.add(Button::selectable(here, text));
            response.widget_info(|| WidgetInfo::selected(Role::Button, true, here, format!("{} {count}", tab.name())));
            if response.clicked() {
                cx.send(Command::Tab(tab));
            }
        }
    });
    let shown = results.gallery();
    ui.horizontal(|ui| {
        widgets::weak(ui, meaning(results.tab));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let (text, next) = match results.sort {
                Sort::Highest => (format!("highest first {}", icons::CARET_DOWN), Sort::Lowest),
                Sort::Lowest => (format!("lowest first {}", icons::CARET_UP), Sort::Highest),
            };
            let button = Button::new(RichText::new(text).size(theme::SMALL).color(t.weak)).frame(false);
            if ui.add(button).on_hover_text("Turn the order round").clicked() {
                cx.send(Command::Sort(next));
            }
        });
    });
    if shown.is_empty() {
        widgets::weak(ui, "None at this threshold.");
        return;
    }
    let selected = results.row.and_then(|row| shown.iter().position(|r| *r == row));
    let open = cx.state.open().cloned();
    let current = results.row;
    let clicked = grid.show(ui, cx, shown.len(), selected, |i| {
        let row = &set.rows[shown[i]];
        Cell {
            id: open.as_ref().and_then(|o| o.by_name.get(&row.path).copied()),
            name: row.path.clone(),
            label: label_of(row.label),
            selected: current == Some(shown[i]),
            note: Some(format!(
                "{:.4}{}",
                row.score,
                if row.class.is_empty() { String::new() } else { format!(" · {}", row.class) }
            )),
        }
    });
    if let Some((index, twice)) = clicked {
        cx.send(Command::Row(shown[index]));
        if twice {
            cx.send(Command::Toggle(Overlay::Picture));
        }
    }
}

fn meaning(tab: Tab) -> &'static str {
    match tab {
        Tab::FalsePositives => "normal, called abnormal · Enter: large view",
        Tab::FalseNegatives => "abnormal, called normal · Enter: large view",
        Tab::TruePositives => "abnormal, called abnormal",
        Tab::TrueNegatives => "normal, called normal",
        Tab::All => "all images that were scored",
    }
}
