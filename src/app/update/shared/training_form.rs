//! The training form: each change of it can be undone.

use crate::{
    app::{
        Effect, State,
        state::{Edit, FIELDS, HistoryEntry, TrainState},
    },
    config::{PreprocessConfig, Preset},
    engine::runs::list::ModelSource,
    ml::base::reporter::Stage,
    text::last_part,
};
use std::path::Path;

/// All fields as in a preset; seed, model and preprocessing stay.
pub fn preset(state: &mut State, preset: Preset) -> Vec<Effect> {
    let (seed, reuse) = (state.train.config.run.seed, state.train.reuse.clone());
    let preprocess = state.train.config.preprocess.clone();
    change(state, "Preset", |train| {
        *train = TrainState { reuse, ..TrainState::from_preset(preset) };
        train.config.preprocess = preprocess;
        train.set("run.seed", seed.to_string());
    })
}

pub fn card_preset(state: &mut State, card: Stage, preset: Preset) -> Vec<Effect> {
    change(state, &format!("Preset of {}", card.name()), |train| train.set_card(card, preset))
}

pub fn field(state: &mut State, key: &'static str, text: String) -> Vec<Effect> {
    change(state, label(key), |train| train.set(key, text))
}

pub fn restore(state: &mut State, key: &'static str) -> Vec<Effect> {
    change(state, label(key), |train| train.restore(key))
}

fn label(key: &'static str) -> &'static str {
    FIELDS.iter().find(|f| f.key == key).map_or(key, |f| f.label)
}

pub fn preprocess(state: &mut State, preprocess: PreprocessConfig) -> Vec<Effect> {
    let before = &state.train.config.preprocess;
    let what = [
        ("Circle crop", before.circle_crop != preprocess.circle_crop),
        ("Aspect", before.aspect != preprocess.aspect),
        ("Normalisation", before.ben_graham != preprocess.ben_graham),
        ("CLAHE", before.clahe != preprocess.clahe),
        ("Channels", before.channels != preprocess.channels),
        ("Window", before.window != preprocess.window),
    ];
    let what = what.iter().find(|(_, changed)| *changed).map_or("Target size", |(name, _)| name);
    change(state, what, |train| train.config.preprocess = preprocess)
}

/// What is done to pictures belongs to their data set: the one at `data`, which is about to be open, brings its own, or none.
pub fn change_data(state: &mut State, data: &Path) {
    let now = state.train.config.preprocess.clone();
    let before = state.open().map(|open| open.config.path.clone());
    if before.as_deref() == Some(data) {
        return;
    }
    if let Some(before) = &before {
        state.persisted.keep_preprocess(before, &now);
    }
    let its_own = state.persisted.preprocess.get(data).cloned().unwrap_or_default();
    // As the last session left it.
    if before.is_none() && now.is_off() {
        state.train.config.preprocess = its_own;
    } else if its_own != now {
        let words = |preprocess: &PreprocessConfig| match preprocess.is_off() {
            true => "off".to_string(),
            false => preprocess.words(),
        };
        let (name, left) = (last_part(data), if its_own.is_off() { "" } else { ", as it was left" });
        let [here, there] = [&its_own, &now].map(words);
        state.notify(format!("Preprocessing of {name}{left}: {here}. Ctrl+Z takes over what was set before ({there})"));
        change(state, &format!("Preprocessing of {name}"), |train| train.config.preprocess = its_own);
    }
}

/// The settings of a run come into the form; the data set stays the one that is open.
pub fn use_settings(state: &mut State, run: &Path) -> Vec<Effect> {
    let Some(entry) = state.runs.iter().find(|r| r.path == run) else { return Vec::new() };
    let (name, form) = (entry.manifest.name.clone(), TrainState::from_run(&entry.config));
    change(state, &format!("Settings of {name}"), |train| *train = form)
}

pub fn reuse(state: &mut State, source: Option<ModelSource>) -> Vec<Effect> {
    change(state, "Model", |train| train.reuse = source)
}

/// Changes the form, so that it can be undone.
fn change(state: &mut State, what: &str, with: impl FnOnce(&mut TrainState)) -> Vec<Effect> {
    // What was asked was about other settings.
    state.asks_long = None;
    let before = Box::new(state.train.clone());
    with(&mut state.train);
    let after = Box::new(state.train.clone());
    state.history.note(HistoryEntry::new(what, Edit::Form(before), Edit::Form(after)).merging());
    Vec::new()
}
