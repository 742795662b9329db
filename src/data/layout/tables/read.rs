//! From a file to a table, by its ending, and the first rows of one.

use super::{
    json, mias, spreadsheet,
    table::{NoTable, Table},
    text,
    xml::{self, Root},
};
use crate::{
    config::LabelColumns,
    data::decode,
    error::{Error, Result},
};
use std::{
    io::{Read, Seek, SeekFrom},
    path::Path,
};

/// Larger tables are not read.
const MAX_BYTES: u64 = 512 << 20;
/// Larger spreadsheets and lists in JSON take too much memory on the way.
const MAX_PARSED: u64 = 64 << 20;

/// Longer texts are no list of the few hundred images of MIAS.
const MAX_MIAS: u64 = 1 << 20;

/// How the names of tables end.
#[rustfmt::skip]
pub const TABLE_ENDINGS: [&str; 21] = [
    "csv", "tsv", "psv", "ssv", "txt", "text", "tab", "lst", "list", "dat", "asc", "json", "jsonl", "ndjson", "manifest", "xml",
    "xlsx", "xlsm", "xls", "xlsb", "ods",
];

/// How a file is written, by its ending.
fn format(path: &Path) -> Option<&'static str> {
    let ending = path.extension()?.to_string_lossy().to_ascii_lowercase();
    match ending.as_str() {
        // `.lst`: MXNet's lists of images; `.manifest`: lines of JSON of SageMaker.
        "csv" | "tsv" | "psv" | "ssv" | "txt" | "text" | "tab" | "lst" | "list" | "dat" | "asc" => Some("text"),
        "json" | "jsonl" | "ndjson" | "manifest" => Some("json"),
        "xml" => Some("xml"),
        "xlsx" | "xlsm" | "xls" | "xlsb" | "ods" => Some("spreadsheet"),
        _ => None,
    }
}

/// Whether a file may be a table, by its ending.
pub fn is_table_name(path: &Path) -> bool {
    format(path).is_some()
}

/// Whether a file of which many hold other things (`.dat`) is text under the name of a table.
pub fn is_text_table(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = decode::open_file(path).is_ok_and(|file| file.take(4096).read_to_end(&mut start).is_ok());
    is_table_name(path) && read && text::is_text(&start)
}

/// Whether a file may be a table, by its ending and, where most of that kind are none, by its content.
pub fn is_table(path: &Path) -> bool {
    is_table_name(path) && (format(path) != Some("xml") || xml::root(path) == Root::Images)
}

/// Larger files are not read as tables, by their ending; bytes.
pub fn most_bytes(path: &Path) -> u64 {
    if matches!(format(path), None | Some("text")) { MAX_BYTES } else { MAX_PARSED }
}

impl Table {
    /// Reads a table by the ending of its name; of a spreadsheet all sheets.
    pub fn read_all(path: &Path) -> Result<Vec<Self>, NoTable> {
        let size = std::fs::metadata(path).map_err(|e| decode::io_reason(&e))?.len();
        let format = format(path).unwrap_or("text");
        let most = most_bytes(path);
        if size > most {
            return Err(format!("is larger than {} MiB", most >> 20).into());
        }
        let bytes = decode::read_whole(path)?;
        let tables = match format {
            "spreadsheet" if spreadsheet::begins(&bytes) => decode::guarded(|| spreadsheet::parse(bytes))?,
            // Many programs write text under the name of a spreadsheet, some a web page.
            "spreadsheet" if !text::is_text(&bytes) => {
                return Err("is no spreadsheet, whatever its name says".to_string().into());
            }
            "json" => {
                let (text, encoding) = text::decode(&bytes);
                vec![Self { encoding, ..json::parse(&text)? }]
            }
            "xml" => {
                let (text, encoding) = text::decode(&bytes);
                vec![Self { encoding, ..xml::parse(&text)? }]
            }
            _ => vec![Self::of_text(&bytes)?],
        };
        let read = |table: Self| json::label_studio::with_marks_read(json::via::of_table(table.without_escapes()));
        Ok(tables.into_iter().map(read).map(json::label_studio::with_uploads_named).collect())
    }
}

/// A sample of a large text is so many pieces of so many bytes.
const PIECES: u64 = 64;
const PIECE: u64 = 8 << 10;

impl Table {
    /// Rows from all over a large table as text; `None` where it is small, or something else.
    pub fn sample(path: &Path) -> Option<Self> {
        let mut file = decode::open_file(path).ok().filter(|_| format(path) == Some("text"))?;
        let size = file.metadata().ok()?.len();
        if size < 2 * PIECES * PIECE {
            return None;
        }
        let mut piece = |at: u64| -> Option<Vec<u8>> {
            let mut bytes = Vec::new();
            file.seek(SeekFrom::Start(at)).ok()?;
            file.by_ref().take(PIECE).read_to_end(&mut bytes).ok()?;
            Some(bytes)
        };
        let first = piece(0)?;
        let mut sample = Self::parse(whole_lines(&first, true)).ok()?;
        // Each piece is read under the same lines: a quotation mark that is cut spoils no other.
        let head: Vec<u8> = first.split_inclusive(|&b| b == b'\n').take(sample.header_line).flatten().copied().collect();
        for number in 1..PIECES {
            let rows = piece(number * (size / PIECES))?;
            let part = Self::parse(&[&head, whole_lines(&rows, false)].concat()).ok();
            sample.rows.extend(part.filter(|part| part.headers == sample.headers).into_iter().flat_map(|part| part.rows));
        }
        Some(sample)
    }

    fn of_text(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() as u64 <= MAX_MIAS {
            let (text, encoding) = text::decode(bytes);
            if let Some(table) = mias::parse(&text) {
                return Ok(Self { encoding, ..table });
            }
        }
        Self::parse(bytes)
    }
}

/// The lines that are whole in a piece of a text.
fn whole_lines(piece: &[u8], is_first: bool) -> &[u8] {
    let is_end = |byte: &u8| *byte == b'\n';
    let start = if is_first { 0 } else { piece.iter().position(is_end).map_or(piece.len(), |at| at + 1) };
    let end = piece.iter().rposition(is_end).map_or(piece.len(), |at| at + 1);
    &piece[start..end.max(start)]
}

/// What a person needs to see of a table to say which column means what.
#[derive(Debug, Clone, PartialEq)]
pub struct TablePreview {
    /// Names of the columns.
    pub headers: Vec<String>,
    /// The first rows, each as long as the headers.
    pub rows: Vec<Vec<String>>,
    /// Number of all rows.
    pub total: usize,
    /// The columns by their usual names; empty where none has one.
    pub guess: LabelColumns,
}

impl TablePreview {
    /// Rows that are shown.
    const ROWS: usize = 6;

    /// Reads the whole table and keeps its first rows.
    ///
    /// # Errors
    /// Where the file cannot be read or is no table.
    pub fn read(path: &Path) -> Result<Self> {
        let tables = Table::read_all(path).map_err(|reason| {
            Error::user(format!("{} {reason}", path.display()), "choose a table of comma- or tab-separated values")
        })?;
        // Of several sheets, that with usual names of columns, else the longest.
        let columns = |table: &Table| table.columns(&LabelColumns::default());
        let known = |table: &Table| columns(table).map_or(0, |c| u8::from(c.file.is_some()) + u8::from(c.label.is_some()));
        // With the columns that the person can choose between, as the table will be read.
        let tables = tables.into_iter().map(|table| table.apart(&LabelColumns::default()));
        let best = tables.rev().max_by_key(|table| (known(table), table.rows.len()));
        let Some(table) = best else { return Err(Error::user(format!("{} holds no table", path.display()), "")) };
        let guess = columns(&table).map(|c| {
            let [file, label, split, patient] =
                [c.file, c.label, c.split.and_then(|split| split.all().next()), c.patient].map(|c| table.header(c).to_string());
            LabelColumns { file, label, split, patient }
        });
        let fields = |row| (0..table.headers.len()).map(|c| table.field(row, Some(c)).to_string()).collect();
        let rows = table.rows.iter().take(Self::ROWS).map(fields).collect();
        Ok(Self { rows, total: table.rows.len(), guess: guess.unwrap_or_default(), headers: table.headers })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_like_a_table_may_be_one() {
        assert!(TABLE_ENDINGS.iter().all(|ending| is_table_name(Path::new(&format!("a.{}", ending.to_uppercase())))));
        assert!(!is_table_name(Path::new("csv")) && !is_table_name(Path::new("a.png")));
    }

    #[test]
    fn a_preview_shows_the_first_rows_and_guesses() {
        let path = tempfile::NamedTempFile::new().unwrap();
        let rows: String = (0..9).map(|i| format!("{i},scan{i},yes\n")).collect();
        std::fs::write(path.path(), format!("n,image,diagnosis\n{rows}9\n")).unwrap();
        let preview = TablePreview::read(path.path()).unwrap();
        assert_eq!((preview.total, preview.rows.len()), (10, 6));
        assert_eq!(preview.rows[1], ["1", "scan1", "yes"]);
        assert_eq!((preview.guess.file.as_str(), preview.guess.label.as_str()), ("image", "diagnosis"));
        assert!(TablePreview::read("/nowhere.csv".as_ref()).unwrap_err().to_string().contains("nowhere"));
    }
}
