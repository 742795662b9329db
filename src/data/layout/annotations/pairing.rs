//! Which picture a file of annotations belongs to: that which is called like it, and of several that which lies nearest.

use crate::data::{
    dataset::Split,
    layout::{file_scan::PictureFile, levels::split_of_folder},
    text::{display_part, fold},
};
use std::{
    collections::{HashMap, HashSet},
    ffi::OsStr,
    path::{Component, Path},
};

/// The pictures by what they are called.
pub struct PictureIndex {
    by_name: HashMap<String, Vec<usize>>,
    /// Of each picture its folders, in lower case; and all of them.
    folders: Vec<Vec<String>>,
    places: HashSet<Vec<String>>,
}

/// The picture of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pair {
    /// Its number, and how many folders lead from one to the other.
    One { picture: usize, steps: usize },
    /// None is called so.
    None,
    /// Several are, and none of them lies nearer than the others.
    Several,
}

impl PictureIndex {
    pub fn new(pictures: &[PictureFile]) -> Self {
        let mut by_name = HashMap::<String, Vec<usize>>::new();
        for (i, picture) in pictures.iter().enumerate() {
            // `scan.txt` or `scan.png.txt` of `scan.png`; numbers of DICOM end like extensions.
            let names = [picture.relative.file_stem(), picture.relative.file_name()].map(|name| folded(name.unwrap_or_default()));
            let [stem, name] = &names;
            by_name.entry(stem.clone()).or_default().push(i);
            if name != stem {
                by_name.entry(name.clone()).or_default().push(i);
            }
        }
        let folders: Vec<Vec<String>> = pictures.iter().map(|picture| folders(&picture.relative)).collect();
        Self { by_name, places: folders.iter().cloned().collect(), folders }
    }

    /// Whether a picture is called like this file.
    pub fn are_called_like(&self, file: &Path) -> bool {
        self.by_name.contains_key(&folded(file.file_stem().unwrap_or_default()))
    }

    /// The picture of a file, by its path from the same root.
    pub fn of(&self, file: &Path) -> Pair {
        let own = folders(file);
        let split = split_of(&own);
        let is_of_split = |&&i: &&usize| {
            let other = split_of(&self.folders[i]);
            split.is_none() || other.is_none() || split == other
        };
        let all = self.by_name.get(&folded(file.file_stem().unwrap_or_default())).map_or(&[][..], Vec::as_slice);
        let alike: Vec<usize> = all.iter().filter(is_of_split).copied().collect();
        // Beside pictures, it belongs to one of them.
        let is_beside = self.places.contains(&own);
        let steps = |picture: usize| way(&own, &self.folders[picture]);
        let near = alike.iter().map(|&picture| (steps(picture), picture)).filter(|(steps, _)| match is_beside {
            true => *steps == 0,
            // What lies further away than the folder beside is of another patient, where its name says nothing.
            false => *steps <= 2 || all.len() == 1,
        });
        let near: Vec<(usize, usize)> = near.collect();
        match near.iter().min() {
            None if alike.is_empty() || is_beside => Pair::None,
            Some(&(steps, picture)) if near.iter().filter(|(other, _)| *other == steps).count() == 1 => {
                Pair::One { picture, steps }
            }
            _ => Pair::Several,
        }
    }
}

fn folded(name: &OsStr) -> String {
    fold(&display_part(name))
}

/// The folders of a path, in lower case.
pub fn folders(path: &Path) -> Vec<String> {
    let folders = path.parent().into_iter().flat_map(Path::components);
    folders.filter(|part| matches!(part, Component::Normal(_))).map(|part| folded(part.as_os_str())).collect()
}

pub fn split_of(folders: &[String]) -> Option<Split> {
    folders.iter().find_map(|name| split_of_folder(name))
}

/// How many folders stand in one of two paths alone, between those that both begin and end with.
fn way(from: &[String], to: &[String]) -> usize {
    let start = from.iter().zip(to).take_while(|(a, b)| a == b).count();
    let (from, to) = (&from[start..], &to[start..]);
    let end = from.iter().rev().zip(to.iter().rev()).take_while(|(a, b)| a == b).count();
    from.len() + to.len() - 2 * end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::decode::Probe;

    #[test]
    fn a_file_belongs_to_the_picture_that_lies_nearest() {
        let picture = |path: &&str| PictureFile {
            path: path.into(),
            relative: path.into(),
            probe: Probe { pages: vec![(0, [1, 1])], patient: None, windows: None, derived: None },
            masks: Vec::new(),
        };
        let found = |pictures: &[&str], file: &str| {
            PictureIndex::new(&pictures.iter().map(picture).collect::<Vec<_>>()).of(file.as_ref())
        };
        let one = |picture, steps| Pair::One { picture, steps };
        let split = ["images/train/1.png", "images/val/1.png", "images/val/2.png"];
        assert_eq!(found(&split, "labels/val/1.txt"), one(1, 2));
        assert_eq!(found(&split, "labels/train/2.txt"), Pair::None, "that of another split");
        assert_eq!(found(&split, "labels/1.txt"), Pair::Several);
        let ends = ["train/images/1.png", "valid/images/1.png", "VOC/JPEGImages/A.JPG", "dicom/1.2.840.113"];
        assert_eq!([found(&ends, "train/labels/1.txt"), found(&ends, "voc/Annotations/a.xml")], [one(0, 2), one(2, 2)]);
        assert_eq!([found(&ends, "x/1.2.840.113.txt"), found(&ends, "a.jpg.txt")], [one(3, 2), one(2, 2)]);
        let patients = ["p2/images/1.png", "p3/deep/images/1.png", "p3/1.png", "p4/2.png"];
        assert_eq!(found(&patients, "p1/labels/1.txt"), Pair::Several, "of a patient whose image is not here");
        assert_eq!(found(&patients, "p4/1.txt"), Pair::None, "beside the images of another patient");
        assert_eq!([found(&patients, "p2/1.txt"), found(&patients, "p3/1.xml")], [one(0, 1), one(2, 0)]);
    }
}
