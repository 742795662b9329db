//! Tables as CSV.

use crate::error::{Error, Result};
use csv::Writer;

pub type Table = Writer<Vec<u8>>;

/// The bytes of a table.
///
/// # Errors
/// Rows of different lengths.
pub fn csv_of(fill: impl FnOnce(&mut Table) -> csv::Result<()>) -> Result<Vec<u8>> {
    let mut table = Writer::from_writer(Vec::new());
    let failed = |e: String| Error::user(format!("the table could not be written: {e}"), "");
    fill(&mut table).map_err(|e| failed(e.to_string()))?;
    table.into_inner().map_err(|e| failed(e.to_string()))
}
