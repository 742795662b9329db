//! Descriptors of images brought to two dimensions, alike ones near each other.
//!
//! Their first two principal components are there at once and keep distances; t-SNE (van der Maaten and Hinton 2008; with the
//! trees of Barnes and Hut, van der Maaten 2014) starts from them and keeps neighbours, so that groups can be seen. Neither says
//! anything about a score; far away is not abnormal.

use crate::rng;
use bhtsne::tSNE;
use nalgebra::DMatrix;
use rand::Rng as _;

/// Principal components that t-SNE sees, at most.
pub const COMPONENTS: usize = 30;
/// Neighbours that t-SNE balances each image against, where there are enough.
const PERPLEXITY: f32 = 30.0;
/// Its steps.
const EPOCHS: usize = 500;
/// Its steps between two looks.
const LOOK: usize = 25;
/// Opening angle of Barnes and Hut: smaller is more exact.
const ANGLE: f32 = 0.5;
/// Passes of the subspace iteration; the components that are looked at are far apart after a few.
const PASSES: usize = 12;
/// Rows that t-SNE needs to tell neighbours from others.
const LEAST: usize = 10;

/// Coordinates of the rows along the first `count` principal components of their standardised columns (each of mean 0 and deviation
/// 1, so that none outweighs the others): n rows of at most `count` numbers, the largest variance first. Columns that do not vary
/// are left out. Empty where nothing varies.
pub fn principal_components(rows: &[Vec<f64>], count: usize) -> Vec<Vec<f64>> {
    let Some(width) = rows.first().map(Vec::len).filter(|_| rows.len() > 1) else { return Vec::new() };
    let columns: Vec<Vec<f64>> = (0..width).filter_map(|column| standardised(rows, column)).collect();
    let (n, p) = (rows.len(), columns.len());
    let count = count.min(n - 1).min(p);
    if count == 0 {
        return Vec::new();
    }
    let x = DMatrix::from_fn(n, p, |i, j| columns[j][i]);
    let mut random = rng::stream(0, "principal components", 0);
    let mut basis = DMatrix::from_fn(p, count, |_, _| random.random_range(-1.0..1.0));
    for _ in 0..PASSES {
        basis = x.tr_mul(&(&x * basis)).qr().q();
    }
    let inside = &x * basis;
    let eigen = inside.tr_mul(&inside).symmetric_eigen();
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
    let turned = inside * eigen.eigenvectors;
    (0..n).map(|i| order.iter().map(|&c| turned[(i, c)]).collect()).collect()
}

/// A column with mean 0 and deviation 1; `None` where it does not vary.
fn standardised(rows: &[Vec<f64>], column: usize) -> Option<Vec<f64>> {
    let n = rows.len() as f64;
    let mean = rows.iter().map(|row| row[column]).sum::<f64>() / n;
    let deviation = (rows.iter().map(|row| (row[column] - mean).powi(2)).sum::<f64>() / n).sqrt();
    // Rounding alone makes a constant column vary.
    (deviation > 1e-9 * mean.abs().max(1.0)).then(|| rows.iter().map(|row| (row[column] - mean) / deviation).collect())
}

/// The first two of each row's numbers; 0 where there are fewer.
pub fn first_two(components: &[Vec<f64>]) -> Vec<[f32; 2]> {
    components.iter().map(|row| [0, 1].map(|c| row.get(c).map_or(0.0, |v| *v as f32))).collect()
}

/// The rows in two dimensions by t-SNE, from [`first_two`] on; `look` sees them every few steps. As they came in where they are too
/// few for it.
pub fn t_sne(components: &[Vec<f64>], mut look: impl FnMut(Vec<[f32; 2]>)) -> Vec<[f32; 2]> {
    let start = first_two(components);
    if components.len() < LEAST {
        return start;
    }
    let rows: Vec<Vec<f32>> = components.iter().map(|row| row.iter().map(|v| *v as f32).collect()).collect();
    // As scikit-learn does: small, so that the start only says which side is which.
    let scale = (start.iter().map(|p| p[0] * p[0]).sum::<f32>() / start.len() as f32).sqrt().max(f32::MIN_POSITIVE);
    let distance = |a: &Vec<f32>, b: &Vec<f32>| a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f32>().sqrt();
    let points = |flat: &[f32]| flat.chunks_exact(2).map(|p| [p[0], p[1]]).collect::<Vec<_>>();
    let mut t_sne: tSNE<'_, f32, Vec<f32>> = tSNE::new(&rows);
    t_sne
        .epochs(EPOCHS)
        .perplexity(PERPLEXITY.min((rows.len() - 1) as f32 / 3.0 - 1.0).max(1.0))
        .initial_embedding(start.iter().flatten().map(|v| 1e-4 * v / scale).collect::<Vec<f32>>())
        .epoch_callback(|epoch, flat| {
            if epoch % LOOK == LOOK - 1 {
                look(points(flat));
            }
        })
        .barnes_hut(ANGLE, distance);
    let found = points(&t_sne.embedding());
    if found.iter().flatten().all(|v| v.is_finite()) { found } else { start }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two groups of rows, told apart by one of many noisy columns, which has small numbers.
    fn groups(n: usize) -> Vec<Vec<f64>> {
        let mut random = rng::stream(3, "test", 0);
        let row = |i: usize, random: &mut rng::Rng| {
            let side = if i.is_multiple_of(2) { 1.0 } else { -1.0 };
            let noise = 0.3 * random.random_range(-1.0..1.0);
            vec![1e-3 * (side + noise), 1e3 * (side + 0.3 * random.random_range(-1.0..1.0)), random.random_range(-1.0..1.0), 7.0]
        };
        (0..n).map(|i| row(i, &mut random)).collect()
    }

    #[test]
    fn principal_components_are_those_of_the_correlation_matrix() {
        let rows = groups(60);
        let found = principal_components(&rows, 3);
        assert!(found.len() == 60 && found.iter().all(|row| row.len() == 3), "a constant column has no component");
        let columns: Vec<Vec<f64>> = (0..3).map(|c| standardised(&rows, c).unwrap()).collect();
        let x = DMatrix::from_fn(60, 3, |i, j| columns[j][i]);
        let mut eigenvalues: Vec<f64> = (x.tr_mul(&x) / 60.0).symmetric_eigenvalues().iter().copied().collect();
        eigenvalues.sort_by(|a, b| b.total_cmp(a));
        for (c, eigenvalue) in eigenvalues.iter().enumerate() {
            let variance = found.iter().map(|row| row[c] * row[c]).sum::<f64>() / 60.0;
            assert!((variance - eigenvalue).abs() < 1e-9, "{c}: {variance} {eigenvalue}");
        }
        assert!(
            found
                .iter()
                .enumerate()
                .all(|(i, row)| (row[0] > 0.0) == i.is_multiple_of(2) || (row[0] < 0.0) == i.is_multiple_of(2))
        );
    }

    #[test]
    fn groups_lie_apart_by_both_ways() {
        let rows = groups(80);
        let components = principal_components(&rows, COMPONENTS);
        let mut looks = 0;
        let by_t_sne = t_sne(&components, |points| {
            assert_eq!(points.len(), 80);
            looks += 1;
        });
        assert_eq!(looks, EPOCHS / LOOK);
        for points in [first_two(&components), by_t_sne] {
            let nearest = |i: usize| {
                let distance = |j: usize| (points[i][0] - points[j][0]).hypot(points[i][1] - points[j][1]);
                (0..80).filter(|&j| j != i).min_by(|&a, &b| distance(a).total_cmp(&distance(b))).unwrap()
            };
            let alike = (0..80).filter(|&i| nearest(i) % 2 == i % 2).count();
            assert!(alike >= 76, "{alike} of 80 lie beside one of their group");
        }
    }

    #[test]
    fn few_or_equal_rows_are_no_reason_to_fail() {
        assert!(principal_components(&[], 2).is_empty() && principal_components(&[vec![1.0]], 2).is_empty());
        assert!(principal_components(&vec![vec![1.0, 2.0]; 5], 2).is_empty(), "nothing varies");
        for n in [3, 9, 10, 11, 31] {
            let mut rows = groups(n);
            rows[1] = rows[0].clone();
            let points = t_sne(&principal_components(&rows, COMPONENTS), |_| ());
            assert!(points.len() == n && points.iter().flatten().all(|v| v.is_finite()), "{n}");
        }
    }
}
