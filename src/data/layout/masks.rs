//! Masks told from images, and the image that each belongs to.

use super::{
    file_scan::PictureFile,
    mask_names::{Role, bare, mask_of, role, without_mask_word, without_modality},
};
use crate::data::{
    decode,
    pixels::Picture,
    text::{display_part, display_path, first_few, images_have},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::Path,
};

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
    /// `sets`: folders of images and of their masks, whatever they are called themselves.
    fn of(file: &PictureFile, sets: &BTreeSet<Vec<String>>) -> Self {
        let relative = &file.relative;
        let folders = folders_of(file);
        let (mut key, mut short_key, mut depth, mut is_mask) = (Vec::new(), Vec::new(), None, false);
        for (i, folder) in folders.iter().enumerate() {
            let (rest, is_short) = match role(folder) {
                // Below a folder of masks it is the name of a class.
                Role::Masks { always, rest } if depth.is_none() && !sets.contains(&folders[..=i]) => {
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

    /// Names that its image may have if none has one of [`image_stems`](Self::image_stems): that of the folder it lies in (one for
    /// each image), or the beginning of its own (`IDRiD_01` of `IDRiD_01_MA`).
    fn other_stems(&self) -> impl Iterator<Item = &str> {
        let own_folder = self.folders.last().filter(|_| self.depth.is_some_and(|depth| self.folders.len() > depth));
        let beginnings = self.stem.rmatch_indices(['_', '-']).map(|(at, _)| &self.stem[..at]).filter(|stem| !stem.is_empty());
        own_folder.map(String::as_str).into_iter().chain(beginnings)
    }

    /// The key below so many folders: of a folder of masks alone its rest, of those below it their names.
    fn key_below(&self, depth: usize) -> String {
        let part = |(at, name): (usize, &String)| match role(name) {
            Role::Masks { rest, .. } if self.depth == Some(at + 1) => bare(&rest),
            Role::Images { rest } => bare(&rest),
            Role::Masks { .. } | Role::Other => name.to_lowercase(),
        };
        let parts = self.folders.iter().enumerate().skip(depth).map(part);
        parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
    }
}

fn folders_of(file: &PictureFile) -> Vec<String> {
    file.relative.parent().into_iter().flat_map(Path::components).map(|p| display_part(p.as_os_str())).collect()
}

/// Folders that are called like masks and hold folders of images and of masks themselves: IDRiD's `A. Segmentation`.
fn sets_of_both(pictures: &[PictureFile]) -> BTreeSet<Vec<String>> {
    let mut inside: BTreeMap<Vec<String>, [bool; 2]> = BTreeMap::new();
    let folders: BTreeSet<Vec<String>> = pictures.iter().map(folders_of).collect();
    for folders in &folders {
        for at in (0..folders.len()).filter(|&at| matches!(role(&folders[at]), Role::Masks { .. })) {
            let has = inside.entry(folders[..=at].to_vec()).or_default();
            for name in &folders[at + 1..] {
                match role(name) {
                    Role::Images { .. } => has[0] = true,
                    Role::Masks { .. } => has[1] = true,
                    Role::Other => {}
                }
            }
        }
    }
    inside.into_iter().filter(|(_, has)| *has == [true; 2]).map(|(folder, _)| folder).collect()
}

/// Takes the masks out of the pictures and gives each to its image. Returns what is to be said about it.
pub fn separate(pictures: &mut Vec<PictureFile>) -> Vec<String> {
    let sets = sets_of_both(pictures);
    let mut places: Vec<Place> = pictures.iter().map(|file| Place::of(file, &sets)).collect();
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
    // Slices of one place in several modalities, which share a mask.
    let mut kinds: HashMap<(String, String), Vec<usize>> = HashMap::new();
    for (i, place) in places.iter().enumerate() {
        if let Some(common) = without_modality(&place.stem) {
            kinds.entry((place.folders.join("/"), common)).or_default().push(i);
        }
    }
    let shared = |p: &Place| kinds.get(&(p.folders.join("/"), without_mask_word(&p.stem)?));
    let is_sibling =
        |p: &Place| mask_of(&p.stem).is_some_and(|of| beside.contains(&(p.folders.join("/"), of))) || shared(p).is_some();
    let is_mask: Vec<bool> = places.iter().map(|p| p.is_mask || is_sibling(p)).collect();
    let images: Vec<usize> = (0..places.len()).filter(|&i| !is_mask[i]).collect();
    let index = Index::new(&places, &images);
    let mut lost = Vec::new();
    let mut given = Vec::new();
    for mask in (0..places.len()).filter(|&i| is_mask[i]) {
        let path = &pictures[mask].path;
        match (index.image_of(&places[mask]), shared(&places[mask])) {
            (Some(image), _) => given.push((image, path.clone())),
            (None, Some(images)) => given.extend(images.iter().filter(|&&i| !is_mask[i]).map(|&i| (i, path.clone()))),
            (None, None) => lost.push(display_path(&pictures[mask].relative)),
        }
    }
    let mut several = BTreeSet::new();
    for (image, path) in given {
        if *pictures[image].mask.get_or_insert_with(|| path.clone()) != path {
            several.insert(image);
        }
    }
    if !several.is_empty() {
        notes.push(format!("{} several masks; the first of each is used.", images_have(several.len())));
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
                Role::Images { rest } => Some((&folders[..at], bare(&rest))),
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
        let beside = [bare(&rest), String::new()].into_iter().any(|rest| image_folders.contains(&(parent, rest)));
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
        let below = |stem: &str, fits: &dyn Fn(&Place) -> bool| {
            let named = self.by_stem.get(stem)?.iter().copied();
            one(named.filter(|&i| self.places[i].folders.starts_with(above) && fits(&self.places[i])).collect())
        };
        let own = mask.key_below(above.len());
        // The folder of one image's masks has the image's name.
        let around = own.rsplit_once('/').map_or("", |(around, _)| around).to_string();
        let alike = |key: &str| {
            let key = key.to_string();
            move |image: &Place| {
                let other = image.key_below(above.len());
                ends_with(&other, &key) || ends_with(&key, &other)
            }
        };
        let begins_alike = |key: &str| {
            let stem = mask.image_stems().next()?;
            let longer = |i: &usize| self.places[*i].stem.strip_prefix(stem).is_some_and(|rest| rest.starts_with(['_', '-']));
            one(self.in_key.get(key)?.iter().copied().filter(longer).collect())
        };
        mask.image_stems()
            .find_map(|stem| below(stem, &alike(&own)))
            .or_else(|| mask.other_stems().find_map(|stem| below(stem, &alike(&own)).or_else(|| below(stem, &alike(&around)))))
            .or_else(|| mask.image_stems().find_map(|stem| below(stem, &|_| true)))
            .or_else(|| mask.keys().find_map(begins_alike))
            .or_else(|| mask.other_stems().find_map(|stem| below(stem, &|_| true)))
    }
}

/// Whether the last folders of a path are these.
fn ends_with(path: &str, end: &str) -> bool {
    !end.is_empty() && path.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
}
