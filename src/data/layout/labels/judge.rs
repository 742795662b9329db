//! Whether a table labels these images, lists them, or does neither.

use super::{
    class_lists::NameList,
    files::{Match, NamedFiles, Naming, ResolvedTable, resolve_columns},
    patients::PatientList,
    rows::{LabelTable, MatchedTable, SplitList, table_name},
};
use crate::{
    config::DataConfig,
    data::{
        dataset::class_key,
        layout::{
            file_scan::{extension, relative},
            tables::{Columns, LabelScheme, NoTable, Table, most_bytes},
        },
        text::{cut_list, display_path, images},
    },
    error::{NextStep, Warning},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    path::Path,
};

/// Larger tables are read only where they are asked for.
const MAX_FOUND: u64 = 128 << 20;

/// What a table is to these images.
pub enum Judged {
    Labels(Box<MatchedTable>),
    Names(Box<NameList>),
    /// What its columns say of splits, where it labels nothing.
    Lists(Vec<SplitList>),
    /// The same of patients.
    Patients(PatientList),
    Note(Warning),
    /// It says these classes, by keys, of images by names that several of them have; what is to be said of it.
    Ambiguous(BTreeSet<String>, Warning),
    /// What there is to say where nothing else says the classes.
    Unlabelled(Warning),
}

/// Each table that a file holds; nothing of files that hold none.
pub fn judge(root: &Path, files: &NamedFiles, path: &Path, config: &DataConfig) -> Vec<Judged> {
    let name = display_path(&relative(root, path));
    if std::fs::metadata(path).is_ok_and(|m| (MAX_FOUND + 1..=most_bytes(path)).contains(&m.len())) {
        let text = format!("{name} is larger than {} MiB and is read only where it is asked for.", MAX_FOUND >> 20);
        return vec![Judged::Note(Warning::new(text, NextStep::UseTable { path: path.to_path_buf() }))];
    }
    match Table::read_all(path) {
        Ok(tables) => tables.into_iter().flat_map(|table| judge_table(root, files, path, table, config)).collect(),
        Err(_) if may_be_no_table(path) => Vec::new(),
        Err(NoTable::NoList) => Vec::new(),
        Err(reason) => {
            let what = "It labels nothing; mend or export it again, or take it out of the folder.";
            vec![Judged::Note(format!("{name} {reason}. {what}").into())]
        }
    }
}

/// A large table by some rows from all over it; nothing of others.
pub fn judge_sample(root: &Path, files: &NamedFiles, path: &Path, config: &DataConfig) -> Vec<Judged> {
    Table::sample(path).map_or_else(Vec::new, |sample| judge_table(root, files, path, sample, config))
}

/// Whether any of some rows from all over a large table names a picture; of others it is not asked.
pub fn may_name(files: &NamedFiles, path: &Path, config: &DataConfig) -> bool {
    let Some(sample) = Table::sample(path) else { return true };
    resolve_columns(files, path, sample, &config.columns)
        .is_ok_and(|sample| !files.named(&sample.table, sample.columns.file, &sample.naming).is_empty())
}

/// Text is many things, and data still more.
fn may_be_no_table(path: &Path) -> bool {
    ["txt", "text", "lst", "list", "dat", "asc", "manifest"].contains(&extension(path).as_str())
}

fn judge_table(root: &Path, files: &NamedFiles, path: &Path, table: Table, config: &DataConfig) -> Vec<Judged> {
    let name = table_name(root, path, &table);
    let Ok(ResolvedTable { table, mut columns, naming, share, is_known }) = resolve_columns(files, path, table, &config.columns)
    else {
        return Vec::new();
    };
    let elsewhere = || {
        let text = format!("{name} looks like a table of labels, but none of its rows names a file that is here.");
        vec![Judged::Note(text.into())]
    };
    if columns.file.is_none() {
        // Numbers that are names of most files as well may be anything.
        let may_name =
            |&c: &usize| Some(c) != columns.label && files.covered(&table, Some(c), &files.naming(path, &table, Some(c))) >= 0.5;
        if let Some(column) = (0..table.headers.len()).find(may_name).filter(|_| columns.label.is_some()) {
            let text = format!(
                "{name} looks like a table of labels; whether its column `{}` names the files is not known.",
                table.typed(column)
            );
            let (path, file) = (path.to_path_buf(), table.typed(column));
            return vec![Judged::Note(Warning::new(text, NextStep::ChooseLabel { path, file }))];
        }
        // Known by its label, and by names of files.
        let names_files = |c: usize| Some(c) != columns.label && LabelScheme::names_files(&table, c);
        let is_of_files = columns.label.is_some() && (columns.patient.is_some() || (0..table.headers.len()).any(names_files));
        return if is_of_files { elsewhere() } else { Vec::new() };
    }
    if table.headers.len() < 2 {
        let images = files.named(&table, columns.file, &naming);
        let list = || NameList { path: path.to_path_buf(), table, naming, images };
        return (share >= 0.5).then(|| Judged::Names(Box::new(list()))).into_iter().collect();
    }
    // A table of a whole set beside a part of its images names many files that are not here.
    let least = files.least_share(&table, columns.file);
    if share < least && files.covered(&table, columns.file, &naming) < least {
        let named = files.named(&table, columns.file, &naming).len();
        if named > 0 && (is_known || columns.label.is_some()) {
            let (of, column) = (images(files.count()), table.header(columns.file));
            let text =
                format!("{name} names {named} of the {of} that are here (column `{column}`), too few to be used by itself.");
            return vec![Judged::Note(Warning::new(text, NextStep::UseTable { path: path.to_path_buf() }))];
        }
        // JSON without names of files is given the columns of one that has them.
        return if is_known && extension(path) != "json" { elsewhere() } else { Vec::new() };
    }
    if table.is_of_scores() {
        let text = format!("{name} holds scores that this program wrote, and is not taken for labels.");
        return vec![Judged::Note(text.into())];
    }
    if columns.label == columns.file {
        columns.label = None;
    }
    let scheme = LabelScheme::of(&table, &columns, !config.columns.label.is_empty());
    if let Some(folders) = files.namesakes(&table, columns.file, &naming) {
        let text = format!("{name} names these files by names that several of them have, without their folders: it is not used.");
        let step = (!folders.is_empty()).then(|| NextStep::OpenOneOf { folders, table: path.to_path_buf() });
        let labels = scheme.map(|scheme| table.rows.iter().map(|row| class_key(&scheme.label(&table, row))).collect());
        return vec![Judged::Ambiguous(labels.unwrap_or_default(), Warning { text, step })];
    }
    let named = files.named(&table, columns.file, &naming);
    if let Some(scheme) = scheme {
        let split = naming.split;
        let source = LabelTable { path: path.to_path_buf(), annotations: None, table, columns, naming, scheme, split };
        return vec![Judged::Labels(Box::new((source, named)))];
    }
    // Lists of images and their masks label nothing.
    if columns.label.is_some_and(|label| LabelScheme::names_files(&table, label)) {
        return Vec::new();
    }
    let patients = PatientList::of(files, &name, &table, &columns, &naming);
    let lists = lists_of_splits(files, &table, &columns, &naming, &name);
    let is_split = |header: &String| columns.split.is_some_and(|split| split.all().any(|c| table.headers[c] == *header));
    let file = columns.file.map(|file| table.typed(file)).unwrap_or_default();
    let others: Vec<&String> =
        table.headers.iter().filter(|header| **header != file && !header.is_empty() && !is_split(header)).collect();
    let mut said: Vec<Judged> = (lists.len() > 1).then_some(Judged::Lists(lists)).into_iter().collect();
    let says_splits_alone = !said.is_empty() && others.len() < 2;
    let says_patients = patients.is_some();
    said.extend(patients.map(Judged::Patients));
    if says_splits_alone {
        return said;
    }
    let others = cut_list(others, 20);
    let text = format!(
        "{name} names these files (column `{file}`), but which of its columns is the label is not known{}.",
        if others.is_empty() { others } else { format!(" ({others})") }
    );
    let note = Warning::new(text, NextStep::ChooseLabel { path: path.to_path_buf(), file });
    said.push(if says_patients { Judged::Unlabelled(note) } else { Judged::Note(note) });
    said
}

/// The images of each split that a column says.
fn lists_of_splits(files: &NamedFiles, table: &Table, columns: &Columns, naming: &Naming, name: &str) -> Vec<SplitList> {
    let mut by_split: BTreeMap<_, HashSet<usize>> = BTreeMap::new();
    for row in &table.rows {
        let split = columns.split.and_then(|split| table.split(row, split));
        if let (Some(split), Match::One(image)) = (split, files.find(table.field(row, columns.file), naming)) {
            by_split.entry(split).or_default().insert(image);
        }
    }
    by_split.into_iter().map(|(split, images)| SplitList { name: name.to_string(), split, images }).collect()
}
