//! What the rows of tables say of each image, and what is wrong with them.

use super::{
    named_files::{Match, NamedFiles},
    naming::Naming,
    without_row::{Missing, images_without_row, without_row},
};
use crate::{
    data::{
        dataset::{Layout, Skipped, Split, class_key, sounds_normal},
        layout::{
            detected::DetectedLayout,
            file_scan::{FileScan, PictureFile, relative},
            levels::split_of_folder,
            tables::{Columns, LabelScheme, NONE, SEVERAL, SplitColumns, Table},
        },
        metadata::Metadata,
        text::{cut_list, display_part, display_path, elided, first_few, images, images_are, images_have},
    },
    error::Warning,
};
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
pub type Named = (LabelTable, HashSet<usize>);

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

/// The images that the rows of these tables name, with what they say of them.
///
/// `lists`: images that lists of names put into a split.
fn merge(files: &NamedFiles, scan: &FileScan, sources: &[LabelTable], lists: &[SplitList]) -> DetectedLayout {
    let mut said: BTreeMap<usize, RowOfImage> = BTreeMap::new();
    let mut skipped = Vec::new();
    let mut contradicted: HashSet<usize> = HashSet::new();
    let (mut repeated, mut odd_splits) = (0, BTreeSet::new());
    let mut disputed: BTreeSet<usize> = BTreeSet::new();
    let (mut begun, mut damaged) = (Vec::<String>::new(), Vec::<String>::new());
    let mut doubtful: BTreeSet<usize> = BTreeSet::new();
    let (mut missing, mut ambiguous, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
    let of_tables = sources.iter().map(|s| s.split).collect::<BTreeSet<_>>().len() > 1;
    for (number, source) in sources.iter().enumerate() {
        let (table, columns) = (&source.table, source.columns);
        let name = source.name(files.root());
        if let Some(encoding) = table.encoding {
            warnings.push(format!("{name} is read as {encoding}, since it is not UTF-8."));
        }
        if let Some(prefix) = source.naming.left_out() {
            warnings.push(format!("All paths in {name} begin with {prefix}, which is taken for this folder."));
        }
        for header in table.unused_splits(&columns) {
            warnings.push(format!("Column `{header}` of {name} sounds like a split, and is not used as one."));
        }
        let mut adds_up = source.scheme.has_row_for_each_finding(table);
        if !adds_up && source.scheme.differs_in_most_images(table, columns.file) {
            adds_up = true;
            warnings
                .push(format!("Most images in {name} have rows of different labels: each is taken for one finding of several."));
        }
        for (i, fields) in table.rows.iter().enumerate() {
            let row = format!("row {} of {name}", table.line(i));
            let value = table.field(fields, columns.file);
            let shown_value = value.to_string();
            let images = match files.find(value, &source.naming) {
                Match::One(image) => {
                    if files.is_beginning(value, image) {
                        begun.push(format!("{value} for {}", display_path(&scan.pictures[image].relative)));
                    }
                    vec![image]
                }
                Match::Folder(folder) => files.folder(folder).to_vec(),
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
            let split = columns.split.and_then(|split| table.split(fields, split));
            let split = split.or(source.split.filter(|_| of_tables));
            if split.is_none() {
                let texts = columns.split.into_iter().flat_map(SplitColumns::all).map(|c| table.field(fields, Some(c)));
                odd_splits.extend(texts.filter(|text| !text.is_empty()).map(str::to_string));
            }
            let label = source.scheme.label(table, fields);
            if let Some(field) = source.scheme.damaged(table, fields) {
                damaged.push(format!("{row}: `{}`", elided(field, 40)));
                doubtful.extend(&images);
            }
            for image in images {
                let patient = table.field(fields, columns.patient).to_string();
                let now = RowOfImage { row: row.clone(), place: Some([number, i]), label: label.clone(), split, patient };
                match said.get_mut(&image) {
                    Some(before) if adds_up => {
                        if sounds_normal(&before.label) != sounds_normal(&now.label) {
                            disputed.insert(image);
                        }
                        before.label = LabelScheme::both(&before.label, &now.label);
                    }
                    Some(before) if class_key(&before.label) != class_key(&now.label) => {
                        let [a, b] = [&before.label, &now.label].map(|label| elided(label, 60));
                        let reason = format!("is labelled `{a}` in {} and `{b}` in {}", before.row, now.row);
                        if contradicted.insert(image) {
                            skipped.push(Skipped { path: scan.pictures[image].relative.clone(), reason });
                        }
                    }
                    Some(_) => repeated += 1,
                    None => _ = said.insert(image, now),
                }
            }
        }
    }
    // What cannot be read may be a finding.
    for image in doubtful {
        if let Some(row) = said.get_mut(&image).filter(|row| sounds_normal(&row.label)) {
            row.label.clear();
        }
    }
    for (image, row) in said.iter_mut().filter(|(_, row)| row.split.is_none()) {
        row.split = lists.iter().find(|list| list.images.contains(image)).map(|list| list.split);
    }
    let are_outlines = sources.iter().all(|source| matches!(source.scheme, LabelScheme::RunLengths { .. }));
    if are_outlines && said.values().all(|row| row.label != NONE) {
        let others = without_row(scan, &said.keys().copied().collect()).0;
        if !others.is_empty() {
            let have = images_have(others.len());
            warnings.push(format!("{have} no row in the table, which holds outlines of findings alone: taken for `{NONE}`."));
        }
        let row = || RowOfImage { row: String::new(), place: None, label: NONE.into(), split: None, patient: String::new() };
        others.into_iter().for_each(|image| _ = said.insert(image, row()));
    } else if !are_outlines && !disputed.is_empty() {
        let names = first_few(disputed.iter().map(|&image| display_path(&scan.pictures[image].relative)));
        let are = images_are(disputed.len());
        warnings.push(format!("{are} called normal in one row and something else in another, which counts ({names})."));
    }
    split_by_folders(scan, &mut said);
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
    if !begun.is_empty() {
        let rows =
            rows(begun.len(), "names its file by the beginning of its name", "name their files by the beginnings of their names");
        warnings.push(format!("{rows} ({}).", first_few(&begun)));
    }
    if !damaged.is_empty() {
        let rows = rows(
            damaged.len(),
            "has no run lengths where it outlines, and labels",
            "have no run lengths where they outline, and label",
        );
        warnings.push(format!("{rows} nothing ({}).", first_few(&damaged)));
    }
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
    let missing = if sources.iter().all(|source| source.annotations.is_some()) { Missing::File } else { Missing::Row };
    images_without_row(missing, scan, &said.keys().copied().collect(), &mut skipped, &mut warnings);
    let unlabelled = said.values().filter(|s| s.label.is_empty()).count();
    if unlabelled > 0 {
        let without = match missing {
            Missing::Row => "in the table without a label",
            Missing::File => "given no label by their annotations",
        };
        warnings.push(format!("{} {without}: unlabelled.", images_are(unlabelled)));
    }
    let mut detected = DetectedLayout::new(Layout::LabelsCsv, String::new());
    said.retain(|image, _| !contradicted.contains(image));
    for (number, (&image, row)) in (0..).zip(&said) {
        let [label, patient] = [&row.label, &row.patient].map(|text| Some(text.as_str()).filter(|text| !text.is_empty()));
        detected.images.add_row(&scan.pictures[image], label, row.split, patient, Some(number));
    }
    detected.metadata = metadata(sources, &said.values().map(|row| row.place).collect::<Vec<_>>());
    let warnings = warnings.into_iter().map(Warning::from).collect();
    DetectedLayout { skipped, warnings, ..detected }
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
    let mut detected = merge(files, scan, sources, lists);
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
