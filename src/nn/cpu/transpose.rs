//! Transposition of matrices.

use rayon::prelude::*;

use super::{
    buffers::{SharedPtr, filled},
    simd::{Kernel, Simd, dispatch},
};

/// Writes the transpose of `from`, (rows, columns) with rows `stride` apart, to (column, row) with `width` >= `rows` values each,
/// zero beyond `rows`.
///
/// # Safety
/// The pointers must be valid for that.
#[inline(always)]
pub unsafe fn transpose_to<S: Simd>(
    from: *const f32,
    (rows, columns): (usize, usize),
    stride: usize,
    to: *mut f32,
    width: usize,
) {
    // SAFETY: the caller's promise; rows and columns are cut to those that there are.
    unsafe {
        let whole = (rows / 8 * 8, columns / 8 * 8);
        for column in (0..whole.1).step_by(8) {
            for row in (0..whole.0).step_by(8) {
                S::transpose_8x8(from.add(row * stride + column), stride, to.add(column * width + row), width);
            }
            for row in whole.0..rows {
                (column..column + 8).for_each(|c| *to.add(c * width + row) = *from.add(row * stride + c));
            }
        }
        for column in whole.1..columns {
            (0..rows).for_each(|row| *to.add(column * width + row) = *from.add(row * stride + column));
        }
        if rows < width {
            (0..columns).for_each(|column| (rows..width).for_each(|row| *to.add(column * width + row) = 0.));
        }
    }
}

/// The first `keep` columns of the matrix `x`, which has `rows` rows, as rows of `width` values, zero beyond `rows`.
pub fn transpose(x: &[f32], rows: usize, keep: usize, width: usize) -> Vec<f32> {
    const COLUMNS: usize = 8;
    struct ColumnBlock<'a> {
        x: &'a [f32],
        rows: usize,
        first: usize,
        count: usize,
        to: *mut f32,
        width: usize,
    }
    impl Kernel for ColumnBlock<'_> {
        type Output = ();
        #[inline(always)]
        unsafe fn run<S: Simd>(self) {
            let (from, stride) = (self.x.as_ptr().wrapping_add(self.first), self.x.len() / self.rows);
            // SAFETY: `transpose` has checked the sizes, and these rows of the result are ours.
            unsafe { transpose_to::<S>(from, (self.rows, self.count), stride, self.to, self.width) }
        }
    }
    assert!(rows <= width && keep <= x.len() / rows);
    let fill = |out: SharedPtr| {
        (0..keep.div_ceil(COLUMNS)).into_par_iter().for_each(|part| {
            let first = part * COLUMNS;
            let to = out.get().wrapping_add(first * width);
            dispatch(ColumnBlock { x, rows, first, count: COLUMNS.min(keep - first), to, width });
        });
    };
    // SAFETY: the parts write all `keep` rows, and read columns that the matrix has.
    unsafe { filled(keep * width, fill) }
}
