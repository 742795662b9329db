//! What dissolving by a diffusion model does to normal images, in figures: whether it removes detail and keeps structure.

use crate::{
    data::PixelStore,
    error::Result,
    ml::{diffusion::model::DiffusionModel, dissolve::dissolver},
};
use candle_core::Tensor;
use serde::Serialize;

/// What dissolving at one step does to images, on average.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DissolveStats {
    /// Timestep.
    pub t: usize,
    /// Correlation with the original: how much structure stays; 1 = all.
    pub correlation: f64,
    /// Energy of what a 3x3 mean takes away, relative to the original's: how much detail stays.
    pub high_frequency_kept: f64,
    /// `mean |x - x_hat|`
    pub mean_abs_change: f64,
}

/// Steps of the statistics: the range of DIA, of whole pictures and of tiles.
const STEPS: [usize; 3] = [30, 80, 130];
const TILE_STEPS: [usize; 3] = [10, 25, 40];

/// Statistics at t = 30, 80 and 130 (10, 25 and 40 for a model of tiles), the range of DIA, over `images` (of the model's size).
///
/// # Errors
/// Those of dissolving.
pub fn dissolve_stats(model: &DiffusionModel, images: &PixelStore) -> Result<Vec<DissolveStats>> {
    const BATCH: usize = 16;
    let size = model.info().config.size;
    let count = images.len().max(1) as f64;
    let mut stats = Vec::new();
    let steps = if model.info().tiles().is_some() { TILE_STEPS } else { STEPS };
    for t in steps.into_iter().filter(|&t| t < model.schedule().timesteps()) {
        let mut sum = DissolveStats { t, correlation: 0.0, high_frequency_kept: 0.0, mean_abs_change: 0.0 };
        let (mut detail_before, mut detail_after) = (0.0, 0.0);
        for places in (0..images.len()).collect::<Vec<_>>().chunks(BATCH) {
            let x = Tensor::from_vec(images.batch(places)?, (places.len(), 3, size, size), model.device())?;
            let y = model.dissolve(&x, &vec![t; places.len()])?;
            sum.mean_abs_change += dissolver::residual(&x, &y)?.iter().map(|&v| f64::from(v)).sum::<f64>();
            let [before, after] = [x, y].map(|x| x.mean(1)?.flatten_from(1)?.to_vec2::<f32>());
            for (before, after) in before?.iter().zip(&after?) {
                sum.correlation += correlation(before, after);
                detail_before += detail(before, size);
                detail_after += detail(after, size);
            }
        }
        stats.push(DissolveStats {
            correlation: sum.correlation / count,
            high_frequency_kept: detail_after / f64::max(detail_before, 1e-12),
            mean_abs_change: sum.mean_abs_change / count,
            ..sum
        });
    }
    Ok(stats)
}

fn correlation(a: &[f32], b: &[f32]) -> f64 {
    let mean = |v: &[f32]| v.iter().map(|&x| f64::from(x)).sum::<f64>() / v.len() as f64;
    let (ma, mb) = (mean(a), mean(b));
    let product = |a: &[f32], ma: f64, b: &[f32], mb: f64| -> f64 {
        a.iter().zip(b).map(|(&x, &y)| (f64::from(x) - ma) * (f64::from(y) - mb)).sum()
    };
    product(a, ma, b, mb) / (product(a, ma, a, ma) * product(b, mb, b, mb)).sqrt().max(1e-12)
}

/// Sum of |x - 3x3 mean|, borders repeated.
pub fn detail(image: &[f32], side: usize) -> f64 {
    let last = side - 1;
    let at = |y: usize, x: usize| f64::from(image[y.min(last) * side + x.min(last)]);
    let difference = |i: usize| {
        let (y, x) = (i / side, i % side);
        let rows = [y.saturating_sub(1), y, y + 1];
        let mean = rows.iter().flat_map(|&r| [x.saturating_sub(1), x, x + 1].map(|c| at(r, c))).sum::<f64>() / 9.0;
        (at(y, x) - mean).abs()
    };
    (0..side * side).map(difference).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_mean_what_they_say() {
        let stripes: Vec<f32> = (0..64).map(|i| (i % 2) as f32).collect();
        let flat = vec![0.5; 64];
        assert!((correlation(&stripes, &stripes) - 1.0).abs() < 1e-9);
        assert!(detail(&stripes, 8) > 10.0 && detail(&flat, 8) < 1e-9);
    }
}
