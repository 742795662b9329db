//! What is made out about a path, and the data set that comes of it.

use super::{file_scan::PictureFile, patients::patients_from_names};
use crate::{
    config::DataConfig,
    data::{
        dataset::{Class, Dataset, Item, Layout, Skipped, Source, Split, SplitRule, class_key},
        metadata::Metadata,
        text::display_path,
    },
    error::{Error, NextStep, Result, Warning},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    path::Path,
    sync::Arc,
};

/// Names of windows that are offered; a file may call its windows anything.
const MOST_WINDOWS: usize = 20;

/// Collects images with the names of their classes.
#[derive(Default)]
pub struct DatasetBuilder {
    images: Vec<(Item, Option<String>)>,
    /// Names of windows that DICOM files hold; `None`: there is no such file.
    windows: Option<BTreeSet<String>>,
}

impl DatasetBuilder {
    pub fn is_empty(&self) -> bool {
        self.images.is_empty()
    }

    /// Names of the classes, one for each image that has one.
    pub fn class_names(&self) -> impl Iterator<Item = &str> {
        self.images.iter().filter_map(|(_, class)| class.as_deref())
    }

    /// The images, each with the name of its class.
    pub fn with_classes(&self) -> impl Iterator<Item = (&Item, Option<&str>)> {
        self.images.iter().map(|(item, class)| (item, class.as_deref()))
    }

    pub fn add(&mut self, item: Item, class: Option<String>) {
        self.images.push((item, class.filter(|class| !class.is_empty())));
    }

    /// The images of a file: one for each of its pages.
    pub fn add_file(&mut self, file: &PictureFile, class: Option<&str>, split: Option<Split>, patient: Option<&str>) {
        self.add_row(file, class, split, patient, None);
    }

    /// The same of a file that a table says more of.
    pub fn add_row(
        &mut self,
        file: &PictureFile,
        class: Option<&str>,
        split: Option<Split>,
        patient: Option<&str>,
        row: Option<u32>,
    ) {
        let name = display_path(&file.relative);
        let pages = &file.probe.pages;
        let patient = patient.or(file.probe.patient.as_deref());
        if let Some(names) = &file.probe.windows {
            let room = MOST_WINDOWS.saturating_sub(self.windows.as_ref().map_or(0, BTreeSet::len));
            self.windows.get_or_insert_default().extend(names.iter().take(room).cloned());
        }
        for &(page, size) in pages {
            let (name, source) = if pages.len() == 1 && page == 0 {
                (name.clone(), Source::File(file.path.clone()))
            } else {
                (format!("{name}#{}", page + 1), Source::Page { path: file.path.clone(), page })
            };
            let mut item = Item::new(name, source, size);
            (item.given_split, item.patient, item.masks) = (split, patient.map(str::to_string), file.masks.clone());
            item.row = row;
            // Pages of a file belong together, whoever it is of.
            if item.patient.is_none() && pages.len() > 1 {
                item.patient = Some(format!("file {}", display_path(&file.relative)));
            }
            self.add(item, class.map(str::to_string));
        }
    }

    /// Puts the images of files into splits.
    pub fn split(&mut self, split: impl Fn(&Path) -> Option<Split>) {
        for (item, _) in &mut self.images {
            if let Source::File(path) | Source::Page { path, .. } = &item.source {
                item.given_split = split(path);
            }
        }
    }

    /// The classes in the order in which they are shown, and the images with their numbers.
    fn build(self) -> (Vec<Class>, Vec<Item>) {
        let mut names: Vec<String> = class_names(self.class_names()).into_values().collect();
        names.sort();
        if names.iter().all(|n| n.parse::<f64>().is_ok()) {
            names.sort_by(|a, b| a.parse::<f64>().unwrap_or(0.0).total_cmp(&b.parse::<f64>().unwrap_or(0.0)));
        }
        let number: HashMap<String, usize> = names.iter().enumerate().map(|(i, n)| (class_key(n), i)).collect();
        let of = |class: Option<String>| number.get(&class_key(&class?)).copied();
        let mut items: Vec<Item> = self.images.into_iter().map(|(item, class)| Item { class: of(class), ..item }).collect();
        make_names_unique(&mut items);
        (names.into_iter().map(|name| Class { name, label: None }).collect(), items)
    }
}

/// What a layout makes of a path.
pub struct DetectedLayout {
    pub layout: Layout,
    /// One sentence: what was recognised, and by what.
    pub why: String,
    pub images: DatasetBuilder,
    pub skipped: Vec<Skipped>,
    pub warnings: Vec<Warning>,
    /// What tables say of the images.
    pub metadata: Metadata,
    /// The class that the layout itself says is normal.
    pub normal: Option<String>,
    /// The classes may be something else; a table of most images is believed rather.
    pub is_guess: bool,
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

impl DetectedLayout {
    pub fn new(layout: Layout, why: String) -> Self {
        let images = DatasetBuilder::default();
        let (skipped, warnings, metadata) = (Vec::new(), Vec::new(), Metadata::default());
        Self { layout, why, images, skipped, warnings, metadata, normal: None, is_guess: false }
    }

    /// The same images without classes, since the folders that hold them are none.
    pub fn without_classes(&mut self, why: String) {
        (self.layout, self.why) = (Layout::Unlabelled, why);
        self.images.images.iter_mut().for_each(|(_, class)| *class = None);
        // What else could be the classes is no question any more.
        self.warnings.retain(|warning| !matches!(warning.step, Some(NextStep::ClassLevel(_))));
    }

    /// With one more sentence on what was recognised.
    pub fn with_words(mut self, sentence: Option<String>) -> Self {
        self.why = [Some(self.why), sentence].into_iter().flatten().collect::<Vec<_>>().join(" ");
        self
    }

    /// Takes over what tables say of the same images beside their classes.
    pub fn take_metadata(&mut self, of: Self) {
        let mut said: HashMap<String, Item> = of.images.images.into_iter().map(|(item, _)| (item.name.clone(), item)).collect();
        for (item, _) in &mut self.images.images {
            let other = said.remove(&item.name);
            item.row = other.as_ref().and_then(|other| other.row);
            item.patient = other.and_then(|other| other.patient).or(item.patient.take());
        }
        self.metadata = of.metadata;
    }

    /// Numbers the classes, reads patients from names, says what is normal and splits.
    pub fn into_dataset(self, root: &Path, config: &DataConfig) -> Result<Dataset> {
        if self.images.is_empty() {
            return Err(nothing_usable(root, &self.skipped));
        }
        let windows = self.images.windows.clone().map(|names| names.into_iter().collect());
        let (classes, mut items) = self.images.build();
        let mut why = self.why;
        if let Some(pattern) = patients_from_names(&mut items) {
            why = format!("{} Patients are read from the file names ({pattern}).", why.trim_end());
        } else if items.iter().map(|i| i.patient.as_deref()).collect::<HashSet<_>>().len() == 1 {
            // One patient in all (or one placeholder in anonymised DICOM) says nothing about who is who.
            items.iter_mut().for_each(|i| i.patient = None);
        }
        let mut set = Dataset::from_items(root.to_path_buf(), self.layout, why, classes, items);
        set.place = config.place();
        set.dicom_windows = windows;
        set.metadata = Arc::new(self.metadata);
        set.skipped = self.skipped;
        set.skipped.sort_by(|a, b| a.path.cmp(&b.path));
        set.notes = self.warnings;
        set.split_rule = SplitRule { test_fraction: config.test_fraction.0, seed: config.split_seed };
        set.see_through(&config.window);
        set.find_twins();
        set.look_at_masks();
        set.refresh();
        let known = self.normal.into_iter().filter(|name| set.find_class(name).is_some());
        let normal = if config.normal.is_empty() { known.collect() } else { config.normal.clone() };
        let set = match &config.curation {
            Some(table) => set.curated_by(table)?,
            None => set,
        };
        set.with_normal(&normal)
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
    let hint = "images may be PNG, JPEG, TIFF, BMP, WebP, GIF, Netpbm, DICOM, .npy or a MedMNIST .npz";
    match skipped {
        [] => Error::user(format!("{} holds no images", root.display()), hint),
        [first, rest @ ..] => {
            let more = if rest.is_empty() { String::new() } else { format!(" ({} more like it)", rest.len()) };
            let place = if first.path.as_os_str().is_empty() { root.display().to_string() } else { display_path(&first.path) };
            Error::user(format!("{} holds no image that can be used: {place} {}{more}", root.display(), first.reason), hint)
        }
    }
}
