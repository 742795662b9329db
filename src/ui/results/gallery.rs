//! The gallery: the images of one outcome, in the order that was chosen.

use super::filters;
use crate::{
    app::{
        AppCommand, ResultsCommand,
        actions::may_show_maps,
        state::{Overlay, Tab},
    },
    engine::{runs::score_set::ScoreSet, thumbnail_cache::Thumb},
    scores::ScoreRow,
    ui::shared::{
        context::PanelContext,
        image_grid::{Cell, Grid},
        widgets::{self, label_of},
    },
};
use eframe::egui::Ui;

pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>, set: &ScoreSet, grid: &mut Grid) {
    filters::tabs(ui, cx, set);
    filters::show(ui, cx, set);
    let results = &cx.state.results;
    let shown = results.shown.clone();
    if shown.is_empty() {
        let is_filtered = !results.filter.is_empty();
        widgets::weak(ui, if is_filtered { "No image passes these filters." } else { "None at this threshold." });
        return;
    }
    if results.tab == Tab::Training {
        let text = "Each normal training image scored against all others. The first ones look least like their kind.";
        widgets::weak(ui, text);
    }
    let selected = results.row.and_then(|row| shown.iter().position(|r| *r == row));
    let open = cx.state.open().filter(|o| o.config.path == set.data.path).cloned();
    let current = results.row;
    let state = cx.state;
    let shows_maps = results.map_view.in_gallery && may_show_maps(state).is_ok();
    let clicked = grid.show(ui, cx, shown.len(), selected, |i| {
        let row = &set.rows[shown[i]];
        let id = open.as_ref().and_then(|o| o.by_name.get(&row.path).copied());
        let has_map = shows_maps && set.maps.overlay(&row.path).is_some();
        Cell {
            thumb: id.map(|image| Thumb { image, under_map: has_map.then_some(state.results.number) }),
            name: row.path.clone(),
            label: label_of(row.label),
            selected: current == Some(shown[i]),
            note: Some(note(row, state)),
            outcome: state.results.outcome(row),
            hint: (shows_maps && !has_map).then_some("no map was saved of this image"),
        }
    });
    if let Some((index, twice)) = clicked {
        cx.send(ResultsCommand::Row(shown[index]));
        if twice {
            cx.send(AppCommand::Toggle(Overlay::Picture));
        }
    }
}

/// The line under a picture: score, outcome, tags.
fn note(row: &ScoreRow, state: &crate::app::State) -> String {
    let mut text = format!("{:.3}", row.score);
    if state.results.outcome(row).is_some_and(Tab::is_wrong) {
        text += " · wrong";
    }
    if let Some(annotation) = state.results.review.get(&row.path) {
        let letters: Vec<&str> = annotation.tags().map(super::annotations::letter).collect();
        text += &format!(" · {}{}", letters.join(""), if annotation.note.is_empty() { "" } else { "…" });
    }
    text
}
