//! The table that a person names.

use super::{
    annotated::annotated,
    continued::{continued, only},
    files::{NamedFiles, ResolvedTable, resolve_columns, split_of_name},
    mask_columns,
    patients::{self, PatientList},
    rows::{LabelTable, MatchedTable, labelled, table_name},
};
use crate::{
    config::{DataConfig, LabelColumns},
    data::{
        layout::{
            annotations::Annotations,
            detected::DetectedLayout,
            file_scan::FileScan,
            masks,
            tables::{LabelScheme, NoTable, Table},
        },
        text::cut_list,
    },
    error::{Error, NextStep, Result},
};
use std::path::Path;
use walkdir::WalkDir;

/// What the table is to the images that was asked for.
pub enum Given {
    Labels(DetectedLayout),
    /// It says patients alone, as the columns that were named do: which table that is. The pictures have them.
    Patients(Option<String>),
}

/// The same of one table of a file.
enum ReadTable {
    Labels(Box<LabelTable>),
    Patients(PatientList),
}

/// The table that was asked for; of a spreadsheet the sheets that name the images. Masks that it names are given to their images.
pub fn from_given(root: &Path, scan: &mut FileScan, path: &Path, config: &DataConfig) -> Result<Given> {
    let complain = |(what, step): (String, NextStep)| Error::user(format!("{} {what}", path.display()), step);
    let files = NamedFiles::new(root, scan);
    if path.is_dir() {
        return from_folder(&files, scan, path).map(Given::Labels);
    }
    let mut sources: Vec<MatchedTable> = Vec::new();
    let (mut reasons, mut patients) = (Vec::new(), Vec::new());
    let unread = |reason: NoTable| {
        let form = "check the file: a table is text with commas or tabs, a spreadsheet (.xlsx) or a list in JSON";
        Error::user(format!("{} {reason}", path.display()), form)
    };
    for table in Table::read_all(path).map_err(unread)? {
        match read_given(&files, path, table, &config.columns) {
            Ok(ReadTable::Labels(source)) => {
                let images = files.named(&source.table, source.columns.file, &source.naming);
                sources.push((*source, images));
            }
            Ok(ReadTable::Patients(list)) => patients.push(list),
            Err(reason) => reasons.push(reason),
        }
    }
    let Some(best) = (0..sources.len()).rev().max_by_key(|&i| sources[i].1.len()) else {
        if !patients.is_empty() {
            return Ok(Given::Patients(patients::give(scan, patients)));
        }
        return Err(complain(reasons.into_iter().next().unwrap_or_else(|| unnamed("holds no table".into()))));
    };
    let chosen = continued(&sources, best);
    let masks = mask_columns::masks(scan, &files, chosen.iter().map(|&i| &sources[i].0));
    if !masks.is_empty() {
        masks::give_named(scan, masks);
        return from_given(root, scan, path, config);
    }
    Ok(Given::Labels(labelled(&files, scan, &only(sources, &chosen), &[])))
}

/// The annotations of single images in a folder that was asked for, wherever it lies.
fn from_folder(files: &NamedFiles, scan: &FileScan, path: &Path) -> Result<DetectedLayout> {
    let root = std::fs::canonicalize(files.root()).map_err(Error::io("open", files.root()))?;
    let folder = std::fs::canonicalize(path).map_err(Error::io("list", path))?;
    let below = WalkDir::new(&folder).sort_by_file_name();
    // Names of classes may lie above it.
    let above = folder.ancestors().skip(1).take(2).flat_map(|above| WalkDir::new(above).max_depth(1).sort_by_file_name());
    let entries = below.into_iter().chain(above).flatten().filter(|entry| entry.file_type().is_file());
    let found = Annotations::find(&root, &scan.pictures, &entries.map(walkdir::DirEntry::into_path).collect::<Vec<_>>());
    let sources: Vec<MatchedTable> = found.sets.into_iter().map(|set| annotated(files, set)).collect();
    let Some(best) = (0..sources.len()).rev().max_by_key(|&i| sources[i].1.len()) else {
        let why =
            "holds no annotations of single images as Pascal VOC, YOLO or LabelMe have them that are called like these images";
        return Err(Error::user(format!("{} {why}", path.display()), "name a table of labels, or the folder of the annotations"));
    };
    let chosen = continued(&sources, best);
    let mut detected = labelled(files, scan, &only(sources, &chosen), &[]);
    detected.skipped.extend(found.skipped);
    detected.warnings.extend(found.notes);
    Ok(detected)
}

/// Why a table cannot be read, where other columns may help.
fn unnamed(reason: String) -> (String, NextStep) {
    (reason, NextStep::NameColumns)
}

/// A table as it is to be read. The error is a reason to show behind its name, and what to do.
fn read_given(files: &NamedFiles, path: &Path, table: Table, wanted: &LabelColumns) -> Result<ReadTable, (String, NextStep)> {
    let ResolvedTable { table, mut columns, mut naming, .. } = resolve_columns(files, path, table, wanted).map_err(unnamed)?;
    columns.file = columns.file.or(columns.patient);
    let all = cut_list(&table.headers, 30);
    if columns.file.is_none() {
        return Err(unnamed(format!("has no column that names the files; its columns are {all}")));
    }
    let scheme = LabelScheme::of(&table, &columns, !wanted.label.is_empty());
    let are_patients_wanted = !wanted.patient.is_empty() && wanted.label.is_empty();
    if scheme.is_none() && !are_patients_wanted {
        return Err(unnamed(format!("has no column of labels that is known by its name; its columns are {all}")));
    }
    if files.named(&table, columns.file, &naming).is_empty() {
        // A row may be a patient, and a folder theirs.
        naming.may_be_folders = true;
    }
    let root = files.root().display();
    if let Some(folders) = files.namesakes(&table, columns.file, &naming) {
        let reason = format!("names files by names that several in {root} have, and does not say their folders");
        return Err(match folders.is_empty() {
            true => unnamed(reason),
            false => (reason, NextStep::OpenOneOf { folders, table: path.to_path_buf() }),
        });
    }
    if files.named(&table, columns.file, &naming).is_empty() {
        let value = table.rows.first().map(|r| table.field(r, columns.file)).unwrap_or_default();
        return Err(unnamed(format!("names no file that lies in {root} (its first row names `{value}`)")));
    }
    let Some(scheme) = scheme else {
        let list = PatientList::of(files, &table_name(files.root(), path, &table), &table, &columns, &naming);
        let patient = table.header(columns.patient);
        let alone = || unnamed(format!("names one patient in all in its column `{patient}`"));
        return list.map(ReadTable::Patients).ok_or_else(alone);
    };
    let split = table.sheet.as_deref().and_then(split_of_name);
    let source = LabelTable { path: path.to_path_buf(), annotations: None, table, columns, naming, scheme, split };
    Ok(ReadTable::Labels(Box::new(source)))
}
