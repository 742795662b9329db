//! AVX2 with fused multiplication, and AVX-512.

use std::arch::x86_64::*;

use super::vector::{Simd, intrinsics};

/// Eight floats; 16 registers.
#[derive(Debug, Clone, Copy)]
pub struct Avx2;

impl Simd for Avx2 {
    const LANES: usize = 8;
    const ROWS: usize = 6;
    type V = __m256;
    type M = __m256i;
    intrinsics! {
        fn splat(x: f32) -> __m256 { _mm256_set1_ps(x) }
        fn load(p: *const f32) -> __m256 { _mm256_loadu_ps(p) }
        fn store(p: *mut f32, v: __m256) { _mm256_storeu_ps(p, v) }
        fn add(a: __m256, b: __m256) -> __m256 { _mm256_add_ps(a, b) }
        fn fma(a: __m256, b: __m256, c: __m256) -> __m256 { _mm256_fmadd_ps(a, b, c) }
        fn mask(bits: u32) -> __m256i {{
            let lane = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
            _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32(bits as i32), lane), lane)
        }}
        fn load_masked(base: __m256, m: __m256i, p: *const f32) -> __m256 {
            _mm256_blendv_ps(base, _mm256_maskload_ps(p, m), _mm256_castsi256_ps(m))
        }
        fn transpose_8x8(from: *const f32, stride: usize, to: *mut f32, to_stride: usize) {
            transpose_8x8(from, stride, to, to_stride)
        }
    }
}

/// Sixteen floats; 32 registers.
#[derive(Debug, Clone, Copy)]
pub struct Avx512;

impl Simd for Avx512 {
    const LANES: usize = 16;
    const ROWS: usize = 12;
    type V = __m512;
    type M = __mmask16;
    intrinsics! {
        fn splat(x: f32) -> __m512 { _mm512_set1_ps(x) }
        fn load(p: *const f32) -> __m512 { _mm512_loadu_ps(p) }
        fn store(p: *mut f32, v: __m512) { _mm512_storeu_ps(p, v) }
        fn add(a: __m512, b: __m512) -> __m512 { _mm512_add_ps(a, b) }
        fn fma(a: __m512, b: __m512, c: __m512) -> __m512 { _mm512_fmadd_ps(a, b, c) }
        fn load_masked(base: __m512, m: __mmask16, p: *const f32) -> __m512 { _mm512_mask_loadu_ps(base, m, p) }
        fn transpose_8x8(from: *const f32, stride: usize, to: *mut f32, to_stride: usize) {
            transpose_8x8(from, stride, to, to_stride)
        }
    }
    #[inline(always)]
    unsafe fn mask(bits: u32) -> __mmask16 {
        bits as __mmask16
    }
}

/// Four floats, and the four that are four rows below.
///
/// # Safety
/// They must be there, and the machine must have AVX2.
#[inline(always)]
unsafe fn load_rows(from: *const f32, stride: usize) -> __m256 {
    // SAFETY: the caller's promise.
    unsafe {
        let low = _mm256_castps128_ps256(_mm_loadu_ps(from));
        _mm256_insertf128_ps::<1>(low, _mm_loadu_ps(from.add(4 * stride)))
    }
}

/// # Safety
/// The pointers must be valid for 8 rows of 8 floats, and the machine must have AVX2.
#[inline(always)]
unsafe fn transpose_8x8(from: *const f32, stride: usize, to: *mut f32, to_stride: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        // Row i beside row i + 4 of the same columns, then pairs, then fours.
        for column in [0, 4] {
            let from = from.add(column);
            let (a, b) = (load_rows(from, stride), load_rows(from.add(stride), stride));
            let (c, d) = (load_rows(from.add(2 * stride), stride), load_rows(from.add(3 * stride), stride));
            let (ab_low, ab_high) = (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
            let (cd_low, cd_high) = (_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
            let to = to.add(column * to_stride);
            _mm256_storeu_ps(to, _mm256_shuffle_ps::<0x44>(ab_low, cd_low));
            _mm256_storeu_ps(to.add(to_stride), _mm256_shuffle_ps::<0xee>(ab_low, cd_low));
            _mm256_storeu_ps(to.add(2 * to_stride), _mm256_shuffle_ps::<0x44>(ab_high, cd_high));
            _mm256_storeu_ps(to.add(3 * to_stride), _mm256_shuffle_ps::<0xee>(ab_high, cd_high));
        }
    }
}
