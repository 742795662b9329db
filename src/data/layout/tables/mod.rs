//! Tables of labels, whatever they are written as: rows under headers, and what the columns mean.
//!
//! [`table`] reads a file by its ending: text ([`text`]), JSON ([`json`]) or a spreadsheet ([`spreadsheet`]); [`columns`] knows the
//! usual names of columns, and [`labels`] how a row says its class: in one column, one-hot, or as several findings.

mod columns;
mod json;
mod labels;
mod spreadsheet;
mod table;
mod text;

pub use columns::Columns;
pub use labels::LabelScheme;
pub use table::{Table, TablePreview, is_table_name};
