//! A picture with its halved versions, so that a large one can be shown small without flicker.

use std::sync::atomic::{AtomicU64, Ordering};

/// Halving ends at this longest side, px.
const SMALLEST: u32 = 32;

/// An RGBA image with its halved versions (levels). Immutable, shared by `Arc`; the card holds it for as long as somebody else does.
pub struct Raster {
    /// Unique in this process.
    pub(super) id: u64,
    size: [u32; 2],
    levels: Vec<Texels>,
}

/// Row-major pixels.
#[derive(Debug, Clone, PartialEq)]
pub enum Texels {
    /// 255 = 1.
    Bytes(Vec<[u8; 4]>),
    /// \[0, 1\].
    Floats(Vec<[f32; 4]>),
}

impl std::fmt::Debug for Raster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Raster({} x {})", self.size[0], self.size[1])
    }
}

impl Raster {
    /// An image with its levels.
    ///
    /// # Panics
    /// Where the number of pixels is not `width * height`, or is zero.
    pub fn new(width: u32, height: u32, texels: Texels) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        assert!(
            width > 0 && height > 0 && texels.len() == width as usize * height as usize,
            "pixels do not fit {width}x{height}"
        );
        let mut levels = vec![texels];
        while let Some(last) = levels.last()
            && let [w, h] = level_size([width, height], levels.len() as u32 - 1)
            && w.max(h) > SMALLEST
        {
            levels.push(last.halved(w as usize, h as usize));
        }
        Self { id: NEXT.fetch_add(1, Ordering::Relaxed), size: [width, height], levels }
    }

    /// Width and height, px.
    pub fn size(&self) -> [u32; 2] {
        self.size
    }

    /// The picture, then its versions of half the size each.
    pub fn levels(&self) -> &[Texels] {
        &self.levels
    }

    /// The pixel at `(x, y)` of a level, \[0, 1\]; outside: the nearest one inside.
    pub fn at(&self, level: u32, x: i64, y: i64) -> [f32; 4] {
        let [w, h] = level_size(self.size, level).map(i64::from);
        let i = (y.clamp(0, h - 1) * w + x.clamp(0, w - 1)) as usize;
        match self.levels.get(level as usize) {
            Some(Texels::Bytes(v)) => v[i].map(|b| f32::from(b) / 255.0),
            Some(Texels::Floats(v)) => v[i],
            None => [0.0; 4],
        }
    }

    /// The level to show where a pixel of the screen covers so many of the picture's.
    pub fn level_for(&self, texels_per_px: f32) -> u32 {
        let last = self.levels.len() as f32 - 1.0;
        texels_per_px.max(1.0).log2().round().clamp(0.0, last) as u32
    }
}

/// Size of a level; what is left over of an odd side is dropped.
pub(super) fn level_size(size: [u32; 2], level: u32) -> [u32; 2] {
    size.map(|s| (s >> level).max(1))
}

impl Texels {
    fn len(&self) -> usize {
        match self {
            Self::Bytes(v) => v.len(),
            Self::Floats(v) => v.len(),
        }
    }

    /// Means of 2 x 2 pixels.
    fn halved(&self, width: usize, height: usize) -> Self {
        match self {
            Self::Bytes(v) => Self::Bytes(halve(v, width, height, |four| {
                [0, 1, 2, 3].map(|c| ((four.iter().map(|p| u32::from(p[c])).sum::<u32>() + 2) / 4) as u8)
            })),
            Self::Floats(v) => {
                Self::Floats(halve(v, width, height, |four| [0, 1, 2, 3].map(|c| four.iter().map(|p| p[c]).sum::<f32>() / 4.0)))
            }
        }
    }
}

fn halve<T: Copy>(pixels: &[T], width: usize, height: usize, mean: impl Fn([T; 4]) -> T) -> Vec<T> {
    let (w, h) = ((width / 2).max(1), (height / 2).max(1));
    let row = |y: usize| &pixels[y.min(height - 1) * width..][..width];
    (0..h)
        .flat_map(|y| {
            let (upper, lower, mean) = (row(2 * y), row(2 * y + 1), &mean);
            (0..w).map(move |x| {
                let right = (2 * x + 1).min(width - 1);
                mean([upper[2 * x], upper[right], lower[2 * x], lower[right]])
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_means_and_end_small() {
        let v: Vec<[u8; 4]> = (0..100u32 * 51).map(|i| [(i % 100) as u8, 0, 0, 255]).collect();
        let raster = Raster::new(100, 51, Texels::Bytes(v));
        assert_eq!(raster.levels().len(), 3);
        assert_eq!(raster.levels()[2].len(), 25 * 12);
        assert_eq!(raster.at(1, 3, 0)[0], 7.0 / 255.0, "mean of 6 and 7, rounded up");
        assert_eq!(raster.at(0, -5, 99)[0], 0.0);
        assert_eq!([0.3, 1.0, 2.2, 900.0].map(|t| raster.level_for(t)), [0, 0, 1, 2]);
    }
}
