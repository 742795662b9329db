//! Lists of images as JSON: records (FiftyOne's samples, lines of JSON), COCO's images and annotations, names under their labels
//! (MedIAnomaly's `data.json`), labels under their names, and what programs for annotating write ([`label_studio`], [`via`]). All of
//! them become rows and columns ([`builder`]).

mod builder;
pub mod label_studio;
pub mod via;

use super::{
    columns::Columns,
    label_scheme::{FINDING, LabelScheme},
    table::{NoTable, Table},
};
use crate::{config::LabelColumns, data::dataset::Split};
use builder::{Rows, fields, scalar};
use csv::StringRecord;
use serde_json::{Map, Value};
use std::collections::HashMap;

pub use builder::{JOIN, unmarked};

pub fn parse(text: &str) -> Result<Table, NoTable> {
    let value: Value = match serde_json::from_str(text).or_else(|error| serde_json::from_str(&plain(text)).map_err(|_| error)) {
        Ok(value) => value,
        // One record a line.
        Err(error) => {
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            let records: Result<Vec<Value>, _> = lines.map(|line| serde_json::from_str(&plain(line))).collect();
            Value::Array(records.map_err(|_| format!("is no JSON: {error}"))?)
        }
    };
    let table = match &value {
        Value::Object(object) => coco(object)
            .or_else(|| via::project(object))
            .or_else(|| by_columns(object))
            .or_else(|| inner_records(object))
            .or_else(|| inner_rows(object))
            .or_else(|| by_key(object)),
        Value::Array(list) => label_studio::tasks(list).or_else(|| records(list)).or_else(|| rows(list)),
        _ => None,
    };
    table.ok_or(NoTable::NoList)
}

/// Python writes numbers that JSON does not know: `NaN` and `Infinity` outside of texts become `null`.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for (i, part) in text.split('"').enumerate() {
        if i > 0 {
            plain.push('"');
        }
        // A text with a quotation mark in it is cut there; what that spoils was no JSON before.
        if i % 2 == 0 {
            plain.push_str(&part.replace("-Infinity", "null").replace("Infinity", "null").replace("NaN", "null"));
        } else {
            plain.push_str(part);
        }
    }
    plain
}

fn records(list: &[Value]) -> Option<Table> {
    let mut rows = Rows::default();
    list.iter().filter_map(Value::as_object).for_each(|record| rows.add(fields("", record, 0)));
    rows.table()
}

/// The lists of records that a value holds: `{"samples": […]}`, `{"data": {"train": […], "test": […]}}`; those below names of
/// splits together, else the longest. Deeper ones only where they name files: there may be a list for each image.
fn inner_records(object: &Map<String, Value>) -> Option<Table> {
    let mut lists = Vec::new();
    object.iter().for_each(|(key, value)| lists_of_records(value, Split::from_name(key), 1, &mut lists));
    let is_outer =
        |list: &[Value]| object.values().any(|value| value.as_array().is_some_and(|l| std::ptr::eq(l.as_slice(), list)));
    let table = if lists.iter().any(|(split, _)| split.is_some()) {
        let mut rows = Rows::default();
        for (split, list) in lists.iter().filter_map(|(split, list)| Some((split.as_ref()?, list))) {
            for record in list.iter().filter_map(Value::as_object) {
                let mut row = fields("", record, 0);
                if !row.iter().any(|(name, _)| name == "split") {
                    row.push(("split".into(), split.name().into()));
                }
                rows.add(row);
            }
        }
        rows.table()?
    } else {
        let (_, longest) = lists.into_iter().rev().max_by_key(|(_, list)| (is_outer(list), list.len()))?;
        let table = records(longest)?;
        if is_outer(longest) {
            return Some(table);
        }
        table
    };
    Columns::find(&table.headers, &LabelColumns::default()).is_ok_and(|c| c.file.is_some()).then_some(table)
}

fn lists_of_records<'a>(value: &'a Value, split: Option<Split>, depth: usize, into: &mut Vec<(Option<Split>, &'a [Value])>) {
    match value {
        Value::Array(list) if list.iter().any(Value::is_object) => into.push((split, list)),
        Value::Object(object) if depth < 5 => {
            object.iter().for_each(|(key, inner)| lists_of_records(inner, Split::from_name(key).or(split), depth + 1, into));
        }
        _ => {}
    }
}

/// As pandas writes a table: by columns (`{"file": {"0": "a.png"}, "label": {"0": "cyst"}}`, or lists), or its parts.
fn by_columns(object: &Map<String, Value>) -> Option<Table> {
    if let (Some(columns), Some(data)) = (object.get("columns").and_then(Value::as_array), object.get("data")) {
        let table = rows(data.as_array()?)?;
        return Some(Table { headers: columns.iter().filter_map(scalar).collect(), ..table });
    }
    let headers: Vec<String> = object.keys().cloned().collect();
    let known = Columns::find(&headers, &LabelColumns::default()).ok()?;
    let file = object.get(headers.get(known.file?)?)?;
    let value_at = |column: &Value, key: &str, at: usize| match column {
        Value::Object(column) => column.get(key).and_then(scalar),
        Value::Array(column) => column.get(at).and_then(scalar),
        _ => None,
    };
    // `{"images": [{"file_name": "a.png"}]}` are records.
    let keys: Vec<String> = match file {
        Value::Object(column) if column.values().any(|value| scalar(value).is_some()) => column.keys().cloned().collect(),
        Value::Array(column) if column.iter().any(|value| scalar(value).is_some()) => {
            (0..column.len()).map(|i| i.to_string()).collect()
        }
        _ => return None,
    };
    let mut rows = Rows::default();
    for (at, key) in keys.iter().enumerate() {
        let row = object.iter().map(|(name, column)| (name.clone(), value_at(column, key, at).unwrap_or_default()));
        rows.add(row.collect::<Vec<_>>());
    }
    rows.table()
}

/// Lists of values, one for each image, without headers.
fn rows(list: &[Value]) -> Option<Table> {
    let lists: Vec<&Vec<Value>> = list.iter().filter_map(Value::as_array).collect();
    let width = lists.iter().map(|row| row.len()).max().filter(|&width| width > 1)?;
    let row = |row: &Vec<Value>| (0..width).map(|c| row.get(c).and_then(scalar).unwrap_or_default()).collect::<Vec<String>>();
    let rows = lists.into_iter().map(|values| StringRecord::from(row(values))).collect();
    Some(Table { headers: (1..=width).map(|n| format!("column {n}")).collect(), rows, header_line: 0, ..Table::default() })
}

/// The longest list of such lists that an object holds: `{"labels": [["a.png", 0]]}`.
fn inner_rows(object: &Map<String, Value>) -> Option<Table> {
    rows(object.values().filter_map(Value::as_array).max_by_key(|list| list.len())?)
}

/// COCO: the categories that are marked in an image are its findings.
fn coco(object: &Map<String, Value>) -> Option<Table> {
    let list = |key: &str| object.get(key).and_then(Value::as_array);
    let (images, annotations) = (list("images")?, list("annotations")?);
    let id = |value: &Value, key: &str| value.get(key).and_then(scalar).filter(|id| !id.is_empty());
    let names: HashMap<String, String> =
        list("categories").into_iter().flatten().filter_map(|c| Some((id(c, "id")?, id(c, "name")?))).collect();
    let mut found: HashMap<String, Vec<String>> = HashMap::new();
    // A caption marks nothing.
    let is_placed = |annotation: &Value| ["bbox", "segmentation", "keypoints"].iter().any(|key| annotation.get(*key).is_some());
    for annotation in annotations {
        let category = id(annotation, "category_id").or_else(|| is_placed(annotation).then(|| FINDING.to_string()));
        if let (Some(image), Some(category)) = (id(annotation, "image_id"), category) {
            let name = names.get(&category).cloned().unwrap_or(category);
            let known = found.entry(image).or_default();
            if !known.contains(&name) {
                known.push(name);
            }
        }
    }
    let unmarked = unmarked(found.values().flatten().map(String::as_str));
    let mut rows = Rows::default();
    for image in images.iter().filter_map(Value::as_object) {
        let mut row = fields("", image, 0);
        let key = image.get("id").and_then(scalar).unwrap_or_default();
        let marked = found.get(&key).map_or_else(|| unmarked.to_string(), |names| names.join(JOIN));
        if !row.iter().any(|(name, _)| name == "label") {
            row.push(("label".into(), marked));
        }
        rows.add(row);
    }
    rows.table()
}

/// `{"a.png": "cyst"}`, `{"a.png": {"label": "cyst"}}`, or lists of names under the words that hold for them:
/// `{"train": {"0": ["a.png"]}, "test": {"0": [], "1": ["b.png"]}}`.
fn by_key(object: &Map<String, Value>) -> Option<Table> {
    let mut rows = Rows::default();
    // FiftyOne's classification: `{"classes": ["cyst"], "labels": {"a": 0}}`, or `{"a": {"label": 0, "confidence": null}}`.
    if let (Some(classes), Some(labels)) =
        (object.get("classes").and_then(Value::as_array), object.get("labels").and_then(Value::as_object))
    {
        for (name, label) in labels {
            let label = label.get("label").unwrap_or(label);
            let class = label.as_u64().and_then(|i| classes.get(usize::try_from(i).ok()?)).unwrap_or(label);
            rows.add([("file".into(), name.clone()), ("label".into(), scalar(class).unwrap_or_default())]);
        }
        return rows.table();
    }
    // Labels under the names of files: `{"a.png": ["cyst", "mass"], "b.png": []}`.
    let are_files = object.keys().all(|key| LabelScheme::is_picture_name(key));
    if are_files && object.values().all(Value::is_array) {
        let labels = |value: &Value| -> Vec<String> { value.as_array().into_iter().flatten().filter_map(scalar).collect() };
        let all: Vec<String> = object.values().flat_map(labels).collect();
        let none = unmarked(all.iter().map(String::as_str));
        for (name, value) in object {
            let label = labels(value).join(JOIN);
            rows.add([("file".into(), name.clone()), ("label".into(), if label.is_empty() { none.into() } else { label })]);
        }
        return rows.table();
    }
    lists(object, &mut Vec::new(), &mut rows);
    // The same one level deeper: `{"samples": {"a.png": {"label": "cyst"}}}`.
    let names_files =
        |inner: &&Map<String, Value>| !inner.is_empty() && inner.keys().all(|key| LabelScheme::is_picture_name(key));
    if let Some(inner) = object.values().filter_map(Value::as_object).find(names_files).filter(|_| rows.rows.is_empty()) {
        return by_key(inner);
    }
    if rows.rows.is_empty() {
        for (name, value) in object {
            let file = [("file".to_string(), name.clone())];
            match value {
                Value::Object(record) => rows.add(file.into_iter().chain(fields("", record, 0))),
                value => rows.add(file.into_iter().chain(scalar(value).map(|text| ("label".to_string(), text)))),
            }
        }
    }
    rows.table()
}

/// Lists of names, and the keys on the way to them: a split, the word `unlabeled`, or the label.
fn lists<'a>(object: &'a Map<String, Value>, above: &mut Vec<&'a str>, rows: &mut Rows) {
    for (key, value) in object {
        above.push(key);
        match value {
            Value::Object(inner) if above.len() < 6 => lists(inner, above, rows),
            Value::Array(names) => {
                let split = above.iter().find_map(|key| Split::from_name(key)).map_or("", Split::name);
                let is_unlabelled = above.iter().any(|key| ["unlabeled", "unlabelled"].contains(&key.to_lowercase().as_str()));
                let label = above.iter().rev().find(|key| Split::from_name(key).is_none()).filter(|_| !is_unlabelled);
                for name in names.iter().filter_map(Value::as_str) {
                    let pairs = [("file", name), ("label", label.copied().unwrap_or("")), ("split", split)];
                    rows.add(pairs.map(|(key, value)| (key.to_string(), value.to_string())));
                }
            }
            _ => {}
        }
        above.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> (Vec<String>, Vec<Vec<String>>) {
        let table = parse(text).unwrap();
        (table.headers, table.rows.iter().map(|row| row.iter().map(str::to_string).collect()).collect())
    }

    #[test]
    fn lists_of_images_become_rows() {
        let words = |list: &[&str]| list.iter().map(|s| s.to_string()).collect::<Vec<_>>();
        let medianomaly = r#"{"train": {"0": ["a.png"], "unlabeled": {"0": ["b.png"]}}, "test": {"0": [], "1": ["c.png"]}}"#;
        let (headers, found) = rows(medianomaly);
        assert_eq!(headers, ["file", "label", "split"]);
        assert_eq!(found, [words(&["a.png", "0", "train"]), words(&["b.png", "", "train"]), words(&["c.png", "1", "test"])]);

        let samples =
            r#"{"samples": [{"filepath": "data/a.png", "ground_truth": {"_cls": "C", "label": "cyst"}, "tags": ["x", "y"]}]}"#;
        assert_eq!(
            rows(samples),
            (words(&["filepath", "ground_truth.label", "tags"]), vec![words(&["data/a.png", "cyst", "x|y"])])
        );
        let (headers, found) = rows(r#"{"images": [{"file_name": "a.png", "label": "cyst"}]}"#);
        assert_eq!((headers, found), (words(&["file_name", "label"]), vec![words(&["a.png", "cyst"])]));
        assert_eq!(rows(r#"{"samples": {"a.png": {"label": "cyst"}}}"#).1, [words(&["a.png", "cyst"])]);
        let coco = r#"{"images": [{"id": 1, "file_name": "a.png"}, {"id": 2, "file_name": "b.png"}],
            "annotations": [{"image_id": 2, "category_id": 7}, {"image_id": 2, "category_id": 7}],
            "categories": [{"id": 7, "name": "cyst"}]}"#;
        assert_eq!(rows(coco).1, [words(&["1", "a.png", "no annotation"]), words(&["2", "b.png", "cyst"])]);
        assert_eq!(rows(r#"{"a.png": "cyst"}"#).1, [words(&["a.png", "cyst"])]);
        assert_eq!(rows(r#"{"classes": ["ok", "cyst"], "labels": {"a": 1}}"#).1, [words(&["a", "cyst"])]);
        assert_eq!(rows("{\"f\": \"a\", \"l\": 1}\n{\"f\": \"b\", \"l\": 2}\n").1.len(), 2);
        let nested = r#"{"meta": [{"x": 1}], "data": {"train": [{"image": "a", "label": 1}], "test": [{"image": "b"}]}}"#;
        assert_eq!(rows(nested).1, [words(&["a", "1", "train"]), words(&["b", "", "test"])]);
        let (headers, found) = rows(r#"{"file": {"0": "a.png"}, "label": {"0": "cyst"}}"#);
        assert_eq!((headers, found), (words(&["file", "label"]), vec![words(&["a.png", "cyst"])]), "pandas");
        let (headers, found) = rows(r#"{"columns": ["file", "label"], "index": [0], "data": [["a.png", "cyst"]]}"#);
        assert_eq!((headers, found), (words(&["file", "label"]), vec![words(&["a.png", "cyst"])]), "pandas, split");
        assert_eq!(rows(r#"[["a.png", 1], ["b.png", 0]]"#).1, [words(&["a.png", "1"]), words(&["b.png", "0"])]);
        assert_eq!(rows(r#"{"labels": [["a.png", 1]]}"#).1, [words(&["a.png", "1"])], "StyleGAN");
        assert_eq!(rows(r#"[{"image": "NaN.png", "age": NaN, "label": 1}]"#).1, [words(&["NaN.png", "", "1"])]);
        assert!(parse("{").is_err() && parse("3").is_err() && parse("{}").is_err());
    }
}
