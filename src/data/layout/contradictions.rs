//! What folders and tables say differently of the same images.

use super::detected::DetectedLayout;
use crate::{
    data::{
        dataset::{Item, class_key, sounds_normal},
        text::{first_few, images},
    },
    error::{NextStep, Warning},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::Path,
};

/// Sentences on images that the folders call otherwise than the table does, or put into another split; on images that the folders
/// alone know, where the table is used. `table`: its path where the folders are used.
pub fn between(folders: &DetectedLayout, by_table: &DetectedLayout, table: Option<&Path>) -> Vec<Warning> {
    let sides = Sides::new(folders, by_table, table);
    [sides.classes(), sides.other_classes(), sides.splits(), sides.left_out()].into_iter().flatten().collect()
}

/// The same images by their folders and by a table.
struct Sides<'a> {
    folders: &'a DetectedLayout,
    /// Image and class by the name of the image.
    of_table: HashMap<&'a str, (&'a Item, Option<&'a str>)>,
    /// Where the folders are used.
    table: Option<&'a Path>,
    /// Which of both is used, as the end of a sentence.
    used: &'static str,
    /// To use the other.
    step: NextStep,
}

impl<'a> Sides<'a> {
    fn new(folders: &'a DetectedLayout, by_table: &'a DetectedLayout, table: Option<&'a Path>) -> Self {
        let of_table = by_table.images.with_classes().map(|(item, class)| (item.name.as_str(), (item, class))).collect();
        let (used, step) = match table {
            Some(path) => ("The folders count.", NextStep::UseTable { path: path.to_path_buf() }),
            None => ("The table counts.", NextStep::UseFolders { outer: are_outer(folders) }),
        };
        Self { folders, of_table, table, used, step }
    }

    /// Name of the image, its class by the folders and by the table.
    fn of_both(&self) -> Vec<(&'a str, &'a str, &'a str)> {
        let both = self.folders.images.with_classes().filter_map(|(item, class)| {
            let (_, other) = self.of_table.get(item.name.as_str())?;
            Some((item.name.as_str(), class?, (*other)?))
        });
        both.collect()
    }

    fn classes(&self) -> Option<Warning> {
        let differ = differing(&self.of_both());
        let (name, folder, row) = differ.first()?;
        let text = format!(
            "Folders and table say different classes of {} (such as {name}: `{folder}` by its folder, `{row}` by the table). {}",
            images(differ.len()),
            self.used
        );
        Some(Warning::new(text, self.step.clone()))
    }

    /// Classes that are about something else, where the table is used.
    fn other_classes(&self) -> Option<Warning> {
        let both = self.of_both();
        let pairs: BTreeSet<[String; 2]> = both.iter().map(|(_, a, b)| [class_key(a), class_key(b)]).collect();
        let keys = |side: usize| pairs.iter().map(|pair| pair[side].as_str()).collect::<BTreeSet<_>>();
        let (ours, theirs) = (keys(0), keys(1));
        // Each folder as one class by another name, or as several of its kinds.
        let are_parts = theirs.len() == pairs.len();
        // Splits, and parts of a large set, are no classes.
        let is_no_class = |name: &&str| {
            let words = name.split(|c: char| !c.is_alphabetic());
            words.into_iter().any(|word| ["train", "training", "val", "test"].contains(&word)) || name.parse::<f64>().is_ok()
        };
        let have_classes = ours.len() > 1 && !ours.iter().all(is_no_class);
        (self.table.is_none() && have_classes && ours != theirs && !are_parts && differing(&both).is_empty()).then(|| {
            let names =
                |side: fn(&(&'a str, &'a str, &'a str)) -> &'a str| first_few(both.iter().map(side).collect::<BTreeSet<_>>());
            let (folders, table) = (names(|image| image.1), names(|image| image.2));
            let text = format!(
                "Folders and table name different classes ({folders} by the folders; {table} by the table). {}",
                self.used
            );
            Warning::new(text, self.step.clone())
        })
    }

    fn splits(&self) -> Option<Warning> {
        let both = self.folders.images.with_classes().filter_map(|(item, _)| {
            let (other, _) = self.of_table.get(item.name.as_str())?;
            Some((item.name.as_str(), item.given_split?, other.given_split?))
        });
        let differ: Vec<_> = both.filter(|(_, folder, row)| folder != row).collect();
        let (name, folder, row) = differ.first()?;
        let text = format!(
            "Folders and table put {} into different splits (such as {name}: {} by its folder, {} by the table). {}",
            images(differ.len()),
            folder.name(),
            row.name(),
            self.used
        );
        let other = match self.table {
            Some(_) => "rename the folders to split as the table does",
            None => "take the split out of the table to split as the folders do",
        };
        Some(Warning::new(text, other.into()))
    }

    /// Images that the folders alone know, where the table is used.
    fn left_out(&self) -> Option<Warning> {
        let names: BTreeSet<&str> = self.folders.images.class_names().collect();
        let alone = |(item, class): &(&Item, Option<&str>)| class.is_some() && !self.of_table.contains_key(item.name.as_str());
        let more = self.folders.images.with_classes().filter(alone).count();
        (self.table.is_none() && names.len() > 1 && more > 0).then(|| {
            let text = format!(
                "The folders name classes ({}) of {} that the table does not know and that are left out.",
                first_few(names),
                images(more)
            );
            Warning::new(text, self.step.clone())
        })
    }
}

/// Whether the folders that name the classes are not those that the images lie in.
pub fn are_outer(folders: &DetectedLayout) -> bool {
    let is_inner = |name: &str, class: &str| name.rsplit('/').nth(1).is_some_and(|folder| class_key(folder) == class_key(class));
    !folders
        .images
        .with_classes()
        .filter_map(|(item, class)| Some((item, class?)))
        .all(|(item, class)| is_inner(&item.name, class))
}

/// Of images (name and two classes), those that cannot be of both: both sides know both words, or one is normal and the other is not. Where
/// each word of one side mostly stands for one of the other, those for which it does not.
pub fn differing<'a>(images: &[(&'a str, &'a str, &'a str)]) -> Vec<(&'a str, &'a str, &'a str)> {
    let keys: Vec<[String; 2]> = images.iter().map(|(_, a, b)| [class_key(a), class_key(b)]).collect();
    let words = |side: usize| keys.iter().map(|pair| &pair[side]).collect::<BTreeSet<_>>();
    let (ours, theirs) = (words(0), words(1));
    let have_normal = [&ours, &theirs].iter().all(|words| words.iter().any(|word| sounds_normal(word)));
    let mut counts: BTreeMap<&String, BTreeMap<&String, usize>> = BTreeMap::new();
    keys.iter().for_each(|[a, b]| *counts.entry(a).or_default().entry(b).or_default() += 1);
    let most: BTreeMap<&String, &String> =
        counts.iter().filter_map(|(a, of)| Some((*a, *of.iter().max_by_key(|(_, count)| **count)?.0))).collect();
    let are_other_words = ours.is_disjoint(&theirs)
        && !have_normal
        && ours.len() == theirs.len()
        && most.values().collect::<BTreeSet<_>>().len() == ours.len();
    let differs = |[a, b]: &[String; 2]| match are_other_words {
        true => most.get(a) != Some(&b),
        false => (a != b && theirs.contains(a) && ours.contains(b)) || (have_normal && sounds_normal(a) != sounds_normal(b)),
    };
    let found: Vec<_> = images.iter().zip(&keys).filter(|(_, pair)| differs(pair)).map(|(image, _)| *image).collect();
    // Words that go together by chance are about something else.
    if are_other_words && found.len() * 4 > images.len() { Vec::new() } else { found }
}
