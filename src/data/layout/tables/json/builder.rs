//! Values of JSON as rows under headers.

use crate::data::{dataset::sounds_normal, layout::tables::table::Table};
use csv::StringRecord;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// Lists of strings in one field are joined by this, as in NIH's `Finding Labels`.
pub const JOIN: &str = "|";

/// The label of an image in which nothing is marked, by the labels of others: where some of them sound normal, or nothing is marked in
/// any, it is not known.
pub fn unmarked<'a>(labels: impl IntoIterator<Item = &'a str>) -> &'static str {
    let mut labels = labels.into_iter().peekable();
    if labels.peek().is_none() || labels.any(sounds_normal) { "" } else { "no annotation" }
}

/// Headers in the order in which they first occur.
#[derive(Default)]
pub struct Rows {
    headers: Vec<String>,
    place: HashMap<String, usize>,
    pub rows: Vec<Vec<String>>,
}

impl Rows {
    pub fn add(&mut self, fields: impl IntoIterator<Item = (String, String)>) {
        let mut row = vec![String::new(); self.headers.len()];
        for (name, value) in fields {
            let next = self.headers.len();
            let place = *self.place.entry(name.clone()).or_insert(next);
            if place == next {
                self.headers.push(name);
                row.push(String::new());
            }
            row[place] = value;
        }
        self.rows.push(row);
    }

    pub fn table(self) -> Option<Table> {
        let rows: Vec<StringRecord> = self.rows.into_iter().map(StringRecord::from).collect();
        (!rows.is_empty()).then(|| Table { headers: self.headers, rows, ..Table::default() })
    }
}

pub fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null => Some(String::new()),
        Value::Array(list) if !list.is_empty() && list.iter().all(Value::is_string) => {
            Some(list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(JOIN))
        }
        _ => None,
    }
}

/// The fields of a record; those of records in it as `outer.inner`.
pub fn fields(prefix: &str, object: &Map<String, Value>, depth: usize) -> Vec<(String, String)> {
    let field = |(name, value): (&String, &Value)| match value {
        Value::Object(inner) if depth < 4 => fields(&format!("{prefix}{name}."), inner, depth + 1),
        value => scalar(value).map(|text| (format!("{prefix}{name}"), text)).into_iter().collect(),
    };
    object.iter().filter(|(name, _)| !name.starts_with('_')).flat_map(field).collect()
}
