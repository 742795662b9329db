//! What a person says of images: kept in the state, saved in the workspace at once, and undone like settings.

use super::{gallery, selection, workspace_settings};
use crate::{
    app::{
        Effect, State,
        message::Curate,
        state::{Edit, HistoryEntry, OpenDataset, OwnTag, WorkspaceSettings},
    },
    data::{Curation, ImageCuration, ImageId, Label},
    jobs::loader::LoadRequest,
    text::{count_of, last_part, thousands},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// Says something of these images of the open data set.
pub fn curate(state: &mut State, images: &[ImageId], what: Curate) -> Vec<Effect> {
    let Some(open) = state.data.open.clone() else { return Vec::new() };
    let mut curation = (*open.dataset.curation).clone();
    for item in images.iter().filter_map(|&id| open.dataset.item(id)) {
        let said = curation.get(&item.name);
        let said = match what {
            Curate::LeaveOut(leave_out) => ImageCuration { leave_out, ..said },
            Curate::Label(label) => ImageCuration { label, ..said },
        };
        curation.set(&item.name, said);
    }
    set(state, &open, Arc::new(curation), words(&open, images, what))
}

/// Puts a tag of the person's own on these images of the open data set, or takes it off.
pub fn tag(state: &mut State, images: &[ImageId], tag: &str, on: bool) -> Vec<Effect> {
    let (Some(open), Some(tag)) = (state.data.open.clone(), Curation::tag_name(tag)) else { return Vec::new() };
    let mut curation = (*open.dataset.curation).clone();
    images.iter().filter_map(|&id| open.dataset.item(id)).for_each(|item| curation.tag(&item.name, &tag, on));
    let words = format!("Tag “{tag}” {} {}", if on { "on" } else { "off" }, named(&open, images));
    set(state, &open, Arc::new(curation), words)
}

/// The person's tags become these; images keep what they have.
pub fn own_tags(state: &mut State, tags: Vec<OwnTag>) -> Vec<Effect> {
    let before = state.workspace_settings.tags.clone();
    state.history.note(HistoryEntry::new("Tags of your own", Edit::Tags(before), Edit::Tags(tags.clone())));
    let settings = WorkspaceSettings { tags, ..state.workspace_settings.clone() };
    workspace_settings::keep(state, settings)
}

/// What was said of the images of a data set becomes this.
pub fn replace(state: &mut State, data: &Path, curation: Arc<Curation>) -> Vec<Effect> {
    let Some(open) = state.data.open.clone().filter(|open| open.config.path == data) else {
        state.notify(format!("That was said of images of {}, which is not open: open it and undo again.", last_part(data)));
        state.history.refuse();
        return Vec::new();
    };
    set(state, &open, curation, "Labels and left-out images".into())
}

fn set(state: &mut State, open: &OpenDataset, curation: Arc<Curation>, what: String) -> Vec<Effect> {
    let before = open.dataset.curation.clone();
    if before == curation {
        return Vec::new();
    }
    let dataset = Arc::new(open.dataset.curated(curation.clone()));
    state.data.open = Some(Arc::new(OpenDataset::new(open.config.clone(), dataset, open.generation)));
    state.data.count_pairs();
    selection::show(state);
    gallery::meet(state);
    let edit = |curation| Edit::Curation { data: open.config.path.clone(), curation };
    state.history.note(HistoryEntry::new(what, edit(before), edit(curation.clone())));
    let save = |table| Effect::Load(LoadRequest::SaveCuration { table, curation });
    open.config.curation.clone().map(save).into_iter().collect()
}

/// The change, for "Undo: …".
fn words(open: &OpenDataset, images: &[ImageId], what: Curate) -> String {
    let images = named(open, images);
    match what {
        Curate::LeaveOut(true) => format!("Leave out {images}"),
        Curate::LeaveOut(false) => format!("Take {images} back"),
        Curate::Label(Some(Label::Normal)) => format!("{images} normal"),
        Curate::Label(Some(Label::Abnormal)) => format!("{images} abnormal"),
        Curate::Label(None) => format!("Label of {images}"),
    }
}

/// The only one by its name, several by their number.
fn named(open: &OpenDataset, images: &[ImageId]) -> String {
    match images {
        [one] => open.dataset.item(*one).map(|item| item.name.clone()).unwrap_or_default(),
        several => count_of(several.len(), "image"),
    }
}

/// Asks for a table to be read.
pub fn read(state: &State, path: PathBuf, dropped: bool) -> Vec<Effect> {
    let request = |open: &Arc<OpenDataset>| LoadRequest::ReadCuration { generation: open.generation, path, dropped };
    state.open().map(request).map(Effect::Load).into_iter().collect()
}

/// Takes over what a table says of images that are here, over what was said of them before; tags come to those they have.
pub fn import(state: &mut State, path: &Path, table: &Curation) -> Vec<Effect> {
    let Some(open) = state.data.open.clone() else { return Vec::new() };
    let file = last_part(path);
    let (here, gone): (Vec<&str>, Vec<&str>) = table.names().partition(|name| open.by_name.contains_key(*name));
    if here.is_empty() {
        let text = match gone.len() {
            0 => format!("{file} says nothing of any image"),
            n => format!("{file} names {}, and none of them is here", count_of(n, "image")),
        };
        state.notify_error(text, format!("paths are those from the folder {}, as in an export", open.title()));
        return Vec::new();
    }
    let mut curation = (*open.dataset.curation).clone();
    here.iter().for_each(|name| curation.import(name, table));
    let effects = set(state, &open, Arc::new(curation), format!("Import of {file}"));
    let all = count_of(here.len() + gone.len(), "image");
    let found = match gone.len() {
        0 => format!("{file} names {all}, and all of them are here").replace("1 image, and all of them are", "1 image, which is"),
        n => format!("{file} names {all}: {} here, {} not found", thousands(here.len()), thousands(n)),
    };
    state.notify(if effects.is_empty() {
        format!("{found}; nothing changes")
    } else {
        format!("{found}; Ctrl+Z takes this back")
    });
    effects
}

/// Writes the table for the command line and other programs.
pub fn export(state: &State) -> Vec<Effect> {
    let Some(open) = state.open().filter(|open| !open.dataset.curation.is_empty()) else { return Vec::new() };
    let (name, curation) = (format!("{}-curation.csv", open.title()), open.dataset.curation.clone());
    vec![Effect::Load(LoadRequest::ExportCuration { name, curation })]
}
