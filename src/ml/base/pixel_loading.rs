//! Decoding of the pixels that a network sees, with progress for whoever watches.

use super::{
    reporter::{Control, Event, Reporter, Stage, Step},
    throughput::Pace,
};
use crate::{
    config::PreprocessConfig,
    data::{Dataset, ImageId, PixelStore},
    error::{Error, Result},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

/// Pictures decoded before a progress bar is worth it.
const FEW: usize = 1000;

/// Decodes the images at `side` px; those that cannot be decoded are named in a notice and left out.
pub fn load_pixels(
    data: &Arc<Dataset>,
    preprocess: &PreprocessConfig,
    ids: Vec<ImageId>,
    side: usize,
    reporter: &mut dyn Reporter,
) -> Result<PixelStore> {
    let total = ids.len();
    let shown = total > FEW;
    if shown {
        reporter.event(Event::Started { stage: Stage::Data, done: 0, total });
    }
    let done = AtomicUsize::new(0);
    let store = std::thread::scope(|scope| {
        let count = |n: usize| done.store(n, Ordering::Relaxed);
        let (data, preprocess) = (data.clone(), preprocess.clone());
        let worker = scope.spawn(move || PixelStore::with_budget(data, preprocess, ids, side, PixelStore::BUDGET, &count));
        let (mut pace, mut seen) = (Pace::start(), 0);
        while shown && !worker.is_finished() {
            std::thread::sleep(Duration::from_millis(100));
            let now = done.load(Ordering::Relaxed);
            if now > seen {
                reporter.event(Event::Step(plain_step(Stage::Data, now, total, pace.tick(now - seen, 1, total - now))));
                seen = now;
            }
        }
        worker
            .join()
            .map_err(|_| Error::user("the images could not be decoded: the decoder failed", "report this, with the file"))?
    })?;
    if let [first, ..] = store.unusable() {
        let count = store.unusable().len();
        let text = format!(
            "{count} of {total} images cannot be decoded and are left out, the first: {} ({})",
            first.path.display(),
            first.reason
        );
        reporter.event(Event::Notice(text.into()));
    }
    if shown {
        reporter.event(Event::Finished { stage: Stage::Data });
    }
    Ok(store)
}

/// Progress of work without a loss; `speed`: (images a second, seconds left).
pub fn plain_step(stage: Stage, step: usize, total: usize, (images_per_second, eta_secs): (f64, f64)) -> Step {
    Step { stage, step, total, loss: 0.0, parts: [0.0; 2], grad_norm: 0.0, lr: 0.0, images_per_second, eta_secs }
}

/// Progress of `total` images in one stage, from `Started` to `Finished`.
pub struct Progress<'a> {
    stage: Stage,
    done: usize,
    total: usize,
    pace: Pace,
    pub reporter: &'a mut dyn Reporter,
}

impl<'a> Progress<'a> {
    pub fn start(stage: Stage, done: usize, total: usize, reporter: &'a mut dyn Reporter) -> Self {
        reporter.event(Event::Started { stage, done, total });
        Self { stage, done, total, pace: Pace::start(), reporter }
    }

    /// `done` of the images are behind us.
    ///
    /// # Errors
    /// [`Error::Stopped`] where the person wants no more.
    pub fn reach(&mut self, done: usize) -> Result<()> {
        if done > self.done {
            let speed = self.pace.tick(done - self.done, 1, self.total.saturating_sub(done));
            self.done = done;
            self.reporter.event(Event::Step(plain_step(self.stage, done, self.total, speed)));
        }
        if self.reporter.control() == Control::Stop { Err(Error::Stopped) } else { Ok(()) }
    }

    pub fn finish(self) {
        self.reporter.event(Event::Finished { stage: self.stage });
    }
}
