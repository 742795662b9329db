//! Work away from the window's thread: named threads, and the events they send. `window::effects` starts them and hands them
//! their work; what a heavy job calls of the engine (the resumable chain of stages is [`engine::pipeline`](crate::engine::pipeline)) is decided there.
//!
//! | thread | does | file |
//! |---|---|---|
//! | `compute` | heavy jobs, one at a time, in the order they were asked for | `compute` |
//! | `dissolve` | the newest request of the slider; then what goes with it | `dissolver` |
//! | `why` | the newest question about one image's score | `explainer` |
//! | `embedding` | the newest request to lay a run's images out in two dimensions | `embedder` |
//! | `loader`, `thumbnail-N` | opens data sets and results; decodes thumbnails | `loader`, `thumbnails` |
//! | `preview` | the selected image before and after preprocessing | `preprocess_preview` |
//! | `duplicates` | looks for duplicates, while nothing trains | `duplicate_finder` |
//!
//! Everything reaches the window as a [`JobEvent`](events::JobEvent) through one bounded channel. Life-cycle events wait for room
//! in it; metrics are dropped where there is none. A panic in a thread becomes [`JobEvent::Panicked`](events::JobEvent::Panicked);
//! the thread continues with its next task.

#![warn(missing_docs)]

pub(crate) mod compute;
pub(crate) mod control;
pub mod dissolver;
pub(crate) mod duplicate_finder;
pub(crate) mod embedder;
pub mod events;
pub(crate) mod explainer;
pub mod job;
pub mod latest;
pub(crate) mod loader;
pub(crate) mod preprocess_preview;
pub(crate) mod thumbnails;
