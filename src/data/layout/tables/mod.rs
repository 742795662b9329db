//! Tables of labels, whatever they are written as: rows under headers, and what the columns mean.
//!
//! [`read`] reads a file into a [`table`] by its ending: text ([`text`], [`mias`]), JSON ([`json`]), XML ([`xml`]) or a spreadsheet
//! ([`spreadsheet`]); rows that are about several images are taken apart ([`outlines`], [`sides`]);
//! [`columns`] knows the usual names of columns, [`splits`] how a row says its split, and [`label_scheme`] its class: in one column,
//! one-hot, as several findings, or by outlines of findings ([`outlines`]).

mod columns;
mod json;
mod label_scheme;
mod mias;
mod outlines;
mod read;
mod sides;
mod splits;
mod spreadsheet;
mod table;
mod text;
mod workbook;
mod xml;

pub use columns::{Columns, SplitColumns, is_measure, is_of_folders, plain, sounds_like_files};
pub use json::{JOIN, unmarked};
pub use label_scheme::{FINDING, LabelScheme, NONE, SEVERAL};
pub use read::{TABLE_ENDINGS, TablePreview, is_table, is_table_name, is_text_table, most_bytes};
pub use table::{NoTable, Table, in_line_of};
pub use text::decode as decode_text;
pub use xml::{Root, root as xml_root};
