//! The thread behind the t slider: it does the newest request and forgets all older ones. While there is none, it does what goes
//! with the newest one, piece by piece: several dissolved images beside each other, the thumbnails of the slider's strip, the
//! band of the training normals.

use super::{
    events::{Events, JobEvent},
    latest::{LatestOnly, LatestReceiver, Next},
};
use crate::{
    config::DissolveMethod,
    engine::dissolve::{
        normal_band::NormalBandBuilder,
        request::{ComparisonGrid, DissolveRequest, METHODS, Recipe},
        session::DissolveSession,
    },
    error::Failure,
};
use std::collections::VecDeque;

impl LatestOnly<DissolveRequest> {
    pub fn start(events: Events) -> std::io::Result<Self> {
        Self::spawn("dissolve", move |requests| run(requests, &events))
    }
}

/// What goes with a request, the next one first.
enum SideTask {
    ComparisonPanel(usize),
    StripThumbnail(usize),
    NormalBand,
}

fn run(requests: &LatestReceiver<DissolveRequest>, events: &Events) {
    let mut session = DissolveSession::default();
    let mut band = NormalBandBuilder::default();
    let mut after: Option<(DissolveRequest, f64, VecDeque<SideTask>)> = None;
    loop {
        match requests.next_or_idle(after.as_ref().is_some_and(|(_, _, tasks)| !tasks.is_empty())) {
            Next::Closed => return,
            Next::Request(request) => {
                let strength = events.guard("dissolve", || main(&mut session, &request, events)).unwrap_or(None);
                after = strength.map(|strength| {
                    let panels = (0..request.grid.len()).map(SideTask::ComparisonPanel);
                    let strip_steps = request.strip_steps.iter().copied().map(SideTask::StripThumbnail);
                    let tasks =
                        panels.chain(strip_steps).chain(request.bands.is_some().then_some(SideTask::NormalBand)).collect();
                    (request, strength, tasks)
                });
            }
            Next::Idle => {
                let Some((request, strength, tasks)) = &mut after else { continue };
                let Some(task) = tasks.pop_front() else { continue };
                let again = events.guard("dissolve", || side_task(&mut session, &mut band, request, *strength, &task, events));
                match again {
                    Ok(true) => tasks.push_back(task),
                    Ok(false) => {}
                    // The picture itself was dissolved, so that this fails is odd; the slider works without.
                    Err(_) => after = None,
                }
            }
        }
    }
}

/// The dissolved image itself. Returns its mean |change|, or `None` where it could not be made.
fn main(session: &mut DissolveSession, request: &DissolveRequest, events: &Events) -> Option<f64> {
    let dissolved = session.select(&request.source).and_then(|(original, is_new)| {
        if is_new || request.known.is_none() {
            events.send(JobEvent::Original(original));
        }
        if request.known.is_some() { Ok(None) } else { session.dissolve(&request.source, &request.recipe).map(Some) }
    });
    let strength = match &dissolved {
        Ok(dissolved) => dissolved.as_ref().map(|d| d.mean_abs_change).or(request.known),
        Err(_) => None,
    };
    if let Some(dissolved) = dissolved.map_err(Failure::from).transpose() {
        events.send(JobEvent::Dissolved { generation: request.generation, dissolved });
    }
    strength
}

/// Returns whether the task wants another turn.
fn side_task(
    session: &mut DissolveSession,
    band: &mut NormalBandBuilder,
    request: &DissolveRequest,
    strength: f64,
    task: &SideTask,
    events: &Events,
) -> bool {
    let DissolveRequest { source, recipe, .. } = request;
    match *task {
        SideTask::ComparisonPanel(index) => {
            let panel = match &request.grid {
                ComparisonGrid::Images(ids) => ids.get(index).map(|&id| {
                    let source = source.with_image(id);
                    session.panel(&source, recipe, source.name())
                }),
                ComparisonGrid::Methods => {
                    METHODS.get(index).map(|&method| session.matched(source, recipe, own_kernel(recipe, method), strength))
                }
                ComparisonGrid::Resolutions(resolutions) => resolutions.get(index).map(|&resolution| {
                    session.panel(source, &Recipe { resolution, ..recipe.clone() }, format!("{resolution} px"))
                }),
                ComparisonGrid::Nothing => None,
            };
            if let Some(panel) = panel {
                events.send(JobEvent::ComparisonPanel { generation: request.generation, index, panel });
            }
            false
        }
        SideTask::StripThumbnail(t) => {
            // There is no thumbnail beyond a model's last t.
            if let Ok(thumbnail) = session.thumbnail(source, &recipe.at(t)) {
                events.send(JobEvent::StripThumbnail { strip: request.strip, thumbnail });
            }
            false
        }
        SideTask::NormalBand => match band.step(session, request) {
            Ok((band, more)) => {
                if let Some(band) = band {
                    events.send(JobEvent::NormalBand { strip: request.strip, band });
                }
                more
            }
            Err(error) => {
                let summary = format!("The band of the training normals could not be measured: {error}");
                events.send(JobEvent::Trouble { summary, hint: error.hint() });
                false
            }
        },
    }
}

/// The recipe's own kernel where the method is the recipe's.
fn own_kernel(recipe: &Recipe, method: DissolveMethod) -> DissolveMethod {
    let same = std::mem::discriminant(&recipe.method) == std::mem::discriminant(&method);
    if same { recipe.method } else { method }
}
