//! What this machine can do, as far as it was measured.

use crate::{
    app::{Effect, State, message::BackgroundEffect, state::Workspace},
    engine::machine::Machine,
    jobs::job::JobId,
    ml::{base::reporter::Stage, training::cost},
};

/// Looks at the machine where that matters: on Train, with a data set open.
pub fn look(state: &mut State) -> Vec<Effect> {
    if state.workspace != Workspace::Train || state.open().is_none() || state.machine.measuring {
        return Vec::new();
    }
    // A running training has all cores; its own steps will tell.
    let timed = state.machine.speed.is_none() && state.running().is_none();
    state.machine.measuring = timed;
    vec![Effect::Background(BackgroundEffect::Machine { timed })]
}

/// The machine was looked at.
pub fn measured(state: &mut State, machine: Machine) -> Vec<Effect> {
    state.machine.take(machine);
    remember_speed(state);
    Vec::new()
}

fn remember_speed(state: &mut State) {
    state.persisted.speed = state.machine.speed.map(|speed| (state.cores, speed));
}

/// A training shows how fast the machine is.
pub fn learn_speed(state: &mut State, id: JobId, stage: Stage) {
    let Some(job) = state.jobs.iter().find(|j| j.id == id) else { return };
    let each = job.progress.seconds_per_step.iter().find(|(s, ..)| *s == stage).map(|(_, each, _)| *each);
    if let (Some(each), Some(amount), Some(speed)) = (each, job.amount, state.machine.speed) {
        state.machine.speed = Some(cost::learn(speed, &job.config, amount, stage, each));
        remember_speed(state);
    }
}
