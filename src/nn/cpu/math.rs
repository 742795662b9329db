//! Sums, combinations of rows and activations, written so that loops over them become vector code.

use super::simd::multiversion;

const LANES: usize = 16;
/// Sums of more values than this continue in f64.
const MAX_TERMS: usize = 4096;

/// Sums `f(value)` over up to [`MAX_TERMS`] values, in a fixed order.
#[inline(always)]
fn short_sum(values: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0f32; LANES];
    let chunks = values.chunks_exact(LANES);
    let rest: f32 = chunks.remainder().iter().map(|&v| f(v)).sum();
    for chunk in chunks {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane += f(value);
        }
    }
    lanes.iter().sum::<f32>() + rest
}

multiversion! {
    /// The sum, in a fixed order.
    pub fn sum(values: &[f32]) -> f64 {
        values.chunks(MAX_TERMS).map(|v| f64::from(short_sum(v, |v| v))).sum()
    }
}

multiversion! {
    /// The sum of `(value - centre)^2`, in a fixed order.
    pub fn square_sum(values: &[f32], centre: f32) -> f64 {
        values.chunks(MAX_TERMS).map(|v| f64::from(short_sum(v, |v| (v - centre) * (v - centre)))).sum()
    }
}

multiversion! {
    /// The sum of products, in a fixed order.
    pub fn dot(a: &[f32], b: &[f32]) -> f64 {
        let short_dot = |a: &[f32], b: &[f32]| {
            let mut lanes = [0f32; LANES];
            let (a, b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
            let rest: f32 = a.remainder().iter().zip(b.remainder()).map(|(a, b)| a * b).sum();
            for (a, b) in a.zip(b) {
                for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
                    *lane += a * b;
                }
            }
            f64::from(lanes.iter().sum::<f32>() + rest)
        };
        a.chunks(MAX_TERMS).zip(b.chunks(MAX_TERMS)).map(|(a, b)| short_dot(a, b)).sum()
    }
}

multiversion! {
    /// `y = a y + b x + c`
    pub fn combine(y: &mut [f32], a: f32, x: &[f32], b: f32, c: f32) {
        for (y, x) in y.iter_mut().zip(x) {
            *y = a * *y + b * x + c;
        }
    }
}

/// Mean and biased variance.
pub fn moments(values: &[f32]) -> (f32, f32) {
    let n = values.len() as f64;
    let mean = (sum(values) / n) as f32;
    (mean, (square_sum(values, mean) / n) as f32)
}

/// e^x to about one unit in the last place, without branches; 0 below -86.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    // Adding 1.5 * 2^23 rounds to a whole number and leaves it in the low bits.
    const ROUND: f32 = 12_582_912.;
    const MAX: f32 = 88.722_84;
    // Comparisons and not `clamp`, so that NaN stays NaN.
    let inside = if x > MAX { MAX } else { x };
    let inside = if inside < -86. { -86. } else { inside };
    let rounded = inside * std::f32::consts::LOG2_E + ROUND;
    let n = rounded - ROUND;
    // ln 2 in two parts, the first exact in few bits.
    let r = inside - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let p = 1.987_569_1e-4;
    let p = p * r + 1.398_199_9e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_5e-1;
    let p = p * r + 0.5;
    let p = p * r * r + r + 1.;
    // 2^(n-1), so that n = 128 does not overflow.
    let power = 2. * p * f32::from_bits((rounded.to_bits() << 23).wrapping_add(0x3f00_0000));
    let power = if x > MAX { f32::INFINITY } else { power };
    if x < -86. { 0. } else { power }
}

#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    1. / (1. + exp(-x))
}

/// `max(x, 0)` that keeps NaN.
#[inline(always)]
pub fn relu(x: f32) -> f32 {
    if x <= 0. { 0. } else { x }
}
