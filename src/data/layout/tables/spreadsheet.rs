//! Spreadsheets (`.xlsx`, `.xls`, `.xlsb`, `.ods`): the first sheet that holds a table.

use super::table::Table;
use calamine::{Data, Reader, Sheets, open_workbook_auto_from_rs};
use csv::StringRecord;
use std::io::Cursor;

/// Sheets may unpack to this much.
const MAX_UNPACKED: u64 = 512 << 20;

/// The first sheet with two rows or more; the first filled row holds the headers.
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
        let mut rows = range.rows().map(|row| row.iter().map(text).collect::<Vec<String>>());
        let mut rows = rows.by_ref().skip_while(|row| row.iter().all(String::is_empty));
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
