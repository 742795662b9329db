//! Pictures beside each other in one, with what each of them is written under it.

use crate::report::chart::text::label;
use image::{
    Rgb, RgbImage,
    imageops::{self, FilterType},
};

/// Between the pictures, px.
const GAP: u32 = 4;
/// Smaller pictures are enlarged, pixel by pixel, so that they can be seen and written under.
const LEAST: u32 = 96;
/// No side of a picture grows beyond this, px.
const MOST: u32 = 1024;

/// One picture, and another one below it.
#[derive(Debug, Clone)]
pub struct Column {
    pub caption: String,
    pub above: RgbImage,
    pub below: Option<RgbImage>,
}

/// All pictures are of one size. `title` stands small under all of them; `ink` and `ground` are grey levels.
pub fn contact_sheet(columns: &[Column], title: &str, [ink, ground]: [u8; 2]) -> RgbImage {
    let (w, h) = columns.first().map_or((1, 1), |c| c.above.dimensions());
    let factor = LEAST.div_ceil(w.min(h).max(1)).min(MOST / w.max(h).max(1)).max(1);
    let (w, h) = (w * factor, h * factor);
    // As large as the pictures allow, and still to be read where a large sheet is looked at as a whole.
    let line = (w / 8).clamp(20, 28.max(w / 16));
    let rows = 1 + u32::from(columns.iter().any(|c| c.below.is_some()));
    let (width, height) = (columns.len().max(1) as u32 * (w + GAP) - GAP, rows * (h + GAP));
    let below = if title.is_empty() { line } else { 2 * line };
    let mut sheet = RgbImage::from_pixel(width, height + below, Rgb([ground; 3]));
    let mut put = |picture: &RgbImage, x: u32, y: u32| {
        let large = imageops::resize(picture, w, h, FilterType::Nearest);
        imageops::replace(&mut sheet, &large, i64::from(x), i64::from(y));
    };
    for (column, x) in columns.iter().zip((0..).step_by((w + GAP) as usize)) {
        put(&column.above, x, 0);
        column.below.iter().for_each(|below| put(below, x, h + GAP));
    }
    for (column, x) in columns.iter().zip((0..).step_by((w + GAP) as usize)) {
        let text = label([w, line], &column.caption, true, [ink, ground]);
        imageops::replace(&mut sheet, &text, x, i64::from(height));
    }
    if !title.is_empty() {
        // Smaller than the captions, and less black.
        let text = label([width.saturating_sub(2 * GAP), line * 7 / 8], title, false, [ink / 3 * 2 + ground / 3, ground]);
        imageops::replace(&mut sheet, &text, i64::from(GAP), i64::from(height + line));
    }
    sheet
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_enlarged_and_captioned() {
        let picture = |v| RgbImage::from_pixel(28, 20, Rgb([v; 3]));
        let column = |below| Column { caption: "t 30".into(), above: picture(9), below };
        let made = contact_sheet(&[column(None), column(Some(picture(90)))], "eye.png", [0, 255]);
        let (w, h) = (28 * 5, 20 * 5);
        assert_eq!(made.dimensions(), (2 * w + GAP, 2 * (h + GAP) + 2 * 20));
        assert_eq!([made.get_pixel(3, 3).0[0], made.get_pixel(3, h + GAP + 3).0[0]], [9, 255], "nothing is below the first");
        assert_eq!(made.get_pixel(w + GAP, h + GAP).0[0], 90);
        let dark = |from: u32| made.enumerate_pixels().filter(|(_, y, p)| *y >= from && p.0[0] < 100).count();
        assert!(dark(2 * (h + GAP)) > 40, "there are letters");
        assert_eq!(contact_sheet(&[column(None)], "", [0, 255]).height(), h + GAP + 20);
    }
}
