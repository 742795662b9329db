//! Which tables name the images, and what is said of those that are not used.

use super::{
    annotated::annotated,
    class_lists::{self, NameList},
    continued::{continued, edition, is_form, is_of_guesses, only},
    files::{Match, NamedFiles, are_names, without_format},
    judge::{Judged, judge, judge_sample, may_name},
    mask_columns, patients,
    rows::{LabelTable, MatchedTable, SplitList, labelled},
    unread,
};
use crate::{
    config::DataConfig,
    data::{
        dataset::{Skipped, class_key, sounds_normal},
        layout::{
            annotations::Annotations,
            contradictions::differing,
            detected::DetectedLayout,
            file_scan::{FileScan, PictureFile, extension, relative},
            masks,
            tables::{LabelScheme, Root, is_table, is_table_name, xml_root},
        },
        text::{count_of, cut_list, display_path, first_few, fold, images, thousands},
    },
    error::{NextStep, Warning},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    path::{Path, PathBuf},
};

/// More tables of one kind in a folder are those of single images.
const MAX_ALIKE: usize = 50;
/// As much of tables that lie above the folder that was opened is read, and no larger ones; bytes.
const MAX_ABOVE: u64 = 16 << 20;

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
    /// What they say is what somebody's model says, by their names or those of their columns.
    pub are_guesses: bool,
    /// Lists of images of a split, where no table labels any.
    pub lists: Vec<SplitList>,
    /// The images as lists of names label them, where no table labels any.
    pub by_lists: Option<DetectedLayout>,
    /// Which tables say patients and nothing else of the images; which of those that label them say the patients, too.
    pub patients: Option<String>,
    pub patients_of_labelled: Option<String>,
    /// What there is to say about other tables.
    pub notes: Vec<Warning>,
    /// Classes, by keys, of tables that are not used since several images have each name in them.
    pub ambiguous: BTreeSet<String>,
    /// The same where nothing else says the classes.
    pub unlabelled: Vec<Warning>,
    /// Files of single images that cannot be read.
    pub skipped: Vec<Skipped>,
}

/// The tables that name these images, wherever they lie and whatever they are called. Masks that they name are given to their images.
pub fn find(root: &Path, scan: &mut FileScan, config: &DataConfig) -> TableLabels {
    let files = NamedFiles::new(root, scan);
    let mut found = TableLabels::default();
    let mut sources: Vec<MatchedTable> = Vec::new();
    let (mut lists, mut names, mut patients) = (Vec::new(), Vec::new(), Vec::new());
    let annotations = Annotations::find(root, &scan.pictures, &scan.others);
    found.notes.extend(annotations.notes);
    found.skipped = annotations.skipped;
    let mut unread: Vec<&PathBuf> = scan.others.iter().filter(|path| unread::may_hold_labels(path)).collect();
    unread.retain(|path| !annotations.files.contains(*path));
    for path in candidates(root, scan, &annotations.files, &mut found.notes) {
        let all = judge(root, &files, path, config);
        if all.is_empty() && extension(path).contains("json") {
            unread.push(path);
        }
        for judged in all {
            match judged {
                Judged::Labels(named) => sources.push(*named),
                Judged::Lists(some) => lists.extend(some),
                Judged::Names(list) => names.push(*list),
                Judged::Patients(list) => patients.push(list),
                Judged::Note(note) => found.notes.push(note),
                Judged::Ambiguous(classes, note) => {
                    found.ambiguous.extend(classes);
                    found.notes.push(note);
                }
                Judged::Unlabelled(note) => found.unlabelled.push(note),
            }
        }
    }
    found.notes.extend(unread::that_name(root, scan, &unread));
    found.patients = patients::give(scan, patients);
    lists.extend(names.iter().filter_map(|list| list.of_split(root)));
    sources.extend(annotations.sets.into_iter().map(|set| annotated(&files, set)));
    if sources.iter().all(|(source, _)| is_form(&source.path)) {
        found.notes.extend(sources.drain(..).map(|(source, _)| {
            let text = format!("{} names these files, but is made for answers by its name: it is not used.", source.name(root));
            Warning::new(text, NextStep::UseTable { path: source.path })
        }));
    }
    found.notes.extend(above(root, &files, scan.pictures.len(), config));
    let has_normal = |s: &LabelTable| s.table.rows.iter().any(|row| sounds_normal(&s.scheme.label(&s.table, row)));
    let rank = |(s, images): &MatchedTable| (!is_of_guesses(&s.path), images.len(), has_normal(s), edition(&s.path));
    let ranks: Vec<_> = sources.iter().map(rank).collect();
    // Of equals, the first by its path: `max_by_key` takes the last.
    let Some(best) = (0..sources.len()).rev().max_by_key(|&i| ranks[i]) else {
        found.by_lists = class_lists::by_class(&files, scan, &names);
        found.notes.extend(found.by_lists.is_none().then(|| unused_lists(root, &names)).flatten());
        found.lists = lists;
        return found;
    };
    found.notes.extend(unused_lists(root, &names));
    let chosen = continued(&sources, best);
    let masks = mask_columns::masks(scan, &files, chosen.iter().map(|&i| &sources[i].0));
    if !masks.is_empty() {
        masks::give_named(scan, masks);
        return find(root, scan, config);
    }
    let labels = |i: usize| labels_by_image(&files, &sources[i].0);
    let of_chosen: HashMap<usize, String> = chosen.iter().flat_map(|&i| labels(i)).collect();
    for i in (0..sources.len()).filter(|i| !chosen.contains(i)) {
        found.notes.push(unused(root, &sources[i].0, &labels(i), &of_chosen));
    }
    let named: HashSet<usize> = chosen.iter().flat_map(|&i| sources[i].1.iter().copied()).collect();
    let sources = only(sources, &chosen);
    found.notes.extend(sources.iter().flat_map(|source| other_files(root, &files, source)));
    found.named = named.len();
    found.path = sources.first().map(|s| s.path.clone()).unwrap_or_default();
    let says_guesses = |source: &LabelTable| source.scheme.headers(&source.table).contains("pred");
    found.are_guesses = sources.iter().all(|source| is_of_guesses(&source.path) || says_guesses(source));
    let with_patients = sources.iter().filter(|source| source.columns.patient.is_some());
    found.patients_of_labelled =
        patients::said_by(with_patients.map(|source| patients::source(&source.name(root), &source.table, &source.columns)));
    found.tables = cut_list(sources.iter().map(|s| s.name(root)), 4);
    found.detected = Some(labelled(&files, scan, &sources, &lists));
    found
}

/// Files that may be tables, but neither `annotations` nor others that come one for each image, of which a line is said.
fn candidates<'a>(root: &Path, scan: &'a FileScan, annotations: &HashSet<PathBuf>, notes: &mut Vec<Warning>) -> Vec<&'a PathBuf> {
    let mut by_place: BTreeMap<(&Path, String), Vec<&PathBuf>> = BTreeMap::new();
    for path in scan.others.iter().filter(|path| is_table_name(path) && !annotations.contains(*path)) {
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        by_place.entry((path.parent().unwrap_or(Path::new("")), ending)).or_default().push(path);
    }
    let stem = |path: &Path| {
        let stem = fold(&path.file_stem().unwrap_or_default().to_string_lossy());
        // Supervisely's `scan.png.json`.
        without_format(&stem).map(str::to_string).unwrap_or(stem)
    };
    let has_many = by_place.values().any(|alike| alike.len() > 3);
    let pictures: HashSet<String> =
        scan.pictures.iter().filter(|_| has_many).map(|picture: &PictureFile| stem(&picture.relative)).collect();
    let mut paths = Vec::new();
    for ((folder, ending), alike) in by_place {
        let folder = display_path(&relative(root, folder));
        let place = if folder.is_empty() { String::new() } else { format!(" in {folder}") };
        let count = alike.len();
        if count > 3 && alike.iter().filter(|path| pictures.contains(&stem(path))).count() * 10 >= count * 8 {
            notes.push(
                format!("{} .{ending} files{place} are called like the images, one each, and are not read.", thousands(count))
                    .into(),
            );
        } else if ending == "xml" {
            paths.extend(lists_in_xml(root, alike, &place, notes));
        } else if count <= MAX_ALIKE {
            paths.extend(alike);
        } else {
            let text = format!("{} .{ending} files{place} are too many to be looked at as tables of labels.", thousands(count));
            notes.push(Warning::new(text, NextStep::NameTable));
        }
    }
    paths.sort();
    paths
}

/// The files of XML that annotate many images; of the others a line is said.
fn lists_in_xml<'a>(root: &Path, files: Vec<&'a PathBuf>, place: &str, notes: &mut Vec<Warning>) -> Vec<&'a PathBuf> {
    if files.len() > MAX_ALIKE {
        let text = format!(
            "{}{place} are too many to be lists of images: those of single images are not read.",
            count_of(files.len(), ".xml file")
        );
        notes.push(text.into());
        return Vec::new();
    }
    let name = |path: &Path| display_path(&relative(root, path));
    let (mut lists, mut single) = (Vec::new(), Vec::new());
    for path in files {
        match xml_root(path) {
            Root::Images => lists.push(path),
            Root::Single => single.push(name(path)),
            Root::Other => {}
            Root::None => {
                let what = "It labels nothing; mend or export it again, or take it out of the folder.";
                notes.push(format!("{} is no XML, or is damaged. {what}", name(path)).into());
            }
        }
    }
    if !single.is_empty() {
        let files = if single.len() == 1 {
            "1 .xml file annotates a single image and is".into()
        } else {
            format!("{} annotate a single image each and are", count_of(single.len(), ".xml file"))
        };
        notes.push(format!("{files} not read ({}).", first_few(single)).into());
    }
    lists
}

/// What is said of tables one or two folders above the one that was opened: they are never used by themselves, since they may be
/// about other images of the same names.
fn above(root: &Path, files: &NamedFiles, pictures: usize, config: &DataConfig) -> Vec<Warning> {
    let Ok(home) = std::fs::canonicalize(root) else { return Vec::new() };
    let (mut notes, mut left) = (Vec::new(), MAX_ABOVE);
    for folder in home.ancestors().skip(1).take(2) {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        let is_table = |path: &PathBuf| {
            let is_hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
            !is_hidden && std::fs::metadata(path).is_ok_and(|m| m.is_file() && m.len() <= MAX_ABOVE) && is_table(path)
        };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(is_table).take(MAX_ALIKE).collect();
        paths.sort();
        for path in paths {
            let names_most = |judged: &Judged| matches!(judged, Judged::Labels(named) if named.1.len() * 2 >= pictures);
            let mut names_these = judge_sample(root, files, &path, config).iter().any(names_most);
            let size = std::fs::metadata(&path).map_or(u64::MAX, |m| m.len());
            if !names_these && size <= left && may_name(files, &path, config) {
                left -= size;
                names_these = judge(root, files, &path, config).iter().any(names_most);
            }
            if names_these {
                let text = format!("{} lies above this folder and names these files.", display_path(&path));
                notes.push(Warning::new(text, NextStep::UseTable { path }));
            }
        }
    }
    notes
}

/// What is said of columns that name other images than that which is used, such as those of the other eye.
fn other_files(root: &Path, files: &NamedFiles, source: &LabelTable) -> Vec<Warning> {
    let LabelTable { path, table, columns, naming, .. } = source;
    let own = files.named(table, columns.file, naming);
    let others = (0..table.headers.len()).filter(|&c| Some(c) != columns.file && Some(c) != columns.patient);
    let names_others = |&column: &usize| {
        let naming = files.naming(path, table, Some(column));
        // A few numbers, which may be names as well, are measures or marks.
        let distinct = table.column(column).collect::<HashSet<_>>().len();
        distinct * 2 > table.rows.len()
            && (files.share(table, Some(column), &naming) >= 0.8 || are_names(table, column))
            && !files.named(table, Some(column), &naming).is_subset(&own)
    };
    let say = |column: usize| {
        let (name, used) = (source.name(root), table.header(columns.file));
        let header = table.header(Some(column)).to_string();
        let text = format!("Column `{header}` of {name} names images, too; the labels are given to those of `{used}` alone.");
        Warning::new(text, NextStep::ChooseLabel { path: path.clone(), file: header })
    };
    others.filter(names_others).map(say).collect()
}

/// What is said of lists of names that say neither a split nor a class.
fn unused_lists(root: &Path, lists: &[NameList]) -> Option<Warning> {
    let idle: Vec<&NameList> = lists.iter().filter(|list| list.naming.split.is_none()).collect();
    let named: HashSet<usize> = idle.iter().flat_map(|list| &list.images).copied().collect();
    let names = cut_list(idle.iter().map(|list| list.name(root)), 4);
    let verb = if idle.len() == 1 { "lists" } else { "list" };
    (!idle.is_empty()).then(|| format!("{names} {verb} {} without labels: not used.", images(named.len())).into())
}

/// The label of each image by one table.
fn labels_by_image(files: &NamedFiles, source: &LabelTable) -> HashMap<usize, String> {
    let mut labels = HashMap::new();
    let adds_up = source.scheme.has_row_for_each_finding(&source.table)
        || source.scheme.differs_in_most_images(&source.table, source.columns.file);
    for row in &source.table.rows {
        if let Match::One(image) = files.find(source.table.field(row, source.columns.file), &source.naming) {
            let label = source.scheme.label(&source.table, row);
            let before = labels.remove(&image).filter(|_| adds_up);
            labels.insert(image, before.map_or_else(|| label.clone(), |before: String| LabelScheme::both(&before, &label)));
        }
    }
    labels
}

/// What is said of a table that labels images and is not used.
fn unused(root: &Path, source: &LabelTable, own: &HashMap<usize, String>, used: &HashMap<usize, String>) -> Warning {
    let name = source.name(root);
    let both: Vec<_> = own.iter().filter_map(|(image, label)| Some(("", used.get(image)?.as_str(), label.as_str()))).collect();
    // Other words for the same things are no contradiction.
    let words = |side: fn(&(&str, &str, &str)) -> String| both.iter().map(side).collect::<HashSet<_>>();
    let share_words = !words(|image| class_key(image.1)).is_disjoint(&words(|image| class_key(image.2)));
    let differ = if share_words { differing(&both).len() } else { 0 };
    let what = if differ > 0 {
        format!("{name} contradicts the table that is used: it labels {} differently", images(differ))
    } else {
        format!("{name} names these files, too (`{}`)", source.table.header(source.columns.file))
    };
    Warning::new(format!("{what}. It is not used."), NextStep::UseTable { path: source.path.clone() })
}
