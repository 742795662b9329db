//! How a path is understood: which files lie there, which layout they form, and the data set that comes of it.
//!
//! [`open`] scans the files ([`file_scan`]), tells masks from images ([`masks`]), asks [`folders`] (by their [`levels`]) and
//! [`labels`] what the folders, the [`tables`] and the files of single images ([`annotations`]) say, or [`arrays`] and
//! [`cifar`] where many images lie in one file; [`detected`] makes the data set, [`depth`] says by which bits its pictures are shown.

mod annotations;
mod arrays;
mod cifar;
mod contradictions;
mod depth;
mod detected;
mod file_scan;
mod folders;
mod labels;
mod levels;
mod masks;
mod open;
mod patients;
mod system_files;
mod tables;

pub use tables::{TABLE_ENDINGS, TablePreview};
