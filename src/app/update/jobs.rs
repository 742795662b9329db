//! Training: the form, the queue, and what the running job tells.

use super::results;
use crate::{
    app::{
        Command, Effect, State, actions,
        message::{JobOrder, Texture},
        next_step,
        state::{
            Auroc, Change, FIELDS, Forecast, JobInfo, JobState, Notice, TrainState, Waiting, Work, Workspace, amount, card_of,
        },
    },
    config::{DissolveMethod, PreprocessConfig, Preset, RunConfig},
    data::Label,
    engine::{
        display::rgba::Rgba,
        machine::Machine,
        runs::list::{ModelSource, RunEntry},
    },
    jobs::job::{JobId, Outcome},
    ml::{
        base::reporter::{Event, Stage},
        training::cost::{self, Speed},
    },
    run_dir::{RunKind, RunState},
};
use std::path::{Path, PathBuf};

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
    let label = FIELDS.iter().find(|f| f.key == key).map_or(key, |f| f.label);
    change(state, label, |train| train.set(key, text))
}

pub fn preprocess(state: &mut State, preprocess: PreprocessConfig) -> Vec<Effect> {
    let before = &state.train.config.preprocess;
    let what = [
        ("Circle crop", before.circle_crop != preprocess.circle_crop),
        ("Normalisation", before.ben_graham != preprocess.ben_graham),
        ("CLAHE", before.clahe != preprocess.clahe),
        ("Channels", before.channels != preprocess.channels),
        ("Window", before.window != preprocess.window),
    ];
    let what = what.iter().find(|(_, changed)| *changed).map_or("Target size", |(name, _)| name);
    change(state, what, |train| train.config.preprocess = preprocess)
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
    let before = Box::new(state.train.clone());
    with(&mut state.train);
    let after = Box::new(state.train.clone());
    state.history.note(Change::new(what, Command::Form(before), Command::Form(after)).merging());
    Vec::new()
}

pub fn train(state: &mut State, kind: RunKind) -> Vec<Effect> {
    if let Err(reason) = actions::may_train_kind(state, kind) {
        state.notify_error("Training cannot start.", reason);
        return Vec::new();
    }
    let Some(open) = state.open().cloned() else { return Vec::new() };
    let name = open.title();
    let mut config = RunConfig { data: open.config.clone(), ..state.train.config.clone() };
    if let Some(ModelSource(path)) = state.train.reuse.as_ref().filter(|_| kind != RunKind::Ddpm) {
        config.dia.model.clone_from(path);
    }
    // Without both labels there is no curve of the AUROC.
    if open.counts.iter().zip(&open.dataset.classes).all(|(n, c)| c.label != Some(Label::Abnormal) || n.val + n.test == 0) {
        config.dia.eval_every = 0;
    }
    let kind = match kind {
        RunKind::Dia if config.dia.dissolve == DissolveMethod::None => RunKind::Csi,
        kind => kind,
    };
    let title = match kind {
        RunKind::Train => format!("Train {name}"),
        RunKind::Ddpm => format!("Diffusion model of {name}"),
        RunKind::Dia => format!("DIA of {name}"),
        RunKind::Csi => format!("CSI of {name}"),
    };
    let amount = Some(amount(&config, state.train.reuse.is_some(), &open));
    submit(state, JobInfo { amount, ..JobInfo::new(title, name, kind, config, Work::New) })
}

pub fn resume_run(state: &mut State, run: PathBuf) -> Vec<Effect> {
    let Some(entry) = state.runs.iter().find(|r| r.path == run) else { return Vec::new() };
    let busy = state.jobs.iter().any(|j| !j.state.has_ended() && j.run.as_ref() == Some(&run));
    if busy || !entry.can_resume() {
        return Vec::new();
    }
    let (name, config, kind) = (entry.manifest.name.clone(), entry.config.clone(), entry.manifest.kind);
    state.offer = state.offer.take().filter(|offered| *offered != run);
    // How much there is to do is known where its data set is the one that is open.
    let has_model = entry.model_is_finished || !config.dia.model.as_os_str().is_empty();
    let open = state.open().filter(|open| open.config.path == config.data.path);
    let amount = open.map(|open| amount(&config, has_model, open));
    submit(state, JobInfo { amount, ..JobInfo::new(format!("Go on with {name}"), name, kind, config, Work::Resume(run)) })
}

/// Scores of a run whose encoder is finished, on its own images.
pub fn score_run(state: &mut State, run: PathBuf) -> Vec<Effect> {
    let Some(entry) = state.runs.iter().find(|r| r.path == run) else { return Vec::new() };
    let (name, config, kind) = (entry.manifest.name.clone(), entry.config.clone(), entry.manifest.kind);
    submit(state, JobInfo::new(format!("Scores of {name}"), name, kind, config, Work::Score(run)))
}

/// Queues a job, and starts it where nothing else runs.
pub(crate) fn submit(state: &mut State, job: JobInfo) -> Vec<Effect> {
    state.next_job += 1;
    // Started before this machine was timed, a training says at first what it would take on an ordinary one.
    let speed = state.machine.speed.unwrap_or_else(|| Speed::ordinary(state.cores));
    let costs = job.amount.map(|amount| cost::forecast(&job.config, amount, speed)).unwrap_or_default();
    let of_kind = |c: &cost::Cost| match job.kind {
        RunKind::Train => true,
        RunKind::Ddpm => c.stage == Stage::Ddpm,
        RunKind::Dia | RunKind::Csi => card_of(c.stage) == Stage::Dia,
    };
    let forecast = Forecast { costs: costs.into_iter().filter(of_kind).collect() };
    // The last training stays in view with its curves; the list does not grow for ever.
    let training = state.jobs.iter().rfind(|j| j.state.has_ended() && j.work.is_training()).map(|j| j.id);
    state.jobs.retain(|j| !j.state.has_ended() || Some(j.id) == training);
    state.jobs.push(JobInfo { id: JobId(state.next_job), forecast, ..job });
    start_next(state)
}

/// Starts the first of the queue where nothing runs.
fn start_next(state: &mut State) -> Vec<Effect> {
    if state.closing || state.jobs.iter().any(|j| j.state.is_running()) {
        return Vec::new();
    }
    let Some(job) = state.jobs.iter_mut().find(|j| j.state == JobState::Queued) else { return Vec::new() };
    job.state = JobState::Running;
    let (id, config, name) = (job.id, Box::new(job.config.clone()), job.name.clone());
    vec![match job.work.clone() {
        Work::Folder { run, folder } => Effect::ScoreFolder { id, run, folder },
        Work::Plant(run) => Effect::Plant { id, run },
        work => Effect::Train { id, kind: job.kind, config, name, work },
    }]
}

pub fn control(state: &mut State, id: JobId, control: JobOrder) -> Vec<Effect> {
    let Some(job) = state.jobs.iter_mut().find(|j| j.id == id && j.state.is_running()) else { return Vec::new() };
    job.state = match (control, &job.state) {
        // Told to stop is told to stop.
        (_, JobState::Stopping) => return Vec::new(),
        (JobOrder::Pause, JobState::Running) => JobState::Paused,
        (JobOrder::Continue, JobState::Paused) | (JobOrder::Keep, JobState::Paused | JobState::Running) => JobState::Running,
        (JobOrder::Stop, JobState::Running | JobState::Paused) => JobState::Stopping,
        _ => return Vec::new(),
    };
    vec![Effect::Control(id, control)]
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
    let Some(id) = state.running().map(|j| j.id) else { return vec![Effect::CloseWindow] };
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

/// The offer to go on is declined for good; the run stays in the list.
pub fn decline(state: &mut State) -> Vec<Effect> {
    const KEPT: usize = 50;
    let declined = &mut state.persisted.declined;
    declined.extend(state.offer.take());
    declined.drain(..declined.len().saturating_sub(KEPT));
    state.persisted.queue.clear();
    Vec::new()
}

/// Looks at what this machine can do, where that is not known and may matter now.
pub fn look_at_machine(state: &mut State) -> Vec<Effect> {
    if state.workspace != Workspace::Train || state.open().is_none() || state.machine.measuring {
        return Vec::new();
    }
    // A running training has both cores; its own steps will tell.
    let timed = state.machine.speed.is_none() && state.running().is_none();
    state.machine.measuring = timed;
    vec![Effect::Machine { timed }]
}

pub fn machine(state: &mut State, machine: Machine) -> Vec<Effect> {
    state.machine.take(machine);
    remember_speed(state);
    Vec::new()
}

fn remember_speed(state: &mut State) {
    state.persisted.speed = state.machine.speed.map(|speed| (state.cores, speed));
}

/// A training shows how fast the machine is.
fn learn_speed(state: &mut State, id: JobId, stage: Stage) {
    let Some(job) = state.jobs.iter().find(|j| j.id == id) else { return };
    let each = job.progress.seconds_per_step.iter().find(|(s, ..)| *s == stage).map(|(_, each, _)| *each);
    if let (Some(each), Some(amount), Some(speed)) = (each, job.amount, state.machine.speed) {
        state.machine.speed = Some(cost::learn(speed, &job.config, amount, stage, each));
        remember_speed(state);
    }
}

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
    let Some(job) = state.jobs.iter().find(|j| j.id == id && state.closing).map(Waiting::from) else { return };
    if let Some(at) = state.persisted.jobs.iter().position(|w| *w == job) {
        state.persisted.jobs.remove(at);
    }
}

/// The log of the run at hand, while the panel is open.
pub fn read_log(state: &State) -> Vec<Effect> {
    let run = state.job().filter(|_| state.persisted.log_shown).and_then(|j| j.run.clone());
    run.into_iter().map(Effect::ReadLog).collect()
}

pub fn progress(state: &mut State, id: JobId, event: Event) -> Vec<Effect> {
    let Some(job) = state.jobs.iter_mut().find(|j| j.id == id) else { return Vec::new() };
    let p = &mut job.progress;
    match event {
        Event::Started { stage, done, total } => {
            (p.stage, p.done, p.total, p.last) = (Some(stage), done, total, None);
            // What earlier sessions have written belongs to the curves; the run has its folder by now.
            let past = job.run.clone().filter(|_| matches!(job.work, Work::Resume(_)));
            let effects = std::iter::once(Effect::ListRuns).chain(past.map(Effect::ReadCurves));
            with_log(state, effects.collect())
        }
        Event::Step(step) => {
            p.step(step);
            Vec::new()
        }
        Event::Epoch { epoch, auroc, ci95 } => {
            p.epoch(Auroc { epoch, value: auroc, ci95 });
            Vec::new()
        }
        Event::Preview { step, file } => {
            p.previews.push((step, file.clone()));
            vec![Effect::LoadPreview(file), Effect::ListRuns]
        }
        Event::Readiness(readiness) => {
            p.readiness = Some(readiness);
            Vec::new()
        }
        Event::Notice(notice) => {
            let text = notice.to_string();
            if !p.notices.contains(&notice) {
                p.notices.push(notice);
            }
            state.notify(text);
            with_log(state, Vec::new())
        }
        Event::Finished { stage } => {
            p.finished.push(stage);
            learn_speed(state, id, stage);
            with_log(state, vec![Effect::ListRuns])
        }
    }
}

fn with_log(state: &State, mut effects: Vec<Effect>) -> Vec<Effect> {
    effects.extend(read_log(state));
    effects
}

pub fn preview(state: &mut State, file: PathBuf, pixels: Result<Rgba, String>) -> Vec<Effect> {
    match pixels {
        Ok(pixels) => vec![Effect::Upload(Texture::Preview(file), pixels)],
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
    let mut effects = vec![Effect::ListRuns];
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
            effects.extend(results::open_run(state, run));
        }
        Outcome::Finished(_) => state.notify(format!("{title}: done.")),
        Outcome::Stopped if !on_cards => state.notify(format!("{title}: stopped; nothing was written.")),
        Outcome::Stopped => state.notify(format!("{title}: stopped; what was computed is kept and can be resumed.")),
        // The page in view says it, as long as no other job takes its place.
        Outcome::Failed(failure) if on_cards && state.workspace == Workspace::Train && state.queued() == 0 => {
            let text = format!("{title}: {}", failure.summary);
            state.keep_in_log(&Notice { text, hint: next_step::words(failure.hint.as_ref()), is_error: true, results: None });
        }
        Outcome::Failed(failure) => {
            state.notify_error(format!("{title}: {}", failure.summary), next_step::words(failure.hint.as_ref()))
        }
    }
    effects.extend(start_next(state));
    effects.extend(read_log(state));
    if state.closing && state.running().is_none() {
        effects.push(Effect::CloseWindow);
    }
    effects
}
