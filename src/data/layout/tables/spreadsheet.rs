//! Spreadsheets (`.xlsx`, `.xls`, `.xlsb`, `.ods`): the first sheet that holds a table.

use super::table::Table;
use calamine::{Data, Reader, Sheets, open_workbook_auto_from_rs};
use csv::StringRecord;
use std::io::Cursor;

/// The headers are looked for in so many rows.
const TITLES: usize = 20;
/// Sheets may unpack to this much.
const MAX_UNPACKED: u64 = 512 << 20;

/// The first sheet with two rows or more; the headers are its first row that is about as full as any.
pub fn parse(bytes: Vec<u8>) -> Result<Table, String> {
    if let Ok(mut zip) = zip::ZipArchive::new(Cursor::new(&bytes)) {
        let sizes = (0..zip.len()).map(|i| zip.by_index_raw(i).map_or(0, |entry| entry.size()));
        if sizes.fold(0u64, u64::saturating_add) > MAX_UNPACKED {
            return Err(format!("would unpack to more than {} MiB; that is refused", MAX_UNPACKED >> 20));
        }
    }
    let mut book: Sheets<Cursor<Vec<u8>>> =
        open_workbook_auto_from_rs(Cursor::new(bytes)).map_err(|e| format!("is no spreadsheet that can be read: {e}"))?;
    for name in book.sheet_names() {
        let Ok(range) = book.worksheet_range(&name) else { continue };
        let all: Vec<Vec<String>> = range.rows().map(|row| row.iter().map(text).collect()).collect();
        // Titles above the headers fill fewer cells than these do.
        let filled = |row: &&Vec<String>| row.iter().filter(|cell| !cell.is_empty()).count();
        let most = all.iter().take(TITLES).map(|row| filled(&row)).max().unwrap_or(0);
        let mut rows = all.into_iter().skip_while(|row| filled(&row) == 0 || filled(&row) * 5 < most * 4);
        let Some(headers) = rows.next() else { continue };
        let rows: Vec<StringRecord> = rows.map(StringRecord::from).collect();
        if !rows.is_empty() {
            return Ok(Table { headers, rows, ..Table::default() });
        }
    }
    Err("holds no sheet with a table".into())
}

/// A cell as it would stand in a CSV: whole numbers without a point.
fn text(cell: &Data) -> String {
    match cell {
        Data::Empty | Data::Error(_) => String::new(),
        Data::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        cell => cell.to_string().trim().to_string(),
    }
}
