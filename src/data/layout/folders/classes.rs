//! The classes of images by the folders that they lie in.

use super::placed::PlacedFile;
use crate::{
    data::{
        layout::{
            detected::class_names,
            levels::{
                self, Level, are_numbered_classes, class_of_study, is_generic, is_unsorted, split_of_folder, without_number,
            },
        },
        text::{first_few, images},
    },
    error::{NextStep, Warning},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// More classes than this, of fewer images each on average, may be something else.
const MANY: usize = 20;
const FEW_EACH: usize = 10;

/// The classes of some images by their folders: below the split where there is one.
pub struct FolderClasses {
    /// Of each image.
    pub of: Vec<Option<String>>,
    pub names: Vec<String>,
    /// What is to be said: why these, and what else there is.
    pub notes: Vec<Warning>,
    /// How many images lie in folders whose names say that they are not sorted yet.
    pub unsorted: usize,
    /// All folders only say that images lie in them.
    pub is_generic: bool,
}

/// The level that holds the classes among folders of images, by `dirs`: the folders of each image that may say something.
/// `base`: where they lie below the path that was opened, so that people are told the level from there.
pub fn classes(files: &[&PlacedFile], dirs: &[&[String]], base: &Path) -> FolderClasses {
    let mut beside: BTreeMap<&[String], BTreeSet<&str>> = BTreeMap::new();
    for (dirs, at) in dirs.iter().flat_map(|dirs| (0..dirs.len()).map(move |at| (dirs, at))) {
        beside.entry(&dirs[..at]).or_default().insert(&dirs[at]);
    }
    // `all` is a leukaemia where other folders lie beside it.
    let is_all = |dirs: &[String], at: usize| dirs[at].eq_ignore_ascii_case("all") && beside[&dirs[..at]].len() > 1;
    let says = |dirs: &[String], at: usize| !is_generic(&dirs[at]) || is_all(dirs, at);
    let telling = |dirs: &&[String]| (0..dirs.len()).filter(|&at| says(dirs, at)).count() > 0;
    // Names that say nothing are classes only where most images have no others: Tiny ImageNet's `val/images`.
    let most_tell = dirs.iter().filter(|dirs| telling(dirs)).count() * 2 > dirs.len();
    let mut paths: Vec<Vec<&str>> = dirs
        .iter()
        .map(|dirs| {
            let is_used = |&at: &usize| says(dirs, at) || (!most_tell && !telling(dirs));
            (0..dirs.len()).filter(is_used).map(|at| dirs[at].as_str()).collect()
        })
        .collect();
    levels::without_kinds(&mut paths);
    let is_generic = paths.iter().flatten().all(|name| is_generic(name));
    let (chosen, kinds) = if is_generic { (None, Vec::new()) } else { levels::choose(&paths) };
    let below = chosen.and_then(|level| levels::below(&paths, level));
    let (chosen, is_of_part) = match below {
        Some((level, true)) => (Some(level), true),
        _ => (chosen, false),
    };
    let at = |level: usize| paths.iter().filter_map(move |path| path.get(level).copied()).collect::<BTreeSet<_>>();
    let are_numbered = chosen.is_some_and(|level| are_numbered_classes(&at(level)));
    let mut of: Vec<Option<String>> = paths
        .iter()
        .map(|path| {
            let name = path.get(chosen?).or_else(|| path.last().filter(|_| !is_of_part))?;
            Some(if are_numbered { without_number(name) } else { class_of_study(name) }.to_string())
        })
        .collect();
    // Where all others are unsorted as well, it is a class.
    let is_unsorted = |name: &str| is_unsorted(name) || split_of_folder(name).is_some();
    let is_sorted = |class: &Option<String>| class.as_ref().is_some_and(|name| !is_unsorted(name));
    let unsorted: BTreeSet<String> =
        of.iter().filter(|_| of.iter().any(is_sorted)).flatten().filter(|name| is_unsorted(name)).cloned().collect();
    let unsorted_count = of.iter_mut().filter_map(|class| class.take_if(|name| unsorted.contains(name))).count();
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
    if unsorted_count > 0 {
        let (verb, folders) = (if unsorted_count == 1 { "lies" } else { "lie" }, first_few(&unsorted));
        let text = format!("{} {verb} in {folders}, by its name not sorted into classes: unlabelled.", images(unsorted_count));
        notes.push(text.into());
    }
    // Persons called by their names are like classes.
    if chosen.is_some_and(|level| kinds.get(level) == Some(&Level::Names))
        && names.len() > MANY
        && paths.len() < FEW_EACH * names.len()
    {
        let text = format!(
            "{} folders ({}) hold few images each and are taken for classes; they may be patients.",
            names.len(),
            first_few(&names)
        );
        notes.push(Warning::new(text, NextStep::SayWhatIsNormal));
    }
    if let Some((level, false)) = below
        && let Some(number) = number(level)
    {
        let text = format!("Some of these folders hold folders that could be the classes: {}.", examples(level).0);
        notes.push(Warning::new(text, NextStep::ClassLevel(number)));
    }
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
    FolderClasses { of, names, notes, unsorted: unsorted_count, is_generic }
}
