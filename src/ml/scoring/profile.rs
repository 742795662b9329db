//! The dissolve profile, a second score beside DIA's and never mixed into it (not in the paper).
//!
//! How much an image changes when it is dissolved, at several t and in several places, is compared with what the training
//! normals do: log mean |x - x_hat| becomes a vector, the normals' vectors a Gaussian whose covariance is shrunk after Ledoit
//! and Wolf (2004), and the score is the squared Mahalanobis distance: two-sided, as abnormal images may change less as well.

use super::gaussian::Gaussian;
use crate::{error::Result, ml::dissolve::dissolver::Dissolver};
use candle_core::{Device, Tensor};
use rayon::prelude::*;

/// Timesteps at which the change is measured over the image.
pub const WHOLE_T: [usize; 7] = [10, 30, 60, 100, 130, 180, 230];
/// Timesteps at which it is measured in each cell of a 4 x 4 grid.
pub const GRID_T: [usize; 3] = [30, 130, 230];
const GRID: usize = 4;
/// Length of a profile.
pub const LENGTH: usize = WHOLE_T.len() + GRID_T.len() * GRID * GRID;
/// Keeps the logarithm of an image that does not change at all finite.
const FLOOR: f64 = 1e-6;

/// Profiles of B pictures (flat NCHW, 3 planes of `side` x `side`, \[0, 1\]): B rows of [`LENGTH`] numbers.
///
/// # Errors
/// Those of [`Dissolver::dissolve`].
pub fn profiles(dissolver: &Dissolver, pictures: &[f32], side: usize, device: &Device) -> Result<Vec<Vec<f64>>> {
    let size = 3 * side * side;
    let count = pictures.len() / size;
    let x = Tensor::from_slice(pictures, (count, 3, side, side), device)?;
    let mut rows = vec![Vec::with_capacity(LENGTH); count];
    let mut grids = vec![Vec::with_capacity(LENGTH - WHOLE_T.len()); count];
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

/// The profiles of the training normals, ready to judge others.
#[derive(Debug, Clone)]
pub struct Profile {
    gaussian: Gaussian,
    /// What each training normal scores against the others.
    pub held_out: Vec<f64>,
}

/// Parts that take turns at being held out.
const FOLDS: usize = 10;

impl Profile {
    /// Fits the Gaussian to the profiles of all training normals, and scores each of them by one that was fitted without its
    /// fold of ten.
    ///
    /// # Errors
    /// Fewer than two profiles, or profiles without spread.
    pub fn fit(rows: &[Vec<f64>]) -> Result<Self> {
        let gaussian = Gaussian::fit(rows.iter().map(Vec::as_slice))?;
        let folds = FOLDS.min(rows.len());
        let parts = (0..folds).into_par_iter().map(|fold| {
            let others = rows.iter().enumerate().filter(|(i, _)| i % folds != fold).map(|(_, row)| row.as_slice());
            // Two or three images leave no spread without one of them; their own Gaussian has to do.
            let without = Gaussian::fit(others).unwrap_or_else(|_| gaussian.clone());
            rows.iter().skip(fold).step_by(folds).map(|row| without.distance(row)).collect::<Vec<f64>>()
        });
        let parts: Vec<Vec<f64>> = parts.collect();
        let held_out = (0..rows.len()).map(|i| parts[i % folds][i / folds]).collect();
        Ok(Self { gaussian, held_out })
    }

    /// The score of one profile; higher is more abnormal.
    pub fn score(&self, row: &[f64]) -> f64 {
        self.gaussian.distance(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng;
    use rand::Rng as _;

    fn rows(count: usize, columns: usize, seed: u64) -> Vec<Vec<f64>> {
        let mut rng = rng::stream(seed, "test", 0);
        (0..count).map(|_| (0..columns).map(|c| (c + 1) as f64 * rng.random_range(-1.0..1.0)).collect()).collect()
    }

    #[test]
    fn an_outlier_is_far_and_a_held_out_normal_is_not_near_by_itself() {
        let rows = rows(60, 5, 3);
        let profile = Profile::fit(&rows).unwrap();
        assert_eq!(profile.held_out.len(), rows.len());
        let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
        let fitted: Vec<f64> = rows.iter().map(|r| profile.score(r)).collect();
        assert!(mean(&profile.held_out) > mean(&fitted), "held-out normals look as far as new ones");
        assert!(profile.score(&[9.0, 0.0, 0.0, 0.0, 0.0]) > 20.0 * mean(&fitted));
        assert!(Profile::fit(&rows[..1]).is_err());
        assert!(Profile::fit(&vec![vec![0.0; 5]; 9]).is_err());
    }

    #[test]
    fn cells_cover_the_picture_once() {
        let side = 10;
        let picture: Vec<f32> = (0..3 * side * side).map(|i| i as f32).collect();
        let mut seen: Vec<f32> = (0..GRID * GRID).flat_map(|cell| in_cell(&picture, side, cell).collect::<Vec<_>>()).collect();
        seen.sort_by(f32::total_cmp);
        assert_eq!(seen, picture);
    }
}
