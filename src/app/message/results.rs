use crate::{
    app::state::{Colours, GalleryFilter, MapView, Mark, ResultsCurve, Sort, Tab},
    config::ThresholdRule,
    engine::export::results::Export,
    scores::{ImageReview, ScoreKind, Tag},
};
use std::{collections::HashSet, path::PathBuf};

/// Commands of Results: the scores of one run, their threshold, the gallery.
#[derive(Debug, Clone, PartialEq)]
pub enum ResultsCommand {
    Open(PathBuf),
    /// Looks at the same images by another score.
    By(ScoreKind),
    Threshold(f64),
    Rule(ThresholdRule),
    Tab(Tab),
    Sort(Sort),
    Filter(GalleryFilter),
    Row(usize),
    /// Selects several images.
    Mark(Mark<usize>),
    /// Puts a tag on the selected images, or takes it off where all of them have it.
    Tag(Tag),
    /// Replaces what was noted about the image of this name, in this file of scores.
    Review {
        file: PathBuf,
        name: String,
        review: ImageReview,
    },
    Export(Export),
    /// A second run, or none.
    CompareWith(Option<PathBuf>),
    /// Opens or closes the line that asks for a folder to score.
    AskFolder(bool),
    ScoreFolder(PathBuf),
    /// Draws lesions into held-out normals, and scores them.
    Plant,
    /// Asks for the map of what covering the image changes, or stops that.
    Occlude(bool),
    /// How anomaly maps are looked at.
    Maps(MapView),
    /// Looks at the images in two dimensions, or at the curves again.
    Embedding(bool),
    EmbeddingColours(Colours),
    /// Which of the curves is shown.
    Curve(ResultsCurve),
    /// Lists only the images of these names.
    Within(HashSet<String>),
}
