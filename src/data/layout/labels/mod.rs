//! Labels from tables: which tables name the images, which of them label them, and what is said of the others.
//!
//! | room | what it holds | may use |
//! |---|---|---|
//! | `path_text` | paths as tables write them | nothing |
//! | `naming` | how the values of a column are to be understood | `path_text` |
//! | `named_files` | which picture a value names | `naming path_text` |
//! | `coverage` | how many rows name a picture | `named_files naming` |
//! | `file_column` | a table as it is to be read: which column names the files, and how | `coverage named_files naming` |
//! | `without_row` | images that no row names | nothing |
//! | `rows` | what the rows say of each image | `named_files naming without_row` |
//! | `annotated` | files of single images as a table | `named_files naming path_text rows` |
//! | `continued` | tables that go on where another one ends | `rows` |
//! | `judge` | what one table is to these images | `file_column named_files naming rows` |
//! | `unread` | files that name images and are not read | `path_text` |
//! | `search` | the tables of a folder, and which are used | all of the above |
//! | `given` | the table that a person names | all of the above but `judge search` |

mod annotated;
mod continued;
mod coverage;
mod file_column;
mod given;
mod judge;
mod named_files;
mod naming;
mod path_text;
mod rows;
mod search;
mod unread;
mod without_row;

pub use given::from_given;
pub use rows::{SplitList, said_by};
pub use search::find;
