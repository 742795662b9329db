//! Labels from tables: which tables name the images, which of them label them, and what is said of the others.
//!
//! | room | what it holds | may use |
//! |---|---|---|
//! | `named_files` | which picture a value names | nothing |
//! | `file_column` | which column names the files | `named_files` |
//! | `rows` | what the rows say of each image | `named_files` |
//! | `search` | the tables of a folder, and which are used | all of the above |

mod file_column;
mod named_files;
mod rows;
mod search;

pub use search::{find, from_given};
