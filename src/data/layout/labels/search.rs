//! Which tables name the images, and what is said of those that are not used.

use super::{
    file_column::{file_column, with_right_headers},
    named_files::{Match, NamedFiles, split_of_name},
    rows::{LabelTable, SplitList, labelled, table_name},
};
use crate::{
    config::{DataConfig, LabelColumns},
    data::{
        dataset::{class_key, sounds_normal},
        layout::{
            detected::DetectedLayout,
            file_scan::{FileScan, PictureFile, relative},
            tables::{LabelScheme, Table, is_spreadsheet_name, is_table_name},
        },
        text::{cut_list, display_path, fold, images},
    },
    error::{Error, NextStep, Result, Warning},
};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::{Path, PathBuf},
};

/// More tables of one kind in a folder are those of single images.
const MAX_ALIKE: usize = 50;
/// Larger tables are read only where they are asked for.
const MAX_FOUND: u64 = 128 << 20;
/// The same of tables that lie above the folder that was opened.
const MAX_ABOVE: u64 = 16 << 20;

/// A table with the images that it names.
type Named = (LabelTable, HashSet<usize>);

/// The table that was asked for; of a spreadsheet the sheets that name the images.
pub fn from_given(root: &Path, scan: &FileScan, path: &Path, config: &DataConfig) -> Result<DetectedLayout> {
    let complain = |what: &str| Error::user(format!("{} {what}", path.display()), NextStep::NameColumns);
    let files = NamedFiles::new(root, scan);
    let mut sources: Vec<Named> = Vec::new();
    let mut reasons = Vec::new();
    for table in Table::read_all(path).map_err(|e| complain(&e))? {
        match read_given(&files, path, table, &config.columns) {
            Ok(source) => {
                let images = files.named(&source.table, source.columns.file, &source.naming);
                sources.push((source, images));
            }
            Err(reason) => reasons.push(reason),
        }
    }
    let Some(best) = (0..sources.len()).rev().max_by_key(|&i| sources[i].1.len()) else {
        return Err(complain(reasons.first().map_or("holds no table", String::as_str)));
    };
    let chosen = continued(&sources, best);
    Ok(labelled(&files, scan, &only(sources, &chosen), &[]))
}

/// A table as it is to be read. The error is a reason to show behind its name.
fn read_given(files: &NamedFiles, path: &Path, table: Table, wanted: &LabelColumns) -> Result<LabelTable, String> {
    let mut columns = table.columns(wanted)?;
    let table = with_right_headers(table, files, path, wanted);
    if table.header_line == 0 {
        columns = table.columns(wanted)?;
    }
    let (file, mut naming, _) = file_column(files, path, &table, columns.file, wanted);
    columns.file = file.or(columns.patient);
    let all = cut_list(&table.headers, 30);
    if columns.file.is_none() {
        return Err(format!("has no column that names the files; its columns are {all}"));
    }
    let scheme = LabelScheme::of(&table, &columns, !wanted.label.is_empty());
    let scheme = scheme.ok_or_else(|| format!("has no column of labels that is known by its name; its columns are {all}"))?;
    if files.named(&table, columns.file, &naming).is_empty() {
        // A row may be a patient, and a folder theirs.
        naming.may_be_folders = true;
    }
    if files.named(&table, columns.file, &naming).is_empty() {
        let several = |row| matches!(files.find(table.field(row, columns.file), &naming), Match::Several(_));
        let value = table.rows.first().map(|r| table.field(r, columns.file)).unwrap_or_default();
        let root = files.root().display();
        return Err(match table.rows.iter().any(several) {
            true => format!("names files by names that several in {root} have, and does not say their folders"),
            false => format!("names no file that lies in {root} (its first row names `{value}`)"),
        });
    }
    let split = table.sheet.as_deref().and_then(split_of_name);
    Ok(LabelTable { path: path.to_path_buf(), table, columns, naming, scheme, split })
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
    /// The first of them.
    pub path: PathBuf,
    /// What there is to say about other tables.
    pub notes: Vec<Warning>,
}

/// The tables that name these images, wherever they lie and whatever they are called.
pub fn find(root: &Path, scan: &FileScan, config: &DataConfig) -> TableLabels {
    let files = NamedFiles::new(root, scan);
    let mut found = TableLabels::default();
    let mut sources: Vec<Named> = Vec::new();
    let mut lists = Vec::new();
    for path in candidates(root, scan, &mut found.notes) {
        for judged in judge(root, &files, path, config) {
            match judged {
                Judged::Labels(named) => sources.push(*named),
                Judged::List(list) => lists.push(list),
                Judged::Note(note) => found.notes.push(note),
            }
        }
    }
    found.notes.extend(above(root, &files, scan.pictures.len(), config));
    let has_normal = |s: &LabelTable| s.table.rows.iter().any(|row| sounds_normal(&s.scheme.label(&s.table, row)));
    let rank = |(s, images): &Named| (!is_of_guesses(&s.path), images.len(), has_normal(s));
    let ranks: Vec<_> = sources.iter().map(rank).collect();
    // Of equals, the first by its path: `max_by_key` takes the last.
    let Some(best) = (0..sources.len()).rev().max_by_key(|&i| ranks[i]) else {
        let of_split = |list: &SplitList| format!("{} names images of a split ({}) but no labels.", list.name, list.split.name());
        found.notes.extend(lists.iter().map(|list| of_split(list).into()));
        return found;
    };
    let chosen = continued(&sources, best);
    let labels = |i: usize| labels_by_image(&files, &sources[i].0);
    let of_chosen: HashMap<usize, String> = chosen.iter().flat_map(|&i| labels(i)).collect();
    for i in (0..sources.len()).filter(|i| !chosen.contains(i)) {
        found.notes.push(unused(root, &sources[i].0, &labels(i), &of_chosen));
    }
    let named: HashSet<usize> = chosen.iter().flat_map(|&i| sources[i].1.iter().copied()).collect();
    let sources = only(sources, &chosen);
    found.named = named.len();
    found.path = sources.first().map(|s| s.path.clone()).unwrap_or_default();
    found.tables = cut_list(sources.iter().map(|s| s.name(root)), 4);
    found.detected = Some(labelled(&files, scan, &sources, &lists));
    found
}

/// The best table and those that go on where it ends.
fn continued(sources: &[Named], best: usize) -> Vec<usize> {
    let mut taken = sources[best].1.clone();
    let mut chosen = vec![best];
    for i in (0..sources.len()).filter(|&i| i != best) {
        if continues(&sources[best].0, &sources[i].0, sources[i].1.is_disjoint(&taken)) {
            taken.extend(&sources[i].1);
            chosen.push(i);
        }
    }
    chosen.sort_unstable();
    chosen
}

fn only(sources: Vec<Named>, chosen: &[usize]) -> Vec<LabelTable> {
    sources.into_iter().enumerate().filter(|(i, _)| chosen.contains(i)).map(|(_, (source, _))| source).collect()
}

/// Files that may be tables, but not those that come one for each image, of which a line is said.
fn candidates<'a>(root: &Path, scan: &'a FileScan, notes: &mut Vec<Warning>) -> Vec<&'a PathBuf> {
    let mut by_place: BTreeMap<(&Path, String), Vec<&PathBuf>> = BTreeMap::new();
    for path in scan.others.iter().filter(|p| is_table_name(p)) {
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        by_place.entry((path.parent().unwrap_or(Path::new("")), ending)).or_default().push(path);
    }
    let stem = |path: &Path| fold(&path.file_stem().unwrap_or_default().to_string_lossy());
    let has_many = by_place.values().any(|alike| alike.len() > 3);
    let pictures: HashSet<String> =
        scan.pictures.iter().filter(|_| has_many).map(|picture: &PictureFile| stem(&picture.relative)).collect();
    let mut paths = Vec::new();
    for ((folder, ending), alike) in by_place {
        let folder = display_path(&relative(root, folder));
        let place = if folder.is_empty() { String::new() } else { format!(" in {folder}") };
        let count = alike.len();
        if count > 3 && alike.iter().filter(|path| pictures.contains(&stem(path))).count() * 10 >= count * 8 {
            notes.push(format!("{count} .{ending} files{place} are called like the images, one each, and are not read.").into());
        } else if count > MAX_ALIKE {
            let text = format!("{count} .{ending} files{place} are too many to be looked at as tables of labels.");
            notes.push(Warning::new(text, NextStep::NameTable));
        } else {
            paths.extend(alike);
        }
    }
    paths.sort();
    paths
}

/// What is said of tables one or two folders above the one that was opened: they are never used by themselves, since they may be
/// about other images of the same names.
fn above(root: &Path, files: &NamedFiles, pictures: usize, config: &DataConfig) -> Vec<Warning> {
    let Ok(home) = std::fs::canonicalize(root) else { return Vec::new() };
    let mut notes = Vec::new();
    for folder in home.ancestors().skip(1).take(2) {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        let is_table = |path: &PathBuf| {
            let is_hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
            !is_hidden && is_table_name(path) && std::fs::metadata(path).is_ok_and(|m| m.is_file() && m.len() <= MAX_ABOVE)
        };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(is_table).take(MAX_ALIKE).collect();
        paths.sort();
        for path in paths {
            let names_most = |judged: &Judged| matches!(judged, Judged::Labels(named) if named.1.len() * 2 >= pictures);
            if judge(root, files, &path, config).iter().any(names_most) {
                let text = format!("{} lies above this folder and names these files.", display_path(&path));
                notes.push(Warning::new(text, NextStep::UseTable { path }));
            }
        }
    }
    notes
}

enum Judged {
    Labels(Box<Named>),
    List(SplitList),
    Note(Warning),
}

fn judge(root: &Path, files: &NamedFiles, path: &Path, config: &DataConfig) -> Vec<Judged> {
    let name = display_path(&relative(root, path));
    if std::fs::metadata(path).is_ok_and(|m| m.len() > MAX_FOUND) {
        let text = format!("{name} is larger than {} MiB and is read only where it is asked for.", MAX_FOUND >> 20);
        return vec![Judged::Note(Warning::new(text, NextStep::UseTable { path: path.to_path_buf() }))];
    }
    match Table::read_all(path) {
        Ok(tables) => tables.into_iter().filter_map(|table| judge_table(root, files, path, table, config)).collect(),
        // Text and JSON are many things; a spreadsheet is a table.
        Err(reason) if is_spreadsheet_name(path) => vec![Judged::Note(format!("{name} {reason}.").into())],
        Err(_) => Vec::new(),
    }
}

fn judge_table(root: &Path, files: &NamedFiles, path: &Path, table: Table, config: &DataConfig) -> Option<Judged> {
    let name = table_name(root, path, &table);
    let table = with_right_headers(table, files, path, &config.columns);
    let mut columns = table.columns(&config.columns).ok()?;
    let (file, mut naming, mut share) = file_column(files, path, &table, columns.file, &config.columns);
    let is_known = columns.file.is_some() && columns.label.is_some() && columns.file != columns.label;
    columns.file = file;
    if let (true, Some(patient)) = (columns.file.is_none() || share == 0.0, columns.patient) {
        // A row may be a patient, and a folder theirs.
        let mut by_folder = files.naming(path, &table, Some(patient));
        by_folder.may_be_folders = true;
        let of_folders = files.share(&table, Some(patient), &by_folder);
        if of_folders >= 0.5 {
            (columns.file, columns.patient, naming, share) = (Some(patient), None, by_folder, of_folders);
        }
    }
    columns.file?;
    if table.headers.len() < 2 {
        let images = files.named(&table, columns.file, &naming);
        return naming.split().filter(|_| share >= 0.5).map(|split| Judged::List(SplitList { name, split, images }));
    }
    // A table of a whole set beside a part of its images names many files that are not here.
    let least = files.least_share(&table, columns.file);
    if share < least && files.covered(&table, columns.file, &naming) < least {
        let share = share * 100.0;
        let text = format!("{name} looks like a table of labels, but only {share:.0} % of its rows name a file that is here.");
        return is_known.then(|| Judged::Note(text.into()));
    }
    if table.is_of_scores() {
        let text = format!("{name} holds scores that this program wrote, and is not taken for labels.");
        return Some(Judged::Note(text.into()));
    }
    let images = files.named(&table, columns.file, &naming);
    if images.is_empty() {
        let text = format!("{name} names these files by names that several of them have, without their folders: it is not used.");
        return Some(Judged::Note(text.into()));
    }
    if columns.label == columns.file {
        columns.label = None;
    }
    let file = table.header(columns.file).to_string();
    if let Some(scheme) = LabelScheme::of(&table, &columns, !config.columns.label.is_empty()) {
        let split = naming.split();
        let source = LabelTable { path: path.to_path_buf(), table, columns, naming, scheme, split };
        return Some(Judged::Labels(Box::new((source, images))));
    }
    // Lists of images and their masks label nothing.
    if columns.label.is_some_and(|label| LabelScheme::names_files(&table, label)) {
        return None;
    }
    let others = cut_list(table.headers.iter().filter(|h| **h != file && !h.is_empty()), 20);
    let text = format!(
        "{name} names these files (column `{file}`), but which of its columns is the label is not known{}.",
        if others.is_empty() { others } else { format!(" ({others})") }
    );
    Some(Judged::Note(Warning::new(text, NextStep::ChooseLabel { path: path.to_path_buf(), file })))
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
fn unused(root: &Path, source: &LabelTable, own: &HashMap<usize, String>, used: &HashMap<usize, String>) -> Warning {
    let name = source.name(root);
    let both = || own.iter().filter_map(|(image, label)| Some((class_key(label), class_key(used.get(image)?))));
    let differ = both().filter(|(a, b)| a != b).count();
    let words: HashSet<String> = both().map(|(_, of_used)| of_used).collect();
    // Other words for the same things are no contradiction.
    let what = if differ > 0 && both().any(|(of_other, _)| words.contains(&of_other)) {
        format!("{name} contradicts the table that is used: it labels {} differently", images(differ))
    } else {
        format!("{name} names these files, too (`{}`)", source.table.header(source.columns.file))
    };
    Warning::new(format!("{what}. It is not used."), NextStep::UseTable { path: source.path.clone() })
}
