//! The edge of a mask, to be drawn over its picture.

use super::rgba::Rgba;
use crate::data::Picture;

impl Rgba {
    /// The colour of a mask's edge: cyan, seen on the greys of ultrasound and on the oranges of a fundus alike.
    pub const MASK_EDGE: [u8; 4] = [0x3D, 0xF0, 0xE6, 0xFF];

    /// A layer of `width x height`, clear but for the mask's edge, `thick` px wide. `None` where the mask is empty.
    pub fn outline(mask: &Picture, width: usize, height: usize, thick: usize) -> Option<Self> {
        Some(Self::edge(&mask.mask_at(width, height)?, width, height, thick, Self::MASK_EDGE))
    }

    /// A layer of `width x height`, clear but for the edge of what is `inside` (row-major), `thick` px wide.
    pub fn edge(inside: &[bool], width: usize, height: usize, thick: usize, colour: [u8; 4]) -> Self {
        let mut rgba = vec![0; width * height * 4];
        let near = thick.max(1) as isize;
        for at in (0..width * height).filter(|&at| inside[at]) {
            let (x, y) = ((at % width) as isize, (at / width) as isize);
            let outside = |dx: isize, dy: isize| match (x.checked_add(dx), y.checked_add(dy)) {
                (Some(x), Some(y)) if (0..width as isize).contains(&x) && (0..height as isize).contains(&y) => {
                    !inside[y as usize * width + x as usize]
                }
                // The picture's own edge is one of the mask as well.
                _ => true,
            };
            if (1..=near).any(|d| outside(d, 0) || outside(-d, 0) || outside(0, d) || outside(0, -d)) {
                rgba[at * 4..at * 4 + 4].copy_from_slice(&colour);
            }
        }
        Self { width, height, rgba }
    }

    /// Draws the mask's edge into the picture.
    pub fn with_outline(mut self, mask: &Picture) -> Self {
        if let Some(layer) = Self::outline(mask, self.width, self.height, 1) {
            let pixels = self.rgba.chunks_exact_mut(4).zip(layer.rgba.chunks_exact(4));
            pixels.filter(|(_, edge)| edge[3] > 0).for_each(|(pixel, edge)| pixel.copy_from_slice(edge));
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn square_mask_has_four_sides() {
        let data = (0..100).map(|i| if (2..7).contains(&(i % 10)) && (2..7).contains(&(i / 10)) { 1.0 / 255.0 } else { 0.0 });
        let mask = Picture::new(10, 10, 1, data.collect());
        let layer = Rgba::outline(&mask, 10, 10, 1).unwrap();
        assert_eq!(layer.rgba.chunks_exact(4).filter(|p| p[3] > 0).count(), 16);
        let plain = Rgba { width: 10, height: 10, rgba: vec![9; 400] };
        let drawn = plain.clone().with_outline(&mask);
        assert_eq!((&drawn.rgba[..4], &drawn.rgba[22 * 4..22 * 4 + 4]), (&[9; 4][..], &Rgba::MASK_EDGE[..]));
        let empty = Picture::new(2, 2, 1, vec![0.0; 4]);
        assert_eq!(plain.clone().with_outline(&empty), plain);
    }

    #[test]
    fn tiny_mask_stays_visible_when_shrunk() {
        let mut mask = Picture::new(200, 200, 1, vec![0.0; 40_000]);
        mask.data[100 * 200 + 100] = 1.0;
        let layer = Rgba::outline(&mask, 20, 20, 1).unwrap();
        assert!(layer.rgba.chunks_exact(4).any(|p| p[3] > 0));
    }
}
