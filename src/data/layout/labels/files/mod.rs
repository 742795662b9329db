//! Which pictures the rows of a table name, and by which of its columns.
//!
//! | room | what it holds | may use |
//! |---|---|---|
//! | `path_text` | paths as tables write them | nothing |
//! | `naming` | how the values of a column are to be understood | `path_text` |
//! | `named_files` | which picture a value names | `naming path_text` |
//! | `coverage` | how many rows name a picture | `named_files naming` |
//! | `two_columns` | names that stand in two columns | `coverage named_files naming path_text` |
//! | `file_column` | a table as it is to be read: which column names the files, and how | `coverage named_files naming two_columns` |

mod coverage;
mod file_column;
mod named_files;
mod naming;
mod path_text;
mod two_columns;

pub use coverage::are_names;
pub use file_column::{ResolvedTable, resolve_columns};
pub use named_files::{Match, NamedFiles};
pub use naming::{Naming, split_of_name};
pub use path_text::{absolute, without_extension, without_format};
