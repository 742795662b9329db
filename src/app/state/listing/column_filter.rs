//! Which images are listed by what the table of labels says of them.

use crate::data::{Metadata, MetadataColumn};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One test for each column that narrows the list, by its name: all of them must be passed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ColumnFilter(BTreeMap<String, ColumnTest>);

/// What a value has to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ColumnTest {
    /// One of these.
    OneOf(BTreeSet<String>),
    /// A number, not below the first and not above the second.
    Between([Option<f64>; 2]),
    /// Text with this in it, in any case.
    Contains(String),
}

impl ColumnTest {
    /// It asks for nothing.
    fn is_empty(&self) -> bool {
        match self {
            Self::OneOf(values) => values.is_empty(),
            Self::Between(ends) => *ends == [None; 2],
            Self::Contains(text) => text.trim().is_empty(),
        }
    }

    fn passes(&self, value: &str) -> bool {
        match self {
            Self::OneOf(values) => values.contains(value),
            Self::Between([low, high]) => value
                .parse()
                .is_ok_and(|number: f64| low.is_none_or(|low| number >= low) && high.is_none_or(|high| number <= high)),
            Self::Contains(text) => value.to_lowercase().contains(&text.trim().to_lowercase()),
        }
    }
}

impl ColumnFilter {
    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Number of columns that narrow the list.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The columns that narrow the list.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// What is asked of a column; `None`: nothing.
    pub fn get(&self, column: &str) -> Option<&ColumnTest> {
        self.0.get(column)
    }

    /// Replaces the test of a column; one that asks for nothing is none.
    pub fn set(&mut self, column: &str, test: ColumnTest) {
        if test.is_empty() {
            self.0.remove(column);
        } else {
            self.0.insert(column.to_string(), test);
        }
    }

    /// Without tests of columns that these images do not have.
    pub fn keep_known(&mut self, metadata: &Metadata) {
        self.0.retain(|name, _| metadata.column(name).is_some());
    }

    /// Tells of rows of the table whether they pass. An image without a row passes where nothing is asked.
    pub fn passes<'a>(&'a self, metadata: &'a Metadata) -> impl Fn(Option<u32>) -> bool + 'a {
        // Each distinct value is looked at once.
        let test = |(name, test): (&String, &ColumnTest)| {
            let column = metadata.column(name)?;
            Some((column, column.values.iter().map(|(value, _)| test.passes(value)).collect()))
        };
        let tests: Vec<(&MetadataColumn, Vec<bool>)> = self.0.iter().filter_map(test).collect();
        move |row| tests.iter().all(|(column, passes)| row.and_then(|row| column.place(row)).is_some_and(|place| passes[place]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passing(filter: &ColumnFilter, metadata: &Metadata) -> Vec<u32> {
        let passes = filter.passes(metadata);
        (0..4).filter(|&row| passes(Some(row))).collect()
    }

    #[test]
    fn all_columns_have_to_be_passed_and_unknown_ones_do_not_count() {
        let columns = [("grade", ["0", "2", "", "4"]), ("eye", ["Left", "right", "left", "left"])];
        let metadata = Metadata::new(columns.iter().map(|(name, values)| (*name, values.iter().copied())));
        let mut filter = ColumnFilter::default();
        assert_eq!(passing(&filter, &metadata), [0, 1, 2, 3]);
        filter.set("eye", ColumnTest::Contains(" LEFT".into()));
        assert_eq!(passing(&filter, &metadata), [0, 2, 3]);
        filter.set("grade", ColumnTest::Between([Some(1.0), None]));
        assert_eq!((passing(&filter, &metadata), filter.passes(&metadata)(None)), (vec![3], false), "nothing is no number");
        filter.set("grade", ColumnTest::OneOf(["".to_string(), "0".to_string()].into()));
        filter.set("camera", ColumnTest::Contains("x".into()));
        assert_eq!((passing(&filter, &metadata), filter.len()), (vec![0, 2], 3));
        filter.keep_known(&metadata);
        filter.set("eye", ColumnTest::Contains(" ".into()));
        filter.set("grade", ColumnTest::Between([None; 2]));
        assert!(filter.is_empty());
    }
}
