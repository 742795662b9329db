//! What pictures look like: masks have few values, photographs have many. Only where names leave it open is a picture or two
//! of many decoded.

use super::place::Place;
use crate::data::{
    dataset::sounds_normal,
    decode,
    layout::file_scan::{PictureFile, extension},
    pixels::Picture,
};
use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    Mask,
    Photograph,
    /// It cannot be decoded.
    Unknown,
}

/// Most of a mask's pixels have one of four values (lossless), or are nearly black or white (JPEG).
pub fn look(path: &Path) -> Look {
    let Ok(raster) = decode::decode(path, 0) else { return Look::Unknown };
    let grey = Picture::copy_of(&raster).grey();
    let mut counts = [0usize; 256];
    grey.data.iter().for_each(|v| counts[(v * 255.0).round() as usize & 255] += 1);
    let extreme: usize = counts[..=12].iter().chain(&counts[243..]).sum();
    counts.sort_unstable();
    let common: usize = counts[252..].iter().sum();
    let values = counts.iter().filter(|&&n| n > 0).count();
    let most = |pixels: usize| pixels * 10 >= grey.data.len() * 9;
    if values > 32 && !most(extreme) && !most(common) { Look::Photograph } else { Look::Mask }
}

/// Whether up to `number` of these pictures, from all over them, look so.
pub fn all_look(as_one: Look, pictures: &[PictureFile], members: &[usize], number: usize) -> bool {
    let step = members.len().div_ceil(number.max(1)).max(1);
    !members.is_empty() && members.iter().step_by(step).all(|&i| look(&pictures[i].path) == as_one)
}

/// Folders that are looked at, at most.
const MOST: usize = 32;

/// Pictures that are called as images nearby are, with more after it or not (`IMD002_lesion` near `IMD002`, all of a folder as those
/// of another, `1.png` beside `1.jpg`) and look like masks where those look like photographs: by folder, each with its image.
pub fn masks_by_look(places: &[Place], pictures: &[PictureFile], is_mask: &[bool]) -> Vec<Vec<(usize, usize)>> {
    // A folder of normal images is a class, however little these show.
    let is_class = |i: usize| places[i].folders.iter().any(|name| sounds_normal(name));
    let free = || (0..places.len()).filter(|&i| !is_mask[i]);
    let mut by_stem: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut in_folder: HashMap<(&[String], &str), Vec<usize>> = HashMap::new();
    for i in free() {
        by_stem.entry(&places[i].stem).or_default().push(i);
        in_folder.entry((&places[i].folders, &places[i].stem)).or_default().push(i);
    }
    let numberless = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "#");
    let is_near = |a: usize, b: usize| {
        let (a, b) = (&places[a].folders, &places[b].folders);
        let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
        a.len() <= same + 2 && b.len() <= same + 2
    };
    let ending = |i: usize| extension(&pictures[i].relative);
    let image_called = |name: &str, i: usize| {
        let is_as_long = name.len() == places[i].stem.len();
        let is_its = |image: usize| {
            let same_folder = places[image].folders == places[i].folders;
            let is_other = !is_as_long || !same_folder || ending(image) != ending(i);
            image != i && is_other && is_near(i, image) && (same_folder && !is_as_long || !is_class(i))
        };
        let beside = in_folder.get(&(places[i].folders.as_slice(), name)).into_iter().flatten();
        let anywhere = by_stem.get(name).into_iter().flatten();
        beside.take(8).chain(anywhere.take(8)).copied().find(|&image| is_its(image))
    };
    // Folders, and ends of names, that differ in their numbers only are of one kind.
    let kind = |i: usize, end: &str| (numberless(end), numberless(&places[i].folders.join("/")), ending(i));
    let mut pairs_of: BTreeMap<(String, String, String), Vec<(usize, usize)>> = BTreeMap::new();
    for i in free() {
        let stem = places[i].stem.as_str();
        let beginning = beginnings(stem).find_map(|name| Some((name, image_called(name, i)?)));
        if let Some((name, image)) = beginning.or_else(|| Some((stem, image_called(stem, i)?))) {
            pairs_of.entry(kind(i, &stem[name.len()..])).or_default().push((i, image));
        }
    }
    // Where a folder has many of such a name without an image, the others are called so by chance.
    let mut by_folder: HashMap<(String, String), Vec<String>> = HashMap::new();
    for i in free() {
        let (_, folder, ending) = kind(i, "");
        by_folder.entry((folder, ending)).or_default().push(numberless(&places[i].stem));
    }
    let are_most = |(end, folder, ending): &(String, String, String), pairs: usize| {
        let stems = by_folder.get(&(folder.clone(), ending.clone())).into_iter().flatten();
        pairs > 1 && pairs * 10 >= stems.filter(|stem| stem.ends_with(end.as_str())).count() * 8
    };
    pairs_of
        .into_iter()
        .filter(|(kind, pairs)| are_most(kind, pairs.len()))
        .map(|(_, pairs)| pairs)
        .take(MOST)
        .filter(|pairs| {
            let (masks, images): (Vec<usize>, Vec<usize>) = pairs.iter().copied().unzip();
            all_look(Look::Mask, pictures, &masks, 3) && all_look(Look::Photograph, pictures, &images, 3)
        })
        .collect()
}

/// What a name could be the name of an image with more after it: `X_1` and `X` of `X_1_lesion`, the longest first.
fn beginnings(stem: &str) -> impl Iterator<Item = &str> {
    let ends = stem.rmatch_indices(['_', '-', ' ', '.', '(']).map(|(at, _)| stem[..at].trim_end_matches(['_', '-', ' ', '.']));
    ends.filter(|name| !name.is_empty())
}
