//! The queue of jobs: what waits, what runs, and what the last session left.

use crate::{
    app::{
        Effect, State,
        message::{JobEffect, JobOrder, WindowEffect},
        state::{Forecast, JobInfo, JobState, Work, card_of},
    },
    engine::runs::list::RunEntry,
    jobs::job::JobId,
    ml::{
        base::reporter::Stage,
        training::cost::{self, Speed},
    },
    run_dir::{RunKind, RunState},
};
use std::path::PathBuf;

/// Queues a job, and starts it where nothing else runs.
pub fn submit(state: &mut State, job: JobInfo) -> Vec<Effect> {
    state.next_job += 1;
    // Started before this machine was timed, a training says at first what it would take on an ordinary one.
    let speed = state.machine.speed.unwrap_or_else(|| Speed::ordinary(state.cores));
    let costs = job.amount.map(|amount| cost::forecast(&job.config, amount, speed)).unwrap_or_default();
    // What was learnt for the scores of before is there.
    let was_scored = |path: &PathBuf| state.runs.iter().any(|run| run.path == *path && run.has_scores);
    let of_job = |c: &cost::Cost| match (&job.work, job.kind) {
        (Work::Score(run), _) if was_scored(run) => matches!(c.stage, Stage::Scores | Stage::Maps),
        (Work::Score(_), _) => card_of(c.stage) == Stage::Scores,
        (_, RunKind::Train) => true,
        (_, RunKind::Ddpm) => c.stage == Stage::Ddpm,
        (_, RunKind::Dia | RunKind::Csi | RunKind::Tiles) => card_of(c.stage) == Stage::Dia,
    };
    let forecast = Forecast { costs: costs.into_iter().filter(of_job).collect() };
    // The last training stays in view with its curves; the list does not grow for ever.
    let training = state.jobs.iter().rfind(|j| j.state.has_ended() && j.work.is_training()).map(|j| j.id);
    state.jobs.retain(|j| !j.state.has_ended() || Some(j.id) == training);
    state.jobs.push(JobInfo { id: JobId(state.next_job), forecast, ..job });
    start_next(state)
}

/// Starts the first of the queue where nothing runs.
pub fn start_next(state: &mut State) -> Vec<Effect> {
    if state.closing || state.jobs.iter().any(|j| j.state.is_running()) {
        return Vec::new();
    }
    let Some(job) = state.jobs.iter_mut().find(|j| j.state == JobState::Queued) else { return Vec::new() };
    job.state = JobState::Running;
    let (id, config, name, curation) = (job.id, Box::new(job.config.clone()), job.name.clone(), job.curation.clone());
    vec![match job.work.clone() {
        Work::Folder { run, folder } => Effect::Job(JobEffect::ScoreFolder { id, run, folder }),
        Work::Plant(run) => Effect::Job(JobEffect::Plant { id, run }),
        work => Effect::Job(JobEffect::Train { id, kind: job.kind, config, name, work, curation }),
    }]
}

/// Gives an order to a running job, where it makes sense in its state.
pub fn control(state: &mut State, id: JobId, order: JobOrder) -> Vec<Effect> {
    let Some(job) = state.jobs.iter_mut().find(|j| j.id == id && j.state.is_running()) else { return Vec::new() };
    job.state = match (order, &job.state) {
        // A stopping job accepts no further orders.
        (_, JobState::Stopping) => return Vec::new(),
        (JobOrder::Pause, JobState::Running) => JobState::Paused,
        (JobOrder::Continue, JobState::Paused) | (JobOrder::FinishEarly, JobState::Paused | JobState::Running) => {
            JobState::Running
        }
        (JobOrder::Stop, JobState::Running | JobState::Paused) => JobState::Stopping,
        _ => return Vec::new(),
    };
    vec![Effect::Job(JobEffect::Control(id, order))]
}

/// Takes a job that has not begun out of the queue.
pub fn dequeue(state: &mut State, id: JobId) -> Vec<Effect> {
    state.jobs.retain(|j| j.id != id || j.state != JobState::Queued);
    Vec::new()
}

/// Moves a waiting job `by` places, among those that wait.
pub fn move_job(state: &mut State, id: JobId, by: i32) -> Vec<Effect> {
    let waiting: Vec<usize> = (0..state.jobs.len()).filter(|&i| state.jobs[i].state == JobState::Queued).collect();
    let Some(at) = waiting.iter().position(|&i| state.jobs[i].id == id) else { return Vec::new() };
    let to = (at as i32 + by).clamp(0, waiting.len() as i32 - 1) as usize;
    let job = state.jobs.remove(waiting[at]);
    state.jobs.insert(waiting[to], job);
    Vec::new()
}

/// Stops what runs, with a checkpoint, and remembers what waits; the window closes when that is written.
pub fn close(state: &mut State) -> Vec<Effect> {
    state.remember();
    let Some(id) = state.running().map(|j| j.id) else { return vec![Effect::Window(WindowEffect::Close)] };
    state.closing = true;
    state.notify("The window closes as soon as the checkpoint is written; the next start offers to go on.");
    control(state, id, JobOrder::Stop)
}

/// What the last session left waiting is put into the queue again.
pub fn requeue(state: &mut State) -> Vec<Effect> {
    let jobs: Vec<JobInfo> = state.persisted.queue.drain(..).filter_map(|w| JobInfo::try_from(w).ok()).collect();
    jobs.into_iter().flat_map(|job| submit(state, job)).collect()
}

/// The newest run that was not finished is offered: the last session was closed, or ended by itself.
pub fn offer(state: &mut State) {
    let unfinished = |r: &&RunEntry| r.can_resume() && !matches!(r.manifest.state, RunState::Failed { .. });
    let newest = state.runs.iter().find(unfinished).map(|r| r.path.clone());
    state.offer = newest.filter(|run| !state.persisted.declined.contains(run));
}

/// The offer to resume is declined for good; the run stays in the list.
pub fn decline(state: &mut State) -> Vec<Effect> {
    const KEPT: usize = 50;
    let declined = &mut state.persisted.declined;
    declined.extend(state.offer.take());
    declined.drain(..declined.len().saturating_sub(KEPT));
    state.persisted.queue.clear();
    Vec::new()
}
