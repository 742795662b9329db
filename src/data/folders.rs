//! Layouts that are told by folder names: MVTec, class folders with and without a split, and plain folders.

use super::{
    Layout, Skipped, Split,
    assemble::{Draft, Recognised, class_names, drafts_of},
    split::{images, some_of},
    walk::{Candidate, shown_part},
};
use crate::config::Reading;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::{Path, PathBuf},
};

/// Folder names that say what kind of files they hold, not of what class they are.
const GENERIC: &[&str] = &[
    "images",
    "image",
    "imgs",
    "img",
    "data",
    "dataset",
    "pictures",
    "photos",
    "scans",
    "slices",
    "frames",
    "dicom",
    "input",
    "all",
    "train_images",
    "test_images",
    "val_images",
];
/// Folders of masks.
const MASKS: &[&str] = &["ground_truth", "groundtruth", "gt", "masks", "mask", "segmentation", "segmentations", "annotations"];
/// More folders than this are patients or series, not classes.
const MAX_CLASSES: usize = 200;

fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.iter().any(|n| name.eq_ignore_ascii_case(n))
}

/// Copies of images kept for reference.
fn is_helper(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("originals") || matches!(name.as_str(), "original" | "thumbnails" | "thumbs" | "previews" | "__macosx")
}

/// A picture with the parts of its relative path.
struct Seen<'a> {
    candidate: &'a Candidate,
    /// The folders below the base.
    dirs: Vec<String>,
    stem: String,
    mask: Option<PathBuf>,
}

/// Folders that all pictures share (`archive/OCT2017/`) and that say nothing: a layout begins below them.
pub fn base(pictures: &[Candidate]) -> PathBuf {
    let mut base = PathBuf::new();
    loop {
        let mut next = pictures.iter().map(|c| {
            let mut parts = c.relative.strip_prefix(&base).ok()?.components();
            // Two more parts at least: what is left must still have a folder that can be a class.
            parts.clone().nth(2).and_then(|_| parts.next()).map(|p| p.as_os_str().to_os_string())
        });
        let Some(Some(first)) = next.next() else { return base };
        let name = shown_part(&first);
        if Split::from_name(&name).is_some() || is_one_of(&name, MASKS) || !next.all(|n| n.as_ref() == Some(&first)) {
            return base;
        }
        base.push(first);
    }
}

/// Recognises the layout of a folder from its pictures, or reads it as it is told to.
pub fn recognise(pictures: &[Candidate], base: &Path, reading: Reading) -> Recognised {
    let seen = pictures.iter().map(|candidate| {
        let below = candidate.relative.strip_prefix(base).unwrap_or(&candidate.relative);
        let dirs = below.parent().into_iter().flat_map(Path::components).map(|p| shown_part(p.as_os_str())).collect();
        Seen { candidate, dirs, stem: below.file_stem().map(shown_part).unwrap_or_default(), mask: None }
    });
    let (seen, mut warnings) = attach_masks(seen.collect());
    let mut recognised = if reading != Reading::Auto {
        as_told(&seen, reading)
    } else if seen.iter().any(|s| s.dirs.first().is_some_and(|d| Split::from_name(d).is_some())) {
        with_split_folders(seen)
    } else {
        without_split_folders(seen)
    };
    if !base.as_os_str().is_empty() {
        recognised.why = format!("{} All of it lies in {}.", recognised.why, super::walk::shown(base));
    }
    recognised.warnings.append(&mut warnings);
    recognised
}

/// Takes masks out of the pictures: those in a folder of masks, and `X_mask.png` beside `X.png`.
fn attach_masks(seen: Vec<Seen>) -> (Vec<Seen>, Vec<String>) {
    let in_mask_folder = |s: &Seen| s.dirs.iter().any(|d| is_one_of(d, MASKS));
    if seen.iter().all(in_mask_folder) {
        return (seen, Vec::new());
    }
    let places: BTreeSet<(String, String)> = seen.iter().map(|s| (s.dirs.join("/"), s.stem.clone())).collect();
    let is_sibling = |s: &Seen| mask_of(&s.stem).is_some_and(|of| places.contains(&(s.dirs.join("/"), of.to_string())));
    let (masks, mut seen): (Vec<_>, Vec<_>) = seen.into_iter().partition(|s| in_mask_folder(s) || is_sibling(s));
    // The same name in the same folder (or a folder of the same name), else the same name alone where there is one such.
    let mut by_place: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
    let mut by_stem: HashMap<&str, Vec<usize>> = HashMap::new();
    for (i, s) in seen.iter().enumerate() {
        by_place.entry((s.dirs.last().map_or("", String::as_str), s.stem.as_str())).or_default().push(i);
        by_stem.entry(s.stem.as_str()).or_default().push(i);
    }
    let mut of = Vec::new();
    let mut lost = Vec::new();
    for mask in &masks {
        let dir = mask.dirs.last().map_or("", String::as_str);
        let stems = [mask_of(&mask.stem).unwrap_or(&mask.stem), &mask.stem];
        let in_place = stems.iter().find_map(|stem| by_place.get(&(dir, *stem)));
        match in_place.or_else(|| stems.iter().find_map(|stem| by_stem.get(stem))).map(Vec::as_slice) {
            Some(&[image]) => of.push((image, mask.candidate.path.clone())),
            _ => lost.push(mask.candidate),
        }
    }
    for (image, path) in of {
        seen[image].mask.get_or_insert(path);
    }
    let warning = (!lost.is_empty()).then(|| {
        let names = some_of(lost.iter().map(|c| super::walk::shown(&c.relative)));
        format!(
            "{} to no image and {} left out ({names}).",
            if lost.len() == 1 { "1 mask belongs".into() } else { format!("{} masks belong", lost.len()) },
            if lost.len() == 1 { "is" } else { "are" }
        )
    });
    (seen, warning.into_iter().collect())
}

/// `X` of `X_mask`, `X_mask_1`, `X_seg`, `X_gt`.
fn mask_of(stem: &str) -> Option<&str> {
    let numbered =
        stem.rsplit_once('_').filter(|(_, n)| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit())).map_or(stem, |(s, _)| s);
    let lower = numbered.to_ascii_lowercase();
    let suffix = ["_mask", "-mask", "_segmentation", "_seg", "_gt"].iter().find(|s| lower.ends_with(**s))?;
    numbered.get(..numbered.len() - suffix.len()).filter(|s| !s.is_empty())
}

/// What a person says of the folders; names of splits keep their meaning.
fn as_told(seen: &[Seen], reading: Reading) -> Recognised {
    let split = |s: &Seen| s.dirs.first().and_then(|d| Split::from_name(d));
    let class = |s: &Seen| -> Option<String> {
        let below = &s.dirs[usize::from(split(s).is_some()).min(s.dirs.len())..];
        match reading {
            Reading::OuterFolders => below.first().cloned(),
            Reading::InnerFolders => below.last().cloned(),
            Reading::Auto | Reading::Unlabelled => None,
        }
    };
    let drafts: Vec<Draft> =
        seen.iter().flat_map(|s| drafts_of(s.candidate, class(s).as_deref(), split(s), None, s.mask.clone())).collect();
    let names: BTreeSet<&str> = drafts.iter().filter_map(|d| d.class.as_deref()).collect();
    let listed = some_of(&names);
    let (layout, why) = match reading {
        _ if names.is_empty() => (Layout::Unlabelled, "As you chose: no image has a class.".to_string()),
        Reading::OuterFolders => (Layout::ClassFolders, format!("As you chose: the outer folder names the class ({listed}).")),
        _ => (Layout::ClassFolders, format!("As you chose: the folder an image lies in names its class ({listed}).")),
    };
    let layout = if layout == Layout::ClassFolders && seen.iter().any(|s| split(s).is_some()) {
        Layout::SplitClassFolders
    } else {
        layout
    };
    Recognised { layout, why, drafts, skipped: Vec::new(), warnings: Vec::new(), normal: None }
}

/// `train/`, `test/` and perhaps `val/`, with class folders in them or not.
fn with_split_folders(seen: Vec<Seen>) -> Recognised {
    let (inside, outside): (Vec<_>, Vec<_>) =
        seen.into_iter().partition(|s| s.dirs.first().is_some_and(|d| Split::from_name(d).is_some()));
    let class = |s: &Seen| s.dirs.get(1).cloned();
    let split = |s: &Seen| s.dirs.first().and_then(|d| Split::from_name(d));
    let classes = |split_wanted: Option<Split>| -> BTreeSet<String> {
        let names = inside.iter().filter(|s| split_wanted.is_none() || split(s) == split_wanted).filter_map(class);
        class_names(names.collect::<Vec<_>>().iter().map(String::as_str)).into_values().collect()
    };
    let folders: BTreeSet<&str> = inside.iter().filter_map(|s| s.dirs.first().map(String::as_str)).collect();
    let folders = folders.into_iter().collect::<Vec<_>>().join(", ");
    let (all, train) = (classes(None), classes(Some(Split::Train)));
    let flat = all.is_empty() || (all.len() == 1 && all.iter().all(|c| is_one_of(c, GENERIC)));
    let good = train.iter().find(|c| c.eq_ignore_ascii_case("good")).filter(|_| train.len() == 1).cloned();
    let names = all.iter().cloned().collect::<Vec<_>>().join(", ");
    let (layout, why) = match &good {
        _ if flat => (
            Layout::Unlabelled,
            format!("The folders {folders} hold images but no class folders, so nothing says what is normal."),
        ),
        Some(good) => {
            let masks = if inside.iter().any(|s| s.mask.is_some()) { ", with masks" } else { "" };
            (Layout::Mvtec, format!("MVTec: train holds only `{good}`, the normal images; all kinds are {names}{masks}."))
        }
        None => (Layout::SplitClassFolders, format!("The folders {folders} hold one folder a class: {names}.")),
    };
    let drafts = inside
        .iter()
        .flat_map(|s| drafts_of(s.candidate, class(s).filter(|_| !flat).as_deref(), split(s), None, s.mask.clone()))
        .collect();
    let loose = inside.iter().filter(|s| !flat && class(s).is_none()).count();
    let mut recognised =
        Recognised { layout, why, drafts, skipped: Vec::new(), warnings: Vec::new(), normal: good.filter(|_| !flat) };
    if loose > 0 {
        recognised.warnings.push(format!(
            "{} in no class folder: unlabelled.",
            if loose == 1 { "1 image lies".into() } else { format!("{loose} images lie") }
        ));
    }
    put_aside(&mut recognised, outside, "lies beside the split folders and belongs to no split");
    recognised
}

/// One folder a class, or no classes at all.
fn without_split_folders(seen: Vec<Seen>) -> Recognised {
    let mut tops: BTreeMap<String, Vec<&Seen>> = BTreeMap::new();
    for s in &seen {
        if let Some(top) = s.dirs.first() {
            tops.entry(top.clone()).or_default().push(s);
        }
    }
    // A folder that only repeats the names of the other folders holds other copies of the same classes.
    let repeats = |name: &str, members: &[&Seen]| {
        tops.len() > 1 && members.iter().all(|s| s.dirs.get(1).is_some_and(|d| d != name && tops.contains_key(d)))
    };
    let aside: BTreeSet<String> = tops
        .iter()
        .filter(|(name, members)| (is_helper(name) && tops.len() > 1) || repeats(name, members))
        .map(|(name, _)| name.clone())
        .collect();
    let classes: Vec<&String> = tops.keys().filter(|name| !aside.contains(*name)).collect();
    let loose = seen.iter().filter(|s| s.dirs.is_empty()).count();
    let labelled = !classes.is_empty()
        && classes.len() <= MAX_CLASSES
        && !classes.iter().all(|c| is_one_of(c, GENERIC))
        && (loose == 0 || (classes.len() > 1 && loose * 2 < seen.len()));
    let (layout, why) = if labelled {
        let names = class_names(classes.iter().map(|c| c.as_str()));
        (Layout::ClassFolders, format!("One folder a class: {}.", names.into_values().collect::<Vec<_>>().join(", ")))
    } else if classes.len() > MAX_CLASSES {
        (Layout::Unlabelled, format!("{} folders are too many to be classes, and there is no table of labels.", classes.len()))
    } else {
        (Layout::Unlabelled, "There are images but neither class folders nor a table of labels.".to_string())
    };
    let (left_out, kept): (Vec<_>, Vec<_>) = seen.into_iter().partition(|s| s.dirs.first().is_some_and(|d| aside.contains(d)));
    let drafts: Vec<Draft> = kept
        .iter()
        .flat_map(|s| drafts_of(s.candidate, s.dirs.first().filter(|_| labelled).map(String::as_str), None, None, s.mask.clone()))
        .collect();
    let mut recognised = Recognised { layout, why, drafts, skipped: Vec::new(), warnings: Vec::new(), normal: None };
    if labelled && loose > 0 {
        recognised.warnings.push(format!(
            "{} in no class folder: unlabelled.",
            if loose == 1 { "1 image lies".into() } else { format!("{loose} images lie") }
        ));
    }
    put_aside(&mut recognised, left_out, "holds copies of images of the other folders, by its name or those of its folders");
    recognised
}

/// Leaves out whole folders: one entry and one warning each.
fn put_aside(recognised: &mut Recognised, left_out: Vec<Seen>, reason: &str) {
    let mut folders: BTreeMap<PathBuf, usize> = BTreeMap::new();
    for s in &left_out {
        // The first folder below the base, or the file itself.
        let depth = s.candidate.relative.components().count() - s.dirs.len();
        *folders.entry(s.candidate.relative.components().take(depth).collect()).or_default() += 1;
    }
    for (path, count) in folders {
        recognised.warnings.push(format!("{} {reason}: {} left out.", super::walk::shown(&path), images(count)));
        recognised.skipped.push(Skipped { path, reason: format!("{reason} ({})", images(count)) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_told_by_their_names() {
        assert_eq!(mask_of("benign (1)_mask"), Some("benign (1)"));
        assert_eq!(mask_of("benign (1)_mask_2"), Some("benign (1)"));
        assert_eq!(mask_of("x_GT"), Some("x"));
        assert_eq!(mask_of("_mask"), None);
        assert_eq!(mask_of("mask_7"), None);
    }
}
