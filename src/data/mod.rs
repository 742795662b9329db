//! Data sets: what a path holds, which images are normal, and their pixels.

mod picture;

pub use picture::Picture;

use std::path::{Path, PathBuf};

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
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Val => "val",
            Self::Test => "test",
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
    /// Pairs of exact or near duplicates (paths as in [`Item::name`]).
    pub duplicates: Vec<(String, String)>,
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
    /// Path relative to the root with `/`, or `train_images[12]` in an archive, or `scan.tif#3` for a page: unique, and what
    /// `scores.csv` says.
    pub name: String,
    pub source: Source,
    /// Index into [`Dataset::classes`].
    pub class: Option<usize>,
    pub split: Split,
    pub patient: Option<String>,
    pub mask: Option<PathBuf>,
}

/// Where an image's pixels are.
#[derive(Debug, Clone)]
pub enum Source {
    File(PathBuf),
    /// One page or frame of a file.
    Page {
        path: PathBuf,
        page: usize,
    },
    /// An image of an array kept in memory (`.npz`, CIFAR batches).
    Array {
        pixels: std::sync::Arc<ArrayImages>,
        index: usize,
    },
}

/// Small images of one size, as they lie in an archive: `count x height x width x channels`, 8 bit.
#[derive(Debug)]
pub struct ArrayImages {
    pub height: usize,
    pub width: usize,
    /// 1 or 3.
    pub channels: usize,
    pub data: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    pub path: PathBuf,
    pub reason: String,
}

impl Dataset {
    pub fn label(&self, id: ImageId) -> Option<Label> {
        self.classes.get(self.items[id.index()].class?)?.label
    }

    /// All images of a split that pass the test.
    pub fn ids(&self, keep: impl Fn(&Item, Option<Label>) -> bool) -> Vec<ImageId> {
        (0..self.items.len() as u32).map(ImageId).filter(|&id| keep(&self.items[id.index()], self.label(id))).collect()
    }

    /// What both models learn from.
    pub fn training_normals(&self) -> Vec<ImageId> {
        self.ids(|item, label| item.split == Split::Train && label == Some(Label::Normal))
    }

    pub fn root(&self) -> &Path {
        &self.root
    }
}
