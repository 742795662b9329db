//! The one error type that reaches people: a sentence that says what could not be done and why, and a next step.
//!
//! Modules may have finer `thiserror` enums inside; at their edge they become an [`Error`]. It is handled once: printed by
//! the command line, or shown as a card in the window.

use std::path::{Path, PathBuf};

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder could not be read or written.
    #[error("could not {action} {}: {source}", path.display())]
    Io { action: &'static str, path: PathBuf, source: std::io::Error },
    /// A tensor operation failed (out of memory, a shape that does not fit a checkpoint…).
    #[error("the computation failed: {0}")]
    Tensor(#[from] candle_core::Error),
    /// Anything that a person can act on.
    #[error("{summary}")]
    User { summary: String, hint: String },
    /// The arguments do not make sense (exit code 2).
    #[error("{summary}")]
    Usage { summary: String, hint: String },
    /// The person stopped the work; what was computed is kept (exit code 130).
    #[error("stopped; what was computed is kept")]
    Stopped,
}

impl Error {
    /// `summary` is one sentence: what, and why. `hint` is what to do next.
    pub fn user(summary: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::User { summary: summary.into(), hint: hint.into() }
    }

    pub fn usage(summary: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Usage { summary: summary.into(), hint: hint.into() }
    }

    /// For `map_err`: `fs::read(p).map_err(Error::io("read", p))`.
    pub fn io(action: &'static str, path: impl AsRef<Path>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.as_ref().to_path_buf();
        move |source| Self::Io { action, path, source }
    }

    /// What to do next; empty where there is nothing sensible to say.
    pub fn hint(&self) -> String {
        match self {
            Self::User { hint, .. } | Self::Usage { hint, .. } => hint.clone(),
            Self::Io { source, .. } => match source.kind() {
                std::io::ErrorKind::StorageFull => "free some disk space, then go on with --resume".into(),
                std::io::ErrorKind::PermissionDenied => "check the permissions of the file and its folder".into(),
                std::io::ErrorKind::NotFound => "check the path".into(),
                _ => String::new(),
            },
            Self::Tensor(_) => "if memory ran out, try a smaller batch or image size".into(),
            Self::Stopped => "go on with --resume".into(),
        }
    }

    /// 0 done, 1 could not, 2 wrong usage, 130 stopped by the user.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage { .. } => 2,
            Self::Stopped => 130,
            _ => 1,
        }
    }
}
