//! The scores of one run, and the one threshold that all views of them share.

use super::{
    data::OpenDataset,
    embedding::EmbeddingState,
    listing::{GalleryFilter, Marks},
    persisted::OpenScores,
};
use crate::{
    config::ThresholdRule,
    data::{Curation, Label, Metadata},
    engine::runs::{comparison::ComparedRuns, score_set::ScoreSet},
    error::Failure,
    metrics::Confusion,
    ml::scoring::tiles::highest::HighestTile,
    scores::{ImageReview, Review, SHIFTS, ScoreRow, SyntheticLesions},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

/// The scores of one run, how they are looked at, and what was asked about them.
#[derive(Debug, Default)]
pub struct ResultsState {
    /// The run that is shown, or being loaded; or one of its files of scores.
    pub run: Option<PathBuf>,
    /// What has come of reading its scores.
    pub scores: ScoresStatus,
    /// The scores that are being opened as the last session left them.
    pub recalled: Option<OpenScores>,
    /// Score from which on an image is called abnormal; one for all charts and the gallery.
    pub threshold: f64,
    /// The rule that set the threshold; `None` once it was moved by hand.
    pub rule: Option<ThresholdRule>,
    /// Which outcome the gallery lists.
    pub tab: Tab,
    /// The order of the gallery.
    pub sort: Sort,
    /// What narrows the gallery down further.
    pub filter: GalleryFilter,
    /// What is known of the scored images where their data set is open. Kept by [`meet`](Self::meet).
    pub images: ScoredImageInfo,
    /// Positions in [`ScoreSet::rows`] of what the gallery shows, in its order. Kept by [`list`](Self::list).
    pub shown: Arc<Vec<usize>>,
    /// Position of the selected row in [`ScoreSet::rows`].
    pub row: Option<usize>,
    /// Rows that are selected together; none: the selected one alone.
    pub marked: Marks<usize>,
    /// Tags and notes, as they are saved beside the run.
    pub review: Review,
    /// The second run, beside the first.
    pub comparison: Comparing,
    /// The line that asks for a folder to score is open.
    pub asks_folder: bool,
    /// Why the selected image has its score.
    pub explanation: Explanation,
    /// How anomaly maps are laid over pictures.
    pub map_view: MapView,
    /// Which of the curves is shown.
    pub curve: ResultsCurve,
    /// The images in two dimensions.
    pub embedding: EmbeddingState,
    /// Number of the scores in view: grows with each that is read.
    pub number: u64,
    /// How many planted lesions the run finds, once that was asked.
    pub lesions: Option<Arc<SyntheticLesions>>,
}

/// What is known of scored images from their data set.
#[derive(Debug, Default)]
pub struct ScoredImageInfo {
    /// What tables of labels say of the images.
    pub metadata: Arc<Metadata>,
    /// What the person has said of the images, and of others of their data set.
    pub curation: Arc<Curation>,
    /// Names of the images that have one of the person's own tags.
    own_tagged: Vec<String>,
    /// How many of the images that the figures are over were left out, or given another label by hand, after they were scored.
    pub said_since: usize,
    /// Whether some of those have another label.
    pub relabelled_since: bool,
    /// The row in the metadata of each row of the scores; empty where the data set is not open.
    rows: Vec<Option<u32>>,
}

/// What has come of the scores of a run.
#[derive(Debug, Default)]
pub enum ScoresStatus {
    /// No run was chosen.
    #[default]
    None,
    /// The scores are being read.
    Loading,
    /// Why they cannot be read; shown in the place of the charts.
    Failed(Failure),
    /// Read; shared with the worker that explains them.
    Ready(Arc<ScoreSet>),
}

/// What has come of the second run.
#[derive(Debug, Default)]
pub enum Comparing {
    /// None was chosen.
    #[default]
    None,
    /// The scores of the second run are being read.
    Loading(PathBuf),
    /// Which run was chosen, and why it cannot be compared.
    Failed(PathBuf, Failure),
    /// Both runs, and how they differ.
    Ready(Arc<ComparedRuns>),
}

/// Why the selected image has its score: what has come of the answer.
#[derive(Debug, Default)]
pub struct Explanation {
    /// Number of the newest question; answers to older ones are dropped.
    pub generation: u64,
    /// The row that was asked about.
    pub row: Option<usize>,
    /// Whether the image's picture is there; `true`: with the outline of a mask.
    pub picture: Option<bool>,
    /// Which pictures of nearest normals are there.
    pub nearest: [bool; SHIFTS],
    /// The image's tile where the anomaly map is highest, and its corners as shares of the image's sides.
    pub highest_tile: Option<(HighestTile, [[f32; 2]; 2])>,
    /// Why the rest of the answer is missing.
    pub failed: Option<Failure>,
    /// What covering parts of the image changes, where it was asked for.
    pub map: OcclusionMap,
    /// The image under its anomaly map.
    pub layers: Option<Layers>,
}

/// How anomaly maps are looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MapView {
    /// Whether they lie over the picture of the large view, where there is one.
    pub on: bool,
    /// Whether the gallery shows images under their maps, where these were saved.
    pub in_gallery: bool,
    /// Opacity of the colours over the picture, \[0, 1\].
    pub opacity: f32,
    /// The value above which a place gets an edge; `None`: the threshold of the run's model.
    pub threshold: Option<f32>,
}

impl Default for MapView {
    fn default() -> Self {
        Self { on: false, in_gallery: false, opacity: 0.7, threshold: None }
    }
}

/// What has come of an image under its anomaly map.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Layers {
    /// Width and height of the picture, px.
    pub size: [u32; 2],
    /// Whether there is a mask whose edge can be laid over the picture.
    pub has_mask: bool,
    /// Whether something is above the threshold.
    pub has_edge: bool,
    /// The threshold of the run's model, where there is one.
    pub threshold: Option<f32>,
    /// Whether the map was kept by the run, not made now.
    pub is_saved: bool,
    /// Whether the model that made the map has learnt from this image.
    pub is_learnt: bool,
}

/// The map of what covering the image changes.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum OcclusionMap {
    /// The map was not asked for.
    #[default]
    None,
    /// The map is being made.
    Running {
        /// Places covered so far.
        done: usize,
        /// Places in all.
        of: usize,
    },
    /// The map is there, as a picture on the graphics card.
    Ready {
        /// Largest fall of the score where a place is covered, >= 0.
        fall: f64,
        /// Largest rise of the score where a place is covered, >= 0.
        rise: f64,
    },
}

/// The curve over the histogram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum ResultsCurve {
    /// Sensitivity against the false positive rate.
    #[default]
    Roc,
    /// Precision against recall.
    PrecisionRecall,
}

/// Outcome tabs of the gallery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Tab {
    /// Normal images that are called abnormal.
    #[default]
    FalsePositives,
    /// Abnormal images that are called normal.
    FalseNegatives,
    /// Abnormal images that are called abnormal.
    TruePositives,
    /// Normal images that are called normal.
    TrueNegatives,
    /// All images that the figures are over, those without a label included.
    All,
    /// Training normals, each scored against the others.
    Training,
}

impl Tab {
    /// All tabs in the order of the gallery, what is wrong first.
    pub const ALL: [Self; 6] =
        [Self::FalsePositives, Self::FalseNegatives, Self::TruePositives, Self::TrueNegatives, Self::All, Self::Training];

    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::FalsePositives => "false positives",
            Self::FalseNegatives => "false negatives",
            Self::TruePositives => "true positives",
            Self::TrueNegatives => "true negatives",
            Self::All => "all",
            Self::Training => "training normals",
        }
    }

    /// Whether a row with this label and call belongs here. Unlabelled rows are under "all" alone.
    pub fn holds(self, abnormal: Option<bool>, predicted: bool) -> bool {
        match self {
            Self::All | Self::Training => true,
            Self::FalsePositives => abnormal == Some(false) && predicted,
            Self::FalseNegatives => abnormal == Some(true) && !predicted,
            Self::TruePositives => abnormal == Some(true) && predicted,
            Self::TrueNegatives => abnormal == Some(false) && !predicted,
        }
    }

    /// What the tab holds, for people.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::FalsePositives => "Normal images that are called abnormal",
            Self::FalseNegatives => "Abnormal images that are called normal",
            Self::TruePositives => "Abnormal images that are called abnormal",
            Self::TrueNegatives => "Normal images that are called normal",
            Self::All => "All images that the figures are over",
            Self::Training => {
                "The normals questioned: each normal training image scored against all others. The oddest come first; among them are images that are not normal, or not fit to learn from"
            }
        }
    }

    /// This tab, or all where `set` has no such one: outcomes need labels, and a folder that was scored later has no training images.
    pub fn here(self, set: &ScoreSet) -> Self {
        let is_here = match self {
            Self::All => true,
            Self::Training => set.evaluated < set.rows.len(),
            _ => set.evaluation.n_normal + set.evaluation.n_abnormal > 0,
        };
        if is_here { self } else { Self::All }
    }

    /// Names of the classes that its images can be of.
    pub fn classes(self, set: &ScoreSet) -> &[String] {
        set.classes(self == Self::Training)
    }

    /// The label of its images, where they have one in common.
    pub fn label(self) -> Option<Label> {
        match self {
            Self::FalsePositives | Self::TrueNegatives => Some(Label::Normal),
            Self::FalseNegatives | Self::TruePositives => Some(Label::Abnormal),
            Self::All | Self::Training => None,
        }
    }

    /// Whether the call of its images is not what their label says.
    pub fn is_wrong(self) -> bool {
        matches!(self, Self::FalsePositives | Self::FalseNegatives)
    }

    /// Where rows with this label and call belong; `None` where there is no label.
    pub fn of(abnormal: Option<bool>, predicted: bool) -> Option<Self> {
        Self::ALL.into_iter().take(4).find(|tab| tab.holds(abnormal, predicted))
    }
}

/// The order of the gallery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Sort {
    /// What the score is surest of first: the highest, but of images that are called normal the lowest.
    #[default]
    Surest,
    /// Most abnormal first.
    Highest,
    /// Most normal first.
    Lowest,
    /// The closest calls first.
    Nearest,
    /// Least agreement between the test-time samples first.
    #[serde(rename = "Spread")]
    LeastStable,
    /// Highest first in each class.
    Class,
    /// By the names of the images.
    Name,
}

impl Sort {
    /// As the menu lists them.
    pub const ALL: [Self; 7] =
        [Self::Surest, Self::Highest, Self::Lowest, Self::Nearest, Self::LeastStable, Self::Class, Self::Name];

    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Surest => "surest first",
            Self::Highest => "highest first",
            Self::Lowest => "lowest first",
            Self::Nearest => "near threshold",
            Self::LeastStable => "least stable",
            Self::Class => "by class",
            Self::Name => "by name",
        }
    }
}

impl ResultsState {
    /// The scores in view, once they are read.
    pub fn ready(&self) -> Option<&Arc<ScoreSet>> {
        match &self.scores {
            ScoresStatus::Ready(set) => Some(set),
            _ => None,
        }
    }

    /// The selected row.
    pub fn selected(&self) -> Option<&ScoreRow> {
        self.ready()?.rows.get(self.row?)
    }

    /// What was noted about an image.
    pub fn image_review(&self, name: &str) -> ImageReview {
        self.review.get(name).cloned().unwrap_or_default()
    }

    /// Whether an image has a tag or a note, be it one of the person's own.
    pub fn is_tagged(&self, name: &str) -> bool {
        self.review.get(name).is_some() || self.images.curation.tags(name).next().is_some()
    }

    /// How many of the scored images have a tag or a note.
    pub fn tagged(&self) -> usize {
        let own = self.images.own_tagged.iter().filter(|name| self.review.get(name).is_none());
        self.review.len() + own.count()
    }

    /// The outcome of a row at the threshold; `None` where it is not among the labelled ones that the figures are over.
    pub fn outcome(&self, row: &ScoreRow) -> Option<Tab> {
        Tab::of(row.label, row.score >= self.threshold).filter(|_| row.split != "train")
    }

    /// Counts at the threshold, over the labelled rows.
    pub fn confusion(&self) -> Confusion {
        self.ready().map_or(Confusion { tp: 0, fp: 0, tn: 0, fn_: 0 }, |set| set.confusion(self.threshold))
    }

    /// How many images an outcome holds, before the sieve.
    pub fn count(&self, tab: Tab) -> usize {
        let c = self.confusion();
        match tab {
            Tab::FalsePositives => c.fp,
            Tab::FalseNegatives => c.fn_,
            Tab::TruePositives => c.tp,
            Tab::TrueNegatives => c.tn,
            Tab::All => self.ready().map_or(0, |s| s.evaluated),
            Tab::Training => self.ready().map_or(0, |s| s.rows.len() - s.evaluated),
        }
    }

    /// The tab in view where it has images, else the first that has: what is wrong comes first.
    pub fn first_with_images(&self) -> Tab {
        let all = [self.tab, Tab::FalsePositives, Tab::FalseNegatives, Tab::All, Tab::Training];
        all.into_iter().find(|tab| self.count(*tab) > 0).unwrap_or(Tab::All)
    }

    /// Takes in what the open data set says of the scored images; `None` where it is another one.
    pub fn meet(&mut self, open: Option<&OpenDataset>) {
        self.images = ScoredImageInfo::default();
        if let Some((set, open)) = self.ready().cloned().zip(open) {
            let row = |scored: &ScoreRow| open.dataset.item(*open.by_name.get(&scored.path)?)?.row;
            let (metadata, curation) = (open.dataset.metadata.clone(), open.dataset.curation.clone());
            // Of each of which something was said, whether it has another label.
            let said_since = |row: &ScoreRow| {
                let said = open.dataset.item(*open.by_name.get(&row.path)?)?.said;
                let is_relabelled = said.label.is_some_and(|label| row.label != Some(label == Label::Abnormal));
                (said.leave_out || is_relabelled).then_some(is_relabelled)
            };
            let said_since: Vec<bool> = set.rows[..set.evaluated].iter().filter_map(said_since).collect();
            let own_tagged = set.rows.iter().filter(|row| curation.tags(&row.path).next().is_some());
            let own_tagged = own_tagged.map(|row| row.path.clone()).collect();
            self.images = ScoredImageInfo {
                metadata,
                curation,
                own_tagged,
                said_since: said_since.len(),
                relabelled_since: said_since.contains(&true),
                rows: set.rows.iter().map(row).collect(),
            };
        }
        self.filter.own_tag.take_if(|tag| open.is_none_or(|open| !open.tags.contains_key(tag)));
        self.filter.columns.keep_known(&self.images.metadata);
        self.list();
    }

    /// Tells of rows of these scores, by their place, whether the filters let them through, whatever their outcome.
    pub fn filter_passes<'a>(&'a self, set: &'a ScoreSet) -> impl Fn(usize) -> bool + 'a {
        let text = self.filter.text.trim().to_lowercase();
        let columns = self.filter.columns.passes(&self.images.metadata);
        move |place| {
            let row = &set.rows[place];
            self.filter.lets_through(row, self.review.get(&row.path), &text)
                && self.filter.own_tag.as_ref().is_none_or(|tag| self.images.curation.has_tag(&row.path, tag))
                && columns(self.images.rows.get(place).copied().flatten())
        }
    }

    /// Places of the rows that the tab in view holds, before the filters.
    fn in_tab<'a>(&'a self, set: &'a ScoreSet) -> impl Iterator<Item = usize> + 'a {
        let rows = if self.tab == Tab::Training { set.evaluated..set.rows.len() } else { 0..set.evaluated };
        rows.filter(|&i| self.tab.holds(set.rows[i].label, set.rows[i].score >= self.threshold))
    }

    /// How many images of each class the tab in view holds, before the filters.
    pub fn class_counts<'a>(&'a self, set: &'a ScoreSet) -> BTreeMap<&'a str, usize> {
        let mut counts = BTreeMap::new();
        self.in_tab(set).for_each(|i| *counts.entry(&*set.rows[i].class).or_default() += 1);
        counts
    }

    /// Lists anew what the gallery shows; to be called after each change of what that depends on.
    pub fn list(&mut self) {
        let Some(set) = self.ready().cloned() else {
            self.shown = Arc::default();
            return;
        };
        let filter_passes = self.filter_passes(&set);
        // The rows come with the highest score first.
        let mut shown: Vec<usize> = self.in_tab(&set).filter(|&i| filter_passes(i)).collect();
        drop(filter_passes);
        let distance = |i: &usize| (set.rows[*i].score - self.threshold).abs();
        let deviation = |i: &usize| set.rows[*i].deviation.unwrap_or(f64::NEG_INFINITY);
        match self.sort {
            Sort::Surest if matches!(self.tab, Tab::FalseNegatives | Tab::TrueNegatives) => shown.reverse(),
            Sort::Surest | Sort::Highest => {}
            Sort::Lowest => shown.reverse(),
            Sort::Nearest => shown.sort_by(|a, b| distance(a).total_cmp(&distance(b))),
            Sort::LeastStable => shown.sort_by(|a, b| deviation(b).total_cmp(&deviation(a))),
            Sort::Class => shown.sort_by(|a, b| set.rows[*a].class.cmp(&set.rows[*b].class)),
            Sort::Name => shown.sort_by(|a, b| set.rows[*a].path.cmp(&set.rows[*b].path)),
        }
        self.marked.keep_shown(&shown);
        self.shown = Arc::new(shown);
    }
}
