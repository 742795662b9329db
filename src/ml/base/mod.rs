//! What all of the method uses: checkpoints, devices, progress.

pub mod checkpoint;
pub mod device;
pub mod fingerprint;
pub mod pixel_loading;
pub mod readiness;
pub mod reporter;
pub mod resize;
pub mod stage_progress;
pub mod throughput;
