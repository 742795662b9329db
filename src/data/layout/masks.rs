//! Masks told from images, and the image that each belongs to.

use super::file_scan::PictureFile;
use crate::data::{
    decode,
    pixels::Picture,
    text::{display_part, display_path, first_few},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::Path,
};

/// Folders of masks, whatever lies beside them. All names here are in lower case and joined by `_`.
const ALWAYS: &[&str] = &[
    "ground_truth",
    "ground_truths",
    "groundtruth",
    "groundtruths",
    "gt",
    "mask",
    "masks",
    "segmentation",
    "segmentations",
    "annotation",
    "annotations",
    "1st_manual",
    "2nd_manual",
];
/// Folders that hold masks only where images lie beside them: these names may be those of classes, too.
const BESIDE_IMAGES: &[&str] = &["label", "labels", "seg", "segs", "manual", "manual1", "manual2", "ann", "anno", "annot"];
/// Folders of the images that masks are made for.
const IMAGES: &[&str] = &[
    "images",
    "image",
    "imgs",
    "img",
    "pictures",
    "photos",
    "scans",
    "scan",
    "slices",
    "frames",
    "dicom",
    "input",
    "inputs",
    "data",
    "original",
    "originals",
    "raw",
    "rgb",
    "source",
    "ct",
    "mri",
    "mr",
    "us",
    "xray",
    "fundus",
];
/// Ends of the names of masks: `X_mask.png` for `X.png`.
const ENDS: &[&str] = &[
    "mask",
    "segmentation",
    "seg",
    "gt",
    "groundtruth",
    "ground_truth",
    "label",
    "labels",
    "annotation",
    "manual1",
    "manual2",
    "1stho",
    "2ndho",
];

/// What a folder's name says, and what is left of the name without it: `train` of `train_masks`.
enum Role {
    Masks { always: bool, rest: String },
    Images { rest: String },
    Other,
}

fn role(name: &str) -> Role {
    let name = name.trim().to_lowercase().replace([' ', '-'], "_");
    let rest = |words: &[&str]| {
        words.iter().find_map(|word| match name.strip_suffix(word) {
            Some("") => Some(String::new()),
            Some(rest) if rest.ends_with('_') => Some(rest.trim_end_matches('_').to_string()),
            // nnU-Net's `labelsTr`, and `masks_train`.
            _ => name
                .strip_prefix(word)
                .filter(|rest| rest.starts_with('_') || ["tr", "ts"].contains(rest))
                .map(|rest| rest.trim_start_matches('_').to_string()),
        })
    };
    if ALWAYS.contains(&name.as_str()) {
        Role::Masks { always: true, rest: String::new() }
    } else if let Some(rest) = rest(ALWAYS).or_else(|| rest(BESIDE_IMAGES)) {
        Role::Masks { always: false, rest }
    } else if let Some(rest) = rest(IMAGES) {
        Role::Images { rest }
    } else {
        Role::Other
    }
}

/// A picture by its place.
struct Place {
    folders: Vec<String>,
    stem: String,
    /// The folders without those words that only tell masks from images: the same for an image and its mask.
    key: String,
    /// The same without what else the names of folders of masks say: `anomaly` of `anomaly_mask`.
    short_key: String,
    /// Number of folders down to and with the first that may hold masks.
    depth: Option<usize>,
    is_mask: bool,
}

impl Place {
    fn of(file: &PictureFile) -> Self {
        let relative = &file.relative;
        let folders: Vec<String> =
            relative.parent().into_iter().flat_map(Path::components).map(|p| display_part(p.as_os_str())).collect();
        let (mut key, mut short_key, mut depth, mut is_mask) = (Vec::new(), Vec::new(), None, false);
        for (i, folder) in folders.iter().enumerate() {
            let (rest, is_short) = match role(folder) {
                // Below a folder of masks it is the name of a class.
                Role::Masks { always, rest } if depth.is_none() => {
                    is_mask |= always;
                    depth.get_or_insert(i + 1);
                    (rest, false)
                }
                Role::Images { rest } => (rest, true),
                Role::Masks { .. } | Role::Other => (folder.to_lowercase(), true),
            };
            short_key.extend((is_short && !rest.is_empty()).then(|| rest.clone()));
            key.extend((!rest.is_empty()).then_some(rest));
        }
        let stem = relative.file_stem().map(display_part).unwrap_or_default();
        Self { folders, stem, key: key.join("/"), short_key: short_key.join("/"), depth, is_mask }
    }

    /// Its folders are those of images, whatever they are called.
    fn call_image(&mut self) {
        (self.is_mask, self.depth) = (false, None);
        self.key = self.folders.join("/").to_lowercase();
        self.short_key.clone_from(&self.key);
    }

    /// The folder that may hold masks.
    fn mask_folder(&self) -> Option<&[String]> {
        self.depth.map(|depth| &self.folders[..depth])
    }

    /// What the key of its image may be.
    fn keys(&self) -> impl Iterator<Item = &str> {
        [self.key.as_str(), self.short_key.as_str()].into_iter()
    }

    /// Names that its image may have.
    fn image_stems(&self) -> impl Iterator<Item = &str> {
        mask_of(&self.stem).into_iter().chain([self.stem.as_str()])
    }
}

/// Takes the masks out of the pictures and gives each to its image. Returns what is to be said about it.
pub fn separate(pictures: &mut Vec<PictureFile>) -> Vec<String> {
    let mut places: Vec<Place> = pictures.iter().map(Place::of).collect();
    let mut notes = keep_classes(&mut places, pictures);
    if places.iter().all(|place| place.depth.is_some()) {
        let folders: BTreeSet<String> =
            places.iter().filter(|p| p.is_mask).filter_map(|p| Some(p.mask_folder()?.join("/"))).collect();
        if !folders.is_empty() {
            notes.push(format!(
                "All pictures lie in folders of masks by their names ({}): they are taken for images.",
                first_few(folders)
            ));
        }
        places.iter_mut().for_each(|place| (place.is_mask, place.depth) = (false, None));
    }
    notes.extend(judge_folders(&mut places));
    let beside: BTreeSet<(String, &str)> = places.iter().map(|p| (p.folders.join("/"), p.stem.as_str())).collect();
    let is_sibling = |p: &Place| mask_of(&p.stem).is_some_and(|of| beside.contains(&(p.folders.join("/"), of)));
    let is_mask: Vec<bool> = places.iter().map(|p| p.is_mask || is_sibling(p)).collect();
    let images: Vec<usize> = (0..places.len()).filter(|&i| !is_mask[i]).collect();
    let index = Index::new(&places, &images);
    let mut lost = Vec::new();
    let mut given = Vec::new();
    for mask in (0..places.len()).filter(|&i| is_mask[i]) {
        match index.image_of(&places[mask]) {
            Some(image) => given.push((image, pictures[mask].path.clone())),
            None => lost.push(display_path(&pictures[mask].relative)),
        }
    }
    for (image, path) in given {
        pictures[image].mask.get_or_insert(path);
    }
    let mut is_mask = is_mask.into_iter();
    pictures.retain(|_| !is_mask.next().unwrap_or_default());
    if !lost.is_empty() {
        let (masks, verb) =
            if lost.len() == 1 { ("1 mask belongs".into(), "is") } else { (format!("{} masks belong", lost.len()), "are") };
        notes.push(format!("{masks} to no image and {verb} left out ({}).", first_few(lost)));
    }
    notes
}

/// Folders that are classes, whatever they are called: those below a split where the masks lie in a folder of their own
/// (`test/mask` beside `ground_truth`), and those that hold photographs where no folder of images lies beside them.
fn keep_classes(places: &mut [Place], pictures: &[PictureFile]) -> Vec<String> {
    const TRUTH: &[&str] = &["ground_truth", "groundtruth", "gt"];
    const SPLITS: &[&str] = &["train", "test", "val", "valid", "validation"];
    let is_one_of = |folder: Option<&String>, names: &[&str]| folder.is_some_and(|f| names.contains(&f.to_lowercase().as_str()));
    let has_truth = places.iter().any(|p| is_one_of(p.folders.first(), TRUTH));
    let has_images: BTreeSet<Vec<String>> = places
        .iter()
        .flat_map(|p| {
            (0..p.folders.len())
                .filter(|&at| matches!(role(&p.folders[at]), Role::Images { .. }))
                .map(|at| p.folders[..at].to_vec())
        })
        .collect();
    let mut doubtful: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (i, place) in places.iter_mut().enumerate() {
        if has_truth && place.folders.len() == 2 && is_one_of(place.folders.first(), SPLITS) {
            place.call_image();
        } else if let (true, Some(folder)) = (place.is_mask, place.mask_folder())
            && !is_one_of(folder.last(), TRUTH)
            && folder.split_last().is_some_and(|(_, above)| !has_images.contains(above))
        {
            doubtful.entry(folder.join("/")).or_default().push(i);
        }
    }
    let mut notes = Vec::new();
    for (folder, members) in doubtful {
        let looked_at = &members[..members.len().min(2)];
        if looked_at.iter().all(|&i| is_photograph(&pictures[i].path)) {
            notes.push(format!(
                "{folder} is called like a folder of masks, but holds photographs: it is taken for one of images."
            ));
            members.into_iter().for_each(|i| places[i].call_image());
        }
    }
    notes
}

/// Whether a picture has more than the few values of a mask: most of a mask's pixels have one of four values (lossless), or are
/// nearly black or white (JPEG). What cannot be decoded is none.
fn is_photograph(path: &Path) -> bool {
    let Ok(raster) = decode::decode(path, 0) else { return false };
    let grey = Picture::copy_of(&raster).grey();
    let mut counts = [0usize; 256];
    grey.data.iter().for_each(|v| counts[(v * 255.0).round() as usize & 255] += 1);
    let extreme: usize = counts[..=12].iter().chain(&counts[243..]).sum();
    counts.sort_unstable();
    let common: usize = counts[252..].iter().sum();
    let values = counts.iter().filter(|&&n| n > 0).count();
    let most = |pixels: usize| pixels * 10 >= grey.data.len() * 9;
    values > 32 && !most(extreme) && !most(common)
}

/// Whether the folders whose names may be those of classes, too, hold masks: an images' folder lies beside them, or images
/// have the names of at least half of their files.
fn judge_folders(places: &mut [Place]) -> Vec<String> {
    let images: Vec<usize> = (0..places.len()).filter(|&i| places[i].depth.is_none()).collect();
    let mut unsure: BTreeMap<Vec<String>, Vec<usize>> = BTreeMap::new();
    for (i, place) in places.iter().enumerate().filter(|(_, p)| !p.is_mask) {
        if let Some(folder) = place.mask_folder() {
            unsure.entry(folder.to_vec()).or_default().push(i);
        }
    }
    // Folders of images by the folder they lie in, with what is left of their names.
    let image_folders: BTreeSet<(&[String], String)> = images
        .iter()
        .flat_map(|&i| {
            let folders = &places[i].folders;
            folders.iter().enumerate().filter_map(|(at, name)| match role(name) {
                Role::Images { rest } => Some((&folders[..at], rest)),
                _ => None,
            })
        })
        .collect();
    let index = Index::new(places, &images);
    let mut masks = Vec::new();
    let mut notes = Vec::new();
    for (folder, members) in unsure {
        let Some((name, parent)) = folder.split_last() else { continue };
        let rest = match role(name) {
            Role::Masks { rest, .. } => rest,
            Role::Images { .. } | Role::Other => continue,
        };
        let beside = [rest, String::new()].into_iter().any(|rest| image_folders.contains(&(parent, rest)));
        let named = members.iter().filter(|&&i| index.has_counterpart(&places[i])).count();
        if beside || named * 2 >= members.len() {
            masks.extend(members);
        } else {
            let folder = folder.join("/");
            notes.push(format!(
                "{folder} is called like a folder of masks, but no images lie beside it: it is taken for one of images."
            ));
        }
    }
    masks.into_iter().for_each(|i| places[i].is_mask = true);
    notes
}

/// Images by their names.
struct Index<'a> {
    places: &'a [Place],
    by_stem: HashMap<&'a str, Vec<usize>>,
    by_key: HashMap<(&'a str, &'a str), Vec<usize>>,
    in_key: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Index<'a> {
    fn new(places: &'a [Place], images: &[usize]) -> Self {
        let mut index = Self { places, by_stem: HashMap::new(), by_key: HashMap::new(), in_key: HashMap::new() };
        for &i in images {
            let (key, stem) = (places[i].key.as_str(), places[i].stem.as_str());
            index.by_stem.entry(stem).or_default().push(i);
            index.by_key.entry((key, stem)).or_default().push(i);
            index.in_key.entry(key).or_default().push(i);
        }
        index
    }

    /// Whether an image lies where that of this mask would, or the mask's own name ends as those of masks do.
    fn has_counterpart(&self, mask: &Place) -> bool {
        mask.image_stems().any(|stem| mask.keys().any(|key| self.by_key.contains_key(&(key, stem))))
            || mask_of(&mask.stem).is_some_and(|stem| self.by_stem.contains_key(stem))
    }

    /// The one image of the same name in the same place; else below the folder that the folder of masks lies in; else whose
    /// name begins with that of the mask (`21_training` of `21_manual1`).
    fn image_of(&self, mask: &Place) -> Option<usize> {
        let one = |found: Vec<usize>| if let [image] = found[..] { Some(image) } else { None };
        let names = || mask.keys().flat_map(|key| mask.image_stems().map(move |stem| (key, stem)));
        if let Some(image) = names().find_map(|name| one(self.by_key.get(&name)?.clone())) {
            return Some(image);
        }
        let above = mask.mask_folder()?.split_last()?.1;
        let below = |fits: &dyn Fn(&Place) -> bool| {
            mask.image_stems().find_map(|stem| {
                let named = self.by_stem.get(stem)?.iter().copied();
                one(named.filter(|&i| self.places[i].folders.starts_with(above) && fits(&self.places[i])).collect())
            })
        };
        let ends_alike = |image: &Place| mask.keys().any(|key| ends_with(&image.key, key) || ends_with(key, &image.key));
        let begins_alike = |key: &str| {
            let stem = mask.image_stems().next()?;
            let longer = |i: &usize| self.places[*i].stem.strip_prefix(stem).is_some_and(|rest| rest.starts_with(['_', '-']));
            one(self.in_key.get(key)?.iter().copied().filter(longer).collect())
        };
        below(&ends_alike).or_else(|| below(&|_| true)).or_else(|| mask.keys().find_map(begins_alike))
    }
}

/// Whether the last folders of a path are these.
fn ends_with(path: &str, end: &str) -> bool {
    !end.is_empty() && path.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
}

/// `X` of `X_mask`, `X_mask_1`, `X-seg`, `X_gt`.
fn mask_of(stem: &str) -> Option<&str> {
    let numbered =
        stem.rsplit_once('_').filter(|(_, n)| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit())).map_or(stem, |(s, _)| s);
    let lower = numbered.to_ascii_lowercase();
    let cut = |end: &&str| lower.strip_suffix(*end)?.strip_suffix(['_', '-', ' ']).map(str::len);
    numbered.get(..ENDS.iter().filter_map(cut).min()?).filter(|s| !s.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_told_by_their_names() {
        assert_eq!(mask_of("benign (1)_mask"), Some("benign (1)"));
        assert_eq!(mask_of("benign (1)_mask_2"), Some("benign (1)"));
        assert_eq!(mask_of("x_GT"), Some("x"));
        assert_eq!(mask_of("21_manual1"), Some("21"));
        assert_eq!(mask_of("x_ground_truth"), Some("x"));
        assert_eq!(mask_of("_mask"), None);
        assert_eq!(mask_of("mask_7"), None);
    }

    #[test]
    fn folders_of_masks_are_told_from_those_of_images() {
        let masks = |name: &str| matches!(role(name), Role::Masks { always: true, .. });
        let perhaps = |name: &str, left: &str| matches!(role(name), Role::Masks { always: false, rest } if rest == left);
        let images = |name: &str, left: &str| matches!(role(name), Role::Images { rest } if rest == left);
        assert!(masks("Ground Truth") && masks("GT") && masks("1st_manual") && masks("Masks"));
        assert!(
            perhaps("label", "") && perhaps("train_masks", "train") && perhaps("labelsTr", "tr") && perhaps("with_mask", "with")
        );
        assert!(images("img", "") && images("train-images", "train") && images("imagesTr", "tr"));
        assert!(["normal", "unlabelled", "labelled", "masked", "imaging"].iter().all(|name| matches!(role(name), Role::Other)));
    }
}
