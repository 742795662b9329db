//! The one thread for heavy jobs: they queue, and run one at a time.

use super::{
    control::JobControl,
    events::{Events, JobEvent},
    job::{JobId, Outcome},
};
use crate::{
    error::{Error, Result},
    ml::base::reporter::{Control, Event, Reporter},
};
use std::{
    path::PathBuf,
    sync::mpsc::{Receiver, Sender, channel},
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// The work of a job: returns the run folder it made.
pub type Task = Box<dyn FnOnce(&mut dyn Reporter) -> Result<PathBuf> + Send>;

struct Job {
    id: JobId,
    control: JobControl,
    task: Task,
}

pub struct Compute {
    queue: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Compute {
    pub fn start(events: Events) -> std::io::Result<Self> {
        let (tx, rx) = channel();
        let thread = std::thread::Builder::new().name("compute".into()).spawn(move || run(&rx, &events))?;
        Ok(Self { queue: Some(tx), thread: Some(thread) })
    }

    /// Queues a job; a job whose control is stopped before its turn does not start.
    pub fn submit(&self, id: JobId, control: JobControl, task: Task) {
        if let Some(queue) = &self.queue {
            // The thread ends only after the queue was closed, so the send arrives.
            let _ = queue.send(Job { id, control, task });
        }
    }

    /// Waits for the running job, which should have been told to stop. The receiver of the events must be gone or drained
    /// meanwhile, or a full channel would hold the job up.
    pub fn join(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(queue: &Receiver<Job>, events: &Events) {
    for Job { id, control, task } in queue {
        let outcome = if control.is_stopped() {
            Outcome::Stopped
        } else {
            events.send(JobEvent::JobStarted(id));
            let mut reporter = JobReporter { id, control, events: events.clone(), last_step: None };
            match events.guard("compute", || task(&mut reporter)) {
                Ok(Ok(run)) => Outcome::Finished(run),
                Ok(Err(Error::Stopped)) => Outcome::Stopped,
                Ok(Err(error)) => Outcome::Failed(error.into()),
                Err(failure) => Outcome::Failed(failure),
            }
        };
        events.send(JobEvent::JobEnded(id, outcome));
    }
}

/// Carries a training's events to the window, and the person's requests back.
struct JobReporter {
    id: JobId,
    control: JobControl,
    events: Events,
    last_step: Option<Instant>,
}

/// Steps faster than this are thinned out on the way to the window; the disk has them all.
const STEP_INTERVAL: Duration = Duration::from_millis(20);

impl Reporter for JobReporter {
    fn event(&mut self, event: Event) {
        match &event {
            Event::Step(step) => {
                let due = self.last_step.is_none_or(|last| last.elapsed() >= STEP_INTERVAL) || step.step == step.total;
                if due {
                    self.last_step = Some(Instant::now());
                    self.events.offer(JobEvent::JobProgress(self.id, event));
                }
            }
            _ => {
                if matches!(event, Event::Finished { .. }) {
                    self.control.stage_ended();
                }
                self.events.send(JobEvent::JobProgress(self.id, event));
            }
        }
    }

    fn control(&mut self) -> Control {
        self.control.control()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    /// Submits the tasks, and returns what the window hears of them.
    fn outcomes(tasks: Vec<(JobControl, Task)>) -> Vec<(JobId, Outcome)> {
        let (events, rx) = crate::jobs::events::channel(Arc::new(|| {}));
        let mut compute = Compute::start(events).unwrap();
        for (i, (control, task)) in tasks.into_iter().enumerate() {
            compute.submit(JobId(i as u64), control, task);
        }
        compute.join();
        rx.try_iter().filter_map(|e| if let JobEvent::JobEnded(id, o) = e { Some((id, o)) } else { None }).collect()
    }

    #[test]
    fn jobs_run_in_order_and_survive_a_panic() {
        let stopped = JobControl::default();
        stopped.stop();
        let ended = outcomes(vec![
            (JobControl::default(), Box::new(|_| panic!("oops"))),
            (JobControl::default(), Box::new(|_| Err(Error::Stopped))),
            (stopped, Box::new(|_| unreachable!("was stopped in the queue"))),
            (JobControl::default(), Box::new(|_| Ok("run".into()))),
        ]);
        assert!(matches!(&ended[0].1, Outcome::Failed(f) if f.summary.contains("oops")));
        assert_eq!(
            ended[1..],
            [(JobId(1), Outcome::Stopped), (JobId(2), Outcome::Stopped), (JobId(3), Outcome::Finished("run".into()))]
        );
    }

    #[test]
    fn job_sees_request_to_stop() {
        let control = JobControl::default();
        let there = control.clone();
        let task: Task = Box::new(move |reporter| {
            there.stop();
            reporter.check_stop().map(|()| PathBuf::new())
        });
        assert_eq!(outcomes(vec![(control, task)])[0].1, Outcome::Stopped);
    }
}
