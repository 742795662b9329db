//! AUROC with its variance, and the comparison of two scores on the same images (DeLong, DeLong and Clarke-Pearson 1988), by
//! ranks in O(n log n) (Sun and Xu 2014).

use super::{MetricError, Z95, both, check};

/// Area under the ROC curve: the chance that an abnormal image has a higher score than a normal one, ties counting half.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Auroc {
    /// The area, in \[0, 1\].
    pub value: f64,
    /// DeLong's standard error; `None` where a class has a single image, and the variance is not known.
    pub se: Option<f64>,
    /// 95 % interval, `value` +- 1.96 `se` cut to \[0, 1\].
    pub ci95: Option<[f64; 2]>,
}

/// Two scores compared on the same images.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Paired {
    /// The areas of the first and the second score, in \[0, 1\].
    pub auroc: [f64; 2],
    /// First minus second.
    pub delta: f64,
    /// Two-sided p-value of "both have the same AUROC"; `None` where the variance is not known.
    pub p_value: Option<f64>,
}

/// The area under the ROC curve with DeLong's interval. `labels`: `true` for abnormal, one for each score. O(n log n).
///
/// # Errors
/// One class only, scores that are not finite, lengths that differ.
pub fn auroc(labels: &[bool], scores: &[f64]) -> Result<Auroc, MetricError> {
    let places = Placements::new(labels, scores)?;
    let value = places.auroc;
    let se = places.variance(&places).map(f64::sqrt);
    Ok(Auroc { value, se, ci95: se.map(|se| [(value - Z95 * se).max(0.0), (value + Z95 * se).min(1.0)]) })
}

/// Whether two scores of the same images, in the same order, have different areas under the ROC curve: DeLong's test for
/// correlated curves.
///
/// # Errors
/// As [`auroc`], for either score.
pub fn paired_delong(labels: &[bool], first: &[f64], second: &[f64]) -> Result<Paired, MetricError> {
    let (a, b) = (Placements::new(labels, first)?, Placements::new(labels, second)?);
    let delta = a.auroc - b.auroc;
    let variance = || Some(a.variance(&a)? + b.variance(&b)? - 2.0 * a.variance(&b)?);
    let p_value = variance().map(|variance| {
        // Without any variance a difference is certain: the error function's complement at infinity is 0.
        if delta == 0.0 { 1.0 } else { libm::erfc(delta.abs() / (2.0 * variance.max(0.0)).sqrt()) }
    });
    Ok(Paired { auroc: [a.auroc, b.auroc], delta, p_value })
}

/// For each abnormal image the share of normal ones below it, for each normal one the share of abnormal ones above it (ties
/// half), in the order of the input.
struct Placements {
    abnormal: Vec<f64>,
    normal: Vec<f64>,
    auroc: f64,
}

impl Placements {
    fn new(labels: &[bool], scores: &[f64]) -> Result<Self, MetricError> {
        check(labels, scores)?;
        let m = labels.iter().filter(|&&abnormal| abnormal).count();
        let n = labels.len() - m;
        both(m, n)?;
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_unstable_by(|&a, &b| scores[a].total_cmp(&scores[b]));
        let mut place = vec![0.0; scores.len()];
        // Numbers of abnormal and normal images below the present group of equal scores; `wins` counts in halves.
        let (mut abnormal_below, mut normal_below, mut wins) = (0, 0, 0_u128);
        for group in order.chunk_by(|&a, &b| scores[a] == scores[b]) {
            let abnormal = group.iter().filter(|&&i| labels[i]).count();
            let normal = group.len() - abnormal;
            let below = 2 * normal_below + normal;
            let above = 2 * (m - abnormal_below - abnormal) + abnormal;
            for &i in group {
                place[i] = if labels[i] { below as f64 / (2 * n) as f64 } else { above as f64 / (2 * m) as f64 };
            }
            wins += abnormal as u128 * below as u128;
            abnormal_below += abnormal;
            normal_below += normal;
        }
        let of = |class: bool| labels.iter().zip(&place).filter(|(l, _)| **l == class).map(|(_, &p)| p).collect();
        Ok(Self { abnormal: of(true), normal: of(false), auroc: wins as f64 / (2.0 * m as f64 * n as f64) })
    }

    /// Covariance of the two areas; the variance of one where both are the same.
    fn variance(&self, other: &Self) -> Option<f64> {
        let covariance = |a: &[f64], b: &[f64]| {
            let sum: f64 = a.iter().zip(b).map(|(a, b)| (a - self.auroc) * (b - other.auroc)).sum();
            (a.len() > 1).then(|| sum / (a.len() - 1) as f64 / a.len() as f64)
        };
        Some(covariance(&self.abnormal, &other.abnormal)? + covariance(&self.normal, &other.normal)?)
    }
}
