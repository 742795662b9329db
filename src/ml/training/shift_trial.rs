//! Chooses the shift when `dia.shift = auto`.
//!
//! On most sets the encoder becomes the better judge by cutperm, the harder task; where its classifier does not learn that task,
//! DIA is worse than chance. So cutperm is tried first, and rotation taken where the classifier's loss stays high. No label is
//! asked. The figures are in `assets/results/RESULTS.md`.

use super::metrics_log;
use crate::{
    config::{DiaConfig, Shift, ShiftKind},
    error::Result,
    ml::base::checkpoint,
    run_dir::RunDir,
};

/// Shorter trainings say nothing: they take rotation.
const LEAST_STEPS: usize = 80;
/// The trial's share of all steps.
const SHARE: usize = 4;
/// Its last steps, which are looked at.
const RECENT: usize = 10;
/// Mean cross-entropy of a classifier that learns its shift, nats; 1.39 is chance. Of seven sets one lies above (0.87), six below
/// (0.67 at most).
const LEARNT: f64 = 0.77;

/// A training by one shift.
#[derive(Debug, Clone, Copy)]
pub struct ShiftTrial {
    /// What it is learnt by.
    pub kind: ShiftKind,
    /// The step that it has proved itself at; `None` where it need not.
    end: Option<usize>,
}

impl ShiftTrial {
    /// The training that `run` has to go on with. What was decided stands in its own settings.
    ///
    /// # Errors
    /// Where those cannot be read.
    pub fn of(run: &RunDir, dia: &DiaConfig) -> Result<Self> {
        let total = dia.total_steps();
        Ok(match run.config()?.dia.shift {
            Shift::Auto if total >= LEAST_STEPS => Self { kind: ShiftKind::Cutperm, end: Some(total / SHARE) },
            decided => Self { kind: decided.kind(), end: None },
        })
    }

    /// Whether so many steps are done that it can be said whether the shift is learnt, and that has not been said.
    pub fn is_tried(&self, done: usize) -> bool {
        self.end.is_some_and(|end| done >= end)
    }

    /// Whether the shift is learnt, by the run's `metrics.csv`. A training that was stopped and resumed behind the end of the trial
    /// is told the same.
    pub fn is_learnt(&self, run: &RunDir) -> bool {
        let Some(end) = self.end else { return true };
        let Some(loss) = metrics_log::mean(run, "classification", end + 1 - RECENT..=end) else { return true };
        run.log(&format!("dia: loss of the shift classifier after {end} steps of {:?}: {loss:.3}", self.kind));
        loss <= LEARNT
    }

    /// Notes in the run's own settings that this is the shift.
    ///
    /// # Errors
    /// Where they cannot be read or written.
    pub fn decide(&mut self, run: &RunDir) -> Result<()> {
        self.end = None;
        set_shift(run, self.kind)
    }

    /// Puts aside what was learnt: the run begins again, by rotation.
    ///
    /// # Errors
    /// As [`decide`](Self::decide).
    pub fn reject(run: &RunDir) -> Result<()> {
        // First, so that a run that is killed in between is tried again from the beginning.
        checkpoint::prune(run, 0);
        set_shift(run, ShiftKind::Rotation)
    }
}

fn set_shift(run: &RunDir, kind: ShiftKind) -> Result<()> {
    let config = run.config()?;
    if config.dia.shift == kind.into() { Ok(()) } else { run.set_config(&config.with_shift(kind)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::Preset, ml::training::metrics_log::MetricsLog, run_dir::RunKind};

    fn run(shift: Shift) -> (tempfile::TempDir, RunDir, DiaConfig) {
        let dir = tempfile::tempdir().unwrap();
        let mut config = Preset::Quick.config();
        config.dia.shift = shift;
        let run = RunDir::create(dir.path(), RunKind::Dia, "x", &config).unwrap();
        (dir, run, config.dia)
    }

    #[test]
    fn cutperm_is_kept_where_its_loss_falls_and_given_up_where_it_does_not() {
        for (late, is_learnt) in [(0.2, true), (0.9, false)] {
            let (_dir, run, dia) = run(Shift::Auto);
            let mut trial = ShiftTrial::of(&run, &dia).unwrap();
            assert_eq!((trial.kind, trial.end), (ShiftKind::Cutperm, Some(50)));
            let mut log = MetricsLog::resume(&run, &["loss", "contrastive", "classification"], 0).unwrap();
            // What follows the trial does not count, so that a resumed run decides as one that was never stopped.
            let loss = |step| {
                if step <= 40 {
                    1.3
                } else if step <= 50 {
                    late
                } else {
                    5.0
                }
            };
            (1..=60).for_each(|step| log.push(step, &[9.0, 9.0, loss(step)]).unwrap());
            log.flush().unwrap();
            assert_eq!([49, 50, 60].map(|done| trial.is_tried(done)), [false, true, true]);
            assert_eq!(trial.is_learnt(&run), is_learnt);
            if is_learnt {
                trial.decide(&run).unwrap()
            } else {
                ShiftTrial::reject(&run).unwrap()
            };
            let decided = ShiftTrial::of(&run, &dia).unwrap();
            assert_eq!(decided.kind, if is_learnt { ShiftKind::Cutperm } else { ShiftKind::Rotation });
            assert!(!decided.is_tried(60));
        }
    }

    #[test]
    fn what_is_asked_for_and_short_trainings_are_not_tried() {
        let (_dir, run_by_cutperm, dia) = run(Shift::Cutperm);
        let asked = ShiftTrial::of(&run_by_cutperm, &dia).unwrap();
        assert_eq!((asked.kind, asked.end), (ShiftKind::Cutperm, None));
        let (_dir, run, dia) = run(Shift::Auto);
        let short = ShiftTrial::of(&run, &DiaConfig { epochs: 1, ..dia }).unwrap();
        assert_eq!((short.kind, short.end), (ShiftKind::Rotation, None));
    }
}
