//! Which column of a table names the files, and how.

use super::{
    coverage::{FileColumn, Surety, are_names},
    named_files::{Match, NamedFiles},
    naming::Naming,
    two_columns,
};
use crate::{
    config::LabelColumns,
    data::layout::{
        levels::Level,
        tables::{Columns, Table, is_of_folders},
    },
};
use std::{collections::HashSet, path::Path};

/// A table as it is to be read: which of its columns matters.
pub struct ResolvedTable {
    pub table: Table,
    pub columns: Columns,
    /// How the values of the column that names the files are meant.
    pub naming: Naming,
    /// Share of the rows that name a file.
    pub share: f64,
    /// Its columns of files and labels have usual names, or those that were given.
    pub is_known: bool,
}

/// Which columns of a table matter: as they were given, else by their names and by what they name. Errors where a given one is not
/// there; says what there is.
pub fn resolve_columns(files: &NamedFiles, path: &Path, table: Table, wanted: &LabelColumns) -> Result<ResolvedTable, String> {
    let mut table = with_right_headers(with_whole_names(table.apart(wanted), files, path), files, path, wanted);
    let both = two_columns::given(&table, &wanted.file);
    let wanted = &LabelColumns { file: if both.is_some() { String::new() } else { wanted.file.clone() }, ..wanted.clone() };
    let mut columns = table.columns(wanted)?;
    let mut file = file_column(files, path, &table, &columns, wanted);
    let is_known = columns.file.is_some() && columns.label.is_some() && columns.file != columns.label;
    let names_few = file.as_ref().is_none_or(|file| file.named * 2 < files.count().min(table.rows.len()));
    if (both.is_some() || (names_few && wanted.file.is_empty()))
        && let Some(with_paths) = two_columns::with_paths(&table, files, &columns, both)
    {
        file = Some(files.column_of_files(path, &with_paths, table.headers.len()));
        table = with_paths;
    }
    columns.file = file.as_ref().map(|file| file.column);
    columns.patient = columns.patient.filter(|_| columns.patient != columns.file || !wanted.patient.is_empty());
    if file.as_ref().is_none_or(|file| file.share == 0.0)
        && let Some(folders) = folder_column(files, path, &table, &columns, wanted)
    {
        columns.patient = columns.patient.filter(|patient| *patient != folders.column);
        columns.file = Some(folders.column);
        file = Some(folders);
    }
    let (naming, share) = match file {
        Some(file) => (file.naming, file.share),
        None => (files.naming(path, &table, None), 0.0),
    };
    Ok(ResolvedTable { table, columns, naming, share, is_known })
}

/// A row may be a patient or a study, and a folder theirs: the column that names such folders, of several that which tells most of
/// them apart.
fn folder_column(files: &NamedFiles, path: &Path, table: &Table, columns: &Columns, wanted: &LabelColumns) -> Option<FileColumn> {
    let distinct = |c: usize| table.column(c).collect::<HashSet<_>>().len();
    // A row for each patient, under whatever name: `BraTS21ID`. Other folders with a row each are the classes.
    let is_of_rows = |c: usize| are_of_patients(table, c) && distinct(c) == table.rows.len();
    let may_be = |&c: &usize| match wanted.file.is_empty() {
        true => columns.patient == Some(c) || is_of_folders(&table.headers[c]) || is_of_rows(c),
        false => columns.file == Some(c),
    };
    let names_folders = |c: usize| {
        let naming = Naming { may_be_folders: true, ..files.naming(path, table, Some(c)) };
        let share = files.share(table, Some(c), &naming);
        let named = files.named(table, Some(c), &naming).len();
        // Of many patients a part may be here.
        let are_most = share >= 0.5 || named * 2 >= files.count().max(1);
        are_most.then(|| FileColumn { column: c, surety: Surety::of(table, c), naming, share, named })
    };
    // Of equals the first: `max_by_key` takes the last.
    (0..table.headers.len()).rev().filter(may_be).filter_map(names_folders).max_by_key(|found| distinct(found.column))
}

/// Whether the values of a column are called as patients and series are; numbers alone may count.
fn are_of_patients(table: &Table, column: usize) -> bool {
    let has_letter = |value: &str| value.contains(char::is_alphabetic);
    (are_names(table, column) || table.column(column).all(has_letter))
        && Level::of(&table.column(column).collect()) == Level::Patients
}

/// Where blanks divide the lines and stand in the names of files as well, those names in one piece: `Covid (1).png`, or with a label
/// behind it.
fn with_whole_names(table: Table, files: &NamedFiles, path: &Path) -> Table {
    if !table.by_blanks {
        return table;
    }
    let named = |table: &Table| (0..table.headers.len()).map(|c| files.column_of_files(path, table, c).named).max().unwrap_or(0);
    let joined = [table.joined(0), table.joined(1)];
    // Of equals the table as it is, the last.
    joined.into_iter().chain([table]).max_by_key(named).unwrap_or_default()
}

/// As rows where the first line names a file itself.
fn with_right_headers(table: Table, files: &NamedFiles, path: &Path, wanted: &LabelColumns) -> Table {
    let names = |(column, value): (usize, &String)| {
        let is_like_one = value.contains(['.', '/', '\\', '_']) || value.chars().any(|c| c.is_ascii_digit());
        if !is_like_one {
            return false;
        }
        let mut naming = files.naming(path, &table, Some(column));
        naming.may_be_folders = are_of_patients(&table, column);
        // A column of a few numbers that are names as well is no list of files.
        matches!(files.find(value, &naming), Match::One(_) | Match::Folder(_))
            && files.share(&table, Some(column), &naming) >= 0.5
            && table.column(column).collect::<HashSet<_>>().len() * 2 > table.rows.len()
    };
    // Who calls a column by its header says that there is one.
    let has_headers = wanted.given().any(|name| table.has(name));
    if !has_headers && table.headers.iter().enumerate().any(names) { table.without_headers() } else { table }
}

/// The column that names the files. One with the usual name gives way to one that names about as many files by surer names (a counter
/// beside paths), or more of them.
fn file_column(files: &NamedFiles, path: &Path, table: &Table, columns: &Columns, wanted: &LabelColumns) -> Option<FileColumn> {
    let usual = columns.file.map(|column| files.column_of_files(path, table, column));
    let is_lost = usual.as_ref().is_none_or(|usual| usual.named == 0);
    let of_a_part = is_lost || usual.as_ref().is_some_and(|usual| usual.surety == Surety::Number);
    let label = columns.label.filter(|_| !is_lost);
    // What names all pictures gives way to surer names alone.
    let names_all = |usual: &&FileColumn| usual.surety > Surety::Number && usual.share >= 0.8 && usual.named == files.count();
    let surer_than = usual.as_ref().filter(names_all).map(|usual| usual.surety);
    let best = if wanted.file.is_empty() { files.best_column(path, table, of_a_part, label, surer_than) } else { None };
    let is_better = |best: &FileColumn| match &usual {
        Some(usual) if !is_lost => {
            let is_surer = best.surety > usual.surety && best.named * 2 >= usual.named;
            is_surer
                || (best.surety == Surety::File && best.named > usual.named)
                || (usual.share < 0.5 && best.share > usual.share)
        }
        _ => true,
    };
    best.filter(is_better).or(usual)
}
