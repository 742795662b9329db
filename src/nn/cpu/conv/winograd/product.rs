//! The matrix products between the transforms.

use crate::nn::cpu::{conv::tile_height::with_height, simd::Simd};

/// `out[r, n] (+)= sum_k a[r, k] b[k, n]` for two vectors of n. Distances are in floats.
pub struct Product {
    pub a: *const f32,
    /// From one row of `a` to the next, and from one k to the next.
    pub a_row: usize,
    pub a_k: usize,
    pub b: *const f32,
    pub b_k: usize,
    pub depth: usize,
    pub out: *mut f32,
    pub out_row: usize,
    /// Adds to what is in `out`.
    pub adds: bool,
}

/// Terms that are summed before they are added to the others: most of the rounding error is that of long sums.
const TERMS: usize = 32;

impl Product {
    /// `rows` rows, in panels of nearly equal height.
    ///
    /// # Safety
    /// As for [`Simd`]; the matrices must be there.
    #[inline(always)]
    pub unsafe fn run<S: Simd>(&self, rows: usize) {
        let panels = rows.div_ceil(S::ROWS);
        for p in 0..panels {
            let (from, to) = (rows * p / panels, rows * (p + 1) / panels);
            // SAFETY: the caller's promise.
            unsafe { with_height!(to - from, H => self.panel::<S, H>(from)) }
        }
    }

    /// # Safety
    /// As for [`Self::run`].
    #[inline(always)]
    unsafe fn panel<S: Simd, const HEIGHT: usize>(&self, first: usize) {
        let mut from = 0;
        while from < self.depth {
            let to = (from + TERMS).min(self.depth);
            // SAFETY: the caller's promise.
            unsafe { self.terms::<S, HEIGHT>(first, from, to) };
            from = to;
        }
    }

    /// The terms `from..to` of the sums of `HEIGHT` rows.
    ///
    /// # Safety
    /// As for [`Self::run`].
    #[inline(always)]
    unsafe fn terms<S: Simd, const HEIGHT: usize>(&self, first: usize, from: usize, to: usize) {
        // SAFETY: the caller's promise.
        unsafe {
            let mut sums = [[S::splat(0.); 2]; HEIGHT];
            let (mut a, mut b) = (self.a.add(first * self.a_row + from * self.a_k), self.b.add(from * self.b_k));
            for _ in from..to {
                let (left, right) = (S::load(b), S::load(b.add(S::LANES)));
                for (r, sums) in sums.iter_mut().enumerate() {
                    let factor = S::splat(*a.add(r * self.a_row));
                    sums[0] = S::fma(factor, left, sums[0]);
                    sums[1] = S::fma(factor, right, sums[1]);
                }
                a = a.add(self.a_k);
                b = b.add(self.b_k);
            }
            for (r, sums) in sums.iter().enumerate() {
                let out = self.out.add((first + r) * self.out_row);
                for (half, &sum) in sums.iter().enumerate() {
                    let out = out.add(half * S::LANES);
                    S::store(out, if self.adds || from > 0 { S::add(S::load(out), sum) } else { sum });
                }
            }
        }
    }
}
