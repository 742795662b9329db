//! The thread behind the t slider: it does the newest wish and forgets all older ones. While there is none, it fills the
//! ladder of little pictures, one at a time.

use super::{Difference, Events, Failure, JobEvent, ModelSource, Pixels, bench::Bench};
use crate::{
    config::{DissolveMethod, PreprocessConfig},
    data::{Dataset, ImageId},
};
use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
};

/// One wish of the slider.
#[derive(Debug, Clone)]
pub struct Dissolve {
    pub generation: u64,
    /// Changes with everything but t and the colouring: the ladder is then made anew.
    pub ladder: u64,
    pub dataset: Arc<Dataset>,
    pub image: ImageId,
    pub preprocess: PreprocessConfig,
    pub t: usize,
    pub method: DissolveMethod,
    /// Needed for [`DissolveMethod::Diffusion`].
    pub model: Option<ModelSource>,
    /// px; 0 = the model's.
    pub resolution: usize,
    pub difference: Difference,
    pub gain: f32,
    /// The t of the ladder's little pictures.
    pub rungs: Vec<usize>,
}

/// An image and its dissolved twin.
#[derive(Debug)]
pub struct Twin {
    pub image: ImageId,
    pub t: usize,
    pub dissolved: Pixels,
    pub difference: Pixels,
    /// Mean |original - dissolved| over pixels and channels, \[0, 1\].
    pub mean_abs_change: f64,
    pub milliseconds: f64,
    /// px
    pub resolution: usize,
}

/// One little picture of the ladder.
#[derive(Debug)]
pub struct Rung {
    pub t: usize,
    pub pixels: Pixels,
    pub mean_abs_change: f64,
}

/// The mailbox has room for one wish.
#[derive(Default)]
struct Mailbox {
    slot: Mutex<Slot>,
    changed: Condvar,
}

#[derive(Default)]
struct Slot {
    wish: Option<Dissolve>,
    closed: bool,
}

pub struct DissolveWorker {
    mailbox: Arc<Mailbox>,
    thread: Option<JoinHandle<()>>,
}

impl DissolveWorker {
    pub fn start(events: Events) -> std::io::Result<Self> {
        let mailbox = Arc::new(Mailbox::default());
        let there = mailbox.clone();
        let thread = std::thread::Builder::new().name("dissolve".into()).spawn(move || run(&there, &events))?;
        Ok(Self { mailbox, thread: Some(thread) })
    }

    /// Replaces the wish before, where that has not begun.
    pub fn ask(&self, wish: Dissolve) {
        self.mailbox.lock().wish = Some(wish);
        self.mailbox.changed.notify_all();
    }

    pub fn join(&mut self) {
        self.mailbox.lock().closed = true;
        self.mailbox.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

enum Next {
    Wish(Box<Dissolve>),
    /// Nothing new: go on with the ladder.
    Idle,
    Closed,
}

impl Mailbox {
    fn lock(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a wish, unless there is a ladder to go on with.
    fn next(&self, has_work: bool) -> Next {
        let mut slot = self.lock();
        loop {
            match slot.wish.take() {
                _ if slot.closed => return Next::Closed,
                Some(wish) => return Next::Wish(Box::new(wish)),
                None if has_work => return Next::Idle,
                None => slot = self.changed.wait(slot).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

fn run(mailbox: &Mailbox, events: &Events) {
    let mut bench = Bench::default();
    let mut ladder: Option<(Dissolve, VecDeque<usize>)> = None;
    loop {
        match mailbox.next(ladder.as_ref().is_some_and(|(_, rungs)| !rungs.is_empty())) {
            Next::Closed => return,
            Next::Wish(wish) => {
                let twin = events.guard("dissolve", || bench.twin(&wish, events)).and_then(|r| r.map_err(Failure::from));
                let failed = twin.is_err();
                events.send(JobEvent::Dissolved { generation: wish.generation, twin });
                ladder = match ladder.take() {
                    _ if failed => None,
                    Some((old, rungs)) if old.ladder == wish.ladder => Some((*wish, rungs)),
                    _ => Some((wish.as_ref().clone(), wish.rungs.iter().copied().collect())),
                };
            }
            Next::Idle => {
                let Some((wish, rungs)) = &mut ladder else { continue };
                let Some(t) = rungs.pop_front() else { continue };
                match events.guard("dissolve", || bench.rung(wish, t)) {
                    Ok(Ok(rung)) => _ = events.send(JobEvent::Rung { ladder: wish.ladder, rung }),
                    // The picture itself was dissolved, so its ladder failing would be odd; the slider works without.
                    Ok(Err(_)) | Err(_) => ladder = None,
                }
            }
        }
    }
}
