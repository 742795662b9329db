//! Tags and notes: kept in the state, saved beside the run at once, and undone like settings.

use crate::{
    app::{
        Effect, State,
        state::{Edit, HistoryEntry},
    },
    jobs::loader::LoadRequest,
    scores::{ImageReview, Tag},
    text::{images, last_part},
};
use std::path::{Path, PathBuf};

/// Puts a tag on the selected images, or takes it off where all of them have it.
pub fn tag(state: &mut State, tag: Tag) -> Vec<Effect> {
    let r = &state.results;
    let Some(set) = r.ready() else { return Vec::new() };
    let file = set.file.clone();
    // The inspector names the selected one beside its tags, whether the gallery lists it or not.
    let chosen = if r.marked.is_empty() { r.row.into_iter().collect() } else { state.selected_rows() };
    let rows = chosen.into_iter().filter_map(|row| set.rows.get(row));
    let mut reviews: Vec<(String, ImageReview)> = rows.map(|row| (row.path.clone(), r.image_review(&row.path))).collect();
    let all = reviews.iter().all(|(_, review)| review.has(tag));
    let changes = reviews.iter_mut().filter(|(_, review)| review.has(tag) == all);
    changes.for_each(|(_, review)| *review = review.toggled(tag));
    replace(state, &file, reviews)
}

/// Replaces what is noted about images of the run in view.
pub fn replace(state: &mut State, file: &Path, reviews: Vec<(String, ImageReview)>) -> Vec<Effect> {
    let Some(set) = state.results.ready().filter(|set| set.file == file).cloned() else {
        let run = file.parent().map(last_part).unwrap_or_default();
        state.notify(format!("That tag belongs to {run}, which is not in view: open it and undo again."));
        state.history.refuse();
        return Vec::new();
    };
    let review = &mut state.results.review;
    let set_one = |(name, image): &(String, ImageReview)| (name.clone(), review.set(name, image.clone()));
    let before: Vec<(String, ImageReview)> = reviews.iter().map(set_one).collect();
    if before == reviews {
        return Vec::new();
    }
    state.results.list();
    let what = match &reviews[..] {
        [(name, _)] => name.clone(),
        several => images(several.len()),
    };
    let edit = |reviews| Edit::Review { file: PathBuf::from(file), reviews };
    state.history.note(HistoryEntry::new(format!("Tags and note of {what}"), edit(before), edit(reviews)));
    vec![Effect::Load(LoadRequest::SaveReview { set, review: state.results.review.clone() })]
}
