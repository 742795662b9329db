//! Annotations of many images in one XML file, as CVAT writes them ("CVAT for images"): an image is what its tags and shapes are
//! called.

use super::{table::Table, text};
use crate::data::{dataset::Split, decode};
use csv::StringRecord;
use quick_xml::{
    Reader, XmlVersion,
    events::{BytesStart, Event},
};
use std::{collections::BTreeSet, io::Read, path::Path};

/// What is nested deeper is no list of images.
const MAX_DEPTH: usize = 32;
/// Labels of one image, at most.
const MAX_LABELS: usize = 200;
/// As much of a file as tells its outermost element.
const START: u64 = 4096;

/// Elements in that of an image that say what is in it.
const MARKS: &[&str] = &["tag", "box", "polygon", "polyline", "points", "mask", "ellipse", "cuboid", "skeleton", "rle"];

/// What a file is by its outermost element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Root {
    /// Annotations of many images.
    Images,
    /// Those of a single one, as Pascal VOC has them.
    Single,
    /// Something else.
    Other,
    /// There is none: the file is empty, or damaged.
    None,
}

/// Looks at the beginning of a file.
pub fn root(path: &Path) -> Root {
    let mut start = Vec::new();
    if !decode::open_file(path).is_ok_and(|file| file.take(START).read_to_end(&mut start).is_ok()) {
        return Root::None;
    }
    let is_whole = start.len() < START as usize;
    let (text, _) = text::decode(&start);
    let mut reader = Reader::from_str(&text);
    loop {
        return match reader.read_event() {
            Ok(Event::Start(element) | Event::Empty(element)) => match element.name().as_ref() {
                "annotations" => Root::Images,
                "annotation" => Root::Single,
                _ => Root::Other,
            },
            Ok(Event::Text(text)) if !text.trim().is_empty() => Root::None,
            // What stands before it may be long.
            Ok(Event::Eof) | Err(_) => {
                if is_whole {
                    Root::None
                } else {
                    Root::Other
                }
            }
            Ok(_) => continue,
        };
    }
}

/// An image as it is read.
struct Image {
    file: String,
    split: Option<Split>,
    labels: BTreeSet<String>,
}

pub fn parse(text: &str) -> Result<Table, String> {
    let no_list = || "is XML, but no list of images".to_string();
    let mut reader = Reader::from_str(text);
    let (mut depth, mut images) = (0usize, Vec::<Image>::new());
    loop {
        let event = reader.read_event().map_err(|error| format!("is no XML: {error}"))?;
        let (element, is_empty) = match event {
            Event::Eof => break,
            Event::Start(element) => (element, false),
            Event::Empty(element) => (element, true),
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                continue;
            }
            _ => continue,
        };
        let name = element.name();
        match (depth, name.as_ref()) {
            (0, "annotations") => {}
            (0, _) => return Err(no_list()),
            (1, "image") => images.push(Image {
                file: attribute(&element, "name")?.ok_or_else(no_list)?,
                split: attribute(&element, "subset")?.and_then(|subset| Split::from_name(&subset)),
                labels: BTreeSet::new(),
            }),
            (2, mark) if MARKS.contains(&mark) => {
                if let (Some(image), Some(label)) = (images.last_mut(), attribute(&element, "label")?)
                    && image.labels.len() < MAX_LABELS
                {
                    image.labels.insert(label);
                }
            }
            _ => {}
        }
        depth += usize::from(!is_empty);
        if depth > MAX_DEPTH {
            return Err(no_list());
        }
    }
    if depth > 0 {
        return Err("is XML that is cut short".into());
    }
    table(&images).ok_or_else(no_list)
}

/// The value of an attribute, as it is meant; `None` where there is none of this name.
fn attribute(element: &BytesStart, name: &str) -> Result<Option<String>, String> {
    let damaged = |reason: &dyn std::fmt::Display| format!("is no XML: {name}: {reason}");
    let Some(attribute) = element.try_get_attribute(name).map_err(|e| damaged(&e))? else { return Ok(None) };
    let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|e| damaged(&e))?;
    Ok(Some(value.trim().to_string()))
}

fn table(images: &[Image]) -> Option<Table> {
    let none = super::json::unmarked(images.iter().flat_map(|image| &image.labels).map(String::as_str));
    let has_splits = images.iter().any(|image| image.split.is_some());
    let row = |image: &Image| -> StringRecord {
        let labels = image.labels.iter().cloned().collect::<Vec<_>>().join(super::json::JOIN);
        let label = if labels.is_empty() { none.to_string() } else { labels };
        let split = image.split.map_or("", Split::name).to_string();
        [image.file.clone(), label].into_iter().chain(has_splits.then_some(split)).collect()
    };
    let headers = ["name", "label", "split"][..if has_splits { 3 } else { 2 }].iter().map(ToString::to_string).collect();
    (!images.is_empty()).then(|| Table { headers, rows: images.iter().map(row).collect(), ..Table::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<Vec<String>> {
        parse(text).unwrap().rows.iter().map(|row| row.iter().map(str::to_string).collect()).collect()
    }

    #[test]
    fn images_are_what_their_tags_and_shapes_are_called() {
        let text = r#"<?xml version="1.0" encoding="utf-8"?><annotations><version>1.1</version>
            <meta><task><labels><label><name>box</name></label></labels></task></meta>
            <image id="0" name="a &amp; b.png" subset="Train" width="4" height="4"/>
            <image id="1" name="c.png" subset="default"><box label="cyst" xtl="1"><attribute name="n">1</attribute></box>
              <box label="cyst" xtl="2"/><polygon label="mass" points="1,2"></polygon></image>
            </annotations>"#;
        let expected = [["a & b.png", "no annotation", "train"], ["c.png", "cyst|mass", ""]];
        assert_eq!(rows(text), expected);
        let tags = r#"<annotations><image name="a.png"><tag label="normal"/></image><image name="b.png"/></annotations>"#;
        assert_eq!(
            rows(tags),
            [["a.png", "normal"], ["b.png", ""]],
            "where images are called normal, others are not known to be"
        );
    }

    #[test]
    fn other_and_hostile_files_are_refused() {
        let deep = format!("<annotations>{}", "<a>".repeat(100_000));
        let many = r#"<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]><annotations><image name="&c;"/></annotations>"#;
        let label = r#"<annotations><image name="a.png"><tag label="&b;"/></image></annotations>"#;
        for text in ["", "<annotation><filename>a.png</filename></annotation>", "<annotations></annotations>", &deep, many, label]
        {
            assert!(parse(text).is_err(), "{}", &text[..text.len().min(60)]);
        }
        assert!(parse(r#"<annotations><image name="a.png">"#).unwrap_err().contains("cut short"));
    }
}
