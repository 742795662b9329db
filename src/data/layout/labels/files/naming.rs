//! How the values of a column of a table are to be understood.

use super::path_text::{absolute, parts};
use crate::data::{
    dataset::Split,
    layout::tables::Table,
    text::{fold, words},
};
use std::path::Path;

/// How the values of one column of one table are to be understood.
#[derive(Debug, Clone, Default)]
pub struct Naming {
    /// The folder that the table lies in.
    pub folder: Vec<String>,
    /// The table's name without extension: of several pictures of one name, that in a folder whose name begins so is meant
    /// (`train.csv`, `train_images/`).
    pub stem: String,
    /// The split that the table's name says: the same for folders of a split (`instances_val.json`, `val/`).
    pub split: Option<Split>,
    /// Folders that all values begin with and that lead to the data set somewhere else.
    pub prefix: Vec<String>,
    /// A value without a folder may be the name of one, as where a row is a patient.
    pub may_be_folders: bool,
}

/// The split that the name of a table or a sheet says in one of its words: `ISIC2018_Task3_Training_GroundTruth`.
pub fn split_of_name(name: &str) -> Option<Split> {
    words(name).find_map(Split::from_name)
}

impl Naming {
    /// That of a table at this path, or of a sheet in it, whose values are taken as they are.
    pub fn at(path: &Path, sheet: Option<&str>) -> Self {
        let folder = path.parent().map(absolute).unwrap_or_default();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let split = sheet.and_then(split_of_name).or_else(|| split_of_name(&stem));
        Self { folder, stem: fold(&stem), split, prefix: Vec::new(), may_be_folders: false }
    }

    /// The folders that are left out of each value, as text; `None` where values are taken as they are.
    pub fn left_out(&self) -> Option<String> {
        (!self.prefix.is_empty()).then(|| self.prefix.join("/"))
    }
}

/// The folders that every value of a column begins with.
pub fn shared_folders(table: &Table, column: Option<usize>) -> Vec<String> {
    let mut shared: Option<Vec<String>> = None;
    for value in table.rows.iter().map(|row| table.field(row, column)).filter(|value| !value.is_empty()) {
        let mut folders = parts(value);
        folders.pop();
        let shared = shared.get_or_insert_with(|| folders.clone());
        shared.truncate(shared.iter().zip(&folders).take_while(|(a, b)| a == b).count());
        if shared.is_empty() {
            break;
        }
    }
    shared.unwrap_or_default()
}
