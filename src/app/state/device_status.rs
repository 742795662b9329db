//! What computes: the device of the job at hand, else that of the form.

use super::State;
use crate::{
    config::DeviceKind,
    ml::base::{device, reporter::Notice},
};

/// A device by name, and why it is not the one that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceStatus {
    /// As the top bar has it.
    pub name: String,
    /// Why that one does not compute; `None`: it does.
    pub refused: Option<String>,
}

impl State {
    /// What computes: as a running job has told it; before that what this build can do.
    pub fn computes(&self) -> DeviceStatus {
        let job = self.running();
        let asked = job.map_or(self.train.config.run.device, |job| job.config.run.device);
        let told = job.and_then(|job| {
            job.progress.notices.iter().find_map(|notice| match notice {
                Notice::OnCpu(why) => Some(why.clone()),
                Notice::Text(_) | Notice::Data(_) | Notice::NotReady(_) => None,
            })
        });
        let refused = told.or_else(|| device::not_built(asked)).map(|why| why.to_string());
        let cpu = format!("CPU ×{}", self.cores);
        let name = match (asked, &refused) {
            (DeviceKind::Cpu, _) => cpu,
            (DeviceKind::Cuda(0), None) => "CUDA".into(),
            (DeviceKind::Cuda(card), None) => format!("CUDA {card}"),
            (DeviceKind::Metal, None) => "Metal".into(),
            (DeviceKind::Cuda(_), Some(_)) => format!("{cpu}, not CUDA"),
            (DeviceKind::Metal, Some(_)) => format!("{cpu}, not Metal"),
        };
        DeviceStatus { name, refused }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_device_of_the_form_is_named_and_a_missing_one_is_said() {
        let mut state = State { cores: 4, ..State::default() };
        assert_eq!(state.computes(), DeviceStatus { name: "CPU ×4".into(), refused: None });
        state.train.config.run.device = DeviceKind::Metal;
        let computes = state.computes();
        match cfg!(feature = "metal") {
            true => assert_eq!(computes.name, "Metal"),
            false => assert!(computes.name == "CPU ×4, not Metal" && computes.refused.unwrap().contains("no Metal")),
        }
    }
}
