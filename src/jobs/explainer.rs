//! The thread that answers why an image has its score: pictures of it and of its nearest normals, and on demand the map of
//! what covering it changes. It does the newest question and forgets all older ones.

use super::{
    events::{Events, JobEvent},
    latest::{LatestOnly, LatestReceiver},
};
use crate::engine::explanation::{Answer, ExplainerCache, Question};

impl LatestOnly<Question> {
    /// Starts the thread `why`; [`join`](LatestOnly::join) ends it.
    ///
    /// # Errors
    /// Where the system has no room for another thread.
    pub fn start(events: Events) -> std::io::Result<Self> {
        Self::spawn("why", move |requests| run(requests, &events))
    }
}

fn run(requests: &LatestReceiver<Question>, events: &Events) {
    let mut cache = ExplainerCache::default();
    while let Some(question) = requests.next() {
        let generation = question.generation;
        let say = |answer: Answer| match answer {
            Answer::Covered { .. } => events.offer(JobEvent::Why { generation, answer }),
            answer => _ = events.send(JobEvent::Why { generation, answer }),
        };
        let answered = events.attempt("why", || cache.answer(&question, &say, &|| requests.is_stale()));
        match answered {
            Err(_) if requests.is_stale() => {}
            Err(failure) => say(Answer::Failed(failure)),
            Ok(()) => {}
        }
    }
}
