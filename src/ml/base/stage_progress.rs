//! Progress of a stage that counts images and has no loss: decoding, dissolving, features, scores.

use super::{
    reporter::{Control, Event, Reporter, Stage, Step},
    throughput::Throughput,
};
use crate::error::{Error, Result};

/// A step of work without a loss; the last argument is (images a second, seconds left).
pub fn plain_step(stage: Stage, step: usize, total: usize, (images_per_second, eta_secs): (f64, f64)) -> Step {
    Step { stage, step, total, loss: 0.0, parts: [0.0; 2], grad_norm: 0.0, lr: 0.0, images_per_second, eta_secs }
}

/// Progress of `total` images in one stage, from `Started` to `Finished`.
pub struct StageProgress<'a> {
    stage: Stage,
    done: usize,
    total: usize,
    throughput: Throughput,
    /// Receives the events.
    pub reporter: &'a mut dyn Reporter,
}

impl<'a> StageProgress<'a> {
    /// Reports the start of the stage with `done` of `total` images done.
    pub fn start(stage: Stage, done: usize, total: usize, reporter: &'a mut dyn Reporter) -> Self {
        reporter.event(Event::Started { stage, done, total });
        Self { stage, done, total, throughput: Throughput::start(), reporter }
    }

    /// Reports that `done` images are done, counted from the start of the stage.
    ///
    /// # Errors
    /// [`Error::Stopped`] where the work is to stop.
    pub fn reach(&mut self, done: usize) -> Result<()> {
        if done > self.done {
            let speed = self.throughput.tick(done - self.done, 1, self.total.saturating_sub(done));
            self.done = done;
            self.reporter.event(Event::Step(plain_step(self.stage, done, self.total, speed)));
        }
        if self.reporter.control() == Control::Stop { Err(Error::Stopped) } else { Ok(()) }
    }

    /// Reports the end of the stage.
    pub fn finish(self) {
        self.reporter.event(Event::Finished { stage: self.stage });
    }
}
