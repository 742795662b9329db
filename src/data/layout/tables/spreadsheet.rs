//! Spreadsheets (`.xlsx`, `.xlsb`, `.xls`): each sheet that holds a table.
//!
//! Cells are taken one by one: a sheet as a rectangle, which the readers would give, has as many as its outermost two cells say,
//! and these may be two at the far corners of nothing.

use super::table::{Table, at_line};
use calamine::{Cell, Data, DataRef, Reader, Xls, Xlsb, Xlsx};
use csv::StringRecord;
use std::{collections::BTreeMap, io::Cursor};

/// Sheets may unpack to this much.
const MAX_UNPACKED: u64 = 512 << 20;
/// A table of labels has no more cells than this, empty ones before others included.
const MAX_CELLS: usize = 10_000_000;

/// Rows of a sheet with their numbers, from 1; those without cells left out.
type Rows = Vec<(usize, Vec<String>)>;

/// All sheets with two rows or more; their names where there are several.
pub fn parse(bytes: Vec<u8>) -> Result<Vec<Table>, String> {
    let zip = zip::ZipArchive::new(Cursor::new(&bytes)).ok();
    let is_zip = zip.is_some();
    if let Some(mut zip) = zip {
        let sizes = (0..zip.len()).map(|i| zip.by_index_raw(i).map_or(0, |entry| entry.size()));
        if sizes.fold(0u64, u64::saturating_add) > MAX_UNPACKED {
            return Err(format!("would unpack to more than {} MiB; that is refused", MAX_UNPACKED >> 20));
        }
        if zip.index_for_name("content.xml").is_some() {
            return Err("is an OpenDocument spreadsheet, which is not read; save it as .xlsx or .csv".into());
        }
    }
    let bytes = Cursor::new(bytes);
    let sheets = if is_zip { in_archive(bytes)? } else { in_old_form(bytes)? };
    let table = |(name, rows): (String, Rows)| {
        let rows = rows.into_iter().map(|(number, cells)| at_line(StringRecord::from(cells), number)).collect();
        let table = Table::of_rows(rows).filter(|table| !table.rows.is_empty())?;
        Some(Table { sheet: Some(name), ..table })
    };
    let mut tables: Vec<Table> = sheets.into_iter().filter_map(table).collect();
    if let [table] = &mut tables[..] {
        table.sheet = None;
    }
    if tables.is_empty() { Err("holds no sheet with a table".into()) } else { Ok(tables) }
}

fn damaged(error: impl std::fmt::Display) -> String {
    format!("is no spreadsheet that can be read: {error}")
}

fn in_archive(bytes: Cursor<Vec<u8>>) -> Result<Vec<(String, Rows)>, String> {
    if let Ok(mut book) = Xlsb::new(bytes.clone()) {
        return sheets(book.sheet_names(), |name| {
            let mut cells = book.worksheet_cells_reader(name).ok()?;
            Some(rows(|| cells.next_cell()))
        });
    }
    let mut book = Xlsx::new(bytes).map_err(damaged)?;
    sheets(book.sheet_names(), |name| {
        let mut cells = book.worksheet_cells_reader(name).ok()?;
        Some(rows(|| cells.next_cell()))
    })
}

/// The sheets of these names that can be read.
fn sheets(
    names: Vec<String>,
    mut read: impl FnMut(&str) -> Option<Result<Option<Rows>, String>>,
) -> Result<Vec<(String, Rows)>, String> {
    names.into_iter().filter_map(|name| Some(read(&name)?.transpose()?.map(|rows| (name, rows)))).collect()
}

/// Sheets of Excel up to 2003 are rectangles at most of 65,536 by 256.
fn in_old_form(bytes: Cursor<Vec<u8>>) -> Result<Vec<(String, Rows)>, String> {
    // What the reader makes room for is what this record says: its number, its length, first row, last row, columns.
    let dimensions = bytes.get_ref().windows(18).filter(|w| w.starts_with(&[0, 2, 14, 0]));
    let is_outsize = |w: &[u8]| w[10..12] != [0, 0] && w[10..12] != [1, 0] || w[15] > 1;
    if dimensions.filter(|w| is_outsize(w)).count() > 0 {
        return Err("is a spreadsheet that says it is larger than any; save it as .xlsx or .csv".into());
    }
    let mut book = Xls::new(bytes).map_err(damaged)?;
    let names = book.sheet_names();
    let sheet = |name: String| {
        let range = book.worksheet_range(&name).ok()?;
        let first = range.start().map_or(1, |(row, _)| row as usize + 1);
        let filled = (first..).zip(range.rows()).filter(|(_, row)| row.iter().any(|cell| *cell != Data::Empty));
        Some((name, filled.map(|(number, row)| (number, row.iter().map(text).collect())).collect()))
    };
    Ok(names.into_iter().filter_map(sheet).collect())
}

/// Cells of a sheet in the order of its rows; `None` where one cannot be read.
fn rows<'a, E>(mut next: impl FnMut() -> Result<Option<Cell<DataRef<'a>>>, E>) -> Result<Option<Rows>, String> {
    let mut rows: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let (mut count, mut first) = (0, usize::MAX);
    loop {
        let cell = match next() {
            Ok(Some(cell)) => cell,
            Ok(None) => break,
            Err(_) => return Ok(None),
        };
        let (row, column) = cell.get_position();
        let (value, row, column) = (text(&Data::from(cell.get_value().clone())), row as usize + 1, column as usize);
        if value.is_empty() {
            continue;
        }
        let row = rows.entry(row).or_default();
        count += (column + 1).saturating_sub(row.len());
        if count > MAX_CELLS {
            return Err(format!("has a sheet of more than {MAX_CELLS} cells, which no table of labels has"));
        }
        row.resize(row.len().max(column + 1), String::new());
        row[column] = value;
        first = first.min(column);
    }
    let cut = |(number, mut row): (usize, Vec<String>)| (number, row.split_off(first.min(row.len())));
    Ok(Some(rows.into_iter().map(cut).collect()))
}

/// A cell as it would stand in a CSV: whole numbers without a point.
fn text(cell: &Data) -> String {
    match cell {
        Data::Empty | Data::Error(_) => String::new(),
        Data::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        cell => cell.to_string().trim().to_string(),
    }
}
