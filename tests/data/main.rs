//! Folders, tables, annotations and files of images, as people have them.

#[path = "../common/mod.rs"]
mod common;
#[path = "../test_files/mod.rs"]
mod test_files;

mod annotation_programs;
mod annotations;
mod arrays;
mod class_folders;
mod curation;
mod data_files;
mod depth;
mod detection_sets;
mod dicom_window;
mod file_columns;
mod inspect;
mod layouts;
mod masks;
mod mentions;
mod named_together;
mod namesakes;
mod patients;
mod public_sets;
mod spreadsheets;
mod synth;
mod table_forms;
mod table_rows;
mod tables;
mod unkind_files;
