//! The workspace Dissolve: each change asks the worker anew, and answers to older requests are dropped.

use crate::{
    app::{
        DissolveCommand, Effect, State,
        message::{BackgroundEffect, ImageEffect, Texture},
        state::{BESIDE, ChangeFrom, ComparisonLayout, DissolveState, Overlay, PanelContent, T_MAX, Track, View, Workspace},
    },
    config::PreprocessConfig,
    data::ImageId,
    engine::{
        dissolve::{
            comparison::ComparisonPanel,
            dissolved::{Dissolved, StripThumbnail},
            normal_band::NormalBand,
            prepared_image::Original,
            request::{ComparisonGrid, DissolveRequest, ImageSource, InView, Recipe},
        },
        export::sweep::{SHEET_STEPS, SweepExport, SweepExportRequest},
    },
    error::Failure,
    jobs::loader::LoadRequest,
    run_dir::files,
};
use std::path::PathBuf;

/// Length of one step of the sweep, as a share of the track.
const SWEEP: f64 = 0.01;
const RESOLUTIONS: [usize; 3] = [32, 64, 128];

pub fn execute(state: &mut State, command: DissolveCommand) -> Vec<Effect> {
    match command {
        DissolveCommand::SetT(t) => set_t(state, t),
        DissolveCommand::Method(method) => change(state, |d| d.method = method),
        DissolveCommand::Model(source) => change(state, |d| d.chosen = Some(source)),
        // A file is looked into first: one that holds no model is never in the list.
        DissolveCommand::ImportModel(path) => vec![Effect::Load(LoadRequest::CheckModel(path))],
        // A resolution is one of whole pictures: tiles have none.
        DissolveCommand::Scale(tile) => change(state, |d| (d.tile, d.resolution) = (tile, 0)),
        DissolveCommand::Resolution(px) => change(state, |d| d.resolution = px),
        DissolveCommand::ChangeFrom(what) => show(state, |d| d.change_from = what),
        DissolveCommand::InView(in_view) => self::in_view(state, in_view),
        DissolveCommand::Difference(kind) => show(state, |d| d.difference = kind),
        DissolveCommand::Gain(gain) => show(state, |d| d.gain = gain.map(|gain| gain.clamp(0.5, 64.0))),
        DissolveCommand::View(view) => show(state, |d| d.view = view.clamped()),
        DissolveCommand::ActualSize => show(state, |d| d.view.actual = true),
        DissolveCommand::Layout(layout) => self::layout(state, layout),
        DissolveCommand::Shown(shown) => show(state, |d| d.shown = shown),
        DissolveCommand::Track(track) => self::track(state, track),
        DissolveCommand::Divider(at) => show(state, |d| d.divider = at.clamp(0.0, 1.0)),
        DissolveCommand::Blink => show(state, |d| d.blink = !d.blink),
        DissolveCommand::Pin => pin(state),
        DissolveCommand::Play => play(state),
        DissolveCommand::Sweep => sweep(state),
        DissolveCommand::Export(what) => export_sweep(state, what),
        DissolveCommand::ExportFolder(folder) => show(state, |d| d.export_folder = folder),
    }
}

fn set_t(state: &mut State, t: usize) -> Vec<Effect> {
    let t = t.min(T_MAX);
    if state.dissolve.t == t && !state.dissolve.stale {
        return Vec::new();
    }
    state.dissolve.t = t;
    ask(state)
}

/// Changes what all dissolved images depend on.
pub fn change(state: &mut State, change: impl FnOnce(&mut DissolveState)) -> Vec<Effect> {
    change(&mut state.dissolve);
    invalidate(state)
}

/// Changes how things are shown, which asks for nothing new.
fn show(state: &mut State, change: impl FnOnce(&mut DissolveState)) -> Vec<Effect> {
    change(&mut state.dissolve);
    Vec::new()
}

/// What comes into view while a large picture is being refined is refined first.
fn in_view(state: &mut State, in_view: InView) -> Vec<Effect> {
    let has_moved = state.dissolve.in_view.corners != in_view.corners;
    state.dissolve.in_view = in_view;
    if !has_moved || !state.dissolve.is_refining() {
        return Vec::new();
    }
    // The same request once more, so that what is on its way for it is still good.
    request(state).map(|request| Effect::Background(BackgroundEffect::Dissolve(Box::new(request)))).into_iter().collect()
}

/// Changes what is wanted beside the dissolved image: other thumbnails, or pictures beside each other.
fn layout(state: &mut State, layout: ComparisonLayout) -> Vec<Effect> {
    state.dissolve.layouts.insert(state.workspace, layout);
    state.dissolve.view = View::default();
    state.dissolve.workspace = state.workspace;
    forget_layout(&mut state.dissolve);
    ask(state)
}

/// What came for another layout goes.
fn forget_layout(d: &mut DissolveState) {
    d.answers.panels.clear();
    if d.layout() != ComparisonLayout::Steps {
        d.answers.by_tiles.clear();
    }
}

/// The pictures of this workspace come into view, in its layout.
fn enter(state: &mut State) {
    let d = &mut state.dissolve;
    let before = d.layout();
    d.workspace = state.workspace;
    if d.layout() != before {
        forget_layout(d);
        d.stale = true;
    }
}

fn track(state: &mut State, track: Track) -> Vec<Effect> {
    state.dissolve.track = track;
    ask(state)
}

/// Puts the selected image beside others, or takes it away.
fn pin(state: &mut State) -> Vec<Effect> {
    let Some(id) = state.selected else { return Vec::new() };
    let pinned = &mut state.dissolve.pinned;
    match pinned.iter().position(|p| *p == id) {
        Some(place) => _ = pinned.remove(place),
        None => pinned.push(id),
    }
    if pinned.len() > BESIDE {
        pinned.remove(0);
    }
    state.dissolve.answers.panels.clear();
    ask(state)
}

/// These images are seen beside each other, as they are.
pub fn put_beside(state: &mut State, mut images: Vec<ImageId>) {
    images.truncate(BESIDE);
    if state.selected.is_none_or(|selected| !images.contains(&selected)) {
        state.selected = images.first().copied();
    }
    let d = &mut state.dissolve;
    d.layouts.insert(Workspace::Dissolve, ComparisonLayout::Images);
    (d.pinned, d.shown, d.view) = (images, PanelContent::Original, View::default());
    d.answers.panels.clear();
    d.stale = true;
}

fn play(state: &mut State) -> Vec<Effect> {
    state.dissolve.playing = !state.dissolve.playing;
    sweep(state)
}

/// The next step of the sweep; the panel asks for it when it has shown the one before, so that none is skipped.
fn sweep(state: &mut State) -> Vec<Effect> {
    let d = &state.dissolve;
    if !d.playing {
        return Vec::new();
    }
    let next = d.track.t(d.track.at(d.t) + SWEEP).max(d.t + 1);
    let t = if d.t >= T_MAX { 0 } else { next };
    set_t(state, t)
}

/// Everything that was dissolved is out of date.
pub fn invalidate(state: &mut State) -> Vec<Effect> {
    forget(&mut state.dissolve);
    ask(state)
}

fn forget(d: &mut DissolveState) {
    d.strip += 1;
    d.answers.forget();
}

/// The dissolved image comes into view.
pub fn refresh(state: &mut State) -> Vec<Effect> {
    enter(state);
    lend(state);
    let changed = state.dissolve.preprocess != *preparation(state);
    if state.dissolve.stale || changed { ask(state) } else { Vec::new() }
}

/// How the images are prepared: as for the model in use, else as the form says.
fn preparation(state: &State) -> &PreprocessConfig {
    state.dissolve.prepared().unwrap_or(&state.train.config.preprocess)
}

/// What explains a run's score is dissolved by the model of that run.
fn lend(state: &mut State) {
    let explains = state.workspace == Workspace::Results && state.overlay == Some(Overlay::Picture);
    let run = state.results.ready().filter(|_| explains).map(|set| &set.run);
    let lent = run.and_then(|run| state.runs.iter().find(|r| r.path == *run)).and_then(|run| run.model.clone());
    if state.dissolve.lent != lent {
        let before = state.dissolve.model().map(|m| m.source.clone());
        state.dissolve.lent = lent;
        if state.dissolve.model().map(|m| m.source.clone()) != before {
            forget(&mut state.dissolve);
            state.dissolve.stale = true;
        }
    }
}

/// Shows what is known of the dissolved image that the state says, and asks the worker for what is not, where a person can see it.
fn ask(state: &mut State) -> Vec<Effect> {
    let in_view = state.workspace == Workspace::Dissolve || (state.overlay == Some(Overlay::Picture) && !state.is_large_alone());
    state.dissolve.stale = true;
    lend(state);
    if !in_view || state.dissolve.missing().is_some() {
        return Vec::new();
    }
    enter(state);
    if state.dissolve.preprocess != *preparation(state) {
        state.dissolve.preprocess = preparation(state).clone();
        forget(&mut state.dissolve);
    }
    let Some(mut request) = request(state) else { return Vec::new() };
    let d = &mut state.dissolve;
    d.stale = false;
    d.generation += 1;
    request.generation = d.generation;
    let grows = d.uses_t() && d.model().is_some_and(|m| !m.is_finished);
    let is_known = |dissolved: &&Dissolved| dissolved.image == request.source.image && dissolved.is_complete();
    let known = d.answers.by_t.get(&d.t).filter(is_known).cloned();
    match known {
        Some(dissolved) => {
            // A growing model may have new weights: the dissolved image is made again then.
            request.is_known = !grows;
            d.answers.done = Some(dissolved);
            d.answers.nearly = None;
            d.answers.failed = None;
        }
        None => d.answers.nearly = d.answers.between(d.t, d.track),
    }
    if d.answers.panels.len() != request.grid.len() {
        d.answers.panels = vec![None; request.grid.len()];
    }
    vec![Effect::Background(BackgroundEffect::Dissolve(Box::new(request)))]
}

/// All that the worker needs to know for what the state shows.
fn request(state: &State) -> Option<DissolveRequest> {
    let (open, image) = (state.open()?, state.selected?);
    let d = &state.dissolve;
    let grid = match d.layout() {
        ComparisonLayout::Images => ComparisonGrid::Images(side_by_side(state, image)),
        ComparisonLayout::Methods => ComparisonGrid::Methods,
        ComparisonLayout::Resolutions => ComparisonGrid::Resolutions(RESOLUTIONS.to_vec()),
        ComparisonLayout::SideBySide | ComparisonLayout::Split | ComparisonLayout::Loupe | ComparisonLayout::Steps => {
            ComparisonGrid::Nothing
        }
    };
    let wants_band = d.uses_t() && open.training_normals > 0 && d.answers.band.as_ref().is_none_or(NormalBand::more);
    Some(DissolveRequest {
        generation: d.generation,
        strip: d.strip,
        source: ImageSource { dataset: open.dataset.clone(), image, preprocess: preparation(state).clone() },
        recipe: Recipe {
            method: d.method,
            model: d.model().map(|m| m.source.clone()),
            resolution: d.resolution,
            tile: d.tile,
            t: d.t,
        },
        is_known: false,
        in_view: d.in_view,
        // A filter knows no t: one picture says all.
        strip_steps: if d.uses_t() { d.strip_steps().filter(|t| !d.answers.pictured.contains(t)).collect() } else { Vec::new() },
        sheet_steps: d.sheet_steps(),
        grid,
        bands: wants_band.then(|| state.workspace_dir.join(files::BANDS)),
    })
}

/// The images that were put beside each other and the selected one; where that is the only one, those after it.
fn side_by_side(state: &State, selected: ImageId) -> Vec<ImageId> {
    let mut ids = state.dissolve.pinned.clone();
    if !ids.contains(&selected) {
        ids.insert(0, selected);
    }
    if ids.len() == 1 {
        let shown = &state.data.shown;
        let place = shown.iter().position(|id| *id == selected).map_or(0, |p| p + 1);
        ids.extend(shown.iter().cycle().skip(place).take(shown.len()).filter(|id| **id != selected));
    }
    ids.truncate(BESIDE);
    ids
}

pub fn original(state: &mut State, original: Original) -> Vec<Effect> {
    state.dissolve.answers.original = Some(original);
    Vec::new()
}

pub fn dissolved(state: &mut State, generation: u64, dissolved: Result<Dissolved, Failure>) -> Vec<Effect> {
    let d = &mut state.dissolve;
    if generation != d.generation {
        return Vec::new();
    }
    match dissolved {
        Err(failure) => {
            d.answers.failed = Some(failure);
            (d.answers.done, d.answers.nearly) = (None, None);
            d.playing = false;
            Vec::new()
        }
        Ok(dissolved) => {
            d.answers.failed = None;
            d.answers.nearly = None;
            // The model has grown: what its older weights made is not mixed with this.
            let grown = d.answers.by_t.values().next().is_some_and(|t| t.weights != dissolved.weights);
            if grown {
                forget(d);
            }
            d.answers.done = Some(dissolved.clone());
            if dissolved.is_complete() {
                d.answers.keep(dissolved, d.t);
            }
            if grown { ask(state) } else { Vec::new() }
        }
    }
}

pub fn thumbnail(state: &mut State, strip: u64, thumbnail: StripThumbnail) -> Vec<Effect> {
    let d = &mut state.dissolve;
    if strip != d.strip {
        return Vec::new();
    }
    let t = thumbnail.dissolved.t;
    if SHEET_STEPS.contains(&t) {
        d.answers.coarse.insert(t, thumbnail.dissolved.clone());
    }
    d.answers.keep(thumbnail.dissolved, d.t);
    d.answers.pictured.insert(t);
    if d.answers.nearly.is_some() {
        d.answers.nearly = d.answers.between(d.t, d.track);
    }
    vec![Effect::Image(ImageEffect::Upload(Texture::StripThumbnail(t), thumbnail.pixels))]
}

pub fn sheet_step(state: &mut State, strip: u64, dissolved: Dissolved) -> Vec<Effect> {
    let d = &mut state.dissolve;
    if strip == d.strip && d.layout() == ComparisonLayout::Steps {
        d.answers.by_tiles.insert(dissolved.t, dissolved);
    }
    Vec::new()
}

pub fn panel(state: &mut State, generation: u64, index: usize, panel: ComparisonPanel) -> Vec<Effect> {
    let d = &mut state.dissolve;
    if generation == d.generation
        && let Some(place) = d.answers.panels.get_mut(index)
    {
        *place = Some(panel);
    }
    Vec::new()
}

pub fn band(state: &mut State, strip: u64, band: NormalBand) -> Vec<Effect> {
    if strip == state.dissolve.strip {
        state.dissolve.answers.band = Some(band);
    }
    Vec::new()
}

/// Where strips and sweeps are written.
fn export_folder(state: &State) -> PathBuf {
    let chosen = &state.dissolve.export_folder;
    if chosen.as_os_str().is_empty() { state.workspace_dir.join(files::EXPORTS) } else { chosen.clone() }
}

fn export_sweep(state: &mut State, what: SweepExport) -> Vec<Effect> {
    let (Some(request), Some(open)) = (request(state), state.open()) else { return Vec::new() };
    let parts = open.config.parts();
    let gain = state.dissolve.gain_of(state.selected);
    let d = &mut state.dissolve;
    d.is_exporting = true;
    let (track, difference, change_from) = (d.track, d.difference, d.change_from);
    let folder = export_folder(state);
    let steps = SweepExportRequest::along(|at| track.t(at));
    vec![Effect::Background(BackgroundEffect::SweepExport(Box::new(SweepExportRequest {
        what,
        source: request.source,
        recipe: request.recipe,
        folder,
        parts,
        difference,
        from_resized: change_from == ChangeFrom::Resized,
        gain,
        steps,
    })))]
}

pub fn sweep_exported(state: &mut State, path: Result<PathBuf, Failure>) -> Vec<Effect> {
    state.dissolve.is_exporting = false;
    match path {
        Ok(path) => state.notify(format!("Saved as {}", path.display())),
        Err(failure) => state.notify_failure(failure),
    }
    Vec::new()
}
