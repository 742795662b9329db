//! Progress of a stage that counts images and has no loss: decoding, dissolving, features, scores.

use super::reporter::{Event, Reporter, Stage, Step};
use crate::error::Result;
use std::time::{Duration, Instant};

/// A step of work without a loss; the last argument is (images a second, seconds left).
pub fn plain_step(stage: Stage, step: usize, total: usize, (images_per_second, eta_secs): (f64, f64)) -> Step {
    Step { stage, step, total, loss: 0.0, parts: [0.0; 2], grad_norm: 0.0, lr: 0.0, images_per_second, eta_secs }
}

/// Progress of `total` images in one stage, from `Started` to `Finished`.
pub struct StageProgress<'a> {
    stage: Stage,
    /// Images done before, and by now.
    before: usize,
    done: usize,
    total: usize,
    /// Since when it works, pauses left out of what it took until then.
    since: Instant,
    took: Duration,
    /// Receives the events.
    pub reporter: &'a mut dyn Reporter,
}

impl<'a> StageProgress<'a> {
    /// Reports the start of the stage with `done` of `total` images done.
    pub fn start(stage: Stage, done: usize, total: usize, reporter: &'a mut dyn Reporter) -> Self {
        reporter.event(Event::Started { stage, done, total });
        Self { stage, before: done, done, total, since: Instant::now(), took: Duration::ZERO, reporter }
    }

    /// Reports that `done` images are done, counted from the start of the stage. What is left is said by the mean of all so far:
    /// they are of various sizes, and the next are like them.
    ///
    /// # Errors
    /// [`Error::Stopped`](crate::error::Error::Stopped) where the work is to stop.
    pub fn reach(&mut self, done: usize) -> Result<()> {
        if done > self.done {
            let now = Instant::now();
            self.took += now - std::mem::replace(&mut self.since, now);
            self.done = done;
            let each = self.took.as_secs_f64().max(1e-9) / (done - self.before) as f64;
            let speed = (each.recip(), each * self.total.saturating_sub(done) as f64);
            self.reporter.event(Event::Step(plain_step(self.stage, done, self.total, speed)));
        }
        let before = Instant::now();
        let checked = self.reporter.check_stop();
        self.since += before.elapsed();
        checked
    }

    /// Reports the end of the stage.
    pub fn finish(self) {
        self.reporter.event(Event::Finished { stage: self.stage });
    }
}
