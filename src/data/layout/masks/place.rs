//! A picture by its place: what its folders and its name say of masks.

use super::names::{FolderRole, bare, masked, role};
use crate::data::{layout::file_scan::PictureFile, text::display_part};
use std::{collections::BTreeSet, path::Path};

/// A picture by its place.
pub struct Place {
    pub folders: Vec<String>,
    pub stem: String,
    /// Names that its image may have, its own last.
    pub image_stems: Vec<String>,
    /// The folders without those words that only tell masks from images: the same for an image and its mask.
    pub key: String,
    /// The same without what else the names of folders of masks say: `anomaly` of `anomaly_mask`.
    pub short_key: String,
    /// Number of folders down to and with the first that may hold masks.
    pub depth: Option<usize>,
    pub is_mask: bool,
}

impl Place {
    /// `sets`: folders of images and of their masks, whatever they are called themselves.
    pub fn of(file: &PictureFile, sets: &BTreeSet<Vec<String>>) -> Self {
        let relative = &file.relative;
        let folders = folders_of(file);
        let (mut key, mut short_key, mut depth, mut is_mask) = (Vec::new(), Vec::new(), None, false);
        for (i, folder) in folders.iter().enumerate() {
            let (rest, is_short) = match role(folder) {
                // Below a folder of masks it is the name of a class.
                FolderRole::Masks { always, rest } if depth.is_none() && !sets.contains(&folders[..=i]) => {
                    is_mask |= always;
                    depth.get_or_insert(i + 1);
                    (rest, false)
                }
                FolderRole::Images { rest } => (rest, true),
                FolderRole::Masks { .. } | FolderRole::Other => (folder.to_lowercase(), true),
            };
            short_key.extend((is_short && !rest.is_empty()).then(|| rest.clone()));
            key.extend((!rest.is_empty()).then_some(rest));
        }
        let stem = relative.file_stem().map(display_part).unwrap_or_default();
        let image_stems = [masked(&stem), vec![stem.clone()]].concat();
        Self { folders, stem, image_stems, key: key.join("/"), short_key: short_key.join("/"), depth, is_mask }
    }

    /// Its folders are those of images, whatever they are called.
    pub fn call_image(&mut self) {
        (self.is_mask, self.depth) = (false, None);
        self.key = self.folders.join("/").to_lowercase();
        self.short_key.clone_from(&self.key);
    }

    /// The folder that may hold masks.
    pub fn mask_folder(&self) -> Option<&[String]> {
        self.depth.map(|depth| &self.folders[..depth])
    }

    /// What the key of its image may be.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        [self.key.as_str(), self.short_key.as_str()].into_iter()
    }

    /// Names that its image may have if none has one of its [`image_stems`](Self::image_stems): that of the folder it lies in (one for
    /// each image), or the beginning of its own (`IDRiD_01` of `IDRiD_01_MA`).
    pub fn other_stems(&self) -> impl Iterator<Item = &str> {
        let own_folder = self.folders.last().filter(|_| self.depth.is_some_and(|depth| self.folders.len() > depth));
        let beginnings =
            self.stem.rmatch_indices(['_', '-', '.']).map(|(at, _)| &self.stem[..at]).filter(|stem| !stem.is_empty());
        own_folder.map(String::as_str).into_iter().chain(beginnings)
    }

    /// The key below so many folders: of a folder of masks alone its rest, of those below it their names.
    pub fn key_below(&self, depth: usize) -> String {
        let part = |(at, name): (usize, &String)| match role(name) {
            FolderRole::Masks { rest, .. } if self.depth == Some(at + 1) => bare(&rest),
            FolderRole::Images { rest } => bare(&rest),
            FolderRole::Masks { .. } | FolderRole::Other => name.to_lowercase(),
        };
        let parts = self.folders.iter().enumerate().skip(depth).map(part);
        parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
    }
}

pub fn folders_of(file: &PictureFile) -> Vec<String> {
    file.relative.parent().into_iter().flat_map(Path::components).map(|p| display_part(p.as_os_str())).collect()
}
