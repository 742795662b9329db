//! Where the pages of a file are. Each names only the next one: a walk to each page would make the work for a file grow with the
//! square of their number, so the places are kept.

use super::tags;
use crate::data::decode::source::{io_reason, open_file};
use std::{
    collections::VecDeque,
    io::BufReader,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

/// Files that are known at once, at 80 KB each at most: more than there are threads that decode.
const KEPT: usize = 64;

/// A file as it was when its pages were found.
#[derive(Clone, PartialEq)]
struct FileState {
    path: PathBuf,
    length: u64,
    modified: Option<SystemTime>,
}

type Places = Arc<[u64]>;

/// The files that were asked for last, the newest first.
static KNOWN: Mutex<VecDeque<(FileState, Places)>> = Mutex::new(VecDeque::new());

/// Offsets of the directories of all pages, in bytes.
pub fn of(path: &Path) -> Result<Places, String> {
    let file = open_file(path)?;
    let meta = file.metadata().map_err(|e| io_reason(&e))?;
    let state = FileState { path: path.into(), length: meta.len(), modified: meta.modified().ok() };
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let found = known().iter().find(|(of, _)| *of == state).map(|(_, places)| places.clone());
    Ok(found.unwrap_or_else(|| {
        let places: Places = tags::directories(BufReader::new(file)).into();
        let mut known = known();
        known.retain(|(of, _)| of.path != state.path);
        known.push_front((state, places.clone()));
        known.truncate(KEPT);
        places
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_found_once_and_anew_in_a_changed_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        // Two directories without entries.
        let two = b"II*\0\x08\0\0\0\0\0\x0e\0\0\0\0\0\0\0\0\0";
        std::fs::write(file.path(), two).unwrap();
        let places = of(file.path()).unwrap();
        assert_eq!(*places, [8, 14]);
        assert!(Arc::ptr_eq(&places, &of(file.path()).unwrap()));
        std::fs::write(file.path(), &two[..14]).unwrap();
        assert_eq!(*of(file.path()).unwrap(), [8, 14], "though the second is cut off");
        std::fs::write(file.path(), b"MM\0*\0\0\0\x08\0\0\0\0\0\0\0\0").unwrap();
        assert_eq!(*of(file.path()).unwrap(), [8]);
        // A chain that goes in circles ends.
        std::fs::write(file.path(), b"II*\0\x08\0\0\0\0\0\x08\0\0\0\0").unwrap();
        assert_eq!(of(file.path()).unwrap().len(), tags::MAX_PAGES);
    }
}
