//! The open data set.

use super::listing::{ColumnFilter, Marks};
use crate::{
    config::{DataConfig, LabelColumns, PreprocessConfig},
    data::{Dataset, Examination, ImageId, Label, Split, TablePreview},
    error::{Failure, Warning},
    text::last_part,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::PathBuf,
    sync::Arc,
};

/// Which images there are, which of them are in view, and what was found out about them.
#[derive(Debug, Default)]
pub struct DataState {
    /// The open data set; `None` where none was opened yet.
    pub open: Option<Arc<OpenDataset>>,
    /// A data set on its way; the one before stays in view meanwhile.
    pub opening: Option<Opening>,
    /// Path of the last data set that could not be opened, and why.
    pub failed: Option<(PathBuf, Failure)>,
    /// Settings of that data set (parts, table, normal classes), for another try.
    pub again: Option<DataConfig>,
    /// What narrows the grid down.
    pub filter: Filter,
    /// What the grid shows: the images that pass the filter.
    pub shown: Arc<Vec<ImageId>>,
    /// Images that are selected together, in the grid; empty: the selected one alone.
    pub marked: Marks<ImageId>,
    /// Images that cannot be decoded, with the reason.
    pub broken: HashMap<ImageId, String>,
    /// Number of the newest request to open; answers to older ones are dropped.
    pub generation: u64,
    /// The generation that brought the present images; a later choice of normal classes keeps them.
    pub pictures_since: u64,
    /// What the middle of the workspace shows.
    pub page: DataPage,
    /// How the large view of Data shows an image.
    pub large: LargeImage,
    /// The search for images that show the same.
    pub duplicate_search: DuplicateSearch,
    /// The selected image before and after preprocessing.
    pub preview: PreviewState,
    /// The table whose columns are being chosen.
    pub table: Option<TableForm>,
    /// Grows each time the cursor is wanted in the field for the path of a data set.
    pub paths_asked: u64,
    /// Whether the normal classes are being chosen again.
    pub chooses_normal: bool,
}

/// How the large view of Data shows its image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LargeImage {
    /// Whether it is shown with what dissolving does to it, in place of the image alone.
    pub dissolved: bool,
    /// Whether it is shown under the edge of its mask.
    pub mask: bool,
}

impl Default for LargeImage {
    fn default() -> Self {
        Self { dissolved: false, mask: true }
    }
}

/// What the middle of Data shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DataPage {
    /// The grid of thumbnails.
    #[default]
    Images,
    /// Pairs that show the same.
    Duplicates,
}

impl DataState {
    /// Counts the pairs in use anew: to be called where they were found, and where the open data set has changed.
    pub fn count_pairs(&mut self) {
        let (Some(open), Some(found)) = (&self.open, &self.duplicate_search.found) else { return };
        let items = found.duplicates.iter().filter_map(|pair| open.dataset.item(pair.first).zip(open.dataset.item(pair.second)));
        let used = items.filter(|(first, second)| !first.said.leave_out && !second.said.leave_out);
        self.duplicate_search.used = used.fold(PairCounts::default(), |PairCounts { all, across }, (first, second)| PairCounts {
            all: all + 1,
            across: across + usize::from(first.split != second.split),
        });
    }
}

/// The search for duplicates.
#[derive(Debug, Default)]
pub struct DuplicateSearch {
    /// Whether the search goes on in the background.
    pub running: bool,
    /// Whether a person asked for the search; small data sets are searched without.
    pub asked: bool,
    /// Images looked at so far.
    pub done: usize,
    /// What was found; `None` until the search is through.
    pub found: Option<Arc<Examination>>,
    /// Pairs that were found of which neither image is left out.
    pub used: PairCounts,
}

/// Number of pairs of images that show the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PairCounts {
    /// Number of all pairs.
    pub all: usize,
    /// Number of pairs whose images are in two splits.
    pub across: usize,
}

impl DuplicateSearch {
    /// Up to this many images nobody needs to ask.
    pub const AUTOMATIC: usize = 5000;
}

/// The selected image before and after preprocessing.
#[derive(Debug, Default)]
pub struct PreviewState {
    /// What was last asked for.
    pub asked: Option<AskedPreview>,
    /// Number of the newest request.
    pub generation: u64,
    /// The newest answer; may be of the image before while the next is on its way.
    pub done: Option<PreviewDone>,
    /// Why there is none of what was last asked for.
    pub failed: Option<Failure>,
    /// What was dissolved last was preprocessed by these.
    pub dissolved_with: PreprocessConfig,
}

/// What a preview depends on.
#[derive(Debug, Clone, PartialEq)]
pub struct AskedPreview {
    /// The generation that brought the present images.
    pub pictures_since: u64,
    /// Its place in the data set.
    pub image: ImageId,
    /// By which it is seen afterwards.
    pub preprocess: PreprocessConfig,
    /// For the large view.
    pub is_large: bool,
}

/// What has come of a preview; its pictures are on the graphics card.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PreviewDone {
    /// Its place in the data set.
    pub image: ImageId,
    /// Width and height as it is shown, px.
    pub size: [u32; 2],
    /// It has a mask, whose edge can be laid over it.
    pub has_outline: bool,
    /// The share of it that lies in the square around its bright disc, \[0, 1\]; `None` where nothing is bright.
    pub disc: Option<f32>,
}

/// Choosing the columns of a table of labels.
#[derive(Debug, Clone)]
pub struct TableForm {
    /// The table's file.
    pub path: PathBuf,
    /// `None` while it is being read.
    pub preview: Option<Result<TablePreview, Failure>>,
    /// As they are chosen so far, at first as they were guessed.
    pub columns: LabelColumns,
}

/// A data set on its way.
#[derive(Debug)]
pub struct Opening {
    /// As it was asked for.
    pub config: DataConfig,
    /// Files looked at so far.
    pub found: usize,
}

/// What an image has to be to stand in the grid; `None` and `false` ask for nothing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filter {
    /// Images of this split alone.
    pub split: Option<Split>,
    /// Images of these classes alone, by their places in the data set; empty: of all.
    pub classes: BTreeSet<usize>,
    /// Whether images that are left out are shown alone.
    pub left_out: bool,
    /// Whether images without a class are shown alone.
    pub unlabelled: bool,
    /// Images with this tag of the person's own, alone.
    pub tag: Option<String>,
    /// By columns of the table of labels.
    pub columns: ColumnFilter,
}

/// A data set with what the panels read of it at each frame.
#[derive(Debug)]
pub struct OpenDataset {
    /// Settings that open it again.
    pub config: DataConfig,
    /// Curated, with the normal classes that were chosen.
    pub dataset: Arc<Dataset>,
    /// Number of the request that brought it.
    pub generation: u64,
    /// For each class of the data set. Here and below, images that are left out do not count.
    pub counts: Vec<Counts>,
    /// Images without a class.
    pub unlabelled: Counts,
    /// Normal images, abnormal ones, and those of which that is not known.
    pub by_label: [(Option<Label>, Counts); 3],
    /// Images that are left out.
    pub left_out: usize,
    /// Tags of the person's own, with their images; those that are left out count, too.
    pub tags: BTreeMap<String, usize>,
    /// Normal images of the training split: what the models learn from.
    pub training_normals: usize,
    /// Images that a run scores.
    pub scored_by_default: usize,
    /// Width and height, px, of the one with the median of their shorter sides.
    pub median_size: Option<[usize; 2]>,
    /// That networks see them squeezed.
    pub squeezed: Option<Warning>,
    /// Images by their names, as `scores.csv` has them.
    pub by_name: HashMap<String, ImageId>,
}

/// Number of images in each split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Learnt from, where they are normal.
    pub train: usize,
    /// For choosing settings.
    pub val: usize,
    /// What the figures are over.
    pub test: usize,
}

impl Counts {
    /// Number of images of all splits together.
    pub fn total(self) -> usize {
        self.train + self.val + self.test
    }

    /// Those of one split.
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

impl OpenDataset {
    /// Median of the training normals' shorter sides, px.
    pub fn median_side(&self) -> Option<usize> {
        self.median_size.map(|[width, height]| width.min(height))
    }

    /// Counts what the panels show.
    pub fn new(config: DataConfig, dataset: Arc<Dataset>, generation: u64) -> Self {
        let mut counts = vec![Counts::default(); dataset.classes.len()];
        let mut unlabelled = Counts::default();
        let mut by_label = [Some(Label::Normal), Some(Label::Abnormal), None].map(|label| (label, Counts::default()));
        for item in dataset.used() {
            item.class.and_then(|c| counts.get_mut(c)).unwrap_or(&mut unlabelled).add(item.split);
            let label = dataset.label_of(item);
            by_label.iter_mut().filter(|(of, _)| *of == label).for_each(|(_, counts)| counts.add(item.split));
        }
        let by_name = (0u32..).zip(&dataset.items).map(|(i, item)| (item.name.clone(), ImageId(i))).collect();
        let normals = dataset.training_normals();
        let (training_normals, median_size, squeezed) =
            (normals.len(), dataset.median_size(&normals), dataset.squeezed(&normals));
        let scored_by_default = dataset.scored_by_default().len();
        let left_out = dataset.left_out();
        let mut tags = BTreeMap::new();
        for tag in dataset.items.iter().flat_map(|item| dataset.curation.tags(&item.name)) {
            *tags.entry(tag.to_string()).or_default() += 1;
        }
        Self {
            config,
            dataset,
            generation,
            counts,
            unlabelled,
            by_label,
            left_out,
            tags,
            training_normals,
            scored_by_default,
            median_size,
            squeezed,
            by_name,
        }
    }

    /// True where nobody has said yet which class is normal.
    pub fn asks_normal(&self) -> bool {
        !self.dataset.classes.is_empty() && self.dataset.classes.iter().all(|c| c.label.is_none())
    }

    /// Whether a config is of the same images, with other classes normal.
    pub fn differs_in_normal(&self, config: &DataConfig) -> bool {
        self.config.normal != config.normal && self.config == DataConfig { normal: self.config.normal.clone(), ..config.clone() }
    }

    /// The last part of the opened path.
    pub fn title(&self) -> String {
        config_title(&self.config)
    }
}

/// What a data set is called: the last part of its path, and how many of the things in it where not all were opened.
pub fn config_title(config: &DataConfig) -> String {
    match config.only.len() {
        0 => last_part(&config.path),
        n => format!("{} ({n} of its parts)", last_part(&config.path)),
    }
}
