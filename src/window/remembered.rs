//! The file of what is remembered from one start to the next, where several windows are open.
//!
//! A window writes the whole file now and then. Of two, each would write over what the other remembers, and the second would
//! offer the jobs that wait in the first as left behind. So the first window has the file, and each other one a copy.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};
use tempfile::TempDir;

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
