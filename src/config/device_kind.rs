//! What the networks are computed on, by its name.

use super::serde_as_text;
use std::{fmt, str::FromStr};

/// What the networks are computed on: `cpu`, `cuda`, `cuda:N` or `metal`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceKind {
    /// The processor; always there.
    Cpu,
    /// The NVIDIA GPU of this number, from 0 in the driver's order.
    Cuda(usize),
    /// An Apple GPU.
    Metal,
}

impl DeviceKind {
    /// The names that help and completions list; further cards are `cuda:1` and so on.
    pub const NAMES: [&'static str; 3] = ["cpu", "cuda", "metal"];
}

impl fmt::Display for DeviceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(0) => f.write_str("cuda"),
            Self::Cuda(card) => write!(f, "cuda:{card}"),
            Self::Metal => f.write_str("metal"),
        }
    }
}

impl FromStr for DeviceKind {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            "metal" => Ok(Self::Metal),
            _ => name
                .strip_prefix("cuda:")
                .and_then(|card| card.parse().ok())
                .map(Self::Cuda)
                .ok_or_else(|| format!("{name} is no device: there are cpu, cuda, cuda:1 (the second card) and metal")),
        }
    }
}

serde_as_text!(DeviceKind);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for kind in [DeviceKind::Cpu, DeviceKind::Cuda(0), DeviceKind::Cuda(3), DeviceKind::Metal] {
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        assert_eq!("cuda:0".parse(), Ok(DeviceKind::Cuda(0)));
        for wrong in ["", "cuda:", "cuda:-1", "cuda:x", "gpu", "CUDA"] {
            assert!(wrong.parse::<DeviceKind>().unwrap_err().contains("cuda:1"), "{wrong}");
        }
    }
}
