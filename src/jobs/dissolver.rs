//! The thread behind the t slider: it does the newest wish and forgets all older ones. While there is none, it does what goes
//! with the newest one, piece by piece: several twins beside each other, the ladder of little pictures, the band of the
//! training normals.

use super::{
    events::{Events, JobEvent},
    latest::{Mailbox, Newest, Next},
};
use crate::engine::dissolve_request::{Board, Dissolve, METHODS};
use crate::error::Failure;
use crate::{
    config::DissolveMethod,
    engine::{dissolve_session::Bench, normal_band::BandBuilder},
};
use std::collections::VecDeque;

impl Newest<Dissolve> {
    pub fn start(events: Events) -> std::io::Result<Self> {
        Self::spawn("dissolve", move |mailbox| run(mailbox, &events))
    }
}

/// What goes with a wish, the next piece first.
enum Piece {
    Plate(usize),
    Rung(usize),
    Band,
}

fn run(mailbox: &Mailbox<Dissolve>, events: &Events) {
    let mut bench = Bench::default();
    let mut band = BandBuilder::default();
    let mut after: Option<(Dissolve, f64, VecDeque<Piece>)> = None;
    loop {
        match mailbox.next_or_idle(after.as_ref().is_some_and(|(_, _, pieces)| !pieces.is_empty())) {
            Next::Closed => return,
            Next::Wish(wish) => {
                let strength = events.guard("dissolve", || main(&mut bench, &wish, events)).unwrap_or(None);
                after = strength.map(|strength| {
                    let plates = (0..wish.board.len()).map(Piece::Plate);
                    let rungs = wish.rungs.iter().copied().map(Piece::Rung);
                    let pieces = plates.chain(rungs).chain(wish.bands.is_some().then_some(Piece::Band)).collect();
                    (wish, strength, pieces)
                });
            }
            Next::Idle => {
                let Some((wish, strength, pieces)) = &mut after else { continue };
                let Some(piece) = pieces.pop_front() else { continue };
                let again = events.guard("dissolve", || work(&mut bench, &mut band, wish, *strength, &piece, events));
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
fn main(bench: &mut Bench, wish: &Dissolve, events: &Events) -> Option<f64> {
    let twin = bench.original(wish).and_then(|(original, is_new)| {
        if is_new || wish.known.is_none() {
            events.send(JobEvent::Original(original));
        }
        if wish.known.is_some() { Ok(None) } else { bench.twin(wish).map(Some) }
    });
    let strength = match &twin {
        Ok(twin) => twin.as_ref().map(|t| t.mean_abs_change).or(wish.known),
        Err(_) => None,
    };
    if let Some(twin) = twin.map_err(Failure::from).transpose() {
        events.send(JobEvent::Dissolved { generation: wish.generation, twin });
    }
    strength
}

/// Returns whether the piece wants another turn.
fn work(bench: &mut Bench, band: &mut BandBuilder, wish: &Dissolve, strength: f64, piece: &Piece, events: &Events) -> bool {
    match *piece {
        Piece::Plate(index) => {
            let plate = match &wish.board {
                Board::Images(ids) => ids.get(index).map(|&id| bench.of_image(wish, id)),
                Board::Methods => METHODS.get(index).map(|&method| bench.matched(wish, own(wish, method), strength)),
                Board::Resolutions(sides) => sides.get(index).map(|&side| bench.at_resolution(wish, side)),
                Board::Nothing => None,
            };
            if let Some(plate) = plate {
                events.send(JobEvent::Plate { generation: wish.generation, index, plate });
            }
            false
        }
        Piece::Rung(t) => {
            // A t beyond a model's last has no rung.
            if let Ok(rung) = bench.rung(wish, t) {
                events.send(JobEvent::Rung { ladder: wish.ladder, rung });
            }
            false
        }
        Piece::Band => match band.step(bench, wish) {
            Ok((band, more)) => {
                if let Some(band) = band {
                    events.send(JobEvent::Band { ladder: wish.ladder, band });
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
fn own(wish: &Dissolve, method: DissolveMethod) -> DissolveMethod {
    let same = std::mem::discriminant(&wish.method) == std::mem::discriminant(&method);
    if same { wish.method } else { method }
}
