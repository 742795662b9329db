//! What is said of images that were decoded all the same, and of what is done to them.

use super::model::{Dataset, ImageId};
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
        (
            Remark::Beyond,
            "of 16 bit with values beyond the bits by which these pictures are shown (data.window), which are white",
        ),
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

/// Longer over shorter side above which squeezing can be seen.
const SQUEEZED: f64 = 1.1;

impl Dataset {
    /// That a network which sees these images whole sees them squeezed to squares unless they are reframed
    /// ([`PreprocessConfig::reframes`](crate::config::PreprocessConfig::reframes)), where half of them or more are clearly no squares.
    pub fn squeezed(&self, ids: &[ImageId]) -> Option<Warning> {
        let ratio = |&[width, height]: &[u32; 2]| f64::from(width.max(height)) / f64::from(width.min(height).max(1));
        let mut sizes: Vec<[u32; 2]> = ids.iter().filter_map(|&id| self.item(id)).map(|item| item.size).collect();
        sizes.sort_by(|a, b| ratio(a).total_cmp(&ratio(b)));
        let [width, height] = sizes.get(sizes.len() / 2).filter(|size| ratio(size) > SQUEEZED)?;
        let text =
            format!("Images of {width} x {height} px are squeezed to squares, as in the paper, where they are seen whole.");
        Some(Warning::new(text, NextStep::KeepProportions))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DataConfig;

    #[test]
    fn images_that_are_no_squares_are_said_to_be_squeezed() {
        let said = |sizes: &[[u32; 2]]| {
            let dir = tempfile::tempdir().unwrap();
            for (i, &[width, height]) in sizes.iter().enumerate() {
                image::GrayImage::from_fn(width, height, |x, y| image::Luma([(x * 7 + y * 3 + i as u32) as u8]))
                    .save(dir.path().join(format!("{i}.png")))
                    .unwrap();
            }
            let data = Dataset::open(&DataConfig { path: dir.path().into(), ..Default::default() }, &|_| ()).unwrap();
            data.squeezed(&data.ids(|_, _| true)).map(|about| about.text)
        };
        assert!(said(&[[40, 60], [60, 40], [30, 30]]).unwrap().contains(" px are squeezed to squares"));
        assert_eq!(said(&[[30, 30], [30, 30], [60, 40]]), None, "most are squares");
        assert_eq!(said(&[[63, 60]]), None, "hardly to be seen");
    }

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
