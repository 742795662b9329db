//! Text as outlines, in the fonts of this program; and as a small picture, to stand under another one.

use image::RgbImage;
use skrifa::{
    FontRef, MetadataProvider,
    instance::{LocationRef, Size},
    outline::{DrawSettings, OutlinePen},
};
use vello_cpu::{
    Pixmap, RenderContext, Resources,
    color::AlphaColor,
    kurbo::{Affine, BezPath, Rect},
};

const REGULAR: &[u8] = include_bytes!("../../../assets/fonts/Inter-Regular.otf");
const HEAVY: &[u8] = include_bytes!("../../../assets/fonts/Inter-SemiBold.otf");

/// A line of text on its baseline, from x = 0.
pub(crate) struct Line {
    pub path: BezPath,
    /// px
    pub width: f64,
}

/// `size` in px.
pub(crate) fn line(heavy: bool, size: f32, text: &str) -> Line {
    let mut letters = Letters { path: BezPath::new(), x: 0.0 };
    // The fonts are part of this program; were one damaged, the picture would lack its texts.
    if let Ok(font) = FontRef::new(if heavy { HEAVY } else { REGULAR }) {
        let size = Size::new(size);
        let (map, widths) = (font.charmap(), font.glyph_metrics(size, LocationRef::default()));
        let outlines = font.outline_glyphs();
        for letter in text.chars() {
            let id = map.map(letter).unwrap_or_default();
            if let Some(glyph) = outlines.get(id) {
                // A letter that cannot be drawn leaves its gap.
                let _ = glyph.draw(DrawSettings::unhinted(size, LocationRef::default()), &mut letters);
            }
            letters.x += f64::from(widths.advance_width(id).unwrap_or_default());
        }
    }
    Line { path: letters.path, width: letters.x }
}

/// The text with its middle cut out, so that it is at most `width` px wide.
fn fitted(size: f32, text: &str, width: f64) -> Line {
    let letters: Vec<char> = text.chars().collect();
    let cut = |kept: usize| {
        let text = letters[..kept.div_ceil(2)].iter().chain(&['…']).chain(&letters[letters.len() - kept / 2..]);
        line(false, size, &text.collect::<String>())
    };
    let whole = line(false, size, text);
    if whole.width <= width {
        return whole;
    }
    (1..letters.len()).rev().map(cut).find(|line| line.width <= width).unwrap_or_else(|| line(false, size, ""))
}

/// A line of text in the middle (or at the left) of a picture of that width and height in px, each at most 16,000; in grey
/// levels of ink and ground.
pub fn label(size: [u32; 2], text: &str, centred: bool, [ink, ground]: [u8; 2]) -> RgbImage {
    let [w, h] = size.map(|v| v.clamp(1, 16_000) as u16);
    let [width, height] = [w, h].map(u32::from);
    let size = (f64::from(height) * 0.62) as f32;
    let text = fitted(size, text, f64::from(width));
    let mut context = RenderContext::new(w, h);
    context.set_paint(AlphaColor::from_rgba8(ground, ground, ground, 255));
    context.fill_rect(&Rect::new(0.0, 0.0, width.into(), height.into()));
    let left = if centred { (f64::from(width) - text.width) / 2.0 } else { 0.0 };
    context.set_transform(Affine::translate((left, f64::from(height) * 0.72)));
    context.set_paint(AlphaColor::from_rgba8(ink, ink, ink, 255));
    context.fill_path(&text.path);
    let mut pixels = Pixmap::new(w, h);
    context.flush();
    context.render(&mut pixels, &mut Resources::new());
    let pixels = pixels.data();
    RgbImage::from_fn(width, height, |x, y| {
        let p = pixels[(y * width + x) as usize];
        image::Rgb([p.r, p.g, p.b])
    })
}

/// Outlines of letters in a row; fonts count upwards, pictures downwards.
struct Letters {
    path: BezPath,
    /// Where the next letter begins.
    x: f64,
}

impl Letters {
    fn at(&self, x: f32, y: f32) -> (f64, f64) {
        (self.x + f64::from(x), -f64::from(y))
    }
}

impl OutlinePen for Letters {
    fn move_to(&mut self, x: f32, y: f32) {
        self.path.move_to(self.at(x, y));
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.path.line_to(self.at(x, y));
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        self.path.quad_to(self.at(cx, cy), self.at(x, y));
    }

    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        self.path.curve_to(self.at(ax, ay), self.at(bx, by), self.at(x, y));
    }

    fn close(&mut self) {
        self.path.close_path();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_has_ink_in_its_middle_and_is_cut_where_it_is_too_long() {
        let picture = label([120, 20], "t 130", true, [0, 255]);
        let inked: Vec<u32> = picture.enumerate_pixels().filter(|(.., p)| p.0[0] < 128).map(|(x, ..)| x).collect();
        assert!(inked.iter().all(|x| (35..85).contains(x)) && inked.len() > 20);
        let long = fitted(12.0, "a name that is much too long for its place.png", 90.0);
        assert!((60.0..=90.0).contains(&long.width));
        assert_eq!(fitted(12.0, "abc", 0.5).width, 0.0);
        assert_eq!(label([70_000, 20], "x", true, [0, 255]).width(), 16_000);
    }
}
