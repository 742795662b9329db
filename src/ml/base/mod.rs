//! What all of the method uses: checkpoints, devices, progress, resizing. Knows none of the other rooms.

pub mod ahead;
pub mod checkpoint;
pub mod device;
pub mod evenly_spaced;
pub mod pixel_loading;
pub mod readiness;
pub mod reporter;
pub mod resize;
pub mod stage_progress;
pub mod throughput;
