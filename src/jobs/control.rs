//! What a person wants of one job: continue, pause, stop, finish early. Training asks once a batch.

use crate::ml::base::reporter::Control;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Shared by the window and the job's thread.
#[derive(Debug, Clone, Default)]
pub struct JobControl(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    state: Mutex<Wanted>,
    changed: Condvar,
}

#[derive(Debug, Default, Clone, Copy)]
struct Wanted {
    paused: bool,
    request: Option<Control>,
}

impl JobControl {
    /// Blocks the job at its next batch, until [`resume`](Self::resume) or one of the ends.
    pub fn pause(&self) {
        self.lock().paused = true;
    }

    pub fn resume(&self) {
        self.lock().paused = false;
        self.0.changed.notify_all();
    }

    /// Write a checkpoint and end; the work can be resumed.
    pub fn stop(&self) {
        self.end(Control::Stop);
    }

    /// End the stage now, as if this had been its last step.
    pub fn finish_early(&self) {
        self.end(Control::FinishEarly);
    }

    pub fn is_stopped(&self) -> bool {
        self.lock().request == Some(Control::Stop)
    }

    /// Finishing early is for one stage only: the next one of a chain starts without it.
    pub fn stage_ended(&self) {
        let mut wanted = self.lock();
        if wanted.request == Some(Control::FinishEarly) {
            wanted.request = None;
        }
    }

    /// Blocks while paused.
    pub fn control(&self) -> Control {
        let mut wanted = self.lock();
        while wanted.paused && wanted.request.is_none() {
            wanted = self.0.changed.wait(wanted).unwrap_or_else(PoisonError::into_inner);
        }
        wanted.request.unwrap_or(Control::Continue)
    }

    fn end(&self, request: Control) {
        let mut wanted = self.lock();
        // A stop is not taken back by a later wish to finish early.
        if wanted.request != Some(Control::Stop) {
            wanted.request = Some(request);
        }
        wanted.paused = false;
        self.0.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Wanted> {
        // The guarded value is two plain fields: always valid, even after a panic elsewhere.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn paused_job_waits_until_resumed() {
        let control = JobControl::default();
        control.pause();
        let (tx, rx) = mpsc::channel();
        let there = control.clone();
        let worker = std::thread::spawn(move || tx.send(there.control()));
        assert!(rx.try_recv().is_err());
        control.resume();
        assert_eq!(rx.recv(), Ok(Control::Continue));
        worker.join().unwrap().unwrap();
    }

    #[test]
    fn stop_ends_pause_and_overrides_finishing_early() {
        let control = JobControl::default();
        control.pause();
        control.stop();
        control.finish_early();
        assert_eq!(control.control(), Control::Stop);
        control.stage_ended();
        assert!(control.is_stopped());
    }

    #[test]
    fn finishing_early_applies_to_one_stage() {
        let control = JobControl::default();
        control.finish_early();
        assert_eq!(control.control(), Control::FinishEarly);
        control.stage_ended();
        assert_eq!(control.control(), Control::Continue);
    }
}
