//! Files that are written atomically: complete or not at all, whenever the program is killed.

use crate::error::{Error, Result};
use std::{fs, io::Write, path::Path};

/// How the names of files begin that [`write_atomic`] has not finished; a killed process leaves them.
const HALF_WRITTEN: &str = ".writing-";

/// Writes a file under another name beside it, flushes it to the disk, and renames it: at any moment the path holds either
/// the old content or the new one, complete.
///
/// # Errors
/// Where `fill` or the disk refuses; the old content stays.
pub fn write_atomic(path: &Path, fill: impl FnOnce(&mut std::io::BufWriter<&mut fs::File>) -> std::io::Result<()>) -> Result<()> {
    let fail = |e| Error::io("write", path)(e);
    // A link stays a link: what it leads to is replaced.
    let target = if path.is_symlink() { fs::canonicalize(path).map_err(fail)? } else { path.to_path_buf() };
    if fs::metadata(&target).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        // A device or a pipe is written to, never replaced.
        let mut file = fs::OpenOptions::new().write(true).open(&target).map_err(fail)?;
        let mut buffered = std::io::BufWriter::new(&mut file);
        return fill(&mut buffered).and_then(|()| buffered.flush()).map_err(fail);
    }
    let path = target.as_path();
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut temp = tempfile::Builder::new().prefix(HALF_WRITTEN).tempfile_in(folder).map_err(fail)?;
    // So that it is not taken for one that a killed process has left. Some network disks have no locks.
    let _ = temp.as_file().lock();
    {
        let mut buffered = std::io::BufWriter::with_capacity(1 << 20, temp.as_file_mut());
        fill(&mut buffered).and_then(|()| buffered.flush()).map_err(fail)?;
    }
    temp.as_file().sync_all().map_err(fail)?;
    // Temporary files are private by default; run folders are shared like any other file of the person.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        temp.as_file().set_permissions(fs::Permissions::from_mode(0o644)).map_err(fail)?;
    }
    temp.persist(path).map_err(|e| fail(e.error))?;
    // The rename itself must reach the disk as well.
    #[cfg(unix)]
    if let Ok(dir) = fs::File::open(folder) {
        let _ = dir.sync_all();
    }
    Ok(())
}

/// Writes a file whose folder may not be there yet.
///
/// # Errors
/// As [`write_atomic`]; a folder that cannot be made.
pub fn write_with_folder(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
    write_atomic(path, |file| file.write_all(bytes))
}

/// The content of a file; `None` where it is not there.
///
/// # Errors
/// Where it is there and cannot be read.
pub fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        read => read.map(Some).map_err(Error::io("read", path)),
    }
}

/// Removes what killed processes have left in a folder and in those within; what another process writes now stays.
pub fn remove_half_written(folder: &Path) {
    let files = walkdir::WalkDir::new(folder).into_iter().flatten();
    for file in files.filter(|file| file.file_name().to_string_lossy().starts_with(HALF_WRITTEN)) {
        if fs::File::open(file.path()).is_ok_and(|opened| opened.try_lock().is_ok()) {
            let _ = fs::remove_file(file.path());
        }
    }
}

/// Whether files can be written into a folder, which may have to be made first: asked before the work whose results go there.
/// Nothing stays behind.
///
/// # Errors
/// Why not.
pub fn require_writable(folder: &Path) -> Result<()> {
    let fail = |e| Error::io("write to", folder)(e);
    let absolute = std::path::absolute(folder).map_err(fail)?;
    let nearest = absolute.ancestors().find(|at| at.exists()).unwrap_or(Path::new("."));
    tempfile::Builder::new().prefix(HALF_WRITTEN).tempfile_in(nearest).map(drop).map_err(fail)
}

/// Refuses one file that cannot be written, whose folder has to be there.
///
/// # Errors
/// Why not; where it is a folder, or its folder is missing.
pub fn require_writable_file(path: &Path) -> Result<()> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(Error::usage(format!("{} is a folder", path.display()), "name a file in it")),
        // A device or a pipe: opened when there is something to say.
        Ok(found) if !found.is_file() => Ok(()),
        _ => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            if !folder.is_dir() {
                return Err(Error::user(format!("there is no folder {}", folder.display()), "make it first, or name another"));
            }
            require_writable(folder)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::NextStep;

    #[test]
    fn a_failed_write_leaves_the_old_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        write_atomic(&path, |f| f.write_all(b"old")).unwrap();
        let failed = write_atomic(&path, |f| f.write_all(b"new").and(Err(std::io::ErrorKind::StorageFull.into())));
        assert_eq!(failed.unwrap_err().hint(), Some(NextStep::FreeSpace));
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "no half-written file stays");
    }

    #[test]
    fn what_a_killed_process_left_is_removed_and_what_is_written_now_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let left = dir.path().join("part").join(format!("{HALF_WRITTEN}abc"));
        fs::create_dir(dir.path().join("part")).unwrap();
        fs::write(&left, "half").unwrap();
        let path = dir.path().join("a");
        write_atomic(&path, |f| {
            remove_half_written(dir.path());
            f.write_all(b"whole")
        })
        .unwrap();
        assert!(!left.exists() && fs::read(&path).unwrap() == b"whole");
    }

    #[test]
    fn a_place_that_cannot_be_written_to_is_found_before_the_work() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::write(at("file"), "old").unwrap();
        for folder in ["", "new", "new/folder"] {
            require_writable(&at(folder)).unwrap();
        }
        assert!(require_writable(&at("file")).is_err() && require_writable(&at("file/below/a")).is_err());
        for file in ["file", "new.csv"] {
            require_writable_file(&at(file)).unwrap();
        }
        require_writable_file("new.csv".as_ref()).unwrap();
        let refused = |name: &str| require_writable_file(&at(name)).map_err(|e| e.to_string()).unwrap_err();
        assert!(refused("new/folder/s.csv").contains("there is no folder"));
        assert!(refused("").contains("is a folder"));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing stays behind");
    }

    #[cfg(unix)]
    #[test]
    fn links_and_devices_are_written_through_and_stay_what_they_are() {
        use std::os::unix::fs::FileTypeExt;
        let dir = tempfile::tempdir().unwrap();
        let (target, link) = (dir.path().join("target"), dir.path().join("link"));
        fs::write(&target, "old").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        write_atomic(&link, |f| f.write_all(b"new")).unwrap();
        assert!(link.is_symlink() && fs::read(&target).unwrap() == b"new");
        let (null, full) = (Path::new("/dev/null"), Path::new("/dev/full"));
        write_atomic(null, |f| f.write_all(b"new")).unwrap();
        assert!(fs::metadata(null).unwrap().file_type().is_char_device());
        if full.exists() {
            assert!(write_atomic(full, |f| f.write_all(b"new")).is_err());
        }
    }
}
