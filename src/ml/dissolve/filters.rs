//! Dissolving without learning (paper, Appendix B): Gaussian and median blur, with zeros beyond the border.

use candle_core::{Result, Tensor};
use rayon::prelude::*;

/// Gaussian blur of `x (B, C, H, W)` with an odd kernel of `k` px; sigma = 0.3 ((k-1)/2 - 1) + 0.8 px.
///
/// # Errors
/// A tensor that is not 4-dimensional float32.
pub fn gaussian(x: &Tensor, k: usize) -> Result<Tensor> {
    let radius = k / 2;
    let sigma = 0.3 * ((k as f64 - 1.0) / 2.0 - 1.0) + 0.8;
    let bell: Vec<f64> = (0..k).map(|i| (-(i as f64 - radius as f64).powi(2) / (2.0 * sigma * sigma)).exp()).collect();
    let sum: f64 = bell.iter().sum();
    let kernel: Vec<f32> = bell.iter().map(|v| (v / sum) as f32).collect();
    each_plane(x, |plane, w, out| {
        let h = plane.len() / w;
        let mut across = vec![0f32; plane.len()];
        for y in 0..h {
            for c in 0..w {
                across[y * w + c] = taps(c, w, radius).map(|(i, tap)| plane[y * w + i] * kernel[tap]).sum();
            }
        }
        for y in 0..h {
            for c in 0..w {
                out[y * w + c] = taps(y, h, radius).map(|(i, tap)| across[i * w + c] * kernel[tap]).sum();
            }
        }
    })
}

/// Median of the `k x k` window (k odd) around each pixel of `x (B, C, H, W)`.
///
/// # Errors
/// A tensor that is not 4-dimensional float32.
pub fn median(x: &Tensor, k: usize) -> Result<Tensor> {
    let radius = k / 2;
    each_plane(x, |plane, w, out| {
        let h = plane.len() / w;
        let mut window = vec![0f32; k * k];
        for y in 0..h {
            for c in 0..w {
                window.fill(0.0);
                let inside = taps(y, h, radius).flat_map(|(i, _)| taps(c, w, radius).map(move |(j, _)| plane[i * w + j]));
                window.iter_mut().zip(inside).for_each(|(slot, v)| *slot = v);
                out[y * w + c] = *window.select_nth_unstable_by(k * k / 2, f32::total_cmp).1;
            }
        }
    })
}

/// The samples within `radius` of `centre` that lie in `0..size`, with their place in the kernel.
fn taps(centre: usize, size: usize, radius: usize) -> impl Iterator<Item = (usize, usize)> {
    let first = centre.saturating_sub(radius);
    (first..(centre + radius + 1).min(size)).map(move |i| (i, i + radius - centre))
}

/// Applies `filter(plane, width, out)` to each channel of each image, in parallel.
fn each_plane(x: &Tensor, filter: impl Fn(&[f32], usize, &mut [f32]) + Sync) -> Result<Tensor> {
    let (_, _, h, w) = x.dims4()?;
    let data = x.flatten_all()?.to_vec1::<f32>()?;
    let mut out = vec![0f32; data.len()];
    out.par_chunks_mut(h * w).zip(data.par_chunks(h * w)).for_each(|(out, plane)| filter(plane, w, out));
    Tensor::from_vec(out, x.shape(), x.device())
}
