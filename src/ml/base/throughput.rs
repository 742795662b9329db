//! Throughput of the work, and the time that is left.

use std::{collections::VecDeque, time::Instant};

/// Steps whose median is the speed: a slow first step, an evaluation or a pause does not move it.
const WINDOW: usize = 21;

/// The median time of the last steps.
#[derive(Debug)]
pub struct Throughput {
    last: Instant,
    recent: VecDeque<f64>,
}

impl Throughput {
    /// Starts the clock.
    pub fn start() -> Self {
        Self { last: Instant::now(), recent: VecDeque::new() }
    }

    /// To be called after `steps` more steps of `images_per_step` images, with `steps_left` to come; returns (images a second,
    /// seconds left).
    pub fn tick(&mut self, steps: usize, images_per_step: usize, steps_left: usize) -> (f64, f64) {
        let now = Instant::now();
        let each = (now - self.last).as_secs_f64() / steps.max(1) as f64;
        self.last = now;
        let each = self.record(each);
        (images_per_step as f64 / each.max(1e-9), each * steps_left as f64)
    }

    /// Leaves out the time since the last tick (an evaluation, a pause).
    pub fn skip(&mut self) {
        self.last = Instant::now();
    }

    /// Takes the seconds of one more step in; returns what a step takes.
    fn record(&mut self, seconds: f64) -> f64 {
        self.recent.push_back(seconds);
        if self.recent.len() > WINDOW {
            self.recent.pop_front();
        }
        let mut sorted: Vec<f64> = self.recent.iter().copied().collect();
        sorted.sort_by(f64::total_cmp);
        sorted[sorted.len() / 2]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After ten steps the forecast is right within a factor of 1.5, whatever the first steps were like.
    #[test]
    fn ten_steps_tell_the_speed() {
        for slow in [1.0, 4.0, 30.0] {
            let mut throughput = Throughput::start();
            let step = |i: usize| match i {
                0 | 1 => slow,
                // A checkpoint or a preview falls into this one.
                6 => 8.0,
                i => 1.0 + 0.2 * (i as f64).sin(),
            };
            let recorded = (0..10).map(|i| throughput.record(step(i))).last().unwrap();
            assert!((1.0 / 1.5..1.5).contains(&recorded), "{recorded} after a first step of {slow}");
        }
        // A machine that becomes half as fast is noticed.
        let mut throughput = Throughput::start();
        let recorded = (0..60).map(|i| throughput.record(if i < 40 { 1.0 } else { 2.0 })).last().unwrap();
        assert_eq!(recorded, 2.0);
    }
}
