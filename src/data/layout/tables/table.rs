//! Rows under headers, and tables as text: comma, semicolon, tab, bar or blank; BOM, CRLF, quotes; UTF-8, UTF-16 or Windows-1252.

use super::{
    columns::{Columns, is_label, of_patient, plain},
    text,
};
use crate::{config::LabelColumns, text::from_cell};
use csv::{Position, StringRecord};
use std::{collections::HashSet, fmt};

#[derive(Debug)]
pub struct Table {
    pub headers: Vec<String>,
    pub rows: Vec<StringRecord>,
    /// What the text is encoded as, where it is not UTF-8.
    pub encoding: Option<&'static str>,
    /// The line of the headers as a person counts, from 1; 0 where there are none.
    pub header_line: usize,
    /// The sheet of a spreadsheet that has several.
    pub sheet: Option<String>,
    /// Nothing but blanks divides its lines; they may stand in names as well.
    pub by_blanks: bool,
    /// The columns that name the files together, from which the last one is made.
    pub named_by: Option<[usize; 2]>,
}

/// Why a file holds no table, as words behind its name.
#[derive(Debug)]
pub enum NoTable {
    /// It is sound JSON, and something else: a file like this is passed over.
    NoList,
    /// It cannot be read.
    Unread(String),
}

impl From<String> for NoTable {
    fn from(reason: String) -> Self {
        Self::Unread(reason)
    }
}

impl fmt::Display for NoTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoList => f.write_str("is JSON, but no list of images"),
            Self::Unread(reason) => f.write_str(reason),
        }
    }
}

/// The headers are looked for in so many rows: titles and remarks may stand above them.
const TITLES: usize = 20;

impl Default for Table {
    fn default() -> Self {
        Self {
            headers: Vec::new(),
            rows: Vec::new(),
            encoding: None,
            header_line: 1,
            sheet: None,
            by_blanks: false,
            named_by: None,
        }
    }
}

impl Table {
    /// Lines are taken as they come; shorter and longer ones are kept, to be judged one by one.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let (text, encoding) = text::decode(bytes);
        let (delimiter, start) = text::dialect(&text);
        let text = if delimiter == b' ' && start == 0 { text::with_single_blanks(&text) } else { text };
        let mut reader = csv::ReaderBuilder::new();
        let reader = reader.delimiter(delimiter).flexible(true).has_headers(false).from_reader(&text.as_bytes()[start..]);
        let mut rows: Vec<StringRecord> =
            reader.into_records().collect::<Result<_, _>>().map_err(|e| format!("is no table: {e}"))?;
        number_lines(&mut rows, text.as_bytes(), start);
        Ok(Self { encoding, by_blanks: delimiter == b' ', ..Self::of_rows(rows).ok_or("is empty")? })
    }

    /// The first row that holds headers, and what follows it; `None` where nothing does.
    pub fn of_rows(mut rows: Vec<StringRecord>) -> Option<Self> {
        let at = header_row(&rows)?;
        let mut headers: Vec<String> = rows[at].iter().map(|h| h.trim().to_string()).collect();
        if let Some(name) = headers[0].strip_prefix('#').map(str::trim).filter(|name| !name.is_empty()) {
            headers[0] = name.to_string();
        }
        let header_line = rows[at].position().map_or(at + 1, line);
        rows.drain(..=at);
        rows.retain(|row| filled(row) > 0);
        Some(Self { headers, rows, header_line, ..Self::default() })
    }

    /// The same where what stands first is no header but a row.
    pub fn without_headers(mut self) -> Self {
        let headers = (1..=self.headers.len()).map(|n| format!("column {n}")).collect();
        self.rows.insert(0, at_line(StringRecord::from(std::mem::replace(&mut self.headers, headers)), self.header_line));
        self.header_line = 0;
        self
    }

    /// The same with all cells of a row in one, but for so many at its end.
    pub fn joined(&self, kept: usize) -> Self {
        let joined = |cells: &[&str]| -> Vec<String> {
            let (name, rest) = cells.split_at(cells.len().saturating_sub(kept));
            [name.join(" ")].into_iter().chain(rest.iter().map(|cell| cell.to_string())).collect()
        };
        let row = |row: &StringRecord| in_line_of(row, joined(&row.iter().collect::<Vec<_>>()));
        let headers = joined(&self.headers.iter().map(String::as_str).collect::<Vec<_>>());
        let rows = self.rows.iter().map(row).collect();
        Self { headers, rows, sheet: self.sheet.clone(), ..*self }
    }

    /// The line of a row as a person counts, from 1: empty rows and titles count.
    pub fn line(&self, row: usize) -> usize {
        let told = self.rows.get(row).and_then(StringRecord::position);
        told.map_or(row + self.header_line + 1, line)
    }

    /// Whether this program wrote it: `scores.csv` of a run.
    pub fn is_of_scores(&self) -> bool {
        let has = |name: &str| self.headers.iter().any(|h| h == name);
        ["path", "split", "label", "score"].into_iter().all(has) && (has("predicted") || has("threshold"))
    }

    /// Without the apostrophes that this program puts before what spreadsheets would take for formulas.
    pub fn without_escapes(self) -> Self {
        if !self.is_of_scores() {
            return self;
        }
        let rows = self.rows.iter().map(|row| in_line_of(row, row.iter().map(from_cell))).collect();
        Self { rows, ..self }
    }

    /// Whether a column is called so.
    pub fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|header| plain(header) == plain(name))
    }

    /// What a person types for a column: its name, or its number where that is no name or that of several.
    pub fn typed(&self, column: usize) -> String {
        let name = self.header(Some(column));
        let is_alone = self.headers.iter().filter(|header| plain(header) == plain(name)).count() == 1;
        if is_alone && !name.is_empty() { name.into() } else { (column + 1).to_string() }
    }

    /// With other values in a column, one for each row.
    pub fn with_column(self, column: usize, values: &[String]) -> Self {
        let row = |(row, value): (&StringRecord, &String)| {
            let fields = (0..self.headers.len()).map(|c| if c == column { value } else { row.get(c).unwrap_or_default() });
            in_line_of(row, fields)
        };
        let rows = self.rows.iter().zip(values).map(row).collect();
        Self { rows, ..self }
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
        let mut columns = Columns::find(&self.headers, wanted)?;
        // A column that says the same of all images tells them not apart: Real-IAD's `category` beside `anomaly_class`.
        let differs = |&c: &usize| self.column(c).any(|value| Some(value) != self.column(c).next());
        if wanted.label.is_empty() && columns.label.is_some_and(|label| !differs(&label)) {
            let other = (0..self.headers.len()).find(|c| is_label(&self.headers[*c]) && differs(c) && Some(*c) != columns.file);
            columns.label = other.or(columns.label);
        }
        // Whatever it is called, a column of splits is one.
        if wanted.label.is_empty() && columns.label.is_some_and(|label| self.says_splits(label)) {
            let is_other = |c: &usize| is_label(&self.headers[*c]) && !self.says_splits(*c) && Some(*c) != columns.file;
            columns.label = (0..self.headers.len()).find(is_other);
        }
        let has_numbers = |&c: &usize| {
            let values = || self.column(c).filter(|value| !value.is_empty());
            let distinct = values().collect::<HashSet<_>>().len();
            distinct > 2 && distinct * 200 > self.rows.len() && values().all(|value| value.contains(|c: char| c.is_ascii_digit()))
        };
        if wanted.patient.is_empty() && columns.patient.is_none() {
            let is_free = |c: &usize| ![columns.file, columns.label].contains(&Some(*c));
            columns.patient = of_patient(&self.headers).filter(is_free).find(has_numbers);
        }
        Ok(Columns { split: self.split_columns(&columns, wanted), ..columns })
    }
}

/// Other cells in the line of a row.
pub fn in_line_of<C: AsRef<str>>(row: &StringRecord, cells: impl IntoIterator<Item = C>) -> StringRecord {
    let mut other = StringRecord::new();
    cells.into_iter().for_each(|cell| other.push_field(cell.as_ref()));
    other.set_position(row.position().cloned());
    other
}

/// A row with the line that it stands in, from 1.
pub(super) fn at_line(mut row: StringRecord, line: usize) -> StringRecord {
    let mut position = Position::new();
    position.set_line(line as u64);
    row.set_position(Some(position));
    row
}

fn line(position: &Position) -> usize {
    usize::try_from(position.line()).unwrap_or(usize::MAX)
}

/// Gives the rows of a text, of which the first begins at `start` or behind it, their lines: the reader counts neither empty
/// ones nor every kind of end.
fn number_lines(rows: &mut [StringRecord], text: &[u8], start: usize) {
    let (mut at, mut line) = (0, 1);
    for row in rows {
        let mut begin = start + row.position().map_or(0, |p| usize::try_from(p.byte()).unwrap_or(0));
        begin += text.get(begin..).unwrap_or_default().iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        let is_end = |i: &usize| text[*i] == b'\n' || (text[*i] == b'\r' && text.get(i + 1) != Some(&b'\n'));
        line += (at..begin.min(text.len())).filter(is_end).count();
        at = begin;
        *row = at_line(std::mem::take(row), line);
    }
}

fn filled(row: &StringRecord) -> usize {
    row.iter().filter(|cell| !cell.trim().is_empty()).count()
}

/// The first row with usual names of columns of files and of labels, else the first that is about as full as those behind it.
fn header_row(rows: &[StringRecord]) -> Option<usize> {
    let first = || rows.iter().enumerate().take(TITLES).filter(|(_, row)| filled(row) > 0);
    let is_known = |row: &StringRecord| {
        let headers: Vec<String> = row.iter().map(|h| h.trim().trim_start_matches('#').trim().to_string()).collect();
        Columns::find(&headers, &LabelColumns::default())
            .is_ok_and(|c| c.file.is_some() && c.label.is_some() && c.file != c.label)
    };
    if let Some((at, _)) = first().find(|(_, row)| is_known(row)) {
        return Some(at);
    }
    let mut widths: Vec<usize> = first().map(|(_, row)| filled(row)).collect();
    widths.sort_unstable();
    let usual = *widths.get(widths.len() / 2)?;
    // pandas gives its index no name.
    let is_index = |row: &StringRecord| filled(row) > 0 && filled(row) + 1 == row.len() && row[0].trim().is_empty();
    first().find(|(_, row)| (filled(row) + usize::from(is_index(row))) * 5 >= usual * 4).map(|(at, _)| at)
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
    fn titles_and_remarks_above_the_headers_are_passed_over() {
        for above in ["# made by x\n# 2024\n", "Export of the study, 2024\n,\n", "Export of the study\n\n", "\n\n"] {
            let table = Table::parse(format!("{above}file;note;label\na.png;b, c, d;1\nb.png;;2\n").as_bytes()).unwrap();
            assert_eq!(table.headers, ["file", "note", "label"], "{above:?}");
            assert_eq!((table.rows.len(), table.field(&table.rows[0], Some(2))), (2, "1"), "{above:?}");
        }
        assert_eq!(Table::parse(b"# file,label\na,1\n").unwrap().headers, ["file", "label"]);
        assert_eq!(Table::parse(b"title of it\n\nn\tx\ty\na\t1\t2\nb\t1\t2\n").unwrap().headers, ["n", "x", "y"]);
    }

    #[test]
    fn names_in_our_own_scores_are_read_as_they_were() {
        let table = Table::parse(b"path,split,label,score,predicted\n'=a.png,test,1,2,1\n'b.png,test,0,1,0\n").unwrap();
        let names: Vec<String> = table.without_escapes().column(0).map(str::to_string).collect();
        assert_eq!(names, ["=a.png", "'b.png"]);
        let other = Table::parse(b"path,label\n'=a.png,1\n").unwrap().without_escapes();
        assert_eq!(other.field(&other.rows[0], Some(0)), "'=a.png");
    }

    #[test]
    fn rows_know_their_lines() {
        for (text, lines) in [
            ("file,label\na,1\n\n\nb,2\n", [2, 5]),
            ("sep=;\r\n\r\nfile;label\r\na;1\r\n;\r\nb;2", [4, 6]),
            ("file\tlabel\ra\t1\r\rb\t2\r", [2, 4]),
            ("Title of it\n\nfile,label\n\"a\nb\",1\nb,2\n", [4, 6]),
        ] {
            let table = Table::parse(text.as_bytes()).unwrap();
            assert_eq!([table.line(0), table.line(1)], lines, "{text:?}");
        }
        let ours = Table::parse(b"path,split,label,score,predicted\n\na,test,1,2,1\n").unwrap().without_escapes();
        assert_eq!(ours.line(0), 3);
        let bare = Table::parse(b"\na.png,1\n\nb.png,2\n").unwrap().without_headers();
        assert_eq!([bare.line(0), bare.line(1)], [2, 4]);
    }

    #[test]
    fn a_table_without_headers_counts_its_first_line() {
        let table = Table::parse(b"a.png,1\nb.png,2\n").unwrap().without_headers();
        assert_eq!((table.line(0), table.rows.len(), table.headers), (1, 2, vec!["column 1".into(), "column 2".into()]));
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
