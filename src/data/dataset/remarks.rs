//! What is said of images that were decoded all the same.

use super::model::ImageId;
use crate::data::{
    decode::Remark,
    text::{first_few, images},
};

/// A sentence for each kind of remark.
pub fn notes<'a>(remarks: &[(ImageId, Remark)], name: &dyn Fn(ImageId) -> &'a str) -> Vec<String> {
    let names = |ids: &[ImageId]| first_few(ids.iter().map(|id| name(*id)));
    let mut notes = Vec::new();
    let bits = |remark: &Remark| if let Remark::Dim(bits) = remark { Some(*bits) } else { None };
    let dim: Vec<ImageId> = remarks.iter().filter(|(_, r)| bits(r).is_some()).map(|(id, _)| *id).collect();
    if let Some(bits) = remarks.iter().filter_map(|(_, r)| bits(r)).max() {
        let white = 2f64.powi(bits as i32 - 16);
        notes.push(format!(
            "{} of 16 bit use only the lowest {bits} bits and look nearly black: {}. The grey window 0 to {} % \
             (preprocess.window = [0, {white}]) shows them as they are meant.",
            images(dim.len()),
            names(&dim),
            100.0 * white,
        ));
    }
    for (remark, what) in [
        (Remark::NoEnd, "whose JPEG has no end, though nothing of the picture is missing"),
        (Remark::NotNumbers, "with pixels that are no numbers (NaN or infinite), which are shown black or white"),
        (Remark::NoWindow, "whose DICOM window is no number, which are shown from the smallest value to the largest"),
        (Remark::OtherWindow, "whose DICOM file has no window of the chosen name, which are shown as their files say"),
    ] {
        let ids: Vec<ImageId> = remarks.iter().filter(|(_, r)| *r == remark).map(|(id, _)| *id).collect();
        if !ids.is_empty() {
            notes.push(format!("{} {what}: {}.", images(ids.len()), names(&ids)));
        }
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_decoded_all_the_same_is_said_with_the_way_out() {
        let remarks = [(ImageId(0), Remark::Dim(12)), (ImageId(1), Remark::Dim(7)), (ImageId(2), Remark::NoEnd)];
        let notes = notes(&remarks, &|id| ["a.png", "b.png", "c.jpg"][id.index()]);
        let window = "The grey window 0 to 6.25 % (preprocess.window = [0, 0.0625]) shows them as they are meant.";
        assert_eq!(
            notes,
            [
                format!("2 images of 16 bit use only the lowest 12 bits and look nearly black: a.png, b.png. {window}"),
                "1 image whose JPEG has no end, though nothing of the picture is missing: c.jpg.".to_string(),
            ]
        );
    }
}
