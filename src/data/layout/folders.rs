//! Layouts that are told by folder names: MVTec, class folders with and without a split, and plain folders.

use super::{
    detected::{DetectedLayout, class_names},
    file_scan::PictureFile,
    levels::{self, Level, class_of_study, is_generic, split_of_folder},
};
use crate::{
    config::{DataConfig, Reading},
    data::{
        dataset::{Layout, Skipped, Split, class_key, sounds_normal},
        text::{cut_list, display_part, display_path, first_few, images},
    },
    error::{NextStep, Warning},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// So many names of classes are listed in a sentence.
const LISTED: usize = 12;

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

/// The first folder that is called like a split.
fn any_split(s: &PlacedFile) -> Option<Split> {
    s.dirs.iter().find_map(|name| split_of_folder(name))
}

/// The folder at a level below the path that was opened names the class; counted from the image where it is negative.
fn at_level(files: &[PlacedFile], level: i64) -> DetectedLayout {
    let class = |s: &PlacedFile| -> Option<String> {
        let n = usize::try_from(level.unsigned_abs()).ok()?;
        let at = if level > 0 { Some(n - 1) } else { s.dirs.len().checked_sub(n) };
        at.and_then(|at| s.dirs.get(at)).map(|name| class_of_study(name).to_string())
    };
    let is_split = files.iter().filter_map(class).all(|name| split_of_folder(&name).is_some());
    chosen_by(files, class, |s| any_split(s).filter(|_| !is_split), &format!("the folders at level {level} name the classes"))
}

/// What a person says of the folders; names of splits keep their meaning.
fn as_chosen(files: &[PlacedFile], reading: Reading) -> DetectedLayout {
    let split = |s: &PlacedFile| s.dirs.first().and_then(|d| split_of_folder(d));
    let class = |s: &PlacedFile| -> Option<String> {
        let below = &s.dirs[usize::from(split(s).is_some()).min(s.dirs.len())..];
        match reading {
            Reading::OuterFolders => below.first().cloned(),
            Reading::InnerFolders => below.last().cloned(),
            Reading::Auto | Reading::Unlabelled => None,
        }
    };
    let what = match reading {
        Reading::OuterFolders => "the outer folder names the class",
        _ => "the folder an image lies in names its class",
    };
    chosen_by(files, class, split, what)
}

fn chosen_by(
    files: &[PlacedFile],
    class: impl Fn(&PlacedFile) -> Option<String>,
    split: impl Fn(&PlacedFile) -> Option<Split>,
    what: &str,
) -> DetectedLayout {
    let names: BTreeSet<String> = files.iter().filter_map(&class).collect();
    let (layout, why) = if names.is_empty() {
        (Layout::Unlabelled, "As you chose: no image has a class.".to_string())
    } else {
        let layout = if files.iter().any(|s| split(s).is_some()) { Layout::SplitClassFolders } else { Layout::ClassFolders };
        (layout, format!("As you chose: {what} ({}).", cut_list(&names, LISTED)))
    };
    let mut detected = DetectedLayout::new(layout, why);
    files.iter().for_each(|s| detected.images.add_file(s.file, class(s).as_deref(), split(s), None));
    detected
}

/// The level of the folders `train/`, `test/`: the outermost, or one below folders that nearly all hold them.
fn split_level(files: &[PlacedFile]) -> Option<usize> {
    let at = |level: usize| files.iter().filter_map(move |s| split_of_folder(s.dirs.get(level)?));
    let exact = files.iter().any(|s| s.dirs.first().is_some_and(|d| Split::from_name(&levels::plain(d)).is_some()));
    if exact || at(0).count() == files.len() {
        return Some(0);
    }
    (0..4).find(|&level| at(level).count() * 10 >= files.len() * 9 && at(level).collect::<BTreeSet<_>>().len() > 1)
}

/// The classes of some images by their folders: below the split where there is one.
struct Classes {
    /// Of each image.
    of: Vec<Option<String>>,
    names: Vec<String>,
    /// What is to be said: why these, and what else there is.
    notes: Vec<Warning>,
    /// All folders only say that images lie in them.
    is_generic: bool,
}

/// The level that holds the classes among folders of images, by `dirs`: the folders of each image that may say something.
/// `first`: the level of the first of them below the path that was opened, to be named to the person.
fn classes(files: &[&PlacedFile], dirs: &[&[String]], base: &Path) -> Classes {
    let paths: Vec<Vec<&str>> = dirs
        .iter()
        .map(|dirs| {
            let telling: Vec<&str> = dirs.iter().map(String::as_str).filter(|name| !is_generic(name)).collect();
            if telling.is_empty() { dirs.iter().map(String::as_str).collect() } else { telling }
        })
        .collect();
    let is_generic = paths.iter().flatten().all(|name| is_generic(name));
    let (chosen, kinds) = if is_generic { (None, Vec::new()) } else { levels::choose(&paths) };
    let of: Vec<Option<String>> = paths
        .iter()
        .map(|path| {
            let name = path.get(chosen?).or_else(|| path.last())?;
            Some(class_of_study(name).to_string())
        })
        .collect();
    let names: Vec<String> = class_names(of.iter().flatten().map(String::as_str)).into_values().collect();
    // As the person would say it: the place of a level's first folder in the path of its image.
    let number = |level: usize| {
        let (i, name) = paths.iter().enumerate().find_map(|(i, path)| Some((i, path.get(level)?)))?;
        let at = files[i].dirs.iter().rposition(|dir| dir == name)?;
        Some(at + 1 + base.components().count())
    };
    let examples = |level: usize| {
        let names: BTreeSet<&str> = paths.iter().filter_map(|path| path.get(level).copied()).collect();
        (first_few(&names), names.len())
    };
    let mut notes = Vec::new();
    for (level, _) in kinds.iter().enumerate().filter(|(level, _)| Some(*level) != chosen) {
        let (names, count) = examples(level);
        let Some(number) = number(level).filter(|_| count > 1) else { continue };
        let text = match kinds[level] {
            Level::Patients if chosen.is_none() => {
                format!("{count} folders are called like patients or series ({names}), and are not taken for classes.")
            }
            Level::Modalities => {
                format!(
                    "{count} folders are called like kinds of pictures of the same subjects ({names}), and are not taken for \
                     classes; a model learns best from one of them alone."
                )
            }
            _ if chosen.is_none() => format!("{count} folders ({names}) are too many to be classes of these images."),
            Level::Patients => continue,
            _ => format!("Another level of folders could be the classes, too: {names}."),
        };
        notes.push(Warning::new(text, NextStep::ClassLevel(number)));
    }
    Classes { of, names, notes, is_generic }
}

/// `train/`, `test/` and perhaps `val/`, with class folders in them or not; `at`: their level.
fn with_split_folders(files: Vec<PlacedFile>, at: usize, base: &Path) -> DetectedLayout {
    let split = |s: &PlacedFile| s.dirs.get(at).and_then(|d| split_of_folder(d));
    let (inside, outside): (Vec<_>, Vec<_>) = files.into_iter().partition(|s| split(s).is_some());
    let inner: Vec<&PlacedFile> = inside.iter().collect();
    let below: Vec<&[String]> = inside.iter().map(|s| &s.dirs[at + 1..]).collect();
    let mut found = classes(&inner, &below, base);
    let above: Vec<&[String]> = inside.iter().map(|s| &s.dirs[..at]).collect();
    let sets: BTreeSet<String> = above.iter().map(|dirs| dirs.join("/")).collect();
    let mut detected = DetectedLayout::new(Layout::Unlabelled, String::new());
    if found.names.is_empty() && sets.len() > 1 {
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
        None => (Layout::SplitClassFolders, format!("The folders {folders} hold one folder a class: {names}.")),
    };
    detected.normal = good.filter(|_| !is_flat);
    let loose = found.of.iter().filter(|class| class.is_none() && !is_flat).count();
    for (s, class) in inside.iter().zip(&found.of) {
        detected.images.add_file(s.file, class.as_deref(), split(s), None);
    }
    detected.warnings.append(&mut found.notes);
    detected.warnings.extend(unlabelled(loose));
    leave_out_folders(&mut detected, outside, "lies beside the split folders and belongs to no split");
    detected
}

/// One folder a class, or no classes at all.
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
    let loose = kept.iter().filter(|s| s.dirs.is_empty()).count();
    let inner: Vec<&PlacedFile> = kept.iter().collect();
    let dirs: Vec<&[String]> = kept.iter().map(|s| s.dirs.as_slice()).collect();
    let mut found = classes(&inner, &dirs, base);
    let are_classes = !found.names.is_empty() && (loose == 0 || (found.names.len() > 1 && loose * 2 < kept.len()));
    let (layout, why) = if are_classes {
        (Layout::ClassFolders, format!("One folder a class: {}.", cut_list(&found.names, LISTED)))
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
    detected.warnings.extend(unlabelled(loose).filter(|_| are_classes));
    leave_out_folders(
        &mut detected,
        left_out,
        "holds copies of images of the other folders, by its name or those of its folders",
    );
    detected
}

fn unlabelled(loose: usize) -> Option<Warning> {
    let lie = if loose == 1 { "1 image lies".into() } else { format!("{loose} images lie") };
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
