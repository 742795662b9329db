//! The thread that shows the selected image before and after preprocessing, with its mask: the newest request counts.

use super::{
    events::{Events, JobEvent},
    latest::{LatestOnly, LatestReceiver},
};
use crate::engine::preprocess_preview::{CachedImage, PreviewRequest, preview};

impl LatestOnly<PreviewRequest> {
    /// Starts the thread `preview`; [`join`](LatestOnly::join) ends it.
    ///
    /// # Errors
    /// Where the system has no room for another thread.
    pub fn start(events: Events) -> std::io::Result<Self> {
        Self::spawn("preview", move |requests| run(requests, &events))
    }
}

fn run(requests: &LatestReceiver<PreviewRequest>, events: &Events) {
    let mut cached: Option<CachedImage> = None;
    while let Some(request) = requests.next() {
        let preview = events.attempt("preview", || preview(&request, &mut cached));
        if !events.send(JobEvent::PreprocessPreview { generation: request.generation, preview }) {
            return;
        }
    }
}
