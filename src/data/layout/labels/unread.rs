//! Files that name these images and are no tables that are read.

use super::files::without_extension;
use crate::{
    data::{
        decode,
        layout::file_scan::{FileScan, extension, relative},
        text::{display_path, fold},
    },
    error::Warning,
};
use std::{
    collections::BTreeSet,
    io::Read,
    path::{Path, PathBuf},
};

/// As much of such a file is looked at, bytes, for so many names of images.
const LOOKED_AT: u64 = 1 << 20;
const NAMES: usize = 40;
/// So many of these files are looked at.
const MOST: usize = 50;

/// Other files that may hold labels, by their endings: texts and tables are judged as such.
pub fn may_hold_labels(path: &Path) -> bool {
    const ENDINGS: &[&str] = &["", "yaml", "yml", "toml", "pkl", "db", "mat", "npy", "pt", "labels", "data", "names"];
    const OTHERS: &[&str] = &["sum", "md5", "sha", "readme", "licen", "manifest"];
    let name = fold(&path.file_name().unwrap_or_default().to_string_lossy());
    ENDINGS.contains(&extension(path).as_str()) && !OTHERS.iter().any(|word| name.contains(word))
}

/// What is said of those that hold names of these images.
pub fn that_name(root: &Path, scan: &FileScan, paths: &[&PathBuf]) -> Vec<Warning> {
    let step = (scan.pictures.len() / NAMES).max(1);
    let whole = |path: &Path| fold(&path.file_name().unwrap_or_default().to_string_lossy());
    let stem = |path: &Path| without_extension(&whole(path)).to_string();
    // A short name may stand in any text, but hardly with its ending.
    let name = |path: &Path| Some(stem(path)).filter(|stem| stem.len() > 3).unwrap_or_else(|| whole(path));
    let names: BTreeSet<String> = scan.pictures.iter().step_by(step).map(|picture| name(&picture.relative)).collect();
    let holds_names = |path: &&&PathBuf| {
        let mut bytes = Vec::new();
        let file = decode::open_file(path).ok();
        if file.is_none_or(|file| file.take(LOOKED_AT).read_to_end(&mut bytes).is_err()) {
            return false;
        }
        let text = fold(&String::from_utf8_lossy(&bytes));
        let found = names.iter().filter(|name| text.contains(name.as_str())).count();
        found > 2 || found * 2 > names.len()
    };
    let say = |path: &&PathBuf| {
        let text =
            format!("{} names these images; labels may be in it, which are not read.", display_path(&relative(root, path)));
        Warning::new(text, "save them as a table (.csv) with a row for each image: its file, its label".into())
    };
    paths.iter().take(MOST).filter(holds_names).map(say).collect()
}
