//! Labels from tables: which tables name the images, which of them label them, and what is said of the others.
//!
//! | room | what it holds | may use |
//! |---|---|---|
//! | `files` | which pictures the rows of a table name, and by which column | nothing |
//! | `without_row` | images that no row names | nothing |
//! | `rows` | what the rows say of each image | `files without_row` |
//! | `annotated` | files of single images as a table | `files rows` |
//! | `continued` | tables that go on where another one ends | `rows` |
//! | `mask_columns` | masks that a table names | `files rows` |
//! | `patients` | patients whom a table names that labels nothing | `files` |
//! | `class_lists` | lists of names, by class or split | `files rows` |
//! | `judge` | what one table is to these images | `class_lists files patients rows` |
//! | `unread` | files that name images and are not read | `files` |
//! | `search` | the tables of a folder, and which are used | all of the above |
//! | `given` | the table that a person names | all of the above but `judge search` |

mod annotated;
mod class_lists;
mod continued;
mod files;
mod given;
mod judge;
mod mask_columns;
mod patients;
mod rows;
mod search;
mod unread;
mod without_row;

pub use given::{Given, from_given};
pub use rows::{SplitList, said_by};
pub use search::find;
