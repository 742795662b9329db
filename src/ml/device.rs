//! Which device computes, and with how many threads.

use crate::{
    config::DeviceKind,
    error::{Error, Result},
};
use candle_core::Device;

/// Opens the device; where it is not there, the CPU with a sentence that says so.
pub fn open(kind: DeviceKind) -> (Device, Option<String>) {
    let (name, feature, built_in, device) = match kind {
        DeviceKind::Cpu => return (Device::Cpu, None),
        DeviceKind::Cuda => ("CUDA", "cuda", cfg!(feature = "cuda"), Device::new_cuda(0)),
        DeviceKind::Metal => ("Metal", "metal", cfg!(feature = "metal"), Device::new_metal(0)),
    };
    match device {
        Ok(device) => (device, None),
        Err(_) if !built_in => {
            (Device::Cpu, Some(format!("this build has no {name}; computing on the CPU (build with --features {feature})")))
        }
        Err(e) => {
            let reason = e.to_string();
            let reason = reason.lines().next().unwrap_or_default();
            (Device::Cpu, Some(format!("no {name} device could be opened ({reason}); computing on the CPU")))
        }
    }
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
