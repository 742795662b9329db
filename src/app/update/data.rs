//! Opening a data set, and choosing in it.

use super::{dissolve, jobs, results, why};
use crate::{
    app::{
        Effect, State,
        message::Texture,
        state::{Filter, Open, Opening, Workspace},
    },
    config::DataConfig,
    data::{Dataset, ImageId, Label, Split},
    jobs::{Failure, Pixels},
};
use std::{path::PathBuf, sync::Arc};

/// How many opened paths are remembered.
const RECENT: usize = 8;

pub fn open(state: &mut State, path: PathBuf) -> Vec<Effect> {
    state.workspace = Workspace::Data;
    begin(state, DataConfig { path, ..DataConfig::default() }, None)
}

/// Opens the data of a run; the workspace in view stays.
pub fn open_data(state: &mut State, config: DataConfig) -> Vec<Effect> {
    begin(state, config, None)
}

pub fn set_normal(state: &mut State, names: Vec<String>) -> Vec<Effect> {
    let Some(open) = state.open() else { return Vec::new() };
    let (config, known) = (DataConfig { normal: names, ..open.config.clone() }, open.dataset.clone());
    begin(state, config, Some(known))
}

fn begin(state: &mut State, config: DataConfig, known: Option<Arc<Dataset>>) -> Vec<Effect> {
    state.data.generation += 1;
    state.data.failed = None;
    state.data.opening = Some(Opening { config: config.clone(), found: 0 });
    vec![Effect::Open { generation: state.data.generation, config, known }]
}

pub fn opened(state: &mut State, generation: u64, config: DataConfig, dataset: Arc<Dataset>) -> Vec<Effect> {
    if generation != state.data.generation {
        return Vec::new();
    }
    // A new choice of the normal class renumbers nothing: pictures, selection and filter stay.
    let same = state.open().is_some_and(|o| {
        o.config.path == config.path && o.dataset.items.len() == dataset.items.len() && o.config.normal != config.normal
    });
    let recent = &mut state.remembered.recent;
    recent.retain(|p| *p != config.path);
    recent.insert(0, config.path.clone());
    recent.truncate(RECENT);
    state.data.opening = None;
    state.data.open = Some(Arc::new(Open::new(config, dataset.clone(), generation)));
    let mut effects = vec![Effect::Pictures { generation, dataset, keep: same }];
    if !same {
        state.data.pictures_since = generation;
        state.data.broken.clear();
        state.data.filter = Filter::default();
        state.selected = None;
    }
    show(state);
    if state.selected.is_none() {
        // An abnormal image shows best what dissolving does; any will do.
        let first = first_of(state, |split, label| split != Split::Train && label == Some(Label::Abnormal));
        state.selected = first.or_else(|| state.data.shown.first().copied());
    }
    // The image of the gallery, where this is its data set.
    if let Some(id) = results::image(state) {
        state.selected = Some(id);
    }
    state.dissolve.done = None;
    effects.extend(dissolve::invalidate(state));
    effects.extend(why::ask(state));
    effects.extend(jobs::look_at_machine(state));
    effects
}

fn first_of(state: &State, fits: impl Fn(Split, Option<Label>) -> bool) -> Option<ImageId> {
    let dataset = &state.open()?.dataset;
    state.data.shown.iter().copied().find(|&id| dataset.item(id).is_some_and(|item| fits(item.split, dataset.label(id))))
}

pub fn open_failed(state: &mut State, generation: u64, path: PathBuf, failure: Failure) -> Vec<Effect> {
    if generation == state.data.generation {
        state.data.opening = None;
        state.data.failed = Some((path, failure));
    }
    Vec::new()
}

pub fn filter(state: &mut State, filter: Filter) -> Vec<Effect> {
    state.data.filter = filter;
    show(state);
    Vec::new()
}

/// Lists the images that pass the filter.
fn show(state: &mut State) {
    let Some(open) = state.open() else { return };
    let Filter { split, class } = state.data.filter;
    let ids = open.dataset.ids(|item, _| split.is_none_or(|s| item.split == s) && class.is_none_or(|c| item.class == Some(c)));
    state.data.shown = Arc::new(ids);
}

pub fn select(state: &mut State, id: ImageId) -> Vec<Effect> {
    if state.selected == Some(id) {
        return Vec::new();
    }
    state.selected = Some(id);
    state.dissolve.view = Default::default();
    dissolve::invalidate(state)
}

pub fn thumbnail(state: &mut State, generation: u64, id: ImageId, pixels: Result<Pixels, String>) -> Vec<Effect> {
    // Pictures of another choice of normal classes are of the same images; those of another data set are not.
    match pixels {
        _ if state.open().is_none() || generation < state.data.pictures_since => Vec::new(),
        Ok(pixels) => vec![Effect::Upload(Texture::Thumbnail(id), pixels)],
        Err(reason) => {
            state.data.broken.insert(id, reason);
            Vec::new()
        }
    }
}
