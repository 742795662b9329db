//! Looks for duplicates in the background, one image after another, and stops when it is told to.

use super::events::{Events, JobEvent};
use crate::data::Dataset;
use std::{
    cell::Cell,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// How often its progress is told.
const TELL: Duration = Duration::from_millis(200);

#[derive(Default)]
pub struct DuplicateFinder {
    /// The search that is not out of date; 0 = none.
    current: Arc<AtomicU64>,
}

impl DuplicateFinder {
    /// Starts over with this data set; an older search stops.
    pub fn start(&self, generation: u64, dataset: Arc<Dataset>, events: &Events) -> std::io::Result<()> {
        self.current.store(generation, Ordering::Relaxed);
        let (current, events) = (self.current.clone(), events.clone());
        let work = move || {
            let told = Cell::new(Instant::now());
            let is_current = |done| {
                if told.get().elapsed() > TELL {
                    told.set(Instant::now());
                    events.offer(JobEvent::Examining { generation, done });
                }
                current.load(Ordering::Relaxed) == generation
            };
            if let Ok(Some(examination)) = events.guard("duplicates", || dataset.examine_while(&is_current)) {
                events.send(JobEvent::Examined { generation, examination: Arc::new(examination) });
            }
        };
        std::thread::Builder::new().name("duplicates".into()).spawn(work).map(drop)
    }

    pub fn stop(&self) {
        self.current.store(0, Ordering::Relaxed);
    }
}
