//! What network drives and operating systems leave beside a person's files: recycle bins, thumbnails, indexes.

use crate::data::text::{count_of, display_path, first_few};
use std::{ffi::OsStr, path::PathBuf};

/// Folders, in lower case: Synology and QNAP, Windows, macOS, Linux and NetApp.
const FOLDERS: &[&str] = &[
    "@eadir",
    "#recycle",
    "#snapshot",
    "@tmp",
    "@sharebin",
    "@recycle",
    "@recently-snapshot",
    ".@__thumb",
    ".@upload_cache",
    "$recycle.bin",
    "recycler",
    "recycled",
    "found.000",
    "system volume information",
    "__macosx",
    ".trashes",
    ".spotlight-v100",
    ".fseventsd",
    ".temporaryitems",
    ".documentrevisions-v100",
    ".appledouble",
    ".appledb",
    ".appledesktop",
    "network trash folder",
    "temporary items",
    "lost+found",
    ".trash",
    ".recycle",
    ".thumbnails",
    ".snapshot",
    ".snapshots",
    "~snapshot",
];

/// Files, in lower case.
const FILES: &[&str] = &[
    ".ds_store",
    ".localized",
    ".volumeicon.icns",
    "icon\r",
    "thumbs.db",
    "ehthumbs.db",
    "ehthumbs_vista.db",
    "desktop.ini",
    ".directory",
];

/// Whether a drive or a system made this, and no person.
pub fn is_system_file(name: &OsStr, is_folder: bool) -> bool {
    let name = name.to_string_lossy().to_ascii_lowercase();
    if is_folder {
        FOLDERS.contains(&name.as_str()) || name.starts_with(".trash-")
    } else {
        FILES.contains(&name.as_str())
            || [".@__thumb", "@synoeastream", "@synoresource"].iter().any(|end| name.ends_with(end))
            || name.starts_with("._")
    }
}

/// What an office program puts beside a file while it is open: `~$labels.xlsx`.
pub fn is_lock(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with("~$") || name.starts_with(".~lock.")
}

/// One line about what was passed over; paths relative to the root.
pub fn passed_over(folders: &[PathBuf], files: &[PathBuf]) -> Option<String> {
    let count = |n: usize, thing: &str| (n > 0).then(|| count_of(n, thing));
    let counts: Vec<String> = [count(folders.len(), "folder"), count(files.len(), "file")].into_iter().flatten().collect();
    let verb = if folders.len() + files.len() == 1 { "is" } else { "are" };
    (!counts.is_empty()).then(|| {
        format!(
            "{} of the drive or the system (recycle bins, thumbnails, indexes) {verb} passed over ({}).",
            counts.join(" and "),
            first_few(folders.iter().chain(files).map(|p| display_path(p)))
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_system_makes_is_told_from_what_a_person_names() {
        let is = |name: &str, is_folder| is_system_file(OsStr::new(name), is_folder);
        assert!(
            is("@eaDir", true) && is("$Recycle.Bin", true) && is("SYSTEM VOLUME INFORMATION", true) && is(".Trash-1000", true)
        );
        assert!(is("._0001.png", false) && is("Thumbs.db", false) && is(".DS_Store", false));
        assert!(!is("recycle", true) && !is("thumbs.png", false) && !is("_1.png", false) && !is("snapshot", true));
    }
}
