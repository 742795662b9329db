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
//! Everything reaches the window as a [`JobEvent`] through one bounded channel. Life-cycle events wait for room in it; metrics
//! are dropped where there is none. A panic in a thread becomes [`JobEvent::Panicked`]; the thread goes on with its next task.

mod band;
mod bench;
mod colour;
mod comparison;
mod compute;
mod control;
pub mod demo;
mod dissolve_worker;
mod events;
mod examiner;
mod export;
mod film;
mod graph;
mod loader;
mod looker;
pub mod machine;
mod mailbox;
mod normals;
mod outline;
pub mod pipeline;
mod rasters;
mod run_errands;
mod run_log;
mod runs;
pub mod score_folder;
mod score_set;
pub mod strip;
mod thumbnail_cache;
mod thumbnails;
mod why;

pub use crate::ml::rivals::describe as describe_rival;
pub use band::Band;
pub use bench::{Original, Plate, Twin};
pub use colour::Pixels;
pub use comparison::Compared;
pub use compute::{Compute, JobId, Outcome, Task};
pub use control::JobControl;
pub use dissolve_worker::{Board, Dissolve, Rung};
pub use events::{Events, Failure, JobEvent, Pick, Picked, Wake, channel};
pub use examiner::Examiner;
pub use export::{Chart, Export, Format};
pub use film::{Film, FilmWish, STRIP};
pub use graph::{Drawn, Energy, Graph};
pub use loader::{Errand, Loader};
pub use looker::{Look, Looked};
pub use machine::Machine;
pub use mailbox::Newest;
pub use normals::{Normals, PERCENTS, Quantiles};
pub use run_errands::{RunDone, RunErrand, import_model, weights_of};
pub use runs::{ModelSource, RunCurve, RunEntry, list_runs, list_trash};
pub use score_set::{BINS, ScoreSet, bin_width};
pub use thumbnails::{THUMBNAIL, Thumbnails};
pub use why::{Answer, Question};
