//! Labels from a table: which table it is, and which of its rows belongs to which image.

use super::{
    Layout, Skipped, Split,
    assemble::{Recognised, drafts_of},
    split::{images, some_of},
    table::{Columns, Table},
    walk::{Survey, extension, relative, shown},
};
use crate::{
    config::DataConfig,
    error::{Error, NextStep, Result},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    path::{Path, PathBuf},
};

/// A table with the columns that matter, and the split that its own name says (`train.csv`).
struct Source {
    path: PathBuf,
    table: Table,
    columns: Columns,
    split: Option<Split>,
}

/// The table that was asked for.
pub fn from_given(root: &Path, survey: &Survey, path: &Path, config: &DataConfig) -> Result<Recognised> {
    let complain = |what: &str| Error::user(format!("{} {what}", path.display()), NextStep::NameColumns);
    let table = Table::read(path).map_err(|e| complain(&e))?;
    let mut columns = table.columns(&config.columns).map_err(|e| complain(&e))?;
    let files = Files::new(root, survey);
    if columns.file.is_none() || (config.columns.file.is_empty() && files.share(&table, columns.file) < 0.5) {
        columns.file = files.best_column(&table).or(columns.file);
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
    if !table.rows.iter().any(|row| matches!(files.find(table.field(row, columns.file), b""), Match::One(_))) {
        let value = table.rows.first().map(|r| table.text(r, columns.file)).unwrap_or_default();
        return Err(complain(&format!("names no file that lies in {} (its first row names `{value}`)", root.display())));
    }
    Ok(merge(&files, survey, &[Source { path: path.to_path_buf(), table, columns, split: None }]))
}

/// The table of labels that lies beside the images, if there is one. Also what to say about tables that came near.
pub fn find(root: &Path, folders: &[PathBuf], survey: &Survey, config: &DataConfig) -> (Option<Recognised>, Vec<String>) {
    let files = Files::new(root, survey);
    let mut notes = Vec::new();
    let mut sources: Vec<(f64, Source)> = Vec::new();
    let is_table = |p: &&PathBuf| {
        matches!(extension(p).as_str(), "csv" | "tsv" | "txt") && p.parent().is_some_and(|d| folders.iter().any(|f| f == d))
    };
    for path in survey.others.iter().filter(is_table) {
        let Ok(table) = Table::read(path) else { continue };
        let Ok(mut columns) = table.columns(&config.columns) else { continue };
        if columns.label.is_none() || table.headers.len() < 2 {
            continue;
        }
        let mut share = files.share(&table, columns.file);
        if share < 0.5 && config.columns.file.is_empty() {
            let best = files.best_column(&table);
            if files.share(&table, best) > share {
                columns.file = best;
                share = files.share(&table, best);
            }
        }
        // A table that labels its only column of files with themselves labels nothing.
        if columns.file.is_none() || columns.file == columns.label {
            continue;
        }
        if share < 0.5 {
            notes.push(format!(
                "{} looks like a table of labels, but only {:.0} % of its rows name a file that is here.",
                shown(&relative(root, path)),
                share * 100.0
            ));
            continue;
        }
        let stem = path.file_stem().map(|s| s.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
        let word = stem.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default().to_string();
        sources.push((
            share * table.rows.len() as f64,
            Source { path: path.clone(), table, columns, split: Split::from_name(&word) },
        ));
    }
    // `train.csv` and `test.csv` say the split between them; otherwise the table that names most files is the one.
    let by_split = |s: &Source| s.split.is_some() && s.columns.split.is_none();
    let splits: BTreeSet<Option<Split>> = sources.iter().filter(|(_, s)| by_split(s)).map(|(_, s)| s.split).collect();
    let chosen: Vec<Source> = if splits.len() > 1 {
        sources.into_iter().map(|(_, s)| s).filter(by_split).collect()
    } else {
        let best = sources.into_iter().max_by(|a, b| a.0.total_cmp(&b.0));
        best.map(|(_, s)| Source { split: None, ..s }).into_iter().collect()
    };
    ((!chosen.is_empty()).then(|| merge(&files, survey, &chosen)), notes)
}

/// What the rows say of one image.
struct Said {
    row: String,
    label: String,
    split: Option<Split>,
    patient: String,
}

fn merge(files: &Files, survey: &Survey, sources: &[Source]) -> Recognised {
    let mut said: BTreeMap<usize, Said> = BTreeMap::new();
    let mut skipped = Vec::new();
    let mut contradicted: HashSet<usize> = HashSet::new();
    let (mut repeated, mut odd_splits) = (0, BTreeSet::new());
    let known_bad: HashSet<Vec<u8>> = survey.skipped.iter().map(|s| slashed(&s.path)).collect();
    for source in sources {
        let (table, columns) = (&source.table, source.columns);
        let name = shown(&relative(files.root, &source.path));
        let table_word = source.path.file_stem().map(|s| s.as_encoded_bytes().to_vec()).unwrap_or_default();
        for (i, fields) in table.rows.iter().enumerate() {
            // Lines are counted as a person does: the header is line 1.
            let row = format!("row {} of {name}", i + 2);
            let value = table.field(fields, columns.file);
            let shown_value = PathBuf::from(String::from_utf8_lossy(value).into_owned());
            let image = match files.find(value, &table_word) {
                Match::One(image) => image,
                Match::None if value.is_empty() || known_bad.contains(&tidy(value)) => continue,
                Match::None => {
                    skipped.push(Skipped { path: shown_value, reason: format!("is named in {row}, but there is no such file") });
                    continue;
                }
                Match::Several(n) => {
                    skipped
                        .push(Skipped { path: shown_value, reason: format!("is named in {row}, and {n} files are called that") });
                    continue;
                }
            };
            let split_text = table.text(fields, columns.split);
            let split = Split::from_name(&split_text).or(source.split);
            if split.is_none() && !split_text.is_empty() {
                odd_splits.insert(split_text);
            }
            let now = Said {
                row,
                label: tidy_label(&table.text(fields, columns.label)),
                split,
                patient: table.text(fields, columns.patient),
            };
            match said.get(&image) {
                Some(before) if before.label != now.label => {
                    let reason = format!("is labelled `{}` in {} and `{}` in {}", before.label, before.row, now.label, now.row);
                    if contradicted.insert(image) {
                        skipped.push(Skipped { path: survey.pictures[image].relative.clone(), reason });
                    }
                }
                Some(_) => repeated += 1,
                None => _ = said.insert(image, now),
            }
        }
    }
    let mut warnings = Vec::new();
    if repeated > 0 {
        let rows = if repeated == 1 { "1 row repeats".into() } else { format!("{repeated} rows repeat") };
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
        warnings.push(format!("Not understood as a split: {}.", some_of(&odd_splits)));
    }
    left_out(survey, &said, &mut skipped, &mut warnings);
    let unlabelled = said.values().filter(|s| s.label.is_empty()).count();
    if unlabelled > 0 {
        warnings.push(format!(
            "{} in the table without a label: unlabelled.",
            if unlabelled == 1 { "1 image is".into() } else { format!("{unlabelled} images are") }
        ));
    }
    let drafts = said
        .iter()
        .filter(|(image, _)| !contradicted.contains(image))
        .flat_map(|(&image, s)| {
            let (label, patient) = (Some(s.label.as_str()), Some(s.patient.as_str()));
            drafts_of(&survey.pictures[image], label.filter(|l| !l.is_empty()), s.split, patient.filter(|p| !p.is_empty()), None)
        })
        .collect();
    Recognised { layout: Layout::LabelsCsv, why: why(files.root, sources), drafts, skipped, warnings, normal: None }
}

fn why(root: &Path, sources: &[Source]) -> String {
    let tables: Vec<String> = sources.iter().map(|s| shown(&relative(root, &s.path))).collect();
    let Some(Source { table, columns, split, .. }) = sources.first() else { return String::new() };
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
fn left_out(survey: &Survey, said: &BTreeMap<usize, Said>, skipped: &mut Vec<Skipped>, warnings: &mut Vec<String>) {
    let folder = |image: usize| survey.pictures[image].relative.parent().unwrap_or(Path::new("")).to_path_buf();
    let known: BTreeSet<PathBuf> = said.keys().map(|&i| folder(i)).collect();
    let mut beside: BTreeMap<PathBuf, usize> = BTreeMap::new();
    let mut lone = Vec::new();
    for image in (0..survey.pictures.len()).filter(|i| !said.contains_key(i)) {
        if known.contains(&folder(image)) {
            lone.push(&survey.pictures[image].relative);
        } else {
            *beside.entry(folder(image)).or_default() += 1;
        }
    }
    if !lone.is_empty() {
        let count = if lone.len() == 1 { "1 image has".to_string() } else { format!("{} images have", lone.len()) };
        warnings.push(format!(
            "{count} no row in the table and {} left out ({}).",
            if lone.len() == 1 { "is" } else { "are" },
            some_of(lone.iter().map(|p| shown(p)))
        ));
    }
    skipped.extend(lone.into_iter().map(|p| Skipped { path: p.clone(), reason: "has no row in the table of labels".into() }));
    for (path, count) in beside {
        warnings.push(format!("No row of the table names a file in {}: {} left out.", shown(&path), images(count)));
        skipped.push(Skipped {
            path,
            reason: format!("is a folder of which the table of labels names no file ({})", images(count)),
        });
    }
}

/// `0.0`, as pandas writes a column of numbers with gaps, is `0`; `nan` is no label.
fn tidy_label(text: &str) -> String {
    match text.split_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|b| b == b'0') && whole.parse::<i64>().is_ok() => {
            whole.into()
        }
        _ if ["nan", "na", "n/a", "null", "?"].iter().any(|n| text.eq_ignore_ascii_case(n)) => String::new(),
        _ => text.into(),
    }
}

enum Match {
    One(usize),
    None,
    Several(usize),
}

/// The pictures by what a table may call them.
struct Files<'a> {
    root: &'a Path,
    pictures: Vec<Vec<u8>>,
    by_path: HashMap<Vec<u8>, usize>,
    /// Name with and without extension, without the folder.
    by_name: HashMap<Vec<u8>, Vec<usize>>,
    folders: HashSet<Vec<u8>>,
}

fn slashed(path: &Path) -> Vec<u8> {
    tidy(path.as_os_str().as_encoded_bytes())
}

/// Forward slashes, without `./` before them.
fn tidy(value: &[u8]) -> Vec<u8> {
    let value: Vec<u8> = value.iter().map(|&b| if b == b'\\' { b'/' } else { b }).collect();
    value.strip_prefix(b"./").map(<[u8]>::to_vec).unwrap_or(value)
}

fn split_last(path: &[u8]) -> (&[u8], &[u8]) {
    path.iter().rposition(|&b| b == b'/').map_or((&[], path), |at| (&path[..at], &path[at + 1..]))
}

fn without_extension(name: &[u8]) -> &[u8] {
    name.iter().rposition(|&b| b == b'.').filter(|&at| at > 0).map_or(name, |at| &name[..at])
}

impl<'a> Files<'a> {
    fn new(root: &'a Path, survey: &Survey) -> Self {
        let pictures: Vec<Vec<u8>> = survey.pictures.iter().map(|c| slashed(&c.relative)).collect();
        let mut files =
            Self { root, by_path: HashMap::new(), by_name: HashMap::new(), folders: HashSet::new(), pictures: Vec::new() };
        for (i, path) in pictures.iter().enumerate() {
            let (folder, name) = split_last(path);
            files.by_path.insert(path.clone(), i);
            let stem = without_extension(name);
            files.by_name.entry(name.to_vec()).or_default().push(i);
            if stem != name {
                files.by_name.entry(stem.to_vec()).or_default().push(i);
            }
            files.folders.insert(folder.to_vec());
        }
        files.pictures = pictures;
        files
    }

    /// By its path; else by its name where no other file has that name, or none in a folder named after the table
    /// (`train.csv`, `train_images/`). A value with a folder that is here means that folder.
    fn find(&self, value: &[u8], table: &[u8]) -> Match {
        let value = tidy(value);
        let value = value.strip_prefix(slashed(self.root).as_slice()).and_then(|v| v.strip_prefix(b"/")).unwrap_or(&value);
        if let Some(&image) = self.by_path.get(value) {
            return Match::One(image);
        }
        let (folder, name) = split_last(value);
        let ends_with = |path: &[u8], end: &[u8]| {
            end.is_empty() || path == end || (path.ends_with(end) && path[..path.len() - end.len()].ends_with(b"/"))
        };
        let of_name = self.by_name.get(name).or_else(|| self.by_name.get(without_extension(name))).map_or(&[][..], Vec::as_slice);
        let in_folder = |image: usize, folder: &[u8]| ends_with(split_last(&self.pictures[image]).0, folder);
        let mut matches: Vec<usize> = of_name.iter().copied().filter(|&i| in_folder(i, folder)).collect();
        if matches.is_empty() && !self.folders.iter().any(|f| ends_with(f, folder)) {
            matches = of_name.to_vec();
        }
        if matches.len() > 1 {
            let named: Vec<usize> =
                matches.iter().copied().filter(|&i| split_last(split_last(&self.pictures[i]).0).1.starts_with(table)).collect();
            if named.len() == 1 {
                matches = named;
            }
        }
        match matches[..] {
            [] => Match::None,
            [image] => Match::One(image),
            _ => Match::Several(matches.len()),
        }
    }

    /// Share of the first rows whose value in this column names a file.
    fn share(&self, table: &Table, column: Option<usize>) -> f64 {
        let step = (table.rows.len() / 200).max(1);
        let rows: Vec<_> = table.rows.iter().step_by(step).collect();
        let found = |row: &&&csv::ByteRecord| {
            let value = table.field(row, column);
            !value.is_empty() && !matches!(self.find(value, b""), Match::None)
        };
        if column.is_none() || rows.is_empty() { 0.0 } else { rows.iter().filter(found).count() as f64 / rows.len() as f64 }
    }

    /// The column whose values name most files, if they name nearly all.
    fn best_column(&self, table: &Table) -> Option<usize> {
        let share = |c: usize| self.share(table, Some(c));
        (0..table.headers.len()).max_by(|&a, &b| share(a).total_cmp(&share(b))).filter(|&c| share(c) >= 0.8)
    }
}
