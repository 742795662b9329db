//! Pictures that were made of the images: maps of attention, superpixels, outlines drawn over them. They are neither images nor masks.

use super::{
    names::{FolderRole, role},
    place::folders_of,
};
use crate::data::{
    layout::{file_scan::PictureFile, levels::plain},
    text::{count_of, display_part, display_path, first_few},
};
use std::collections::BTreeSet;

/// Folders of them beside a folder of images, and ends of their names; in lower case, joined by `_`, without a last `s`.
const NAMES: &[&str] = &[
    "attention_map",
    "attention",
    "heatmap",
    "heat_map",
    "saliency_map",
    "saliency",
    "superpixel",
    "overlay",
    "visualization",
    "visualisation",
    "cam",
    "gradcam",
    "grad_cam",
    // MVTec 3D: places of the points, beside `rgb`.
    "xyz",
];

fn is_drawing(name: &str) -> bool {
    NAMES.contains(&plain(name).trim_end_matches('s'))
}

/// Takes them out of the pictures, where the images that they were made of are there. Returns what is to be said about it.
pub fn leave_out(pictures: &mut Vec<PictureFile>) -> Option<String> {
    let name = |file: &PictureFile| file.relative.file_stem().map(display_part).unwrap_or_default();
    let folders: BTreeSet<Vec<String>> = pictures.iter().map(folders_of).collect();
    let of_images: BTreeSet<&[String]> = folders
        .iter()
        .flat_map(|folders| {
            (0..folders.len()).filter(|&at| matches!(role(&folders[at]), FolderRole::Images { .. })).map(|at| &folders[..at])
        })
        .collect();
    let names: BTreeSet<(Vec<String>, String)> = pictures.iter().map(|file| (folders_of(file), name(file))).collect();
    let is_drawn = |file: &PictureFile| {
        let (folders, name) = (folders_of(file), name(file));
        let beside = (0..folders.len()).any(|at| is_drawing(&folders[at]) && of_images.contains(&folders[..at]));
        beside || name.rsplit_once('_').is_some_and(|(of, end)| is_drawing(end) && names.contains(&(folders, of.to_string())))
    };
    let drawn: Vec<bool> = pictures.iter().map(is_drawn).collect();
    let lost: Vec<String> =
        pictures.iter().zip(&drawn).filter(|(_, drawn)| **drawn).map(|(file, _)| display_path(&file.relative)).collect();
    let mut drawn = drawn.into_iter();
    pictures.retain(|_| !drawn.next().unwrap_or_default());
    (!lost.is_empty()).then(|| {
        let count = count_of(lost.len(), "picture");
        format!("{count} made of the images, by the names of their folders or their own, are left out ({}).", first_few(lost))
    })
}
