//! Which device computes, and with how many threads.

use crate::{
    config::DeviceKind,
    error::{Error, Result},
};
use candle_core::Device;

const INSTEAD: &str = "computing on the CPU";

/// Opens the device; where it is not there, the CPU with a sentence that says so.
pub fn open(kind: DeviceKind) -> (Device, Option<String>) {
    if let Some(reason) = not_built(kind) {
        return (Device::Cpu, Some(reason));
    }
    let (name, device) = match kind {
        DeviceKind::Cpu => return (Device::Cpu, None),
        DeviceKind::Cuda => ("CUDA", Device::new_cuda(0)),
        DeviceKind::Metal => ("Metal", Device::new_metal(0)),
    };
    match device {
        Ok(device) => (device, None),
        Err(e) => {
            let reason = e.to_string();
            let reason = reason.lines().next().unwrap_or_default();
            (Device::Cpu, Some(format!("no {name} device could be opened ({reason}); {INSTEAD}")))
        }
    }
}

/// Why this build computes on the CPU in any case, if that is not the kind.
pub fn not_built(kind: DeviceKind) -> Option<String> {
    let (name, feature, built_in) = match kind {
        DeviceKind::Cpu => return None,
        DeviceKind::Cuda => ("CUDA", "cuda", cfg!(feature = "cuda")),
        DeviceKind::Metal => ("Metal", "metal", cfg!(feature = "metal")),
    };
    (!built_in).then(|| format!("this build has no {name}; {INSTEAD} (build with --features {feature})"))
}

/// Whether a notice of a job says that the CPU computes in the place of another device; see [`open`].
pub fn is_refusal(notice: &str) -> bool {
    notice.contains(INSTEAD)
}

/// Sets the number of worker threads of this process, once, before anything computes; 0 = one per core.
///
/// # Errors
/// Where the threads run already with another number.
pub fn set_threads(n: usize) -> Result<()> {
    let built = rayon::ThreadPoolBuilder::new().num_threads(n).build_global();
    let wanted = if n == 0 { rayon::current_num_threads() } else { n };
    if built.is_err() && rayon::current_num_threads() != wanted {
        return Err(Error::user(
            format!("this process computes with {} threads already", rayon::current_num_threads()),
            "give --threads at the start",
        ));
    }
    Ok(())
}
