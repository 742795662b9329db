//! What is said of images that were decoded all the same.

use super::model::ImageId;
use crate::{
    data::{
        decode::Remark,
        text::{first_few, images},
    },
    error::{NextStep, Warning},
};

/// A sentence for each kind of remark.
pub fn notes<'a>(remarks: &[(ImageId, Remark)], name: &dyn Fn(ImageId) -> &'a str) -> Vec<Warning> {
    let names = |ids: &[ImageId]| first_few(ids.iter().map(|id| name(*id)));
    let mut notes = Vec::new();
    let bits = |remark: &Remark| if let Remark::Dim(bits) = remark { Some(*bits) } else { None };
    let dim: Vec<ImageId> = remarks.iter().filter(|(_, r)| bits(r).is_some()).map(|(id, _)| *id).collect();
    if let Some(bits) = remarks.iter().filter_map(|(_, r)| bits(r)).max() {
        let uses = if dim.len() == 1 { "uses" } else { "use" };
        let text = format!("{} of 16 bit {uses} only the lowest {bits} bits, nearly black: {}.", images(dim.len()), names(&dim));
        notes.push(Warning::new(text, NextStep::LowBits(bits)));
    }
    for (remark, what) in [
        (Remark::NoEnd, "whose JPEG has no end, though nothing of the picture is missing"),
        (Remark::FirstOnly, "of several pictures one after another (an animation), of which the first is used"),
        (
            Remark::OfThree,
            "from an array of 3 pictures; if they are the channels of one picture in colour, these have to be its last axis",
        ),
        (Remark::NotNumbers, "with pixels that are no numbers (NaN or infinite), which are shown black or white"),
        (Remark::NoWindow, "whose DICOM window is no number, which are shown from the smallest value to the largest"),
        (Remark::OtherWindow, "whose DICOM file has no window of the chosen name, which are shown as their files say"),
    ] {
        let ids: Vec<ImageId> = remarks.iter().filter(|(_, r)| *r == remark).map(|(id, _)| *id).collect();
        if !ids.is_empty() {
            notes.push(format!("{} {what}: {}.", images(ids.len()), names(&ids)).into());
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
        assert_eq!(
            notes,
            [
                Warning::new(
                    "2 images of 16 bit use only the lowest 12 bits, nearly black: a.png, b.png.",
                    NextStep::LowBits(12)
                ),
                "1 image whose JPEG has no end, though nothing of the picture is missing: c.jpg.".into(),
            ]
        );
    }
}
