//! How many rows of a table name a picture, and which pictures they name.

use super::{
    named_files::{Match, NamedFiles},
    naming::{Naming, shared_folders},
};
use crate::data::layout::tables::Table;
use csv::StringRecord;
use std::{collections::HashSet, path::Path};

impl NamedFiles<'_> {
    /// How the values of a column are to be understood: of the folders that all of them begin with, so many are left out that
    /// most values name a picture, and no more.
    pub fn naming(&self, path: &Path, table: &Table, column: Option<usize>) -> Naming {
        let shared = shared_folders(table, column);
        let plain = Naming::at(path, table.sheet.as_deref());
        let namings = (0..=shared.len()).map(|n| Naming { prefix: shared[..n].to_vec(), ..plain.clone() });
        // Of equally good ones, the shortest.
        namings.rev().max_by_key(|naming| self.found(table, column, naming)).unwrap_or(plain)
    }

    /// How many of some rows name a picture.
    fn found(&self, table: &Table, column: Option<usize>, naming: &Naming) -> usize {
        sample(table).filter(|row| self.find(table.field(row, column), naming) != Match::None).count()
    }

    /// Share of some rows whose value in this column names a picture.
    pub fn share(&self, table: &Table, column: Option<usize>, naming: &Naming) -> f64 {
        self.found(table, column, naming) as f64 / sample(table).count().max(1) as f64
    }

    /// The least share of rows that have to name a picture: paths that do so are no chance, numbers and names may be.
    pub fn least_share(&self, table: &Table, column: Option<usize>) -> f64 {
        let is_path = |row: &&StringRecord| table.field(row, column).contains(['/', '\\']);
        if sample(table).filter(is_path).count() * 2 > sample(table).count() { 0.1 } else { 0.5 }
    }

    /// The pictures that rows name.
    pub fn named(&self, table: &Table, column: Option<usize>, naming: &Naming) -> HashSet<usize> {
        let images = |row| match self.find(table.field(row, column), naming) {
            Match::One(image) => vec![image],
            Match::Folder(folder) => self.folder(folder).to_vec(),
            Match::None | Match::Several(_) => Vec::new(),
        };
        table.rows.iter().flat_map(images).collect()
    }

    /// Share of the pictures that a row names.
    pub fn covered(&self, table: &Table, column: Option<usize>, naming: &Naming) -> f64 {
        self.named(table, column, naming).len() as f64 / self.count().max(1) as f64
    }

    /// The column that names most files, if nearly all of its values name one, or, `of_a_part`, names that are no chance do: of a
    /// large set a part may be here.
    pub fn best_column(&self, path: &Path, table: &Table, of_a_part: bool) -> Option<usize> {
        let naming = |c: usize| self.naming(path, table, Some(c));
        let count = |c: usize| self.named(table, Some(c), &naming(c)).len();
        let is_of_files = |c: usize| self.share(table, Some(c), &naming(c)) >= 0.8 || (of_a_part && are_names(table, c));
        // Of equals the first: `max_by_key` takes the last.
        let columns = (0..table.headers.len()).rev().filter(|&c| is_of_files(c));
        columns.map(|c| (c, count(c))).filter(|&(_, count)| count > 0).max_by_key(|&(_, count)| count).map(|(c, _)| c)
    }
}

/// Whether the values of a column tell rows apart and are neither numbers nor short: what is called like one of them is meant.
pub fn are_names(table: &Table, column: usize) -> bool {
    let values = || sample(table).map(|row| table.field(row, Some(column))).filter(|value| !value.is_empty());
    let is_name = |value: &&str| value.len() > 4 && (value.len() > 9 || value.starts_with('0') || value.parse::<f64>().is_err());
    let count = values().count();
    values().filter(is_name).count() * 10 >= count * 9 && values().collect::<HashSet<_>>().len() * 4 > count
}

/// Some two hundred rows from all over a table.
fn sample(table: &Table) -> impl Iterator<Item = &StringRecord> {
    table.rows.iter().step_by((table.rows.len() / 200).max(1))
}
