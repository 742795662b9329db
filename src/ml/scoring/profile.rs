//! The dissolve profile, a second score beside DIA's and never mixed into it (not in the paper).
//!
//! How much an image changes when it is dissolved, at several t and in several places, is compared with what the training
//! normals do: log mean |x - x_hat| becomes a vector, the normals' vectors a Gaussian whose covariance is shrunk after Ledoit
//! and Wolf (2004), and the score is the squared Mahalanobis distance: two-sided, as abnormal images may change less as well.

use super::descriptor_scorer::Descriptor;
use crate::{
    error::Result,
    ml::{base::reporter::Stage, diffusion::model::DiffusionModel, dissolve::dissolver::Dissolver},
    run_dir::files,
    scores::ScoreKind,
};
use candle_core::Tensor;
use std::sync::Arc;

/// Timesteps at which the change is measured over the image.
pub const WHOLE_T: [usize; 7] = [10, 30, 60, 100, 130, 180, 230];
/// Timesteps at which it is measured in each cell of a 4 x 4 grid.
pub const GRID_T: [usize; 3] = [30, 130, 230];
const GRID: usize = 4;
/// Keeps the logarithm of an image that does not change at all finite.
const FLOOR: f64 = 1e-6;

/// How images change when this model dissolves them.
pub struct DissolveProfile {
    /// Dissolves at its own resolution.
    pub model: Arc<DiffusionModel>,
    /// Size of the images, px.
    pub side: usize,
}

impl Descriptor for DissolveProfile {
    const SCORE: ScoreKind = ScoreKind::Profile;
    const FILE: &'static str = files::PROFILE;
    const STAGE: Stage = Stage::Profile;

    fn length(&self) -> usize {
        WHOLE_T.len() + GRID_T.len() * GRID * GRID
    }

    fn describe(&self, pictures: &[f32], grey: bool) -> Result<Vec<Vec<f64>>> {
        let (side, size) = (self.side, 3 * self.side * self.side);
        let count = pictures.len() / size;
        let dissolver = Dissolver::with_model(self.model.clone(), grey);
        let x = Tensor::from_slice(pictures, (count, 3, side, side), self.model.device())?;
        let mut rows = vec![Vec::with_capacity(self.length()); count];
        let mut grids = vec![Vec::with_capacity(GRID_T.len() * GRID * GRID); count];
        for t in WHOLE_T {
            let dissolved = dissolver.dissolve(&x, &vec![t; count])?;
            let change = (dissolved - &x)?.abs()?.flatten_all()?.to_vec1::<f32>()?;
            for ((change, row), grid) in change.chunks_exact(size).zip(&mut rows).zip(&mut grids) {
                row.push(log_mean(change.iter().copied()));
                if GRID_T.contains(&t) {
                    grid.extend((0..GRID * GRID).map(|cell| log_mean(in_cell(change, side, cell))));
                }
            }
        }
        rows.iter_mut().zip(grids).for_each(|(row, grid)| row.extend(grid));
        Ok(rows)
    }
}

/// The values of all planes in one cell of the grid; cells cover the picture without a rest.
fn in_cell(picture: &[f32], side: usize, cell: usize) -> impl Iterator<Item = f32> {
    let span = |i: usize| i * side / GRID..((i + 1) * side / GRID).max(i * side / GRID + 1);
    let (rows, columns) = (span(cell / GRID), span(cell % GRID));
    let planes = picture.chunks_exact(side * side);
    planes.flat_map(move |plane| {
        let columns = columns.clone();
        rows.clone().flat_map(move |y| plane[y * side..][columns.clone()].iter().copied())
    })
}

fn log_mean(values: impl Iterator<Item = f32>) -> f64 {
    let (sum, count) = values.fold((0.0, 0usize), |(sum, n), v| (sum + f64::from(v), n + 1));
    (sum / count.max(1) as f64 + FLOOR).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_cover_the_picture_once() {
        let side = 10;
        let picture: Vec<f32> = (0..3 * side * side).map(|i| i as f32).collect();
        let mut seen: Vec<f32> = (0..GRID * GRID).flat_map(|cell| in_cell(&picture, side, cell).collect::<Vec<_>>()).collect();
        seen.sort_by(f32::total_cmp);
        assert_eq!(seen, picture);
    }
}
