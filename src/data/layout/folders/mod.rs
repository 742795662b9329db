//! Layouts that are told by folder names: MVTec, class folders with and without a split, and plain folders.
//!
//! | room | what it holds | may use |
//! |---|---|---|
//! | `placed` | a picture by its folders | nothing |
//! | `classes` | its class by them | `placed` |
//! | `chosen` | folders read as a person says | `placed` |

mod chosen;
mod classes;
mod placed;

use super::{
    detected::{DetectedLayout, class_names},
    file_scan::PictureFile,
    levels::{self, is_generic, split_of_folder},
};
use crate::{
    config::{DataConfig, Reading},
    data::{
        dataset::{Layout, Skipped, Split, class_key, sounds_normal},
        text::{cut_list, display_part, display_path, first_few, images},
    },
    error::{NextStep, Warning},
};
use chosen::{as_chosen, at_level};
use classes::classes;
use placed::{LISTED, PlacedFile};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// Copies of images kept for reference.
fn is_helper(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("originals") || matches!(name.as_str(), "original" | "thumbnails" | "thumbs" | "previews" | "__macosx")
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
        if split_of_folder(&name).is_some() || !next.all(|n| n.as_ref() == Some(&first)) {
            return base;
        }
        base.push(first);
    }
}

/// Recognises the layout of a folder from its pictures, or reads it as it is told to.
pub fn detect(pictures: &[PictureFile], base: &Path, config: &DataConfig) -> DetectedLayout {
    let place = |base: &Path| -> Vec<PlacedFile> {
        let files = pictures.iter().map(|file| {
            let below = file.relative.strip_prefix(base).unwrap_or(&file.relative);
            let dirs = below.parent().into_iter().flat_map(Path::components).map(|p| display_part(p.as_os_str())).collect();
            PlacedFile { file, dirs }
        });
        files.collect()
    };
    let mut files = place(base);
    let has_both = config.level == 0 && config.reading == Reading::Auto && part_splits_from_classes(&mut files);
    let mut detected = if config.level != 0 {
        return at_level(&place(Path::new("")), config.level);
    } else if config.reading != Reading::Auto {
        as_chosen(&files, config.reading)
    } else if let Some(at) = split_level(&files) {
        with_split_folders(files, at, base)
    } else {
        without_split_folders(files, base)
    };
    if has_both {
        // Levels are counted in folders as they are.
        detected.warnings.retain(|warning| !matches!(warning.step, Some(NextStep::ClassLevel(_))));
    }
    if !base.as_os_str().is_empty() {
        detected.why = format!("{} All of it lies in {}.", detected.why, display_path(base));
    }
    detected
}

/// `train_normal`, `test_sick`: where all outer folders say a split and a class in their names, they become two folders each.
fn part_splits_from_classes(files: &mut [PlacedFile]) -> bool {
    let parts = |name: &str| -> Option<(String, String)> {
        let (split, class) = name.split_once(['_', '-', ' ']).filter(|_| split_of_folder(name).is_none())?;
        Split::from_name(split).filter(|_| !class.is_empty() && !is_generic(class)).map(|_| (split.into(), class.into()))
    };
    let tops: BTreeSet<&String> = files.iter().filter_map(|file| file.dirs.first()).collect();
    let found: Option<Vec<(String, String)>> = tops.iter().map(|name| parts(name)).collect();
    let splits =
        |found: &Vec<(String, String)>| found.iter().map(|(split, _)| Split::from_name(split)).collect::<BTreeSet<_>>().len();
    if files.iter().any(|file| file.dirs.is_empty()) || found.as_ref().is_none_or(|found| splits(found) < 2) {
        return false;
    }
    for file in files {
        if let Some((split, class)) = file.dirs.first().and_then(|name| parts(name)) {
            file.dirs.splice(..1, [split, class]);
        }
    }
    true
}

/// The level of the folders `train/`, `test/`: the outermost, or one below folders that nearly all hold them.
fn split_level(files: &[PlacedFile]) -> Option<usize> {
    let at = |level: usize| files.iter().filter_map(move |s| split_of_folder(s.dirs.get(level)?));
    let exact = files.iter().any(|s| s.dirs.first().is_some_and(|d| Split::from_name(&levels::plain(d)).is_some()));
    if is_class_folders_with_test(files) {
        return None;
    }
    if exact || at(0).count() == files.len() {
        return Some(0);
    }
    (0..4).find(|&level| at(level).count() * 10 >= files.len() * 9 && at(level).collect::<BTreeSet<_>>().len() > 1)
}

/// Class folders with one more of images to test on, which nobody has sorted: TBX11K's `health`, `sick`, `tb` and `test`.
fn is_class_folders_with_test(files: &[PlacedFile]) -> bool {
    let (of_split, others): (Vec<&PlacedFile>, Vec<&PlacedFile>) =
        files.iter().partition(|s| s.dirs.first().is_some_and(|name| split_of_folder(name).is_some()));
    let classes: BTreeSet<&String> = others.iter().filter_map(|s| s.dirs.first()).filter(|name| !is_generic(name)).collect();
    let is_test = of_split.iter().all(|s| s.dirs.len() == 1 && split_of_folder(&s.dirs[0]) == Some(Split::Test));
    !of_split.is_empty() && is_test && classes.len() > 1 && others.len() >= of_split.len()
}

/// `train/`, `test/` and perhaps `val/`, with class folders in them or not; `at`: their level.
fn with_split_folders(files: Vec<PlacedFile>, at: usize, base: &Path) -> DetectedLayout {
    let split = |s: &PlacedFile| s.dirs.get(at).and_then(|d| split_of_folder(d));
    let (inside, outside): (Vec<_>, Vec<_>) = files.into_iter().partition(|s| split(s).is_some());
    let inner: Vec<&PlacedFile> = inside.iter().collect();
    // Folders that say the split once more (RFMiD's `Training_Set/Training_Set/Training`) are no classes.
    let below: Vec<&[String]> = inside
        .iter()
        .map(|s| {
            let again = s.dirs[at + 1..].iter().take_while(|name| split_of_folder(name) == split(s)).count();
            &s.dirs[at + 1 + again..]
        })
        .collect();
    let mut found = classes(&inner, &below, base);
    let above: Vec<&[String]> = inside.iter().map(|s| &s.dirs[..at]).collect();
    let sets: BTreeSet<String> = above.iter().map(|dirs| dirs.join("/")).collect();
    let mut detected = DetectedLayout::new(Layout::Unlabelled, String::new());
    let are_parts = levels::are_lettered(&above.iter().filter_map(|dirs| dirs.first().map(String::as_str)).collect());
    if found.names.is_empty() && sets.len() > 1 && !are_parts {
        found = classes(&inner, &above, base);
        detected.is_guess = true;
    } else if sets.len() > 1 {
        let (count, names) = (sets.len(), first_few(&sets));
        let text = format!("These are {count} sets side by side ({names}), read as one; open one of them to work on it alone.");
        detected.warnings.push(text.into());
        found.notes.clear();
    }
    let folders: BTreeSet<&str> = inside.iter().filter_map(|s| s.dirs.get(at).map(String::as_str)).collect();
    let folders = folders.into_iter().collect::<Vec<_>>().join(", ");
    let of_train = inside.iter().zip(&found.of).filter(|(s, _)| split(s) == Some(Split::Train));
    let train: BTreeMap<String, String> = class_names(of_train.filter_map(|(_, class)| class.as_deref()).collect::<Vec<_>>());
    let is_normal = |name: &&String| class_key(name) == "good" || (sounds_normal(name) && found.names.len() > 1);
    let good = train.values().next().filter(is_normal).filter(|_| train.len() == 1).cloned();
    let names = cut_list(&found.names, LISTED);
    let is_flat = found.names.is_empty();
    (detected.layout, detected.why) = match &good {
        _ if is_flat => (
            Layout::Unlabelled,
            format!("The folders {folders} hold images but no class folders, so nothing says what is normal."),
        ),
        Some(good) => {
            let masks = if inside.iter().any(|s| !s.file.masks.is_empty()) { ", with masks" } else { "" };
            (Layout::Mvtec, format!("MVTec: train holds only `{good}`, the normal images; all kinds are {names}{masks}."))
        }
        None => (Layout::SplitClassFolders, format!("The folders {folders} hold one folder per class: {names}.")),
    };
    // Sets for the detection of anomalies keep their images for training, all of them normal, in no further folder.
    let (in_train, sorted) = inside
        .iter()
        .zip(&found.of)
        .filter(|(s, _)| split(s) == Some(Split::Train))
        .fold((0, 0), |(all, sorted), (_, class)| (all + 1, sorted + usize::from(class.is_some())));
    let normal = found.names.iter().find(|name| sounds_normal(name)).filter(|_| found.names.len() > 1).cloned();
    if let Some(normal) = normal.filter(|_| in_train > 0 && sorted == 0 && good.is_none() && found.unsorted == 0) {
        let of_train = inside.iter().zip(&mut found.of).filter(|(s, _)| split(s) == Some(Split::Train));
        of_train.for_each(|(_, class)| *class = Some(normal.clone()));
        let text = format!(
            "{} in train, in no class folder, are taken for `{normal}`, as in sets for the detection of anomalies.",
            images(in_train)
        );
        detected.warnings.push(text.into());
        detected.normal = Some(normal);
    } else {
        detected.normal = good.filter(|_| !is_flat);
    }
    let loose = found.of.iter().filter(|class| class.is_none() && !is_flat).count().saturating_sub(found.unsorted);
    for (s, class) in inside.iter().zip(&found.of) {
        detected.images.add_file(s.file, class.as_deref(), split(s), None);
    }
    detected.warnings.append(&mut found.notes);
    detected.warnings.extend(unlabelled(loose));
    leave_out_folders(&mut detected, outside, "lies beside the split folders and belongs to no split");
    detected
}

/// One folder per class, or no classes at all.
fn without_split_folders(files: Vec<PlacedFile>, base: &Path) -> DetectedLayout {
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
    let (left_out, kept): (Vec<_>, Vec<_>) = files.into_iter().partition(|s| s.dirs.first().is_some_and(|d| aside.contains(d)));
    let inner: Vec<&PlacedFile> = kept.iter().collect();
    let dirs: Vec<&[String]> = kept.iter().map(|s| s.dirs.as_slice()).collect();
    let mut found = classes(&inner, &dirs, base);
    let loose = kept.iter().filter(|s| s.dirs.is_empty()).count();
    let are_classes = !found.names.is_empty() && (loose == 0 || (found.names.len() > 1 && loose * 2 < kept.len()));
    let (layout, why) = if are_classes {
        (Layout::ClassFolders, format!("One folder per class: {}.", cut_list(&found.names, LISTED)))
    } else if found.is_generic || found.notes.is_empty() {
        (Layout::Unlabelled, "There are images but neither class folders nor a table of labels.".to_string())
    } else {
        (Layout::Unlabelled, "There are images in folders that do not look like classes, and no table of labels.".to_string())
    };
    let mut detected = DetectedLayout { is_guess: true, ..DetectedLayout::new(layout, why) };
    for (s, class) in kept.iter().zip(&found.of) {
        detected.images.add_file(s.file, class.as_deref().filter(|_| are_classes), None, None);
    }
    detected.warnings.append(&mut found.notes);
    let without = found.of.iter().filter(|class| class.is_none()).count().saturating_sub(found.unsorted);
    detected.warnings.extend(unlabelled(without).filter(|_| are_classes));
    leave_out_folders(
        &mut detected,
        left_out,
        "holds copies of images of the other folders, by its name or those of its folders",
    );
    detected
}

fn unlabelled(loose: usize) -> Option<Warning> {
    let lie = format!("{} {}", images(loose), if loose == 1 { "lies" } else { "lie" });
    (loose > 0).then(|| format!("{lie} in no class folder: unlabelled.").into())
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
        detected.warnings.push(format!("{} {reason}: {} left out.", display_path(&path), images(count)).into());
        detected.skipped.push(Skipped { path, reason: format!("{reason} ({})", images(count)) });
    }
}
