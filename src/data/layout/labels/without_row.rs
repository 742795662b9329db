//! Images that no row of a table names.

use crate::data::{
    dataset::Skipped,
    layout::file_scan::FileScan,
    text::{display_path, first_few, images, images_have},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// Those in folders of which the table names others, and how many lie in each other folder.
pub fn without_row(scan: &FileScan, named: &BTreeSet<usize>) -> (Vec<usize>, BTreeMap<PathBuf, usize>) {
    let folder = |image: usize| scan.pictures[image].relative.parent().unwrap_or(Path::new("")).to_path_buf();
    let known: BTreeSet<PathBuf> = named.iter().map(|&i| folder(i)).collect();
    let mut beside: BTreeMap<PathBuf, usize> = BTreeMap::new();
    let mut lone = Vec::new();
    for image in (0..scan.pictures.len()).filter(|i| !named.contains(i)) {
        if known.contains(&folder(image)) {
            lone.push(image);
        } else {
            *beside.entry(folder(image)).or_default() += 1;
        }
    }
    (lone, beside)
}

/// What an image is without.
#[derive(Debug, Clone, Copy)]
pub enum Missing {
    /// A row in the table of labels.
    Row,
    /// A file that annotates it.
    File,
}

/// Leaves them out: each by itself in folders that the table knows, otherwise folder by folder.
pub fn images_without_row(
    missing: Missing,
    scan: &FileScan,
    named: &BTreeSet<usize>,
    skipped: &mut Vec<Skipped>,
    warnings: &mut Vec<String>,
) {
    let (lone, beside) = without_row(scan, named);
    let lone: Vec<&PathBuf> = lone.into_iter().map(|image| &scan.pictures[image].relative).collect();
    let (what, of_one, none, of_folder) = match missing {
        Missing::Row => (
            "no row in the table",
            "no row in the table of labels",
            "No row of the table names",
            "the table of labels names no file",
        ),
        Missing::File => {
            ("no file of annotations", "no file of annotations", "No file of annotations is of", "no file has annotations")
        }
    };
    if !lone.is_empty() {
        let count = images_have(lone.len());
        warnings.push(format!(
            "{count} {what} and {} left out ({}).",
            if lone.len() == 1 { "is" } else { "are" },
            first_few(lone.iter().map(|p| display_path(p)))
        ));
    }
    skipped.extend(lone.into_iter().map(|p| Skipped { path: p.clone(), reason: format!("has {of_one}") }));
    for (path, count) in beside {
        warnings.push(format!("{none} a file in {}: {} left out.", display_path(&path), images(count)));
        skipped.push(Skipped { path, reason: format!("is a folder of which {of_folder} ({})", images(count)) });
    }
}
