//! What a person noted about images: tags and a sentence, kept as `tags.csv` beside the scores.

use crate::{
    error::{Error, Result},
    run_dir::{read_if_there, write_atomic},
    text,
};
use ::csv::{ReaderBuilder, WriterBuilder};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::Path};

/// What a person may note about an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tag {
    /// Its label is wrong.
    LabelWrong,
    /// Its quality is poor.
    ImagePoor,
    /// Worth another look.
    Interesting,
}

impl Tag {
    /// All tags, in the order of their columns.
    pub const ALL: [Self; 3] = [Self::LabelWrong, Self::ImagePoor, Self::Interesting];

    /// Its name, for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::LabelWrong => "label wrong",
            Self::ImagePoor => "image poor",
            Self::Interesting => "interesting",
        }
    }

    /// Name of its column in `tags.csv`.
    pub fn column(self) -> &'static str {
        match self {
            Self::LabelWrong => "label_wrong",
            Self::ImagePoor => "image_poor",
            Self::Interesting => "interesting",
        }
    }
}

/// Tags and note of one image.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImageReview {
    /// In the order of [`Tag::ALL`].
    tags: [bool; Tag::ALL.len()],
    /// Free text; may be empty.
    pub note: String,
}

impl ImageReview {
    /// Whether it has the tag.
    pub fn has(&self, tag: Tag) -> bool {
        self.tags[tag as usize]
    }

    /// This review with one tag put on or taken off.
    pub fn toggled(&self, tag: Tag) -> Self {
        let mut new = self.clone();
        new.tags[tag as usize] ^= true;
        new
    }

    /// This review with another note.
    pub fn with_note(self, note: impl Into<String>) -> Self {
        Self { note: note.into(), ..self }
    }

    /// Whether there is neither a tag nor a note.
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }

    /// Its tags, in the order of [`Tag::ALL`].
    pub fn tags(&self) -> impl Iterator<Item = Tag> {
        Tag::ALL.into_iter().filter(|t| self.has(*t))
    }
}

/// Tags and notes of a set of images, by name; empty ones are not kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Review(BTreeMap<String, ImageReview>);

impl Review {
    /// Tags and note of an image; `None` where there are none.
    pub fn get(&self, name: &str) -> Option<&ImageReview> {
        self.0.get(name)
    }

    /// Replaces tags and note of an image, and returns those before.
    pub fn set(&mut self, name: &str, review: ImageReview) -> ImageReview {
        let before = if review.is_empty() { self.0.remove(name) } else { self.0.insert(name.to_string(), review) };
        before.unwrap_or_default()
    }

    /// Number of images with a tag or a note.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no image has a tag or a note.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Number of images with the tag.
    pub fn count(&self, tag: Tag) -> usize {
        self.0.values().filter(|r| r.has(tag)).count()
    }

    /// Columns `path,label_wrong,image_poor,interesting,note`; written atomically.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        write_atomic(path, |file| {
            let mut csv = WriterBuilder::new().from_writer(file);
            csv.write_record(["path"].into_iter().chain(Tag::ALL.map(Tag::column)).chain(["note"]))?;
            for (name, review) in &self.0 {
                let tags = Tag::ALL.map(|t| if review.has(t) { "1" } else { "0" });
                csv.write_record([&*text::cell(name)].into_iter().chain(tags).chain([&*text::cell(&review.note)]))?;
            }
            csv.flush()
        })
    }

    /// Reads what [`write`](Self::write) wrote; a file that is not there is empty.
    ///
    /// # Errors
    /// A file that cannot be read as such a table.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = read_if_there(path)?.unwrap_or_default();
        let damaged = |e: ::csv::Error| {
            Error::user(format!("the tags in {} cannot be read: {e}", path.display()), "mend the file, or move it away")
        };
        let mut review = Self::default();
        for record in ReaderBuilder::new().flexible(true).from_reader(bytes.as_slice()).records() {
            let record = record.map_err(damaged)?;
            let cell = |i: usize| record.get(i).unwrap_or_default();
            let tags = [1, 2, 3].map(|i| cell(i) == "1");
            review.set(text::from_cell(cell(0)), ImageReview { tags, note: text::from_cell(cell(4)).to_string() });
        }
        Ok(review)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_notes_are_read_as_they_were_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tags.csv");
        assert!(Review::read(&path).unwrap().is_empty());
        let mut review = Review::default();
        let noted = ImageReview { note: "a, \"quoted\"\nnote ä".into(), ..ImageReview::default().toggled(Tag::ImagePoor) };
        assert!(review.set("good/1.png", noted.clone()).is_empty());
        review.write(&path).unwrap();
        assert_eq!(Review::read(&path).unwrap(), review);
        assert_eq!((review.count(Tag::ImagePoor), review.count(Tag::LabelWrong)), (1, 0));
        assert_eq!(review.set("good/1.png", ImageReview::default()), noted);
        assert!(review.is_empty());
    }
}
