//! Work away from the window's thread: named threads, the events they send, and the resumable chain of stages.
//!
//! | thread | does | file |
//! |---|---|---|
//! | `compute` | heavy jobs, one at a time, in the order they were asked for | `compute` |
//! | `dissolve` | the newest wish of the slider; then what goes with it | `dissolve_worker` |
//! | `why` | the newest question about one image's score | `why` |
//! | `loader`, `thumbnail-N` | opens data sets and results; decodes little pictures | `loader`, `thumbnails` |
//! | `preview` | the selected image before and after preprocessing | `looker` |
//! | `duplicates` | looks for duplicates, while nothing trains | `examiner` |
//!
//! Everything reaches the window as a [`JobEvent`](events::JobEvent) through one bounded channel. Life-cycle events wait for room in it; metrics
//! are dropped where there is none. A panic in a thread becomes [`JobEvent::Panicked`](events::JobEvent::Panicked); the thread goes on with its next task.

pub mod compute;
pub mod control;
pub mod dissolver;
pub mod duplicate_finder;
pub mod events;
pub mod explainer;
pub mod job;
pub mod latest;
pub mod loader;
pub mod preprocess_preview;
pub mod thumbnails;
