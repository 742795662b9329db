//! What Label Studio exports: tasks with all that was annotated, or a record for each annotation (JSON-MIN, CSV). An image in which
//! somebody marked nothing is told from one that nobody looked at.

use super::builder::{JOIN, Rows, fields, unmarked};
use crate::data::layout::tables::{
    label_scheme::FINDING,
    table::{Table, in_line_of},
};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Where its server keeps what was uploaded.
const UPLOADS: &str = "/data/upload/";

/// The images of an export with all annotations; `None` where the list holds something else.
pub fn tasks(list: &[Value]) -> Option<Table> {
    let tasks = list.iter().map(task).collect::<Option<Vec<Task>>>().filter(|tasks| !tasks.is_empty());
    let Some(tasks) = tasks else { return records(list) };
    let none = unmarked(tasks.iter().filter_map(|(_, marks)| marks.as_ref()).flatten().map(String::as_str));
    let mut rows = Rows::default();
    for (data, marks) in &tasks {
        let Some((key, images)) = images(data) else { continue };
        let label = marks.as_ref().map_or_else(String::new, |marks| joined(marks, none));
        let others = || fields("", data, 0).into_iter().filter(|(name, _)| name != key && name != "image" && name != "label");
        for image in images {
            rows.add([("image".into(), image), ("label".into(), label.clone())].into_iter().chain(others()));
        }
    }
    rows.table()
}

/// The data of an image, and what all its annotations mark.
type Task<'a> = (&'a Map<String, Value>, Option<BTreeSet<String>>);

fn task(value: &Value) -> Option<Task<'_>> {
    let annotations = ["annotations", "completions"].iter().find_map(|key| value.get(*key))?.as_array()?;
    Some((value.get("data")?.as_object()?, marks_of_all(annotations)))
}

/// A record for each annotation, with what is marked by the name of its control: as text, to be read as that of a table is.
fn records(list: &[Value]) -> Option<Table> {
    let records: Option<Vec<&Map<String, Value>>> =
        list.iter().map(|value| value.as_object().filter(|record| record.contains_key("annotation_id"))).collect();
    let mut rows = Rows::default();
    for record in records? {
        let (marked, plain): (Map<_, _>, Map<_, _>) =
            record.iter().map(|(name, value)| (name.clone(), value.clone())).partition(|(_, value)| is_marks(value));
        rows.add(fields("", &plain, 0).into_iter().chain(marked.iter().map(|(name, value)| (name.clone(), value.to_string()))));
    }
    rows.table()
}

fn is_marks(value: &Value) -> bool {
    value.as_object().is_some_and(|object| object.contains_key("choices"))
        || value.as_array().is_some_and(|list| list.iter().any(Value::is_object))
}

/// What all annotations of a task mark together; `None` where none was made, or none says what is in the image.
fn marks_of_all(annotations: &[Value]) -> Option<BTreeSet<String>> {
    let is_made = |annotation: &&Value| annotation.get("was_cancelled").and_then(Value::as_bool) != Some(true);
    let results = annotations.iter().filter(is_made).filter_map(|annotation| annotation.get("result")?.as_array());
    results.filter_map(|result| marks(result)).reduce(|a, b| a.union(&b).cloned().collect())
}

/// The names of what is marked, or that something is; `None` where the regions say something else (a rating, a text).
fn marks(regions: &[Value]) -> Option<BTreeSet<String>> {
    let values = || regions.iter().filter_map(|region| region.get("value").unwrap_or(region).as_object());
    let names: BTreeSet<String> = values().flat_map(names).collect();
    let is_placed = |value: &Map<String, Value>| ["x", "points", "vertices", "rle"].iter().any(|key| value.contains_key(*key));
    match values().any(is_placed) {
        _ if !names.is_empty() => Some(names),
        true => Some([FINDING.to_string()].into()),
        false => regions.is_empty().then(BTreeSet::new),
    }
}

/// `"rectanglelabels": ["cyst"]`, `"choices": ["normal"]`, `"taxonomy": [["tumour", "benign"]]`.
fn names(value: &Map<String, Value>) -> Vec<String> {
    let says = |key: &str| ["choices", "taxonomy"].contains(&key) || key.ends_with("labels");
    let name = |value: &'_ Value| value.as_str().or_else(|| value.as_array()?.last()?.as_str()).map(str::to_string);
    let lists = value.iter().filter(|(key, _)| says(key)).filter_map(|(_, list)| list.as_array());
    lists.flatten().filter_map(name).collect()
}

fn joined(marks: &BTreeSet<String>, none: &str) -> String {
    if marks.is_empty() { none.into() } else { marks.iter().cloned().collect::<Vec<_>>().join(JOIN) }
}

/// The key of what names the images of a task, and their names.
fn images(data: &Map<String, Value>) -> Option<(&str, Vec<String>)> {
    let texts = |value: &Value| -> Vec<String> {
        let texts = value.as_array().into_iter().flatten().chain(Some(value)).filter_map(Value::as_str);
        texts.map(|text| percent_decode_str(text).decode_utf8_lossy().into_owned()).collect()
    };
    let is_path = |text: &String| text.contains('/') || text.rsplit_once('.').is_some_and(|(_, end)| (2..6).contains(&end.len()));
    let names_images = |(key, texts): &(&String, Vec<String>)| *key == "image" || texts.first().is_some_and(is_path);
    let all = || data.iter().map(|(key, value)| (key, texts(value))).filter(|(_, texts)| !texts.is_empty());
    let found = all().find(|(key, _)| *key == "image").or_else(|| all().find(names_images))?;
    Some((found.0.as_str(), found.1))
}

/// Columns of annotations as JSON, with the names of what is marked in their place; fields of none say that nothing is.
pub fn with_marks_read(mut table: Table) -> Table {
    let read = |field: &str| -> Option<BTreeSet<String>> {
        let value: Value = serde_json::from_str(field).ok()?;
        marks(value.as_array().map_or(std::slice::from_ref(&value), Vec::as_slice))
    };
    let is_json = |field: &str| field.starts_with("[{") || field.starts_with("{\"choices\"");
    for column in 0..table.headers.len() {
        let fields = || table.column(column).filter(|field| !field.is_empty() && *field != "[]");
        if !fields().all(is_json) {
            continue;
        }
        let marked: Vec<Option<BTreeSet<String>>> =
            table.column(column).map(|field| if is_json(field) { read(field) } else { Some(BTreeSet::new()) }).collect();
        if marked.iter().flatten().all(BTreeSet::is_empty) {
            continue;
        }
        let none = unmarked(marked.iter().flatten().flatten().map(String::as_str));
        let labels: Vec<String> =
            marked.iter().map(|marks| marks.as_ref().map_or_else(String::new, |marks| joined(marks, none))).collect();
        table = table.with_column(column, &labels);
    }
    table
}

/// With the names of uploaded files in the place of where the server keeps them, and in a column more as they were called before:
/// `3b4e7f0a-scan.png` and `scan.png` of `/data/upload/3/3b4e7f0a-scan.png`.
pub fn with_uploads_named(table: Table) -> Table {
    let is_upload = |column: &usize| !table.rows.is_empty() && table.column(*column).all(|field| field.contains(UPLOADS));
    let Some(column) = (0..table.headers.len()).find(is_upload) else { return table };
    let names: Vec<String> = table.column(column).map(|field| field.rsplit('/').next().unwrap_or_default().to_string()).collect();
    let before: Vec<&str> = names.iter().map(|name| without_mark(name)).collect();
    let mut named = table.with_column(column, &names);
    named.headers.push(format!("{}_name", named.headers[column]));
    let width = named.headers.len() - 1;
    for (row, name) in named.rows.iter_mut().zip(before) {
        *row = in_line_of(row, (0..width).map(|c| row.get(c).unwrap_or_default()).chain([name]));
    }
    named
}

/// `scan.png` of `3b4e7f0a-scan.png`.
fn without_mark(name: &str) -> &str {
    let is_mark = |mark: &str| mark.len() == 8 && mark.bytes().all(|b| b.is_ascii_hexdigit());
    name.split_once('-').filter(|(mark, rest)| is_mark(mark) && !rest.is_empty()).map_or(name, |(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn rows(text: &str) -> (Vec<String>, Vec<Vec<String>>) {
        let table = with_uploads_named(with_marks_read(parse(text).unwrap()));
        (table.headers, table.rows.iter().map(|row| row.iter().map(str::to_string).collect()).collect())
    }

    #[test]
    fn tasks_are_images_with_what_is_marked() {
        let text = r#"[
            {"id": 1, "data": {"image": "/data/local-files/?d=my%20set/a.png", "age": 7},
             "annotations": [{"result": [{"type": "rectanglelabels", "value": {"x": 1, "rectanglelabels": ["cyst"]}}]}]},
            {"id": 2, "data": {"image": "b.png"}, "annotations": [{"was_cancelled": false, "result": []}]},
            {"id": 3, "data": {"image": "c.png"}, "annotations": [{"was_cancelled": true, "result": []}]},
            {"id": 4, "data": {"image": "d.png"}, "annotations": []},
            {"id": 5, "data": {"image": "e.png"}, "annotations": [{"result": [{"value": {"rating": 4}}]}]},
            {"id": 6, "data": {"image": "f.png"}, "annotations": [{"result": [{"value": {"points": [[1, 2]], "closed": true}}]},
             {"result": [{"value": {"taxonomy": [["tumour", "benign"]]}}]}]}]"#;
        let labels: Vec<String> = rows(text).1.into_iter().map(|row| format!("{} {}", row[0], row[1])).collect();
        let expected = [
            "/data/local-files/?d=my set/a.png cyst",
            "b.png no annotation",
            "c.png ",
            "d.png ",
            "e.png ",
            "f.png benign|finding",
        ];
        assert_eq!(labels, expected);
    }

    #[test]
    fn records_of_annotations_are_read_as_tasks_are() {
        let text = r#"[{"image": "/data/upload/3/3b4e7f0a-a.png", "id": 1, "tag": [{"x": 1, "rectanglelabels": ["cyst"]}], "annotation_id": 1},
            {"image": "/data/upload/3/4b4e7f0a-b.png", "id": 2, "annotation_id": 2}]"#;
        let (headers, found) = rows(text);
        assert_eq!(headers, ["image", "id", "annotation_id", "tag", "image_name"]);
        assert_eq!(found[0], ["3b4e7f0a-a.png", "1", "1", "cyst", "a.png"]);
        assert_eq!(found[1], ["4b4e7f0a-b.png", "2", "2", "no annotation", "b.png"]);
        assert_eq!([without_mark("a-b.png"), without_mark("3b4e7f0a-")], ["a-b.png", "3b4e7f0a-"]);
    }
}
