//! Masks told from images, and the image that each belongs to.
//!
//! | room | what it holds | may use |
//! |---|---|---|
//! | `names` | what names of files and folders say of masks | nothing |
//! | `place` | a picture by its place | `names` |
//! | `content` | what pictures look like | nothing |
//! | `by_look` | masks that their look tells | `content place` |
//! | `index` | the image of a mask | `place` |
//! | `drawings` | pictures made of the images | `names place` |

mod by_look;
mod content;
mod drawings;
mod index;
mod names;
mod place;

use super::{
    file_scan::{FileScan, PictureFile},
    levels::is_modality,
};
use crate::data::{
    dataset::Skipped,
    text::{count_of, display_path, first_few, images_have},
};
use by_look::masks_by_look;
use content::{Look, all_look};
use index::Index;
use names::{
    FolderRole, bare, is_by_hand, is_mask_alone, mask_of, may_be_views, role, says_anatomy, without_mask_word, without_modality,
};
use place::{Place, folders_of};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    path::PathBuf,
};

/// Folders that are called like masks and hold folders of images and of masks themselves: IDRiD's `A. Segmentation`.
fn sets_of_both(pictures: &[PictureFile]) -> BTreeSet<Vec<String>> {
    let mut inside: BTreeMap<Vec<String>, [bool; 2]> = BTreeMap::new();
    let folders: BTreeSet<Vec<String>> = pictures.iter().map(folders_of).collect();
    for folders in &folders {
        for at in (0..folders.len()).filter(|&at| matches!(role(&folders[at]), FolderRole::Masks { .. })) {
            let has = inside.entry(folders[..=at].to_vec()).or_default();
            for name in &folders[at + 1..] {
                match role(name) {
                    FolderRole::Images { .. } => has[0] = true,
                    FolderRole::Masks { .. } => has[1] = true,
                    FolderRole::Other => {}
                }
            }
        }
    }
    inside.into_iter().filter(|(_, has)| *has == [true; 2]).map(|(folder, _)| folder).collect()
}

/// Takes the masks out of the pictures and gives each to its image; then what else is no image. Returns what is to be said about it,
/// but for [masks without an image](without_image), to which a table may give one.
pub fn separate(scan: &mut FileScan) -> Vec<String> {
    let (notes, without_image) = separate_masks(&mut scan.pictures);
    scan.masks_without_image = without_image;
    let skipped = &mut scan.skipped;
    scan.pictures.retain_mut(|file| {
        let Some(what) = file.probe.derived else { return true };
        let reason = format!("is DICOM that holds {what}, not an image");
        skipped.push(Skipped { path: std::mem::take(&mut file.relative), reason });
        false
    });
    notes
}

/// Gives masks, by their paths, to the images that a table names them with.
pub fn give_named(scan: &mut FileScan, masks: Vec<(usize, PathBuf)>) {
    let named: HashSet<PathBuf> = masks.iter().map(|(_, mask)| mask.clone()).collect();
    for (image, mask) in masks {
        let own = &mut scan.pictures[image].masks;
        if !own.contains(&mask) {
            own.push(mask);
        }
    }
    scan.pictures.retain(|picture| !named.contains(&picture.path));
    scan.masks_without_image.retain(|mask| !named.contains(&mask.path));
}

/// What is said of masks that belong to no image.
pub fn without_image(masks: &[PictureFile]) -> Option<String> {
    let (masks_belong, verb) = match masks.len() {
        0 => return None,
        1 => ("1 mask belongs".into(), "is"),
        n => (format!("{n} masks belong"), "are"),
    };
    let names = first_few(masks.iter().map(|mask| display_path(&mask.relative)));
    Some(format!("{masks_belong} to no image and {verb} left out ({names})."))
}

/// The notes, and the masks without an image.
fn separate_masks(pictures: &mut Vec<PictureFile>) -> (Vec<String>, Vec<PictureFile>) {
    let drawn = drawings::leave_out(pictures);
    let sets = sets_of_both(pictures);
    let mut places: Vec<Place> = pictures.iter().map(|file| Place::of(file, &sets)).collect();
    let mut notes: Vec<String> = drawn.into_iter().chain(keep_classes(&mut places, pictures)).collect();
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
    notes.extend(judge_folders(&mut places, pictures));
    let beside: BTreeSet<(String, &str)> = places.iter().map(|p| (p.folders.join("/"), p.stem.as_str())).collect();
    // Slices of one place in several modalities, by their names or in a folder each, which share a mask.
    let mut kinds: HashMap<(String, String), Vec<usize>> = HashMap::new();
    for (i, place) in places.iter().enumerate().filter(|(_, place)| !place.is_mask) {
        let in_folder = || place.folders.iter().any(|name| is_modality(name)).then(|| place.stem.clone());
        if let Some(common) = without_modality(&place.stem).or_else(in_folder) {
            kinds.entry((place.key.clone(), common)).or_default().push(i);
        }
    }
    // The folders in which there are slices of a name; in one alone, they are those of a mask anywhere.
    let mut anywhere: HashMap<&str, Vec<&Vec<usize>>> = HashMap::new();
    kinds.iter().for_each(|((_, common), images)| anywhere.entry(common).or_default().push(images));
    let shared = |p: &Place, is_mask: bool| {
        let common = without_mask_word(&p.stem).or_else(|| is_mask.then(|| p.stem.clone()))?;
        let near = p.keys().find_map(|key| kinds.get(&(key.to_string(), common.clone())));
        near.or_else(|| match anywhere.get(common.as_str()).filter(|_| is_mask)?[..] {
            [images] => Some(images),
            _ => None,
        })
    };
    let is_sibling = |p: &Place| {
        let (_, images) = p.image_stems.split_last().unwrap_or((&p.stem, &[]));
        images.iter().any(|of| beside.contains(&(p.folders.join("/"), of.as_str()))) || shared(p, false).is_some()
    };
    let mut is_mask: Vec<bool> = places.iter().map(|p| p.is_mask || is_sibling(p)).collect();
    let mut of_folder = masks_of_folders(&places, pictures, &is_mask);
    of_folder.keys().for_each(|&mask| is_mask[mask] = true);
    for group in masks_by_look(&places, pictures, &is_mask) {
        let folder = display_path(pictures[group[0].0].relative.parent().unwrap_or("".as_ref()));
        notes.push(format!(
            "{} called as images nearby are and with few values, as masks have (in {}), are taken for masks.",
            count_of(group.len(), "picture"),
            if folder.is_empty() { "the folder itself".into() } else { folder }
        ));
        for (mask, image) in group {
            is_mask[mask] = true;
            of_folder.insert(mask, vec![image]);
        }
    }
    let images: Vec<usize> = (0..places.len()).filter(|&i| !is_mask[i]).collect();
    let index = Index::new(&places, &images);
    let mut without_image = Vec::new();
    let mut given = Vec::new();
    for mask in (0..places.len()).filter(|&i| is_mask[i]) {
        let known = of_folder.get(&mask).or_else(|| shared(&places[mask], true));
        match (index.image_of(&places[mask]).filter(|_| !of_folder.contains_key(&mask)), known) {
            (Some(image), _) => given.push((image, mask)),
            (None, Some(images)) => given.extend(images.iter().filter(|&&i| !is_mask[i]).map(|&i| (i, mask))),
            (None, None) => without_image.push(pictures[mask].clone()),
        }
    }
    notes.extend(give(pictures, &places, given));
    let mut is_mask = is_mask.into_iter();
    pictures.retain(|_| !is_mask.next().unwrap_or_default());
    (notes, without_image)
}

/// Gives each image its masks, by their numbers, and says where there are several. What outlines anatomy marks no finding: it is
/// left out where there are masks of something else, as the field of view is where there are those drawn by hand.
fn give(pictures: &mut [PictureFile], places: &[Place], given: Vec<(usize, usize)>) -> Vec<String> {
    let mut masks: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    given.into_iter().for_each(|(image, mask)| _ = masks.entry(image).or_default().insert(mask));
    let is_anatomy = |mask: &usize| {
        let depth = places[*mask].depth.map_or(usize::MAX, |depth| depth - 1);
        places[*mask].folders.iter().skip(depth).any(|name| says_anatomy(name))
    };
    let folder = |mask: &usize| places[*mask].mask_folder()?.split_last();
    let beside = |is: fn(&str) -> bool| -> BTreeSet<&[String]> {
        masks.values().flatten().filter_map(folder).filter(|(name, _)| is(name)).map(|(_, above)| above).collect()
    };
    let have_views = !beside(may_be_views).is_disjoint(&beside(is_by_hand));
    let is_view = |mask: &usize| have_views && folder(mask).is_some_and(|(name, _)| may_be_views(name));
    let are_findings = masks.values().flatten().any(|mask| !is_anatomy(mask));
    let (mut several, mut anatomy, mut views) = (0, 0, 0);
    for (image, mut masks) in masks {
        let all = masks.len();
        masks.retain(|mask| !is_view(mask));
        views += all - masks.len();
        if are_findings {
            let all = masks.len();
            masks.retain(|mask| !is_anatomy(mask));
            anatomy += all - masks.len();
        }
        several += usize::from(masks.len() > 1);
        pictures[image].masks = masks.into_iter().map(|mask| pictures[mask].path.clone()).collect();
    }
    let mut notes = Vec::new();
    if several > 0 {
        notes.push(format!("{} several masks: what lies in any of them counts.", images_have(several)));
    }
    if views > 0 {
        let (outline, are) = if views == 1 { ("outlines", "is") } else { ("outline", "are") };
        let count = count_of(views, "mask");
        notes.push(format!("{count} in `mask`, beside those drawn by hand, {outline} the field of view and {are} left out."));
    }
    if anatomy > 0 {
        notes.push(match anatomy {
            1 => "1 mask outlines anatomy, by the name of its folder, and is left out, since others outline findings.".into(),
            _ => format!(
                "{} outline anatomy, by the names of their folders, and are left out, since others outline findings.",
                count_of(anatomy, "mask")
            ),
        });
    }
    notes
}

/// Pictures that are called `mask` beside others in their folder, with these.
fn masks_of_folders(places: &[Place], pictures: &[PictureFile], is_mask: &[bool]) -> HashMap<usize, Vec<usize>> {
    let mut folders: BTreeMap<&[String], [Vec<usize>; 2]> = BTreeMap::new();
    for (i, place) in places.iter().enumerate().filter(|(i, _)| !is_mask[*i]) {
        folders.entry(&place.folders).or_default()[usize::from(is_mask_alone(&place.stem))].push(i);
    }
    folders.retain(|_, [images, masks]| !images.is_empty() && !masks.is_empty());
    let masks: Vec<usize> = folders.values().flat_map(|[_, masks]| masks.clone()).collect();
    if folders.len() == 1 && all_look(Look::Photograph, pictures, &masks, 3) {
        return HashMap::new();
    }
    folders.into_values().flat_map(|[images, masks]| masks.into_iter().map(move |mask| (mask, images.clone()))).collect()
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
                .filter(|&at| matches!(role(&p.folders[at]), FolderRole::Images { .. }))
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
        if all_look(Look::Photograph, pictures, &members, 2) {
            notes.push(format!(
                "{folder} is called like a folder of masks, but holds photographs: it is taken for one of images."
            ));
            members.into_iter().for_each(|i| places[i].call_image());
        }
    }
    notes
}

/// Whether the folders whose names may be those of classes, too, hold masks: an images' folder lies beside them, or images
/// have the names of at least half of their files, or else they look like masks.
fn judge_folders(places: &mut [Place], pictures: &[PictureFile]) -> Vec<String> {
    /// Folders of which pictures are looked at, at most.
    const MOST: usize = 64;
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
                FolderRole::Images { rest } => Some((&folders[..at], bare(&rest))),
                _ => None,
            })
        })
        .collect();
    let index = Index::new(places, &images);
    let (mut masks, mut not_masks) = (Vec::new(), Vec::new());
    let mut notes = Vec::new();
    let mut looked_at = 0;
    for (folder, members) in unsure {
        let Some((name, parent)) = folder.split_last() else { continue };
        let rest = match role(name) {
            FolderRole::Masks { rest, .. } => rest,
            FolderRole::Images { .. } | FolderRole::Other => continue,
        };
        let beside = [bare(&rest), String::new()].into_iter().any(|rest| image_folders.contains(&(parent, rest)));
        let named = members.iter().filter(|&&i| index.has_counterpart(&places[i])).count() * 2 >= members.len();
        // Images that have their masks beside them are no masks of others.
        let stems: BTreeSet<(&[String], &str)> =
            members.iter().map(|&i| (places[i].folders.as_slice(), places[i].stem.as_str())).collect();
        let has_both = members
            .iter()
            .any(|&i| mask_of(&places[i].stem).is_some_and(|image| stems.contains(&(places[i].folders.as_slice(), image))));
        looked_at += usize::from(!beside && !named);
        let looks_so = || !images.is_empty() && looked_at <= MOST && all_look(Look::Mask, pictures, &members, 3);
        let are_masks = beside || if named { !has_both } else { looks_so() };
        if are_masks {
            masks.extend(members);
            continue;
        }
        let why = if named { "holds images and their masks" } else { "no images lie beside it" };
        notes.push(format!("{} is called like a folder of masks, but {why}: it is taken for one of images.", folder.join("/")));
        not_masks.extend(members);
    }
    masks.into_iter().for_each(|i| places[i].is_mask = true);
    not_masks.into_iter().for_each(|i| places[i].call_image());
    notes
}
