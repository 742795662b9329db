//! What a person says of images: kept in the state, saved in the workspace at once, and undone like settings.

use super::selection;
use crate::{
    app::{
        Effect, State,
        message::Curate,
        state::{Change, Edit, Open, data_title},
    },
    data::{Curation, ImageId, Label, Said},
    jobs::loader::LoadRequest,
};
use std::{path::Path, sync::Arc};

/// Says something of these images of the open data set.
pub fn curate(state: &mut State, images: &[ImageId], what: Curate) -> Vec<Effect> {
    let Some(open) = state.data.open.clone() else { return Vec::new() };
    let mut curation = (*open.dataset.curation).clone();
    for item in images.iter().filter_map(|&id| open.dataset.item(id)) {
        let said = curation.get(&item.name);
        let said = match what {
            Curate::LeaveOut(leave_out) => Said { leave_out, ..said },
            Curate::Label(label) => Said { label, ..said },
        };
        curation.set(&item.name, said);
    }
    set(state, &open, Arc::new(curation), words(&open, images, what))
}

/// What was said of the images of a data set becomes this.
pub fn replace(state: &mut State, data: &Path, curation: Arc<Curation>) -> Vec<Effect> {
    let Some(open) = state.data.open.clone().filter(|open| open.config.path == data) else {
        state.notify(format!("That was said of images of {}, which is not open: open it and undo again.", data_title(data)));
        state.history.refuse();
        return Vec::new();
    };
    set(state, &open, curation, "Labels and left-out images".into())
}

fn set(state: &mut State, open: &Open, curation: Arc<Curation>, what: String) -> Vec<Effect> {
    let before = open.dataset.curation.clone();
    if before == curation {
        return Vec::new();
    }
    let dataset = Arc::new(open.dataset.curated(curation.clone()));
    state.data.open = Some(Arc::new(Open::new(open.config.clone(), dataset, open.generation)));
    selection::show(state);
    let edit = |curation| Edit::Curation { data: open.config.path.clone(), curation };
    state.history.note(Change::new(what, edit(before), edit(curation.clone())));
    let save = |table| Effect::Load(LoadRequest::SaveCuration { table, curation });
    open.config.curation.clone().map(save).into_iter().collect()
}

/// The change, for "Undo: …".
fn words(open: &Open, images: &[ImageId], what: Curate) -> String {
    let images = match images {
        [one] => open.dataset.item(*one).map(|item| item.name.clone()).unwrap_or_default(),
        several => format!("{} images", several.len()),
    };
    match what {
        Curate::LeaveOut(true) => format!("Leave out {images}"),
        Curate::LeaveOut(false) => format!("Take {images} back"),
        Curate::Label(Some(Label::Normal)) => format!("{images} normal"),
        Curate::Label(Some(Label::Abnormal)) => format!("{images} abnormal"),
        Curate::Label(None) => format!("Label of {images}"),
    }
}

/// Writes the table for the command line and other programs.
pub fn export(state: &State) -> Vec<Effect> {
    let Some(open) = state.open().filter(|open| !open.dataset.curation.is_empty()) else { return Vec::new() };
    let (name, curation) = (format!("{}-curation.csv", open.title()), open.dataset.curation.clone());
    vec![Effect::Load(LoadRequest::ExportCuration { name, curation })]
}
