//! The diffusion models to choose from.

use crate::{
    app::{
        Effect, State, next_step,
        state::{ModelChoice, Workspace, config_title, data_title},
        update::dissolve,
    },
    engine::runs::list::ModelSource,
    error::Failure,
    text::count_of,
};
use std::path::PathBuf;

/// A file of weights was looked into: it is listed and used where it holds a model.
pub fn imported(state: &mut State, path: PathBuf, checked: Result<(), Failure>) -> Vec<Effect> {
    if let Err(failure) = checked {
        state.notify_error(failure.summary, next_step::words(failure.hint.as_ref()));
        return Vec::new();
    }
    if state.workspace != Workspace::Dissolve {
        state.notify(format!("{} was imported; Dissolve (2) uses it now.", data_title(&path)));
    }
    state.dissolve.imported.retain(|p| *p != path);
    state.dissolve.imported.insert(0, path.clone());
    list(state);
    dissolve::change(state, |d| d.chosen = Some(ModelSource(path)))
}

/// Models of the workspace's runs, newest first, after the imported ones.
pub fn list(state: &mut State) {
    let imported = state.dissolve.imported.iter().map(|path| ModelChoice {
        source: ModelSource(path.clone()),
        name: data_title(path),
        detail: "imported".into(),
        trained_on: None,
        preprocess: None,
        tiles: None,
        t_limit: None,
        is_finished: true,
    });
    let of_runs = state.runs.iter().filter_map(|run| {
        let steps = run.config.ddpm.steps;
        Some(ModelChoice {
            source: run.model.clone()?,
            name: run.manifest.name.clone(),
            detail: format!(
                "{} px, width {}, {}{}",
                run.config.ddpm.size,
                run.config.ddpm.dim,
                if run.model_is_finished { "" } else { "unfinished of " },
                count_of(steps, "step")
            ),
            // A checkpoint that became a run knows no data.
            trained_on: Some(config_title(&run.config.data)).filter(|title| !title.is_empty()),
            preprocess: Some(run.config.preprocess.clone()).filter(|_| !run.config.data.path.as_os_str().is_empty()),
            tiles: run.config.data.tiles(),
            t_limit: Some(run.config.ddpm.t_limit).filter(|limit| *limit > 0),
            is_finished: run.model_is_finished,
        })
    });
    let mut models: Vec<ModelChoice> = imported.chain(of_runs).collect();
    // The newest of those that know this kind of image comes first, and is taken where none was chosen. One that still grows is
    // not taken by itself: under the hand that drags t the images would become noise.
    let open = state.open().map(|open| open.title());
    models.sort_by_key(|m| (!m.is_finished, open.is_some() && m.trained_on.is_some() && m.trained_on != open));
    state.dissolve.models = models;
}
