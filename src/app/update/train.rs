//! The workspace Train: new runs, resumed ones, and scores of finished ones become jobs.

use super::shared::{queue, training_form};
use crate::{
    app::{
        Effect, State, TrainCommand, actions,
        message::JobOrder,
        state::{JobInfo, Work, Workspace},
    },
    data::Label,
    engine::runs::list::RunEntry,
    jobs::loader::LoadRequest,
    ml::training::cost::Amount,
    run_dir::RunKind,
};
use std::path::PathBuf;

/// A training that takes longer is asked about first, seconds.
const LONG: f64 = 86_400.0;

pub fn execute(state: &mut State, command: TrainCommand) -> Vec<Effect> {
    match command {
        TrainCommand::Preset(preset) => training_form::preset(state, preset),
        TrainCommand::CardPreset(card, preset) => training_form::card_preset(state, card, preset),
        TrainCommand::Field(key, text) => training_form::field(state, key, text),
        TrainCommand::ListDevices if state.devices.is_some() => Vec::new(),
        TrainCommand::ListDevices => {
            state.devices = Some(Vec::new());
            vec![Effect::Load(LoadRequest::Devices)]
        }
        TrainCommand::Restore(key) => training_form::restore(state, key),
        TrainCommand::UseSettings(run) => training_form::use_settings(state, &run),
        TrainCommand::Reuse(source) => training_form::reuse(state, source),
        TrainCommand::Start(kind) => start(state, kind),
        TrainCommand::CancelStart => {
            state.asks_long = None;
            Vec::new()
        }
        TrainCommand::Resume(run) => resume(state, run),
        TrainCommand::Score(run) => score(state, run),
        TrainCommand::Requeue => queue::requeue(state),
        TrainCommand::Decline => queue::decline(state),
        TrainCommand::Dequeue(id) => queue::dequeue(state, id),
        TrainCommand::MoveJob(id, by) => queue::move_job(state, id, by),
        TrainCommand::Pause(id) => queue::control(state, id, JobOrder::Pause),
        TrainCommand::Continue(id) => queue::control(state, id, JobOrder::Continue),
        TrainCommand::Stop(id) => queue::control(state, id, JobOrder::Stop),
        TrainCommand::FinishEarly(id) => queue::control(state, id, JobOrder::FinishEarly),
    }
}

fn start(state: &mut State, kind: RunKind) -> Vec<Effect> {
    if let Err(reason) = actions::may_train_kind(state, kind) {
        state.notify_error("Training cannot start.", reason);
        return Vec::new();
    }
    let Some(open) = state.open().cloned() else { return Vec::new() };
    let asked = state.asks_long.take().is_some_and(|(asked, _)| asked == kind);
    if let Some(seconds) = state.forecast().map(|f| f.seconds_of(kind)).filter(|seconds| *seconds > LONG && !asked) {
        state.asks_long = Some((kind, seconds));
        if state.workspace != Workspace::Train {
            state.notify("This training would take more than a day: Train (3) asks whether to start it.");
        }
        return Vec::new();
    }
    let name = open.title();
    let Some(mut config) = state.run_config(kind) else { return Vec::new() };
    // Without both labels there is no curve of the AUROC.
    if open.by_label.iter().any(|(label, n)| *label == Some(Label::Abnormal) && n.val + n.test == 0) {
        config.dia.eval_every = 0;
    }
    let kind = match kind {
        RunKind::Dia => RunKind::of_encoder(config.dia.dissolve),
        kind => kind,
    };
    let title = match kind {
        RunKind::Train => format!("Train {name}"),
        RunKind::Ddpm => format!("Diffusion model of {name}"),
        RunKind::Dia => format!("DIA of {name}"),
        RunKind::Csi => format!("CSI of {name}"),
        RunKind::Tiles => format!("DIA on tiles of {name}"),
    };
    let amount = state.amount(&config, state.train.reuse.is_some());
    let curation = Some(open.dataset.curation.clone()).filter(|curation| !curation.is_empty());
    if curation.is_none() {
        config.data.curation = None;
    }
    queue::submit(state, JobInfo { amount, curation, ..JobInfo::new(title, name, kind, config, Work::New) })
}

fn resume(state: &mut State, run: PathBuf) -> Vec<Effect> {
    let Some(entry) = state.runs.iter().find(|r| r.path == run) else { return Vec::new() };
    let busy = state.jobs.iter().any(|j| !j.state.has_ended() && j.run.as_ref() == Some(&run));
    if busy || !entry.can_resume() {
        return Vec::new();
    }
    let (name, config, kind) = (entry.manifest.name.clone(), entry.config.clone(), entry.manifest.kind);
    state.offer = state.offer.take().filter(|offered| *offered != run);
    let amount = amount_of(state, entry);
    queue::submit(state, JobInfo { amount, ..JobInfo::new(format!("Go on with {name}"), name, kind, config, Work::Resume(run)) })
}

/// Scores of a run whose encoder is finished, on its own images.
fn score(state: &mut State, run: PathBuf) -> Vec<Effect> {
    let Some(entry) = state.runs.iter().find(|r| r.path == run) else { return Vec::new() };
    let (name, config, kind) = (entry.manifest.name.clone(), entry.config.clone(), entry.manifest.kind);
    let amount = amount_of(state, entry);
    queue::submit(state, JobInfo { amount, ..JobInfo::new(format!("Scores of {name}"), name, kind, config, Work::Score(run)) })
}

/// How much there is to do for a run that is there: known where its data set is the one that is open.
fn amount_of(state: &State, run: &RunEntry) -> Option<Amount> {
    let config = &run.config;
    let has_model = run.model_is_finished || !config.dia.model.as_os_str().is_empty();
    let is_open = state.open().is_some_and(|open| open.dataset.place == run.place);
    state.amount(config, has_model).filter(|_| is_open)
}
