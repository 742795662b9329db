//! The linear maps of F(4x4, 3x3) with the points 0, a, -a, b, -b and infinity, each over a vector of channels (Toom and Cook's
//! construction: Lavin and Gray, "Fast algorithms for convolutional neural networks", section 4).
//!
//! a = 5/8 and b = 3/2 are exact in binary and were the best of a scan: rounding errors are half of those with the usual 1 and 2.

use crate::nn::cpu::simd::Simd;

/// Where `M` x `M` vectors go: (i, j) to `to + i * row + j * column`, plus `bias`.
pub struct Destination<S: Simd> {
    pub to: *mut f32,
    pub row: usize,
    pub column: usize,
    pub bias: Option<S::V>,
}

/// One dimension: `N` vectors to `M`. In two dimensions it is applied to the columns and then to the rows.
pub trait Transform<S: Simd, const N: usize, const M: usize> {
    /// # Safety
    /// As for [`Simd`].
    unsafe fn apply(x: [S::V; N]) -> [S::V; M];

    /// Writes each row as soon as it is there: kept until the end, they would not fit the registers.
    ///
    /// # Safety
    /// As for [`Simd`]; there must be room for the vectors.
    #[inline(always)]
    unsafe fn apply_2d(x: &[[S::V; N]; N], destination: &Destination<S>) {
        // SAFETY: the caller's promise.
        unsafe {
            let zero = S::splat(0.);
            let mut half = [[zero; N]; M];
            for j in 0..N {
                let mut column = [zero; N];
                for i in 0..N {
                    column[i] = x[i][j];
                }
                let column = Self::apply(column);
                for i in 0..M {
                    half[i][j] = column[i];
                }
            }
            for (i, row) in half.iter().enumerate() {
                for (j, &v) in Self::apply(*row).iter().enumerate() {
                    let v = match destination.bias {
                        Some(bias) => S::add(v, bias),
                        None => v,
                    };
                    S::store(destination.to.add(i * destination.row + j * destination.column), v);
                }
            }
        }
    }
}

const A: f32 = 0.625;
const B: f32 = 1.5;
const A2: f32 = A * A;
const B2: f32 = B * B;
/// `1 / prod (p - q)` over the other finite points q, for the points p = 0, a, b.
const OF_0: f32 = 1. / (A2 * B2);
const OF_A: f32 = 1. / (2. * A2 * (A2 - B2));
const OF_B: f32 = 1. / (2. * B2 * (B2 - A2));

/// `factor * x`
///
/// # Safety
/// As for [`Simd`].
#[inline(always)]
unsafe fn scaled<S: Simd>(factor: f32, x: S::V) -> S::V {
    // SAFETY: the caller's promise.
    unsafe { S::fma(S::splat(factor), x, S::splat(0.)) }
}

/// `a + factor * b`
///
/// # Safety
/// As for [`Simd`].
#[inline(always)]
unsafe fn plus<S: Simd>(a: S::V, factor: f32, b: S::V) -> S::V {
    // SAFETY: the caller's promise.
    unsafe { S::fma(S::splat(factor), b, a) }
}

/// `B^T`: a patch of the input.
pub struct InputTransform;

impl<S: Simd> Transform<S, 6, 6> for InputTransform {
    #[inline(always)]
    unsafe fn apply(x: [S::V; 6]) -> [S::V; 6] {
        // SAFETY: the caller's promise.
        unsafe {
            let (even_a, odd_a) = (plus::<S>(x[4], -B2, x[2]), plus::<S>(x[3], -B2, x[1]));
            let (even_b, odd_b) = (plus::<S>(x[4], -A2, x[2]), plus::<S>(x[3], -A2, x[1]));
            [
                plus::<S>(plus::<S>(x[4], -(A2 + B2), x[2]), A2 * B2, x[0]),
                plus::<S>(even_a, A, odd_a),
                plus::<S>(even_a, -A, odd_a),
                plus::<S>(even_b, B, odd_b),
                plus::<S>(even_b, -B, odd_b),
                plus::<S>(plus::<S>(x[5], -(A2 + B2), x[3]), A2 * B2, x[1]),
            ]
        }
    }
}

/// `A^T`: products to a tile of the output.
pub struct OutputTransform;

impl<S: Simd> Transform<S, 6, 4> for OutputTransform {
    #[inline(always)]
    unsafe fn apply(x: [S::V; 6]) -> [S::V; 4] {
        // SAFETY: the caller's promise.
        unsafe {
            let (even_a, odd_a) = (S::add(x[1], x[2]), plus::<S>(x[1], -1., x[2]));
            let (even_b, odd_b) = (S::add(x[3], x[4]), plus::<S>(x[3], -1., x[4]));
            [
                S::add(x[0], S::add(even_a, even_b)),
                plus::<S>(scaled::<S>(A, odd_a), B, odd_b),
                plus::<S>(scaled::<S>(A2, even_a), B2, even_b),
                plus::<S>(plus::<S>(x[5], A * A2, odd_a), B * B2, odd_b),
            ]
        }
    }
}

/// `A`: a tile of the output's gradient.
pub struct OutputGradTransform;

impl<S: Simd> Transform<S, 4, 6> for OutputGradTransform {
    #[inline(always)]
    unsafe fn apply(x: [S::V; 4]) -> [S::V; 6] {
        // SAFETY: the caller's promise.
        unsafe {
            let (even_a, odd_a) = (plus::<S>(x[0], A2, x[2]), plus::<S>(x[1], A2, x[3]));
            let (even_b, odd_b) = (plus::<S>(x[0], B2, x[2]), plus::<S>(x[1], B2, x[3]));
            [
                x[0],
                plus::<S>(even_a, A, odd_a),
                plus::<S>(even_a, -A, odd_a),
                plus::<S>(even_b, B, odd_b),
                plus::<S>(even_b, -B, odd_b),
                x[3],
            ]
        }
    }
}

/// `G`: the weights of a kernel.
pub struct WeightTransform;

impl<S: Simd> Transform<S, 3, 6> for WeightTransform {
    #[inline(always)]
    unsafe fn apply(x: [S::V; 3]) -> [S::V; 6] {
        // SAFETY: the caller's promise.
        unsafe {
            let (even_a, even_b) = (scaled::<S>(OF_A, plus::<S>(x[0], A2, x[2])), scaled::<S>(OF_B, plus::<S>(x[0], B2, x[2])));
            [
                scaled::<S>(OF_0, x[0]),
                plus::<S>(even_a, A * OF_A, x[1]),
                plus::<S>(even_a, -A * OF_A, x[1]),
                plus::<S>(even_b, B * OF_B, x[1]),
                plus::<S>(even_b, -B * OF_B, x[1]),
                x[2],
            ]
        }
    }
}

/// `G^T`: the gradient of the weights.
pub struct WeightGradTransform;

impl<S: Simd> Transform<S, 6, 3> for WeightGradTransform {
    #[inline(always)]
    unsafe fn apply(x: [S::V; 6]) -> [S::V; 3] {
        // SAFETY: the caller's promise.
        unsafe {
            let (even_a, odd_a) = (S::add(x[1], x[2]), plus::<S>(x[1], -1., x[2]));
            let (even_b, odd_b) = (S::add(x[3], x[4]), plus::<S>(x[3], -1., x[4]));
            [
                plus::<S>(plus::<S>(scaled::<S>(OF_0, x[0]), OF_A, even_a), OF_B, even_b),
                plus::<S>(scaled::<S>(A * OF_A, odd_a), B * OF_B, odd_b),
                plus::<S>(plus::<S>(x[5], A2 * OF_A, even_a), B2 * OF_B, even_b),
            ]
        }
    }
}
