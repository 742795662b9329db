//! A Gaussian of what normal images look like, its covariance shrunk, and ranks among held-out normals.

use crate::error::{Error, NextStep, Result};
use nalgebra::{DMatrix, DVector};

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
            Error::user(format!("what was measured of the normal images has no spread: {why}"), NextStep::MoreNormalsOrNoProfile)
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

    /// Mean (p) and inverse of the shrunk covariance (p x p), to be kept.
    pub fn parts(&self) -> (Vec<f64>, Vec<f64>) {
        (self.mean.as_slice().to_vec(), self.precision.as_slice().to_vec())
    }

    /// From what [`parts`](Self::parts) gave; `None` where the lengths do not fit, or a number is not finite.
    pub fn from_parts(mean: Vec<f64>, precision: Vec<f64>) -> Option<Self> {
        let p = mean.len();
        let is_sound = p > 0 && precision.len() == p * p && mean.iter().chain(&precision).all(|v| v.is_finite());
        is_sound.then(|| Self { mean: mean.into(), precision: DMatrix::from_vec(p, p, precision), shrinkage: f64::NAN })
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
}
