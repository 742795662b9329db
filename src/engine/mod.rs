//! What the command line and the window share, without threads: the chain of stages, runs, dissolving, exports.

#![warn(missing_docs)]

pub mod anomaly_maps;
pub mod demo;
pub(crate) mod display;
pub mod dissolve;
pub mod embedding;
pub mod explanation;
pub mod export;
pub mod image_scores;
pub(crate) mod machine;
pub mod map_layers;
pub(crate) mod memory;
pub mod onnx;
pub mod path_completion;
pub mod pipeline;
pub(crate) mod preprocess_preview;
pub mod runs;
pub mod sweep;
pub mod synthetic_lesions;
pub(crate) mod thumbnail_cache;
