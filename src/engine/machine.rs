//! What this machine can do: speed and free memory, for forecasts.

use crate::ml::training::cost::{self, Speed};
use candle_core::Device;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Machine {
    /// `None` where it was not asked for, or could not be measured.
    pub speed: Option<Speed>,
    /// Bytes that could be used now; `None` where the system does not say.
    pub free_memory: Option<u64>,
}

/// With `timed`, the speed is measured: a second or two on all cores.
pub fn inspect(timed: bool) -> Machine {
    Machine { speed: timed.then(|| cost::measure(&Device::Cpu).ok()).flatten(), free_memory: free_memory() }
}

/// Bytes that could be used now; `None` where the system does not say.
pub fn free_memory() -> Option<u64> {
    memory("MemAvailable:")
}

/// Bytes that there are for this process, whoever uses them now; `None` where the system does not say.
pub fn total_memory() -> Option<u64> {
    // What a container or a scheduler allows.
    let allowed = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| text.trim().parse().ok());
    memory("MemTotal:").map(|all| allowed.map_or(all, |allowed: u64| all.min(allowed)))
}

/// Linux says it in `/proc/meminfo`.
fn memory(name: &str) -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    kib.checked_mul(1024)
}
