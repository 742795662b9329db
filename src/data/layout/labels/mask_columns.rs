//! Masks that a table names beside their images, whatever they are called and wherever they lie.

use super::{
    files::{Match, NamedFiles},
    rows::LabelTable,
};
use crate::data::{
    layout::file_scan::{FileScan, PictureFile},
    text::words,
};
use csv::StringRecord;
use std::{collections::HashSet, path::PathBuf};

/// Images, by their numbers, and the masks that columns called so name in their rows: those that were taken for images, or that
/// belonged to none. Empty where all masks have their images already.
pub fn masks<'a>(scan: &FileScan, files: &NamedFiles, sources: impl Iterator<Item = &'a LabelTable>) -> Vec<(usize, PathBuf)> {
    let columns: Vec<(&LabelTable, usize)> = sources.flat_map(|source| mask_columns(source).map(move |c| (source, c))).collect();
    if columns.is_empty() {
        return Vec::new();
    }
    let pictures: Vec<PictureFile> = scan.pictures.iter().chain(&scan.masks_without_image).cloned().collect();
    let all = FileScan { pictures, ..FileScan::default() };
    let all_files = NamedFiles::new(files.root(), &all);
    let mut masks = Vec::new();
    for (LabelTable { path, table, columns, naming, .. }, column) in columns {
        let images: HashSet<usize> = files.named(table, columns.file, naming);
        let mask_naming = all_files.naming(path, table, Some(column));
        let pair = |row: &StringRecord| match files.find(table.field(row, columns.file), naming) {
            Match::One(image) => match all_files.find(table.field(row, Some(column)), &mask_naming) {
                Match::One(mask) if !images.contains(&mask) => Some((image, all.pictures[mask].path.clone())),
                _ => None,
            },
            _ => None,
        };
        let pairs: Vec<_> = table.rows.iter().filter_map(pair).collect();
        let given = table.column(column).filter(|value| !value.is_empty()).count();
        if pairs.len() * 10 >= given * 8 {
            masks.extend(pairs);
        }
    }
    masks
}

/// Columns that are called as ones of masks are: `mask`, `mask_file_name`, `SegmentationPath`.
fn mask_columns(source: &LabelTable) -> impl Iterator<Item = usize> {
    const WORDS: &[&str] = &["mask", "masks", "seg", "segmentation", "segmentations", "gt", "groundtruth", "truth"];
    let LabelTable { table, columns, .. } = source;
    let used = [columns.file, columns.label, columns.patient];
    let is_called = |c: &usize| words(&table.headers[*c]).any(|word| WORDS.contains(&word.to_lowercase().as_str()));
    (0..table.headers.len()).filter(move |c| !used.contains(&Some(*c)) && is_called(c))
}
