//! Plain Rust, which the compiler turns into what the target's baseline has.

use super::vector::Simd;

/// Eight floats. The instructions are those that every machine of the target has.
#[derive(Debug, Clone, Copy)]
pub struct Portable;

impl Simd for Portable {
    const LANES: usize = 8;
    const ROWS: usize = 4;
    type V = [f32; 8];
    type M = u32;
    #[inline(always)]
    unsafe fn splat(x: f32) -> Self::V {
        [x; 8]
    }
    #[inline(always)]
    unsafe fn load(p: *const f32) -> Self::V {
        // SAFETY: the caller's promise.
        unsafe { p.cast::<[f32; 8]>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn store(p: *mut f32, v: Self::V) {
        // SAFETY: the caller's promise.
        unsafe { p.cast::<[f32; 8]>().write_unaligned(v) }
    }
    #[inline(always)]
    unsafe fn add(a: Self::V, b: Self::V) -> Self::V {
        std::array::from_fn(|i| a[i] + b[i])
    }
    #[inline(always)]
    unsafe fn fma(a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        // Without the instruction a fused multiplication would be a library call.
        std::array::from_fn(|i| a[i] * b[i] + c[i])
    }
    #[inline(always)]
    unsafe fn mask(bits: u32) -> u32 {
        bits
    }
    #[inline(always)]
    unsafe fn load_masked(base: Self::V, m: u32, p: *const f32) -> Self::V {
        std::array::from_fn(|i| {
            if m >> i & 1 == 0 {
                return base[i];
            }
            // SAFETY: the caller's promise: selected lanes are there.
            unsafe { *p.wrapping_add(i) }
        })
    }
    #[inline(always)]
    unsafe fn transpose_8x8(from: *const f32, stride: usize, to: *mut f32, to_stride: usize) {
        for (i, j) in (0..8).flat_map(|i| (0..8).map(move |j| (i, j))) {
            // SAFETY: the caller's promise: 8 rows of 8 floats on both sides.
            unsafe { *to.add(j * to_stride + i) = *from.add(i * stride + j) };
        }
    }
}
