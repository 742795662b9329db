//! The thread that shows the selected image before and after preprocessing, with its mask: the newest wish counts.

use super::{
    events::{Events, JobEvent},
    latest::{Mailbox, Newest},
};
use crate::engine::preprocess_preview::{Kept, Look, look};
use crate::error::Failure;

impl Newest<Look> {
    pub fn start(events: Events) -> std::io::Result<Self> {
        Self::spawn("preview", move |mailbox| run(mailbox, &events))
    }
}

fn run(mailbox: &Mailbox<Look>, events: &Events) {
    let mut kept: Kept = None;
    while let Some(wish) = mailbox.next() {
        let looked = events.guard("preview", || look(&wish, &mut kept)).and_then(|r| r.map_err(Failure::from));
        if !events.send(JobEvent::Looked { generation: wish.generation, looked }) {
            return;
        }
    }
}
