//! What a run is, and how far it has come: `manifest.json`.

use crate::{
    config::DissolveMethod,
    error::{Error, Result},
};
use serde::{Deserialize, Serialize};

/// What a run makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunKind {
    /// A diffusion model.
    Ddpm,
    /// A contrastive encoder with a dissolving branch.
    Dia,
    /// An encoder without that branch: the baseline.
    Csi,
    /// An encoder (DIA or CSI) on tiles of large pictures; only as a part of another run.
    Tiles,
    /// The chain of all: holds its parts in `ddpm/`, `dia/` and `tiles/`.
    Train,
}

impl RunKind {
    /// Its name in paths and in the manifest.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ddpm => "ddpm",
            Self::Dia => "dia",
            Self::Csi => "csi",
            Self::Tiles => super::files::TILES_PART,
            Self::Train => "train",
        }
    }

    /// What trains an encoder whose branch dissolves in this way.
    pub fn of_encoder(dissolve: DissolveMethod) -> Self {
        if dissolve == DissolveMethod::None { Self::Csi } else { Self::Dia }
    }

    /// It trains an encoder of whole pictures itself, not in a part.
    pub fn has_encoder(self) -> bool {
        matches!(self, Self::Dia | Self::Csi)
    }
}

/// How far a run has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum RunState {
    /// Created or in work; also what a killed run is found as: it can be resumed.
    Unfinished,
    /// Stopped by the person; can be resumed.
    Stopped,
    /// Ended by an error; can be resumed once its reason is gone.
    Failed {
        /// The error's sentence.
        reason: String,
    },
    /// Done.
    Finished,
}

impl RunState {
    /// How work with this result has ended.
    pub fn after<T>(result: &Result<T>) -> Self {
        match result {
            Ok(_) => Self::Finished,
            Err(Error::Stopped) => Self::Stopped,
            Err(e) => Self::Failed { reason: e.to_string() },
        }
    }
}

/// The content of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// What the run makes.
    pub kind: RunKind,
    /// The person's name for it; may be empty.
    pub name: String,
    /// RFC 3339, UTC.
    pub created: String,
    /// Version of the program that made it.
    pub version: String,
    /// How far it has come.
    #[serde(flatten)]
    pub state: RunState,
    /// Notes of the person.
    #[serde(default)]
    pub notes: String,
    /// Fingerprint of the images that it began with; empty in older runs.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub data: String,
    /// Figures worth showing in a list (`auroc`, `seconds`, `loss`…).
    #[serde(default)]
    pub figures: serde_json::Map<String, serde_json::Value>,
}
