//! Jobs as the window knows them.

use crate::{
    jobs::{JobId, Outcome},
    ml::progress::{Stage, Step},
};
use std::path::PathBuf;

#[derive(Debug, Clone)]
pub struct JobInfo {
    pub id: JobId,
    pub title: String,
    pub state: JobState,
    /// Its folder, once it has one.
    pub run: Option<PathBuf>,
    pub progress: Progress,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobState {
    Queued,
    Running,
    Paused,
    /// Told to stop; its checkpoint is being written.
    Stopping,
    Ended(Outcome),
}

impl JobState {
    pub fn is_running(&self) -> bool {
        matches!(self, Self::Running | Self::Paused | Self::Stopping)
    }

    pub fn has_ended(&self) -> bool {
        matches!(self, Self::Ended(_))
    }
}

/// What a training has told so far.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// Stages that are through.
    pub finished: Vec<Stage>,
    pub stage: Option<Stage>,
    pub done: usize,
    pub total: usize,
    pub last: Option<Step>,
    /// `(step, loss)` of each training stage, thinned out so that it stays short.
    pub curves: Vec<Curve>,
    /// `(epoch, auroc)` on labelled images, where asked for.
    pub auroc: Vec<[f64; 2]>,
    /// Previews that were written, newest last.
    pub previews: Vec<(usize, PathBuf)>,
    pub notices: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct Curve {
    pub stage: Stage,
    pub points: Vec<[f64; 2]>,
    /// Each `stride`-th step is kept.
    stride: usize,
    seen: usize,
}

/// A curve longer than this loses every other point: its shape stays, and its memory is bounded.
const MAX_POINTS: usize = 2000;

impl Curve {
    pub fn new(stage: Stage) -> Self {
        Self { stage, points: Vec::new(), stride: 1, seen: 0 }
    }

    pub fn push(&mut self, point: [f64; 2]) {
        self.seen += 1;
        if !self.seen.is_multiple_of(self.stride) {
            return;
        }
        self.points.push(point);
        if self.points.len() > MAX_POINTS {
            let mut keep = false;
            self.points.retain(|_| {
                keep = !keep;
                keep
            });
            self.stride *= 2;
        }
    }
}

impl Progress {
    /// Share of the running stage that is done.
    pub fn share(&self) -> f32 {
        if self.total == 0 { 0.0 } else { (self.done as f32 / self.total as f32).clamp(0.0, 1.0) }
    }

    pub fn curve(&self, stage: Stage) -> Option<&Curve> {
        self.curves.iter().find(|c| c.stage == stage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_curve_stays_short_and_keeps_its_ends() {
        let mut curve = Curve::new(Stage::Ddpm);
        for i in 0..100_000 {
            curve.push([f64::from(i), 0.0]);
        }
        assert!(curve.points.len() <= MAX_POINTS);
        assert!(curve.points[0][0] < 200.0 && curve.points.last().unwrap()[0] > 99_800.0);
        assert!(curve.points.is_sorted_by(|a, b| a[0] < b[0]));
    }
}
