//! Tables of labels as people have them: comma, semicolon, tab or bar; BOM, CRLF, quotes; UTF-8, UTF-16 or bytes of neither.

use crate::{
    config::LabelColumns,
    error::{Error, Result},
};
use csv::ByteRecord;
use std::path::Path;

/// Larger tables are not read.
const MAX_BYTES: u64 = 512 << 20;

#[derive(Debug)]
pub struct Table {
    pub headers: Vec<String>,
    pub rows: Vec<ByteRecord>,
}

/// Places of the columns that matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Columns {
    pub file: Option<usize>,
    pub label: Option<usize>,
    pub split: Option<usize>,
    pub patient: Option<usize>,
}

const FILE: &[&str] = &[
    "file",
    "filename",
    "file_name",
    "filepath",
    "file_path",
    "path",
    "image",
    "image_name",
    "image_id",
    "imageid",
    "image_path",
    "image_file",
    "img",
    "img_name",
    "img_path",
    "id_code",
    "image_index",
    "dicom",
    "name",
    "id",
];
const LABEL: &[&str] = &[
    "label",
    "labels",
    "class",
    "class_name",
    "target",
    "diagnosis",
    "dx",
    "category",
    "level",
    "finding",
    "finding_labels",
    "grade",
    "y",
];
const SPLIT: &[&str] = &["split", "set", "partition", "subset", "phase"];
const PATIENT: &[&str] =
    &["patient", "patient_id", "patientid", "subject", "subject_id", "patient_number", "case_id", "lesion_id"];

impl Table {
    /// Lines are read as they come; shorter and longer ones are kept, to be judged one by one.
    pub fn read(path: &Path) -> Result<Self, String> {
        let size = std::fs::metadata(path).map_err(|e| crate::data::decode::io_reason(&e))?.len();
        if size > MAX_BYTES {
            return Err(format!("is larger than {} MiB", MAX_BYTES >> 20));
        }
        Self::parse(&crate::data::decode::read_whole(path)?)
    }

    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text = without_bom(bytes);
        let (delimiter, start) = dialect(&text);
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(&text[start..]);
        let headers = reader.byte_headers().map_err(|e| format!("is no table: {e}"))?;
        let headers: Vec<String> = headers.iter().map(|h| String::from_utf8_lossy(h).trim().to_string()).collect();
        if headers.iter().all(String::is_empty) {
            return Err("is empty".into());
        }
        let rows = reader.into_byte_records().collect::<Result<_, _>>().map_err(|e| format!("is no table: {e}"))?;
        Ok(Self { headers, rows })
    }

    /// A field without surrounding space; empty where the row is too short.
    pub fn field<'a>(&'a self, row: &'a ByteRecord, column: Option<usize>) -> &'a [u8] {
        column.and_then(|c| row.get(c)).unwrap_or_default().trim_ascii()
    }

    pub fn text(&self, row: &ByteRecord, column: Option<usize>) -> String {
        String::from_utf8_lossy(self.field(row, column)).into_owned()
    }

    /// Columns by the names that were given, else by their usual names. Errors where a given one is not there.
    pub fn columns(&self, wanted: &LabelColumns) -> Result<Columns, String> {
        let find = |given: &str, usual: &[&str]| {
            if given.is_empty() {
                return Ok(usual.iter().find_map(|name| self.headers.iter().position(|h| plain(h) == *name)));
            }
            let number = given.parse::<usize>().ok().and_then(|n| n.checked_sub(1)).filter(|&n| n < self.headers.len());
            (self.headers.iter().position(|h| h == given))
                .or_else(|| self.headers.iter().position(|h| h.eq_ignore_ascii_case(given)))
                .or(number)
                .map(Some)
                .ok_or_else(|| format!("has no column `{given}`; its columns are {}", self.headers.join(", ")))
        };
        Ok(Columns {
            file: find(&wanted.file, FILE)?,
            label: find(&wanted.label, LABEL)?,
            split: find(&wanted.split, SPLIT)?,
            patient: find(&wanted.patient, PATIENT)?,
        })
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
            let name = |column: Option<usize>| column.and_then(|c| table.headers.get(c)).cloned().unwrap_or_default();
            LabelColumns { file: name(c.file), label: name(c.label), split: name(c.split), patient: name(c.patient) }
        });
        let fields = |row| (0..table.headers.len()).map(|c| table.text(row, Some(c))).collect();
        let rows = table.rows.iter().take(Self::ROWS).map(fields).collect();
        Ok(Self { rows, total: table.rows.len(), guess: guess.unwrap_or_default(), headers: table.headers })
    }
}

fn plain(header: &str) -> String {
    header.trim().to_ascii_lowercase().replace([' ', '-', '.'], "_")
}

/// As UTF-8 where it is UTF-16; any other bytes stay as they are.
fn without_bom(bytes: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    let wide = |order: fn([u8; 2]) -> u16| {
        let units = bytes[2..].as_chunks::<2>().0.iter().map(|&b| order(b));
        char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect::<String>().into_bytes()
    };
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => rest.into(),
        [0xff, 0xfe, ..] => wide(u16::from_le_bytes).into(),
        [0xfe, 0xff, ..] => wide(u16::from_be_bytes).into(),
        _ => bytes.into(),
    }
}

/// The delimiter, by its count in the first line outside quotes, and where the table starts (after Excel's `sep=;`).
fn dialect(text: &[u8]) -> (u8, usize) {
    let first = text.split(|b| *b == b'\n' || *b == b'\r').next().unwrap_or_default();
    if let [b's', b'e', b'p', b'=', delimiter] = first {
        let ends = text[first.len()..].iter().take_while(|b| matches!(b, b'\n' | b'\r')).count();
        return (*delimiter, first.len() + ends);
    }
    let mut quoted = false;
    let mut counts = [0usize; 256];
    for &byte in first {
        quoted ^= byte == b'"';
        counts[usize::from(byte)] += usize::from(!quoted);
    }
    // The last of equals is taken: the comma.
    let delimiter = [b'|', b'\t', b';', b','].into_iter().max_by_key(|&d| counts[usize::from(d)]).unwrap_or(b',');
    (delimiter, 0)
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
        assert_eq!(table.columns(&none).unwrap(), Columns { file: Some(0), label: Some(1), split: None, patient: None });
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
        assert_eq!(table.text(&table.rows[0], Some(0)), "ä");
        assert!(Table::parse(b"").is_err());
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
                prop_assert_eq!(table.text(row, Some(0)), file.trim_matches([' ', '\t']));
                prop_assert_eq!(&table.text(row, Some(1)), label);
            }
        }

        #[test]
        fn any_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = Table::parse(&bytes);
        }
    }
}
