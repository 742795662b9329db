//! Rows under headers, and tables as text: comma, semicolon, tab, bar or blank; BOM, CRLF, quotes; UTF-8, UTF-16 or Windows-1252.

use super::{columns::Columns, text};
use crate::config::LabelColumns;
use csv::StringRecord;

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

impl Table {
    /// Lines are taken as they come; shorter and longer ones are kept, to be judged one by one.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let (text, encoding) = text::decode(bytes);
        let (delimiter, start) = text::dialect(&text);
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(&text.as_bytes()[start..]);
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
