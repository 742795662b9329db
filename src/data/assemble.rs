//! From what a layout recognised to a [`Dataset`].

use super::{
    Class, Dataset, Item, Layout, Skipped, Source, Split, SplitRule,
    normal::class_key,
    split::patients_from_names,
    walk::{Candidate, shown},
};
use crate::{
    config::DataConfig,
    error::{Error, Result},
};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::{Path, PathBuf},
};

/// An image with what its layout says about it.
pub struct Draft {
    pub item: Item,
    pub class: Option<String>,
}

/// What a layout makes of a path.
pub struct Recognised {
    pub layout: Layout,
    pub why: String,
    pub drafts: Vec<Draft>,
    pub skipped: Vec<Skipped>,
    pub warnings: Vec<String>,
    /// The class that the layout itself says is normal.
    pub normal: Option<String>,
}

/// The images of a file: one for each of its pages.
pub fn drafts_of(candidate: &Candidate, class: Option<&str>, split: Option<Split>, patient: Option<&str>) -> Vec<Draft> {
    let name = shown(&candidate.relative);
    let pages = &candidate.probe.pages;
    let patient = patient.or(candidate.probe.patient.as_deref());
    pages
        .iter()
        .map(|&(page, size)| {
            let (name, source) = if pages.len() == 1 && page == 0 {
                (name.clone(), Source::File(candidate.path.clone()))
            } else {
                (format!("{name}#{}", page + 1), Source::Page { path: candidate.path.clone(), page })
            };
            let mut item = Item::new(name, source, size);
            (item.given_split, item.patient, item.mask) = (split, patient.map(str::to_string), candidate.mask.clone());
            // Pages of a file belong together, whoever it is of.
            if item.patient.is_none() && pages.len() > 1 {
                item.patient = Some(format!("file {}", shown(&candidate.relative)));
            }
            Draft { item, class: class.map(str::to_string) }
        })
        .collect()
}

/// One spelling for each class, by its key: the most frequent of those that differ only in case and outer white space.
pub fn class_names<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeMap<String, String> {
    let mut spellings: BTreeMap<String, BTreeMap<&str, usize>> = BTreeMap::new();
    for name in names {
        *spellings.entry(class_key(name)).or_default().entry(name.trim()).or_default() += 1;
    }
    // Of equally frequent ones, the first in their order.
    let most_frequent =
        |names: BTreeMap<&str, usize>| names.into_iter().rev().max_by_key(|&(_, count)| count).map(|(n, _)| n.to_string());
    spellings.into_iter().map(|(key, names)| (key, most_frequent(names).unwrap_or_default())).collect()
}

impl Recognised {
    /// Numbers the classes, reads patients from names, says what is normal and splits.
    pub fn finish(self, root: &Path, config: &DataConfig) -> Result<Dataset> {
        if self.drafts.is_empty() {
            return Err(nothing_usable(root, &self.skipped));
        }
        let spelled = class_names(self.drafts.iter().filter_map(|d| d.class.as_deref()));
        let mut names: Vec<String> = spelled.values().cloned().collect();
        names.sort();
        if names.iter().all(|n| n.parse::<f64>().is_ok()) {
            names.sort_by(|a, b| a.parse::<f64>().unwrap_or(0.0).total_cmp(&b.parse::<f64>().unwrap_or(0.0)));
        }
        let number: HashMap<String, usize> = names.iter().enumerate().map(|(i, n)| (class_key(n), i)).collect();
        let mut items: Vec<Item> = self
            .drafts
            .into_iter()
            .map(|d| Item { class: d.class.and_then(|c| number.get(&class_key(&c)).copied()), ..d.item })
            .collect();
        make_names_unique(&mut items);
        let mut why = self.why;
        if let Some(pattern) = patients_from_names(&mut items) {
            why = format!("{} Patients are read from the file names ({pattern}).", why.trim_end());
        } else if items.iter().map(|i| i.patient.as_deref()).collect::<HashSet<_>>().len() == 1 {
            // One patient in all (or one placeholder in anonymised DICOM) says nothing about who is who.
            items.iter_mut().for_each(|i| i.patient = None);
        }
        let classes = names.into_iter().map(|name| Class { name, label: None }).collect();
        let mut set = Dataset::from_items(root.to_path_buf(), self.layout, why, classes, items);
        set.skipped = self.skipped;
        set.skipped.sort_by(|a, b| a.path.cmp(&b.path));
        set.notes = self.warnings;
        set.split_rule = SplitRule { test_fraction: config.test_fraction.0, seed: config.split_seed };
        set.refresh();
        let normal = if config.normal.is_empty() { self.normal.into_iter().collect() } else { config.normal.clone() };
        set.with_normal(&normal)
    }
}

impl Dataset {
    /// A set made of images that are there already (synthetic ones, say). [`Item::given_split`] is honoured; where no image
    /// has one, a seeded split is made.
    pub fn from_items(root: PathBuf, layout: Layout, why: String, classes: Vec<Class>, items: Vec<Item>) -> Self {
        let mut set = Self {
            root,
            layout,
            why,
            classes,
            items,
            skipped: Vec::new(),
            warnings: Vec::new(),
            duplicates: Vec::new(),
            suggested: None,
            tables: Vec::new(),
            split_rule: SplitRule { test_fraction: 0.3, seed: 0 },
            notes: Vec::new(),
            pairs: Vec::new(),
        };
        set.refresh();
        set
    }

    /// Splits anew, and says anew what there is to say.
    pub(super) fn refresh(&mut self) {
        let split = self.assign_splits();
        self.suggested = if self.normal_name().is_none() { self.suggestion() } else { None };
        self.warnings = self.notes.clone();
        self.warnings.extend(split);
        self.warnings.extend(self.duplicate_warnings());
    }
}

/// Different files may show as one name only where a name holds a backslash that looks like ours.
fn make_names_unique(items: &mut [Item]) {
    let mut seen = HashSet::new();
    for item in items {
        let mut name = item.name.clone();
        let mut n = 2;
        while !seen.insert(name.clone()) {
            name = format!("{}~{n}", item.name);
            n += 1;
        }
        item.name = name;
    }
}

pub fn nothing_usable(root: &Path, skipped: &[Skipped]) -> Error {
    let hint = "images may be PNG, JPEG, TIFF, BMP, WebP, GIF, DICOM or a MedMNIST .npz";
    match skipped {
        [] => Error::user(format!("{} holds no images", root.display()), hint),
        [first, rest @ ..] => {
            let more = if rest.is_empty() { String::new() } else { format!(" ({} more like it)", rest.len()) };
            let place = if first.path.as_os_str().is_empty() { root.display().to_string() } else { shown(&first.path) };
            Error::user(format!("{} holds no image that can be used: {place} {}{more}", root.display(), first.reason), hint)
        }
    }
}
