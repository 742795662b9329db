//! Tags and notes: kept in the state, saved beside the run at once, and undone like settings.

use crate::{
    app::{
        Effect, State,
        state::{Edit, HistoryEntry},
    },
    jobs::loader::LoadRequest,
    scores::{Annotation, Tag},
    text::{images, last_part},
};
use std::path::{Path, PathBuf};

/// Puts a tag on the selected images, or takes it off where all of them have it.
pub fn tag(state: &mut State, tag: Tag) -> Vec<Effect> {
    let r = &state.results;
    let Some(set) = r.ready() else { return Vec::new() };
    let file = set.file.clone();
    // The inspector names the selected one beside its tags, whether the gallery lists it or not.
    let chosen = if r.marked.is_empty() { r.row.into_iter().collect() } else { state.chosen_rows() };
    let rows = chosen.into_iter().filter_map(|row| set.rows.get(row));
    let mut annotations: Vec<(String, Annotation)> = rows.map(|row| (row.path.clone(), r.annotation(&row.path))).collect();
    let all = annotations.iter().all(|(_, annotation)| annotation.has(tag));
    let changes = annotations.iter_mut().filter(|(_, annotation)| annotation.has(tag) == all);
    changes.for_each(|(_, annotation)| *annotation = annotation.toggled(tag));
    annotate(state, &file, annotations)
}

/// Replaces what is noted about images of the run in view.
pub fn annotate(state: &mut State, file: &Path, annotations: Vec<(String, Annotation)>) -> Vec<Effect> {
    let Some(set) = state.results.ready().filter(|set| set.file == file).cloned() else {
        let run = file.parent().map(last_part).unwrap_or_default();
        state.notify(format!("That tag belongs to {run}, which is not in view: open it and undo again."));
        state.history.refuse();
        return Vec::new();
    };
    let review = &mut state.results.review;
    let set_one = |(name, annotation): &(String, Annotation)| (name.clone(), review.set(name, annotation.clone()));
    let before: Vec<(String, Annotation)> = annotations.iter().map(set_one).collect();
    if before == annotations {
        return Vec::new();
    }
    state.results.list();
    let what = match &annotations[..] {
        [(name, _)] => name.clone(),
        several => images(several.len()),
    };
    let edit = |annotations| Edit::Annotations { file: PathBuf::from(file), annotations };
    state.history.note(HistoryEntry::new(format!("Tags and note of {what}"), edit(before), edit(annotations)));
    vec![Effect::Load(LoadRequest::SaveReview { set, review: state.results.review.clone() })]
}
