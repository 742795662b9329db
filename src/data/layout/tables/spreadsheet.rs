//! Spreadsheets (`.xlsx`, `.xlsb`, `.xls`): each sheet that holds a table.
//!
//! Cells are taken one by one: a sheet as a rectangle, which the readers would give, has as many as its outermost two cells say,
//! and these may be two at the far corners of nothing.

use super::{
    table::{Table, at_line},
    workbook,
};
use calamine::{Cell, Data, DataRef, Dimensions, Reader, Xls, Xlsb, Xlsx};
use csv::StringRecord;
use std::{
    collections::BTreeMap,
    io::{Cursor, Read},
};
use zip::ZipArchive;

/// All parts may unpack to this much…
const MAX_UNPACKED: u64 = 256 << 20;
/// …the texts that cells share to this…
const MAX_SHARED: u64 = 96 << 20;
/// …what names parts and formats to this…
const MAX_OF_BOOK: u64 = 16 << 20;
/// …and what stands between two marks to this.
const MAX_BETWEEN: usize = 4 << 20;
/// All sheets together are not read further than this, should many of them be one and the same part.
const MAX_OF_SHEETS: u64 = 1 << 30;
/// A table of labels has no more cells than this, empty ones before others included…
const MAX_CELLS: usize = 6_000_000;
/// …and no more bytes of text.
const MAX_TEXT: usize = 96 << 20;

/// Rows of a sheet with their numbers, from 1; those without cells left out.
type Rows = Vec<(usize, Vec<String>)>;

/// Whether a file begins as a spreadsheet does; text under the name of one is common.
pub fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK") || bytes.starts_with(b"\xd0\xcf\x11\xe0")
}

/// All sheets with two rows or more; their names where there are several.
pub fn parse(bytes: Vec<u8>) -> Result<Vec<Table>, String> {
    let sheets = match ZipArchive::new(Cursor::new(&bytes)) {
        Ok(mut zip) => {
            if zip.index_for_name("content.xml").is_some() {
                return Err("is an OpenDocument spreadsheet, which is not read; save it as .xlsx or .csv".into());
            }
            let largest = largest_part(&mut zip)?;
            in_archive(Cursor::new(bytes), largest)?
        }
        Err(_) if bytes.starts_with(b"PK") => return Err("is a damaged spreadsheet, or one that is cut short".into()),
        Err(_) => in_old_form(bytes)?,
    };
    let unread = sheets.iter().any(|(_, rows)| rows.is_none());
    let table = |(name, rows): (String, Option<Rows>)| {
        let rows = rows?.into_iter().map(|(number, cells)| at_line(StringRecord::from(cells), number)).collect();
        let table = Table::of_rows(rows).filter(|table| !table.rows.is_empty())?;
        Some(Table { sheet: Some(name), ..table })
    };
    let mut tables: Vec<Table> = sheets.into_iter().filter_map(table).collect();
    if let [table] = &mut tables[..] {
        table.sheet = None;
    }
    match (tables.is_empty(), unread) {
        (false, _) => Ok(tables),
        (true, false) => Err("holds no sheet with a table".into()),
        (true, true) => Err("is a damaged spreadsheet: no sheet of it can be read".into()),
    }
}

/// Bytes of the largest part, unpacked. What the archive says of their sizes is not trusted: each is unpacked once for it.
fn largest_part(zip: &mut ZipArchive<Cursor<&Vec<u8>>>) -> Result<u64, String> {
    let (mut left, mut largest) = (MAX_UNPACKED, 0);
    let mut buffer = vec![0; 1 << 16];
    for i in 0..zip.len() {
        // What cannot be unpacked is for the reader to judge, where it needs it.
        let Ok(mut part) = zip.by_index(i) else { continue };
        let name = part.name().map_or(String::new(), |name| name.to_ascii_lowercase());
        let is_of = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
        let most = if is_of(&["sharedstrings.xml", "sharedstrings.bin"]) {
            MAX_SHARED
        } else if is_of(&[".rels", "workbook.xml", "workbook.bin", "styles.xml", "styles.bin", "content_types].xml"]) {
            MAX_OF_BOOK
        } else {
            MAX_UNPACKED
        };
        let (mut size, mut between) = (0u64, 0);
        while let Ok(count @ 1..) = part.read(&mut buffer) {
            size += count as u64;
            if size > most.min(left) {
                let most = if most < left { most } else { MAX_UNPACKED };
                return Err(format!("would unpack to more than {} MiB; that is refused", most >> 20));
            }
            let unbroken = |part: &[u8]| part.iter().position(|byte| *byte == b'<');
            between = match unbroken(&buffer[..count]) {
                None => between + count,
                Some(first) if between + first > MAX_BETWEEN => usize::MAX,
                Some(_) => buffer[..count].iter().rev().take_while(|byte| **byte != b'<').count(),
            };
            if between > MAX_BETWEEN && is_of(&[".xml", ".rels"]) {
                return Err(format!("has a cell of more than {} MiB; that is refused", MAX_BETWEEN >> 20));
            }
        }
        left -= size;
        largest = largest.max(size);
    }
    Ok(largest)
}

fn damaged(error: impl std::fmt::Display) -> String {
    format!("is no spreadsheet that can be read: {error}")
}

/// `largest`: bytes of its largest part.
fn in_archive(bytes: Cursor<Vec<u8>>, largest: u64) -> Result<Vec<Sheet>, String> {
    let check = |names: Vec<String>| match names.len() as u64 * largest {
        ..=MAX_OF_SHEETS => Ok(names),
        _ => Err(format!("has {} sheets, too many for their size", names.len())),
    };
    let mut budget = Budget::default();
    if let Ok(mut book) = Xlsb::new(bytes.clone()) {
        return sheets(check(book.sheet_names())?, |name| {
            let mut cells = book.worksheet_cells_reader(name).ok()?;
            Some(budget.rows(|| Ok(cells.next_cell()?.map(placed)), &[]))
        });
    }
    let mut book = Xlsx::new(bytes).map_err(damaged)?;
    sheets(check(book.sheet_names())?, |name| {
        let merged = book.merge_cells_by_sheet_name(name).unwrap_or_default();
        let mut cells = book.worksheet_cells_reader(name).ok()?;
        Some(budget.rows(|| Ok(cells.next_cell()?.map(placed)), &merged))
    })
}

/// The name of a sheet and what it holds; `None` where it cannot be read.
type Sheet = (String, Option<Rows>);

fn sheets(names: Vec<String>, mut read: impl FnMut(&str) -> Option<Result<Option<Rows>, String>>) -> Result<Vec<Sheet>, String> {
    names.into_iter().map(|name| read(&name).transpose().map(|rows| (name, rows.flatten()))).collect()
}

/// Sheets of Excel up to 2003 are rectangles at most of 65,536 by 256.
fn in_old_form(bytes: Vec<u8>) -> Result<Vec<Sheet>, String> {
    if bytes.windows(ENCRYPTED.len()).any(|w| w == ENCRYPTED) {
        return Err("is a spreadsheet with a password; save it without one, or as .csv".into());
    }
    let extent = workbook::extent(&bytes).ok_or("is a spreadsheet that is damaged, or says it is larger than any")?;
    if extent.cells > MAX_CELLS as u64 || extent.text > MAX_TEXT as u64 {
        return Err(TOO_LARGE.into());
    }
    let mut book = Xls::new(Cursor::new(bytes)).map_err(damaged)?;
    let names = book.sheet_names();
    let mut budget = Budget::default();
    sheets(names, |name| {
        let merged = book.merge_cells_by_sheet_name(name).unwrap_or_default();
        let range = book.worksheet_range(name).ok()?;
        let (top, left) = range.start().unwrap_or_default();
        let mut cells = range.used_cells().map(|(row, column, cell)| ((top as usize + row, left as usize + column), text(cell)));
        Some(budget.rows(|| Ok(cells.next()), &merged))
    })
}

/// The name of the stream that holds an encrypted one, in UTF-16.
const ENCRYPTED: &[u8] = b"E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0";

const TOO_LARGE: &str = "has more cells than a table of labels; save the sheet with the labels as .csv";

/// Row and column of a cell, from 0, and what it says.
type Placed = ((usize, usize), String);

fn placed(cell: Cell<DataRef<'_>>) -> Placed {
    let (row, column) = cell.get_position();
    ((row as usize, column as usize), text(&Data::from(cell.get_value().clone())))
}

/// A cell that cannot be read, for whatever reason.
struct Unreadable;

impl<E: std::error::Error> From<E> for Unreadable {
    fn from(_: E) -> Self {
        Self
    }
}

/// What was read of all sheets.
#[derive(Default)]
struct Budget {
    cells: usize,
    text: usize,
}

impl Budget {
    /// Cells of a sheet in the order of its rows; `None` where one cannot be read. `merged`: cells that are one to the eye.
    fn rows(
        &mut self,
        mut next: impl FnMut() -> Result<Option<Placed>, Unreadable>,
        merged: &[Dimensions],
    ) -> Result<Option<Rows>, String> {
        let mut rows: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        let mut first = usize::MAX;
        loop {
            let ((row, column), value) = match next() {
                Ok(Some(cell)) => cell,
                Ok(None) => break,
                Err(Unreadable) => return Ok(None),
            };
            if value.is_empty() {
                continue;
            }
            let row = rows.entry(row + 1).or_default();
            self.cells += (column + 1).saturating_sub(row.len());
            self.text += value.len();
            if self.cells > MAX_CELLS || self.text > MAX_TEXT {
                return Err(TOO_LARGE.into());
            }
            row.resize(row.len().max(column + 1), String::new());
            row[column] = value;
            first = first.min(column);
        }
        for region in merged {
            self.fill_down(&mut rows, region)?;
        }
        let cut = |(number, mut row): (usize, Vec<String>)| (number, row.split_off(first.min(row.len())));
        Ok(Some(rows.into_iter().map(cut).collect()))
    }

    /// A cell that was merged over several rows says the same of each: of all images of a patient, say.
    fn fill_down(&mut self, rows: &mut BTreeMap<usize, Vec<String>>, region: &Dimensions) -> Result<(), String> {
        let ((top, column), (bottom, _)) = (region.start, region.end);
        let (top, column) = (top as usize + 1, column as usize);
        let Some(value) = rows.get(&top).and_then(|row| row.get(column)).filter(|value| !value.is_empty()).cloned() else {
            return Ok(());
        };
        for (_, row) in rows.range_mut(top + 1..(bottom as usize + 2).max(top + 1)) {
            self.cells += 1 + (column + 1).saturating_sub(row.len());
            self.text += value.len();
            if self.cells > MAX_CELLS || self.text > MAX_TEXT {
                return Err(TOO_LARGE.into());
            }
            row.resize(row.len().max(column + 1), String::new());
            row[column].clone_from(&value);
        }
        Ok(())
    }
}

/// A cell as it would stand in a CSV: whole numbers without a point.
fn text(cell: &Data) -> String {
    match cell {
        Data::Empty | Data::Error(_) => String::new(),
        Data::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        cell => cell.to_string().trim().to_string(),
    }
}
