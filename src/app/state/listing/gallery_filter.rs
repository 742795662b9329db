//! What the gallery lets through.

use super::column_filter::ColumnFilter;
use crate::scores::{ImageReview, ScoreRow, Tag};
use serde::{Deserialize, Deserializer, Serialize};
use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

/// What the gallery lets through, beside the outcome.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GalleryFilter {
    /// Names of the classes that are listed; none: all of them. One alone, in views from before there could be several, was `class`.
    #[serde(alias = "class", deserialize_with = "one_or_several")]
    pub classes: BTreeSet<String>,
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

    /// How many of classes, tag, score, columns and drawn line narrow the gallery down.
    pub fn filters(&self) -> usize {
        usize::from(!self.classes.is_empty())
            + usize::from(self.tag.is_some())
            + usize::from(self.own_tag.is_some())
            + usize::from(self.range != [None, None])
            + usize::from(self.within.is_some())
            + self.columns.len()
    }

    /// Whether a row passes, but for columns and own tags, which the data set knows. `text`: what it has to contain, in lower case.
    pub fn lets_through(&self, row: &ScoreRow, review: Option<&ImageReview>, text: &str) -> bool {
        (self.classes.is_empty() || self.classes.contains(&row.class))
            && self.range[0].is_none_or(|low| row.score >= low)
            && self.range[1].is_none_or(|high| row.score <= high)
            && self.tag.is_none_or(|tag| review.is_some_and(|r| r.has(tag)))
            && self.within.as_ref().is_none_or(|names| names.contains(&row.path))
            && (text.is_empty()
                || row.path.to_lowercase().contains(text)
                || review.is_some_and(|r| r.note.to_lowercase().contains(text)))
    }
}

/// Classes as they are written, or the one that stood there before there could be several.
pub fn one_or_several<'de, D: Deserializer<'de>>(classes: D) -> Result<BTreeSet<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Several(BTreeSet<String>),
        One(Option<String>),
    }
    Ok(match Written::deserialize(classes)? {
        Written::Several(classes) => classes,
        Written::One(class) => class.into_iter().collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_of_one_class_are_read_as_they_were_written() {
        let read = |json: &str| serde_json::from_str::<GalleryFilter>(json).unwrap().classes.into_iter().collect::<Vec<_>>();
        assert_eq!(read(r#"{"class": "grade 3", "text": ""}"#), ["grade 3"]);
        assert_eq!(read(r#"{"class": null}"#), [""; 0]);
        assert_eq!(read(r#"{"text": "a"}"#), [""; 0]);
        let both = GalleryFilter { classes: ["3".into(), "4".into()].into(), ..GalleryFilter::default() };
        assert_eq!(read(&serde_json::to_string(&both).unwrap()), ["3", "4"]);
    }
}
