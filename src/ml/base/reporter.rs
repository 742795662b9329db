//! What long work reports, and how it is controlled. A loop knows neither its display nor its thread.
//!
//! Legal order of a [`Reporter`]'s events: `Started`, then any number of `Step`, `Epoch`, `Preview`, `Notice`, then exactly
//! one of `Finished` or nothing (the loop returned an error, [`Error::Stopped`] included).
//! A chain of stages repeats that order for each of its stages.

pub use super::device::CpuInstead;
use super::{
    device,
    readiness::{Readiness, ReadinessCheck},
};
use crate::{
    config::DeviceKind,
    error::{Error, Result, Warning},
};
use candle_core::Device;
use std::path::PathBuf;

/// One stage of the work, as it is shown; in the order of a run, but for `Data`, which comes before many of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Decoding of images.
    Data,
    /// Training of the diffusion model.
    Ddpm,
    /// Dissolving of the training images ahead of the encoder's training.
    DissolveCache,
    /// Training of the encoder, CSI included.
    Dia,
    /// Features of the training normals, which scores are measured against.
    Bank,
    /// Training of the encoder of tiles.
    TileDia,
    /// The dissolve profile of the training normals.
    Profile,
    /// What the training normals' plain features look like.
    NormalFeatures,
    /// Scores of images.
    Scores,
    /// What the tiles of the training normals look like, which those of other images are held against.
    TileNormals,
    /// Training of what makes anomaly maps.
    MapModel,
    /// Anomaly maps, and scores by tiles.
    Maps,
    /// Spots drawn into held-out normals.
    SyntheticLesions,
    /// The report of a run.
    Report,
}

impl Stage {
    /// Its name, for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Data => "Data",
            Self::Ddpm => "Diffusion model",
            Self::DissolveCache => "Dissolving",
            Self::Dia => "DIA",
            Self::TileDia => "DIA on tiles",
            Self::TileNormals => "Normal tiles",
            Self::MapModel => "Anomaly map",
            Self::Bank => "Normal features",
            Self::NormalFeatures => "Feature statistics",
            Self::Profile => "Dissolve profile",
            Self::Scores => "Scores",
            Self::Maps => "Anomaly maps",
            Self::SyntheticLesions => "Planted lesions",
            Self::Report => "Report",
        }
    }
}

/// Something that happened in the work.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The stage begins or is resumed.
    Started {
        /// Which stage.
        stage: Stage,
        /// Steps done before, which is 0 unless it is resumed.
        done: usize,
        /// Steps of the stage.
        total: usize,
    },
    /// After each step. The loss is finite: a loop whose loss is not ends with an error.
    Step(Step),
    /// A labelled evaluation on the way.
    Epoch {
        /// Epochs done.
        epoch: usize,
        /// \[0, 1\].
        auroc: f64,
        /// Its 95 % interval.
        ci95: [f64; 2],
    },
    /// A preview was written.
    Preview {
        /// Training step of the model.
        step: usize,
        /// The PNG file.
        file: PathBuf,
    },
    /// How good the diffusion model is by now.
    Readiness(Readiness),
    /// Something the person should know; the work continues.
    Notice(Notice),
    /// The stage is done.
    Finished {
        /// Which stage.
        stage: Stage,
    },
}

/// What a person should know of work that continues.
#[derive(Debug, Clone, PartialEq)]
pub enum Notice {
    /// One sentence.
    Text(String),
    /// What is to be known of the data.
    Data(Warning),
    /// The CPU computes in the place of the device that was asked for.
    OnCpu(CpuInstead),
    /// The diffusion model is trained and not good enough for DIA: its poorest check.
    NotReady(ReadinessCheck),
}

impl std::fmt::Display for Notice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) | Self::Data(Warning { text, .. }) => f.write_str(text),
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

impl From<Warning> for Notice {
    fn from(about: Warning) -> Self {
        Self::Data(about)
    }
}

impl From<String> for Notice {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// Figures of one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Which stage.
    pub stage: Stage,
    /// Steps done, 1-based.
    pub step: usize,
    /// Steps of the stage.
    pub total: usize,
    /// The loss of this step; 0 where there is none.
    pub loss: f64,
    /// The loss's parts, where it has some: contrastive and shift loss, not weighted.
    pub parts: [f64; 2],
    /// Global norm of the gradient before clipping; 0 where it is not computed.
    pub grad_norm: f64,
    /// Learning rate of this step.
    pub lr: f64,
    /// Images (not views) processed in a second.
    pub images_per_second: f64,
    /// Seconds left in this stage, estimated.
    pub eta_secs: f64,
}

/// What a running loop is to do; it asks once a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// Run the next step.
    Continue,
    /// Write a checkpoint and return [`Error::Stopped`].
    Stop,
    /// End now as if this had been the last step.
    FinishEarly,
}

/// Whoever the work reports to: receives its events and controls it.
pub trait Reporter {
    /// Receives an event; must not block for long.
    fn event(&mut self, event: Event);
    /// Says how to continue. May block: the work is paused for as long.
    fn control(&mut self) -> Control;

    /// For work that has nothing to keep where it ends early.
    ///
    /// # Errors
    /// [`Error::Stopped`] where the work is to stop.
    fn check_stop(&mut self) -> Result<()> {
        if self.control() == Control::Stop { Err(Error::Stopped) } else { Ok(()) }
    }

    /// Opens a run's device with its number of threads, and says where it cannot be had: the work goes on with what is there.
    fn open_device(&mut self, kind: DeviceKind, threads: usize) -> Device {
        // The command line has set them before it read the first image; a window computes with those it has.
        if let Err(e) = device::set_threads(threads) {
            self.event(Event::Notice(format!("{e}; run.threads = {threads} is not followed").into()));
        }
        let (device, notice) = device::open(kind);
        notice.into_iter().for_each(|why| self.event(Event::Notice(Notice::OnCpu(why))));
        device
    }
}

/// Ignores all events and never stops the work.
pub struct Silent;

impl Reporter for Silent {
    fn event(&mut self, _: Event) {}
    fn control(&mut self) -> Control {
        Control::Continue
    }
}
