//! Whether an action may be done now, and if not why, as a sentence for its tooltip.

use crate::{
    app::{
        State,
        state::{BESIDE, Filter, JobState, OcclusionMap, Overlay, Work, Workspace, in_work},
    },
    config::{DissolveMethod, ThresholdRule},
    data::Item,
    engine::runs::list::RunEntry,
    run_dir::{RunKind, RunState},
};
use std::path::PathBuf;

pub fn may_train(state: &State) -> Result<(), &'static str> {
    let Some(open) = state.open() else { return Err("Open a data set first (Ctrl+O).") };
    if open.asks_normal() {
        Err("Say which class is normal first (workspace Data).")
    } else if open.dataset.classes.is_empty() {
        Err("Say whether these images are normal first (workspace Data).")
    } else if open.training_normals == 0 {
        Err("There is no normal image in the training split to learn from.")
    } else if state.train.error().is_some() {
        Err("A setting cannot be used; see the field marked red.")
    } else if state.closing {
        Err("The window is closing.")
    } else {
        Ok(())
    }
}

/// Whether a run of this kind could start now.
pub fn may_train_kind(state: &State, kind: RunKind) -> Result<(), &'static str> {
    match kind {
        RunKind::Ddpm => may_train_ddpm(state),
        RunKind::Dia | RunKind::Csi | RunKind::Tiles => may_train_dia(state),
        RunKind::Train => may_train(state),
    }
}

pub(crate) fn may_train_ddpm(state: &State) -> Result<(), &'static str> {
    if state.train.reuse.is_some() {
        return Err("A model that is there already was chosen; choose “train a new one”.");
    }
    may_train(state)
}

pub(crate) fn may_train_dia(state: &State) -> Result<(), &'static str> {
    if state.train.config.dia.dissolve == DissolveMethod::Diffusion && state.train.reuse.is_none() {
        return Err("Choose a diffusion model that is there already, or train all.");
    }
    may_train(state)
}

/// The run that is scored anew: the one in view on Results where it has an encoder, else the newest that has one, of the images that
/// are open where some are.
pub fn scorable(state: &State) -> Option<&RunEntry> {
    let is_ready = |r: &&RunEntry| r.manifest.kind != RunKind::Ddpm && r.manifest.state == RunState::Finished;
    let in_view = state.results.ready().filter(|set| set.encoder.is_some()).map(|set| &set.run);
    let is_of_open = |r: &&RunEntry| state.open().is_none_or(|open| open.dataset.place == r.place);
    let mut ready = state.runs.iter().filter(is_ready);
    ready.clone().find(|r| Some(&r.path) == in_view).or_else(|| ready.find(is_of_open))
}

pub(crate) fn may_score_run(state: &State) -> Result<(), &'static str> {
    let run = scorable(state).ok_or("There is no finished run of these images; open one in Results to score it.")?;
    in_work(state, &run.path).map_or(Ok(()), Err)
}

/// The run that can be resumed: the one that is offered, or the one that was stopped last.
pub(crate) fn resumable(state: &State) -> Option<PathBuf> {
    let ended = state.job().filter(|j| j.state.has_ended()).and_then(|j| j.run.clone());
    let listed = |run: &PathBuf| state.runs.iter().any(|r| r.path == *run && r.can_resume());
    state.offer.clone().or(ended).filter(listed)
}

pub(crate) fn may_resume(state: &State) -> Result<(), &'static str> {
    resumable(state).map(|_| ()).ok_or("No run was left unfinished; older ones are in the list of runs.")
}

pub fn may_dissolve(state: &State) -> Result<(), &'static str> {
    if state.workspace != Workspace::Dissolve && state.overlay != Some(Overlay::Picture) {
        return Err("Go to Dissolve (2) first.");
    }
    has_selection(state)?;
    state.dissolve.missing().map_or(Ok(()), Err)
}

pub(crate) fn may_export(state: &State) -> Result<(), &'static str> {
    may_dissolve(state)?;
    if !state.dissolve.uses_t() {
        Err("A filter has no t to sweep over: choose Diffusion.")
    } else if state.dissolve.is_exporting {
        Err("One is being written.")
    } else {
        Ok(())
    }
}

pub(crate) fn has_images(state: &State) -> Result<(), &'static str> {
    if state.data.shown.is_empty() && state.results.ready().is_none() { Err("Open a data set first (Ctrl+O).") } else { Ok(()) }
}

/// Whether pictures that can be zoomed are in view.
pub(crate) fn sees_pictures(state: &State) -> Result<(), &'static str> {
    has_selection(state)?;
    let in_view = state.workspace == Workspace::Dissolve || state.overlay == Some(Overlay::Picture);
    if in_view { Ok(()) } else { Err("Go to Dissolve (2), or open the large view (Enter).") }
}

pub(crate) fn has_selection(state: &State) -> Result<(), &'static str> {
    state.selected.map(|_| ()).ok_or("Select an image first.")
}

pub(crate) fn may_select(state: &State) -> Result<(), &'static str> {
    let shown = match state.workspace {
        Workspace::Data => state.data.shown.len(),
        Workspace::Results => state.results.shown.len(),
        _ => return Err("Go to Data (1) or Results (4) first."),
    };
    if shown == 0 { Err("No image is shown.") } else { Ok(()) }
}

/// Whether the selected images can be seen beside each other.
pub(crate) fn may_compare(state: &State) -> Result<(), &'static str> {
    may_curate(state)?;
    match state.selection().images.len() {
        0 | 1 => Err("Select two images or more first: Ctrl or Shift and click."),
        2..=BESIDE => Ok(()),
        _ => {
            const {
                assert!(BESIDE == 6);
                Err("Six images at most can be compared.")
            }
        }
    }
}

/// Whether images can be left out and labelled: those that are selected in Data, or in the gallery.
pub fn may_curate(state: &State) -> Result<(), &'static str> {
    match state.workspace {
        Workspace::Data if !state.selection().images.is_empty() => Ok(()),
        Workspace::Data => Err("Select an image first."),
        Workspace::Results if !state.selection().images.is_empty() => Ok(()),
        Workspace::Results => Err("Select an image of the gallery first, and open its data set."),
        _ => Err("Go to Data (1) first."),
    }
}

pub fn may_unlabel(state: &State) -> Result<(), &'static str> {
    may_curate(state)?;
    if state.selection().any_labelled { Ok(()) } else { Err("It has no label by hand.") }
}

pub(crate) fn has_data_set(state: &State) -> Result<(), &'static str> {
    state.open().map(|_| ()).ok_or("Open a data set first (Ctrl+O).")
}

pub(crate) fn may_choose_normal(state: &State) -> Result<(), &'static str> {
    has_data_set(state)?;
    if state.open().is_some_and(|open| open.dataset.is_labelled_by_hand()) {
        Err("Its images have no classes: label them by hand (Shift+N, Shift+A), or say in Data that all are normal.")
    } else {
        Ok(())
    }
}

pub(crate) fn is_curated(state: &State) -> Result<(), &'static str> {
    let is_curated = state.open().is_some_and(|open| !open.dataset.curation.is_empty());
    if is_curated { Ok(()) } else { Err("No image is left out, labelled by hand or has a tag of your own.") }
}

pub(crate) fn has_duplicates(state: &State) -> Result<(), &'static str> {
    if state.data.duplicate_search.found.is_none() {
        Err("They have not been looked for yet.")
    } else if state.data.duplicate_search.used.all == 0 {
        Err("There are none that are not left out.")
    } else {
        Ok(())
    }
}

pub(crate) fn can_undo(state: &State) -> Result<(), &'static str> {
    state.history.next_undo().map(|_| ()).ok_or("There is nothing to undo.")
}

pub(crate) fn can_redo(state: &State) -> Result<(), &'static str> {
    state.history.next_redo().map(|_| ()).ok_or("There is nothing to do again.")
}

pub(crate) fn has_row(state: &State) -> Result<(), &'static str> {
    let here = state.workspace == Workspace::Results && state.results.selected().is_some();
    if here { Ok(()) } else { Err("Select an image of the gallery first (workspace Results).") }
}

pub(crate) fn has_tags(state: &State) -> Result<(), &'static str> {
    if state.results.tagged() == 0 { Err("Nothing is tagged or noted in this run.") } else { Ok(()) }
}

pub fn may_score(state: &State) -> Result<(), &'static str> {
    match state.results.ready() {
        None => Err("Open a finished run first."),
        Some(set) if set.encoder.is_none() => Err("This run's encoder is not here. Train a run of your own (3)."),
        Some(_) if state.closing => Err("The window is closing."),
        Some(_) => Ok(()),
    }
}

/// Whether lesions may be drawn into the held-out normals of the run in view.
pub fn may_plant(state: &State) -> Result<(), &'static str> {
    may_score(state)?;
    if state.planting().is_some_and(|job| !job.state.has_ended()) { Err("It is being done.") } else { Ok(()) }
}

pub(crate) fn has_job(state: &State) -> Result<(), &'static str> {
    match state.running().map(|j| &j.state) {
        None => Err("Nothing is running."),
        Some(JobState::Stopping) => Err("It is stopping: the checkpoint is being written."),
        Some(_) => Ok(()),
    }
}

/// A training may end early; half a list of scores is of no use.
pub(crate) fn may_finish_early(state: &State) -> Result<(), &'static str> {
    has_job(state)?;
    match state.running().map(|j| &j.work) {
        Some(Work::Score(_) | Work::Folder { .. } | Work::Plant(_)) => {
            Err("Scoring has no part to keep; stop it, or let it end.")
        }
        _ => Ok(()),
    }
}

/// The run that is looked at: that of Results, else the one whose details are shown in the list.
pub(crate) fn run_in_view(state: &State) -> Option<&RunEntry> {
    let (listed, results) = (state.run_list.selected.as_ref(), state.results.ready().map(|set| &set.run));
    let run = if state.overlay == Some(Overlay::Runs) { listed.or(results) } else { results.or(listed) };
    state.runs.iter().find(|entry| Some(&entry.path) == run)
}

pub(crate) fn has_run(state: &State) -> Result<(), &'static str> {
    run_in_view(state).map(|_| ()).ok_or("Open a run on Results first, or select one in the list of runs.")
}

/// Whether the weights of this run can be exported.
pub fn may_export_weights(run: &RunEntry) -> Result<(), &'static str> {
    if run.has_weights { Ok(()) } else { Err("It has no finished weights yet.") }
}

/// Whether this run's model can be exported for other programs.
pub fn may_export_onnx(run: &RunEntry) -> Result<(), &'static str> {
    if run.has_encoder { Ok(()) } else { Err("It has no finished encoder.") }
}

pub(crate) fn has_weights(state: &State) -> Result<(), &'static str> {
    has_run(state)?;
    run_in_view(state).map_or(Ok(()), may_export_weights)
}

pub(crate) fn has_encoder(state: &State) -> Result<(), &'static str> {
    has_run(state)?;
    run_in_view(state).map_or(Ok(()), may_export_onnx)
}

/// Whether the map of what covering the picture changes can be made of the selected image.
pub(crate) fn may_map(state: &State) -> Result<(), &'static str> {
    may_score(state)?;
    has_row(state)?;
    let is_open = state.results.ready().is_some_and(|set| state.open_of(set).is_some());
    let explanation = &state.results.explanation;
    // Where nothing was asked yet, the map's question brings the picture as well.
    let lacks_picture = explanation.picture.is_none() && explanation.row == state.results.row;
    match explanation.map {
        _ if !is_open => Err("Open the run's data set first."),
        _ if state.image_of_row().is_none() => Err("This image is not in the open data set."),
        OcclusionMap::None if lacks_picture && explanation.failed.is_some() => Err("Its picture could not be read."),
        OcclusionMap::None if lacks_picture => Err("Its picture is being read."),
        OcclusionMap::None => Ok(()),
        OcclusionMap::Running { .. } => Err("It is being made."),
        OcclusionMap::Ready { .. } => Err("It is there: see the large view."),
    }
}

const WHOLE: &str = "This run has seen whole pictures; a run that works by tiles (setting Tile) makes anomaly maps.";

fn selected_in_data(state: &State) -> Result<&Item, &'static str> {
    let item = state.open().zip(state.selected).and_then(|(open, id)| open.dataset.item(id));
    if state.workspace == Workspace::Data { item.ok_or("Select an image first.") } else { Err("Go to Data (1) first.") }
}

/// Whether the large view of Data can show what dissolving does to the selected image.
pub(crate) fn may_dissolve_large(state: &State) -> Result<(), &'static str> {
    selected_in_data(state)?;
    state.dissolve.missing().map_or(Ok(()), Err)
}

/// Whether the large view of Data can show the selected image under the edge of its mask.
pub(crate) fn may_lay_mask(state: &State) -> Result<(), &'static str> {
    if selected_in_data(state)?.masks.is_empty() {
        Err("This image has no mask.")
    } else if state.is_large_in_data() && !state.is_large_alone() {
        Err("The mask is seen on the image alone: switch Dissolved off (V).")
    } else {
        Ok(())
    }
}

/// Whether the selected image can be shown under its anomaly map.
pub fn may_lay_map(state: &State) -> Result<(), &'static str> {
    let Some(set) = state.results.ready() else { return Err("Open a finished run first.") };
    if set.config.data.tiles().is_none() {
        return Err(WHOLE);
    }
    has_row(state)?;
    let is_saved = state.results.selected().is_some_and(|row| set.maps.values(&row.path).is_some());
    if state.open_of(set).is_none() {
        Err("Open the run's data set first.")
    } else if !is_saved && set.map_model.is_none() {
        Err("The run's model of anomaly maps is not here; score the run again.")
    } else {
        Ok(())
    }
}

/// Whether the images can be brought to two dimensions.
pub fn may_embed(state: &State) -> Result<(), &'static str> {
    match state.results.ready() {
        None => Err("Open a finished run first."),
        Some(set) if set.encoder.is_none() => Err("The run's encoder is not here."),
        Some(set) if state.open_of(set).is_none() => Err("Open the run's data set first."),
        Some(_) => Ok(()),
    }
}

/// Whether the gallery can show images under their anomaly maps.
pub fn may_show_maps(state: &State) -> Result<(), &'static str> {
    match state.results.ready() {
        None => Err("Open a finished run first."),
        Some(set) if set.config.data.tiles().is_none() => Err(WHOLE),
        Some(set) if set.maps.is_empty() => Err("No maps of these images were saved; the large view makes them one by one."),
        Some(_) => Ok(()),
    }
}

pub(crate) fn may_examine(state: &State) -> Result<(), &'static str> {
    let check = &state.data.duplicate_search;
    match state.open() {
        None => Err("Open a data set first (Ctrl+O)."),
        Some(_) if check.found.is_some() => Err("They were looked for; see workspace Data."),
        Some(_) if check.running || check.asked => Err("They are being looked for, or will be when nothing trains."),
        Some(_) => Ok(()),
    }
}

pub(crate) fn may_track(state: &State) -> Result<(), &'static str> {
    may_dissolve(state)?;
    if state.dissolve.uses_t() { Ok(()) } else { Err("A filter has no t: choose Diffusion.") }
}

/// Whether there is a right panel.
pub fn has_inspector(state: &State) -> Result<(), &'static str> {
    match state.workspace {
        _ if state.overlay == Some(Overlay::Runs) => Err("The list of runs has no panel on the right."),
        Workspace::Train => Err("Train has no panel on the right."),
        _ => Ok(()),
    }
}

pub(crate) fn has_filters(state: &State) -> Result<(), &'static str> {
    let some = match state.workspace {
        Workspace::Data => state.data.filter != Filter::default(),
        Workspace::Results => !state.results.filter.is_empty(),
        _ => false,
    };
    if some { Ok(()) } else { Err("Nothing is filtered here.") }
}

pub(crate) fn has_views(state: &State) -> Result<(), &'static str> {
    state.next_view().map(|_| ()).ok_or("No view of this workspace was saved: see “Views” in Data and in Results.")
}

pub(crate) fn may_rule(state: &State, rule: ThresholdRule) -> Result<(), &'static str> {
    match state.results.ready().map(|set| set.threshold(rule)) {
        None => Err("Open a finished run first."),
        Some(Err(_)) => Err("These scores do not have what this rule needs."),
        Some(Ok(_)) => Ok(()),
    }
}
