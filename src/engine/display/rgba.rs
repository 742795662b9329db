//! Little pictures for the screen.

use crate::data::Picture;

/// RGBA, 8 bit, row-major.
#[derive(Clone, PartialEq, Eq)]
pub struct Rgba {
    pub width: usize,
    pub height: usize,
    pub rgba: Vec<u8>,
}

impl std::fmt::Debug for Rgba {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rgba({} x {})", self.width, self.height)
    }
}

impl Rgba {
    pub fn new(picture: &Picture) -> Self {
        let (r, g, b) = (picture.plane(0), picture.plane(1), picture.plane(2));
        let rgba = r.iter().zip(g).zip(b).flat_map(|((&r, &g), &b)| [byte(r), byte(g), byte(b), 255]).collect();
        Self { width: picture.width, height: picture.height, rgba }
    }
}

/// A picture in grey under a map in \[-1, 1\] of the same size: blue for -1, orange for 1, nothing for 0.
pub(crate) fn blend(picture: &Picture, map: &Picture) -> Rgba {
    let grey = picture.grey();
    let rgba = grey.data.iter().zip(&map.data).flat_map(|(&grey, &v)| {
        let end: [f32; 3] = if v < 0.0 { [0.30, 0.61, 0.91] } else { [0.91, 0.58, 0.30] };
        let share = 0.75 * v.abs().min(1.0);
        let [r, g, b] = end.map(|e| byte(grey * (1.0 - share) + e * share));
        [r, g, b, 255]
    });
    Rgba { width: grey.width, height: grey.height, rgba: rgba.collect() }
}

fn byte(v: f32) -> u8 {
    (v.clamp(0.0, 1.0) * 255.0).round() as u8
}
