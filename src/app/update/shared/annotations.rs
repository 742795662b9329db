//! Tags and notes: kept in the state, saved beside the run at once, and undone like settings.

use crate::{
    app::{
        Effect, State,
        state::{Change, Edit, data_title},
    },
    jobs::loader::LoadRequest,
    scores::{Annotation, Tag},
};
use std::path::{Path, PathBuf};

/// Puts a tag on the selected image, or takes it off.
pub fn tag(state: &mut State, tag: Tag) -> Vec<Effect> {
    let Some((set, row)) = state.results.ready().zip(state.results.selected()) else { return Vec::new() };
    let (file, name) = (set.file.clone(), row.path.clone());
    let annotation = state.results.annotation(&name).toggled(tag);
    self::annotation(state, &file, name, annotation)
}

/// Replaces what is noted about an image of the run in view.
pub fn annotation(state: &mut State, file: &Path, name: String, annotation: Annotation) -> Vec<Effect> {
    let Some(set) = state.results.ready().filter(|set| set.file == file).cloned() else {
        let run = file.parent().map(data_title).unwrap_or_default();
        state.notify(format!("That tag belongs to {run}, which is not in view: open it and undo again."));
        state.history.refuse();
        return Vec::new();
    };
    let before = state.results.review.set(&name, annotation.clone());
    if before == annotation {
        return Vec::new();
    }
    state.results.list();
    let edit = |annotation| Edit::Annotation { file: PathBuf::from(file), name: name.clone(), annotation };
    state.history.note(Change::new(format!("Tags and note of {name}"), edit(before), edit(annotation)));
    vec![Effect::Load(LoadRequest::SaveReview { set, review: state.results.review.clone() })]
}
