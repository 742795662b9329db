//! A picture by the folders that it lies in.

use crate::data::{
    dataset::Split,
    layout::{file_scan::PictureFile, levels::split_of_folder},
};

/// So many names of classes are listed in a sentence.
pub const LISTED: usize = 12;

/// A picture with the parts of its relative path.
pub struct PlacedFile<'a> {
    pub file: &'a PictureFile,
    /// The folders below the base.
    pub dirs: Vec<String>,
}

/// The first folder that is called like a split.
pub fn any_split(s: &PlacedFile) -> Option<Split> {
    s.dirs.iter().find_map(|name| split_of_folder(name))
}
