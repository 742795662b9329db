//! Labels from a table: which table it is, and which of its rows belongs to which image.

use super::{
    detected::DetectedLayout,
    file_scan::{FileScan, extension, relative},
    named_files::{Match, NamedFiles, Naming},
    table::{Columns, Table},
};
use crate::{
    config::DataConfig,
    data::{
        dataset::{Layout, Skipped, Split, class_key},
        text::{display_path, first_few, images},
    },
    error::{Error, NextStep, Result},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    path::{Path, PathBuf},
};

/// A table with the columns that matter, and the split that its own name says (`train.csv`).
struct LabelTable {
    path: PathBuf,
    table: Table,
    columns: Columns,
    naming: Naming,
    split: Option<Split>,
}

/// The table that was asked for.
pub fn from_given(root: &Path, scan: &FileScan, path: &Path, config: &DataConfig) -> Result<DetectedLayout> {
    let complain = |what: &str| Error::user(format!("{} {what}", path.display()), NextStep::NameColumns);
    let table = Table::read(path).map_err(|e| complain(&e))?;
    let mut columns = table.columns(&config.columns).map_err(|e| complain(&e))?;
    let files = NamedFiles::new(root, scan);
    let mut naming = files.naming(path, &table, columns.file);
    if columns.file.is_none() || (config.columns.file.is_empty() && files.share(&table, columns.file, &naming) < 0.5) {
        columns.file = files.best_column(path, &table).or(columns.file);
        naming = files.naming(path, &table, columns.file);
    }
    if columns.file.is_none() {
        return Err(complain(&format!("has no column that names the files; its columns are {}", table.headers.join(", "))));
    }
    if columns.label.is_none() {
        return Err(complain(&format!(
            "has no column of labels that is known by its name; its columns are {}",
            table.headers.join(", ")
        )));
    }
    if !table.rows.iter().any(|row| matches!(files.find(table.field(row, columns.file), &naming), Match::One(_))) {
        let value = table.rows.first().map(|r| table.text(r, columns.file)).unwrap_or_default();
        return Err(complain(&format!("names no file that lies in {} (its first row names `{value}`)", root.display())));
    }
    Ok(merge(&files, scan, &[LabelTable { path: path.to_path_buf(), table, columns, naming, split: None }]))
}

/// The table of labels that lies beside the images, if there is one. Also what to say about tables that came near.
pub fn find(root: &Path, folders: &[PathBuf], scan: &FileScan, config: &DataConfig) -> (Option<DetectedLayout>, Vec<String>) {
    let files = NamedFiles::new(root, scan);
    let mut notes = Vec::new();
    let mut sources: Vec<(f64, LabelTable)> = Vec::new();
    let is_table = |p: &&PathBuf| {
        matches!(extension(p).as_str(), "csv" | "tsv" | "txt") && p.parent().is_some_and(|d| folders.iter().any(|f| f == d))
    };
    for path in scan.others.iter().filter(is_table) {
        let Ok(table) = Table::read(path) else { continue };
        let Ok(mut columns) = table.columns(&config.columns) else { continue };
        if columns.label.is_none() || table.headers.len() < 2 {
            continue;
        }
        let mut naming = files.naming(path, &table, columns.file);
        let mut share = files.share(&table, columns.file, &naming);
        if share < 0.5
            && config.columns.file.is_empty()
            && let Some(best) = files.best_column(path, &table)
        {
            let other = files.naming(path, &table, Some(best));
            let other_share = files.share(&table, Some(best), &other);
            if other_share > share {
                (columns.file, naming, share) = (Some(best), other, other_share);
            }
        }
        // A table that labels its only column of files with themselves labels nothing.
        if columns.file.is_none() || columns.file == columns.label {
            continue;
        }
        // A table of a whole set beside a part of its images names many files that are not here.
        let least = files.least_share(&table, columns.file);
        if share < least && files.covered(&table, columns.file, &naming) < least {
            notes.push(format!(
                "{} looks like a table of labels, but only {:.0} % of its rows name a file that is here.",
                display_path(&relative(root, path)),
                share * 100.0
            ));
            continue;
        }
        let stem = path.file_stem().map(|s| s.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
        let word = stem.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default().to_string();
        sources.push((
            share * table.rows.len() as f64,
            LabelTable { path: path.clone(), table, columns, naming, split: Split::from_name(&word) },
        ));
    }
    // `train.csv` and `test.csv` say the split between them; otherwise the table that names most files is the one.
    let by_split = |s: &LabelTable| s.split.is_some() && s.columns.split.is_none();
    let splits: BTreeSet<Option<Split>> = sources.iter().filter(|(_, s)| by_split(s)).map(|(_, s)| s.split).collect();
    let chosen: Vec<LabelTable> = if splits.len() > 1 {
        sources.into_iter().map(|(_, s)| s).filter(by_split).collect()
    } else {
        let best = sources.into_iter().max_by(|a, b| a.0.total_cmp(&b.0));
        best.map(|(_, s)| LabelTable { split: None, ..s }).into_iter().collect()
    };
    ((!chosen.is_empty()).then(|| merge(&files, scan, &chosen)), notes)
}

/// What the rows say of one image.
struct RowOfImage {
    row: String,
    label: String,
    split: Option<Split>,
    patient: String,
}

fn merge(files: &NamedFiles, scan: &FileScan, sources: &[LabelTable]) -> DetectedLayout {
    let mut said: BTreeMap<usize, RowOfImage> = BTreeMap::new();
    let mut skipped = Vec::new();
    let mut contradicted: HashSet<usize> = HashSet::new();
    let (mut repeated, mut odd_splits) = (0, BTreeSet::new());
    let (mut missing, mut ambiguous, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
    for source in sources {
        let (table, columns) = (&source.table, source.columns);
        let name = display_path(&relative(files.root(), &source.path));
        if let Some(prefix) = source.naming.prefix() {
            warnings.push(format!("All paths in {name} begin with {prefix}, which is taken for this folder."));
        }
        for (i, fields) in table.rows.iter().enumerate() {
            // Lines are counted as a person does: the header is line 1.
            let row = format!("row {} of {name}", i + 2);
            let value = table.field(fields, columns.file);
            let shown_value = String::from_utf8_lossy(value).into_owned();
            let image = match files.find(value, &source.naming) {
                Match::One(image) => image,
                Match::None if value.is_empty() || files.is_unusable(value, &source.naming) => continue,
                Match::None => {
                    missing.push(Skipped {
                        path: shown_value.into(),
                        reason: format!("is named in {row}, but there is no such file"),
                    });
                    continue;
                }
                Match::Several(n) => {
                    ambiguous.push(Skipped {
                        path: shown_value.into(),
                        reason: format!("is named in {row}, and {n} files are called that"),
                    });
                    continue;
                }
            };
            let split_text = table.text(fields, columns.split);
            let split = Split::from_name(&split_text).or(source.split);
            if split.is_none() && !split_text.is_empty() {
                odd_splits.insert(split_text);
            }
            let now = RowOfImage {
                row,
                label: clean_label(&table.text(fields, columns.label)),
                split,
                patient: table.text(fields, columns.patient),
            };
            match said.get(&image) {
                Some(before) if class_key(&before.label) != class_key(&now.label) => {
                    let reason = format!("is labelled `{}` in {} and `{}` in {}", before.label, before.row, now.label, now.row);
                    if contradicted.insert(image) {
                        skipped.push(Skipped { path: scan.pictures[image].relative.clone(), reason });
                    }
                }
                Some(_) => repeated += 1,
                None => _ = said.insert(image, now),
            }
        }
    }
    let rows = |n: usize, one: &str, many: &str| if n == 1 { format!("1 row {one}") } else { format!("{n} rows {many}") };
    let some = |list: &[Skipped]| first_few(list.iter().map(Skipped::name));
    if !missing.is_empty() {
        warnings.push(format!("{} no file that is here ({}).", rows(missing.len(), "names", "name"), some(&missing)));
    }
    if !ambiguous.is_empty() {
        let rows = rows(ambiguous.len(), "names", "name");
        warnings.push(format!("{rows} more than one file, which are not labelled ({}).", some(&ambiguous)));
    }
    skipped.append(&mut missing);
    skipped.append(&mut ambiguous);
    if repeated > 0 {
        let rows = rows(repeated, "repeats", "repeat");
        warnings.push(format!("{rows} what another row says of the same file."));
    }
    if !contradicted.is_empty() {
        warnings.push(format!(
            "{} with two different labels {} left out.",
            images(contradicted.len()),
            if contradicted.len() == 1 { "is" } else { "are" }
        ));
    }
    if !odd_splits.is_empty() {
        warnings.push(format!("Not understood as a split: {}.", first_few(&odd_splits)));
    }
    images_without_row(scan, &said, &mut skipped, &mut warnings);
    let unlabelled = said.values().filter(|s| s.label.is_empty()).count();
    if unlabelled > 0 {
        warnings.push(format!(
            "{} in the table without a label: unlabelled.",
            if unlabelled == 1 { "1 image is".into() } else { format!("{unlabelled} images are") }
        ));
    }
    let mut detected = DetectedLayout::new(Layout::LabelsCsv, why(files.root(), sources));
    for (&image, row) in said.iter().filter(|(image, _)| !contradicted.contains(image)) {
        let [label, patient] = [&row.label, &row.patient].map(|text| Some(text.as_str()).filter(|text| !text.is_empty()));
        detected.images.add_file(&scan.pictures[image], label, row.split, patient);
    }
    DetectedLayout { skipped, warnings, ..detected }
}

fn why(root: &Path, sources: &[LabelTable]) -> String {
    let tables: Vec<String> = sources.iter().map(|s| display_path(&relative(root, &s.path))).collect();
    let Some(LabelTable { table, columns, split, .. }) = sources.first() else { return String::new() };
    let header = |c: Option<usize>| c.and_then(|c| table.headers.get(c)).map_or("", String::as_str);
    let mut why = format!(
        "Table of labels {}: column `{}` names the files and `{}` the class",
        tables.join(", "),
        header(columns.file),
        header(columns.label)
    );
    if columns.split.is_some() {
        why += &format!(", `{}` the split", header(columns.split));
    } else if split.is_some() {
        why += ", the tables' names the split";
    }
    if columns.patient.is_some() {
        why += &format!(", `{}` the patient", header(columns.patient));
    }
    why + "."
}

/// Images that no row names: each by itself in folders that the table knows, otherwise folder by folder.
fn images_without_row(
    scan: &FileScan,
    said: &BTreeMap<usize, RowOfImage>,
    skipped: &mut Vec<Skipped>,
    warnings: &mut Vec<String>,
) {
    let folder = |image: usize| scan.pictures[image].relative.parent().unwrap_or(Path::new("")).to_path_buf();
    let known: BTreeSet<PathBuf> = said.keys().map(|&i| folder(i)).collect();
    let mut beside: BTreeMap<PathBuf, usize> = BTreeMap::new();
    let mut lone = Vec::new();
    for image in (0..scan.pictures.len()).filter(|i| !said.contains_key(i)) {
        if known.contains(&folder(image)) {
            lone.push(&scan.pictures[image].relative);
        } else {
            *beside.entry(folder(image)).or_default() += 1;
        }
    }
    if !lone.is_empty() {
        let count = if lone.len() == 1 { "1 image has".to_string() } else { format!("{} images have", lone.len()) };
        warnings.push(format!(
            "{count} no row in the table and {} left out ({}).",
            if lone.len() == 1 { "is" } else { "are" },
            first_few(lone.iter().map(|p| display_path(p)))
        ));
    }
    skipped.extend(lone.into_iter().map(|p| Skipped { path: p.clone(), reason: "has no row in the table of labels".into() }));
    for (path, count) in beside {
        warnings.push(format!("No row of the table names a file in {}: {} left out.", display_path(&path), images(count)));
        skipped.push(Skipped {
            path,
            reason: format!("is a folder of which the table of labels names no file ({})", images(count)),
        });
    }
}

/// `0.0`, as pandas writes a column of numbers with gaps, is `0`; `nan` is no label.
fn clean_label(text: &str) -> String {
    let text = text.trim();
    match text.split_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|b| b == b'0') && whole.parse::<i64>().is_ok() => {
            whole.into()
        }
        _ if ["nan", "na", "n/a", "null", "?"].iter().any(|n| text.eq_ignore_ascii_case(n)) => String::new(),
        _ => text.into(),
    }
}
