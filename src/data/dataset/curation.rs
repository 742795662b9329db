//! Labels, and what a person has said of images: that they are left out, normal or abnormal, and tags of their own. A table
//! `path,label,leave_out`, with `tags` where there are some.

use crate::{
    error::{Error, Result},
    text,
};
use csv::{ReaderBuilder, StringRecord, WriterBuilder};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read,
    path::Path,
};

/// The columns of the table.
const COLUMNS: [&str; 4] = ["path", "label", "leave_out", TAGS];
/// The one that is only there where images have tags; they are joined by semicolons.
const TAGS: &str = "tags";
/// Letters of a tag.
const LONGEST_TAG: usize = 40;

/// What the models tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Label {
    /// The image is of a class that was said to be normal.
    Normal,
    /// The image is of any other class.
    Abnormal,
}

/// What was said of one image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ImageCuration {
    /// In the place of what its class says.
    pub label: Option<Label>,
    /// It neither trains nor is scored.
    pub leave_out: bool,
}

/// What was said of a set of images, by their names ([`Item::name`](crate::data::Item::name)). Names that the set does not have are
/// kept: a part of it may be open.
#[derive(Debug, Clone, Default)]
pub struct Curation {
    said: BTreeMap<String, ImageCuration>,
    /// Those of images that have some.
    tags: BTreeMap<String, BTreeSet<String>>,
    /// The table that it was read from has no column of labels, or none of what is left out: it says nothing of these.
    silent: [bool; 2],
}

/// What was said counts, not the columns that it came in.
impl PartialEq for Curation {
    fn eq(&self, other: &Self) -> bool {
        (&self.said, &self.tags) == (&other.said, &other.tags)
    }
}

impl Eq for Curation {}

impl Curation {
    /// Takes over what a `table` says of an image; of what it has no column, all stays as it is.
    pub fn import(&mut self, name: &str, table: &Self) {
        let (before, said, [no_label, no_leave_out]) = (self.get(name), table.get(name), table.silent);
        let label = if no_label { before.label } else { said.label };
        let leave_out = if no_leave_out { before.leave_out } else { said.leave_out };
        self.set(name, ImageCuration { label, leave_out });
        table.tags(name).for_each(|tag| self.tag(name, tag, true));
    }

    /// What was said of an image.
    pub fn get(&self, name: &str) -> ImageCuration {
        self.said.get(name).copied().unwrap_or_default()
    }

    /// Replaces what was said of an image.
    pub fn set(&mut self, name: &str, said: ImageCuration) {
        if said == ImageCuration::default() {
            self.said.remove(name);
        } else {
            self.said.insert(name.to_string(), said);
        }
    }

    /// The tags of an image, in order.
    pub fn tags(&self, name: &str) -> impl Iterator<Item = &str> {
        self.tags.get(name).into_iter().flatten().map(String::as_str)
    }

    /// Whether an image has this tag.
    pub fn has_tag(&self, name: &str, tag: &str) -> bool {
        self.tags.get(name).is_some_and(|tags| tags.contains(tag))
    }

    /// Puts a tag on an image, or takes it off. The tag is written as [`tag_name`](Self::tag_name) has it.
    pub fn tag(&mut self, name: &str, tag: &str, on: bool) {
        if on {
            self.tags.entry(name.to_string()).or_default().insert(tag.to_string());
        } else if let Some(tags) = self.tags.get_mut(name) {
            tags.remove(tag);
            if tags.is_empty() {
                self.tags.remove(name);
            }
        }
    }

    /// How a tag is written: one line without semicolons, of some forty letters at most; `None` where nothing is left.
    pub fn tag_name(text: &str) -> Option<String> {
        let plain = text.split(|c: char| c == ';' || c.is_control() || c.is_whitespace()).filter(|word| !word.is_empty());
        let name: String = plain.collect::<Vec<_>>().join(" ").chars().take(LONGEST_TAG).collect();
        Some(name.trim().to_string()).filter(|name| !name.is_empty())
    }

    /// The name of a tag that a person makes, as [`tag_name`](Self::tag_name) has it.
    ///
    /// # Errors
    /// Why there can be no such tag, as a sentence.
    pub fn new_tag(text: &str) -> Result<String, String> {
        if text.trim().is_empty() {
            return Err("Type a name first.".into());
        }
        if text.contains(';') {
            return Err("A name has no semicolon: it stands between the tags of an image.".into());
        }
        let letters = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().count();
        if letters > LONGEST_TAG {
            return Err(format!("A name has {LONGEST_TAG} letters at most; these are {letters}."));
        }
        Self::tag_name(text).ok_or_else(|| "A name has letters that can be seen.".into())
    }

    /// Whether something was said of an image.
    pub fn says(&self, name: &str) -> bool {
        self.said.contains_key(name) || self.tags.contains_key(name)
    }

    /// Whether nothing was said.
    pub fn is_empty(&self) -> bool {
        self.said.is_empty() && self.tags.is_empty()
    }

    /// Number of images of which something was said.
    pub fn len(&self) -> usize {
        self.said.len() + self.tags.keys().filter(|name| !self.said.contains_key(*name)).count()
    }

    /// Their names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.said.keys().chain(self.tags.keys()).map(String::as_str).collect::<BTreeSet<_>>().into_iter()
    }

    /// The table, as [`read`](Self::read) reads it.
    pub fn to_csv(&self) -> Vec<u8> {
        let mut csv = WriterBuilder::new().from_writer(Vec::new());
        // Without tags it is the table that it always was.
        let width = if self.tags.is_empty() { COLUMNS.len() - 1 } else { COLUMNS.len() };
        let rows = self.names().map(|name| {
            let (said, tags) = (self.get(name), self.tags(name).collect::<Vec<_>>().join("; "));
            let leave_out = if said.leave_out { "1" } else { "0" };
            [text::cell(name), label_word(said.label).into(), leave_out.into(), text::cell(&tags).into_owned().into()]
        });
        let header = COLUMNS.map(std::borrow::Cow::from);
        for row in [header].into_iter().chain(rows) {
            // Into memory, and all rows are of one length.
            let _ = csv.write_record(row.iter().take(width).map(|cell| cell.as_bytes()));
        }
        csv.into_inner().unwrap_or_default()
    }

    /// Reads a table with the columns `path`, `label` (`normal`, `abnormal` or empty), `leave_out` (`1`, `0` or empty) and `tags`
    /// (joined by semicolons), in any order; all but the first may be missing, but not all of them.
    ///
    /// # Errors
    /// A file that cannot be read, or is no such table.
    pub fn read(path: &Path) -> Result<Self> {
        Self::parsed(path, &std::fs::read(path).map_err(Error::io("read", path))?)
    }

    /// Reads a table with the columns that [`to_csv`](Self::to_csv) writes, which tell it from a table of labels; `None` for
    /// other files.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_exported(path: &Path) -> Result<Option<Self>> {
        let fail = || Error::io("read", path);
        let mut file = std::fs::File::open(path).map_err(fail())?;
        let mut bytes = Vec::new();
        file.by_ref().take(1 << 10).read_to_end(&mut bytes).map_err(fail())?;
        // Tables of labels may be large: they are not read further.
        if !has_exported_header(&bytes) {
            return Ok(None);
        }
        file.read_to_end(&mut bytes).map_err(fail())?;
        Self::parsed(path, &bytes).map(Some)
    }

    fn parsed(path: &Path, bytes: &[u8]) -> Result<Self> {
        Self::parse(bytes).map_err(|reason| {
            Error::user(
                format!("{} {reason}", path.display()),
                "it is a table `path,label,leave_out`: normal, abnormal or nothing, and 1 or 0",
            )
        })
    }

    /// The error is the rest of a sentence that begins with the file.
    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let (bytes, delimiter) = (without_bom(bytes), delimiter(bytes));
        let mut reader = ReaderBuilder::new().flexible(true).delimiter(delimiter).from_reader(bytes);
        let damaged = |e: csv::Error| format!("cannot be read: {e}");
        let header = reader.headers().map_err(damaged)?.clone();
        let [path, label, leave_out, tags] =
            COLUMNS.map(|name| header.iter().position(|column| column.trim().eq_ignore_ascii_case(name)));
        let Some(path) = path.filter(|_| label.or(leave_out).or(tags).is_some()) else {
            return Err("says of no image that it is left out, normal or abnormal: columns are missing".into());
        };
        let mut curation = Self { silent: [label.is_none(), leave_out.is_none()], ..Self::default() };
        for record in reader.records() {
            let record = record.map_err(damaged)?;
            let cell = |column: Option<usize>| column.and_then(|i| record.get(i)).unwrap_or_default().trim();
            let wrong = |column: &str, what: &str| format!("has the {column} {what:?} in line {}", line(&record));
            let label = match cell(label).to_ascii_lowercase().as_str() {
                "" => None,
                "normal" => Some(Label::Normal),
                "abnormal" => Some(Label::Abnormal),
                other => return Err(wrong(COLUMNS[1], other)),
            };
            let leave_out = match cell(leave_out).to_ascii_lowercase().as_str() {
                "" | "0" | "false" | "no" => false,
                "1" | "true" | "yes" => true,
                other => return Err(wrong(COLUMNS[2], other)),
            };
            let name = text::from_cell(record.get(path).unwrap_or_default());
            if !name.is_empty() {
                curation.set(name, ImageCuration { label, leave_out });
                let tags = text::from_cell(cell(tags)).split(';').filter_map(Self::tag_name);
                tags.for_each(|tag| curation.tag(name, &tag, true));
            }
        }
        Ok(curation)
    }
}

fn without_bom(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)
}

fn first_line(bytes: &[u8]) -> &[u8] {
    without_bom(bytes).split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default()
}

/// What separates the cells: spreadsheets of some countries write semicolons.
fn delimiter(table: &[u8]) -> u8 {
    let line = first_line(table);
    let count = |delimiter: &u8| line.iter().filter(|byte| *byte == delimiter).count();
    // The comma comes last, so that it stands where there is none of them.
    [b'\t', b';', b','].into_iter().max_by_key(count).unwrap_or(b',')
}

/// The beginning of a file names the first three of [`COLUMNS`].
fn has_exported_header(bytes: &[u8]) -> bool {
    let line = String::from_utf8_lossy(first_line(bytes)).to_lowercase();
    let delimiter = char::from(delimiter(bytes));
    COLUMNS[..3].iter().all(|name| line.split(delimiter).any(|column| column.trim().trim_matches('"') == *name))
}

fn line(record: &StringRecord) -> u64 {
    record.position().map_or(0, csv::Position::line)
}

/// `normal`, `abnormal`, or nothing.
fn label_word(label: Option<Label>) -> &'static str {
    match label {
        Some(Label::Normal) => "normal",
        Some(Label::Abnormal) => "abnormal",
        None => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(table: &str) -> Result<Curation, String> {
        Curation::parse(table.as_bytes())
    }

    #[test]
    fn table_is_read_as_it_was_written() {
        let mut curation = Curation::default();
        curation.set("a/1, \"ä\".png", ImageCuration { label: Some(Label::Abnormal), leave_out: false });
        curation.set("=x.png", ImageCuration { label: None, leave_out: true });
        curation.set("b.png", ImageCuration { label: Some(Label::Normal), leave_out: true });
        assert_eq!(Curation::parse(&curation.to_csv()), Ok(curation.clone()));
        assert_eq!(Curation::parse(&Curation::default().to_csv()), Ok(Curation::default()));
        curation.set("b.png", ImageCuration::default());
        assert_eq!((curation.len(), curation.get("b.png")), (2, ImageCuration::default()));
    }

    #[test]
    fn own_tags_are_a_column_where_there_are_some() {
        let mut curation = Curation::default();
        curation.set("b.png", ImageCuration { label: None, leave_out: true });
        assert!(!String::from_utf8_lossy(&curation.to_csv()).contains("tags"), "the table that it always was");
        curation.tag("a.png", "camera 2", true);
        curation.tag("a.png", "blur", true);
        curation.tag("b.png", "blur", true);
        assert_eq!((curation.len(), curation.tags("a.png").collect::<Vec<_>>()), (2, vec!["blur", "camera 2"]));
        let text = String::from_utf8(curation.to_csv()).unwrap();
        assert!(text.contains("path,label,leave_out,tags\na.png,,0,blur; camera 2\n"), "{text}");
        assert_eq!(read(&text), Ok(curation.clone()));
        assert!(read("path,tags\na.png, x ;; y \n").unwrap().has_tag("a.png", "y"));
        curation.tag("a.png", "blur", false);
        curation.tag("a.png", "camera 2", false);
        assert!(!curation.says("a.png") && curation.says("b.png"));
        assert_eq!(Curation::tag_name("  two;\nwords "), Some("two words".into()));
        assert_eq!(Curation::tag_name(" ; "), None);
    }

    #[test]
    fn names_of_new_tags_are_refused_with_the_reason() {
        assert_eq!(Curation::new_tag("  two   words "), Ok("two words".into()));
        assert_eq!(Curation::new_tag(&"ä".repeat(40)), Ok("ä".repeat(40)));
        for (name, reason) in [
            ("", "Type a name first."),
            (" \t", "Type a name first."),
            (";", "A name has no semicolon"),
            ("a;b", "A name has no semicolon"),
            ("\u{1}", "letters that can be seen"),
            (&"x".repeat(41), "A name has 40 letters at most; these are 41."),
        ] {
            let why = Curation::new_tag(name).unwrap_err();
            assert!(why.contains(reason), "{name:?}: {why}");
        }
    }

    #[test]
    fn an_exported_table_is_known_by_its_columns_whatever_its_cells() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("said.csv");
        let read = |text: &str| {
            std::fs::write(&file, text).unwrap();
            Curation::read_exported(&file)
        };
        let long: String = (0..500).map(|i| format!("{i}.png,normal,0\n")).collect();
        assert_eq!(read(&format!("path,label,leave_out\n{long}")).unwrap().unwrap().len(), 500, "it is read to its end");
        assert_eq!(read("path,label\na.png,normal\n").unwrap(), None, "a table of labels");
        assert_eq!(read("").unwrap(), None);
        let why = read("path,label,leave_out\na.png,normal,0\nb.png,,maybe\n").unwrap_err().to_string();
        assert!(why.contains("said.csv has the leave_out \"maybe\" in line 3"), "{why}");
        // As spreadsheets write it where the comma stands in numbers.
        let table = read("\u{feff}\"path\";\"Label\";\"leave_out\";\"tags\"\r\na.png;normal;1;\"x; y\"\r\n").unwrap().unwrap();
        assert_eq!(table.get("a.png"), ImageCuration { label: Some(Label::Normal), leave_out: true });
        assert_eq!(table.tags("a.png").collect::<Vec<_>>(), ["x", "y"]);
        assert_eq!(read("path\tlabel\tleave_out\na.png\t\t1\n").unwrap().unwrap().len(), 1);
        assert!(Curation::read_exported(&dir.path().join("none.csv")).is_err());
    }

    #[test]
    fn tables_by_hand_may_lack_a_column_and_say_it_in_words() {
        let by_hand = read("\u{feff}Leave_out,PATH\nyes,a.png\n,b.png\nno,c.png\n1,\n").unwrap();
        assert_eq!(by_hand.names().collect::<Vec<_>>(), ["a.png"]);
        assert_eq!(read("path,label\na.png, Abnormal \n").unwrap().get("a.png").label, Some(Label::Abnormal));
    }

    #[test]
    fn what_is_no_such_table_is_refused_with_the_line() {
        assert!(read("path,label\na.png,normal\nb.png,sick\n").unwrap_err().contains("\"sick\" in line 3"));
        assert!(read("path,leave_out\na.png,2\n").unwrap_err().contains("\"2\" in line 2"));
        assert!(read("path,score\na.png,1\n").unwrap_err().contains("columns are missing"));
        assert!(read("").is_err() && read("a.png\n").is_err());
    }
}
