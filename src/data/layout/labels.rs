//! Labels from tables: which tables name the images, which of them label them, and what is said of the others.

use super::{
    detected::DetectedLayout,
    file_scan::{FileScan, PictureFile, relative},
    label_rows::{LabelTable, SplitList, merge},
    named_files::{Match, NamedFiles, Naming},
    tables::{LabelScheme, Table, is_table_name},
};
use crate::{
    config::{DataConfig, LabelColumns},
    data::{
        dataset::{Split, class_key, sounds_normal},
        text::{cut_list, display_path, images},
    },
    error::{Error, NextStep, Result},
};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::{Path, PathBuf},
};

/// More tables of one kind in a folder are those of single images.
const MAX_ALIKE: usize = 50;
/// Larger tables are read only where they are asked for.
const MAX_FOUND: u64 = 128 << 20;

/// The table that was asked for.
pub fn from_given(root: &Path, scan: &FileScan, path: &Path, config: &DataConfig) -> Result<DetectedLayout> {
    let complain = |what: &str| Error::user(format!("{} {what}", path.display()), NextStep::NameColumns);
    let table = Table::read(path).map_err(|e| complain(&e))?;
    let files = NamedFiles::new(root, scan);
    let mut columns = table.columns(&config.columns).map_err(|e| complain(&e))?;
    let table = with_right_headers(table, &files, path, &config.columns);
    if table.first_row == 1 {
        columns = table.columns(&config.columns).map_err(|e| complain(&e))?;
    }
    let (file, naming, _) = file_column(&files, path, &table, columns.file, &config.columns);
    columns.file = file;
    let all = cut_list(&table.headers, 30);
    if columns.file.is_none() {
        return Err(complain(&format!("has no column that names the files; its columns are {all}")));
    }
    let Some(scheme) = LabelScheme::of(&table, &columns, !config.columns.label.is_empty()) else {
        return Err(complain(&format!("has no column of labels that is known by its name; its columns are {all}")));
    };
    if !table
        .rows
        .iter()
        .any(|row| matches!(files.find(table.field(row, columns.file), &naming), Match::One(_) | Match::Folder(_)))
    {
        let value = table.rows.first().map(|r| table.field(r, columns.file)).unwrap_or_default();
        return Err(complain(&format!("names no file that lies in {} (its first row names `{value}`)", root.display())));
    }
    let source = LabelTable { path: path.to_path_buf(), table, columns, naming, scheme, split: None };
    Ok(labelled(&files, scan, &[source], &[]))
}

/// What tables say of the images.
#[derive(Default)]
pub struct TableLabels {
    /// The images as the best tables label them; `None` where none does.
    pub detected: Option<DetectedLayout>,
    /// How many images those tables name.
    pub named: usize,
    /// Their names.
    pub tables: String,
    /// What to type to have them used, where the folders are taken for the classes.
    pub how: String,
    /// What there is to say about other tables.
    pub notes: Vec<String>,
}

/// The tables that name these images, wherever they lie and whatever they are called.
pub fn find(root: &Path, scan: &FileScan, config: &DataConfig) -> TableLabels {
    let files = NamedFiles::new(root, scan);
    let mut found = TableLabels::default();
    let mut sources: Vec<(LabelTable, HashSet<usize>)> = Vec::new();
    let mut lists = Vec::new();
    for path in candidates(root, scan, &mut found.notes) {
        match judge(root, &files, path, config) {
            Judged::Labels(table, images) => sources.push((*table, images)),
            Judged::List(list) => lists.push(list),
            Judged::Note(note) => found.notes.push(note),
            Judged::Nothing => {}
        }
    }
    let has_normal = |s: &LabelTable| s.table.rows.iter().any(|row| sounds_normal(&s.scheme.label(&s.table, row)));
    let rank = |(s, images): &(LabelTable, HashSet<usize>)| (!is_of_guesses(&s.path), images.len(), has_normal(s));
    let ranks: Vec<_> = sources.iter().map(rank).collect();
    // Of equals, the first by its path: `max_by_key` takes the last.
    let Some(best) = (0..sources.len()).rev().max_by_key(|&i| ranks[i]) else {
        let of_split = |list: &SplitList| format!("{} names images of a split ({}) but no labels.", list.name, list.split.name());
        found.notes.extend(lists.iter().map(of_split));
        return found;
    };
    let mut taken = sources[best].1.clone();
    let mut chosen = vec![best];
    for i in (0..sources.len()).filter(|&i| i != best) {
        if continues(&sources[best].0, &sources[i].0, sources[i].1.is_disjoint(&taken)) {
            taken.extend(&sources[i].1);
            chosen.push(i);
        }
    }
    chosen.sort_unstable();
    let labels = |i: usize| labels_by_image(&files, &sources[i].0);
    let of_chosen: HashMap<usize, String> = chosen.iter().flat_map(|&i| labels(i)).collect();
    for i in (0..sources.len()).filter(|i| !chosen.contains(i)) {
        found.notes.push(unused(root, &sources[i].0, &labels(i), &of_chosen));
    }
    let sources: Vec<LabelTable> =
        sources.into_iter().enumerate().filter(|(i, _)| chosen.contains(i)).map(|(_, (s, _))| s).collect();
    found.named = taken.len();
    found.how = sources.first().map(|s| flag(&s.path)).unwrap_or_default();
    found.tables = cut_list(sources.iter().map(|s| display_path(&relative(root, &s.path))), 4);
    found.detected = Some(labelled(&files, scan, &sources, &lists));
    found
}

/// Files that may be tables, but not those that come one for each image, of which a line is said.
fn candidates<'a>(root: &Path, scan: &'a FileScan, notes: &mut Vec<String>) -> Vec<&'a PathBuf> {
    let mut by_place: BTreeMap<(&Path, String), Vec<&PathBuf>> = BTreeMap::new();
    for path in scan.others.iter().filter(|p| is_table_name(p)) {
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        by_place.entry((path.parent().unwrap_or(Path::new("")), ending)).or_default().push(path);
    }
    for ((folder, ending), alike) in by_place.iter().filter(|(_, alike)| alike.len() > MAX_ALIKE) {
        notes.push(format!(
            "{} .{ending} files in {} are too many to be looked at as tables of labels; name one with --labels.",
            alike.len(),
            display_path(&relative(root, folder))
        ));
    }
    let mut paths: Vec<&PathBuf> = by_place.into_values().filter(|alike| alike.len() <= MAX_ALIKE).flatten().collect();
    paths.sort();
    paths
}

enum Judged {
    Labels(Box<LabelTable>, HashSet<usize>),
    List(SplitList),
    Note(String),
    Nothing,
}

fn judge(root: &Path, files: &NamedFiles, path: &Path, config: &DataConfig) -> Judged {
    let name = display_path(&relative(root, path));
    if std::fs::metadata(path).is_ok_and(|m| m.len() > MAX_FOUND) {
        return Judged::Note(format!(
            "{name} is larger than {} MiB and is read only where it is asked for ({}).",
            MAX_FOUND >> 20,
            flag(path)
        ));
    }
    let Ok(table) = Table::read(path) else { return Judged::Nothing };
    let table = with_right_headers(table, files, path, &config.columns);
    let Ok(mut columns) = table.columns(&config.columns) else { return Judged::Nothing };
    let (file, naming, share) = file_column(files, path, &table, columns.file, &config.columns);
    let is_known = columns.file.is_some() && columns.label.is_some() && columns.file != columns.label;
    columns.file = file;
    if columns.file.is_none() {
        return Judged::Nothing;
    }
    if table.headers.len() < 2 {
        let images = files.named(&table, columns.file, &naming);
        let list = split_of_name(path).filter(|_| share >= 0.5).map(|split| SplitList { name, split, images });
        return list.map_or(Judged::Nothing, Judged::List);
    }
    // A table of a whole set beside a part of its images names many files that are not here.
    let least = files.least_share(&table, columns.file);
    if share < least && files.covered(&table, columns.file, &naming) < least {
        return if is_known {
            let share = share * 100.0;
            Judged::Note(format!(
                "{name} looks like a table of labels, but only {share:.0} % of its rows name a file that is here."
            ))
        } else {
            Judged::Nothing
        };
    }
    if is_of_scores(&table.headers) {
        return Judged::Note(format!("{name} holds scores that this program wrote, and is not taken for labels."));
    }
    if columns.label == columns.file {
        columns.label = None;
    }
    let file = table.header(columns.file).to_string();
    match LabelScheme::of(&table, &columns, !config.columns.label.is_empty()) {
        Some(scheme) => {
            let images = files.named(&table, columns.file, &naming);
            let split = split_of_name(path);
            Judged::Labels(Box::new(LabelTable { path: path.to_path_buf(), table, columns, naming, scheme, split }), images)
        }
        None => Judged::Note(format!(
            "{name} names these files (column `{file}`), but which of its columns is the label is not known ({}): choose it with {}.",
            cut_list(table.headers.iter().filter(|h| **h != file), 20),
            flag_with_columns(path, &file)
        )),
    }
}

/// `scores.csv` of a run.
fn is_of_scores(headers: &[String]) -> bool {
    ["path", "split", "label", "score"].iter().all(|name| headers.iter().any(|h| h == name))
        && headers.iter().any(|h| h == "predicted" || h == "threshold")
}

/// As rows where the first line names a file itself.
fn with_right_headers(table: Table, files: &NamedFiles, path: &Path, wanted: &LabelColumns) -> Table {
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
fn file_column(
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

/// The split that a table's name says in one of its words: `ISIC2018_Task3_Training_GroundTruth.csv`.
fn split_of_name(path: &Path) -> Option<Split> {
    let stem = path.file_stem()?.to_string_lossy().into_owned();
    // `trainLabels` are two words.
    let starts = |(i, c): (usize, char)| (c.is_uppercase() && stem[..i].ends_with(char::is_lowercase)).then_some(i);
    let humps: Vec<usize> = [0].into_iter().chain(stem.char_indices().filter_map(starts)).chain([stem.len()]).collect();
    let words = humps.windows(2).flat_map(|ends| stem[ends[0]..ends[1]].split(|c: char| !c.is_ascii_alphabetic()));
    words.into_iter().find_map(Split::from_name)
}

/// Whether a table says of other images what the first one says of its own.
fn continues(first: &LabelTable, other: &LabelTable, is_disjoint: bool) -> bool {
    let headers = |s: &LabelTable| s.scheme.headers(&s.table);
    let by_split = |s: &LabelTable| s.split.is_some() && s.columns.split.is_none();
    let other_split = by_split(first) && by_split(other) && first.split != other.split;
    headers(first) == headers(other) && (other_split || (is_disjoint && !is_of_guesses(&other.path)))
}

/// A table of what somebody's model says, or of what it should look like (`sample_submission.csv`).
fn is_of_guesses(path: &Path) -> bool {
    const WORDS: &[&str] = &["submission", "sample", "example", "template", "prediction", "pred", "result", "output", "score"];
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    WORDS.iter().any(|word| stem.contains(word))
}

/// The label of each image by one table.
fn labels_by_image(files: &NamedFiles, source: &LabelTable) -> HashMap<usize, String> {
    let mut labels = HashMap::new();
    for row in &source.table.rows {
        if let Match::One(image) = files.find(source.table.field(row, source.columns.file), &source.naming) {
            labels.insert(image, source.scheme.label(&source.table, row));
        }
    }
    labels
}

/// What is said of a table that labels images and is not used.
fn unused(root: &Path, source: &LabelTable, own: &HashMap<usize, String>, used: &HashMap<usize, String>) -> String {
    let name = display_path(&relative(root, &source.path));
    let both = || own.iter().filter_map(|(image, label)| Some((class_key(label), class_key(used.get(image)?))));
    let differ = both().filter(|(a, b)| a != b).count();
    let words: HashSet<String> = both().map(|(_, of_used)| of_used).collect();
    // Other words for the same things are no contradiction.
    let what = if differ > 0 && both().any(|(of_other, _)| words.contains(&of_other)) {
        format!("{name} contradicts the table that is used: it labels {} differently", images(differ))
    } else {
        format!("{name} names these files, too (`{}`)", source.table.header(source.columns.file))
    };
    format!("{what}. It is not used; to use it instead: {}.", flag(&source.path))
}

fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-=,:".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) { text.into() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// What to type for a table to be used.
fn flag(path: &Path) -> String {
    format!("--labels {}", quoted(&path.display().to_string()))
}

fn flag_with_columns(path: &Path, file: &str) -> String {
    format!("{} --map {}", flag(path), quoted(&format!("file={file},label=COLUMN")))
}

/// The images as these tables label them.
fn labelled(files: &NamedFiles, scan: &FileScan, sources: &[LabelTable], lists: &[SplitList]) -> DetectedLayout {
    let mut detected = merge(files, scan, sources, lists);
    detected.why = why(files, &scan.pictures, sources);
    if !lists.is_empty() {
        detected.why += &format!(" Lists of names say the split: {}.", cut_list(lists.iter().map(|list| &list.name), 4));
    }
    detected.normal = sources.iter().find_map(|s| s.scheme.normal(&s.table));
    detected
}

fn why(files: &NamedFiles, pictures: &[PictureFile], sources: &[LabelTable]) -> String {
    let tables: Vec<String> = sources.iter().map(|s| display_path(&relative(files.root(), &s.path))).collect();
    let Some(source) = sources.first() else { return String::new() };
    let LabelTable { table, columns, scheme, .. } = source;
    // Names without a folder of pictures that do not lie beside the table.
    let beside = source.path.parent();
    let is_elsewhere = |row| match files.find(table.field(row, columns.file), &source.naming) {
        Match::One(i) => !table.field(row, columns.file).contains(['/', '\\']) && pictures[i].path.parent() != beside,
        _ => false,
    };
    let by_name = if table.rows.iter().any(is_elsewhere) { ", by their bare names" } else { "" };
    let mut why = format!(
        "Table of labels {}: column `{}` names the files{by_name} and {}",
        cut_list(tables, 4),
        table.header(columns.file),
        scheme.words(table)
    );
    if columns.split.is_some() {
        why += &format!(", `{}` the split", table.header(columns.split));
    } else if sources.iter().any(|s| s.split != source.split) {
        why += ", the tables' names the split";
    }
    if columns.patient.is_some() {
        why += &format!(", `{}` the patient", table.header(columns.patient));
    }
    why + "."
}
