//! Patients that tables name whose columns label nothing: the folders say the classes of their images.

use super::files::{Match, NamedFiles, Naming};
use crate::data::{
    layout::{
        file_scan::FileScan,
        tables::{Columns, Table},
    },
    text::cut_list,
};
use std::collections::HashMap;

/// The patient of each image that a table names.
pub struct PatientList {
    /// The table and its column.
    source: String,
    patients: HashMap<usize, String>,
}

impl PatientList {
    /// The patients that the rows of a table name, which is called `name`; `None` where no column does.
    pub fn of(files: &NamedFiles, name: &str, table: &Table, columns: &Columns, naming: &Naming) -> Option<Self> {
        let column = columns.patient.filter(|_| columns.patient != columns.file)?;
        let mut patients = HashMap::new();
        for row in &table.rows {
            let patient = table.field(row, Some(column));
            match files.find(table.field(row, columns.file), naming) {
                _ if patient.is_empty() => {}
                Match::One(image) => _ = patients.entry(image).or_insert_with(|| patient.to_string()),
                Match::Folder(folder) => patients.extend(files.folder(folder).iter().map(|&image| (image, patient.to_string()))),
                Match::None | Match::Several(_) => {}
            }
        }
        // One patient in all says nothing about who is who.
        let tell_apart = patients.values().any(|patient| Some(patient) != patients.values().next());
        tell_apart.then(|| Self { source: source(name, table, columns), patients })
    }
}

/// A table and its column of patients.
pub fn source(table_name: &str, table: &Table, columns: &Columns) -> String {
    format!("{table_name} (column `{}`)", table.header(columns.patient))
}

/// Gives the pictures the patients of these lists. Returns what is said of it.
pub fn give(scan: &mut FileScan, lists: Vec<PatientList>) -> Option<String> {
    let said = said_by(lists.iter().map(|list| list.source.clone()));
    for (image, patient) in lists.into_iter().rev().flat_map(|list| list.patients) {
        scan.pictures[image].probe.patient = Some(patient);
    }
    said
}

/// Which `sources` say the patients.
pub fn said_by(sources: impl IntoIterator<Item = String>) -> Option<String> {
    let sources = cut_list(sources, 4);
    (!sources.is_empty()).then(|| format!("Patients are read from {sources}."))
}
