//! Lists of names without labels: one for each class (`normal.txt` beside `tumour.txt`), for each split, or for each of both.

use super::{
    files::{NamedFiles, Naming, split_of_name},
    rows::{LabelTable, SplitList, labelled, table_name},
};
use crate::data::{
    dataset::class_key,
    layout::{
        detected::DetectedLayout,
        file_scan::FileScan,
        tables::{Columns, LabelScheme, Table, in_line_of},
    },
    text::{cut_list, fold},
};
use csv::StringRecord;
use std::{
    collections::{BTreeMap, HashSet},
    path::{Path, PathBuf},
};

/// A file whose lines are names of images.
pub struct NameList {
    pub path: PathBuf,
    pub table: Table,
    pub naming: Naming,
    /// The images that it names.
    pub images: HashSet<usize>,
}

impl NameList {
    pub fn name(&self, root: &Path) -> String {
        table_name(root, &self.path, &self.table)
    }

    /// The list as one of a split, where its name says which.
    pub fn of_split(&self, root: &Path) -> Option<SplitList> {
        let images = self.images.clone();
        self.naming.split.map(|split| SplitList { name: self.name(root), split, images })
    }

    /// The name of the file without words for splits and lists; empty where nothing else is left.
    fn class(&self) -> String {
        const LISTS: &[&str] =
            &["list", "lists", "file", "files", "filelist", "name", "names", "image", "images", "img", "id", "ids"];
        let stem = self.path.file_stem().unwrap_or_default().to_string_lossy();
        let says_class = |word: &&str| !LISTS.contains(&fold(word).as_str()) && split_of_name(word).is_none();
        stem.split(['_', '-', ' ', '.']).filter(|word| !word.is_empty()).filter(says_class).collect::<Vec<_>>().join("_")
    }

    /// The list as a table of labels: each name with the class.
    fn labelled(&self) -> LabelTable {
        let class = self.class();
        let with_class = |row: &StringRecord| in_line_of(row, [row.get(0).unwrap_or_default(), &class]);
        let table = Table {
            headers: vec![self.table.header(Some(0)).into(), "list".into()],
            rows: self.table.rows.iter().map(with_class).collect(),
            sheet: self.table.sheet.clone(),
            ..self.table
        };
        LabelTable {
            path: self.path.clone(),
            annotations: None,
            table,
            columns: Columns { file: Some(0), label: Some(1), split: None, patient: None },
            naming: self.naming.clone(),
            scheme: LabelScheme::Column(1),
            split: self.naming.split,
        }
    }
}

/// The images as lists label them, where their names tell classes apart.
pub fn by_class(files: &NamedFiles, scan: &FileScan, lists: &[NameList]) -> Option<DetectedLayout> {
    let mut classes: BTreeMap<String, HashSet<usize>> = BTreeMap::new();
    lists.iter().for_each(|list| classes.entry(class_key(&list.class())).or_default().extend(&list.images));
    // `fold1.txt` and `fold2.txt` are parts, as are `trainlist01.txt` and `testlist01.txt`.
    let is_part =
        |name: &String| name.is_empty() || ["train", "test", "val", "fold", "part"].iter().any(|word| name.starts_with(word));
    let without_numbers: HashSet<String> = classes.keys().map(|name| name.replace(|c: char| c.is_ascii_digit(), "")).collect();
    let of_any: HashSet<usize> = classes.values().flatten().copied().collect();
    let in_all: usize = classes.values().map(HashSet::len).sum();
    let tell_apart = without_numbers.len() > 1 && !classes.keys().any(is_part) && in_all * 10 <= of_any.len() * 11;
    (tell_apart && of_any.len() * 2 >= files.count()).then(|| {
        let sources: Vec<LabelTable> = lists.iter().map(NameList::labelled).collect();
        let names = cut_list(lists.iter().map(|list| list.name(files.root())), 4);
        let why = format!("Lists of names, whose own names say the classes: {names}.");
        DetectedLayout { why, ..labelled(files, scan, &sources, &[]) }
    })
}
