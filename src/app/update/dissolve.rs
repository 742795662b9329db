//! The slider: each change asks the worker anew, and answers to older wishes are dropped.

use crate::{
    app::{
        Effect, State,
        message::Texture,
        state::{DissolveState, Done, ModelChoice, Overlay, RUNGS, T_MAX, Workspace, data_title, rung_t, t_at, track_at},
    },
    data::ImageId,
    jobs::{Dissolve, Failure, ModelSource, Pixels, Rung, Twin},
};
use std::path::PathBuf;

/// Length of one step of the sweep, as a share of the track.
const SWEEP: f64 = 0.01;

pub fn set_t(state: &mut State, t: usize) -> Vec<Effect> {
    let t = t.min(T_MAX);
    if state.dissolve.t == t && !state.dissolve.stale {
        return Vec::new();
    }
    state.dissolve.t = t;
    ask(state)
}

/// Changes what all of the ladder depends on.
pub fn change(state: &mut State, change: impl FnOnce(&mut DissolveState)) -> Vec<Effect> {
    change(&mut state.dissolve);
    invalidate(state)
}

/// Changes colours alone: the ladder stays.
pub fn recolour(state: &mut State, change: impl FnOnce(&mut DissolveState)) -> Vec<Effect> {
    change(&mut state.dissolve);
    ask(state)
}

pub fn play(state: &mut State) -> Vec<Effect> {
    state.dissolve.playing = !state.dissolve.playing;
    if state.dissolve.playing { sweep(state) } else { Vec::new() }
}

/// The next step of the sweep: asked for when the one before has arrived, so that none is skipped.
fn sweep(state: &mut State) -> Vec<Effect> {
    let next = t_at(track_at(state.dissolve.t) + SWEEP).max(state.dissolve.t + 1);
    let t = if state.dissolve.t >= T_MAX { 0 } else { next };
    set_t(state, t)
}

pub fn import(state: &mut State, path: PathBuf) -> Vec<Effect> {
    state.dissolve.imported.retain(|p| *p != path);
    state.dissolve.imported.insert(0, path.clone());
    list_models(state);
    change(state, |d| d.chosen = Some(ModelSource(path)))
}

/// Everything that was dissolved is out of date.
pub fn invalidate(state: &mut State) -> Vec<Effect> {
    state.dissolve.ladder += 1;
    state.dissolve.energy.clear();
    ask(state)
}

/// The twin comes into view.
pub fn refresh(state: &mut State) -> Vec<Effect> {
    if state.dissolve.stale { ask(state) } else { Vec::new() }
}

/// Asks the worker for what the state says, where a person can see it.
fn ask(state: &mut State) -> Vec<Effect> {
    let in_view = state.workspace == Workspace::Dissolve || state.overlay == Some(Overlay::Picture);
    state.dissolve.stale = true;
    let (Some(open), Some(image)) = (state.data.open.clone(), state.selected) else { return Vec::new() };
    if !in_view || state.dissolve.missing().is_some() {
        return Vec::new();
    }
    let d = &mut state.dissolve;
    d.stale = false;
    d.generation += 1;
    vec![Effect::Dissolve(Box::new(Dissolve {
        generation: d.generation,
        ladder: d.ladder,
        dataset: open.dataset.clone(),
        image,
        preprocess: state.train.config.preprocess.clone(),
        t: d.t,
        method: d.method,
        model: d.model().map(|m| m.source.clone()),
        resolution: d.resolution,
        difference: d.difference,
        gain: d.gain,
        // A filter knows no t: one picture says all.
        rungs: if d.uses_t() { (0..RUNGS).map(rung_t).collect() } else { Vec::new() },
    }))]
}

pub fn original(state: &mut State, id: ImageId, pixels: Pixels) -> Vec<Effect> {
    state.dissolve.original = Some(id);
    vec![Effect::Upload(Texture::Original, pixels)]
}

pub fn dissolved(state: &mut State, generation: u64, twin: Result<Twin, Failure>) -> Vec<Effect> {
    let d = &mut state.dissolve;
    if generation != d.generation {
        return Vec::new();
    }
    match twin {
        Err(failure) => {
            d.failed = Some(failure);
            d.done = None;
            d.playing = false;
            Vec::new()
        }
        Ok(twin) => {
            d.failed = None;
            let Twin { image, t, dissolved, difference, mean_abs_change, milliseconds, resolution } = twin;
            d.done = Some(Done { image, t, mean_abs_change, milliseconds, resolution });
            let mut effects =
                vec![Effect::Upload(Texture::Dissolved, dissolved), Effect::Upload(Texture::Difference, difference)];
            if d.playing {
                effects.extend(sweep(state));
            }
            effects
        }
    }
}

pub fn rung(state: &mut State, ladder: u64, rung: Rung) -> Vec<Effect> {
    let d = &mut state.dissolve;
    if ladder != d.ladder {
        return Vec::new();
    }
    let at = d.energy.partition_point(|(t, _)| *t < rung.t);
    d.energy.insert(at, (rung.t, rung.mean_abs_change));
    vec![Effect::Upload(Texture::Rung(rung.t), rung.pixels)]
}

/// Models of the workspace's runs, newest first, after the imported ones.
pub fn list_models(state: &mut State) {
    let imported = state.dissolve.imported.iter().map(|path| ModelChoice {
        source: ModelSource(path.clone()),
        name: data_title(path),
        detail: "imported".into(),
        trained_on: None,
    });
    let of_runs = state.runs.iter().filter_map(|run| {
        let steps = run.config.ddpm.steps;
        Some(ModelChoice {
            source: run.model.clone()?,
            name: run.manifest.name.clone(),
            detail: format!(
                "{} px, width {}, {}{steps} steps",
                run.config.ddpm.size,
                run.config.ddpm.dim,
                if run.model_is_finished { "" } else { "unfinished of " }
            ),
            trained_on: Some(data_title(&run.config.data.path)),
        })
    });
    state.dissolve.models = imported.chain(of_runs).collect();
}
