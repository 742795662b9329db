//! Tables of labels as people have them: comma, semicolon, tab, bar or blank; BOM, CRLF, quotes; UTF-8, UTF-16 or Windows-1252;
//! spreadsheets and lists in JSON.

use super::{columns::Columns, json, spreadsheet, text};
use crate::{
    config::LabelColumns,
    data::decode,
    error::{Error, Result},
};
use csv::StringRecord;
use std::path::Path;

/// Larger tables are not read.
const MAX_BYTES: u64 = 512 << 20;
/// Larger spreadsheets and lists in JSON take too much memory on the way.
const MAX_PARSED: u64 = 64 << 20;

#[derive(Debug)]
pub struct Table {
    pub headers: Vec<String>,
    pub rows: Vec<StringRecord>,
    /// What the text is encoded as, where it is not UTF-8.
    pub encoding: Option<&'static str>,
    /// The first row as a person counts: line 2, or 1 where there are no headers.
    pub first_row: usize,
}

impl Default for Table {
    fn default() -> Self {
        Self { headers: Vec::new(), rows: Vec::new(), encoding: None, first_row: 2 }
    }
}

/// How a file is written, by its ending.
fn format(path: &Path) -> Option<&'static str> {
    let ending = path.extension()?.to_string_lossy().to_ascii_lowercase();
    match ending.as_str() {
        "csv" | "tsv" | "txt" | "tab" => Some("text"),
        "json" | "jsonl" | "ndjson" => Some("json"),
        "xlsx" | "xlsm" | "xls" | "xlsb" | "ods" => Some("spreadsheet"),
        _ => None,
    }
}

/// Whether a file may be a table, by its ending.
pub fn is_table_name(path: &Path) -> bool {
    format(path).is_some()
}

impl Table {
    /// Lines are read as they come; shorter and longer ones are kept, to be judged one by one.
    pub fn read(path: &Path) -> Result<Self, String> {
        let size = std::fs::metadata(path).map_err(|e| decode::io_reason(&e))?.len();
        let format = format(path).unwrap_or("text");
        let most = if format == "text" { MAX_BYTES } else { MAX_PARSED };
        if size > most {
            return Err(format!("is larger than {} MiB", most >> 20));
        }
        let bytes = decode::read_whole(path)?;
        match format {
            "spreadsheet" => decode::guarded(|| spreadsheet::parse(bytes)),
            "json" => {
                let (text, encoding) = text::decode(&bytes);
                json::parse(&text).map(|table| Self { encoding, ..table })
            }
            _ => Self::parse(&bytes),
        }
    }

    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let (text, encoding) = text::decode(bytes);
        let (delimiter, start) = text::dialect(&text);
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text[start..].as_bytes());
        let headers = reader.headers().map_err(|e| format!("is no table: {e}"))?;
        let headers: Vec<String> = headers.iter().map(|h| h.trim().to_string()).collect();
        if headers.iter().all(String::is_empty) {
            return Err("is empty".into());
        }
        let rows = reader.into_records().collect::<Result<_, _>>().map_err(|e| format!("is no table: {e}"))?;
        Ok(Self { headers, rows, encoding, first_row: if start > 0 { 3 } else { 2 } })
    }

    /// The same where what stands first is no header but a row.
    pub fn without_headers(mut self) -> Self {
        let headers = (1..=self.headers.len()).map(|n| format!("column {n}")).collect();
        self.rows.insert(0, StringRecord::from(std::mem::replace(&mut self.headers, headers)));
        self.first_row -= 1;
        self
    }

    /// A field without surrounding space; empty where the row is too short.
    pub fn field<'a>(&self, row: &'a StringRecord, column: Option<usize>) -> &'a str {
        column.and_then(|c| row.get(c)).unwrap_or_default().trim()
    }

    /// The values of a column.
    pub fn column(&self, column: usize) -> impl Iterator<Item = &str> {
        self.rows.iter().map(move |row| row.get(column).unwrap_or_default().trim())
    }

    /// The name of a column, empty where there is none.
    pub fn header(&self, column: Option<usize>) -> &str {
        column.and_then(|c| self.headers.get(c)).map_or("", String::as_str)
    }

    /// Columns by the names that were given, else by their usual names. Errors where a given one is not there.
    pub fn columns(&self, wanted: &LabelColumns) -> Result<Columns, String> {
        Columns::find(&self.headers, wanted)
    }
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
        let table = Table::read(path).map_err(|reason| {
            Error::user(format!("{} {reason}", path.display()), "choose a table of comma- or tab-separated values")
        })?;
        let guess = table.columns(&LabelColumns::default()).map(|c| {
            let [file, label, split, patient] = [c.file, c.label, c.split, c.patient].map(|c| table.header(c).to_string());
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
    use proptest::prelude::*;

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

    #[test]
    fn usual_and_given_names() {
        let table = Table::parse(b"\xef\xbb\xbfID Code;Diagnosis;eye\r\na;0;left\r\n").unwrap();
        assert_eq!(table.headers, ["ID Code", "Diagnosis", "eye"]);
        let none = LabelColumns::default();
        let columns = Columns { file: Some(0), label: Some(1), split: None, patient: None };
        assert_eq!(table.columns(&none).unwrap(), columns);
        let given = |label: &str| table.columns(&LabelColumns { label: label.into(), ..none.clone() });
        assert_eq!(given("EYE").unwrap().label, Some(2));
        assert_eq!(given("3").unwrap().label, Some(2));
        assert!(given("stage").unwrap_err().contains("ID Code, Diagnosis, eye"));
    }

    #[test]
    fn excel_and_utf16() {
        assert_eq!(Table::parse(b"sep=;\r\nfile;label\r\nx;1\r\n").unwrap().headers, ["file", "label"]);
        let utf16: Vec<u8> =
            [0xff, 0xfe].into_iter().chain("file\tlabel\nä\t1\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let table = Table::parse(&utf16).unwrap();
        assert_eq!(table.field(&table.rows[0], Some(0)), "ä");
        assert!(Table::parse(b"").is_err());
    }

    #[test]
    fn a_table_without_headers_counts_its_first_line() {
        let table = Table::parse(b"a.png,1\nb.png,2\n").unwrap().without_headers();
        assert_eq!((table.headers, table.rows.len(), table.first_row), (vec!["column 1".into(), "column 2".into()], 2, 1));
    }

    proptest! {
        /// What is written in any dialect is read back.
        #[test]
        fn every_dialect(rows in prop::collection::vec(("[a-z,;|\t\" ä]{1,8}", "[0-9]"), 1..20), delimiter in prop::sample::select(vec![b',', b';', b'\t', b'|']), crlf: bool, bom: bool) {
            let mut text = if bom { vec![0xef, 0xbb, 0xbf] } else { Vec::new() };
            let terminator = if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
            let mut writer = csv::WriterBuilder::new().delimiter(delimiter).terminator(terminator).from_writer(&mut text);
            writer.write_record(["file", "label"]).unwrap();
            for (file, label) in &rows {
                writer.write_record([file, label]).unwrap();
            }
            writer.flush().unwrap();
            drop(writer);
            let table = Table::parse(&text).unwrap();
            prop_assert_eq!(table.rows.len(), rows.len());
            for (row, (file, label)) in table.rows.iter().zip(&rows) {
                prop_assert_eq!(table.field(row, Some(0)), file.trim());
                prop_assert_eq!(table.field(row, Some(1)), label);
            }
        }

        #[test]
        fn any_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = Table::parse(&bytes);
        }
    }
}
