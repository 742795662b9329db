//! Training: the form, the queue, and what the running job tells.

use super::results;
use crate::{
    app::{
        Command, Effect, State, actions,
        message::{Control, Texture},
        state::{Change, Curve, FIELDS, JobInfo, JobState, Progress, TrainState},
    },
    config::{Preset, RunConfig},
    jobs::{JobId, ModelSource, Outcome, Pixels},
    ml::progress::{Event, Stage},
};
use std::path::PathBuf;

pub fn preset(state: &mut State, preset: Preset) -> Vec<Effect> {
    let (seed, reuse) = (state.train.config.run.seed, state.train.reuse.clone());
    let mut config = preset.config();
    config.run.seed = seed;
    config.preprocess = state.train.config.preprocess.clone();
    change(state, "Preset", |train| *train = TrainState { reuse, ..TrainState::from_config(config) })
}

pub fn field(state: &mut State, key: &'static str, text: String) -> Vec<Effect> {
    let label = FIELDS.iter().find(|f| f.key == key).map_or(key, |f| f.label);
    change(state, label, |train| train.set(key, text))
}

pub fn reuse(state: &mut State, source: Option<ModelSource>) -> Vec<Effect> {
    change(state, "Model", |train| train.reuse = source)
}

/// Changes the form, so that it can be undone.
fn change(state: &mut State, what: &str, with: impl FnOnce(&mut TrainState)) -> Vec<Effect> {
    let before = Box::new(state.train.clone());
    with(&mut state.train);
    let after = Box::new(state.train.clone());
    state.history.note(Change::new(what, Command::Form(before), Command::Form(after)).merging());
    Vec::new()
}

pub fn train_all(state: &mut State) -> Vec<Effect> {
    if let Err(reason) = actions::may_train(state) {
        state.notify_error("Training cannot start.", reason);
        return Vec::new();
    }
    let Some(open) = state.open() else { return Vec::new() };
    let (name, data) = (open.title(), open.config.clone());
    let mut config = RunConfig { data, ..state.train.config.clone() };
    if let Some(ModelSource(path)) = &state.train.reuse {
        config.dia.model.clone_from(path);
    }
    submit(state, format!("Train {name}"), config, name, None)
}

pub fn resume_run(state: &mut State, run: PathBuf) -> Vec<Effect> {
    let Some(entry) = state.runs.iter().find(|r| r.path == run) else { return Vec::new() };
    let (name, config) = (entry.manifest.name.clone(), entry.config.clone());
    submit(state, format!("Go on with {name}"), config, name, Some(run))
}

fn submit(state: &mut State, title: String, config: RunConfig, name: String, resume: Option<PathBuf>) -> Vec<Effect> {
    state.next_job += 1;
    let id = JobId(state.next_job);
    // One ended job stays in view; the list does not grow for ever.
    state.jobs.retain(|j| !j.state.has_ended());
    state.jobs.push(JobInfo { id, title, state: JobState::Queued, run: resume.clone(), progress: Progress::default() });
    vec![Effect::Train { id, config: Box::new(config), name, resume }]
}

pub fn control(state: &mut State, id: JobId, control: Control) -> Vec<Effect> {
    let Some(job) = state.jobs.iter_mut().find(|j| j.id == id && !j.state.has_ended()) else { return Vec::new() };
    job.state = match (control, &job.state) {
        // Told to stop is told to stop.
        (_, JobState::Stopping) => return Vec::new(),
        (Control::Pause, JobState::Running) => JobState::Paused,
        (Control::Continue, JobState::Paused) | (Control::Keep, JobState::Paused | JobState::Running) => JobState::Running,
        (Control::Stop, JobState::Running | JobState::Paused) => JobState::Stopping,
        // A queued job ends as soon as it is taken from the queue.
        (Control::Stop, JobState::Queued) => JobState::Queued,
        _ => return Vec::new(),
    };
    vec![Effect::Control(id, control)]
}

/// Stops everything with a checkpoint; the window closes when that is written.
pub fn close(state: &mut State) -> Vec<Effect> {
    let live: Vec<JobId> = state.jobs.iter().filter(|j| !j.state.has_ended()).map(|j| j.id).collect();
    if live.is_empty() {
        return vec![Effect::CloseWindow];
    }
    state.closing = true;
    state.notify("The window closes as soon as the checkpoint is written; the run can be resumed.");
    live.into_iter().flat_map(|id| control(state, id, Control::Stop)).collect()
}

pub fn started(state: &mut State, id: JobId) -> Vec<Effect> {
    if let Some(job) = state.jobs.iter_mut().find(|j| j.id == id) {
        job.state = if state.closing { JobState::Stopping } else { JobState::Running };
    }
    Vec::new()
}

/// The job's folder is there.
pub fn folder(state: &mut State, id: JobId, run: PathBuf) -> Vec<Effect> {
    if let Some(job) = state.jobs.iter_mut().find(|j| j.id == id) {
        job.run = Some(run);
    }
    read_log(state)
}

/// The log of the run at hand, while the panel is open.
pub fn read_log(state: &State) -> Vec<Effect> {
    let run = state.job().filter(|_| state.remembered.log_shown).and_then(|j| j.run.clone());
    run.into_iter().map(Effect::ReadLog).collect()
}

pub fn progress(state: &mut State, id: JobId, event: Event) -> Vec<Effect> {
    let Some(job) = state.jobs.iter_mut().find(|j| j.id == id) else { return Vec::new() };
    let p = &mut job.progress;
    match event {
        Event::Started { stage, done, total } => {
            (p.stage, p.done, p.total, p.last) = (Some(stage), done, total, None);
            // The run has its folder by now.
            std::iter::once(Effect::ListRuns).chain(read_log(state)).collect()
        }
        Event::Step(step) => {
            (p.done, p.total, p.last) = (step.step, step.total, Some(step));
            let has_loss = matches!(step.stage, Stage::Ddpm | Stage::Dia) && step.loss.is_finite();
            if has_loss {
                if p.curve(step.stage).is_none() {
                    p.curves.push(Curve::new(step.stage));
                }
                let curve = p.curves.iter_mut().find(|c| c.stage == step.stage);
                curve.into_iter().for_each(|c| c.push([step.step as f64, step.loss]));
            }
            Vec::new()
        }
        Event::Epoch { epoch, auroc, .. } => {
            p.auroc.push([epoch as f64, auroc]);
            Vec::new()
        }
        Event::Preview { step, file } => {
            p.previews.push((step, file.clone()));
            vec![Effect::LoadPreview(file), Effect::ListRuns]
        }
        Event::Notice(text) => {
            if !p.notices.contains(&text) {
                p.notices.push(text.clone());
            }
            state.notify(text);
            read_log(state)
        }
        Event::Finished { stage } => {
            p.finished.push(stage);
            std::iter::once(Effect::ListRuns).chain(read_log(state)).collect()
        }
    }
}

pub fn preview(state: &mut State, file: PathBuf, pixels: Result<Pixels, String>) -> Vec<Effect> {
    match pixels {
        Ok(pixels) => vec![Effect::Upload(Texture::Preview(file), pixels)],
        Err(reason) => {
            state.jobs.iter_mut().for_each(|j| j.progress.previews.retain(|(_, f)| *f != file));
            state.notify_error(reason, "");
            Vec::new()
        }
    }
}

pub fn ended(state: &mut State, id: JobId, outcome: Outcome) -> Vec<Effect> {
    let Some(job) = state.jobs.iter_mut().find(|j| j.id == id) else { return Vec::new() };
    job.state = JobState::Ended(outcome.clone());
    let title = job.title.clone();
    let mut effects = vec![Effect::ListRuns];
    match outcome {
        Outcome::Finished(run) => {
            state.notify(format!("{title}: done. The scores are under Results (4)."));
            effects.extend(results::open_run(state, run));
        }
        Outcome::Stopped => state.notify(format!("{title}: stopped; what was computed is kept and can be resumed.")),
        Outcome::Failed(failure) => state.notify_error(format!("{title}: {}", failure.summary), failure.hint),
    }
    effects.extend(read_log(state));
    if state.closing && state.jobs.iter().all(|j| j.state.has_ended()) {
        effects.push(Effect::CloseWindow);
    }
    effects
}
