//! Runs: their list, what can be done to one, the scores of a finished one, and two of them compared.

pub mod actions;
pub mod comparison;
pub mod finished_run;
pub mod list;
pub mod log;
pub mod normal_quantiles;
pub mod score_set;
