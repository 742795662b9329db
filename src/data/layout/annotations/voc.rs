//! Annotations of one image as Pascal VOC has them: an `object` for each finding, with its name and the corners of its box.

use crate::data::layout::tables::FINDING;
use quick_xml::{
    Reader,
    escape::resolve_predefined_entity,
    events::{BytesRef, Event},
};
use std::collections::BTreeSet;

/// What is nested deeper is no annotation.
const MAX_DEPTH: usize = 32;

const CORNERS: [&str; 4] = ["xmin", "ymin", "xmax", "ymax"];

#[derive(Default)]
struct Object {
    name: String,
    /// As [`CORNERS`], in pixels.
    corners: [Option<f64>; 4],
    /// LabelMe keeps what was taken back.
    is_deleted: bool,
}

/// What the objects in an image are called; none where nothing is marked. The error is a reason to show behind the file's name.
pub fn read(text: &str) -> Result<BTreeSet<String>, String> {
    let no_xml = |error: &dyn std::fmt::Display| format!("is no XML: {error}");
    let mut reader = Reader::from_str(text);
    let (mut open, mut value) = (Vec::<String>::new(), String::new());
    let (mut objects, mut size, mut has_root) = (Vec::<Object>::new(), [0.0; 2], false);
    loop {
        match reader.read_event().map_err(|error| no_xml(&error))? {
            Event::Eof => break,
            event @ (Event::Start(_) | Event::Empty(_)) => {
                let (element, is_empty) = match &event {
                    Event::Empty(element) => (element, true),
                    Event::Start(element) => (element, false),
                    _ => continue,
                };
                open.push(element.name().as_ref().to_string());
                value.clear();
                match open.iter().map(String::as_str).collect::<Vec<_>>()[..] {
                    ["annotation"] => has_root = true,
                    ["annotation", "object"] => objects.push(Object::default()),
                    [root] if root != "annotation" => return Err("is XML, but no annotation of an image".into()),
                    _ if open.len() > MAX_DEPTH => return Err("is nested too deeply for an annotation of an image".into()),
                    _ => {}
                }
                if is_empty {
                    open.pop();
                }
            }
            Event::Text(text) => value.push_str(&text),
            Event::CData(text) => value.push_str(&text),
            Event::GeneralRef(reference) => value.push_str(&meant(&reference).map_err(|error| no_xml(&error))?),
            Event::End(_) => {
                let value = value.trim();
                match (&open.iter().map(String::as_str).collect::<Vec<_>>()[..], objects.last_mut()) {
                    (["annotation", "size", "width"], _) => size[0] = number(value)?,
                    (["annotation", "size", "height"], _) => size[1] = number(value)?,
                    (["annotation", "object", "name"], Some(object)) => object.name = value.to_string(),
                    (["annotation", "object", "deleted"], Some(object)) => object.is_deleted = value == "1",
                    (["annotation", "object", "bndbox", corner], Some(object)) => {
                        if let Some(at) = CORNERS.iter().position(|name| name == corner) {
                            object.corners[at] = Some(number(value)?);
                        }
                    }
                    _ => {}
                }
                open.pop();
            }
            _ => {}
        }
    }
    match (has_root, open.is_empty()) {
        (false, _) => return Err("is empty, or no XML".into()),
        (true, false) => return Err("is XML that is cut short".into()),
        _ => {}
    }
    objects.retain(|object| !object.is_deleted);
    objects.iter().try_for_each(|object| check(object, size))?;
    Ok(objects.into_iter().map(|object| if object.name.is_empty() { FINDING.into() } else { object.name }).collect())
}

/// What a reference stands for; those that a file declares itself are not followed.
fn meant(reference: &BytesRef) -> Result<String, String> {
    let letter = reference.resolve_char_ref().map_err(|error| error.to_string())?.map(String::from);
    let known = || resolve_predefined_entity(reference).map(str::to_string);
    letter.or_else(known).ok_or_else(|| format!("it does not say what `&{};` is", &**reference))
}

fn number(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|number: &f64| number.is_finite())
        .ok_or_else(|| format!("has `{text}` in the place of a number of pixels"))
}

/// A box that cannot be one: what its file says may be about another image.
fn check(object: &Object, [width, height]: [f64; 2]) -> Result<(), String> {
    let name = &object.name;
    match object.corners {
        [None, None, None, None] => Ok(()),
        [Some(left), Some(top), Some(right), Some(bottom)] => {
            let is_outside = |least: f64, most: f64, end: f64| most < 0.0 || (end > 0.0 && least > end);
            if left > right || top > bottom {
                Err(format!("has a box of `{name}` that ends before it begins"))
            } else if is_outside(left, right, width) || is_outside(top, bottom, height) {
                Err(format!("has a box of `{name}` that lies outside of the image"))
            } else {
                Ok(())
            }
        }
        _ => Err(format!("has a box of `{name}` without all of its corners")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(objects: &str) -> Result<Vec<String>, String> {
        let text = format!(
            "<annotation><filename>x.jpg</filename><size><width>8</width><height>4</height></size>{objects}</annotation>"
        );
        Ok(read(&text)?.into_iter().collect())
    }

    #[test]
    fn objects_are_what_they_are_called() {
        let objects = "<object><name>cyst</name><part><name>rim</name></part><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>8.0</xmax>\
            <ymax>4</ymax></bndbox></object><note/><object><name> a &amp; <![CDATA[b]]>&#33; </name></object><object/>\
            <object><name>old</name><deleted>1</deleted></object>";
        assert_eq!(names(objects).unwrap(), ["a & b!", "cyst", "finding"]);
        assert_eq!(names("").unwrap(), Vec::<String>::new());
        assert!(read("<annotation/>").unwrap().is_empty());
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let place = |[a, b, c, d]: [&str; 4]| {
            format!(
                "<object><name>cyst</name><bndbox><xmin>{a}</xmin><ymin>{b}</ymin><xmax>{c}</xmax><ymax>{d}</ymax></bndbox></object>"
            )
        };
        for (corners, says) in [
            (["9", "1", "12", "2"], "outside"),
            (["1", "-7", "2", "-3"], "outside"),
            (["3", "1", "2", "2"], "ends before"),
            (["NaN", "1", "2", "2"], "NaN"),
            (["1", "one", "2", "2"], "one"),
        ] {
            assert!(names(&place(corners)).unwrap_err().contains(says), "{corners:?}");
        }
        assert!(names("<object><bndbox><xmin>1</xmin></bndbox></object>").unwrap_err().contains("corners"));
        let deep = format!("<annotation>{}", "<a>".repeat(100_000));
        let entity = r#"<!DOCTYPE a [<!ENTITY b "cyst">]><annotation><object><name>&b;</name></object></annotation>"#;
        for text in ["", "cyst", "<annotations/>", "<annotation><object>", "<annotation></object>", &deep, entity] {
            assert!(read(text).is_err(), "{}", &text[..text.len().min(60)]);
        }
    }
}
