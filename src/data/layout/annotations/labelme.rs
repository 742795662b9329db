//! Annotations of one image as LabelMe and X-AnyLabeling write them: JSON with a shape for each finding, and flags of the whole image.

use crate::data::layout::tables::FINDING;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Deserialize)]
struct File {
    shapes: Vec<Shape>,
    /// Ticked or not; older files have none.
    #[serde(default)]
    flags: Option<BTreeMap<String, bool>>,
    /// Other programs, too, have shapes.
    #[serde(rename = "imagePath")]
    _image_path: String,
}

#[derive(Deserialize)]
struct Shape {
    label: Option<String>,
}

/// What the shapes in an image are called, and the flags that it has; none where nothing is marked. The error is a reason to show
/// behind the file's name.
pub fn read(text: &str) -> Result<BTreeSet<String>, String> {
    let file: File = serde_json::from_str(text).map_err(|error| format!("is no file of LabelMe: {error}"))?;
    let shapes = file.shapes.into_iter().map(|shape| shape.label.unwrap_or_default().trim().to_string());
    let shapes = shapes.map(|label| if label.is_empty() { FINDING.into() } else { label });
    let flags = file.flags.into_iter().flatten().filter(|(name, ticked)| *ticked && !name.trim().is_empty());
    Ok(shapes.chain(flags.map(|(name, _)| name.trim().to_string())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_and_ticked_flags_are_what_is_in_an_image() {
        let names = |text: &str| read(text).map(Vec::from_iter);
        let marked = r#"{"version": "5.2", "flags": {"poor": true, "sharp": false}, "shapes": [{"label": "cyst", "points": [[1, 2]]},
            {"label": "cyst"}, {"label": " "}, {"label": null}], "imagePath": "a.png", "imageData": null, "imageHeight": 8}"#;
        assert_eq!(names(marked).unwrap(), ["cyst", FINDING, "poor"]);
        assert!(names(r#"{"shapes": [], "imagePath": "a.png"}"#).unwrap().is_empty());
        for none in ["", "[]", "{}", r#"{"shapes": []}"#, r#"{"shapes": 3, "imagePath": ""}"#, r#"{"shapes": [{"label": "a"#] {
            assert!(names(none).unwrap_err().starts_with("is no file of LabelMe: "), "{none}");
        }
    }
}
