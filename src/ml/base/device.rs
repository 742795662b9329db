//! Which device computes, and with how many threads.

use crate::{
    config::DeviceKind,
    error::{Error, NextStep, Result},
};
use candle_core::Device;

pub use crate::nn::DEVICE_VARIABLE as VARIABLE;

/// Why the CPU computes in the place of the device that was asked for; each front end adds what can be done about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CpuInstead {
    /// This build cannot use the device.
    #[error("this build has no {name}; computing on the CPU")]
    NotBuilt {
        /// The device: `CUDA` or `Metal`.
        name: &'static str,
        /// The feature of the build that would bring it.
        feature: &'static str,
    },
    /// The environment names something else.
    #[error("{VARIABLE}: {value} is no device; computing on the CPU (there are cpu, cpu-plain, cuda, cuda:1 and metal)")]
    Unknown {
        /// What it says.
        value: String,
    },
    /// The device is not there, or is not free.
    #[error("no {name} device could be opened ({reason}); computing on the CPU")]
    NotOpened {
        /// The device: `CUDA` or `Metal`.
        name: &'static str,
        /// What its driver said, one line.
        reason: String,
    },
}

/// The device that [`VARIABLE`] names, where it is set.
fn of_environment() -> Result<Option<DeviceKind>, CpuInstead> {
    let Some(value) = std::env::var_os(VARIABLE) else { return Ok(None) };
    match value.to_string_lossy().as_ref() {
        "cpu-plain" => Ok(Some(DeviceKind::Cpu)),
        name => name.parse().map(Some).map_err(|_: String| CpuInstead::Unknown { value: name.into() }),
    }
}

/// Opens the device, or that of [`VARIABLE`]; where it is not there, the CPU, with the reason.
pub fn open(kind: DeviceKind) -> (Device, Option<CpuInstead>) {
    let kind = match of_environment() {
        Ok(named) => named.unwrap_or(kind),
        Err(why) => return (Device::Cpu, Some(why)),
    };
    if let Some(why) = not_built(kind) {
        return (Device::Cpu, Some(why));
    }
    let (name, device) = match kind {
        DeviceKind::Cpu => return (Device::Cpu, None),
        DeviceKind::Cuda(card) => {
            // As cuDNN does it and PyTorch by default in convolutions, some of which are matrix products here: inputs of products
            // are rounded to 10 bits, sums are in 32.
            candle_core::cuda::set_gemm_reduced_precision_f32(true);
            ("CUDA", Device::new_cuda(card))
        }
        DeviceKind::Metal => ("Metal", Device::new_metal(0)),
    };
    match device {
        Ok(device) => (device, None),
        Err(e) => {
            let reason = e.to_string().lines().next().unwrap_or_default().into();
            (Device::Cpu, Some(CpuInstead::NotOpened { name, reason }))
        }
    }
}

/// Why this build computes on the CPU in any case, if that is not the kind.
pub fn not_built(kind: DeviceKind) -> Option<CpuInstead> {
    let (name, feature, built_in) = match kind {
        DeviceKind::Cpu => return None,
        DeviceKind::Cuda(_) => ("CUDA", "cuda", cfg!(feature = "cuda")),
        DeviceKind::Metal => ("Metal", "metal", cfg!(feature = "metal")),
    };
    (!built_in).then_some(CpuInstead::NotBuilt { name, feature })
}

/// A device that could be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// By this name it is chosen.
    pub kind: DeviceKind,
    /// Its name and memory; or why it would not be used.
    pub is: std::result::Result<String, String>,
}

/// All that could compute here, the processor first; what this build or machine lacks is listed with the reason.
pub fn choices() -> Vec<Choice> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let cpu = Choice { kind: DeviceKind::Cpu, is: Ok(format!("{cores} cores")) };
    let mut all = vec![cpu];
    match cuda_cards() {
        Ok(cards) => all.extend(cards.into_iter().enumerate().map(|(i, is)| Choice { kind: DeviceKind::Cuda(i), is: Ok(is) })),
        Err(why) => all.push(Choice { kind: DeviceKind::Cuda(0), is: Err(why) }),
    }
    let metal = match not_built(DeviceKind::Metal) {
        Some(_) => Err("this build has no Metal".into()),
        None => Ok("Apple GPU".into()),
    };
    all.push(Choice { kind: DeviceKind::Metal, is: metal });
    all
}

/// Name and memory of each NVIDIA card, in the driver's order.
#[cfg(feature = "cuda")]
fn cuda_cards() -> std::result::Result<Vec<String>, String> {
    use candle_core::cuda_backend::cudarc::driver::{CudaContext, DriverError};
    let describe = |card| -> std::result::Result<String, DriverError> {
        let card = CudaContext::new(card)?;
        Ok(format!("{}, {:.0} GB", card.name()?, card.total_mem()? as f64 / 1e9))
    };
    let cards =
        CudaContext::device_count().and_then(|n| (0..n as usize).map(describe).collect::<std::result::Result<Vec<_>, _>>());
    match cards {
        Ok(cards) if cards.is_empty() => Err("no card is there".into()),
        Ok(cards) => Ok(cards),
        Err(e) => Err(format!("the driver says: {e}")),
    }
}

#[cfg(not(feature = "cuda"))]
fn cuda_cards() -> std::result::Result<Vec<String>, String> {
    Err("this build has no CUDA".into())
}

/// Sets the number of worker threads of this process, once, before anything computes; 0 = one per core.
///
/// # Errors
/// More threads than this machine could do anything with; where the threads run already with another number.
pub fn set_threads(n: usize) -> Result<()> {
    /// Threads a core, and on the smallest machine: beyond, they only wait for one another.
    const MOST: [usize; 2] = [8, 64];
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let most = (MOST[0] * cores).max(MOST[1]);
    if n > most {
        return Err(Error::usage(
            format!("{n} threads are too many for {cores} cores: at most {most} would do any work"),
            "give a smaller number; 0 is one a core",
        ));
    }
    let built = rayon::ThreadPoolBuilder::new().num_threads(n).build_global();
    let wanted = if n == 0 { rayon::current_num_threads() } else { n };
    if built.is_err() && rayon::current_num_threads() != wanted {
        return Err(Error::user(
            format!("this process computes with {} threads already", rayon::current_num_threads()),
            NextStep::ThreadsAtStart,
        ));
    }
    Ok(())
}
