//! What pictures look like: masks have few values, photographs have many. Only where names leave it open is a picture or two
//! of many decoded.

use super::{names::maybe_mask_of, place::Place};
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

/// Pictures in folders of any name that are called as images nearby are (`IMD002_lesion` near `IMD002`, all of a folder as those of
/// another, `1.png` beside `1.jpg`) and look like masks where those look like photographs: by folder, each with its image.
pub fn masks_by_look(places: &[Place], pictures: &[PictureFile], is_mask: &[bool]) -> Vec<Vec<(usize, usize)>> {
    // A folder of normal images is a class, however little these show.
    let is_class = |i: usize| places[i].folders.iter().any(|name| sounds_normal(name));
    let free = || (0..places.len()).filter(|&i| !is_mask[i]);
    let mut by_stem: HashMap<&str, Vec<usize>> = HashMap::new();
    free().for_each(|i| by_stem.entry(&places[i].stem).or_default().push(i));
    // Folders that differ in their numbers only are of one kind.
    let kind = |i: usize| places[i].folders.join("/").replace(|c: char| c.is_ascii_digit(), "#");
    let is_near = |a: usize, b: usize| {
        let (a, b) = (&places[a].folders, &places[b].folders);
        let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
        a.len() <= same + 2 && b.len() <= same + 2
    };
    /// A picture, and the image that it would be the mask of.
    type Member = (usize, Option<usize>);
    let ending = |i: usize| extension(&pictures[i].relative);
    let mut groups: BTreeMap<(&str, String, String), Vec<Member>> = BTreeMap::new();
    for i in free().filter(|&i| !is_class(i)) {
        let stem = places[i].stem.as_str();
        let short = maybe_mask_of(stem).unwrap_or(stem);
        let is_its = |image: usize| {
            let is_other = short.len() < stem.len() || places[image].folders != places[i].folders || ending(image) != ending(i);
            image != i && is_other && is_near(i, image)
        };
        let image = by_stem.get(short).and_then(|images| images.iter().copied().take(8).find(|&image| is_its(image)));
        groups.entry((&stem[short.len()..], kind(i), ending(i))).or_default().push((i, image));
    }
    let with_images = groups.into_values().filter_map(|members| {
        let pairs: Vec<(usize, usize)> = members.iter().filter_map(|&(i, image)| Some((i, image?))).collect();
        (pairs.len() > 1 && pairs.len() * 10 >= members.len() * 8).then_some(pairs)
    });
    with_images
        .take(MOST)
        .filter(|pairs| {
            let [masks, images]: [Vec<usize>; 2] =
                [pairs.iter().map(|(mask, _)| *mask).collect(), pairs.iter().map(|(_, image)| *image).collect()];
            all_look(Look::Mask, pictures, &masks, 3) && all_look(Look::Photograph, pictures, &images, 3)
        })
        .collect()
}
