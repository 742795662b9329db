//! The gallery: the images of one outcome, in the order that was chosen.

use super::filters;
use crate::{
    app::{
        AppCommand, ResultsCommand, TrainCommand,
        actions::may_show_maps,
        state::{Mark, Tab, Workspace},
    },
    engine::{runs::score_set::ScoreSet, thumbnail_cache::Thumb},
    scores::ScoreRow,
    text::{elided, thousands},
    ui::{
        data::selection,
        shared::{
            context::PanelContext,
            image_grid::{Grid, GridCell},
            widgets::{self, label_of},
        },
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
        let text =
            "Each normal training image scored against all others. The first ones look least like their kind; X leaves out.";
        widgets::weak(ui, text);
        without(ui, cx, set);
    }
    let open = cx.state.open_of(set).cloned();
    selection::show(ui, cx);
    let results = &cx.state.results;
    let selected = results.row.and_then(|row| shown.iter().position(|r| *r == row));
    let current = results.row;
    let state = cx.state;
    let shows_maps = results.map_view.in_gallery && may_show_maps(state).is_ok();
    let cell = |i: usize| {
        let row = &set.rows[shown[i]];
        let id = open.as_ref().and_then(|o| o.by_name.get(&row.path).copied());
        let left_out = id.zip(open.as_ref()).is_some_and(|(id, open)| open.dataset.is_left_out(id));
        let has_map = shows_maps && set.maps.overlay(&row.path).is_some();
        GridCell {
            thumb: id.map(|image| Thumb { image, under_map: has_map.then_some(state.results.number) }),
            name: row.path.clone(),
            label: label_of(row.label),
            selected: current == Some(shown[i]),
            marked: state.results.marked.contains(&shown[i]),
            left_out,
            note: Some(note(row, left_out, state)),
            outcome: state.results.outcome(row),
            tags: state.results.images.curation.tags(&row.path).map(String::from).collect(),
            hint: (shows_maps && !has_map).then_some("no map was saved of this image"),
        }
    };
    if let Some(row) = current.filter(|_| selection::is_toggled_by_key(ui, state)) {
        cx.send(ResultsCommand::Mark(Mark::Toggle(row)));
    }
    grid.begin((state.results.tab, state.results.sort));
    let clicked = grid.show(ui, cx, shown.len(), selected, cell, Some(&selection::menu));
    grid.send_box(cx, &shown, ResultsCommand::Mark);
    if let Some(click) = clicked {
        let row = shown[click.index];
        click.send(cx, row, state.results.marked.contains(&row), ResultsCommand::Row, ResultsCommand::Mark);
    }
}

/// The way on where normals that this run has learnt from are left out by now.
fn without(ui: &mut Ui, cx: &mut PanelContext<'_>, set: &ScoreSet) {
    let Some(open) = cx.state.open_of(set).filter(|o| o.left_out > 0) else { return };
    let is_out = |row: &&ScoreRow| open.by_name.get(&row.path).is_some_and(|&id| open.dataset.is_left_out(id));
    let out = set.rows[set.evaluated..].iter().filter(is_out).count();
    if out == 0 {
        return;
    }
    let text =
        if out == 1 { "Train again without it".to_string() } else { format!("Train again without these {}", thousands(out)) };
    train_again(ui, cx, set, &text);
}

/// A button that takes a run's settings to Train, where the next run learns from what the images are by now.
pub fn train_again(ui: &mut Ui, cx: &mut PanelContext<'_>, set: &ScoreSet, text: &str) {
    if widgets::small_button(ui, text).on_hover_text("Takes this run’s settings to Train (3)").clicked() {
        cx.send(TrainCommand::UseSettings(set.run.clone()));
        cx.send(AppCommand::Go(Workspace::Train));
    }
}

/// The line under a picture: whether it is left out by now, which is never cut, score, outcome, tags.
fn note(row: &ScoreRow, left_out: bool, state: &crate::app::State) -> String {
    let mut text = if left_out { format!("left out · {:.3}", row.score) } else { format!("{:.3}", row.score) };
    // A tab of one outcome says it already.
    let outcome = state.results.outcome(row).filter(|outcome| outcome.is_wrong() && *outcome != state.results.tab);
    text += outcome.map(|outcome| if outcome == Tab::FalsePositives { " · FP" } else { " · FN" }).unwrap_or_default();
    // Where there are more than the two that the mark tells apart.
    let several = state.results.ready().is_some_and(|set| !set.evaluation.by_class.is_empty());
    if several && !row.class.is_empty() {
        text += &format!(" · {}", elided(&row.class, 40));
    }
    if let Some(review) = state.results.review.get(&row.path) {
        let letters: Vec<&str> = review.tags().map(super::review::letter).collect();
        text += &format!(" · {}{}", letters.join(""), if review.note.is_empty() { "" } else { "…" });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn that_an_image_is_left_out_comes_first() {
        let row = ScoreRow { score: -1.25, split: "test".into(), ..ScoreRow::default() };
        let state = crate::app::State::default();
        assert_eq!(note(&row, true, &state), "left out · -1.250");
        assert!(note(&row, false, &state).starts_with("-1.250"));
    }
}
