//! The parts of a data set.

use super::{
    array_images::ArrayImages,
    curation::{Curation, ImageCuration, Label},
};
use crate::{
    config::ValueWindow,
    data::{decode::Remark, metadata::Metadata, text::display_path},
    error::Warning,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

/// How the images lie on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// `train/good`, `test/good`, `test/<defect>`, `ground_truth/<defect>`: the normal class is known.
    Mvtec,
    /// One folder per class.
    ClassFolders,
    /// One folder per class, in each of `train`, `test` and perhaps `val`.
    SplitClassFolders,
    /// A table names the files and their classes.
    LabelsCsv,
    /// An archive of arrays with labels, as MedMNIST has it.
    MedmnistNpz,
    /// Binary batches of CIFAR-10 or CIFAR-100.
    Cifar,
    /// Images of which nothing more is known.
    Unlabelled,
}

impl Layout {
    /// The name in `inspect --json`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mvtec => "mvtec",
            Self::ClassFolders => "class-folders",
            Self::SplitClassFolders => "split-class-folders",
            Self::LabelsCsv => "labels-csv",
            Self::MedmnistNpz => "medmnist-npz",
            Self::Cifar => "cifar",
            Self::Unlabelled => "unlabelled",
        }
    }
}

/// What an image is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// The models learn from its normal images.
    Train,
    /// For choosing settings.
    Val,
    /// For the figures that are reported.
    Test,
}

impl Split {
    /// All of them, in the order of their use.
    pub const ALL: [Self; 3] = [Self::Train, Self::Val, Self::Test];

    /// `train`, `val` or `test`, as in `scores.csv`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Val => "val",
            Self::Test => "test",
        }
    }

    /// The split with one of the usual names of folders and table values (`training`, `valid`…), in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        match name.trim().to_ascii_lowercase().as_str() {
            "train" | "training" | "tr" | "trainset" => Some(Self::Train),
            "val" | "valid" | "validation" | "validate" | "dev" => Some(Self::Val),
            "test" | "testing" | "ts" | "testset" | "holdout" | "hold-out" | "hold_out" => Some(Self::Test),
            _ => None,
        }
    }
}

/// Number of an image in its [`Dataset`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ImageId(pub u32);

impl ImageId {
    /// Its place in [`Dataset::items`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What one path holds, after everything that can't be used was put aside.
#[derive(Debug, Clone)]
pub struct Dataset {
    /// The folder, or the archive, that names of images are relative to.
    pub root: PathBuf,
    /// [`DataConfig::place`](crate::config::DataConfig::place) of what was opened.
    pub place: PathBuf,
    /// How the images lie on disk.
    pub layout: Layout,
    /// One sentence: what was recognised, and by what.
    pub why: String,
    /// In the order in which they are shown; no two differ only in case or white space.
    pub classes: Vec<Class>,
    /// The images, by [`ImageId`].
    pub items: Vec<Item>,
    /// What cannot be used, with the reason.
    pub skipped: Vec<Skipped>,
    /// What a person should know before training.
    pub warnings: Vec<Warning>,
    /// Pairs of exact or near duplicates (paths as in [`Item::name`]); filled by [`Dataset::without_unusable`].
    pub duplicates: Vec<(String, String)>,
    /// Classes whose names sound normal, to be offered where the normal classes have to be asked. Never taken by themselves.
    pub suggested: Vec<String>,
    /// Tables that lie beside the images, whether they label them or not.
    pub tables: Vec<PathBuf>,
    /// Names of windows that its DICOM files hold (see [`ValueWindow::OfFile`]); `None` where it has no such files.
    pub dicom_windows: Option<Vec<String>>,
    /// Which values of its images are shown: as it was asked for or, where that was left open, as the images themselves have it.
    pub window: ValueWindow,
    /// By how many of their bits 16-bit pictures are shown; `None` where it has none.
    pub depth: Option<u32>,
    /// What tables say of its images.
    pub metadata: Arc<Metadata>,
    /// What a person has said of its images.
    pub curation: Arc<Curation>,
    /// How images are split where the data set has no split of its own.
    pub split_rule: SplitRule,
    /// The part of `warnings` that does not depend on the split.
    pub(in crate::data) notes: Vec<Warning>,
    /// How the split was made, where that is worth saying.
    pub(super) split_notes: Vec<Warning>,
    /// `duplicates` by number.
    pub(super) pairs: Vec<Duplicate>,
    /// Duplicates that were known when the set was opened: a split of ours keeps them together.
    pub(super) twins: Vec<Duplicate>,
    /// Images of which a mask was looked at and is not empty, by their names.
    pub(super) outlined: Arc<BTreeSet<String>>,
    /// What decoding all pictures showed, where that was done when the set was opened.
    pub(super) examined: Option<Arc<Examination>>,
    /// Its classes are those that it came with, and not made of what a person says.
    pub(super) has_own_classes: bool,
    /// Once it was asked for.
    pub(super) fingerprint: OnceLock<String>,
    pub(super) fitted: super::network_pixels_cache::NetworkPixelsCache,
}

/// Two images that show the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duplicate {
    /// The one with the lower number.
    pub first: ImageId,
    /// The other one.
    pub second: ImageId,
    /// Equal pixel for pixel; otherwise nearly so (another size, compression or brightness).
    pub exact: bool,
}

/// What decoding all pictures showed.
#[derive(Debug, Clone, Default)]
pub struct Examination {
    /// Pictures that cannot be decoded, with the reason.
    pub unusable: Vec<(ImageId, String)>,
    /// Images that are there twice; each with the first that shows the same.
    pub duplicates: Vec<Duplicate>,
    /// Images that were decoded all the same, with what is to be known of them.
    pub remarks: Vec<(ImageId, Remark)>,
}

/// A seeded split of images that came without one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SplitRule {
    /// Share of the normal images that go to the test split, (0, 1).
    pub test_fraction: f64,
    /// Seed of the split: one seed makes one split of the same images.
    pub seed: u64,
}

/// Images that a data set calls by one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// As it is spelled most often.
    pub name: String,
    /// `None`: it has to be asked.
    pub label: Option<Label>,
}

/// One image.
#[derive(Debug, Clone)]
pub struct Item {
    /// Path relative to the root with `/`, or `train_images[12]` in an archive, or `scan.tif#3` for a page (counted from 1):
    /// unique, and what `scores.csv` says. Bytes that are no UTF-8 show as `\xE9`.
    pub name: String,
    /// Where its pixels are.
    pub source: Source,
    /// Index into [`Dataset::classes`].
    pub class: Option<usize>,
    /// The split it is in now.
    pub split: Split,
    /// The split that the data set itself says; `None` where ours is made.
    pub given_split: Option<Split>,
    /// Images of one patient stay in one split.
    pub patient: Option<String>,
    /// Pictures of the same view that mark what is abnormal: one or another is not black where it is.
    pub masks: Vec<PathBuf>,
    /// Width and height as it is decoded, turned upright; known from the header.
    pub size: [u32; 2],
    /// Which of its values are shown, where it is a grey DICOM picture.
    pub window: ValueWindow,
    /// Its row in [`Dataset::metadata`].
    pub row: Option<u32>,
    /// What a person has said of it.
    pub said: ImageCuration,
}

/// Where an image's pixels are.
#[derive(Debug, Clone)]
pub enum Source {
    /// The only picture of a file.
    File(PathBuf),
    /// One page or frame of a file.
    Page {
        /// The file.
        path: PathBuf,
        /// Counted from 0.
        page: usize,
    },
    /// An image of an array kept in memory (`.npz`, CIFAR batches, synthetic sets).
    Array {
        /// All images of the array.
        pixels: Arc<ArrayImages>,
        /// Which of them, counted from 0.
        index: usize,
    },
}

impl Source {
    /// The file, where there is one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) | Self::Page { path, .. } => Some(path),
            Self::Array { .. } => None,
        }
    }
}

/// Something that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Relative to the root where it lies under it.
    pub path: PathBuf,
    /// The rest of a sentence that begins with the path: `is cut short`.
    pub reason: String,
}

impl Skipped {
    /// The path as text, like [`Item::name`].
    pub fn name(&self) -> String {
        display_path(&self.path)
    }
}

impl Item {
    /// An image of which only its place is known: no class, no given split. `size`: width and height in pixels.
    pub fn new(name: impl Into<String>, source: Source, size: [u32; 2]) -> Self {
        Self {
            name: name.into(),
            source,
            class: None,
            split: Split::Test,
            given_split: None,
            patient: None,
            masks: Vec::new(),
            size,
            window: ValueWindow::Auto,
            row: None,
            said: ImageCuration::default(),
        }
    }
}

impl Dataset {
    /// Whether an image is normal: as a person has said, else as its class is; `None` where that is not known, or not yet said to
    /// be either.
    pub fn label(&self, id: ImageId) -> Option<Label> {
        self.label_of(self.item(id)?)
    }

    /// The label of an item of this set.
    pub fn label_of(&self, item: &Item) -> Option<Label> {
        item.said.label.or_else(|| self.classes.get(item.class?)?.label)
    }

    /// An image by its number.
    pub fn item(&self, id: ImageId) -> Option<&Item> {
        self.items.get(id.index())
    }

    /// All images that pass the test, but for those that are left out.
    pub fn ids(&self, keep: impl Fn(&Item, Option<Label>) -> bool) -> Vec<ImageId> {
        (0..self.items.len() as u32)
            .map(ImageId)
            .filter(|&id| self.item(id).is_some_and(|item| !item.said.leave_out && keep(item, self.label_of(item))))
            .collect()
    }

    /// What both models learn from.
    pub fn training_normals(&self) -> Vec<ImageId> {
        self.ids(|item, label| item.split == Split::Train && label == Some(Label::Normal))
    }

    /// What a run scores of its own images: all but abnormal ones of the training split, which nothing is learnt from or measured
    /// on.
    pub fn scored_by_default(&self) -> Vec<ImageId> {
        self.ids(|item, label| item.split != Split::Train || label != Some(Label::Abnormal))
    }

    /// At most `most` of the [training normals](Self::training_normals), evenly spread.
    pub fn some_training_normals(&self, most: usize) -> Vec<ImageId> {
        let normals = self.training_normals();
        let step = normals.len().div_ceil(most).max(1);
        normals.into_iter().step_by(step).collect()
    }

    /// Width and height, px, of the image that has the median of the images' shorter sides; `None` of no images.
    pub fn median_size(&self, ids: &[ImageId]) -> Option<[usize; 2]> {
        let mut sizes: Vec<[usize; 2]> =
            ids.iter().filter_map(|&id| self.item(id)).map(|item| item.size.map(|side| side as usize)).collect();
        sizes.sort_unstable_by_key(|&[width, height]| (width.min(height), width.max(height)));
        sizes.get(sizes.len() / 2).copied()
    }

    /// The median of the images' shorter sides, px; `None` of no images.
    pub fn median_side(&self, ids: &[ImageId]) -> Option<usize> {
        self.median_size(ids).map(|[width, height]| width.min(height))
    }

    /// The folder, or the archive, that was opened.
    pub fn root(&self) -> &Path {
        &self.root
    }
}
