//! The one error type that reaches people: a sentence that says what could not be done and why, and a next step.
//!
//! Modules may have finer `thiserror` enums inside; at their edge they become an [`Error`]. It is handled once: printed by
//! the command line, or shown as a card in the window.

#![warn(missing_docs)]

use std::path::{Path, PathBuf};

/// A result whose error, unless another is named, is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something could not be done, as one sentence ([`Display`](std::fmt::Display)); [`hint`](Self::hint) says what to do next.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder could not be read or written.
    #[error("could not {action} {}: {source}", path.display())]
    Io {
        /// A verb, as in "could not `read` the file".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A tensor operation failed (out of memory, a shape that does not fit a checkpoint…).
    #[error("the computation failed: {0}")]
    Tensor(#[from] candle_core::Error),
    /// Anything that a person can act on.
    #[error("{summary}")]
    User {
        /// One sentence: what could not be done, and why.
        summary: String,
        /// What to do next, where there is something sensible to say.
        hint: Option<NextStep>,
    },
    /// The arguments do not make sense (exit code 2).
    #[error("{summary}")]
    Usage {
        /// One sentence: what does not make sense, and why.
        summary: String,
        /// What to do next, where there is something sensible to say.
        hint: Option<NextStep>,
    },
    /// The person stopped the work; what was computed is kept (exit code 130).
    #[error("stopped; what was computed is kept")]
    Stopped,
    /// The person stopped work that leaves nothing to resume (exit code 130).
    #[error("stopped")]
    Ended,
}

/// What a person can do next: a value, since each front end words it for itself, the command line with its flags
/// (`cli::next_step`), the window with its pages and controls (`app::next_step`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NextStep {
    /// Words that are right everywhere: they name no flag, verb or control.
    Text(String),
    /// Name a data set.
    NameData,
    /// Name the normal classes: `such_as` are some that there are.
    NameNormal {
        /// The names of classes that there are, with commas between them.
        such_as: String,
    },
    /// There are no classes: say that all is normal, or give a table of labels.
    SayWhatIsNormal,
    /// See what was recognised, and which class is normal.
    CheckNormal,
    /// Say which columns of a table hold files and labels.
    NameColumns,
    /// See which files cannot be used.
    SeeUnusable,
    /// Take a file out of the data set.
    RemoveFile,
    /// Resume the work that was stopped.
    Resume,
    /// Make room on the disk, then resume.
    FreeSpace,
    /// Put an image back, then resume.
    PutFileBack,
    /// Finish the encoder's training first, or choose a run that is finished.
    FinishRun,
    /// Choose a folder that is a run.
    ChooseRun,
    /// The model has no weights yet: wait, or choose another run.
    WaitForWeights,
    /// Choose a diffusion model in the place of an encoder.
    OtherModel,
    /// Train a diffusion model, or dissolve without one.
    ModelOrOtherMethod,
    /// Use more normal images, or do without the dissolve profile.
    MoreNormalsOrNoProfile,
    /// The training diverged: lower its learning rate, clip its gradients, or warm up for longer.
    Steadier {
        /// Its section of the settings: `ddpm` or `dia`.
        part: &'static str,
        /// Its learning rate, as it is shown.
        lr: String,
        /// Its gradients could be clipped and are not.
        unclipped: bool,
    },
    /// Have this table label the images in the place of what does.
    UseTable {
        /// The table, as it can be opened.
        path: PathBuf,
    },
    /// Open one of these folders alone, labelled by this table, which does not say of which of them it is.
    OpenOneOf {
        /// Some of the folders, as they are listed in a sentence.
        folders: String,
        /// The table, as it can be opened.
        table: PathBuf,
    },
    /// Say which column of this table is the label.
    ChooseLabel {
        /// The table, as it can be opened.
        path: PathBuf,
        /// Its column that names the files.
        file: String,
    },
    /// The memory of the device is full: compute less at once, or elsewhere.
    LessMemory,
    /// A training does not fit into memory: compute less at once.
    Smaller {
        /// The section of the settings that its memory follows from: `ddpm`, `dia`, or `data` (the size of tiled pictures).
        part: &'static str,
    },
    /// Name the table of labels, which cannot be found by itself.
    NameTable,
    /// Have the folders say the classes in the place of a table: the outer ones, or those that the images lie in.
    UseFolders {
        /// The outer ones.
        outer: bool,
    },
    /// If folders at another level are the classes: take that level, counted from 1.
    ClassLevel(usize),
    /// Show the grey values of the lowest so many of 16 bits.
    LowBits(u32),
    /// 16-bit pictures are shown by their lowest bits: show all of their range.
    AllBits,
    /// Keep the proportions of pictures that are no squares.
    KeepProportions,
    /// Ask for no split.
    OmitSplit,
    /// The number of threads is set at the start of the process.
    ThreadsAtStart,
    /// There is no window to show: use a desktop, or the command line.
    DesktopOrVerb,
}

impl From<&str> for NextStep {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for NextStep {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl NextStep {
    /// No step where there are no words.
    fn unless_empty(self) -> Option<Self> {
        Some(self).filter(|step| !matches!(step, Self::Text(text) if text.is_empty()))
    }
}

impl Error {
    /// `summary` is one sentence: what, and why. `hint` is what to do next; "" where there is nothing sensible to say.
    pub fn user(summary: impl Into<String>, hint: impl Into<NextStep>) -> Self {
        Self::User { summary: summary.into(), hint: hint.into().unless_empty() }
    }

    /// An error of arguments that do not make sense.
    pub fn usage(summary: impl Into<String>, hint: impl Into<NextStep>) -> Self {
        Self::Usage { summary: summary.into(), hint: hint.into().unless_empty() }
    }

    /// For `map_err`: `fs::read(p).map_err(Error::io("read", p))`.
    pub fn io(action: &'static str, path: impl AsRef<Path>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.as_ref().to_path_buf();
        move |source| Self::Io { action, path, source: without_path(source) }
    }

    /// What to do next, where there is something sensible to say.
    pub fn hint(&self) -> Option<NextStep> {
        match self {
            Self::User { hint, .. } | Self::Usage { hint, .. } => hint.clone(),
            Self::Io { source, .. } => match source.kind() {
                std::io::ErrorKind::StorageFull => Some(NextStep::FreeSpace),
                std::io::ErrorKind::PermissionDenied => Some("check the permissions of the file and its folder".into()),
                std::io::ErrorKind::NotFound => Some("check the path".into()),
                std::io::ErrorKind::AlreadyExists | std::io::ErrorKind::NotADirectory => {
                    Some("there is something else of that name: give another".into())
                }
                _ => None,
            },
            Self::Tensor(why) if is_full_memory(&why.to_string()) => Some(NextStep::LessMemory),
            Self::Tensor(_) => None,
            Self::Stopped => Some(NextStep::Resume),
            Self::Ended => None,
        }
    }

    /// The error of work that cannot be resumed: that it was stopped says no more.
    pub fn without_resume(self) -> Self {
        if matches!(self, Self::Stopped) { Self::Ended } else { self }
    }

    /// 0 done, 1 could not, 2 wrong usage, 130 stopped by the user.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage { .. } => 2,
            Self::Stopped | Self::Ended => 130,
            _ => 1,
        }
    }
}

/// What the system said of a file that has no lasting name: `tempfile` adds the name, which tells people nothing.
fn without_path(error: std::io::Error) -> std::io::Error {
    match error.to_string().split_once(" at path ") {
        Some((said, _)) if error.get_ref().is_some() => std::io::Error::new(error.kind(), said),
        _ => error,
    }
}

/// Whether a device has said that its memory is full, in the words of CUDA, cuBLAS, cuDNN or Metal.
fn is_full_memory(said: &str) -> bool {
    let said = said.to_lowercase().replace('_', " ");
    ["out of memory", "alloc failed", "failed to allocate", "memory allocation"].iter().any(|words| said.contains(words))
}

/// What a person should know before the work, and what they can do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// A whole sentence, which names no flag, verb or control.
    pub text: String,
    /// What to do, where there is something sensible to say.
    pub step: Option<NextStep>,
}

impl Warning {
    /// A sentence and what to do about it.
    pub fn new(text: impl Into<String>, step: NextStep) -> Self {
        Self { text: text.into(), step: Some(step) }
    }
}

impl From<String> for Warning {
    fn from(text: String) -> Self {
        Self { text, step: None }
    }
}

impl From<&str> for Warning {
    fn from(text: &str) -> Self {
        text.to_string().into()
    }
}

/// An error on its way to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// One sentence: what could not be done, and why.
    pub summary: String,
    /// What to do next, where there is something sensible to say.
    pub hint: Option<NextStep>,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { summary: error.to_string(), hint: error.hint() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_temporary_files_are_not_told() {
        let place = tempfile::tempdir().unwrap();
        let missing = place.path().join("missing");
        let error = tempfile::Builder::new().prefix(".writing-").tempfile_in(&missing).map_err(Error::io("write", &missing));
        let said = error.unwrap_err().to_string();
        assert!(said.starts_with(&format!("could not write {}: ", missing.display())) && !said.contains(".writing-"), "{said}");
    }

    #[test]
    fn full_memory_of_a_device_has_a_next_step() {
        let hint = |said: &str| Error::Tensor(candle_core::Error::Msg(said.into())).hint();
        for said in [
            "DriverError(CUDA_ERROR_OUT_OF_MEMORY, \"out of memory\")",
            "CUBLAS_STATUS_ALLOC_FAILED",
            "Failed to allocate 4096 bytes",
        ] {
            assert_eq!(hint(said), Some(NextStep::LessMemory), "{said}");
        }
        assert_eq!(hint("shape mismatch in matmul"), None);
    }
}
