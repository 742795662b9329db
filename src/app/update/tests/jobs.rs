//! Jobs and the form, from one session to the next.

use super::{
    opened,
    runs::{entry, with_runs},
    scored, training,
};
use crate::{
    app::{
        AppCommand, DataCommand, DissolveCommand, Effect, ResultsCommand, State, TrainCommand, actions,
        state::{AurocPoint, JobInfo, JobState, PersistedState, Quantity, Work, Workspace},
        update::update,
    },
    config::{DeviceKind, DissolveMethod, RunConfig},
    engine::runs::list::{ModelSource, RunCurve},
    jobs::{
        events::JobEvent,
        job::{JobId, Outcome},
        loader::LoadRequest,
    },
    ml::{
        base::{
            device::Choice,
            reporter::{Event, Stage, Step},
        },
        training::cost::Speed,
    },
    run_dir::{RunKind, RunState},
};
use std::{path::PathBuf, rc::Rc};

/// The next session, through the file that a session leaves.
fn next(state: &mut State) -> State {
    state.remember();
    let file = serde_json::to_string(&state.persisted).unwrap();
    State::starting(serde_json::from_str(&file).unwrap(), PathBuf::new(), 2)
}

fn waiting(state: &mut State) -> Vec<Work> {
    state.persisted.queue.clone().into_iter().map(|w| JobInfo::try_from(w).unwrap().work).collect()
}

fn plant(state: &mut State) -> JobId {
    let job = JobInfo::new("Planted".into(), "eyes".into(), RunKind::Train, RunConfig::default(), Work::Plant("run".into()));
    crate::app::update::shared::queue::submit(state, job);
    JobId(state.next_job)
}

#[test]
fn the_queue_outlives_a_crash_and_an_unanswered_offer() {
    let (mut state, id) = training();
    update(&mut state, TrainCommand::Start(RunKind::Dia));
    update(&mut state, TrainCommand::Field("dia.dissolve", "resample".into()));
    update(&mut state, TrainCommand::Start(RunKind::Dia));
    assert_eq!(waiting(&mut next(&mut state)), [Work::New, Work::New], "the running one has no folder yet");
    update(&mut state, JobEvent::JobFolder(id, "work/runs/a".into()));
    let mut second = next(&mut state);
    assert_eq!(waiting(&mut second), [Work::New], "a run that is there is offered by itself");
    // Nobody answers, and something else is begun and waits.
    let running = plant(&mut second);
    assert_eq!(waiting(&mut next(&mut second)), [Work::New, Work::Plant("run".into())]);
    update(&mut second, JobEvent::JobEnded(running, Outcome::Stopped));
    assert_eq!(waiting(&mut next(&mut second)), [Work::New], "what a person stopped is not offered");
    update(&mut second, TrainCommand::Requeue);
    let last = second.next_job;
    update(&mut second, TrainCommand::Stop(JobId(last)));
    update(&mut second, JobEvent::JobEnded(JobId(last), Outcome::Stopped));
    assert!(waiting(&mut next(&mut second)).is_empty());
}

#[test]
fn work_that_is_written_only_at_its_end_is_offered_again_after_closing() {
    let mut state = opened();
    let id = plant(&mut state);
    update(&mut state, AppCommand::Close);
    let mut other = State::default();
    update(&mut state, JobEvent::JobEnded(id, Outcome::Stopped));
    assert_eq!(waiting(&mut next(&mut state)), [Work::Plant("run".into())]);
    let id = plant(&mut other);
    update(&mut other, AppCommand::Close);
    update(&mut other, JobEvent::JobEnded(id, Outcome::Finished("run".into())));
    assert!(waiting(&mut next(&mut other)).is_empty(), "it came to its end");
}

#[test]
fn the_form_and_the_models_are_as_they_were() {
    let mut state = opened();
    update(&mut state, TrainCommand::Preset(crate::config::Preset::Paper));
    update(&mut state, TrainCommand::Field("ddpm.steps", "77".into()));
    update(&mut state, TrainCommand::Field("dia.t_min", "x".into()));
    update(&mut state, JobEvent::ModelChecked { path: "model.pt".into(), checked: Ok(()) });
    update(&mut state, DissolveCommand::Method(DissolveMethod::Resample));
    update(&mut state, DissolveCommand::Gain(Some(9.0)));
    let later = next(&mut state);
    assert_eq!(later.train, state.train);
    assert!(later.train.error().is_some() && later.train.is_changed("ddpm.steps"));
    assert_eq!(later.dissolve.imported, [PathBuf::from("model.pt")]);
    assert_eq!((later.dissolve.method, later.dissolve.gain), (DissolveMethod::Resample, Some(9.0)));
    let first = State::starting(serde_json::from_str::<PersistedState>("{}").unwrap(), PathBuf::new(), 2);
    assert_eq!((first.train, first.dissolve.gain), (State::default().train, None), "a file of before knows less");
}

#[cfg(unix)]
#[test]
fn a_path_that_cannot_be_written_takes_nothing_else_with_it() {
    use std::os::unix::ffi::OsStringExt;
    let mut state = opened();
    let odd = PathBuf::from(std::ffi::OsString::from_vec(b"/data/\xffeyes".to_vec()));
    let known = state.persisted.recent.clone();
    state.persisted.recent.insert(0, crate::config::DataConfig { path: odd.clone(), ..Default::default() });
    state.persisted.preprocess.insert(odd.clone(), Default::default());
    state.dissolve.imported = vec![odd.clone(), "model.pt".into()];
    state.dissolve.export_folder = odd;
    let later = next(&mut state);
    assert_eq!((later.persisted.recent, later.dissolve.imported), (known, vec![PathBuf::from("model.pt")]));
}

#[test]
fn a_bad_model_is_told_and_not_kept() {
    let mut state = opened();
    assert!(matches!(
        &update(&mut state, DissolveCommand::ImportModel("bad.pt".into()))[..],
        [Effect::Load(LoadRequest::CheckModel(_))]
    ));
    let failure = crate::error::Failure { summary: "no weights".into(), hint: None };
    update(&mut state, JobEvent::ModelChecked { path: "bad.pt".into(), checked: Err(failure) });
    assert!(state.dissolve.imported.is_empty() && state.notifications.last().unwrap().is_error);
    update(&mut state, JobEvent::ModelChecked { path: "good.pt".into(), checked: Ok(()) });
    assert!(state.notifications.last().unwrap().text.contains("Dissolve (2)"));
    assert_eq!(state.dissolve.model().unwrap().source, ModelSource("good.pt".into()));
}

#[test]
fn a_model_that_grows_is_not_taken_by_itself() {
    let mut state = with_runs();
    let model = |name: &str, is_finished| {
        let mut run = entry(name, 10);
        (run.model, run.model_is_finished) = (Some(ModelSource(name.into())), is_finished);
        run.place = if is_finished { "other".into() } else { "set".into() };
        run
    };
    update(&mut state, JobEvent::Runs(vec![model("grows", false), model("old", true)]));
    assert_eq!(state.dissolve.model().unwrap().name, "old");
    update(&mut state, DissolveCommand::Model(ModelSource("grows".into())));
    assert_eq!(state.dissolve.model().unwrap().name, "grows");
    // The demo's is taken by name, whatever else there is.
    let effects = update(&mut state, JobEvent::DemoModel(Ok(ModelSource("demo".into()))));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Load(LoadRequest::ListRuns))));
    update(&mut state, JobEvent::Runs(vec![model("grows", false), model("old", true), model("demo", true)]));
    assert_eq!(state.dissolve.model().unwrap().name, "demo");
}

fn step(step: usize, loss: f64) -> Event {
    let (stage, total) = (Stage::Ddpm, 10);
    Event::Step(Step {
        stage,
        step,
        total,
        loss,
        parts: [0.0; 2],
        grad_norm: 0.0,
        lr: 0.1,
        images_per_second: 9.0,
        eta_secs: 7.0,
    })
}

#[test]
fn other_jobs_leave_the_curves_of_the_last_training() {
    let (mut state, id) = training();
    update(&mut state, JobEvent::JobProgress(id, step(3, 0.5)));
    update(&mut state, JobEvent::JobEnded(id, Outcome::Finished("work/runs/eyes".into())));
    for _ in 0..2 {
        let other = plant(&mut state);
        assert!(!state.trains() && state.latest(Work::is_on_cards).unwrap().id == id, "no word on the cards");
        assert!(state.training().unwrap().progress.curve(Stage::Ddpm, Quantity::Loss).is_some());
        update(&mut state, JobEvent::JobEnded(other, Outcome::Finished("run".into())));
    }
    assert_eq!(state.jobs.len(), 2, "the list does not grow for ever");
    update(&mut state, TrainCommand::Start(RunKind::Train));
    assert!(state.trains() && state.training().unwrap().progress.curves.is_empty());
}

#[test]
fn a_resumed_run_has_the_curves_of_before() {
    let mut state = with_runs();
    state.runs[0].manifest.state = RunState::Stopped;
    let run = state.runs[0].path.clone();
    update(&mut state, TrainCommand::Resume(run.clone()));
    let id = JobId(state.next_job);
    let effects = update(&mut state, JobEvent::JobProgress(id, Event::Started { stage: Stage::Ddpm, done: 2, total: 10 }));
    assert!(effects.iter().any(|e| matches!(e, Effect::Load(LoadRequest::Curves(path)) if *path == run)));
    let past =
        |part: &str, name: &str, points: &[[f64; 2]]| RunCurve { part: part.into(), name: name.into(), points: points.into() };
    let curves = vec![
        past("ddpm", "loss", &[[1.0, 0.9], [2.0, 0.8], [3.0, 0.7]]),
        past("dia", "auroc", &[[1.0, 0.6], [2.0, 0.7]]),
        past("dia", "auroc_lower", &[[1.0, 0.5], [2.0, 0.6]]),
        past("dia", "auroc_upper", &[[1.0, 0.7], [2.0, 0.8]]),
    ];
    for _ in 0..2 {
        update(&mut state, JobEvent::Curves { run: run.clone(), curves: curves.clone() });
        let p = &state.training().unwrap().progress;
        let loss = &p.curve(Stage::Ddpm, Quantity::Loss).unwrap().points;
        assert_eq!(loss[..2], [[1.0, 0.9], [2.0, 0.8]], "step 3 came after the checkpoint");
        assert_eq!(p.auroc[0], AurocPoint { epoch: 1, value: 0.6, ci95: [0.5, 0.7] });
        assert_eq!((loss.len() <= 3, p.auroc.len()), (true, 2));
        update(&mut state, JobEvent::JobProgress(id, step(3, 0.6)));
    }
    update(&mut state, JobEvent::JobProgress(id, Event::Epoch { epoch: 2, auroc: 0.75, ci95: [0.6, 0.9] }));
    let auroc: Vec<f64> = state.training().unwrap().progress.auroc.iter().map(|a| a.value).collect();
    assert_eq!(auroc, [0.6, 0.75], "an epoch that is done again is one point");
}

#[test]
fn a_training_that_ends_leaves_the_results_in_view() {
    for (workspace, leaves) in [(Workspace::Results, true), (Workspace::Train, false)] {
        let mut state = scored();
        update(&mut state, TrainCommand::Start(RunKind::Train));
        update(&mut state, AppCommand::Go(workspace));
        let id = JobId(state.next_job);
        update(&mut state, JobEvent::JobEnded(id, Outcome::Finished("new".into())));
        assert_eq!(state.results.ready().is_some(), leaves);
        assert_eq!(state.notifications.last().unwrap().results, leaves.then(|| "new".into()));
    }
}

#[test]
fn only_the_runs_that_a_job_needs_must_stay() {
    let mut state = with_runs();
    let (run, folder) = (PathBuf::from("work/runs/eyes"), PathBuf::from("/new"));
    let mut config = RunConfig::default();
    config.dia.model = "work/runs/lungs/ddpm".into();
    let job = JobInfo::new("Score new".into(), "new".into(), RunKind::Train, config, Work::Folder { run, folder });
    crate::app::update::shared::queue::submit(&mut state, job);
    let stays = |run: &str| crate::app::state::in_work(&state, run.as_ref()).is_some();
    assert!(stays("work/runs/eyes") && stays("work/runs/lungs"), "its own and that of its model");
    assert!(!stays("work/runs/hearts"));
    assert_eq!(state.jobs[0].state, JobState::Running);
}

#[test]
fn the_run_in_view_or_else_the_newest_of_the_open_images_is_scored_again() {
    let mut state = with_runs();
    let scored = |state: &State| actions::scorable(state).map(|run| run.manifest.name.clone());
    let place = state.open().unwrap().dataset.place.clone();
    state.runs.iter_mut().for_each(|run| run.place = "elsewhere".into());
    assert_eq!(scored(&state), None, "those of other images are chosen in Results");
    state.runs.iter_mut().for_each(|run| run.place = place.clone());
    assert_eq!(scored(&state).as_deref(), Some("eyes"));
    let config = RunConfig::default();
    let rows = vec![crate::scores::ScoreRow { path: "a".into(), split: "test".into(), score: 1.0, ..Default::default() }];
    let mut set =
        crate::engine::runs::score_set::ScoreSet::new("work/runs/lungs".as_ref(), "lungs".into(), config, rows.into(), None)
            .unwrap();
    set.encoder = Some("encoder".into());
    update(&mut state, ResultsCommand::Open("work/runs/lungs".into()));
    update(&mut state, JobEvent::Scores { run: "work/runs/lungs".into(), scores: Ok(set.into()) });
    assert_eq!(scored(&state).as_deref(), Some("lungs"));
    let again = (actions::get(actions::Id::ScoreOnly).command)(&state);
    update(&mut state, again);
    assert_eq!(state.running().unwrap().work, Work::Score("work/runs/lungs".into()));
    assert!((actions::get(actions::Id::ScoreOnly).allowed)(&state).is_err(), "once at a time");
    update(&mut state, JobEvent::JobEnded(JobId(1), Outcome::Finished("work/runs/lungs".into())));
    assert!(state.results.ready().is_none(), "its new scores are read");
}

#[test]
fn scores_alone_say_what_is_left_of_them() {
    let mut state = with_runs();
    let place = state.open().unwrap().dataset.place.clone();
    for (run, has_scores) in state.runs.iter_mut().zip([false, true]) {
        run.config = crate::config::Preset::Quick.config();
        (run.place, run.has_scores) = (place.clone(), has_scores);
    }
    let runs: Vec<PathBuf> = state.runs.iter().map(|run| run.path.clone()).collect();
    for (run, stages) in runs.into_iter().zip([vec![Stage::Profile, Stage::Scores], vec![Stage::Scores]]) {
        update(&mut state, TrainCommand::Score(run.clone()));
        let job = state.jobs.last().unwrap();
        assert_eq!(job.forecast.costs.iter().map(|c| c.stage).collect::<Vec<_>>(), stages);
        assert!(matches!(job.time_left(), Some((seconds, "of all")) if seconds > 0.0));
        let id = JobId(state.next_job);
        update(&mut state, JobEvent::JobEnded(id, Outcome::Stopped));
    }
    let id = plant(&mut state);
    assert_eq!(state.job().unwrap().time_left(), None);
    update(&mut state, JobEvent::JobProgress(id, step(3, 0.0)));
    assert_eq!(state.job().unwrap().time_left(), Some((7.0, "of this stage")), "of how many stages it is not known");
}

#[test]
fn another_try_asks_for_the_same() {
    let mut state = opened();
    let config = crate::config::DataConfig { path: "two".into(), only: vec!["a".into()], ..Default::default() };
    update(&mut state, DataCommand::OpenConfig(config.clone()));
    let failure = crate::error::Failure { summary: "no".into(), hint: None };
    let generation = state.data.generation;
    update(&mut state, JobEvent::OpenFailed { generation, path: "two".into(), failure });
    let effects = update(&mut state, DataCommand::TryAgain);
    assert!(matches!(&effects[..], [Effect::Load(LoadRequest::Open { config: again, .. })] if **again == config));
}

#[test]
fn what_takes_more_than_a_day_is_asked_about_first() {
    let mut state = opened();
    let jobs = |state: &State| state.jobs.len();
    state.machine.speed = Some(Speed { unet: 1e3, encoder: 1e3 });
    update(&mut state, TrainCommand::Start(RunKind::Train));
    let Some((RunKind::Train, seconds)) = state.asks_long else { panic!("{:?}", state.asks_long) };
    assert!(seconds > 86_400.0 && jobs(&state) == 0);
    update(&mut state, TrainCommand::CancelStart);
    assert!(state.asks_long.is_none() && jobs(&state) == 0);
    update(&mut state, TrainCommand::Start(RunKind::Train));
    update(&mut state, TrainCommand::Field("ddpm.steps", "20".into()));
    assert!(state.asks_long.is_none(), "it was about other settings");
    update(&mut state, TrainCommand::Start(RunKind::Train));
    update(&mut state, TrainCommand::Start(RunKind::Train));
    assert!(state.asks_long.is_none() && jobs(&state) == 1, "started all the same");
    let mut quick = opened();
    quick.machine.speed = Some(Speed { unet: 1e15, encoder: 1e15 });
    update(&mut quick, TrainCommand::Start(RunKind::Train));
    assert!(quick.asks_long.is_none() && jobs(&quick) == 1);
}

#[test]
fn devices_are_looked_for_once_and_by_a_thread() {
    let mut state = State::default();
    assert!(matches!(update(&mut state, TrainCommand::ListDevices)[..], [Effect::Load(LoadRequest::Devices)]));
    assert!(update(&mut state, TrainCommand::ListDevices).is_empty(), "the list stays open while it is looked");
    let cpu = Choice { kind: DeviceKind::Cpu, is: Ok("2 cores".into()) };
    update(&mut state, JobEvent::Devices(vec![cpu.clone()]));
    assert!(update(&mut state, TrainCommand::ListDevices).is_empty());
    assert_eq!(state.devices, Some(vec![cpu]));
}

#[test]
fn what_the_form_comes_to_is_derived_once_until_it_changes() {
    let mut state = opened();
    let before = state.resolved_settings().unwrap();
    assert!(Rc::ptr_eq(&before, &state.resolved_settings().unwrap()));
    update(&mut state, TrainCommand::Field("ddpm.batch", "3".into()));
    let after = state.resolved_settings().unwrap();
    assert_eq!((before.config.ddpm.batch == 3, after.config.ddpm.batch), (false, 3));
}
