//! The run in view beside another one, on other images, and on its normals with lesions planted in them.

use super::shared::queue;
use crate::{
    app::{
        Effect, State, actions,
        state::{Comparing, JobInfo, Work},
    },
    engine::runs::comparison::ComparedRuns,
    error::Failure,
    jobs::loader::LoadRequest,
    run_dir::RunKind,
    scores::SyntheticLesions,
    text::last_part,
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

pub fn compare_with(state: &mut State, second: Option<PathBuf>) -> Vec<Effect> {
    let (Some(first), Some(second)) = (state.results.ready().cloned(), second) else {
        state.results.comparison = Comparing::None;
        return Vec::new();
    };
    state.results.comparison = Comparing::Loading(second.clone());
    vec![Effect::Load(LoadRequest::Compare { first, second })]
}

pub fn compared(state: &mut State, second: PathBuf, compared: Result<Arc<ComparedRuns>, Failure>) -> Vec<Effect> {
    let awaited = matches!(&state.results.comparison, Comparing::Loading(path) if *path == second);
    let fits = |c: &ComparedRuns| state.results.ready().is_some_and(|set| Arc::ptr_eq(set, &c.first));
    state.results.comparison = match compared {
        _ if !awaited => return Vec::new(),
        Ok(compared) if fits(&compared) => Comparing::Ready(compared),
        Ok(_) => Comparing::None,
        Err(failure) => Comparing::Failed(second, failure),
    };
    Vec::new()
}

pub fn score_folder(state: &mut State, folder: PathBuf) -> Vec<Effect> {
    if let Err(reason) = actions::may_score(state) {
        state.notify_error("The folder cannot be scored.", reason);
        return Vec::new();
    }
    let Some((run, config)) = state.results.ready().map(|set| (set.run.clone(), set.config.clone())) else { return Vec::new() };
    state.results.asks_folder = false;
    let name = last_part(&folder);
    let job = JobInfo::new(format!("Score {name}"), name, RunKind::Train, config, Work::Folder { run, folder });
    queue::submit(state, job)
}

pub fn plant(state: &mut State) -> Vec<Effect> {
    if let Err(reason) = actions::may_plant(state) {
        state.notify_error("Lesions cannot be planted.", reason);
        return Vec::new();
    }
    let Some(set) = state.results.ready().cloned() else { return Vec::new() };
    let (title, work) = (format!("Planted lesions of {}", set.name), Work::Plant(set.run.clone()));
    queue::submit(state, JobInfo::new(title, set.name.clone(), RunKind::Train, set.config.clone(), work))
}

pub fn lesions(state: &mut State, run: &Path, lesions: Arc<SyntheticLesions>) -> Vec<Effect> {
    if state.results.ready().is_some_and(|set| set.run == run) {
        state.results.lesions = Some(lesions);
    }
    Vec::new()
}
