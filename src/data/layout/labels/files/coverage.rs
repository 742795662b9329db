//! How many rows of a table name a picture, and which pictures they name.

use super::{
    named_files::{Match, NamedFiles},
    naming::{Naming, shared_folders},
};
use crate::data::{
    layout::tables::{LabelScheme, Table, is_measure, sounds_like_files},
    text::first_few,
};
use csv::StringRecord;
use std::{
    collections::{BTreeSet, HashSet},
    path::Path,
};

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

    /// Where of some rows more name several pictures than one: some of the folders that tell these apart, as a list.
    pub fn namesakes(&self, table: &Table, column: Option<usize>, naming: &Naming) -> Option<String> {
        let values = sample(table).map(|row| table.field(row, column));
        let found = values.map(|value| (value, self.find(value, naming))).filter(|(_, found)| *found != Match::None);
        let (several, one): (Vec<_>, Vec<_>) = found.partition(|(_, found)| matches!(found, Match::Several(_)));
        let folders = || several.iter().flat_map(|(value, _)| self.folders_apart(value, naming)).collect::<BTreeSet<_>>();
        (several.len() > one.len()).then(|| first_few(folders()))
    }

    /// Share of the pictures that a row names.
    pub fn covered(&self, table: &Table, column: Option<usize>, naming: &Naming) -> f64 {
        self.named(table, column, naming).len() as f64 / self.count().max(1) as f64
    }

    /// The column that names the files: of those that name about as many as the best, that whose values are the surest to be
    /// names. Nearly all of its values name one, or, `of_a_part`, names that are no chance do: of a large set a part may be here.
    /// `surer_than`: no others are looked for, since each takes all rows.
    pub fn best_column(
        &self,
        path: &Path,
        table: &Table,
        of_a_part: bool,
        label: Option<usize>,
        surer_than: Option<Surety>,
    ) -> Option<FileColumn> {
        let is_of_files = |found: &FileColumn| match found.surety {
            Surety::Number => found.share >= 0.8 && self.may_be_numbers_of_files(table, found),
            _ => found.share >= 0.8 || (of_a_part && are_names(table, found.column)),
        };
        let is_surer = |c: usize| surer_than.is_none_or(|surety| Surety::of(table, c) > surety);
        // Which pictures they name takes all rows once more, and few columns get so far.
        let names_rows = |c: usize| {
            (of_a_part && are_names(table, c)) || self.share(table, Some(c), &self.naming(path, table, Some(c))) >= 0.8
        };
        let columns = (0..table.headers.len()).filter(|&c| Some(c) != label && is_surer(c) && names_rows(c));
        let columns = columns.map(|c| self.column_of_files(path, table, c));
        let columns: Vec<FileColumn> = columns.filter(|found| found.named > 0 && is_of_files(found)).collect();
        let most = columns.iter().map(|found| found.named).max()?;
        // Of equals the first: `max_by_key` takes the last.
        let of_most = columns.into_iter().rev().filter(|found| found.named * 2 >= most);
        of_most.max_by_key(|found| (found.surety, found.named))
    }

    /// What a column is as one that names the files.
    pub fn column_of_files(&self, path: &Path, table: &Table, column: usize) -> FileColumn {
        let naming = self.naming(path, table, Some(column));
        let share = self.share(table, Some(column), &naming);
        let named = self.named(table, Some(column), &naming).len();
        FileColumn { column, surety: Surety::of(table, column), naming, share, named }
    }

    /// Whether bare numbers name the files and measure nothing: the column is called so, or each row has its own and nearly all
    /// files have a row.
    fn may_be_numbers_of_files(&self, table: &Table, found: &FileColumn) -> bool {
        let distinct = table.column(found.column).collect::<HashSet<_>>().len();
        let header = &table.headers[found.column];
        sounds_like_files(header) || (!is_measure(header) && distinct == table.rows.len() && found.named * 10 >= self.count() * 9)
    }
}

/// A column as one that names the files.
pub struct FileColumn {
    pub column: usize,
    pub surety: Surety,
    /// How its values are meant.
    pub naming: Naming,
    /// Share of the rows that name a file.
    pub share: f64,
    /// How many pictures they name.
    pub named: usize,
}

/// How sure it is that the values of a column are meant as names, where they name files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Surety {
    /// They are short numbers, which may count or measure anything.
    Number,
    /// They are names without an ending.
    Stem,
    /// They are paths, or end as files do.
    File,
}

impl Surety {
    pub fn of(table: &Table, column: usize) -> Self {
        let values = || sample(table).map(|row| table.field(row, Some(column))).filter(|value| !value.is_empty());
        let most = |is: &dyn Fn(&str) -> bool| values().filter(|value| is(value)).count() * 2 > values().count();
        let is_number = |value: &str| is_number(value) && (value.len() < 6 || value.contains('.'));
        if most(&|value| value.contains(['/', '\\']) || LabelScheme::is_picture_name(value)) {
            Self::File
        } else if most(&is_number) {
            Self::Number
        } else {
            Self::Stem
        }
    }
}

/// Whether the values of a column tell rows apart and are neither numbers nor short: what is called like one of them is meant.
pub fn are_names(table: &Table, column: usize) -> bool {
    let values = || sample(table).map(|row| table.field(row, Some(column))).filter(|value| !value.is_empty());
    let is_name = |value: &&str| {
        let is_padded = value.len() > 2 && value.starts_with('0') && !is_number(value);
        is_padded || (value.len() > 4 && (!is_number(value) || (value.len() > 9 && !value.contains('.'))))
    };
    let count = values().count();
    values().filter(is_name).count() * 10 >= count * 9 && values().collect::<HashSet<_>>().len() * 4 > count
}

/// Whether a value is a number without zeros before it, which are kept in names alone.
fn is_number(value: &str) -> bool {
    let is_padded = value.len() > 1 && value.starts_with('0') && value.bytes().all(|b| b.is_ascii_digit());
    value.parse::<f64>().is_ok() && !is_padded
}

/// Some two hundred rows from all over a table.
pub(super) fn sample(table: &Table) -> impl Iterator<Item = &StringRecord> {
    table.rows.iter().step_by((table.rows.len() / 200).max(1))
}
