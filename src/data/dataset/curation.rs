//! Labels, and what a person has said of images: that they are left out, normal or abnormal. A table `path,label,leave_out`.

use crate::{
    error::{Error, Result},
    text,
};
use csv::{ReaderBuilder, StringRecord, WriterBuilder};
use std::{collections::BTreeMap, path::Path};

/// The columns of the table.
const COLUMNS: [&str; 3] = ["path", "label", "leave_out"];

/// What the models tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Label {
    /// Of a class that was said to be normal.
    Normal,
    /// Of any other class.
    Abnormal,
}

/// What was said of one image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Said {
    /// In the place of what its class says.
    pub label: Option<Label>,
    /// It neither trains nor is scored.
    pub leave_out: bool,
}

/// What was said of a set of images, by their names ([`Item::name`](crate::data::Item::name)). Names that the set does not have are
/// kept: a part of it may be open.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Curation(BTreeMap<String, Said>);

impl Curation {
    /// What was said of an image.
    pub fn get(&self, name: &str) -> Said {
        self.0.get(name).copied().unwrap_or_default()
    }

    /// Replaces what was said of an image.
    pub fn set(&mut self, name: &str, said: Said) {
        if said == Said::default() {
            self.0.remove(name);
        } else {
            self.0.insert(name.to_string(), said);
        }
    }

    /// Whether nothing was said.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Number of images of which something was said.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Their names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The table, as [`read`](Self::read) reads it.
    pub fn to_csv(&self) -> Vec<u8> {
        let mut csv = WriterBuilder::new().from_writer(Vec::new());
        let rows = self
            .0
            .iter()
            .map(|(name, said)| [text::cell(name), label_word(said.label).into(), if said.leave_out { "1" } else { "0" }.into()]);
        let header = COLUMNS.map(std::borrow::Cow::from);
        for row in [header].into_iter().chain(rows) {
            // Into memory, and all rows are of one length.
            let _ = csv.write_record(row.iter().map(|cell| cell.as_bytes()));
        }
        csv.into_inner().unwrap_or_default()
    }

    /// Reads a table with the columns `path`, `label` (`normal`, `abnormal` or empty) and `leave_out` (`1`, `0` or empty), in any
    /// order; one of the latter two may be missing.
    ///
    /// # Errors
    /// A file that cannot be read, or is no such table.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(Error::io("read", path))?;
        Self::parse(&bytes).map_err(|reason| {
            Error::user(
                format!("{} {reason}", path.display()),
                "it is a table `path,label,leave_out`: normal, abnormal or nothing, and 1 or 0",
            )
        })
    }

    /// The error is the rest of a sentence that begins with the file.
    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let mut reader = ReaderBuilder::new().flexible(true).from_reader(bytes);
        let damaged = |e: csv::Error| format!("cannot be read: {e}");
        let header = reader.headers().map_err(damaged)?.clone();
        let [path, label, leave_out] =
            COLUMNS.map(|name| header.iter().position(|column| column.trim().eq_ignore_ascii_case(name)));
        let Some(path) = path.filter(|_| label.or(leave_out).is_some()) else {
            return Err("says of no image that it is left out, normal or abnormal: columns are missing".into());
        };
        let mut curation = Self::default();
        for record in reader.records() {
            let record = record.map_err(damaged)?;
            let cell = |column: Option<usize>| column.and_then(|i| record.get(i)).unwrap_or_default().trim();
            let wrong = |what: &str| format!("has {what:?} in line {}", line(&record));
            let label = match cell(label).to_ascii_lowercase().as_str() {
                "" => None,
                "normal" => Some(Label::Normal),
                "abnormal" => Some(Label::Abnormal),
                other => return Err(wrong(other)),
            };
            let leave_out = match cell(leave_out).to_ascii_lowercase().as_str() {
                "" | "0" | "false" | "no" => false,
                "1" | "true" | "yes" => true,
                other => return Err(wrong(other)),
            };
            let name = text::from_cell(record.get(path).unwrap_or_default());
            if !name.is_empty() {
                curation.set(name, Said { label, leave_out });
            }
        }
        Ok(curation)
    }
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
        curation.set("a/1, \"ä\".png", Said { label: Some(Label::Abnormal), leave_out: false });
        curation.set("=x.png", Said { label: None, leave_out: true });
        curation.set("b.png", Said { label: Some(Label::Normal), leave_out: true });
        assert_eq!(Curation::parse(&curation.to_csv()), Ok(curation.clone()));
        assert_eq!(Curation::parse(&Curation::default().to_csv()), Ok(Curation::default()));
        curation.set("b.png", Said::default());
        assert_eq!((curation.len(), curation.get("b.png")), (2, Said::default()));
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
