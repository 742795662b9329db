//! The thread that brings the images of a run to two dimensions: the newest request counts.

use super::{
    events::{Events, JobEvent},
    latest::{LatestOnly, LatestReceiver},
};
use crate::engine::embedding::{EmbeddingNews, EmbeddingRequest, embed};

impl LatestOnly<EmbeddingRequest> {
    /// Starts the thread `embedding`; [`join`](LatestOnly::join) ends it.
    ///
    /// # Errors
    /// Where the system has no room for another thread.
    pub fn start(events: Events) -> std::io::Result<Self> {
        Self::spawn("embedding", move |requests| run(requests, &events))
    }
}

fn run(requests: &LatestReceiver<EmbeddingRequest>, events: &Events) {
    while let Some(request) = requests.next() {
        let generation = request.generation;
        let say = |news: EmbeddingNews| {
            let is_needed = matches!(news, EmbeddingNews::Points { is_last: true, .. });
            let event = JobEvent::Embedding { generation, news: Ok(news) };
            if is_needed { _ = events.send(event) } else { events.offer(event) }
        };
        let done = events.attempt("embedding", || embed(&request, &say, &|| requests.is_stale()));
        if let Err(failure) = done {
            _ = events.send(JobEvent::Embedding { generation, news: Err(failure) });
        }
    }
}
