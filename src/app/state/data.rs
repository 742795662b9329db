//! The open data set.

use crate::{
    config::DataConfig,
    data::{Dataset, ImageId, Split},
    jobs::Failure,
    ml::train_dia,
};
use std::{collections::HashMap, path::PathBuf, sync::Arc};

#[derive(Debug, Default)]
pub struct DataState {
    pub open: Option<Arc<Open>>,
    /// A data set on its way; the one before stays in view meanwhile.
    pub opening: Option<Opening>,
    /// Why the last one could not be opened.
    pub failed: Option<(PathBuf, Failure)>,
    pub filter: Filter,
    /// What the grid shows: the images that pass the filter.
    pub shown: Arc<Vec<ImageId>>,
    /// Images that cannot be decoded, with the reason.
    pub broken: HashMap<ImageId, String>,
    /// Number of the newest request to open; answers to older ones are dropped.
    pub generation: u64,
    /// The generation that brought the present images; a later choice of normal classes keeps them.
    pub pictures_since: u64,
}

#[derive(Debug)]
pub struct Opening {
    pub config: DataConfig,
    /// Files looked at so far.
    pub found: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Filter {
    pub split: Option<Split>,
    pub class: Option<usize>,
}

/// A data set with what the panels read of it at each frame.
#[derive(Debug)]
pub struct Open {
    pub config: DataConfig,
    pub dataset: Arc<Dataset>,
    pub generation: u64,
    /// For each class of the data set.
    pub counts: Vec<Counts>,
    /// Images without a class.
    pub unlabelled: Counts,
    /// Normal images of the training split: what the models learn from.
    pub training_normals: usize,
    /// Median of their shorter sides, px.
    pub median_side: Option<usize>,
    /// Images by their names, as `scores.csv` has them.
    pub by_name: HashMap<String, ImageId>,
}

/// Number of images in each split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub train: usize,
    pub val: usize,
    pub test: usize,
}

impl Counts {
    pub fn total(self) -> usize {
        self.train + self.val + self.test
    }

    pub fn of(self, split: Split) -> usize {
        match split {
            Split::Train => self.train,
            Split::Val => self.val,
            Split::Test => self.test,
        }
    }

    fn add(&mut self, split: Split) {
        match split {
            Split::Train => self.train += 1,
            Split::Val => self.val += 1,
            Split::Test => self.test += 1,
        }
    }
}

impl Open {
    pub fn new(config: DataConfig, dataset: Arc<Dataset>, generation: u64) -> Self {
        let mut counts = vec![Counts::default(); dataset.classes.len()];
        let mut unlabelled = Counts::default();
        for item in &dataset.items {
            item.class.and_then(|c| counts.get_mut(c)).unwrap_or(&mut unlabelled).add(item.split);
        }
        let by_name = (0u32..).zip(&dataset.items).map(|(i, item)| (item.name.clone(), ImageId(i))).collect();
        let normals = dataset.training_normals();
        let (training_normals, median_side) = (normals.len(), train_dia::median_side(&dataset, &normals));
        Self { config, dataset, generation, counts, unlabelled, training_normals, median_side, by_name }
    }

    /// True where nobody has said yet which class is normal.
    pub fn asks_normal(&self) -> bool {
        !self.dataset.classes.is_empty() && self.dataset.classes.iter().all(|c| c.label.is_none())
    }

    /// The last part of the opened path.
    pub fn title(&self) -> String {
        title(&self.config.path)
    }
}

/// A path's last part, for people.
pub fn title(path: &std::path::Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
