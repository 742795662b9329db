//! ARM: pairs of NEON's vectors of four, since kernels count channels in eights. Every 64-bit ARM processor that Rust's standard
//! library runs on has NEON, so nothing is looked for at run time.

use std::arch::aarch64::*;

use super::vector::{Simd, intrinsics};

/// Eight floats in two registers. A tile of 6 rows takes 24 of the 32 registers for sums, 4 for columns, and 1 for a weight.
#[derive(Debug, Clone, Copy)]
pub struct Neon;

impl Simd for Neon {
    const LANES: usize = 8;
    const ROWS: usize = 6;
    type V = [float32x4_t; 2];
    type M = u32;
    intrinsics! {
        fn splat(x: f32) -> Self::V { [vdupq_n_f32(x); 2] }
        fn load(p: *const f32) -> Self::V { [vld1q_f32(p), vld1q_f32(p.add(4))] }
        fn store(p: *mut f32, v: Self::V) {{
            vst1q_f32(p, v[0]);
            vst1q_f32(p.add(4), v[1]);
        }}
        fn add(a: Self::V, b: Self::V) -> Self::V { [vaddq_f32(a[0], b[0]), vaddq_f32(a[1], b[1])] }
        fn fma(a: Self::V, b: Self::V, c: Self::V) -> Self::V { [vfmaq_f32(c[0], a[0], b[0]), vfmaq_f32(c[1], a[1], b[1])] }
    }
    #[inline(always)]
    unsafe fn mask(bits: u32) -> u32 {
        bits
    }
    /// NEON has no load that leaves out lanes.
    #[inline(always)]
    unsafe fn load_masked(base: Self::V, m: u32, p: *const f32) -> Self::V {
        // SAFETY: the caller's promise: selected lanes are there; `lanes` holds a vector.
        unsafe {
            if m == 0xff {
                return Self::load(p);
            }
            let mut lanes = [0f32; Self::LANES];
            Self::store(lanes.as_mut_ptr(), base);
            for (i, lane) in lanes.iter_mut().enumerate() {
                if m >> i & 1 == 1 {
                    *lane = *p.wrapping_add(i);
                }
            }
            Self::load(lanes.as_ptr())
        }
    }
    #[inline(always)]
    unsafe fn transpose_8x8(from: *const f32, stride: usize, to: *mut f32, to_stride: usize) {
        for (row, column) in [(0, 0), (0, 4), (4, 0), (4, 4)] {
            // SAFETY: the caller's promise: 8 rows of 8 floats on both sides, of which these are 4 of 4.
            unsafe { transpose_4x4(from.add(row * stride + column), stride, to.add(column * to_stride + row), to_stride) };
        }
    }
}

/// # Safety
/// The pointers must be valid for 4 rows of 4 floats.
#[inline(always)]
unsafe fn transpose_4x4(from: *const f32, stride: usize, to: *mut f32, to_stride: usize) {
    // SAFETY: the caller's promise; NEON is part of the target.
    unsafe {
        let [a, b, c, d] = [0, 1, 2, 3].map(|row| vld1q_f32(from.add(row * stride)));
        // Pairs of columns 0 and 2, and of columns 1 and 3; then fours.
        let [ab_even, cd_even] = [vtrn1q_f32(a, b), vtrn1q_f32(c, d)].map(|v| vreinterpretq_f64_f32(v));
        let [ab_odd, cd_odd] = [vtrn2q_f32(a, b), vtrn2q_f32(c, d)].map(|v| vreinterpretq_f64_f32(v));
        let columns =
            [vzip1q_f64(ab_even, cd_even), vzip1q_f64(ab_odd, cd_odd), vzip2q_f64(ab_even, cd_even), vzip2q_f64(ab_odd, cd_odd)];
        for (column, v) in columns.into_iter().enumerate() {
            vst1q_f32(to.add(column * to_stride), vreinterpretq_f32_f64(v));
        }
    }
}
