//! Random resized crop: an affine grid with half-pixel centres, bilinear sampling, borders reflected.

use crate::rng::Rng;
use rand::Rng as _;

/// The part of the picture that becomes the view: size as a share of the picture's sides, centre in \[-1, 1\] (0 = middle).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CropBox {
    /// Width, height; (0, 1].
    pub size: [f32; 2],
    /// x, y.
    pub centre: [f32; 2],
}

impl CropBox {
    /// All of the picture.
    pub const WHOLE: Self = Self { size: [1.0, 1.0], centre: [0.0, 0.0] };

    /// A box with integer sides in a picture of `side` x `side` px: its area a share of the picture's from `area`, its aspect
    /// log-uniform in 3/4..4/3; the full picture where none of ten boxes fits.
    pub fn draw(area: [f64; 2], side: usize, rng: &mut Rng) -> Self {
        let full = side as f64;
        let limit = (4.0f64 / 3.0).ln();
        // All ten are drawn always, so that the numbers after them do not depend on which one fits.
        let tries: [(f64, f64); 10] = std::array::from_fn(|_| {
            let pixels = rng.random_range(area[0]..=area[1]) * full * full;
            let aspect = rng.random_range(-limit..=limit).exp();
            ((pixels * aspect).sqrt().round(), (pixels / aspect).sqrt().round())
        });
        let fits = |&&(w, h): &&(f64, f64)| w > 0.0 && w <= full && h > 0.0 && h <= full;
        let (w, h) = tries.iter().find(fits).copied().unwrap_or((full, full));
        let mut centre = |extent: f64| {
            let slack = full - extent;
            (((rng.random_range(0.0..1.0) * (2.0 * slack + 1.0)).floor() - slack) / full) as f32
        };
        Self { centre: [centre(w), centre(h)], size: [(w / full) as f32, (h / full) as f32] }
    }

    /// Samples every plane of `source` (planes of `side` x `side`) into the same plane of `target`.
    pub fn apply(&self, source: &[f32], side: usize, target: &mut [f32]) {
        let columns = taps(side, self.size[0], self.centre[0]);
        let rows = taps(side, self.size[1], self.centre[1]);
        let plane = side * side;
        for (source, target) in source.chunks_exact(plane).zip(target.chunks_exact_mut(plane)) {
            for (row, out) in rows.iter().zip(target.chunks_exact_mut(side)) {
                let upper = &source[row.near * side..][..side];
                let lower = &source[row.far * side..][..side];
                for (column, out) in columns.iter().zip(out) {
                    let above = lerp(upper[column.near], upper[column.far], column.weight);
                    let below = lerp(lower[column.near], lower[column.far], column.weight);
                    *out = lerp(above, below, row.weight);
                }
            }
        }
    }
}

fn lerp(a: f32, b: f32, weight: f32) -> f32 {
    a * (1.0 - weight) + b * weight
}

/// The two pixels that a sample lies between, along one axis.
struct Tap {
    near: usize,
    far: usize,
    /// Weight of `far`, in \[0, 1).
    weight: f32,
}

/// Along one axis the grid is separable: sample i lies at `size * base_i + centre`, base the pixel centres in \[-1, 1\].
fn taps(side: usize, size: f32, centre: f32) -> Vec<Tap> {
    let n = side as f32;
    (0..side)
        .map(|i| {
            let base = (2 * i + 1) as f32 / n - 1.0;
            let position = ((size * base + centre + 1.0) * n - 1.0) / 2.0;
            let inside = reflect(position, n).clamp(0.0, n - 1.0);
            let near = inside as usize;
            Tap { near, far: (near + 1).min(side - 1), weight: inside - near as f32 }
        })
        .collect()
}

/// Mirrors a position about the outer edges of the first and last pixel, -0.5 and n - 0.5, as often as needed.
fn reflect(position: f32, n: f32) -> f32 {
    let along = (position + 0.5).abs() % (2.0 * n);
    if along < n { along - 0.5 } else { 2.0 * n - along - 0.5 }
}
