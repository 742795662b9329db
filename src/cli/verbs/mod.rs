//! One file a verb.

pub mod completions;
pub mod demo;
pub mod dissolve;
pub mod evaluate;
pub mod export;
pub mod import;
pub mod inspect;
pub mod man;
pub mod report;
pub mod runs;
pub mod score;
pub mod sweep;
pub mod train;
