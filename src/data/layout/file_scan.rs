//! The files under a folder, found without following a link in circles and without opening anything but ordinary files.

use super::{
    system_files::{is_lock, is_system_file},
    tables::is_text_table,
};
use crate::{
    data::{
        dataset::Skipped,
        decode::{self, FileFormat, Probe},
        text::display_path,
    },
    error::{Error, Result},
};
use rayon::prelude::*;
use std::{
    fs::FileType,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};
use walkdir::WalkDir;

/// A folder with more files than this is not a set of images.
const MAX_FILES: usize = 3_000_000;

/// Files that lie beside images and are passed over without a word, unless their content is a picture.
const COMPANIONS: &[&str] = &[
    "txt",
    "md",
    "rst",
    "csv",
    "tsv",
    "json",
    "jsonl",
    "xml",
    "yml",
    "yaml",
    "toml",
    "html",
    "htm",
    "pdf",
    "py",
    "ipynb",
    "log",
    "sh",
    "r",
    "m",
    "mat",
    "xls",
    "xlsx",
    "xlsm",
    "xlsb",
    "ndjson",
    "tab",
    "lst",
    "manifest",
    "ods",
    "doc",
    "docx",
    "ini",
    "cfg",
    "db",
    "bat",
    "url",
    "lnk",
    "pkl",
    "npy",
    "pt",
    "pth",
    "safetensors",
    "names",
    "data",
    "labels",
];

/// A file with one picture or several.
#[derive(Debug, Clone)]
pub struct PictureFile {
    pub path: PathBuf,
    /// Its path relative to the root.
    pub relative: PathBuf,
    /// What its header says.
    pub probe: Probe,
    /// Known once masks are told from images.
    pub masks: Vec<PathBuf>,
}

/// All that lies under a folder.
#[derive(Debug, Default)]
pub struct FileScan {
    /// In the order of their paths.
    pub pictures: Vec<PictureFile>,
    /// Masks that belong to none of the pictures by their names.
    pub masks_without_image: Vec<PictureFile>,
    /// Zip archives (`.npz`).
    pub archives: Vec<PathBuf>,
    /// Other ordinary files: tables of labels, CIFAR batches.
    pub others: Vec<PathBuf>,
    pub skipped: Vec<Skipped>,
    /// Folders and files that a drive or a system made, relative to the root; none was entered or opened.
    pub system_folders: Vec<PathBuf>,
    pub system_files: Vec<PathBuf>,
}

/// Looks at every file under `root`, or under `only` some parts of it; headers in parallel.
pub fn scan(root: &Path, only: &[PathBuf], progress: &(dyn Fn(usize) + Sync)) -> Result<FileScan> {
    let mut scan = FileScan::default();
    let files = if only.is_empty() {
        list(root, root, &mut scan)?
    } else {
        let mut files = Vec::new();
        for part in only {
            files.extend(list(root, &root.join(part), &mut scan)?);
        }
        files.sort();
        files.dedup();
        files
    };
    let done = AtomicUsize::new(0);
    let outcomes: Vec<_> = files
        .into_par_iter()
        .map(|path| {
            let outcome = decode::kind(&path)
                .and_then(|kind| Ok((kind, if kind.is_picture() { Some(decode::probe(&path)?) } else { None })));
            progress(done.fetch_add(1, Ordering::Relaxed) + 1);
            (path, outcome)
        })
        .collect();
    for (path, outcome) in outcomes {
        let relative = relative(root, &path);
        match outcome {
            Ok((_, Some(probe))) => scan.pictures.push(PictureFile { path, relative, probe, masks: Vec::new() }),
            Ok((FileFormat::Zip, None)) if extension(&path) == "npz" => scan.archives.push(path),
            Ok((FileFormat::Unknown | FileFormat::Foreign(_) | FileFormat::Zip | FileFormat::Empty, None))
                if COMPANIONS.contains(&extension(&path).as_str()) =>
            {
                scan.others.push(path);
            }
            Ok((FileFormat::Unknown, None)) if is_text_table(&path) => scan.others.push(path),
            Ok((FileFormat::Unknown, None))
                if matches!(extension(&path).as_str(), "bin" | "") && !looks_like_picture_name(&path) =>
            {
                scan.others.push(path);
            }
            Ok((kind, None)) => scan.skipped.push(Skipped { path: relative, reason: kind.refusal() }),
            Err(reason) => scan.skipped.push(Skipped { path: relative, reason }),
        }
    }
    Ok(scan)
}

/// Files without an extension are mostly lists and licences (`SHA256SUMS`); batches of CIFAR, too.
fn looks_like_picture_name(path: &Path) -> bool {
    path.file_name().is_some_and(|n| n.to_string_lossy().chars().all(|c| c.is_ascii_digit()))
}

pub fn extension(path: &Path) -> String {
    path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).unwrap_or_default()
}

pub fn relative(root: &Path, path: &Path) -> PathBuf {
    path.strip_prefix(root).unwrap_or(path).to_path_buf()
}

/// Ordinary files under `part` of `root`, sorted; hidden ones and those of the system are left out. A link is followed where it
/// leads to a file below the root: folders there are looked at anyway.
fn list(root: &Path, part: &Path, scan: &mut FileScan) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let home = std::fs::canonicalize(root).map_err(Error::io("list", root))?;
    let mut skip = |path: &Path, reason: String| scan.skipped.push(Skipped { path: relative(root, path), reason });
    // A link that was named itself is what it leads to.
    let start = std::fs::canonicalize(part).map_err(Error::io("list", part))?;
    let mut entries = WalkDir::new(&start).sort_by_file_name().into_iter();
    let named = |path: &Path| match path.strip_prefix(&start) {
        Ok(rest) if rest.as_os_str().is_empty() => part.to_path_buf(),
        Ok(rest) => part.join(rest),
        Err(_) => path.to_path_buf(),
    };
    while let Some(entry) = entries.next() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) if error.depth() == 0 => {
                let source = error.into_io_error().unwrap_or_else(|| std::io::Error::other("it cannot be listed"));
                return Err(Error::Io { action: "list", path: part.into(), source });
            }
            Err(error) => {
                let reason = error.io_error().map_or_else(|| "cannot be listed".into(), decode::io_reason);
                skip(&error.path().map_or_else(|| part.to_path_buf(), named), format!("is passed over: it {reason}"));
                continue;
            }
        };
        let path = named(entry.path());
        let mut kind = entry.file_type();
        if is_lock(entry.file_name()) && kind.is_file() {
            continue;
        }
        if (entry.depth() > 0 || part != root) && is_system_file(entry.file_name(), kind.is_dir()) {
            if kind.is_dir() {
                scan.system_folders.push(relative(root, &path));
                entries.skip_current_dir();
            } else {
                scan.system_files.push(relative(root, &path));
            }
            continue;
        }
        let hidden = entry.depth() > 0 && entry.file_name().as_encoded_bytes().starts_with(b".");
        // Not files of a person; some block whoever reads them.
        let hidden = hidden || cfg!(unix) && ["/proc", "/sys", "/dev"].iter().any(|p| entry.path() == Path::new(p));
        if hidden {
            if kind.is_dir() {
                entries.skip_current_dir();
            }
            continue;
        }
        if kind.is_symlink() {
            match link_target(entry.path(), &home) {
                Ok(target) => kind = target,
                Err(reason) => {
                    skip(&path, reason);
                    continue;
                }
            }
        }
        if kind.is_file() {
            files.push(path);
            if files.len() > MAX_FILES {
                return Err(Error::user(
                    format!("{} holds more than {MAX_FILES} files", root.display()),
                    "open the folder that holds the images",
                ));
            }
        } else if !kind.is_dir() {
            skip(&path, "is a pipe, a socket or a device, which is never opened".into());
        }
    }
    Ok(files)
}

/// What a link leads to, where that is no folder and lies below `home`; else the reason why it is passed over.
fn link_target(link: &Path, home: &Path) -> Result<FileType, String> {
    let metadata = std::fs::metadata(link).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => "is a link to nothing".to_string(),
        _ if e.to_string().contains("levels of symbolic links") => "is a link that leads in a circle".into(),
        _ => format!("is a link that cannot be followed: what it leads to {}", decode::io_reason(&e)),
    })?;
    let kind = metadata.file_type();
    let target = std::fs::canonicalize(link).map_err(|e| format!("is a link that cannot be followed ({e})"))?;
    if !kind.is_dir() && !kind.is_file() {
        Ok(kind)
    } else if link.starts_with(&target) {
        Err("is a link that leads back to a folder above it".into())
    } else if !target.starts_with(home) {
        let what = if kind.is_dir() { "folder" } else { "file" };
        Err(format!("is a link that leads out of the folder, to the {what} {}", display_path(&target)))
    } else if kind.is_dir() {
        Err("is a link to a folder that is looked at already".into())
    } else {
        Ok(kind)
    }
}
