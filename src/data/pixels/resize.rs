//! Bilinear resizing, the numbers of PyTorch's `interpolate(mode="bilinear", align_corners=False)` with and without
//! `antialias`.

use super::picture::{Picture, Pixels};

/// For each output position, where its taps start and their weights (they sum to 1).
fn taps(from: usize, to: usize, antialias: bool) -> Vec<(usize, Vec<f32>)> {
    let scale = from as f64 / to as f64;
    let support = if antialias { scale.max(1.0) } else { 1.0 };
    (0..to)
        .map(|i| {
            // Without antialiasing the sample point itself is held inside; with it, the triangle is cut at the border.
            let centre = (scale * (i as f64 + 0.5)).clamp(0.5, from as f64 - 0.5);
            let centre = if antialias { scale * (i as f64 + 0.5) } else { centre };
            let start = (centre - support + 0.5).max(0.0) as usize;
            let end = ((centre + support + 0.5) as usize).min(from);
            let weights: Vec<f64> = (start..end).map(|j| (1.0 - ((j as f64 - centre + 0.5) / support).abs()).max(0.0)).collect();
            let sum: f64 = weights.iter().sum();
            (start, weights.iter().map(|w| (w / sum) as f32).collect())
        })
        .collect()
}

impl Picture {
    /// Bilinear with half-pixel centres, antialiased where it shrinks.
    pub fn resize(&self, width: usize, height: usize) -> Self {
        if [width, height] == [self.width, self.height] { self.clone() } else { resize_bilinear(self, width, height, true) }
    }

    /// Made smaller where its longer side is beyond that many px.
    pub fn within(self, longest: usize) -> Self {
        let scale = longest as f64 / self.width.max(self.height).max(1) as f64;
        if scale >= 1.0 {
            return self;
        }
        let side = |n: usize| ((n as f64 * scale).round() as usize).max(1);
        self.resize(side(self.width), side(self.height))
    }
}

/// Half-pixel centres. `antialias` widens the filter where it shrinks (and changes nothing where it enlarges). An empty
/// picture gives a black one.
pub fn resize_bilinear(pixels: &(impl Pixels + ?Sized), width: usize, height: usize, antialias: bool) -> Picture {
    let ([from_width, from_height], channels) = (pixels.size(), pixels.channels());
    let mut data = vec![0.0; channels * width * height];
    if from_width == 0 || from_height == 0 || width == 0 || height == 0 {
        return Picture { width, height, channels, data };
    }
    let (across, down) = (taps(from_width, width, antialias), taps(from_height, height, antialias));
    let mut row = vec![0.0; from_width];
    let mut narrow = vec![0.0; from_height * width];
    for (channel, plane) in data.chunks_exact_mut(width * height).enumerate() {
        for (y, out) in narrow.chunks_exact_mut(width).enumerate() {
            pixels.row(channel, y, &mut row);
            for (value, (start, weights)) in out.iter_mut().zip(&across) {
                *value = row[*start..].iter().zip(weights).map(|(pixel, weight)| pixel * weight).sum();
            }
        }
        for (out, (start, weights)) in plane.chunks_exact_mut(width).zip(&down) {
            for (source, &weight) in narrow[start * width..].chunks_exact(width).zip(weights) {
                out.iter_mut().zip(source).for_each(|(value, pixel)| *value += weight * pixel);
            }
        }
    }
    Picture { width, height, channels, data }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flat_stays_flat_and_same_size_is_the_same() {
        let flat = Picture::new(7, 5, 1, vec![0.25; 35]);
        for (w, h) in [(3, 2), (14, 11), (1, 1), (7, 1)] {
            assert!(flat.resize(w, h).data.iter().all(|v| (v - 0.25).abs() < 1e-6));
        }
        let ramp = Picture::new(7, 5, 1, (0..35).map(|v| v as f32 / 35.0).collect());
        for antialias in [true, false] {
            let same = resize_bilinear(&ramp, 7, 5, antialias);
            assert!(same.data.iter().zip(&ramp.data).all(|(a, b)| (a - b).abs() < 1e-6));
        }
    }

    #[test]
    fn shrinking_by_two_averages() {
        let picture = Picture::new(4, 2, 1, vec![0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0]);
        let plain = resize_bilinear(&picture, 2, 1, false);
        assert!(plain.data.iter().all(|v| (v - 0.5).abs() < 1e-6), "{plain:?}");
    }
}
