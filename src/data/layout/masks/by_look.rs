//! Masks that are told by their look: pictures called as images nearby are, with more after it or not (`IMD002_lesion` near `IMD002`,
//! all of a folder as those of another, `1.png` beside `1.jpg`), that look like masks where those look like photographs.

use super::{
    content::{Look, all_look},
    place::Place,
};
use crate::data::{
    dataset::sounds_normal,
    layout::file_scan::{PictureFile, extension},
};
use std::collections::{BTreeMap, HashMap};

/// Kinds of pairs that are looked at, at most.
const MOST: usize = 32;

/// Pairs of a mask and its image, by kind, among the pictures that `is_mask` has not told already. Up to three pictures of each kind
/// are decoded on either side.
pub fn masks_by_look(places: &[Place], pictures: &[PictureFile], is_mask: &[bool]) -> Vec<Vec<(usize, usize)>> {
    let names = Names::index(places, pictures, is_mask);
    let looks_right = |pairs: &Vec<(usize, usize)>| {
        let (masks, images): (Vec<usize>, Vec<usize>) = pairs.iter().copied().unzip();
        all_look(Look::Mask, pictures, &masks, 3) && all_look(Look::Photograph, pictures, &images, 3)
    };
    names.pairs().into_iter().take(MOST).filter(looks_right).collect()
}

/// Folders, and ends of names, that differ in their numbers only are of one kind.
#[derive(PartialEq, Eq, PartialOrd, Ord, Hash, Clone)]
struct Kind {
    end: String,
    folder: String,
    extension: String,
}

fn numberless(text: &str) -> String {
    text.replace(|c: char| c.is_ascii_digit(), "#")
}

/// What the pictures are called that may be images or masks.
struct Names<'a> {
    places: &'a [Place],
    pictures: &'a [PictureFile],
    open: Vec<usize>,
    by_stem: HashMap<&'a str, Vec<usize>>,
    in_folder: HashMap<(&'a [String], &'a str), Vec<usize>>,
}

impl<'a> Names<'a> {
    fn index(places: &'a [Place], pictures: &'a [PictureFile], is_mask: &[bool]) -> Self {
        let open: Vec<usize> = (0..places.len()).filter(|&i| !is_mask[i]).collect();
        let mut by_stem: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut in_folder: HashMap<(&[String], &str), Vec<usize>> = HashMap::new();
        for &i in &open {
            by_stem.entry(&places[i].stem).or_default().push(i);
            in_folder.entry((&places[i].folders, &places[i].stem)).or_default().push(i);
        }
        Self { places, pictures, open, by_stem, in_folder }
    }

    /// By kind, each picture that is called as an image is, with that image.
    fn pairs(&self) -> Vec<Vec<(usize, usize)>> {
        let mut pairs: BTreeMap<Kind, Vec<(usize, usize)>> = BTreeMap::new();
        let mut stems: HashMap<Kind, Vec<String>> = HashMap::new();
        for &i in &self.open {
            if let Some((image, end)) = self.image_of(i) {
                pairs.entry(self.kind(i, end)).or_default().push((i, image));
            }
            stems.entry(self.kind(i, "")).or_default().push(numberless(&self.places[i].stem));
        }
        // Where a folder has many of such a name without an image, the others are called so by chance.
        let are_most = |kind: &Kind, pairs: usize| {
            let stems = stems.get(&Kind { end: String::new(), ..kind.clone() }).into_iter().flatten();
            pairs > 1 && pairs * 10 >= stems.filter(|stem| stem.ends_with(&kind.end)).count() * 8
        };
        pairs.into_iter().filter(|(kind, pairs)| are_most(kind, pairs.len())).map(|(_, pairs)| pairs).collect()
    }

    fn kind(&self, i: usize, end: &str) -> Kind {
        Kind { end: numberless(end), folder: numberless(&self.places[i].folders.join("/")), extension: self.extension(i) }
    }

    fn extension(&self, i: usize) -> String {
        extension(&self.pictures[i].relative)
    }

    /// The image that the longest beginning of picture `i`'s name names, else the whole name, and what stands after it.
    fn image_of(&self, i: usize) -> Option<(usize, &'a str)> {
        let stem = self.places[i].stem.as_str();
        let mut names = beginnings(stem).chain([stem]);
        names.find_map(|name| Some((self.image_called(name, i)?, &stem[name.len()..])))
    }

    fn image_called(&self, name: &str, i: usize) -> Option<usize> {
        let beside = self.in_folder.get(&(self.places[i].folders.as_slice(), name)).into_iter().flatten();
        let anywhere = self.by_stem.get(name).into_iter().flatten();
        beside.take(8).chain(anywhere.take(8)).copied().find(|&image| self.may_pair(i, image, name))
    }

    /// Whether picture `i`, whose name begins with `name`, may be the mask of the `image` called so.
    fn may_pair(&self, i: usize, image: usize, name: &str) -> bool {
        let (mask, its) = (&self.places[i], &self.places[image]);
        let is_longer = name.len() < mask.stem.len();
        let is_beside = mask.folders == its.folders;
        let is_other = is_longer || !is_beside || self.extension(i) != self.extension(image);
        let shared = mask.folders.iter().zip(&its.folders).take_while(|(a, b)| a == b).count();
        let is_near = mask.folders.len().max(its.folders.len()) <= shared + 2;
        // A folder of normal images is a class, however little these show.
        let is_class = mask.folders.iter().any(|name| sounds_normal(name));
        image != i && is_other && is_near && (is_beside && is_longer || !is_class)
    }
}

/// What a name could be the name of an image with more after it: `X_1` and `X` of `X_1_lesion`, the longest first.
fn beginnings(stem: &str) -> impl Iterator<Item = &str> {
    let ends = stem.rmatch_indices(['_', '-', ' ', '.', '(']).map(|(at, _)| stem[..at].trim_end_matches(['_', '-', ' ', '.']));
    ends.filter(|name| !name.is_empty())
}
