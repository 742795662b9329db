//! The workspace Data: opening a data set, and choosing in it.

use super::{
    dissolve, large_view,
    shared::{curation, embedding, explanation, gallery, machine, models, selection, training_form},
};
use crate::{
    app::{
        DataCommand, Effect, State,
        message::{BackgroundEffect, ImageEffect, Texture},
        state::{DataPage, DuplicateSearch, Edit, Filter, HistoryEntry, OpenDataset, Opening, TableForm, Workspace},
    },
    config::{DataConfig, LabelColumns, Reading, ValueWindow},
    data::{ALL, Curation, Dataset, Examination, ImageId, Label, Split, TablePreview},
    engine::{display::rgba::Rgba, thumbnail_cache::Thumb},
    error::Failure,
    jobs::loader::LoadRequest,
    text::last_part,
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// How many opened paths are remembered.
const RECENT: usize = 8;

pub fn execute(state: &mut State, command: DataCommand) -> Vec<Effect> {
    match command {
        DataCommand::Open(path) => open(state, path),
        DataCommand::OpenConfig(config) => open_config(state, config),
        DataCommand::OpenSeveral(paths) => open_several(state, paths),
        DataCommand::TryAgain => try_again(state),
        DataCommand::DismissFailure => {
            state.data.failed = None;
            Vec::new()
        }
        DataCommand::SetNormal(names) => say_normal(state, names),
        DataCommand::ChooseNormal(chooses) => choose_normal(state, chooses),
        DataCommand::Reading(reading) => read_as(state, reading, 0),
        DataCommand::Level(level) => read_as(state, Reading::Auto, level),
        DataCommand::Window(window) => see_through(state, window),
        DataCommand::ForgetRecent(path) => forget_recent(state, &path),
        DataCommand::Page(page) => {
            state.data.page = page;
            Vec::new()
        }
        DataCommand::Large(large) => {
            state.data.large = large;
            let mut effects = large_view::open(state);
            effects.extend(dissolve::refresh(state));
            effects
        }
        DataCommand::FindDuplicates => {
            state.data.duplicate_search.asked = true;
            Vec::new()
        }
        DataCommand::ChooseColumns(path) => choose_columns(state, path),
        DataCommand::Columns(columns) => {
            state.data.table.iter_mut().for_each(|form| form.columns = columns.clone());
            Vec::new()
        }
        DataCommand::UseTable => use_table(state),
        DataCommand::LabelBy(folder) => label_by(state, folder),
        DataCommand::Preprocess(preprocess) => training_form::preprocess(state, preprocess),
        DataCommand::Filter(filter) => self::filter(state, filter),
        DataCommand::Select(id) => selection::select(state, id),
        DataCommand::Mark(mark) => selection::mark(state, mark),
        DataCommand::Curate(images, what) => curation::curate(state, &images, what),
        DataCommand::Tag { images, tag, on } => curation::tag(state, &images, &tag, on),
        DataCommand::Tags(tags) => curation::own_tags(state, tags),
        DataCommand::ImportCuration { path, dropped } => curation::read(state, path, dropped),
        DataCommand::ExportCuration => curation::export(state),
        DataCommand::WantThumbnails(thumbs) => {
            let requests = thumbs.into_iter().map(|thumb| (thumb, gallery::overlay(state, thumb))).collect();
            vec![Effect::Image(ImageEffect::Thumbnails(requests))]
        }
    }
}

fn open(state: &mut State, path: PathBuf) -> Vec<Effect> {
    state.workspace = Workspace::Data;
    begin(state, DataConfig { path, ..DataConfig::default() }, None)
}

/// Several things at once are parts of the folder that holds them all.
fn open_several(state: &mut State, paths: Vec<PathBuf>) -> Vec<Effect> {
    match paths.as_slice() {
        [] => Vec::new(),
        [path] => open(state, path.clone()),
        [first, rest @ ..] => {
            let mut common: &Path = first.parent().unwrap_or(first);
            while let Some(above) = common.parent().filter(|_| !rest.iter().all(|p| p.starts_with(common) && p != common)) {
                common = above;
            }
            let only = paths.iter().filter_map(|p| p.strip_prefix(common).ok()).map(Path::to_path_buf).collect();
            state.workspace = Workspace::Data;
            begin(state, DataConfig { path: common.into(), only, ..DataConfig::default() }, None)
        }
    }
}

/// Opens the same path, understood in another way: nothing that was chosen for the old one holds.
fn read_as(state: &mut State, reading: Reading, level: i64) -> Vec<Effect> {
    let Some(open) = state.open() else { return Vec::new() };
    let DataConfig { path, only, test_fraction, split_seed, window, .. } = open.config.clone();
    begin(state, DataConfig { path, only, reading, level, test_fraction, split_seed, window, ..DataConfig::default() }, None)
}

fn choose_columns(state: &mut State, path: Option<PathBuf>) -> Vec<Effect> {
    state.data.table = path.clone().map(|path| TableForm { path, preview: None, columns: LabelColumns::default() });
    path.into_iter().map(|path| Effect::Load(LoadRequest::Table(path))).collect()
}

pub fn table(state: &mut State, path: &Path, preview: Result<TablePreview, Failure>) -> Vec<Effect> {
    if let Some(form) = state.data.table.as_mut().filter(|form| form.path == path) {
        form.columns = preview.as_ref().map(|p| p.guess.clone()).unwrap_or_default();
        form.preview = Some(preview);
    }
    Vec::new()
}

fn use_table(state: &mut State) -> Vec<Effect> {
    let Some(form) = state.data.table.take() else { return Vec::new() };
    // A table that was opened by itself stands for the folder that it lies in.
    let failed = state.data.failed.as_ref().map(|(path, _)| path.clone()).filter(|path| *path == form.path);
    let base = match (failed, state.open()) {
        (Some(path), _) => DataConfig { path, ..DataConfig::default() },
        (None, Some(open)) => {
            let labels = (open.config.path != form.path).then(|| form.path.clone());
            DataConfig { labels, reading: Reading::Auto, level: 0, normal: Vec::new(), ..open.config.clone() }
        }
        (None, None) => return Vec::new(),
    };
    begin(state, DataConfig { columns: form.columns, ..base }, None)
}

fn label_by(state: &mut State, folder: PathBuf) -> Vec<Effect> {
    let Some(open) = state.open() else { return Vec::new() };
    let read_anew = DataConfig { reading: Reading::Auto, level: 0, normal: Vec::new(), ..open.config.clone() };
    begin(state, DataConfig { labels: Some(folder), columns: LabelColumns::default(), ..read_anew }, None)
}

fn forget_recent(state: &mut State, path: &Path) -> Vec<Effect> {
    state.persisted.recent.retain(|c| c.path != path);
    Vec::new()
}

/// Opens the data of a run; the workspace in view stays.
pub fn open_config(state: &mut State, config: DataConfig) -> Vec<Effect> {
    begin(state, config, None)
}

/// A person says which classes are normal, which can be taken back.
fn say_normal(state: &mut State, names: Vec<String>) -> Vec<Effect> {
    let Some(open) = state.open() else { return Vec::new() };
    let edit = |names| Edit::Normal { data: open.config.path.clone(), names };
    // Where boxes are ticked quickly, the one before is still on its way.
    let coming = state.data.opening.as_ref().filter(|opening| open.differs_in_normal(&opening.config));
    let before = coming.map_or(&open.config, |opening| &opening.config).normal.clone();
    let change = HistoryEntry::new("Normal class", edit(before), edit(names.clone()));
    state.history.note(change);
    set_normal(state, names)
}

/// Such a choice is taken back, or made again.
pub fn replace_normal(state: &mut State, data: &Path, names: Vec<String>) -> Vec<Effect> {
    if state.open().is_none_or(|open| open.config.path != data) {
        state.notify(format!("That was chosen for {}, which is not open: open it and undo again.", last_part(data)));
        state.history.refuse();
        return Vec::new();
    }
    set_normal(state, names)
}

fn set_normal(state: &mut State, names: Vec<String>) -> Vec<Effect> {
    let Some(open) = state.open() else { return Vec::new() };
    let (config, mut known) = (DataConfig { normal: names, ..open.config.clone() }, Some(open.dataset.clone()));
    if config.normal.is_empty() {
        // What was said the last time is not said now, and only the files know nothing of it.
        let is_same = |c: &&mut DataConfig| c.path == config.path && c.only == config.only;
        state.persisted.recent.iter_mut().filter(is_same).for_each(|c| c.normal.clear());
        known = None;
    }
    begin(state, config, known)
}

/// Where all images were said to be normal there are no classes to choose from: it is asked again.
fn choose_normal(state: &mut State, chooses: bool) -> Vec<Effect> {
    let Some(open) = state.open() else { return Vec::new() };
    if chooses && open.dataset.classes.iter().any(|class| class.name == ALL) {
        return say_normal(state, Vec::new());
    }
    state.data.chooses_normal = chooses;
    if chooses {
        (state.workspace, state.persisted.workspace) = (Workspace::Data, Workspace::Data);
        state.leave_overlays();
    }
    Vec::new()
}

/// Opens the same images through another DICOM window: their pixels are others.
fn see_through(state: &mut State, window: ValueWindow) -> Vec<Effect> {
    let Some(open) = state.open() else { return Vec::new() };
    let config = DataConfig { window, ..open.config.clone() };
    begin(state, config, None)
}

/// What could not be opened, as it was asked for.
fn try_again(state: &mut State) -> Vec<Effect> {
    state.data.again.take().map_or_else(Vec::new, |config| begin(state, config, None))
}

fn begin(state: &mut State, config: DataConfig, known: Option<Arc<Dataset>>) -> Vec<Effect> {
    state.data.generation += 1;
    state.data.failed = None;
    state.data.opening = Some(Opening { config: config.clone(), found: 0 });
    vec![Effect::Load(LoadRequest::Open { generation: state.data.generation, config: Box::new(config), known })]
}

pub fn opened(state: &mut State, generation: u64, config: DataConfig, dataset: Arc<Dataset>) -> Vec<Effect> {
    if generation != state.data.generation {
        return Vec::new();
    }
    // A new choice of the normal class renumbers nothing: pictures, selection and filter stay.
    let same = state.open().is_some_and(|o| {
        o.config.path == config.path && o.dataset.items.len() == dataset.items.len() && o.config.normal != config.normal
    });
    // Nor does another window, but the pixels are others.
    let same_images = same
        || state.open().is_some_and(|o| {
            o.config == DataConfig { window: o.config.window.clone(), ..config.clone() }
                && o.dataset.items.len() == dataset.items.len()
        });
    // What was said of them while the normal class was being chosen is not lost.
    let said = state.open().filter(|o| same && o.dataset.curation != dataset.curation).map(|o| o.dataset.curation.clone());
    let dataset = said.map_or(dataset.clone(), |said| Arc::new(dataset.curated(said)));
    // What was said to be normal here the last time, where those classes are still there.
    let same_set = |c: &&DataConfig| c.path == config.path && c.only == config.only && !c.normal.is_empty();
    let is_there = |name: &String| name == ALL || dataset.find_class(name).is_some();
    let before = state.persisted.recent.iter().find(same_set).map(|c| c.normal.clone());
    let before = before.filter(|names| names.iter().all(is_there));
    if Some(&config.path) != state.demo.as_ref() {
        let recent = &mut state.persisted.recent;
        recent.retain(|c| c.path != config.path || c.only != config.only);
        recent.insert(0, config.clone());
        recent.truncate(RECENT);
    }
    training_form::change_data(state, &config.path);
    state.data.opening = None;
    state.data.open = Some(Arc::new(OpenDataset::new(config, dataset.clone(), generation)));
    let mut effects = vec![Effect::Image(ImageEffect::Source { generation, dataset, keep: same })];
    if !same {
        state.data.pictures_since = generation;
        if std::mem::take(&mut state.data.duplicate_search).running {
            effects.push(Effect::Background(BackgroundEffect::StopFindingDuplicates));
        }
        state.data.broken.clear();
    }
    state.data.count_pairs();
    if !same_images {
        state.data.page = DataPage::Images;
        state.data.table = None;
        state.data.chooses_normal = false;
        state.data.filter = Filter::default();
        state.selected = None;
        selection::unmark(state);
    }
    selection::show(state);
    gallery::meet(state);
    if state.selected.is_none() {
        // An abnormal image shows best what dissolving does; any will do.
        let first = first_of(state, |split, label| split != Split::Train && label == Some(Label::Abnormal));
        state.selected = first.or_else(|| state.data.shown.first().copied());
    }
    // The image of the gallery, where this is its data set.
    if let Some(id) = state.image_of_row() {
        state.selected = Some(id);
    }
    state.dissolve.answers.done = None;
    models::list(state);
    effects.extend(dissolve::invalidate(state));
    effects.extend(explanation::ask(state));
    effects.extend(embedding::ask(state));
    effects.extend(machine::look(state));
    if let Some(normal) =
        before.filter(|_| state.open().is_some_and(|open| open.asks_normal() || open.dataset.classes.is_empty()))
    {
        effects.extend(set_normal(state, normal));
    }
    effects
}

fn first_of(state: &State, fits: impl Fn(Split, Option<Label>) -> bool) -> Option<ImageId> {
    let dataset = &state.open()?.dataset;
    state.data.shown.iter().copied().find(|&id| dataset.item(id).is_some_and(|item| fits(item.split, dataset.label(id))))
}

pub fn open_failed(state: &mut State, generation: u64, path: PathBuf, failure: Failure) -> Vec<Effect> {
    if generation == state.data.generation {
        state.data.again = state.data.opening.take().map(|opening| opening.config);
        state.data.failed = Some((path, failure));
    }
    Vec::new()
}

fn filter(state: &mut State, filter: Filter) -> Vec<Effect> {
    state.data.filter = filter;
    selection::show(state);
    Vec::new()
}

/// A table that was asked for has been read; what was dropped and is no table of curation is opened.
pub fn curation_read(
    state: &mut State,
    generation: u64,
    path: PathBuf,
    curation: Result<Option<Arc<Curation>>, Failure>,
) -> Vec<Effect> {
    if state.open().is_none_or(|open| open.generation != generation) {
        return Vec::new();
    }
    match curation {
        Ok(Some(table)) => curation::import(state, &path, &table),
        Ok(None) => open(state, path),
        Err(failure) => {
            state.notify_failure(failure);
            Vec::new()
        }
    }
}

pub fn examined(state: &mut State, generation: u64, examination: Arc<Examination>) -> Vec<Effect> {
    if generation == state.data.pictures_since && state.data.open.is_some() {
        state.data.broken.extend(examination.unusable.iter().cloned());
        state.data.duplicate_search =
            DuplicateSearch { done: state.data.duplicate_search.done, found: Some(examination), ..DuplicateSearch::default() };
        state.data.count_pairs();
    }
    Vec::new()
}

pub fn thumbnail(state: &mut State, generation: u64, thumb: Thumb, pixels: Result<Rgba, String>) -> Vec<Effect> {
    // Pictures of another choice of normal classes are of the same images; those of another data set are not.
    match pixels {
        _ if state.open().is_none() || generation < state.data.pictures_since => Vec::new(),
        Ok(pixels) => vec![Effect::Image(ImageEffect::Upload(Texture::Thumbnail(thumb), pixels))],
        Err(reason) => {
            state.data.broken.insert(thumb.image, reason);
            Vec::new()
        }
    }
}
