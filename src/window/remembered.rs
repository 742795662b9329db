//! The files of what is remembered from one start to the next.
//!
//! Where several windows are open: a window writes the whole file now and then. Of two, each would write over what the other remembers, and the second would
//! offer the jobs that wait in the first as left behind. So the first window has the file, and each other one a copy.

use crate::{
    app::state::WorkspaceSettings,
    error::{Error, NextStep, Result},
    run_dir::files,
    text,
};
use std::{
    fs::{self, File},
    io::ErrorKind,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// What the workspace keeps of the window. A file that cannot be used is kept under another name, since the next tag writes anew.
///
/// # Errors
/// Such a file, and where it is now.
pub fn workspace_settings(workspace: &Path) -> Result<WorkspaceSettings> {
    let file = workspace.join(files::WINDOW);
    let reason = match fs::read(&file) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(WorkspaceSettings::default()),
        Err(e) => e.to_string(),
        Ok(bytes) => match serde_json::from_slice(&bytes) {
            Ok(settings) => return Ok(settings),
            Err(e) => e.to_string(),
        },
    };
    let damaged = format!("{}.damaged", files::WINDOW);
    let kept = text::free_name(&damaged, |name| !workspace.join(name).exists());
    let next: NextStep = match fs::rename(&file, workspace.join(&kept)) {
        Ok(()) => format!("they begin anew; the file is kept as {kept}").into(),
        Err(_) => "move the file away: the next tag or view writes it anew".into(),
    };
    Err(Error::user(format!("the tags and views in {} cannot be read: {reason}", file.display()), next))
}

pub struct Remembered {
    /// The file to read and write.
    pub file: PathBuf,
    /// Held as long as this window is open, where it is the first.
    lock: Option<File>,
    /// Is deleted with this.
    _copy: Option<TempDir>,
}

impl Remembered {
    /// In the folder of the program's data; `None` where nothing can be kept.
    pub fn open(folder: &Path) -> Option<Self> {
        fs::create_dir_all(folder).ok()?;
        let file = folder.join("app.ron");
        let lock = File::create(folder.join("window.lock")).ok()?;
        // Disks without locks are no reason to forget.
        if !matches!(lock.try_lock(), Err(fs::TryLockError::WouldBlock)) {
            return Some(Self { file, lock: Some(lock), _copy: None });
        }
        let copy = tempfile::tempdir().ok()?;
        let own = copy.path().join("app.ron");
        // Of a first window that has written nothing there is nothing to copy.
        let _ = fs::copy(&file, &own);
        Some(Self { file: own, lock: None, _copy: Some(copy) })
    }

    /// Whether no other window was open when this one was.
    pub fn is_first(&self) -> bool {
        self.lock.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_settings_of_the_workspace_are_kept_and_said_once() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(files::WINDOW);
        assert_eq!(workspace_settings(dir.path()).unwrap(), WorkspaceSettings::default());
        for (kept, text) in [("window.json.damaged", "{\"tags\": [{\"na"), ("window.json.damaged-2", "[]x")] {
            fs::write(&file, text).unwrap();
            let why = workspace_settings(dir.path()).unwrap_err();
            assert!(why.to_string().starts_with("the tags and views in"), "{why}");
            assert!(matches!(why.hint(), Some(NextStep::Text(hint)) if hint.contains(kept)), "{:?}", why.hint());
            assert_eq!(fs::read_to_string(dir.path().join(kept)).unwrap(), text);
            assert_eq!(workspace_settings(dir.path()).unwrap(), WorkspaceSettings::default(), "it is said once");
        }
    }

    #[test]
    fn a_second_window_writes_nothing_over_what_the_first_remembers() {
        let dir = tempfile::tempdir().unwrap();
        let first = Remembered::open(dir.path()).unwrap();
        fs::write(&first.file, "theme").unwrap();
        let second = Remembered::open(dir.path()).unwrap();
        assert!(first.is_first() && !second.is_first());
        assert_eq!(fs::read_to_string(&second.file).unwrap(), "theme");
        let copy = second.file.clone();
        fs::write(&copy, "other").unwrap();
        drop(second);
        assert!(!copy.exists());
        drop(first);
        let next = Remembered::open(dir.path()).unwrap();
        assert!(next.is_first());
        assert_eq!(fs::read_to_string(&next.file).unwrap(), "theme");
    }
}
