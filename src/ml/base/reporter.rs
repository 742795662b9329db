//! What a training tells, and what it is told. A loop knows neither its display nor its thread.
//!
//! Legal order of a [`Reporter`]'s events: `Started`, then any number of `Step`, `Epoch`, `Preview`, `Notice`, then exactly
//! one of `Finished` or nothing (the loop returned an error, [`Error::Stopped`](crate::error::Error::Stopped) included).
//! A chain of stages repeats that order for each of its stages.

pub use super::device::CpuInstead;
use super::readiness::{Readiness, ReadinessCheck};
use std::path::PathBuf;

/// One stage of the work, as it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Data,
    Ddpm,
    DissolveCache,
    Dia,
    /// Features of the training normals, which scores are measured against.
    Bank,
    /// The dissolve profile of the training normals.
    Profile,
    Scores,
    /// Spots drawn into held-out normals.
    SyntheticLesions,
    Report,
}

impl Stage {
    pub fn name(self) -> &'static str {
        match self {
            Self::Data => "Data",
            Self::Ddpm => "Diffusion model",
            Self::DissolveCache => "Dissolving",
            Self::Dia => "DIA",
            Self::Bank => "Normal features",
            Self::Profile => "Dissolve profile",
            Self::Scores => "Scores",
            Self::SyntheticLesions => "Planted lesions",
            Self::Report => "Report",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The stage begins, or goes on after a resume: `done` of `total` steps are behind it.
    Started {
        stage: Stage,
        done: usize,
        total: usize,
    },
    /// After each step. NaN loss never gets here: the loop ends with an error.
    Step(Step),
    /// A labelled evaluation on the way.
    Epoch {
        epoch: usize,
        auroc: f64,
        ci95: [f64; 2],
    },
    /// A preview was written.
    Preview {
        step: usize,
        file: PathBuf,
    },
    /// How good the diffusion model is by now.
    Readiness(Readiness),
    /// Something the person should know; the work goes on.
    Notice(Notice),
    Finished {
        stage: Stage,
    },
}

/// What a person should know of a work that goes on.
#[derive(Debug, Clone, PartialEq)]
pub enum Notice {
    Text(String),
    /// The CPU computes in the place of the device that was asked for.
    OnCpu(CpuInstead),
    /// The diffusion model is trained and not good enough for DIA: its poorest check.
    NotReady(ReadinessCheck),
}

impl std::fmt::Display for Notice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::OnCpu(why) => why.fmt(f),
            Self::NotReady(ReadinessCheck { found, advice, .. }) => {
                write!(f, "the diffusion model is not ready for DIA yet: {found}. {advice}")
            }
        }
    }
}

impl From<&str> for Notice {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Notice {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    pub stage: Stage,
    /// Steps done, 1-based.
    pub step: usize,
    pub total: usize,
    pub loss: f64,
    /// The loss's parts, where it has some: contrastive and shift loss.
    pub parts: [f64; 2],
    /// Before clipping; 0 where it is not computed.
    pub grad_norm: f64,
    pub lr: f64,
    pub images_per_second: f64,
    pub eta_secs: f64,
}

/// What a person wants of the running work. Looked at once a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    Continue,
    /// Write a checkpoint and return [`Error::Stopped`](crate::error::Error::Stopped).
    Stop,
    /// End now as if this had been the last step ("stop and keep").
    FinishEarly,
}

/// The other end of a training: shows its events, and tells it to stop. `wish` may block while the work is paused.
pub trait Reporter {
    fn event(&mut self, event: Event);
    fn control(&mut self) -> Control;
}

/// Shows nothing and never stops.
pub struct Silent;

impl Reporter for Silent {
    fn event(&mut self, _: Event) {}
    fn control(&mut self) -> Control {
        Control::Continue
    }
}
