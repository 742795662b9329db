//! What a job has told so far: stages, steps, curves.

use crate::{
    engine::runs::list::RunCurve,
    ml::base::{
        readiness::Readiness,
        reporter::{Notice, Stage, Step},
    },
    run_dir::RunKind,
};
use std::path::PathBuf;

/// What a training has told so far.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// Stages that are finished.
    pub finished: Vec<Stage>,
    /// The stage at work; `None` before the first.
    pub stage: Option<Stage>,
    /// Steps of that stage so far.
    pub done: usize,
    /// Steps of that stage in all; 0 until they are known.
    pub total: usize,
    /// The newest step that came through.
    pub last: Option<Step>,
    /// What a step of each stage takes, s, and the number of its steps.
    pub seconds_per_step: Vec<(Stage, f64, usize)>,
    /// Curves of the training, thinned out so that they stay short.
    pub curves: Vec<Curve>,
    /// AUROC on labelled images after each epoch, where asked for.
    pub auroc: Vec<AurocPoint>,
    /// How good the diffusion model that is being trained is by now.
    pub readiness: Option<Readiness>,
    /// Previews that were written, newest last.
    pub previews: Vec<(usize, PathBuf)>,
    /// What the person should know, each once.
    pub notices: Vec<Notice>,
}

/// An evaluation on the way: a point of a curve, never used to choose anything.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AurocPoint {
    /// Number of epochs of DIA after which it was measured.
    pub epoch: usize,
    /// AUROC, \[0, 1\].
    pub value: f64,
    /// The AUROC's 95 % interval (DeLong).
    pub ci95: [f64; 2],
}

/// What a curve is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// The loss, all its parts together.
    Loss,
    /// The contrastive part of DIA's loss.
    Contrastive,
    /// The other part of DIA's loss: telling which shift a view has.
    Shifts,
    /// L2 norm of all gradients.
    GradNorm,
    /// The optimiser's learning rate.
    Rate,
}

/// How one quantity of a stage has gone so far.
#[derive(Debug, Clone)]
pub struct Curve {
    /// The stage whose training the curve is of.
    pub stage: Stage,
    /// What its values are.
    pub quantity: Quantity,
    /// `(step, value)`
    pub points: Vec<[f64; 2]>,
    /// Each `stride`-th step is kept.
    stride: usize,
    seen: usize,
}

/// A curve longer than this loses every other point: its shape stays, and its memory is bounded.
const MAX_POINTS: usize = 2000;

impl Curve {
    /// A curve without points.
    pub fn new(stage: Stage, quantity: Quantity) -> Self {
        Self { stage, quantity, points: Vec::new(), stride: 1, seen: 0 }
    }

    /// Adds the next step; where a training has begun again, in the place of what it had.
    pub fn push(&mut self, point: [f64; 2]) {
        self.points.truncate(self.points.partition_point(|before| before[0] < point[0]));
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

impl Quantity {
    /// The quantity of a column of `metrics.csv`.
    fn of_column(name: &str) -> Option<Self> {
        match name {
            "loss" => Some(Self::Loss),
            "contrastive" => Some(Self::Contrastive),
            "classification" => Some(Self::Shifts),
            "grad_norm" => Some(Self::GradNorm),
            "lr" => Some(Self::Rate),
            _ => None,
        }
    }
}

impl Progress {
    /// Share of the running stage that is done.
    pub fn share(&self) -> f32 {
        if self.total == 0 { 0.0 } else { (self.done as f32 / self.total as f32).clamp(0.0, 1.0) }
    }

    /// The curve of a quantity; `None` until the stage's first step has come.
    pub fn curve(&self, stage: Stage, quantity: Quantity) -> Option<&Curve> {
        self.curves.iter().find(|c| c.stage == stage && c.quantity == quantity)
    }

    /// Takes a step in.
    pub fn step(&mut self, step: Step) {
        (self.done, self.total, self.last) = (step.step, step.total, Some(step));
        if step.step < step.total && step.eta_secs > 0.0 {
            let each = step.eta_secs / (step.total - step.step) as f64;
            self.seconds_per_step.retain(|(s, ..)| *s != step.stage);
            self.seconds_per_step.push((step.stage, each, step.total));
        }
        let [contrastive, shifts] = step.parts;
        let values: &[(Quantity, f64)] = match step.stage {
            Stage::Ddpm => &[(Quantity::Loss, step.loss), (Quantity::GradNorm, step.grad_norm), (Quantity::Rate, step.lr)],
            Stage::Dia | Stage::TileDia => &[
                (Quantity::Loss, step.loss),
                (Quantity::Contrastive, contrastive),
                (Quantity::Shifts, shifts),
                (Quantity::GradNorm, step.grad_norm),
                (Quantity::Rate, step.lr),
            ],
            _ => &[],
        };
        for &(quantity, value) in values.iter().filter(|(_, v)| v.is_finite()) {
            self.curve_mut(step.stage, quantity).push([step.step as f64, value]);
        }
    }

    fn curve_mut(&mut self, stage: Stage, quantity: Quantity) -> &mut Curve {
        let at = self.curves.iter().position(|c| c.stage == stage && c.quantity == quantity).unwrap_or_else(|| {
            self.curves.push(Curve::new(stage, quantity));
            self.curves.len() - 1
        });
        &mut self.curves[at]
    }

    /// An evaluation on the way; one that is done again takes the place of the old one.
    pub fn epoch(&mut self, auroc: AurocPoint) {
        self.auroc.retain(|a| a.epoch < auroc.epoch);
        self.auroc.push(auroc);
    }

    /// Puts what the run's files tell of earlier sessions before what this one has seen.
    pub fn recall(&mut self, past: &[RunCurve]) {
        for curve in past {
            let stage = match curve.part.as_str() {
                part if part == RunKind::Ddpm.name() => Stage::Ddpm,
                part if part == RunKind::Tiles.name() => Stage::TileDia,
                _ => Stage::Dia,
            };
            let Some(quantity) = Quantity::of_column(&curve.name) else { continue };
            // A killed run may have written steps after the checkpoint that it resumes from.
            let done = if self.stage == Some(stage) { self.done as f64 } else { f64::INFINITY };
            let own = &mut self.curve_mut(stage, quantity).points;
            let end = own.first().map_or(done, |first| first[0] - 1.0);
            own.splice(0..0, curve.points.iter().copied().filter(|p| p[0] <= end));
        }
        let column = |name: &str| past.iter().find(|c| c.name == name).map_or(&[][..], |c| &c.points);
        let bounds = column("auroc_lower").iter().zip(column("auroc_upper"));
        let all = column("auroc").iter().zip(bounds).map(|(a, (lower, upper))| AurocPoint {
            epoch: a[0] as usize,
            value: a[1],
            ci95: [lower[1], upper[1]],
        });
        let end = self.auroc.first().map_or(usize::MAX, |first| first.epoch);
        self.auroc.splice(0..0, all.filter(|a| a.epoch < end).collect::<Vec<_>>());
    }

    /// The epoch with the highest AUROC: chosen on the labels it is measured on, so it is no result.
    pub fn best_auroc(&self) -> Option<AurocPoint> {
        self.auroc.iter().copied().max_by(|a, b| a.value.total_cmp(&b.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_curve_stays_short_and_keeps_its_ends() {
        let mut curve = Curve::new(Stage::Ddpm, Quantity::Loss);
        for i in 0..100_000 {
            curve.push([f64::from(i), 0.0]);
        }
        assert!(curve.points.len() <= MAX_POINTS);
        assert!(curve.points[0][0] < 200.0 && curve.points.last().unwrap()[0] > 99_800.0);
        assert!(curve.points.is_sorted_by(|a, b| a[0] < b[0]));
    }

    #[test]
    fn a_training_that_begins_again_draws_its_curve_anew() {
        let mut curve = Curve::new(Stage::Dia, Quantity::Loss);
        (1..=50).chain(1..=3).for_each(|step| curve.push([f64::from(step), 0.0]));
        assert_eq!(curve.points.iter().map(|point| point[0]).collect::<Vec<_>>(), [1.0, 2.0, 3.0]);
    }
}
