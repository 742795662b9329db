//! Gaussian blur of one plane, of any strength.

use rayon::prelude::*;

/// From this sigma on, px, a plane is blurred at half its size, and so on: it has no finer detail left.
const COARSE: f32 = 6.0;
/// At most this many times smaller.
const SMALLEST: usize = 8;

/// Gaussian blur of a plane (row-major), whose border goes on beyond it; sigma in px, 0 = none. The bell ends at 3 sigma.
pub fn gaussian_blur(plane: &[f32], width: usize, sigma: f32) -> Vec<f32> {
    if plane.is_empty() || width == 0 || sigma <= 0.0 {
        return plane.to_vec();
    }
    let mut factor = 1;
    while sigma / factor as f32 >= COARSE && factor < SMALLEST {
        factor *= 2;
    }
    if factor == 1 {
        return direct(plane, width, sigma);
    }
    let (small, small_width) = shrink(plane, width, factor);
    enlarge(&direct(&small, small_width, sigma / factor as f32), small_width, factor, width, plane.len() / width)
}

fn direct(plane: &[f32], width: usize, sigma: f32) -> Vec<f32> {
    let radius = (3.0 * sigma).ceil() as usize;
    let bell: Vec<f32> = (0..=2 * radius).map(|i| (-(i as f32 - radius as f32).powi(2) / (2.0 * sigma * sigma)).exp()).collect();
    let sum: f32 = bell.iter().sum();
    let kernel: Vec<f32> = bell.iter().map(|v| v / sum).collect();
    let add = |out: &mut [f32], weight: f32, row: &[f32]| out.iter_mut().zip(row).for_each(|(o, v)| *o += weight * v);
    let mut across = vec![0.0; plane.len()];
    across.par_chunks_mut(width).zip(plane.par_chunks(width)).for_each(|(out, row)| {
        let ends = [row[0], row[width - 1]].map(|v| vec![v; radius]);
        let wide = [&ends[0], row, &ends[1]].concat();
        kernel.iter().enumerate().for_each(|(tap, &weight)| add(out, weight, &wide[tap..tap + width]));
    });
    let height = plane.len() / width;
    let mut both = vec![0.0; plane.len()];
    both.par_chunks_mut(width).enumerate().for_each(|(y, out)| {
        for (tap, &weight) in kernel.iter().enumerate() {
            let row = (y + tap).saturating_sub(radius).min(height - 1);
            add(out, weight, &across[row * width..][..width]);
        }
    });
    both
}

/// Means of `factor x factor` px; at the right and at the bottom the last pixel goes on beyond the border.
fn shrink(plane: &[f32], width: usize, factor: usize) -> (Vec<f32>, usize) {
    let height = plane.len() / width;
    let small_width = width.div_ceil(factor);
    let rows = (0..height.div_ceil(factor)).into_par_iter().flat_map_iter(|y| {
        let rows = y * factor..(y + 1) * factor;
        (0..small_width).map(move |x| {
            let columns = x * factor..(x + 1) * factor;
            let row = |y: usize| &plane[y.min(height - 1) * width..][..width];
            let sum: f32 = rows.clone().map(|y| columns.clone().map(|x| row(y)[x.min(width - 1)]).sum::<f32>()).sum();
            sum / (factor * factor) as f32
        })
    });
    (rows.collect(), small_width)
}

/// Bilinear between the middles of the small pixels.
fn enlarge(small: &[f32], small_width: usize, factor: usize, width: usize, height: usize) -> Vec<f32> {
    let small_height = small.len() / small_width;
    let place = |at: usize, count: usize| {
        let at = ((at as f32 + 0.5) / factor as f32 - 0.5).clamp(0.0, (count - 1) as f32);
        (at as usize, (at as usize + 1).min(count - 1), at.fract())
    };
    let columns: Vec<_> = (0..width).map(|x| place(x, small_width)).collect();
    let mut out = vec![0.0; width * height];
    out.par_chunks_mut(width).enumerate().for_each(|(y, out)| {
        let (top, bottom, v) = place(y, small_height);
        let (top, bottom) = (&small[top * small_width..][..small_width], &small[bottom * small_width..][..small_width]);
        let row: Vec<f32> = top.iter().zip(bottom).map(|(a, b)| a + (b - a) * v).collect();
        out.iter_mut().zip(&columns).for_each(|(out, &(left, right, u))| *out = row[left] + (row[right] - row[left]) * u);
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blur_is_the_weighted_mean_of_the_neighbours() {
        let (width, height, sigma) = (9, 6, 1.1f32);
        let plane: Vec<f32> = (0..54).map(|i| ((i * 37) % 11) as f32 / 11.0).collect();
        let found = gaussian_blur(&plane, width, sigma);
        let weight = |d: i32| (-(d * d) as f32 / (2.0 * sigma * sigma)).exp();
        let sum: f32 = (-4..=4).map(weight).sum();
        let near = |at: usize, by: i32, side: usize| (at as i32 + by).clamp(0, side as i32 - 1) as usize;
        for (x, y) in [(0, 0), (4, 3), (8, 5), (2, 0)] {
            let taps = (-4..=4).flat_map(|v| (-4..=4).map(move |u| (u, v)));
            let mean: f32 = taps
                .map(|(u, v)| weight(u) * weight(v) * plane[near(y, v, height) * width + near(x, u, width)] / (sum * sum))
                .sum();
            assert!((found[y * width + x] - mean).abs() < 1e-5);
        }
    }

    #[test]
    fn strong_blurs_at_a_smaller_size_are_nearly_those_at_full_size() {
        let width = 150;
        let plane: Vec<f32> =
            (0..150 * 90).map(|i| ((i % width) as f32 / 20.0).sin() + ((i / width) as f32 / 9.0).cos()).collect();
        for sigma in [6.0, 13.0, 30.0] {
            let (fast, plain) = (gaussian_blur(&plane, width, sigma), direct(&plane, width, sigma));
            let apart: Vec<f32> = fast.iter().zip(&plain).map(|(a, b)| (a - b).abs()).collect();
            let mean = apart.iter().sum::<f32>() / apart.len() as f32;
            // At the border it is the mean of the last few pixels that goes on, not the last one.
            assert!(mean < 0.03 && apart.iter().all(|d| *d < 0.3), "sigma {sigma}: {mean}");
        }
        assert_eq!(gaussian_blur(&plane, width, 0.0), plane);
        assert!(gaussian_blur(&[], 0, 2.0).is_empty());
    }
}
