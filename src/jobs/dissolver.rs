//! The thread behind the t slider: it does the newest request and forgets all older ones. While there is none, it does what goes
//! with the newest one, piece by piece: several dissolved images beside each other, the thumbnails of the slider's strip, the sheet
//! of many t by tiles, the band of the training normals.

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

/// The slider's thread.
pub type Dissolving = LatestOnly<DissolveRequest>;

impl Dissolving {
    /// Starts the thread `dissolve`; [`join`](LatestOnly::join) ends it.
    ///
    /// # Errors
    /// Where the system has no room for another thread.
    pub fn start(events: Events) -> std::io::Result<Self> {
        Self::spawn("dissolve", move |requests| run(requests, &events))
    }
}

/// What goes with a request, the next one first.
enum SideTask {
    /// Some more tiles of a large picture.
    Refine,
    ComparisonPanel(usize),
    StripThumbnail(usize),
    /// A large picture by tiles.
    SheetStep(usize),
    NormalBand,
}

fn run(requests: &LatestReceiver<DissolveRequest>, events: &Events) {
    let mut session = DissolveSession::default();
    let mut band = NormalBandBuilder::default();
    let mut after: Option<(DissolveRequest, VecDeque<SideTask>)> = None;
    loop {
        match requests.next_or_idle(after.as_ref().is_some_and(|(_, tasks)| !tasks.is_empty())) {
            Next::Closed => return,
            Next::Request(request) => {
                let is_there = events.guard("dissolve", || dissolve_selected(&mut session, &request, events)).unwrap_or(false);
                after = is_there.then(|| {
                    let refine = session.is_refining().then_some(SideTask::Refine);
                    let panels = (0..request.grid.len()).map(SideTask::ComparisonPanel);
                    let strip_steps = request.strip_steps.iter().copied().map(SideTask::StripThumbnail);
                    let sheet_steps = request.sheet_steps.iter().copied().map(SideTask::SheetStep);
                    let band = request.bands.is_some().then_some(SideTask::NormalBand);
                    let tasks = refine.into_iter().chain(panels).chain(strip_steps).chain(sheet_steps).chain(band).collect();
                    (request, tasks)
                });
            }
            Next::Idle => {
                let Some((request, tasks)) = &mut after else { continue };
                let Some(task) = tasks.pop_front() else { continue };
                let is_stale = || requests.is_stale();
                let again = events.guard("dissolve", || side_task(&mut session, &mut band, request, &task, events, &is_stale));
                match again {
                    // One after the other: tiles come before what goes with them.
                    Ok(true) => tasks.push_front(task),
                    Ok(false) => {}
                    // The picture itself was dissolved, so that this fails is odd; the slider works without.
                    Err(_) => after = None,
                }
            }
        }
    }
}

/// The dissolved image itself, a large one coarsely. Returns whether it could be made.
fn dissolve_selected(session: &mut DissolveSession, request: &DissolveRequest, events: &Events) -> bool {
    let dissolved = session.select(&request.source).and_then(|(original, is_new)| {
        if is_new || !request.is_known {
            events.send(JobEvent::Original(original));
        }
        if request.is_known {
            session.leave();
            return Ok(None);
        }
        session.begin(request)
    });
    let is_there = dissolved.is_ok();
    if let Some(dissolved) = dissolved.map_err(Failure::from).transpose() {
        events.send(JobEvent::Dissolved { generation: request.generation, dissolved });
    }
    is_there
}

/// Returns whether the task wants another turn.
fn side_task(
    session: &mut DissolveSession,
    band: &mut NormalBandBuilder,
    request: &DissolveRequest,
    task: &SideTask,
    events: &Events,
    is_stale: &dyn Fn() -> bool,
) -> bool {
    let DissolveRequest { source, recipe, .. } = request;
    match *task {
        SideTask::Refine => {
            if let Some(dissolved) = session.refine().map_err(Failure::from).transpose() {
                events.send(JobEvent::Dissolved { generation: request.generation, dissolved });
            }
            session.is_refining()
        }
        SideTask::ComparisonPanel(index) => {
            let panel = match &request.grid {
                ComparisonGrid::Images(ids) => ids.get(index).and_then(|&id| {
                    let source = source.with_image(id);
                    session.panel(&source, recipe, source.name(), is_stale)
                }),
                ComparisonGrid::Methods => {
                    METHODS.get(index).map(|&method| session.matched(source, recipe, own_kernel(recipe, method)))
                }
                ComparisonGrid::Resolutions(resolutions) => resolutions.get(index).and_then(|&resolution| {
                    let recipe = Recipe { resolution, ..recipe.whole() };
                    session.panel(source, &recipe, format!("{resolution} px"), is_stale)
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
        SideTask::SheetStep(t) => {
            // As for the thumbnails, there is none beyond a model's last t.
            if let Ok(Some(dissolved)) = session.sheet_step(source, &recipe.at(t), is_stale) {
                events.send(JobEvent::SheetStep { strip: request.strip, dissolved });
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
