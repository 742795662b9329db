//! Spreadsheets (`.xlsx`, `.xls`, `.xlsb`, `.ods`): each sheet that holds a table.

use super::table::Table;
use calamine::{Data, Reader, Sheets, open_workbook_auto_from_rs};
use csv::StringRecord;
use std::io::Cursor;

/// Sheets may unpack to this much.
const MAX_UNPACKED: u64 = 512 << 20;

/// All sheets with two rows or more; their names where there are several.
pub fn parse(bytes: Vec<u8>) -> Result<Vec<Table>, String> {
    if let Ok(mut zip) = zip::ZipArchive::new(Cursor::new(&bytes)) {
        let sizes = (0..zip.len()).map(|i| zip.by_index_raw(i).map_or(0, |entry| entry.size()));
        if sizes.fold(0u64, u64::saturating_add) > MAX_UNPACKED {
            return Err(format!("would unpack to more than {} MiB; that is refused", MAX_UNPACKED >> 20));
        }
    }
    let mut book: Sheets<Cursor<Vec<u8>>> =
        open_workbook_auto_from_rs(Cursor::new(bytes)).map_err(|e| format!("is no spreadsheet that can be read: {e}"))?;
    let names = book.sheet_names();
    let sheets = names.iter().filter_map(|name| Some((name, book.worksheet_range(name).ok()?)));
    let mut tables = Vec::new();
    for (name, range) in sheets {
        let rows: Vec<StringRecord> = range.rows().map(|row| row.iter().map(text).collect()).collect();
        if let Some(table) = Table::of_rows(rows).filter(|table| !table.rows.is_empty()) {
            tables.push(Table { sheet: Some(name.clone()), ..table });
        }
    }
    if let [table] = &mut tables[..] {
        table.sheet = None;
    }
    if tables.is_empty() { Err("holds no sheet with a table".into()) } else { Ok(tables) }
}

/// A cell as it would stand in a CSV: whole numbers without a point.
fn text(cell: &Data) -> String {
    match cell {
        Data::Empty | Data::Error(_) => String::new(),
        Data::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        cell => cell.to_string().trim().to_string(),
    }
}
