//! The dissolve profile, a second score beside DIA's and never mixed into it (not in the paper).
//!
//! How much an image changes when it is dissolved, at several t and in several places, is compared with what the training
//! normals do: log mean |x - x_hat| becomes a vector, the normals' vectors a Gaussian whose covariance is shrunk after Ledoit
//! and Wolf (2004), and the score is the squared Mahalanobis distance: two-sided, as abnormal images may change less as well.

use crate::{
    error::{Error, NextStep, Result},
    ml::dissolve::dissolver::Dissolver,
};
use candle_core::{Device, Tensor};
use nalgebra::{DMatrix, DVector};
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

/// A Gaussian with shrunk covariance.
#[derive(Debug, Clone)]
pub struct Gaussian {
    mean: DVector<f64>,
    /// Inverse of the shrunk covariance.
    precision: DMatrix<f64>,
    /// How far the covariance was shrunk to a multiple of the identity, \[0, 1\].
    pub shrinkage: f64,
}

impl Gaussian {
    /// Fits to rows of equal length.
    ///
    /// # Errors
    /// With fewer than two rows, or rows that are not finite or all the same.
    pub fn fit<'a>(rows: impl IntoIterator<Item = &'a [f64]>) -> Result<Self> {
        let rows: Vec<&[f64]> = rows.into_iter().collect();
        let impossible = |why: &str| {
            Error::user(
                format!("the dissolve profile of the normal images has no spread: {why}"),
                NextStep::MoreNormalsOrNoProfile,
            )
        };
        let width = rows.first().map_or(0, |r| r.len());
        if rows.len() < 2 || width == 0 {
            return Err(impossible("fewer than two images"));
        }
        let mut x = DMatrix::from_row_iterator(rows.len(), width, rows.iter().flat_map(|r| r.iter().copied()));
        let mean = x.row_mean().transpose();
        x.row_iter_mut().for_each(|mut row| row -= mean.transpose());
        let (covariance, shrinkage) = ledoit_wolf(&x);
        let inverse = covariance.cholesky().map(|c| c.inverse()).filter(|p| p.iter().all(|v| v.is_finite()));
        Ok(Self { mean, precision: inverse.ok_or_else(|| impossible("all are alike"))?, shrinkage })
    }

    /// Squared Mahalanobis distance of one profile.
    pub fn distance(&self, row: &[f64]) -> f64 {
        let d = DVector::from_column_slice(row) - &self.mean;
        d.dot(&(&self.precision * &d))
    }
}

/// Covariance of centred rows, shrunk: `(1 - s) S + s mu I` with mu = trace(S)/p, S the maximum-likelihood covariance, and s the
/// estimate of Ledoit and Wolf, "A well-conditioned estimator for large-dimensional covariance matrices" (2004), Lemma 3.3-3.5.
/// Returns (covariance, s).
pub fn ledoit_wolf(centred: &DMatrix<f64>) -> (DMatrix<f64>, f64) {
    let (n, p) = (centred.nrows() as f64, centred.ncols() as f64);
    let sample = centred.tr_mul(centred) / n;
    let mu = sample.trace() / p;
    let target = DMatrix::identity(centred.ncols(), centred.ncols()) * mu;
    // d2: distance of S from the target; b2: how much of it is the error of S, from the rows' own scatter around S.
    let d2 = (&sample - &target).norm_squared() / p;
    let scatter: f64 = centred.row_iter().map(|row| row.norm_squared().powi(2)).sum::<f64>() / n - sample.norm_squared();
    let b2 = (scatter / (n * p)).clamp(0.0, d2);
    let shrinkage = if d2 > 0.0 { b2 / d2 } else { 1.0 };
    (sample * (1.0 - shrinkage) + target * shrinkage, shrinkage)
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

/// Scores of held-out normals, sorted: turns any score into its rank among them.
#[derive(Debug, Clone)]
pub struct Ranks(Vec<f64>);

impl Ranks {
    /// Of scores in any order.
    pub fn new(mut scores: Vec<f64>) -> Self {
        scores.sort_by(f64::total_cmp);
        Self(scores)
    }

    /// Share of the held-out normals that score lower, ties counted half; \[0, 1\].
    pub fn rank(&self, score: f64) -> f64 {
        let below = self.0.partition_point(|&s| s < score);
        let not_above = self.0.partition_point(|&s| s <= score);
        (below + not_above) as f64 / (2 * self.0.len().max(1)) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng;
    use proptest::prelude::*;
    use rand::Rng as _;

    fn noise(rows: usize, columns: usize, seed: u64) -> DMatrix<f64> {
        let mut rng = rng::stream(seed, "test", 0);
        let x = DMatrix::from_fn(rows, columns, |_, c| (c + 1) as f64 * rng.random_range(-1.0..1.0));
        let mean = x.row_mean();
        DMatrix::from_fn(rows, columns, |r, c| x[(r, c)] - mean[c])
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn shrinkage_is_the_formula_and_keeps_the_covariance_positive(rows in 2usize..40, columns in 1usize..12, seed: u64) {
            let x = noise(rows, columns, seed);
            let (covariance, s) = ledoit_wolf(&x);
            prop_assert!((0.0..=1.0).contains(&s));
            // Lemma 3.4 word for word: b2 = (1/n^2) sum_k |x_k x_k' - S|^2, norms divided by p.
            let (n, p) = (rows as f64, columns as f64);
            let sample = x.transpose() * &x / n;
            let mu = sample.trace() / p;
            let identity = DMatrix::<f64>::identity(columns, columns);
            let d2 = (&sample - &identity * mu).norm_squared() / p;
            let b2 = x.row_iter().map(|r| (r.transpose() * r - &sample).norm_squared() / p).sum::<f64>() / (n * n);
            if d2 > 1e-9 {
                prop_assert!((s - b2.min(d2) / d2).abs() < 1e-9);
            }
            prop_assert!((&covariance - (&sample * (1.0 - s) + identity * (s * mu))).norm() < 1e-9 * (1.0 + sample.norm()));
            prop_assert!(covariance.symmetric_eigenvalues().iter().all(|&v| v >= -1e-9));
        }
    }

    #[test]
    fn an_outlier_is_far_and_a_held_out_normal_is_not_near_by_itself() {
        let rows: Vec<Vec<f64>> = noise(60, 5, 3).row_iter().map(|r| r.iter().copied().collect()).collect();
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
    fn ranks_count_ties_half() {
        let ranks = Ranks::new(vec![2.0, 1.0, 2.0, 3.0]);
        assert_eq!([0.0, 1.0, 2.0, 9.0].map(|s| ranks.rank(s)), [0.0, 0.125, 0.5, 1.0]);
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
