//! What the gallery lets through.

use super::column_filter::ColumnFilter;
use crate::scores::{ImageReview, ScoreRow, Tag};
use serde::{Deserialize, Serialize};
use std::{collections::HashSet, sync::Arc};

/// What the gallery lets through, beside the outcome.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GalleryFilter {
    /// Name of the one class that is listed.
    pub class: Option<String>,
    /// Lowest and highest score.
    pub range: [Option<f64>; 2],
    /// One of the fixed tags.
    pub tag: Option<Tag>,
    /// One of the person's own.
    pub own_tag: Option<String>,
    /// By columns of the table of labels.
    pub columns: ColumnFilter,
    /// Names of the images that a line was drawn round.
    #[serde(skip)]
    pub within: Option<Arc<HashSet<String>>>,
    /// Part of the name or of the note, in any case.
    pub text: String,
}

impl GalleryFilter {
    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }

    /// How many of class, tag, score, columns and drawn line narrow the gallery down.
    pub fn filters(&self) -> usize {
        usize::from(self.class.is_some())
            + usize::from(self.tag.is_some())
            + usize::from(self.own_tag.is_some())
            + usize::from(self.range != [None, None])
            + usize::from(self.within.is_some())
            + self.columns.len()
    }

    /// Whether a row passes, but for columns and own tags, which the data set knows. `text`: what it has to contain, in lower case.
    pub fn lets_through(&self, row: &ScoreRow, review: Option<&ImageReview>, text: &str) -> bool {
        self.class.as_ref().is_none_or(|c| *c == row.class)
            && self.range[0].is_none_or(|low| row.score >= low)
            && self.range[1].is_none_or(|high| row.score <= high)
            && self.tag.is_none_or(|tag| review.is_some_and(|r| r.has(tag)))
            && self.within.as_ref().is_none_or(|names| names.contains(&row.path))
            && (text.is_empty()
                || row.path.to_lowercase().contains(text)
                || review.is_some_and(|r| r.note.to_lowercase().contains(text)))
    }
}
