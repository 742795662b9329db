//! What jobs tell: their folder, their steps, their end, and the log of the run at hand.

use super::{
    results,
    shared::{machine::learn_speed, queue},
};
use crate::{
    app::{
        Effect, State,
        message::{ImageEffect, Texture, WindowEffect},
        next_step,
        state::{AurocPoint, JobInfo, JobState, Notification, QueuedJob, Work, Workspace},
    },
    engine::display::rgba::Rgba,
    error::Failure,
    jobs::{
        job::{JobId, Outcome},
        loader::LoadRequest,
    },
    ml::base::reporter::Event,
    run_dir::RunKind,
};
use std::path::{Path, PathBuf};

pub fn started(state: &mut State, id: JobId) -> Vec<Effect> {
    if let Some(job) = state.jobs.iter_mut().find(|j| j.id == id && state.closing) {
        job.state = JobState::Stopping;
    }
    Vec::new()
}

/// The job's folder is there.
pub fn folder(state: &mut State, id: JobId, run: PathBuf) -> Vec<Effect> {
    if let Some(job) = state.jobs.iter_mut().find(|j| j.id == id) {
        job.run = Some(run);
    }
    is_safe(state, id);
    read_log(state)
}

/// What a closing window has remembered of this job is in its run folder by now, or came to its end.
fn is_safe(state: &mut State, id: JobId) {
    let Some(job) = state.jobs.iter().find(|j| j.id == id && state.closing).map(QueuedJob::from) else { return };
    if let Some(at) = state.persisted.jobs.iter().position(|w| *w == job) {
        state.persisted.jobs.remove(at);
    }
}

/// The log of the run at hand, while the panel is open.
pub fn read_log(state: &State) -> Vec<Effect> {
    let run = state.job().filter(|_| state.persisted.log_shown).and_then(|j| j.run.clone());
    run.into_iter().map(|run| Effect::Load(LoadRequest::Log(run))).collect()
}

pub fn progress(state: &mut State, id: JobId, event: Event) -> Vec<Effect> {
    let Some(job) = state.jobs.iter_mut().find(|j| j.id == id) else { return Vec::new() };
    let p = &mut job.progress;
    match event {
        Event::Started { stage, done, total } => {
            (p.stage, p.done, p.total, p.last) = (Some(stage), done, total, None);
            // What earlier sessions have written belongs to the curves; the run has its folder by now.
            let past = job.run.clone().filter(|_| matches!(job.work, Work::Resume(_)));
            let effects = std::iter::once(Effect::Load(LoadRequest::ListRuns))
                .chain(past.map(|run| Effect::Load(LoadRequest::Curves(run))));
            with_log(state, effects.collect())
        }
        Event::Step(step) => {
            p.step(step);
            Vec::new()
        }
        Event::Epoch { epoch, auroc, ci95 } => {
            p.epoch(AurocPoint { epoch, value: auroc, ci95 });
            Vec::new()
        }
        Event::Preview { step, file } => {
            p.previews.push((step, file.clone()));
            vec![Effect::Load(LoadRequest::Preview(file)), Effect::Load(LoadRequest::ListRuns)]
        }
        Event::Readiness(readiness) => {
            p.readiness = Some(readiness);
            Vec::new()
        }
        Event::Notice(notice) => {
            let text = next_step::notice(&notice);
            if !p.notices.contains(&notice) {
                p.notices.push(notice);
            }
            state.notify(text);
            with_log(state, Vec::new())
        }
        Event::Finished { stage } => {
            p.finished.push(stage);
            learn_speed(state, id, stage);
            with_log(state, vec![Effect::Load(LoadRequest::ListRuns)])
        }
    }
}

fn with_log(state: &State, mut effects: Vec<Effect>) -> Vec<Effect> {
    effects.extend(read_log(state));
    effects
}

pub fn preview(state: &mut State, file: PathBuf, pixels: Result<Rgba, String>) -> Vec<Effect> {
    match pixels {
        Ok(pixels) => vec![Effect::Image(ImageEffect::Upload(Texture::Preview(file), pixels))],
        Err(reason) => {
            state.jobs.iter_mut().for_each(|j| j.progress.previews.retain(|(_, f)| *f != file));
            state.notify_error(reason, "");
            Vec::new()
        }
    }
}

/// The results of something else are in view.
fn looks_at_another(state: &State, run: &Path) -> bool {
    state.workspace == Workspace::Results && state.results.run.as_deref().is_some_and(|shown| shown != run)
}

/// The run that scored the folder is in view; elsewhere the folder's images would take the place of the open ones.
fn awaits_its_folder(state: &State, job: &JobInfo) -> bool {
    state.workspace == Workspace::Results && state.results.ready().is_some_and(|set| Some(&set.run) == job.run.as_ref())
}

pub fn ended(state: &mut State, id: JobId, outcome: Outcome) -> Vec<Effect> {
    let Some(job) = state.jobs.iter_mut().find(|j| j.id == id) else { return Vec::new() };
    job.state = JobState::Ended(outcome.clone());
    if outcome != Outcome::Stopped {
        is_safe(state, id);
    }
    let Some(job) = state.jobs.iter().find(|j| j.id == id) else { return Vec::new() };
    let title = job.title.clone();
    // A stage that was stopped has shown as much of the speed as one that was finished.
    const ENOUGH: usize = 10;
    if let Some(stage) = job.progress.stage.filter(|_| job.progress.done >= ENOUGH) {
        learn_speed(state, id, stage);
    }
    let Some(job) = state.jobs.iter().find(|j| j.id == id) else { return Vec::new() };
    let mut effects = vec![Effect::Load(LoadRequest::ListRuns)];
    let scored = match job.work {
        Work::Score(_) | Work::Folder { .. } => true,
        Work::New | Work::Resume(_) => job.kind == RunKind::Train,
        Work::Plant(_) => false,
    };
    let on_cards = job.work.is_on_cards();
    let waits = |run: &Path| match job.work {
        Work::Folder { .. } => !awaits_its_folder(state, job),
        _ => looks_at_another(state, run),
    };
    match outcome {
        // What is looked at is not taken away from under the hand.
        Outcome::Finished(run) if scored && waits(&run) => {
            state.notify_results(format!("{title}: done."), run);
        }
        Outcome::Finished(run) if scored => {
            state.notify(format!("{title}: done. The scores are under Results (4)."));
            effects.extend(results::open(state, run));
        }
        Outcome::Finished(_) => state.notify(format!("{title}: done.")),
        Outcome::Stopped if !on_cards => state.notify(format!("{title}: stopped; nothing was written.")),
        Outcome::Stopped => state.notify(format!("{title}: stopped; what was computed is kept and can be resumed.")),
        // The page in view says it, as long as no other job takes its place.
        Outcome::Failed(failure) if on_cards && state.workspace == Workspace::Train && state.queued() == 0 => {
            let text = format!("{title}: {}", failure.summary);
            state.keep_in_log(&Notification {
                text,
                hint: next_step::words(failure.hint.as_ref()),
                is_error: true,
                results: None,
            });
        }
        Outcome::Failed(Failure { summary, hint }) => {
            state.notify_failure(Failure { summary: format!("{title}: {summary}"), hint })
        }
    }
    effects.extend(queue::start_next(state));
    effects.extend(read_log(state));
    if state.closing && state.running().is_none() {
        effects.push(Effect::Window(WindowEffect::Close));
    }
    effects
}
