//! Which column of a table names the files, and how.

use super::{
    named_files::{Match, NamedFiles},
    naming::Naming,
};
use crate::{config::LabelColumns, data::layout::tables::Table};
use std::{collections::HashSet, path::Path};

/// As rows where the first line names a file itself.
pub fn with_right_headers(table: Table, files: &NamedFiles, path: &Path, wanted: &LabelColumns) -> Table {
    let names = |(column, value): (usize, &String)| {
        let is_like_one = value.contains(['.', '/', '\\', '_']) || value.chars().any(|c| c.is_ascii_digit());
        if !is_like_one {
            return false;
        }
        let naming = files.naming(path, &table, Some(column));
        // A column of a few numbers that are names as well is no list of files.
        matches!(files.find(value, &naming), Match::One(_) | Match::Folder(_))
            && files.share(&table, Some(column), &naming) >= 0.5
            && table.column(column).collect::<HashSet<_>>().len() * 2 > table.rows.len()
    };
    let is_row = *wanted == LabelColumns::default() || wanted.file.parse::<usize>().is_ok();
    if is_row && table.headers.iter().enumerate().any(names) { table.without_headers() } else { table }
}

/// The column that names the files, how its values are to be understood, and the share of them that name one.
pub fn file_column(
    files: &NamedFiles,
    path: &Path,
    table: &Table,
    usual: Option<usize>,
    wanted: &LabelColumns,
) -> (Option<usize>, Naming, f64) {
    let naming = files.naming(path, table, usual);
    let share = files.share(table, usual, &naming);
    if (usual.is_none() || share < 0.5)
        && wanted.file.is_empty()
        && let Some(best) = files.best_column(path, table)
    {
        let other = files.naming(path, table, Some(best));
        let other_share = files.share(table, Some(best), &other);
        if other_share > share {
            return (Some(best), other, other_share);
        }
    }
    (usual, naming, share)
}
