//! What the rows of tables say of each image, and what is wrong with them.

use super::{
    files::{Match, NamedFiles, Naming},
    without_row::{Missing, images_without_row, without_row},
};
use crate::{
    data::{
        dataset::{Layout, Skipped, Split, class_key, sounds_normal},
        layout::{
            detected::DetectedLayout,
            file_scan::{FileScan, PictureFile, extension, relative},
            levels::split_of_folder,
            tables::{Columns, LabelScheme, NONE, SEVERAL, SplitColumns, Table, plain},
        },
        metadata::Metadata,
        text::{count_of, cut_list, display_part, display_path, elided, first_few, images, images_are, images_have},
    },
    error::Warning,
};
use csv::StringRecord;
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    path::{Path, PathBuf},
};

/// Files of single images ([`annotations`](crate::data::layout::annotations)), as people know them.
pub struct Annotated {
    /// `train/labels/*.txt`
    pub files: String,
    /// `YOLO`, and where the names of its classes are from.
    pub form: String,
}

/// A table with the columns that matter, and the split that its own name says (`train.csv`).
pub struct LabelTable {
    pub path: PathBuf,
    /// Where the rows are files of single images, what is said of them in the place of the table.
    pub annotations: Option<Annotated>,
    pub table: Table,
    pub columns: Columns,
    pub naming: Naming,
    pub scheme: LabelScheme,
    pub split: Option<Split>,
}

impl LabelTable {
    /// Its path from the root, and its sheet.
    pub fn name(&self, root: &Path) -> String {
        self.annotations.as_ref().map_or_else(|| table_name(root, &self.path, &self.table), |annotated| annotated.files.clone())
    }
}

/// A table with the images that it names.
pub type MatchedTable = (LabelTable, HashSet<usize>);

/// The path of a table from the root, and its sheet.
pub fn table_name(root: &Path, path: &Path, table: &Table) -> String {
    let name = display_path(&relative(root, path));
    table.sheet.as_ref().map_or(name.clone(), |sheet| format!("{name} (sheet {sheet})"))
}

/// A list of names without labels whose own name says a split: NIH's `test_list.txt`.
pub struct SplitList {
    pub name: String,
    pub split: Split,
    pub images: HashSet<usize>,
}

/// What the rows say of one image.
struct RowOfImage {
    row: String,
    /// The table, and the row in it.
    place: Option<[usize; 2]>,
    label: String,
    split: Option<Split>,
    patient: String,
}

/// The images that the rows of tables name, with what they say of them, row by row.
struct Merge<'a> {
    files: &'a NamedFiles<'a>,
    scan: &'a FileScan,
    said: BTreeMap<usize, RowOfImage>,
    /// Images with two labels; with labels that are normal and are not; with one that cannot be read.
    contradicted: HashSet<usize>,
    disputed: BTreeSet<usize>,
    /// Images in rows of different splits.
    on_both_sides: BTreeSet<usize>,
    doubtful: BTreeSet<usize>,
    /// Rows that say once more what another one says.
    repeated: usize,
    odd_splits: BTreeSet<String>,
    /// Rows that name a file by its beginning, and those whose label cannot be read.
    begun: Vec<String>,
    damaged: Vec<String>,
    skipped: Vec<Skipped>,
    /// Names of no file, and of several.
    missing: Vec<Skipped>,
    ambiguous: Vec<Skipped>,
    warnings: Vec<String>,
}

impl<'a> Merge<'a> {
    fn new(files: &'a NamedFiles<'a>, scan: &'a FileScan) -> Self {
        Self {
            files,
            scan,
            said: BTreeMap::new(),
            contradicted: HashSet::new(),
            disputed: BTreeSet::new(),
            on_both_sides: BTreeSet::new(),
            doubtful: BTreeSet::new(),
            repeated: 0,
            odd_splits: BTreeSet::new(),
            begun: Vec::new(),
            damaged: Vec::new(),
            skipped: Vec::new(),
            missing: Vec::new(),
            ambiguous: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Reads a table. `name_says_split`: the names of the tables tell splits apart, where no column does.
    fn read(&mut self, number: usize, source: &LabelTable, name_says_split: bool) {
        let (table, columns) = (&source.table, source.columns);
        let name = source.name(self.files.root());
        let adds_up = self.read_head(source, &name);
        for (i, fields) in table.rows.iter().enumerate() {
            let row = format!("row {} of {name}", table.line(i));
            let Some(images) = self.named(table.field(fields, columns.file), &row, &source.naming) else { continue };
            let split = columns.split.and_then(|split| table.split(fields, split));
            let split = split.or(source.split.filter(|_| name_says_split));
            if split.is_none() {
                let texts = columns.split.into_iter().flat_map(SplitColumns::all).map(|c| table.field(fields, Some(c)));
                self.odd_splits.extend(texts.filter(|text| !text.is_empty()).map(str::to_string));
            }
            if let Some(field) = source.scheme.damaged(table, fields) {
                self.damaged.push(format!("{row}: `{}`", elided(field, 40)));
                self.doubtful.extend(&images);
            }
            let label = source.scheme.label(table, fields);
            for image in images {
                let patient = table.field(fields, columns.patient).to_string();
                let now = RowOfImage { row: row.clone(), place: Some([number, i]), label: label.clone(), split, patient };
                self.add(image, now, adds_up);
            }
        }
    }

    /// Warns of what holds for a whole table; whether several rows of an image are several findings.
    fn read_head(&mut self, source: &LabelTable, name: &str) -> bool {
        let (table, columns) = (&source.table, source.columns);
        if let Some(encoding) = table.encoding {
            self.warnings.push(format!("{name} is read as {encoding}, since it is not UTF-8."));
        }
        if let Some(prefix) = source.naming.left_out() {
            self.warnings.push(format!("All paths in {name} begin with {prefix}, which is taken for this folder."));
        }
        for header in table.unused_splits(&columns) {
            self.warnings.push(format!("Column `{header}` of {name} sounds like a split, and is not used as one."));
        }
        let is_long = |row: &StringRecord| row.iter().skip(table.headers.len()).any(|cell| !cell.trim().is_empty());
        let long: Vec<usize> =
            table.rows.iter().enumerate().filter(|(_, row)| is_long(row)).map(|(i, _)| table.line(i)).collect();
        if !long.is_empty() {
            let rows = format!("{} of {name} {}", count_of(long.len(), "row"), if long.len() == 1 { "has" } else { "have" });
            let why = "perhaps by a comma in a text without quotation marks";
            self.warnings.push(format!("{rows} more cells than there are columns, {why} (row {}).", first_few(&long)));
        }
        let key = |c: usize| plain(table.header(Some(c)));
        let is_double =
            |&c: &usize| !key(c).is_empty() && (0..table.headers.len()).any(|other| other != c && key(other) == key(c));
        for column in [columns.file, columns.label, columns.patient].into_iter().flatten().filter(is_double) {
            let header = table.header(Some(column));
            self.warnings.push(format!("{name} has several columns called `{header}`; number {} is used.", column + 1));
        }
        if source.scheme.has_row_for_each_finding(table) {
            return true;
        }
        let differs = source.scheme.differs_in_most_images(table, columns.file);
        if differs {
            let what = "each is taken for one finding of several";
            self.warnings.push(format!("Most images in {name} have rows of different labels: {what}."));
        }
        differs
    }

    /// The images that a row names; `None`, with the reason, where there are none.
    fn named(&mut self, value: &str, row: &str, naming: &Naming) -> Option<Vec<usize>> {
        let (list, reason) = match self.files.find(value, naming) {
            Match::One(image) => {
                if self.files.is_beginning(value, image) {
                    self.begun.push(format!("{value} for {}", self.path(image)));
                }
                return Some(vec![image]);
            }
            Match::Folder(folder) => return Some(self.files.folder(folder).to_vec()),
            Match::None if value.is_empty() || self.files.is_unusable(value, naming) => return None,
            Match::None => (&mut self.missing, format!("is named in {row}, but there is no such file")),
            Match::Several(n) => (&mut self.ambiguous, format!("is named in {row}, and {n} files are called that")),
        };
        list.push(Skipped { path: value.into(), reason });
        None
    }

    fn add(&mut self, image: usize, now: RowOfImage, adds_up: bool) {
        match self.said.get_mut(&image) {
            Some(before) if adds_up => {
                if sounds_normal(&before.label) != sounds_normal(&now.label) {
                    self.disputed.insert(image);
                }
                before.label = LabelScheme::both(&before.label, &now.label);
            }
            Some(before) if class_key(&before.label) != class_key(&now.label) => {
                let [a, b] = [&before.label, &now.label].map(|label| elided(label, 60));
                let reason = format!("is labelled `{a}` in {} and `{b}` in {}", before.row, now.row);
                if self.contradicted.insert(image) {
                    self.skipped.push(Skipped { path: self.scan.pictures[image].relative.clone(), reason });
                }
            }
            Some(before) => {
                self.repeated += 1;
                if before.split.is_some_and(|split| now.split.is_some_and(|other| other != split)) {
                    self.on_both_sides.insert(image);
                }
            }
            None => _ = self.said.insert(image, now),
        }
    }

    fn path(&self, image: usize) -> String {
        display_path(&self.scan.pictures[image].relative)
    }

    /// What follows for images from all rows together, and from `lists`, which put some into a split.
    fn settle(&mut self, sources: &[LabelTable], lists: &[SplitList]) {
        // What cannot be read may be a finding.
        for image in &self.doubtful {
            if let Some(row) = self.said.get_mut(image).filter(|row| sounds_normal(&row.label)) {
                row.label.clear();
            }
        }
        for (image, row) in self.said.iter_mut().filter(|(_, row)| row.split.is_none()) {
            row.split = lists.iter().find(|list| list.images.contains(image)).map(|list| list.split);
        }
        let are_outlines = sources.iter().all(|source| matches!(source.scheme, LabelScheme::RunLengths { .. }));
        if are_outlines && self.said.values().all(|row| row.label != NONE) {
            let others = without_row(self.scan, &self.said.keys().copied().collect()).0;
            if !others.is_empty() {
                let have = images_have(others.len());
                let why = "which holds outlines of findings alone";
                self.warnings.push(format!("{have} no row in the table, {why}: taken for `{NONE}`."));
            }
            let row = || RowOfImage { row: String::new(), place: None, label: NONE.into(), split: None, patient: String::new() };
            self.said.extend(others.into_iter().map(|image| (image, row())));
        } else if !are_outlines && !self.disputed.is_empty() {
            let names = first_few(self.disputed.iter().map(|&image| self.path(image)));
            let are = images_are(self.disputed.len());
            self.warnings.push(format!("{are} called normal in one row and something else in another, which counts ({names})."));
        }
        if !self.on_both_sides.is_empty() {
            let names = first_few(self.on_both_sides.iter().map(|&image| self.path(image)));
            let are = images_are(self.on_both_sides.len());
            self.warnings.push(format!("Leak: {are} in rows of different splits, of which the first counts ({names})."));
        }
        split_by_folders(self.scan, &mut self.said);
    }

    /// Warns of rows that say too little, or too much.
    fn judge_rows(&mut self) {
        let rows = |n: usize, one: &str, many: &str| format!("{} {}", count_of(n, "row"), if n == 1 { one } else { many });
        let some = |list: &[Skipped]| first_few(list.iter().map(Skipped::name));
        let warnings = &mut self.warnings;
        if !self.missing.is_empty() {
            let rows = rows(self.missing.len(), "names", "name");
            warnings.push(format!("{rows} no file that is here ({}).", some(&self.missing)));
        }
        if !self.ambiguous.is_empty() {
            let rows = rows(self.ambiguous.len(), "names", "name");
            warnings.push(format!("{rows} more than one file, which are not labelled ({}).", some(&self.ambiguous)));
        }
        self.skipped.append(&mut self.missing);
        self.skipped.append(&mut self.ambiguous);
        if !self.begun.is_empty() {
            let (one, many) =
                ("names its file by the beginning of its name", "name their files by the beginnings of their names");
            warnings.push(format!("{} ({}).", rows(self.begun.len(), one, many), first_few(&self.begun)));
        }
        if !self.damaged.is_empty() {
            let one = "has no run lengths where it outlines, and labels";
            let many = "have no run lengths where they outline, and label";
            warnings.push(format!("{} nothing ({}).", rows(self.damaged.len(), one, many), first_few(&self.damaged)));
        }
        if self.repeated > 0 {
            let rows = rows(self.repeated, "repeats", "repeat");
            warnings.push(format!("{rows} what another row says of the same file."));
        }
        if !self.contradicted.is_empty() {
            let (count, are) = (self.contradicted.len(), if self.contradicted.len() == 1 { "is" } else { "are" });
            warnings.push(format!("{} with two different labels {are} left out.", images(count)));
        }
        if !self.odd_splits.is_empty() {
            warnings.push(format!("Not understood as a split: {}.", first_few(&self.odd_splits)));
        }
    }

    fn into_layout(mut self, sources: &[LabelTable]) -> DetectedLayout {
        let missing = if sources.iter().all(|source| source.annotations.is_some()) { Missing::File } else { Missing::Row };
        let named = self.said.keys().copied().collect();
        images_without_row(missing, self.scan, &named, &mut self.skipped, &mut self.warnings);
        let unlabelled = self.said.values().filter(|s| s.label.is_empty()).count();
        if unlabelled > 0 {
            let without = match missing {
                Missing::Row => "in the table without a label",
                Missing::File => "given no label by their annotations",
            };
            self.warnings.push(format!("{} {without}: unlabelled.", images_are(unlabelled)));
            if sources.iter().any(|source| ["xlsx", "xlsm", "xls", "xlsb", "ods"].contains(&extension(&source.path).as_str())) {
                let why = "In a spreadsheet, merged cells have their value in the first row alone, and formulas only one that was saved.";
                self.warnings.push(why.into());
            }
        }
        let mut detected = DetectedLayout::new(Layout::LabelsCsv, String::new());
        self.said.retain(|image, _| !self.contradicted.contains(image));
        for (number, (&image, row)) in (0..).zip(&self.said) {
            let [label, patient] = [&row.label, &row.patient].map(|text| Some(text.as_str()).filter(|text| !text.is_empty()));
            detected.images.add_row(&self.scan.pictures[image], label, row.split, patient, Some(number));
        }
        detected.metadata = metadata(sources, &self.said.values().map(|row| row.place).collect::<Vec<_>>());
        let warnings = self.warnings.into_iter().map(Warning::from).collect();
        DetectedLayout { skipped: self.skipped, warnings, ..detected }
    }
}

/// The columns of these tables, but those that name the images: of each row its table, and its place there.
fn metadata(sources: &[LabelTable], rows: &[Option<[usize; 2]>]) -> Metadata {
    let mut names: Vec<&str> = Vec::new();
    for source in sources {
        let headers = source.table.headers.iter().enumerate().filter(|(c, _)| Some(*c) != source.columns.file);
        names.extend(headers.map(|(_, header)| header.as_str()));
    }
    let mut seen = HashSet::new();
    names.retain(|name| seen.insert(*name));
    let values = |name: &str| {
        let column: Vec<Option<usize>> =
            sources.iter().map(|source| source.table.headers.iter().position(|header| header == name)).collect();
        rows.iter().map(move |place| {
            let Some([table, row]) = *place else { return "" };
            let (table, column) = (&sources[table].table, column[table]);
            table.field(&table.rows[row], column)
        })
    };
    Metadata::new(names.iter().map(|name| (*name, values(name))))
}

/// Where a row says nothing of a split, the folders that the images lie in may: `train/`, `valid/`.
fn split_by_folders(scan: &FileScan, said: &mut BTreeMap<usize, RowOfImage>) {
    let split = |image: usize| {
        let folders = scan.pictures[image].relative.parent().into_iter().flat_map(Path::components);
        folders.map(|folder| display_part(folder.as_os_str())).find_map(|name| split_of_folder(&name))
    };
    let splits: BTreeMap<usize, Option<Split>> = said.keys().map(|&image| (image, split(image))).collect();
    if splits.values().collect::<BTreeSet<_>>().len() > 1 {
        said.iter_mut().for_each(|(image, row)| row.split = row.split.or(splits[image]));
    }
}

/// The images as these tables label them.
pub fn labelled(files: &NamedFiles, scan: &FileScan, sources: &[LabelTable], lists: &[SplitList]) -> DetectedLayout {
    let mut merge = Merge::new(files, scan);
    let name_says_split = sources.iter().map(|source| source.split).collect::<BTreeSet<_>>().len() > 1;
    sources.iter().enumerate().for_each(|(number, source)| merge.read(number, source, name_says_split));
    merge.settle(sources, lists);
    merge.judge_rows();
    let mut detected = merge.into_layout(sources);
    detected.why = why(files, &scan.pictures, sources);
    if !lists.is_empty() {
        detected.why += &said_by(lists);
    }
    detected.normal = sources.iter().find_map(|s| s.scheme.normal(&s.table));
    detected
}

/// Which lists say the split.
pub fn said_by(lists: &[SplitList]) -> String {
    let names: BTreeSet<&String> = lists.iter().map(|list| &list.name).collect();
    format!(" Lists of names say the split: {}.", cut_list(names, 4))
}

fn why(files: &NamedFiles, pictures: &[PictureFile], sources: &[LabelTable]) -> String {
    let tables: Vec<String> = sources.iter().map(|s| s.name(files.root())).collect();
    let Some(source) = sources.first() else { return String::new() };
    let LabelTable { table, columns, scheme, .. } = source;
    if let Some(Annotated { form, .. }) = &source.annotations {
        let said = "an image is what is marked in its file";
        return format!(
            "Annotations of single images, {} ({form}): {said} (more than one class: `{SEVERAL}`).",
            cut_list(tables, 4)
        );
    }
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
    if let Some(split) = columns.split {
        why += &format!(", {} the split", split.all().map(|c| format!("`{}`", table.headers[c])).collect::<Vec<_>>().join(", "));
    } else if sources.iter().any(|s| s.split != source.split) {
        why += ", the tables' names the split";
    }
    if columns.patient.is_some() {
        why += &format!(", `{}` the patient", table.header(columns.patient));
    }
    why + "."
}
