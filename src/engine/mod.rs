//! What the command line and the window share, without threads: the chain of stages, runs, dissolving, exports.

pub mod demo;
pub mod display;
pub mod dissolve;
pub mod explanation;
pub mod export;
pub mod machine;
pub mod pipeline;
pub mod preprocess_preview;
pub mod runs;
pub mod thumbnail_cache;
pub use crate::ml::scoring::baselines::describe as describe_baseline;
