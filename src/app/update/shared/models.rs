//! The diffusion models to choose from.

use crate::{
    app::{
        Effect, State,
        state::{ModelChoice, Workspace, config_title},
        update::dissolve,
    },
    config::TileSize,
    engine::{
        demo,
        runs::list::{ModelSource, RunEntry},
    },
    error::Failure,
    text::{count_of, last_part},
};
use std::path::PathBuf;

/// A file of weights was looked into: it is listed and used where it holds a model.
pub fn imported(state: &mut State, path: PathBuf, checked: Result<(), Failure>) -> Vec<Effect> {
    if let Err(failure) = checked {
        state.notify_failure(failure);
        return Vec::new();
    }
    if state.workspace != Workspace::Dissolve {
        state.notify(format!("{} was imported; Dissolve (2) uses it now.", last_part(&path)));
    }
    state.dissolve.imported.retain(|p| *p != path);
    state.dissolve.imported.insert(0, path.clone());
    list(state);
    dissolve::change(state, |d| d.chosen = Some(ModelSource(path)))
}

/// How well a model suits the open data set by what it has learnt from; the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// From these images.
    Own,
    /// That is unknown, or the data set has the same name.
    Perhaps,
    /// From other images, by tiles as these large ones are seen.
    Tiles,
    /// The demo's.
    Demo,
    Other,
}

fn fit(state: &State, run: &RunEntry) -> Fit {
    let Some(open) = state.open() else { return Fit::Own };
    let (data, is_large) = (&run.config.data, open.median_side().is_some_and(|side| side > TileSize::LEAST_WORKING_SIZE));
    match () {
        () if run.place == open.dataset.place => Fit::Own,
        // A checkpoint that became a run knows no data.
        () if data.path.as_os_str().is_empty() || config_title(data) == open.title() => Fit::Perhaps,
        () if is_large && data.tiles().is_some() => Fit::Tiles,
        () if demo::is_demo(&run.path) => Fit::Demo,
        () => Fit::Other,
    }
}

/// Models of the workspace's runs, newest first, after the imported ones; those that suit the open data set before others, and
/// those that were found not to be ready behind their like.
pub fn list(state: &mut State) {
    let in_use = state.dissolve.model().map(|model| model.source.clone());
    let imported = state.dissolve.imported.iter().map(|path| ModelChoice {
        source: ModelSource(path.clone()),
        name: last_part(path),
        detail: "imported".into(),
        trained_on: None,
        place: PathBuf::new(),
        preprocess: None,
        tiles: None,
        t_limit: None,
        is_finished: true,
    });
    let of_runs = state.runs.iter().filter_map(|run| {
        let steps = run.config.ddpm.steps;
        let is_poor = run.model_is_finished && run.readiness.as_ref().is_some_and(|readiness| !readiness.is_ready());
        let model = ModelChoice {
            source: run.model.clone()?,
            name: run.manifest.name.clone(),
            detail: format!(
                "{} px, width {}, {}{}{}",
                run.config.ddpm.size,
                run.config.ddpm.dim,
                if run.model_is_finished { "" } else { "unfinished of " },
                count_of(steps, "step"),
                if is_poor { ", not ready yet" } else { "" }
            ),
            trained_on: Some(config_title(&run.config.data)).filter(|title| !title.is_empty()),
            place: run.place.clone(),
            preprocess: Some(run.config.preprocess.clone()).filter(|_| !run.config.data.path.as_os_str().is_empty()),
            tiles: run.config.data.tiles(),
            t_limit: Some(run.config.ddpm.t_limit).filter(|limit| *limit > 0),
            is_finished: run.model_is_finished,
        };
        Some(((fit(state, run), is_poor), model))
    });
    let mut models: Vec<((Fit, bool), ModelChoice)> =
        imported.map(|model| ((Fit::Perhaps, false), model)).chain(of_runs).collect();
    // The first one is taken where none was chosen. One that still grows is not taken by itself: under the hand that drags t the
    // images would become noise. Nor does one that is not ready take the place of the one in use.
    models.sort_by_key(|((fit, is_poor), model)| {
        (!model.is_finished, *fit, *is_poor, *is_poor && Some(&model.source) != in_use.as_ref())
    });
    state.dissolve.models = models.into_iter().map(|(_, model)| model).collect();
}
