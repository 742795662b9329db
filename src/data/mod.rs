//! Data sets: what a path holds, which images are normal, and their pixels.
//!
//! [`Dataset::open`] looks at a path without decoding the pictures (file types and headers only), [`Dataset::with_normal`]
//! says which classes are normal, [`Dataset::examine`] decodes each picture once to find what is broken or there twice, and
//! [`PixelStore`] keeps the pixels that the networks see. Nothing here ever writes.

mod arrays;
mod assemble;
mod cifar;
mod decode;
mod examine;
mod folders;
mod labels;
mod masks;
mod named_files;
mod normal;
mod open;
mod picture;
mod preprocess;
mod resize;
mod split;
mod store;
mod system_files;
mod table;
mod tone;
mod walk;

pub use arrays::ArrayImages;
pub use examine::{Duplicate, Examination};
pub use normal::ALL;
pub use picture::Picture;
pub use preprocess::Preprocess;
pub use resize::{Pixels, resize_bilinear};
pub use store::PixelStore;
pub use table::TablePreview;

use std::path::{Path, PathBuf};

/// Larger pictures are put aside: 200 million pixels.
pub const MAX_PIXELS: u64 = 200_000_000;

/// How the images lie on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    Mvtec,
    ClassFolders,
    SplitClassFolders,
    LabelsCsv,
    MedmnistNpz,
    Cifar,
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Split {
    Train,
    Val,
    Test,
}

impl Split {
    pub const ALL: [Self; 3] = [Self::Train, Self::Val, Self::Test];

    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Val => "val",
            Self::Test => "test",
        }
    }

    /// Of the usual names of folders and table values (`training`, `valid`…), in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        match name.trim().to_ascii_lowercase().as_str() {
            "train" | "training" | "tr" | "trainset" => Some(Self::Train),
            "val" | "valid" | "validation" | "dev" => Some(Self::Val),
            "test" | "testing" | "ts" | "testset" => Some(Self::Test),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Label {
    Normal,
    Abnormal,
}

/// Number of an image in its [`Dataset`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ImageId(pub u32);

impl ImageId {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What one path holds, after everything that can't be used was put aside.
#[derive(Debug, Clone)]
pub struct Dataset {
    pub root: PathBuf,
    pub layout: Layout,
    /// One sentence: what was recognised, and by what.
    pub why: String,
    pub classes: Vec<Class>,
    pub items: Vec<Item>,
    /// What cannot be used, with the reason.
    pub skipped: Vec<Skipped>,
    pub warnings: Vec<String>,
    /// Pairs of exact or near duplicates (paths as in [`Item::name`]); filled by [`Dataset::settled`].
    pub duplicates: Vec<(String, String)>,
    /// A class whose name sounds normal, to be offered where the normal class has to be asked. Never taken by itself.
    pub suggested: Option<String>,
    /// Tables that lie beside the images, whether they label them or not.
    pub tables: Vec<PathBuf>,
    /// How images are split where the data set has no split of its own.
    pub split_rule: SplitRule,
    /// The part of `warnings` that does not depend on the split.
    notes: Vec<String>,
    /// `duplicates` by number.
    pairs: Vec<Duplicate>,
}

/// A seeded split of images that came without one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SplitRule {
    /// Share of the normal images that go to the test split, (0, 1).
    pub test_fraction: f64,
    pub seed: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
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
    pub source: Source,
    /// Index into [`Dataset::classes`].
    pub class: Option<usize>,
    pub split: Split,
    /// The split that the data set itself says; `None` where ours is made.
    pub given_split: Option<Split>,
    /// Images of one patient stay in one split.
    pub patient: Option<String>,
    pub mask: Option<PathBuf>,
    /// Width and height as stored, before any EXIF turn; known from the header.
    pub size: [u32; 2],
}

/// Where an image's pixels are.
#[derive(Debug, Clone)]
pub enum Source {
    File(PathBuf),
    /// One page or frame of a file, counted from 0.
    Page {
        path: PathBuf,
        page: usize,
    },
    /// An image of an array kept in memory (`.npz`, CIFAR batches, synthetic sets).
    Array {
        pixels: std::sync::Arc<ArrayImages>,
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

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Relative to the root where it lies under it.
    pub path: PathBuf,
    pub reason: String,
}

impl Skipped {
    /// The path as text, like [`Item::name`].
    pub fn name(&self) -> String {
        walk::shown(&self.path)
    }
}

impl Item {
    pub fn new(name: impl Into<String>, source: Source, size: [u32; 2]) -> Self {
        Self { name: name.into(), source, class: None, split: Split::Test, given_split: None, patient: None, mask: None, size }
    }
}

impl Dataset {
    pub fn label(&self, id: ImageId) -> Option<Label> {
        self.classes.get(self.item(id)?.class?)?.label
    }

    pub fn item(&self, id: ImageId) -> Option<&Item> {
        self.items.get(id.index())
    }

    /// All images of a split that pass the test.
    pub fn ids(&self, keep: impl Fn(&Item, Option<Label>) -> bool) -> Vec<ImageId> {
        (0..self.items.len() as u32)
            .map(ImageId)
            .filter(|&id| self.item(id).is_some_and(|item| keep(item, self.label(id))))
            .collect()
    }

    /// What both models learn from.
    pub fn training_normals(&self) -> Vec<ImageId> {
        self.ids(|item, label| item.split == Split::Train && label == Some(Label::Normal))
    }

    pub fn root(&self) -> &Path {
        &self.root
    }
}
