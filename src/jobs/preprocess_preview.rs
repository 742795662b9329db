//! The thread that shows the selected image before and after preprocessing, with its mask: the newest wish counts.

use super::{
    events::{Events, JobEvent},
    latest::{LatestOnly, LatestReceiver},
};
use crate::engine::preprocess_preview::{Kept, PreviewRequest, look};
use crate::error::Failure;

impl LatestOnly<PreviewRequest> {
    pub fn start(events: Events) -> std::io::Result<Self> {
        Self::spawn("preview", move |mailbox| run(mailbox, &events))
    }
}

fn run(mailbox: &LatestReceiver<PreviewRequest>, events: &Events) {
    let mut kept: Kept = None;
    while let Some(request) = mailbox.next() {
        let preview = events.guard("preview", || look(&request, &mut kept)).and_then(|r| r.map_err(Failure::from));
        if !events.send(JobEvent::PreprocessPreview { generation: request.generation, preview }) {
            return;
        }
    }
}
