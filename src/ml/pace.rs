//! How fast the work goes, and when it will be done.

use std::time::Instant;

/// Smoothed speed over about the last twenty steps.
#[derive(Debug)]
pub struct Pace {
    last: Instant,
    seconds_per_step: Option<f64>,
}

impl Pace {
    pub fn start() -> Self {
        Self { last: Instant::now(), seconds_per_step: None }
    }

    /// Call after `steps` more steps; returns (images a second, seconds left).
    pub fn tick(&mut self, steps: usize, images_per_step: usize, steps_left: usize) -> (f64, f64) {
        let now = Instant::now();
        let each = (now - self.last).as_secs_f64() / steps.max(1) as f64;
        self.last = now;
        let smooth = self.seconds_per_step.map_or(each, |old| old + (each - old) * 0.05);
        self.seconds_per_step = Some(smooth);
        (images_per_step as f64 / smooth.max(1e-9), smooth * steps_left as f64)
    }

    /// Leaves out the time since the last tick (an evaluation, a pause).
    pub fn skip(&mut self) {
        self.last = Instant::now();
    }
}
