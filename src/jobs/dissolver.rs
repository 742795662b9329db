//! The thread behind the t slider: it does the newest wish and forgets all older ones. While there is none, it does what goes
//! with the newest one, piece by piece: several twins beside each other, the ladder of little pictures, the band of the
//! training normals.

use super::{
    events::{Events, JobEvent},
    latest::{LatestOnly, LatestReceiver, Next},
};
use crate::engine::dissolve::request::{ComparisonGrid, DissolveRequest, METHODS};
use crate::error::Failure;
use crate::{
    config::DissolveMethod,
    engine::{dissolve::normal_band::NormalBandBuilder, dissolve::session::DissolveSession},
};
use std::collections::VecDeque;

impl LatestOnly<DissolveRequest> {
    pub fn start(events: Events) -> std::io::Result<Self> {
        Self::spawn("dissolve", move |mailbox| run(mailbox, &events))
    }
}

/// What goes with a wish, the next piece first.
enum Piece {
    ComparisonPanel(usize),
    StripThumbnail(usize),
    NormalBand,
}

fn run(mailbox: &LatestReceiver<DissolveRequest>, events: &Events) {
    let mut session = DissolveSession::default();
    let mut band = NormalBandBuilder::default();
    let mut after: Option<(DissolveRequest, f64, VecDeque<Piece>)> = None;
    loop {
        match mailbox.next_or_idle(after.as_ref().is_some_and(|(_, _, pieces)| !pieces.is_empty())) {
            Next::Closed => return,
            Next::Request(request) => {
                let strength = events.guard("dissolve", || main(&mut session, &request, events)).unwrap_or(None);
                after = strength.map(|strength| {
                    let panels = (0..request.grid.len()).map(Piece::ComparisonPanel);
                    let strip_steps = request.strip_steps.iter().copied().map(Piece::StripThumbnail);
                    let pieces = panels.chain(strip_steps).chain(request.bands.is_some().then_some(Piece::NormalBand)).collect();
                    (request, strength, pieces)
                });
            }
            Next::Idle => {
                let Some((request, strength, pieces)) = &mut after else { continue };
                let Some(piece) = pieces.pop_front() else { continue };
                let again = events.guard("dissolve", || work(&mut session, &mut band, request, *strength, &piece, events));
                match again {
                    Ok(true) => pieces.push_back(piece),
                    Ok(false) => {}
                    // The picture itself was dissolved, so that this fails is odd; the slider works without.
                    Err(_) => after = None,
                }
            }
        }
    }
}

/// The twin itself. Returns its mean |change|, or `None` where it could not be made.
fn main(session: &mut DissolveSession, request: &DissolveRequest, events: &Events) -> Option<f64> {
    let twin = session.original(request).and_then(|(original, is_new)| {
        if is_new || request.known.is_none() {
            events.send(JobEvent::Original(original));
        }
        if request.known.is_some() { Ok(None) } else { session.twin(request).map(Some) }
    });
    let strength = match &twin {
        Ok(twin) => twin.as_ref().map(|t| t.mean_abs_change).or(request.known),
        Err(_) => None,
    };
    if let Some(twin) = twin.map_err(Failure::from).transpose() {
        events.send(JobEvent::Dissolved { generation: request.generation, twin });
    }
    strength
}

/// Returns whether the piece wants another turn.
fn work(
    session: &mut DissolveSession,
    band: &mut NormalBandBuilder,
    request: &DissolveRequest,
    strength: f64,
    piece: &Piece,
    events: &Events,
) -> bool {
    match *piece {
        Piece::ComparisonPanel(index) => {
            let panel = match &request.grid {
                ComparisonGrid::Images(ids) => ids.get(index).map(|&id| session.of_image(request, id)),
                ComparisonGrid::Methods => {
                    METHODS.get(index).map(|&method| session.matched(request, own(request, method), strength))
                }
                ComparisonGrid::Resolutions(sides) => sides.get(index).map(|&side| session.at_resolution(request, side)),
                ComparisonGrid::Nothing => None,
            };
            if let Some(panel) = panel {
                events.send(JobEvent::ComparisonPanel { generation: request.generation, index, panel });
            }
            false
        }
        Piece::StripThumbnail(t) => {
            // A t beyond a model's last has no rung.
            if let Ok(thumbnail) = session.thumbnail(request, t) {
                events.send(JobEvent::StripThumbnail { strip: request.strip, thumbnail });
            }
            false
        }
        Piece::NormalBand => match band.step(session, request) {
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

/// The wish's own kernel where the method is the wish's.
fn own(request: &DissolveRequest, method: DissolveMethod) -> DissolveMethod {
    let same = std::mem::discriminant(&request.method) == std::mem::discriminant(&method);
    if same { request.method } else { method }
}
