//! What tables say of the images beside their class and split, such as patient, eye, grade and camera: column by column, each
//! distinct value once.

use std::collections::HashMap;

/// Tables have more columns where they are measurements; these are the first ones.
const COLUMNS: usize = 100;
/// Distinct values of a column that are kept, bytes. Reports of thousands of images are longer.
const BYTES: usize = 8 << 20;
/// Up to so many distinct numbers, and other values, a person chooses among.
const FEW: [usize; 2] = [12, 60];

/// The columns of the tables that name the images. A row is one image of theirs ([`Item::row`](super::Item::row)).
#[derive(Debug, Default)]
pub struct Metadata {
    columns: Vec<MetadataColumn>,
}

/// One column.
#[derive(Debug)]
pub struct MetadataColumn {
    /// Its header.
    pub name: String,
    /// What its values are.
    pub kind: ColumnKind,
    /// Each distinct value with its number of rows, in order: numbers by their size.
    pub values: Vec<(Box<str>, usize)>,
    /// The place in `values` of each row's value.
    rows: Vec<u32>,
}

/// How a person asks for values of a column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ColumnKind {
    /// There are few of them.
    Choice,
    /// Numbers between these, and perhaps nothing.
    Number([f64; 2]),
    /// Any others.
    Text,
}

impl Metadata {
    /// Keeps these columns, each with the values of all rows, but those that say the same of all rows, or too much.
    pub fn new<'a, V: Iterator<Item = &'a str>>(columns: impl Iterator<Item = (&'a str, V)>) -> Self {
        let kept = columns.take(COLUMNS).filter_map(|(name, values)| MetadataColumn::new(name, values));
        Self { columns: kept.collect() }
    }

    /// All columns, in the order of the table.
    pub fn columns(&self) -> &[MetadataColumn] {
        &self.columns
    }

    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&MetadataColumn> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Name and value of each column that says something of a row.
    pub fn of_row(&self, row: u32) -> impl Iterator<Item = (&str, &str)> {
        let said = move |column| MetadataColumn::value(column, row).filter(|value| !value.is_empty());
        self.columns.iter().filter_map(move |column| Some((column.name.as_str(), said(column)?)))
    }
}

impl MetadataColumn {
    fn new<'a>(name: &str, all: impl Iterator<Item = &'a str>) -> Option<Self> {
        let mut values: Vec<(Box<str>, usize)> = Vec::new();
        let mut numbers: HashMap<&str, u32> = HashMap::new();
        let (mut rows, mut bytes) = (Vec::new(), 0);
        for value in all {
            let number = *numbers.entry(value).or_insert_with(|| {
                bytes += value.len();
                values.push((value.into(), 0));
                values.len() as u32 - 1
            });
            values[number as usize].1 += 1;
            rows.push(number);
        }
        if values.len() < 2 || bytes > BYTES || name.is_empty() {
            return None;
        }
        rows.shrink_to_fit();
        let mut order: Vec<usize> = (0..values.len()).collect();
        let filled = || values.iter().map(|(value, _)| &**value).filter(|value| !value.is_empty());
        let are_numbers = filled().all(|value| number(value).is_some());
        if are_numbers {
            // What is empty comes first.
            let size = |i: usize| number(&values[i].0).unwrap_or(f64::NEG_INFINITY);
            order.sort_by(|a, b| size(*a).total_cmp(&size(*b)));
        } else {
            order.sort_by(|a, b| values[*a].0.cmp(&values[*b].0));
        }
        let range =
            filled().filter_map(number).fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], v| [low.min(v), high.max(v)]);
        let kind = match values.len() {
            n if n <= FEW[0] || !are_numbers && n <= FEW[1] && 2 * n <= rows.len() => ColumnKind::Choice,
            _ if are_numbers => ColumnKind::Number(range),
            _ => ColumnKind::Text,
        };
        let mut place = vec![0; order.len()];
        order.iter().enumerate().for_each(|(to, &from)| place[from] = to as u32);
        rows.iter_mut().for_each(|row| *row = place[*row as usize]);
        let mut unsorted: Vec<Option<(Box<str>, usize)>> = values.into_iter().map(Some).collect();
        let values = order.into_iter().filter_map(|from| unsorted[from].take()).collect();
        Some(Self { name: name.to_string(), kind, values, rows })
    }

    /// The place of a row's value in `values`.
    pub fn place(&self, row: u32) -> Option<usize> {
        self.rows.get(row as usize).map(|place| *place as usize)
    }

    /// What it says of a row; may be empty.
    pub fn value(&self, row: u32) -> Option<&str> {
        self.values.get(self.place(row)?).map(|(value, _)| &**value)
    }
}

/// A finite number.
fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(values: &[&str]) -> Option<MetadataColumn> {
        MetadataColumn::new("x", values.iter().copied())
    }

    #[test]
    fn values_are_kept_once_and_in_their_order() {
        let grades = column(&["10", "2", "", "2"]).unwrap();
        let counted: Vec<(&str, usize)> = grades.values.iter().map(|(value, count)| (&**value, *count)).collect();
        assert_eq!((counted, grades.kind), (vec![("", 1), ("2", 2), ("10", 1)], ColumnKind::Choice));
        assert_eq!((0..5).map(|row| grades.value(row)).collect::<Vec<_>>(), [Some("10"), Some("2"), Some(""), Some("2"), None]);
        let eyes = column(&["right", "left", "10"]).unwrap();
        assert_eq!((eyes.value(0), &*eyes.values[0].0), (Some("right"), "10"));
        assert!(column(&["same", "same"]).is_none() && column(&[]).is_none(), "nothing to tell images by");
    }

    #[test]
    fn many_numbers_are_a_range_and_many_words_are_text() {
        let all: Vec<String> = (0..200).map(|i| format!("{}", i as f64 / 4.0)).collect();
        let ages: Vec<&str> = all.iter().map(String::as_str).chain([""]).collect();
        assert_eq!(column(&ages).unwrap().kind, ColumnKind::Number([0.0, 49.75]));
        let names: Vec<&str> = ages.iter().copied().chain(["unknown"]).collect();
        assert_eq!(column(&names).unwrap().kind, ColumnKind::Text);
        let cameras: Vec<String> = (0..200).map(|i| format!("camera {}", i % 30)).collect();
        let cameras: Vec<&str> = cameras.iter().map(String::as_str).collect();
        assert_eq!(column(&cameras).unwrap().kind, ColumnKind::Choice);
    }

    #[test]
    fn a_large_table_takes_little_memory() {
        const ROWS: usize = 80_000;
        let names: Vec<String> = (0..ROWS).map(|i| format!("patient {i}")).collect();
        let few: Vec<String> = (0..100).map(|i| format!("value {i}")).collect();
        let values = |c: usize| (0..ROWS).map(move |i| (c, i));
        let text = |(c, i): (usize, usize)| if c == 0 { names[i].as_str() } else { few[(i * c) % 100].as_str() };
        let table = Metadata::new((0..20).map(|c| ("column", values(c).map(text))));
        let of = |column: &MetadataColumn| {
            let values: usize = column.values.iter().map(|(value, _)| value.len() + size_of::<(Box<str>, usize)>()).sum();
            values + column.rows.capacity() * size_of::<u32>()
        };
        let bytes: usize = table.columns().iter().map(of).sum();
        assert!(bytes < 12 << 20, "{bytes} bytes");
        let reports: Vec<String> = (0..9_000).map(|i| format!("{i:01000}")).collect();
        let mut kept = Metadata::new([("report", reports.iter().map(String::as_str))].into_iter());
        assert!(kept.columns.is_empty(), "nine megabytes of reports");
        kept = Metadata::new([("report", reports[..1000].iter().map(String::as_str))].into_iter());
        assert_eq!(kept.of_row(3).next().map(|(name, value)| (name, value.len())), Some(("report", 1000)));
    }
}
