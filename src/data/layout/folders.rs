//! Layouts that are told by folder names: MVTec, class folders with and without a split, and plain folders.

use super::{
    detected::{DetectedLayout, class_names},
    file_scan::PictureFile,
};
use crate::{
    config::Reading,
    data::{
        dataset::{Layout, Skipped, Split, class_key},
        text::{display_part, display_path, first_few, images},
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
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
struct PlacedFile<'a> {
    file: &'a PictureFile,
    /// The folders below the base.
    dirs: Vec<String>,
}

/// Folders that all pictures share (`archive/OCT2017/`) and that say nothing: a layout begins below them.
pub fn base(pictures: &[PictureFile]) -> PathBuf {
    let mut base = PathBuf::new();
    loop {
        let mut next = pictures.iter().map(|c| {
            let mut parts = c.relative.strip_prefix(&base).ok()?.components();
            // Two more parts at least: what is left must still have a folder that can be a class.
            parts.clone().nth(2).and_then(|_| parts.next()).map(|p| p.as_os_str().to_os_string())
        });
        let Some(Some(first)) = next.next() else { return base };
        let name = display_part(&first);
        if Split::from_name(&name).is_some() || !next.all(|n| n.as_ref() == Some(&first)) {
            return base;
        }
        base.push(first);
    }
}

/// Recognises the layout of a folder from its pictures, or reads it as it is told to.
pub fn detect(pictures: &[PictureFile], base: &Path, reading: Reading) -> DetectedLayout {
    let files = pictures.iter().map(|file| {
        let below = file.relative.strip_prefix(base).unwrap_or(&file.relative);
        let dirs = below.parent().into_iter().flat_map(Path::components).map(|p| display_part(p.as_os_str())).collect();
        PlacedFile { file, dirs }
    });
    let files: Vec<PlacedFile> = files.collect();
    let mut detected = if reading != Reading::Auto {
        as_chosen(&files, reading)
    } else if files.iter().any(|s| s.dirs.first().is_some_and(|d| Split::from_name(d).is_some())) {
        with_split_folders(files)
    } else {
        without_split_folders(files)
    };
    if !base.as_os_str().is_empty() {
        detected.why = format!("{} All of it lies in {}.", detected.why, display_path(base));
    }
    detected
}

/// What a person says of the folders; names of splits keep their meaning.
fn as_chosen(files: &[PlacedFile], reading: Reading) -> DetectedLayout {
    let split = |s: &PlacedFile| s.dirs.first().and_then(|d| Split::from_name(d));
    let class = |s: &PlacedFile| -> Option<String> {
        let below = &s.dirs[usize::from(split(s).is_some()).min(s.dirs.len())..];
        match reading {
            Reading::OuterFolders => below.first().cloned(),
            Reading::InnerFolders => below.last().cloned(),
            Reading::Auto | Reading::Unlabelled => None,
        }
    };
    let names: BTreeSet<String> = files.iter().filter_map(class).collect();
    let listed = first_few(&names);
    let (layout, why) = match reading {
        _ if names.is_empty() => (Layout::Unlabelled, "As you chose: no image has a class.".to_string()),
        Reading::OuterFolders => (Layout::ClassFolders, format!("As you chose: the outer folder names the class ({listed}).")),
        _ => (Layout::ClassFolders, format!("As you chose: the folder an image lies in names its class ({listed}).")),
    };
    let layout = if layout == Layout::ClassFolders && files.iter().any(|s| split(s).is_some()) {
        Layout::SplitClassFolders
    } else {
        layout
    };
    let mut detected = DetectedLayout::new(layout, why);
    files.iter().for_each(|s| detected.images.add_file(s.file, class(s).as_deref(), split(s), None));
    detected
}

/// `train/`, `test/` and perhaps `val/`, with class folders in them or not.
fn with_split_folders(files: Vec<PlacedFile>) -> DetectedLayout {
    let (inside, outside): (Vec<_>, Vec<_>) =
        files.into_iter().partition(|s| s.dirs.first().is_some_and(|d| Split::from_name(d).is_some()));
    // `train/images/good`: below a folder that only says that these are images.
    let level = 1 + usize::from(inside.iter().all(|s| s.dirs.len() > 2 && is_one_of(&s.dirs[1], GENERIC)));
    let class = |s: &PlacedFile| s.dirs.get(level).cloned();
    let split = |s: &PlacedFile| s.dirs.first().and_then(|d| Split::from_name(d));
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
            let masks = if inside.iter().any(|s| s.file.mask.is_some()) { ", with masks" } else { "" };
            (Layout::Mvtec, format!("MVTec: train holds only `{good}`, the normal images; all kinds are {names}{masks}."))
        }
        None => (Layout::SplitClassFolders, format!("The folders {folders} hold one folder a class: {names}.")),
    };
    let loose = inside.iter().filter(|s| !flat && class(s).is_none()).count();
    let mut detected = DetectedLayout { normal: good.filter(|_| !flat), ..DetectedLayout::new(layout, why) };
    for s in &inside {
        detected.images.add_file(s.file, class(s).filter(|_| !flat).as_deref(), split(s), None);
    }
    if loose > 0 {
        detected.warnings.push(format!(
            "{} in no class folder: unlabelled.",
            if loose == 1 { "1 image lies".into() } else { format!("{loose} images lie") }
        ));
    }
    leave_out_folders(&mut detected, outside, "lies beside the split folders and belongs to no split");
    detected
}

/// One folder a class, or no classes at all.
fn without_split_folders(files: Vec<PlacedFile>) -> DetectedLayout {
    let mut tops: BTreeMap<String, Vec<&PlacedFile>> = BTreeMap::new();
    for s in &files {
        if let Some(top) = s.dirs.first() {
            tops.entry(top.clone()).or_default().push(s);
        }
    }
    // A folder that only repeats the names of the other folders holds other copies of the same classes.
    let keys: BTreeSet<String> = tops.keys().map(|name| class_key(name)).collect();
    let is_other = |inner: &str, name: &str| class_key(inner) != class_key(name) && keys.contains(&class_key(inner));
    let repeats = |name: &str, members: &[&PlacedFile]| {
        tops.len() > 1 && members.iter().all(|s| s.dirs.get(1).is_some_and(|inner| is_other(inner, name)))
    };
    let aside: BTreeSet<String> = tops
        .iter()
        .filter(|(name, members)| (is_helper(name) && tops.len() > 1) || repeats(name, members))
        .map(|(name, _)| name.clone())
        .collect();
    let classes: Vec<&String> = tops.keys().filter(|name| !aside.contains(*name)).collect();
    let loose = files.iter().filter(|s| s.dirs.is_empty()).count();
    let labelled = !classes.is_empty()
        && classes.len() <= MAX_CLASSES
        && !classes.iter().all(|c| is_one_of(c, GENERIC))
        && (loose == 0 || (classes.len() > 1 && loose * 2 < files.len()));
    let (layout, why) = if labelled {
        let names = class_names(classes.iter().map(|c| c.as_str()));
        (Layout::ClassFolders, format!("One folder a class: {}.", names.into_values().collect::<Vec<_>>().join(", ")))
    } else if classes.len() > MAX_CLASSES {
        (Layout::Unlabelled, format!("{} folders are too many to be classes, and there is no table of labels.", classes.len()))
    } else {
        (Layout::Unlabelled, "There are images but neither class folders nor a table of labels.".to_string())
    };
    let (left_out, kept): (Vec<_>, Vec<_>) = files.into_iter().partition(|s| s.dirs.first().is_some_and(|d| aside.contains(d)));
    let mut detected = DetectedLayout::new(layout, why);
    for s in &kept {
        detected.images.add_file(s.file, s.dirs.first().filter(|_| labelled).map(String::as_str), None, None);
    }
    if labelled && loose > 0 {
        detected.warnings.push(format!(
            "{} in no class folder: unlabelled.",
            if loose == 1 { "1 image lies".into() } else { format!("{loose} images lie") }
        ));
    }
    leave_out_folders(
        &mut detected,
        left_out,
        "holds copies of images of the other folders, by its name or those of its folders",
    );
    detected
}

/// Leaves out whole folders: one entry and one warning each.
fn leave_out_folders(detected: &mut DetectedLayout, left_out: Vec<PlacedFile>, reason: &str) {
    let mut folders: BTreeMap<PathBuf, usize> = BTreeMap::new();
    for s in &left_out {
        // The first folder below the base, or the file itself.
        let depth = s.file.relative.components().count() - s.dirs.len();
        *folders.entry(s.file.relative.components().take(depth).collect()).or_default() += 1;
    }
    for (path, count) in folders {
        detected.warnings.push(format!("{} {reason}: {} left out.", display_path(&path), images(count)));
        detected.skipped.push(Skipped { path, reason: format!("{reason} ({})", images(count)) });
    }
}
