//! What the VGG Image Annotator (VIA) writes: images with their regions, as JSON or as a table.

use super::builder::{JOIN, Rows, scalar, unmarked};
use crate::data::{
    dataset::sounds_normal,
    layout::tables::{
        columns::{is_label, plain},
        label_scheme::FINDING,
        table::{Table, at_line},
    },
};
use serde_json::{Map, Value};
use std::collections::{BTreeSet, HashMap};

type Attributes = Map<String, Value>;

/// An image, what is said of it as a whole, and of each region in it.
struct Image {
    file: String,
    about: Attributes,
    regions: Vec<Attributes>,
}

/// A project, or annotations alone; `None` where it is something else.
pub fn project(object: &Map<String, Value>) -> Option<Table> {
    if let Some(images) = of_views(object) {
        return table(&images);
    }
    let images = object.get("_via_img_metadata").and_then(Value::as_object).unwrap_or(object);
    let attributes = |of: &Value, name: &str| of.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
    let image = |value: &Value| -> Option<Image> {
        let regions: Vec<&Value> = match value.get("regions")? {
            Value::Array(list) => list.iter().collect(),
            Value::Object(numbered) => numbered.values().collect(),
            _ => return None,
        };
        let regions = regions.into_iter().map(|region| attributes(region, "region_attributes")).collect();
        Some(Image { file: value.get("filename")?.as_str()?.to_string(), about: attributes(value, "file_attributes"), regions })
    };
    table(&images.values().map(image).collect::<Option<Vec<Image>>>()?)
}

/// The images of a project of VIA 3: views of files, and what is marked in them, with attributes and their options by numbers.
fn of_views(object: &Map<String, Value>) -> Option<Vec<Image>> {
    let part = |name: &str| object.get(name).and_then(Value::as_object);
    let (files, views, marks, attributes) = (part("file")?, part("view")?, part("metadata")?, part("attribute")?);
    let said = |mark: &Value| -> Attributes {
        let chosen = mark.get("av").and_then(Value::as_object).into_iter().flatten();
        let named = chosen.filter_map(|(number, value)| {
            let attribute = attributes.get(number)?;
            let option = || attribute.get("options")?.get(value.as_str()?);
            Some((attribute.get("aname")?.as_str()?.to_string(), option().unwrap_or(value).clone()))
        });
        named.collect()
    };
    let mut by_view: HashMap<String, Vec<&Value>> = HashMap::new();
    for mark in marks.values() {
        by_view.entry(mark.get("vid").and_then(scalar).unwrap_or_default()).or_default().push(mark);
    }
    let image = |(number, view): (&String, &Value)| -> Option<Image> {
        let file = files.get(&scalar(view.get("fid_list")?.get(0)?)?)?;
        let of_view = || by_view.get(number).into_iter().flatten().copied();
        let is_placed = |mark: &&Value| mark.get("xy").and_then(Value::as_array).is_some_and(|place| !place.is_empty());
        Some(Image {
            file: file.get("fname")?.as_str()?.to_string(),
            about: of_view().filter(|mark| !is_placed(mark)).flat_map(said).collect(),
            regions: of_view().filter(is_placed).map(said).collect(),
        })
    };
    views.iter().map(image).collect()
}

/// The same of a table with a row for each region.
pub fn of_table(table: Table) -> Table {
    let column = |name: &str| table.headers.iter().position(|header| plain(header) == name);
    let [Some(file), Some(shape), Some(attributes)] = ["filename", "region_shape_attributes", "region_attributes"].map(column)
    else {
        return table;
    };
    let about = column("file_attributes");
    let (mut images, mut lines) = (Vec::<Image>::new(), Vec::new());
    let mut places: HashMap<String, usize> = HashMap::new();
    for (i, row) in table.rows.iter().enumerate() {
        let object = |column| serde_json::from_str::<Attributes>(table.field(row, column)).unwrap_or_default();
        let name = table.field(row, Some(file));
        let at = *places.entry(name.to_string()).or_insert(images.len());
        if at == images.len() {
            images.push(Image { file: name.to_string(), about: object(about), regions: Vec::new() });
            lines.push(table.line(i));
        }
        // An image without regions has a row all the same.
        if !["", "{}"].contains(&table.field(row, Some(shape))) {
            images[at].regions.push(object(Some(attributes)));
        }
    }
    let Some(mut read) = self::table(&images) else { return table };
    read.rows = read.rows.into_iter().zip(lines).map(|(row, line)| at_line(row, line)).collect();
    Table { encoding: table.encoding, header_line: table.header_line, sheet: table.sheet, ..read }
}

fn table(images: &[Image]) -> Option<Table> {
    let names = || images.iter().flat_map(|image| &image.regions).flat_map(Attributes::keys);
    // The attribute that says what a region is: by its usual names, else the only one.
    let is_known = |name: &&String| is_label(name) || ["name", "type", "object", "object_name"].contains(&plain(name).as_str());
    let only = || names().next().filter(|first| names().all(|name| name == *first));
    let said_by = names().find(is_known).or_else(only);
    let words_of = |regions: &[Attributes]| -> BTreeSet<String> {
        let one = |region: &Attributes| -> Vec<String> {
            let words = said_by.and_then(|name| region.get(name)).map(words).unwrap_or_default();
            if words.is_empty() { vec![FINDING.into()] } else { words }
        };
        regions.iter().flat_map(one).collect()
    };
    let labels: Vec<BTreeSet<String>> = images
        .iter()
        .map(|image| {
            let whole: BTreeSet<String> =
                image.about.iter().filter(|(name, _)| is_label(name)).flat_map(|(_, value)| words(value)).collect();
            let is_whole = !whole.is_empty() && (image.regions.is_empty() || !whole.iter().any(|word| sounds_normal(word)));
            if is_whole { whole } else { words_of(&image.regions) }
        })
        .collect();
    let none = unmarked(labels.iter().flatten().map(String::as_str));
    let mut rows = Rows::default();
    for (image, labels) in images.iter().zip(labels) {
        let label = if labels.is_empty() { none.into() } else { labels.into_iter().collect::<Vec<_>>().join(JOIN) };
        let about = image.about.iter().filter(|(name, _)| !is_label(name));
        let about = about.filter_map(|(name, value)| Some((name.clone(), scalar(value)?)));
        rows.add([("filename".into(), image.file.clone()), ("label".into(), label)].into_iter().chain(about));
    }
    rows.table()
}

/// A text, or those of several options that are chosen.
fn words(value: &Value) -> Vec<String> {
    match value {
        Value::Object(options) => {
            options.iter().filter(|(_, chosen)| **chosen == Value::Bool(true)).map(|(name, _)| name.clone()).collect()
        }
        value => scalar(value).map(|text| text.trim().to_string()).filter(|text| !text.is_empty()).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn rows(table: Table) -> Vec<[String; 2]> {
        table.rows.iter().map(|row| [row[0].to_string(), row[1].to_string()]).collect()
    }

    #[test]
    fn images_are_what_their_regions_are_called() {
        let image = |file: &str, regions: &str| {
            format!(r#""{file}9": {{"filename": "{file}", "size": 9, "regions": {regions}, "file_attributes": {{"site": "x"}}}}"#)
        };
        let region =
            |attributes: &str| format!(r#"{{"shape_attributes": {{"name": "rect"}}, "region_attributes": {{{attributes}}}}}"#);
        let images = [
            image(
                "a.png",
                &format!(
                    "[{}, {}]",
                    region(r#""size": "big", "type": "cyst""#),
                    region(r#""type": {"mass": true, "ok": false}"#)
                ),
            ),
            image("b.png", "[]"),
            image("c.png", &format!(r#"{{"0": {}}}"#, region(r#""size": "big""#))),
        ];
        let images = format!("{{{}}}", images.join(","));
        let expected = [["a.png", "cyst|mass"], ["b.png", "no annotation"], ["c.png", "finding"]];
        assert_eq!(rows(parse(&images).unwrap()), expected);
        let project = format!(r#"{{"_via_settings": {{}}, "_via_img_metadata": {images}, "_via_image_id_list": ["a.png9"]}}"#);
        assert_eq!(rows(parse(&project).unwrap()), expected);

        let third = r#"{"attribute": {"1": {"aname": "type", "options": {"0": "cyst", "1": "mass"}}},
            "file": {"1": {"fid": "1", "fname": "a.png"}, "2": {"fid": 2, "fname": "b.png"}}, "view": {"1": {"fid_list": ["1"]}, "2": {"fid_list": [2]}},
            "metadata": {"x": {"vid": "1", "xy": [2, 1, 2, 3, 4], "av": {"1": "0"}}, "y": {"vid": "1", "xy": [2, 5, 6, 7, 8], "av": {"1": "1"}}}}"#;
        assert_eq!(rows(parse(third).unwrap()), expected[..2]);

        let csv = "filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,region_attributes\n\
            a.png,9,\"{}\",2,0,\"{\"\"name\"\":\"\"rect\"\"}\",\"{\"\"type\"\":\"\"cyst\"\"}\"\n\
            a.png,9,\"{}\",2,1,\"{\"\"name\"\":\"\"rect\"\"}\",\"{\"\"type\"\":\"\"mass\"\"}\"\n\
            b.png,9,\"{}\",0,0,\"{}\",\"{}\"\n";
        let table = of_table(Table::parse(csv.as_bytes()).unwrap());
        assert_eq!((table.line(1), rows(table)), (4, expected[..2].iter().map(|row| row.map(String::from)).collect()));
    }

    #[test]
    fn what_is_said_of_an_image_as_a_whole_counts() {
        let image = |file: &str, class: &str, regions: &str| {
            format!(r#""{file}": {{"filename": "{file}", "regions": [{regions}], "file_attributes": {{"class": "{class}"}}}}"#)
        };
        let region = r#"{"region_attributes": {}}"#;
        let images = [image("a", "normal", ""), image("b", "benign", region), image("c", "normal", region), image("d", "", "")];
        let found = rows(parse(&format!("{{{}}}", images.join(","))).unwrap());
        assert_eq!(found, [["a", "normal"], ["b", "benign"], ["c", "finding"], ["d", ""]]);
    }
}
