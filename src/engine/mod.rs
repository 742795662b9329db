//! What the command line and the window share, without threads: the chain of stages, finished runs, exports.

pub mod demo;
pub mod display;
pub mod dissolve_request;
pub mod dissolve_session;
pub mod explanation;
pub mod export;
pub mod finished_run;
pub mod machine;
pub mod normal_band;
pub mod normal_quantiles;
pub mod pipeline;
pub mod preprocess_preview;
pub mod run_actions;
pub mod run_comparison;
pub mod run_list;
pub mod run_log;
pub mod score_set;
pub mod thumbnail_cache;
pub use crate::ml::scoring::baselines::describe as describe_baseline;
