//! How the rows of a table say what is in an image: in one column, one-hot, or by a column for each finding.

use super::{
    columns::{Columns, SplitColumns, is_label, plain},
    outlines::{is_damaged, outlines},
    table::Table,
};
use crate::data::{
    dataset::{class_key, sounds_normal},
    decode::PICTURE_ENDINGS,
};
use csv::StringRecord;
use std::collections::{HashMap, HashSet};

/// The class of images with more than one finding.
pub const SEVERAL: &str = "several findings";
/// The class of images whose findings are all uncertain (-1, as CheXpert has them).
pub const UNCERTAIN: &str = "uncertain";
/// The class of images with none, where no column has a name for that.
pub const NONE: &str = "no finding";
/// The class of images with a finding of which nothing says what it is.
pub const FINDING: &str = "finding";

/// Fewer images with rows of different labels are mistakes.
const LEAST_DIFFERING: usize = 3;

#[derive(Debug, Clone, PartialEq)]
pub enum LabelScheme {
    /// The class itself.
    Column(usize),
    /// The same, where a field may name several findings: joined by `|`, or as Python writes a list.
    List(usize),
    /// The same, each name with the numbers of a box or more behind it: `opacity 1 789 582 1815 2499` (SIIM-FISABIO).
    Boxes(usize),
    /// Exactly one of these columns is 1: its name is the class.
    OneHot(Vec<usize>),
    /// A column for each finding, 1 where it is there, and perhaps one that says that there is none.
    Findings { columns: Vec<usize>, none: Option<usize> },
    /// Run lengths, which outline a finding where there are any, and perhaps the column that says which one.
    RunLengths { column: usize, class: Option<usize> },
}

/// Names of columns, and values, that say that there is no finding.
fn says_none(name: &str) -> bool {
    ["no_finding", "no_findings", "nofinding", "normal", "healthy", "no_dr"].contains(&plain(name).as_str())
}

/// Columns of zeros and ones that are no findings.
#[rustfmt::skip]
const OTHER: &[&str] = &[
    "sex", "gender", "male", "female", "view", "eye", "side", "fold", "age", "smoke", "smoker", "biopsed", "biopsy", "index",
    "is_train", "is_test", "train", "test", "valid", "val", "unnamed:_0", "",
];

/// Whether a column is called like one of zeros and ones that are no findings: the weight of a row in a figure is none either.
fn is_other(header: &str) -> bool {
    let name = plain(header);
    OTHER.contains(&name.as_str()) || name.split('_').any(|word| word == "weight")
}

/// `Some(true)` of 1, `Some(false)` of 0 and of nothing, and of the words for them; `None` of anything else.
pub(super) fn mark(text: &str) -> Option<bool> {
    // Most fields of wide tables are empty.
    if text.is_empty() {
        return Some(false);
    }
    match clean(text).to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "y" | "x" => Some(true),
        "0" | "" | "-1" | "false" | "no" | "n" => Some(false),
        _ => None,
    }
}

impl LabelScheme {
    /// What the columns say; `None` where no column is known to be one of labels. `given`: the person named the label's column.
    pub fn of(table: &Table, columns: &Columns, given: bool) -> Option<Self> {
        // Where each image has one row, a column of labels says more than whether there is an outline.
        let is_labelled = |c: usize| {
            let names: HashSet<&str> = columns.file.into_iter().flat_map(|file| table.column(file)).collect();
            Some(c) != columns.file && names.len() == table.rows.len() && may_be_labels(table, c)
        };
        if let Some(column) =
            table.run_lengths().filter(|&c| !columns.label.is_some_and(|label| label != c && is_labelled(label)))
        {
            let label = columns.label.filter(|&c| c != column);
            let usual = || (0..table.headers.len()).find(|&c| c != column && is_label(&table.headers[c]));
            let class = label.or_else(|| table.class_ids()).or_else(usual).filter(|&c| Some(c) != columns.file);
            return Some(Self::RunLengths { column, class });
        }
        let values = |c: usize| table.column(c).filter(|value| !value.is_empty());
        let are_boxed = |c: &usize| values(*c).next().is_some() && values(*c).all(|value| boxed(value).is_some());
        if let Some(label) = columns.label.filter(are_boxed) {
            return Some(Self::Boxes(label));
        }
        if let Some(label) = columns.label.filter(|&c| given || (Some(c) != columns.file && may_be_labels(table, c))) {
            let is_list =
                table.column(label).any(|value| value.contains('|') || (value.starts_with('[') && value.ends_with(']')));
            return Some(if is_list { Self::List(label) } else { Self::Column(label) });
        }
        let splits: Vec<usize> = columns.split.into_iter().flat_map(SplitColumns::all).collect();
        let is_name = |c: usize| Some(c) == columns.file || table.named_by.is_some_and(|both| both.contains(&c));
        let is_used = |c: usize| is_name(c) || Some(c) == columns.patient || splits.contains(&c);
        let others: Vec<usize> = (0..table.headers.len()).filter(|&c| !is_used(c) && !is_other(&table.headers[c])).collect();
        let marks: Vec<usize> = others
            .iter()
            .copied()
            .filter(|&c| table.column(c).all(|v| mark(v).is_some()) && table.column(c).any(|v| mark(v) == Some(true)))
            .collect();
        let empty = |c: &usize| table.column(*c).all(|v| mark(v) == Some(false));
        let none = marks.iter().copied().find(|&c| says_none(&table.headers[c]));
        let ones = |row: &StringRecord| marks.iter().filter(|&&c| mark(table.field(row, Some(c))) == Some(true)).count();
        if let Some(columns) = none.is_none().then(|| one_hot(table, &marks)).flatten() {
            return Some(Self::OneHot(columns));
        }
        // Where a column says that there is no finding, the others beside it are findings, be it that none of these is there.
        let are_all_marks = others.iter().all(|c| marks.contains(c) || empty(c));
        // Where every image has one, and most several, they are no findings but views, parts of the body and devices.
        let several = table.rows.iter().filter(|row| ones(row) > 1).count();
        let are_findings = none.is_some() || several * 2 <= table.rows.len() || table.rows.iter().any(|row| ones(row) == 0);
        if are_findings && ((marks.len() > 1 && are_all_marks) || (none.is_some() && others.len() > 1)) {
            let columns = others.into_iter().filter(|c| Some(*c) != none && (marks.contains(c) || empty(c))).collect();
            return Some(Self::Findings { columns, none });
        }
        // An image and something about it.
        let alone = others.into_iter().filter(|&c| !counts_rows(table, c, columns.file)).collect::<Vec<_>>();
        let names = (0..table.headers.len()).filter(|&c| is_name(c)).count();
        match alone[..] {
            [only]
                if (table.headers.len() == names + 1 || table.header_line == 0)
                    && may_be_labels(table, only)
                    && few_values(table, only) =>
            {
                Some(Self::Column(only))
            }
            _ => None,
        }
    }

    /// The class of a row; empty where it has none.
    pub fn label(&self, table: &Table, row: &StringRecord) -> String {
        let field = |c: usize| table.field(row, Some(c));
        match self {
            Self::Column(column) => clean(field(*column)),
            Self::List(column) => {
                let field = field(*column);
                let list = field.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
                let parts = list.unwrap_or(field).split(|c| c == '|' || (c == ',' && list.is_some()));
                one_of(parts.map(|part| part.trim().trim_matches(['\'', '"']).trim()))
            }
            Self::Boxes(column) => one_of(boxed(field(*column)).unwrap_or_default()),
            Self::OneHot(columns) => {
                let one = columns.iter().find(|&&c| mark(field(c)) == Some(true));
                one.map(|&c| table.headers[c].clone()).unwrap_or_default()
            }
            Self::Findings { columns, none } => {
                let there: Vec<usize> = columns.iter().copied().filter(|&c| mark(field(c)) == Some(true)).collect();
                let says_none = none.is_some_and(|c| mark(field(c)) == Some(true));
                let is_uncertain = columns.iter().any(|&c| clean(field(c)) == "-1");
                match there[..] {
                    [one] => table.headers[one].clone(),
                    [_, _, ..] => SEVERAL.into(),
                    [] if is_uncertain && !says_none => UNCERTAIN.into(),
                    [] => none.map_or_else(|| NONE.into(), |c| table.headers[c].clone()),
                }
            }
            Self::RunLengths { column, .. } if !outlines(field(*column)) => NONE.into(),
            Self::RunLengths { column, .. } if is_damaged(field(*column)) => String::new(),
            Self::RunLengths { class, .. } => {
                class.map(|c| clean(field(c))).filter(|class| !class.is_empty()).unwrap_or_else(|| FINDING.into())
            }
        }
    }

    /// The class that the table itself calls free of findings.
    pub fn normal(&self, table: &Table) -> Option<String> {
        match self {
            Self::Findings { none: Some(none), .. } => table.headers.get(*none).cloned(),
            Self::RunLengths { .. } => Some(NONE.into()),
            _ => None,
        }
    }

    /// What a row has in the place of an outline, where that cannot be read.
    pub fn damaged<'a>(&self, table: &Table, row: &'a StringRecord) -> Option<&'a str> {
        match self {
            Self::RunLengths { column, .. } => Some(table.field(row, Some(*column))).filter(|field| is_damaged(field)),
            _ => None,
        }
    }

    /// Whether a row is about one finding of several that an image may have.
    pub fn has_row_for_each_finding(&self, table: &Table) -> bool {
        matches!(self, Self::RunLengths { .. }) || table.has_boxes()
    }

    /// Whether most images have rows of different labels: there is one for each finding, whatever the columns are called.
    pub fn differs_in_most_images(&self, table: &Table, file: Option<usize>) -> bool {
        let mut labels: HashMap<&str, (String, bool)> = HashMap::new();
        for row in &table.rows {
            let label = class_key(&self.label(table, row));
            let (first, differs) = labels.entry(table.field(row, file)).or_insert_with(|| (label.clone(), false));
            *differs |= *first != label;
        }
        let differing = labels.values().filter(|(_, differs)| *differs).count();
        differing >= LEAST_DIFFERING && differing * 2 > labels.len()
    }

    /// What two rows of an image say together, each about a finding or that there is none.
    pub fn both(a: &str, b: &str) -> String {
        match (a, b) {
            _ if b.is_empty() || class_key(a) == class_key(b) || sounds_normal(b) && !a.is_empty() => a.into(),
            _ if a.is_empty() || sounds_normal(a) => b.into(),
            _ => SEVERAL.into(),
        }
    }

    /// What is said of it, to follow "column `x` names the files and".
    pub fn words(&self, table: &Table) -> String {
        match self {
            Self::Column(column) => format!("`{}` the class", table.header(Some(*column))),
            Self::List(column) | Self::Boxes(column) => {
                format!("`{}` the findings (more than one: `{SEVERAL}`)", table.header(Some(*column)))
            }
            Self::OneHot(_) => "the column that is 1 the class (one-hot)".into(),
            Self::Findings { columns, none } => {
                let normal = none.map_or(NONE, |c| table.header(Some(c)));
                let which = match columns.len() {
                    1 => "1 column a finding".to_string(),
                    count => format!("{count} columns one finding each"),
                };
                format!("{which}: `{normal}` where none is 1 (or marked uncertain), `{SEVERAL}` where more than one is")
            }
            Self::RunLengths { column, class } => {
                let class = class.map_or(format!("`{FINDING}`"), |c| format!("what `{}` says", table.header(Some(c))));
                format!(
                    "`{}` outlines findings by run lengths: `{NONE}` where there are none, else {class}",
                    table.header(Some(*column))
                )
            }
        }
    }

    /// Whether a text ends as the names of pictures do.
    pub fn is_picture_name(text: &str) -> bool {
        let ending = text.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
        // Volumes are not read, and no labels either.
        ending.is_some_and(|ending| PICTURE_ENDINGS.iter().chain(&["nii", "gz"]).any(|known| *known == ending))
    }

    /// Whether the values of a column are mostly names of pictures, such as masks.
    pub fn names_files(table: &Table, column: usize) -> bool {
        let is_file = |v: &&str| Self::is_picture_name(v);
        let values = || table.column(column).filter(|v| !v.is_empty());
        values().filter(is_file).count() * 2 >= values().count().max(1)
    }

    /// Whether another table says the same of its images: it reads columns of the same names. Of columns of marks, both have
    /// all; in one of them some may never be 1.
    pub fn is_as(&self, table: &Table, other: &Self, of_other: &Table) -> bool {
        let names = |table: &Table| table.headers.iter().map(|header| plain(header)).collect::<HashSet<_>>();
        let are_in = |scheme: &Self, own: &Table, there: &HashSet<String>| match scheme {
            Self::OneHot(columns) | Self::Findings { columns, .. } => {
                columns.iter().all(|&c| there.contains(&plain(&own.headers[c])))
            }
            _ => false,
        };
        self.headers(table) == other.headers(of_other)
            || (are_in(self, table, &names(of_other)) && are_in(other, of_other, &names(table)))
    }

    /// The columns that it reads, as one word that tells schemes apart.
    pub fn headers(&self, table: &Table) -> String {
        let columns = match self {
            Self::Column(c) | Self::List(c) | Self::Boxes(c) => vec![*c],
            Self::OneHot(columns) | Self::Findings { columns, .. } => columns.clone(),
            Self::RunLengths { column, class } => [Some(*column), *class].into_iter().flatten().collect(),
        };
        columns.into_iter().map(|c| plain(table.header(Some(c)))).collect::<Vec<_>>().join("|")
    }
}

/// Those of the `marks` of which each row has exactly one: all that tell rows apart, else most of them, side by side.
fn one_hot(table: &Table, marks: &[usize]) -> Option<Vec<usize>> {
    const FEWEST_OF_SOME: usize = 3;
    let rows_of = |&c: &usize| {
        let rows: Vec<usize> = (0..).zip(table.column(c)).filter(|(_, v)| mark(v) == Some(true)).map(|(row, _)| row).collect();
        (rows.len() < table.rows.len()).then_some((c, rows))
    };
    let marks: Vec<(usize, Vec<usize>)> = marks.iter().filter_map(rows_of).collect();
    // The columns from here that have a row each, up to where all rows have one.
    let from = |start: usize| {
        let (mut has_one, mut left) = (vec![false; table.rows.len()], table.rows.len());
        for (at, (_, rows)) in marks.iter().enumerate().skip(start) {
            if rows.iter().any(|&row| std::mem::replace(&mut has_one[row], true)) {
                return None;
            }
            left -= rows.len();
            if left == 0 {
                return Some(&marks[start..=at]);
            }
        }
        None
    };
    let found = (0..marks.len()).find_map(|start| from(start).filter(|run| run.len() * 2 > marks.len()))?;
    let is_sure = found.len() == marks.len() || found.len() >= FEWEST_OF_SOME;
    is_sure.then(|| found.iter().map(|(c, _)| *c).collect())
}

/// The one finding that is named, or that there are several.
fn one_of<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: HashSet<&str> = names.into_iter().filter(|name| !name.is_empty()).collect();
    if names.len() > 1 { SEVERAL.into() } else { names.into_iter().next().map(clean).unwrap_or_default() }
}

/// The names in a text of findings, each with four numbers or more behind it; `None` of any other text.
fn boxed(text: &str) -> Option<Vec<&str>> {
    let (mut names, mut numbers) = (Vec::new(), usize::MAX);
    for word in text.split_whitespace() {
        if word.parse::<f64>().is_err() {
            (numbers >= 4).then(|| names.push(word))?;
            numbers = 0;
        } else {
            numbers = names.first().map(|_| numbers + 1)?;
        }
    }
    (!names.is_empty() && numbers >= 4).then_some(names)
}

/// Not names of other files, such as masks, and not all different.
fn may_be_labels(table: &Table, column: usize) -> bool {
    let values: Vec<&str> = table.column(column).filter(|v| !v.is_empty()).collect();
    let distinct = values.iter().collect::<HashSet<_>>().len();
    !values.is_empty() && !LabelScheme::names_files(table, column) && (values.len() < 20 || distinct * 10 < values.len() * 9)
}

/// As few as classes are; measurements are many numbers.
fn few_values(table: &Table, column: usize) -> bool {
    let values: HashSet<String> = table.column(column).map(class_key).collect();
    let numbers = values.iter().filter(|v| v.parse::<f64>().is_ok()).count();
    values.len() <= 50
        && (numbers * 2 < values.len() || values.len() <= 11)
        && (table.rows.len() < 8 || values.len() * 2 <= table.rows.len())
}

/// Whether a column before that of the files only counts them: `1 images/a.png`.
fn counts_rows(table: &Table, column: usize, file: Option<usize>) -> bool {
    let are_numbers = || table.column(column).all(|v| v.parse::<u64>().is_ok());
    let are_distinct = || table.column(column).collect::<HashSet<_>>().len() == table.rows.len();
    file.is_some_and(|file| column < file) && table.rows.len() > 2 && are_numbers() && are_distinct()
}

/// `0.0`, as pandas writes a column of numbers with gaps, is `0`; `nan` is no label.
fn clean(text: &str) -> String {
    let text = text.trim();
    match text.split_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|b| b == b'0') && whole.parse::<i64>().is_ok() => {
            whole.into()
        }
        _ if ["nan", "na", "n/a", "null", "?"].iter().any(|n| text.eq_ignore_ascii_case(n)) => String::new(),
        _ => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::LabelColumns;

    fn read(text: &str) -> Option<(LabelScheme, Vec<String>)> {
        let table = Table::parse(text.as_bytes()).unwrap();
        let columns = table.columns(&LabelColumns::default()).unwrap();
        let scheme = LabelScheme::of(&table, &columns, false)?;
        let labels = table.rows.iter().map(|row| scheme.label(&table, row)).collect();
        Some((scheme, labels))
    }

    #[test]
    fn every_picture_that_is_read_is_known_by_its_name() {
        let named = ["mdb001.pgm", "a/B.PNG", "x.ima", "scan.nii.gz", "1.2.840.dcm"].map(LabelScheme::is_picture_name);
        assert_eq!(named, [true; 5]);
        assert_eq!(["", "png", "melanoma", "1.5"].map(LabelScheme::is_picture_name), [false; 4]);
    }

    #[test]
    fn one_hot_and_findings_are_told_apart() {
        let (scheme, labels) = read("image,MEL,NV,BCC\na,1.0,0.0,0.0\nb,0.0,0.0,1.0\nc,0,1,0\n").unwrap();
        assert_eq!((scheme, labels), (LabelScheme::OneHot(vec![1, 2, 3]), vec!["MEL".into(), "BCC".into(), "NV".into()]));

        let chexpert = "Path,Sex,Age,AP/PA,No Finding,Edema,Fracture,Other\n\
            a,Male,60,AP,1.0,,,\nb,F,60,AP,,1.0,,\nc,F,60,PA,,1.0,1.0,\nd,F,61,PA,,-1.0,0.0,\ne,F,61,,,0.0,,\nf,F,61,,1.0,-1.0,,\n";
        let (scheme, labels) = read(chexpert).unwrap();
        assert_eq!(scheme, LabelScheme::Findings { columns: vec![5, 6, 7], none: Some(4) });
        assert_eq!(labels, ["No Finding", "Edema", SEVERAL, UNCERTAIN, "No Finding", "No Finding"]);

        let (scheme, labels) = read("image,MEL,NV\na,True,False\nb,FALSE,TRUE\n").unwrap();
        assert_eq!((scheme, labels), (LabelScheme::OneHot(vec![1, 2]), vec!["MEL".into(), "NV".into()]));
        let (_, labels) = read("image,normal,cyst,mass\na,yes,no,no\nb,no,yes,no\nc,no,yes,yes\n").unwrap();
        assert_eq!(labels, ["normal", "cyst", SEVERAL]);

        let (_, labels) = read("image_id,melanoma,keratosis\na,0.0,0.0\nb,1.0,0.0\nc,0.0,1.0\n").unwrap();
        assert_eq!(labels, [NONE, "melanoma", "keratosis"]);
    }

    #[test]
    fn other_marks_beside_one_hot_columns_are_no_classes() {
        let rows = |extra: [&str; 4]| {
            let row = |i: usize| format!("{i},{},{},{},{}\n", u8::from(i == 0), u8::from(i % 2 == 1), u8::from(i == 2), extra[i]);
            (0..4).map(row).collect::<String>()
        };
        for (name, extra) in
            [("reviewed", ["1", "1", "1", "1"]), ("test_weight", ["1", "0", "1", "0"]), ("ulcer", ["1", "0", "0", "1"])]
        {
            let (scheme, labels) = read(&format!("image,MEL,NV,BCC,{name}\n{}", rows(extra))).unwrap();
            assert_eq!(scheme, LabelScheme::OneHot(vec![1, 2, 3]), "{name}");
            assert_eq!(labels, ["MEL", "NV", "BCC", "NV"], "{name}");
        }
        assert_eq!(read("id,cyst,mass,checked\na,1,0,1\nb,0,1,1\n").unwrap().1, ["cyst", "mass"]);
        // Two of many may be one without the other by chance.
        let findings = "id,edema,cyst,mass\na,1,0,1\nb,0,1,0\nc,0,1,0\nd,1,0,0\n";
        assert_eq!(read(findings).unwrap().1, [SEVERAL, "cyst", "cyst", "edema"]);
    }

    #[test]
    fn outlines_say_what_is_found_unless_labels_do() {
        let table = "id,class,segmentation\na,bowel,\na,stomach,1 5 9 2\nb,bowel,\n";
        assert_eq!(read(table).unwrap().1, [NONE, "stomach", NONE]);
        assert_eq!(read("id,label,rle\na,ok,\nb,cyst,1 5\nc,cyst,\n").unwrap().1, ["ok", "cyst", "cyst"]);
        assert_eq!(read("id,rle\na,\nb,1 5\n").unwrap().1, [NONE, FINDING]);
        assert_eq!(LabelScheme::both(NONE, "cyst"), "cyst");
        assert_eq!([LabelScheme::both("a", "A"), LabelScheme::both("a", "b"), LabelScheme::both("", NONE)], ["a", SEVERAL, NONE]);
    }

    #[test]
    fn lists_of_findings_and_lone_columns() {
        let (_, labels) = read("Image Index,Finding Labels,View\na,No Finding,PA\nb,Edema|Mass,PA\nc,Mass,AP\n").unwrap();
        assert_eq!(labels, ["No Finding", SEVERAL, "Mass"]);
        let (_, labels) = read("ImageID;Labels\na;\"['normal']\"\nb;\"['edema', ' mass']\"\nc;['mass']\n").unwrap();
        assert_eq!(labels, ["normal", SEVERAL, "mass"], "PadChest");
        assert_eq!(read("Datei;Urteil\na;gut\nb;schlecht\n").unwrap().1, ["gut", "schlecht"]);
        let ages: String = (0..30).map(|i| format!("{i},{}.5\n", i + 20)).collect();
        assert_eq!(read(&format!("image,measure\n{ages}")), None);
        assert_eq!(read("image,label\na.png,masks/a.png\nb.png,masks/b.png\n"), None);
        assert_eq!(read("img_id,smoke,age,biopsed\na,True,55,1\nb,False,60,0\n"), None);
    }
}
