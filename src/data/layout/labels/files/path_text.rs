//! Paths as tables write them: their parts, and the keys by which they are looked up.

use crate::data::text::{display_bytes, fold};
use std::path::{Component, Path, PathBuf};

/// What is longer or deeper is no path.
const MAX_LENGTH: usize = 4096;
const MAX_DEPTH: usize = 64;

/// The parts of a path as tables have them: between forward or backward slashes, without `.`; none of what cannot be a path.
pub fn parts(value: &str) -> Vec<String> {
    // Label Studio's `/data/local-files/?d=images/a.png`.
    let value = value.split_once("?d=").map_or(value, |(_, path)| path);
    let parts = || value.split(['/', '\\']).filter(|part| !part.is_empty() && *part != ".");
    if value.len() > MAX_LENGTH || parts().count() > MAX_DEPTH {
        return Vec::new();
    }
    parts().map(str::to_string).collect()
}

pub fn parts_of(path: &Path) -> Vec<String> {
    let bytes = path.as_os_str().as_encoded_bytes();
    let parts = bytes.split(|byte| matches!(byte, b'/' | b'\\')).filter(|part| !part.is_empty() && *part != b".");
    parts.map(display_bytes).collect()
}

/// The parts of a path from the top of the drive, links as they are.
pub fn absolute(path: &Path) -> Vec<String> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let mut plain = PathBuf::new();
    for component in std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf()).components() {
        match component {
            Component::ParentDir => _ = plain.pop(),
            component => plain.push(component),
        }
    }
    parts_of(&plain)
}

pub fn key(folders: &[String]) -> String {
    fold(&folders.join("/"))
}

/// `name/inner/outer/` in lower case.
pub fn from_end<'a>(name: &str, folders: impl DoubleEndedIterator<Item = &'a String>) -> String {
    let mut path = format!("{name}/");
    folders.rev().for_each(|folder| path.extend([&fold(folder), "/"]));
    path
}

/// What a number is kept as, whatever zeros stand before it; no name begins so.
pub fn number(stem: &str) -> Option<String> {
    let is_number = !stem.is_empty() && stem.len() < 20 && stem.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| format!("\0{}", stem.trim_start_matches('0')))
}

/// `12` of `12.0`.
pub fn without_zero(number: &str) -> &str {
    let whole = number.split_once('.').filter(|(_, rest)| !rest.is_empty() && rest.bytes().all(|b| b == b'0'));
    whole.map_or(number, |(whole, _)| whole)
}

/// A number after a dot is no extension: `1.2.840.113`.
pub fn without_extension(name: &str) -> &str {
    let dot = name.rfind('.').filter(|&at| at > 0 && name[at..].contains(char::is_alphabetic));
    dot.map_or(name, |at| &name[..at])
}

/// `scan` of `scan.nii` or `scan.dcm`: what was made into a picture often keeps the ending of what it was,
/// which may be a format that is not read.
pub fn without_format(stem: &str) -> Option<&str> {
    const FORMATS: &[&str] =
        &["nii", "dcm", "dicom", "ome", "mha", "mhd", "nrrd", "svs", "tif", "tiff", "png", "jpg", "jpeg", "bmp"];
    stem.rsplit_once('.').filter(|(name, ending)| !name.is_empty() && FORMATS.contains(ending)).map(|(name, _)| name)
}

/// The number that a name in lower case begins with, where more follows: `20586908` of INbreast's `20586908_6c613a14b80a8591_mg_r`.
/// Short ones are no names of files.
pub fn beginning(stem: &str) -> Option<&str> {
    let word = stem.split_once(['_', '-']).map(|(word, _)| word)?;
    (word.len() >= 6 && word.bytes().all(|b| b.is_ascii_digit())).then_some(word)
}

/// The number of a folder in lower case that is one behind a letter: MIMIC-CXR's `p10000032` and `s50414267`. Short ones may be
/// anything.
pub fn without_letter(name: &str) -> Option<&str> {
    let number = name.strip_prefix(|c: char| c.is_ascii_lowercase())?;
    (number.len() >= 5 && number.bytes().all(|b| b.is_ascii_digit())).then_some(number)
}
