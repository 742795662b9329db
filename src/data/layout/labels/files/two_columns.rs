//! Names that stand in two columns: a folder and a picture in it (`patient`, `slice`), or the two parts of a name (`p1` and `s0` of
//! `p1_s0.png`).

use super::{
    coverage::{Surety, sample},
    named_files::{Match, NamedFiles},
    naming::Naming,
    path_text::{number, without_extension, without_zero},
};
use crate::data::{
    layout::tables::{Columns, Table, in_line_of, is_measure, is_of_folders, sounds_like_files},
    text::fold,
};
use csv::StringRecord;
use std::{
    cell::OnceCell,
    collections::{HashMap, HashSet},
};

/// Columns, and first rows, that are looked at, at most.
const MOST: usize = 16;
const ROWS: usize = 2000;
/// Between the names of the two columns, in the name of what is made of them.
const AND: &str = " and ";

/// What two columns are to a picture.
#[derive(Debug, Clone, Copy)]
enum Form {
    Folder,
    /// Both parts of its name, with this between them.
    Joined(&'static str),
}

const FORMS: [Form; 4] = [Form::Folder, Form::Joined("_"), Form::Joined("-"), Form::Joined("")];

/// The two columns that a person names together: `patient and slice`.
pub fn given(table: &Table, name: &str) -> Option<[usize; 2]> {
    let place = |name: &str| (0..table.headers.len()).find(|&c| table.typed(c) == name);
    if table.has(name) {
        return None;
    }
    name.match_indices(AND).find_map(|(at, _)| Some([place(&name[..at])?, place(&name[at + AND.len()..])?]))
}

/// The table with one more column, the last: paths of the pictures that two of its columns, or those that are `given`, name together.
/// Where a row names several (the windows of a CT slice), it stands there once for each. `None` where no two columns do so for nearly
/// all rows.
pub fn with_paths(table: &Table, files: &NamedFiles, columns: &Columns, given: Option<[usize; 2]>) -> Option<Table> {
    let names = TwoColumns { table, files, columns, in_folders: OnceCell::new() };
    let all = 0..table.headers.len().min(MOST);
    let any = all.clone().flat_map(|first| all.clone().map(move |second| [first, second]));
    let pairs = any.filter(|&pair| given.map_or_else(|| names.may_name(pair), |given| given == pair));
    let mut ways = pairs.flat_map(|pair| FORMS.map(|form| (pair, form)));
    ways.find(|&(pair, form)| names.names_most(pair, form)).map(|(pair, form)| names.written(pair, form))
}

struct TwoColumns<'a> {
    table: &'a Table,
    files: &'a NamedFiles<'a>,
    columns: &'a Columns,
    /// Pictures by the name of a folder above them and their own.
    in_folders: OnceCell<HashMap<(String, String), Vec<usize>>>,
}

impl TwoColumns<'_> {
    /// Whether the second column may name pictures, and the rows differ in the pair, but in neither column alone.
    fn may_name(&self, pair: [usize; 2]) -> bool {
        let [first, second] = pair;
        if first == second || Some(second) == self.columns.label || !self.may_be_of_file(second) {
            return false;
        }
        let rows = || self.table.rows.iter().take(ROWS).map(|row| self.values(pair, row));
        let both = rows().collect::<HashSet<_>>().len();
        let tells_less = |side: usize| (2..both).contains(&rows().map(|values| values[side]).collect::<HashSet<_>>().len());
        both * 10 >= rows().count() * 9 && tells_less(0) && tells_less(1)
    }

    /// Whether a column may name what has its whole name elsewhere: files, or numbers of pictures.
    fn may_be_of_file(&self, column: usize) -> bool {
        let header = &self.table.headers[column];
        Surety::of(self.table, column) == Surety::File || (sounds_like_files(header) && !is_measure(header))
    }

    /// Whether a column may be the first part of a name.
    fn may_be_part(&self, column: usize) -> bool {
        let is_of_whom = Some(column) == self.columns.patient || is_of_folders(&self.table.headers[column]);
        Some(column) != self.columns.label && (is_of_whom || self.may_be_of_file(column))
    }

    fn names_most(&self, pair: [usize; 2], form: Form) -> bool {
        let rows = || sample(self.table);
        let named = || rows().filter(|row| !self.pictures(pair, form, row).is_empty()).count();
        (matches!(form, Form::Folder) || self.may_be_part(pair[0])) && named() * 10 >= rows().count() * 8
    }

    fn values<'r>(&self, pair: [usize; 2], row: &'r StringRecord) -> [&'r str; 2] {
        pair.map(|column| self.table.field(row, Some(column)))
    }

    /// The pictures that a row names.
    fn pictures(&self, pair: [usize; 2], form: Form, row: &StringRecord) -> Vec<usize> {
        let [first, second] = self.values(pair, row);
        if first.is_empty() || second.is_empty() {
            return Vec::new();
        }
        match form {
            Form::Joined(between) => match self.files.find(&format!("{first}{between}{second}"), &Naming::default()) {
                Match::One(picture) => vec![picture],
                _ => Vec::new(),
            },
            Form::Folder => {
                let folder = plain(&fold(first));
                let named = |name: String| self.in_folders().get(&(folder.clone(), name)).cloned();
                let name = fold(second);
                named(name.clone()).or_else(|| named(plain(without_extension(&name)))).unwrap_or_default()
            }
        }
    }

    fn in_folders(&self) -> &HashMap<(String, String), Vec<usize>> {
        self.in_folders.get_or_init(|| {
            let mut pictures: HashMap<(String, String), Vec<usize>> = HashMap::new();
            for (picture, path) in self.files.paths().iter().enumerate() {
                let Some((name, folders)) = path.split_last() else { continue };
                let name = fold(name);
                let names = HashSet::from([plain(without_extension(&name)), name.clone()]);
                let folders: HashSet<String> = folders.iter().map(|folder| plain(&fold(folder))).collect();
                for (folder, name) in folders.iter().flat_map(|folder| names.iter().map(move |name| (folder, name))) {
                    pictures.entry((folder.clone(), name.clone())).or_default().push(picture);
                }
            }
            pictures
        })
    }

    /// The table with the paths, or with both values where they name no picture.
    fn written(&self, pair: [usize; 2], form: Form) -> Table {
        let Table { headers, rows, .. } = self.table;
        let with_path = |row: &StringRecord, path: String| {
            let cells = (0..headers.len()).map(|column| row.get(column).unwrap_or_default());
            in_line_of(row, cells.chain([path.as_str()]))
        };
        let written = |row: &StringRecord| -> Vec<StringRecord> {
            let pictures = self.pictures(pair, form, row);
            let paths = pictures.iter().map(|&picture| self.files.paths()[picture].join("/"));
            let lost = pictures.is_empty().then(|| self.values(pair, row).join("/"));
            paths.chain(lost).map(|path| with_path(row, path)).collect()
        };
        let header = pair.map(|column| self.table.typed(column)).join(AND);
        Table {
            headers: headers.iter().cloned().chain([header]).collect(),
            rows: rows.iter().flat_map(written).collect(),
            sheet: self.table.sheet.clone(),
            named_by: Some(pair),
            ..*self.table
        }
    }
}

/// A name as it is compared: of numbers, without the zeros before and behind them.
fn plain(name: &str) -> String {
    number(without_zero(name)).unwrap_or_else(|| name.to_string())
}
