//! Counts, lists and paths as people read them.

use crate::text::visible;
pub use crate::text::{count_of, elided, images, thousands};
use std::path::{Component, Path};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// `1 image has`, `3 images have`.
pub fn images_have(count: usize) -> String {
    format!("{} {}", images(count), if count == 1 { "has" } else { "have" })
}

/// `1 image is`, `3 images are`.
pub fn images_are(count: usize) -> String {
    format!("{} {}", images(count), if count == 1 { "is" } else { "are" })
}

/// What is longer is cut in a list.
const LONGEST: usize = 120;

/// The first few of a list.
pub fn first_few<T: std::fmt::Display>(things: impl IntoIterator<Item = T>) -> String {
    let mut things = things.into_iter();
    let mut shown: Vec<String> = things.by_ref().take(3).map(|t| elided(&t.to_string(), LONGEST).into_owned()).collect();
    if things.next().is_some() {
        shown.push("…".into());
    }
    shown.join(", ")
}

/// The first of a long list of names, and how many more there are.
pub fn cut_list<T: std::fmt::Display>(names: impl IntoIterator<Item = T>, most: usize) -> String {
    let names: Vec<String> = names.into_iter().map(|n| elided(&n.to_string(), LONGEST).into_owned()).collect();
    // One more name is no longer than the words that it is left out.
    if names.len() <= most + 1 {
        return names.join(", ");
    }
    format!("{} and {} more", names[..most].join(", "), thousands(names.len() - most))
}

/// The words of a name: between what is no letter, and where a capital follows a small letter (`trainLabels` has two).
pub fn words(name: &str) -> impl Iterator<Item = &str> {
    let starts = |(i, c): (usize, char)| (c.is_uppercase() && name[..i].ends_with(char::is_lowercase)).then_some(i);
    let humps: Vec<usize> = [0].into_iter().chain(name.char_indices().filter_map(starts)).chain([name.len()]).collect();
    let words = humps.windows(2).map(|ends| &name[ends[0]..ends[1]]).collect::<Vec<_>>();
    words.into_iter().flat_map(|part| part.split(|c: char| !c.is_alphabetic())).filter(|word| !word.is_empty())
}

/// What tells names apart: not case, nor whether an accent is a letter's own or stored beside it (macOS).
pub fn fold(name: &str) -> String {
    match is_nfc_quick(name.chars()) {
        IsNormalized::Yes => name.to_lowercase(),
        _ => name.nfc().collect::<String>().to_lowercase(),
    }
}

/// A path: parts joined by `/`, bytes that are no UTF-8 as `\xE9`, so that different paths stay different.
pub fn display_path(path: &Path) -> String {
    let part = |part: Component| if part == Component::RootDir { String::new() } else { display_part(part.as_os_str()) };
    path.components().map(part).collect::<Vec<_>>().join("/")
}

/// One part of a path, its control characters visible.
pub fn display_part(part: &std::ffi::OsStr) -> String {
    visible(&display_bytes(part.as_encoded_bytes())).into_owned()
}

/// Text as it is, bytes that are no UTF-8 as `\xE9`.
pub fn display_bytes(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|byte| text.push_str(&format!("\\x{byte:02X}")));
    }
    text
}
