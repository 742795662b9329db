//! Vectors of f32 for the widest instruction set that the machine has, chosen at run time.
//!
//! Kernels that need to hold registers (convolutions) are written against [`Simd`] and entered through [`dispatch`]; loops that
//! the compiler vectorises by itself are wrapped in [`multiversion`], which compiles them once for each instruction set.

use std::sync::OnceLock;

/// An instruction set's vectors. `V` has [`Simd::LANES`] floats, `M` selects lanes.
///
/// # Safety
/// Every method needs the instruction set, which [`dispatch`] has looked for. Pointers must be valid for the lanes touched;
/// masked methods touch the selected lanes only, `p` being where lane 0 would lie (computed with `wrapping` arithmetic).
pub trait Simd: Copy + 'static {
    const LANES: usize;
    /// Rows of a register tile that is two vectors wide.
    const ROWS: usize;
    type V: Copy;
    type M: Copy;
    unsafe fn splat(x: f32) -> Self::V;
    unsafe fn load(p: *const f32) -> Self::V;
    unsafe fn store(p: *mut f32, v: Self::V);
    unsafe fn add(a: Self::V, b: Self::V) -> Self::V;
    /// `a * b + c`
    unsafe fn fma(a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// Lanes whose bit is set.
    unsafe fn mask(bits: u32) -> Self::M;
    /// Lanes of `m` from memory, the others from `base`.
    unsafe fn load_masked(base: Self::V, m: Self::M, p: *const f32) -> Self::V;
    /// Writes the transpose of 8 rows of 8 floats; rows are `stride` apart.
    #[inline(always)]
    unsafe fn transpose_8x8(from: *const f32, stride: usize, to: *mut f32, to_stride: usize) {
        for (i, j) in (0..8).flat_map(|i| (0..8).map(move |j| (i, j))) {
            unsafe { *to.add(j * to_stride + i) = *from.add(i * stride + j) };
        }
    }
}

/// The longest vector's lanes.
pub const MAX_LANES: usize = 16;

/// Something to run with the best instruction set; `run` must be `#[inline(always)]`, and so must be all it calls.
pub trait Kernel {
    type Output;
    /// # Safety
    /// The machine must have the instruction set `S`.
    unsafe fn run<S: Simd>(self) -> Self::Output;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

/// The widest instruction set of this machine, or the narrower one that the environment variable `DISSOLVE_SIMD` names
/// (`avx2`, `portable`), for tests and for finding faults.
pub fn level() -> Level {
    static LEVEL: OnceLock<Level> = OnceLock::new();
    *LEVEL.get_or_init(|| {
        let limit = std::env::var("DISSOLVE_SIMD").unwrap_or_default();
        #[cfg(target_arch = "x86_64")]
        if limit != "portable" && is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            let wide = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512dq");
            return if wide && limit != "avx2" { Level::Avx512 } else { Level::Avx2 };
        }
        let _ = limit;
        Level::Portable
    })
}

/// [`Simd::LANES`] of what [`dispatch`] chooses.
pub fn lanes() -> usize {
    match level() {
        Level::Portable => Portable::LANES,
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => x86::Avx2::LANES,
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => x86::Avx512::LANES,
    }
}

/// Runs the kernel with the best instruction set of the machine.
pub fn dispatch<K: Kernel>(kernel: K) -> K::Output {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx2,fma")]
        unsafe fn avx512<K: Kernel>(kernel: K) -> K::Output {
            unsafe { kernel.run::<x86::Avx512>() }
        }
        #[target_feature(enable = "avx2,fma")]
        unsafe fn avx2<K: Kernel>(kernel: K) -> K::Output {
            unsafe { kernel.run::<x86::Avx2>() }
        }
        // SAFETY: `level` has found the instruction set on this machine.
        match level() {
            Level::Avx512 => return unsafe { avx512(kernel) },
            Level::Avx2 => return unsafe { avx2(kernel) },
            Level::Portable => {}
        }
    }
    // SAFETY: plain Rust needs no instruction set.
    unsafe { kernel.run::<Portable>() }
}

/// Compiles a function of simple loops once for each instruction set and calls the best one.
macro_rules! multiversion {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? $body:block) => {
        $(#[$meta])*
        $vis fn $name($($arg: $ty),*) $(-> $ret)? {
            #[inline(always)]
            fn body($($arg: $ty),*) $(-> $ret)? $body
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx2,fma")]
                fn avx512($($arg: $ty),*) $(-> $ret)? {
                    body($($arg),*)
                }
                #[target_feature(enable = "avx2,fma")]
                fn avx2($($arg: $ty),*) $(-> $ret)? {
                    body($($arg),*)
                }
                // SAFETY: `level` has found the instruction set on this machine.
                match $crate::nn::cpu::simd::level() {
                    $crate::nn::cpu::simd::Level::Avx512 => return unsafe { avx512($($arg),*) },
                    $crate::nn::cpu::simd::Level::Avx2 => return unsafe { avx2($($arg),*) },
                    $crate::nn::cpu::simd::Level::Portable => {}
                }
            }
            body($($arg),*)
        }
    };
}
pub(super) use multiversion;

/// Plain Rust, which the compiler turns into what the target's baseline has.
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
        unsafe { p.cast::<[f32; 8]>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn store(p: *mut f32, v: Self::V) {
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
        std::array::from_fn(|i| if m >> i & 1 == 1 { unsafe { *p.wrapping_add(i) } } else { base[i] })
    }
}

#[cfg(target_arch = "x86_64")]
pub mod x86 {
    use std::arch::x86_64::*;

    use super::Simd;

    #[derive(Debug, Clone, Copy)]
    pub struct Avx2;

    impl Simd for Avx2 {
        const LANES: usize = 8;
        const ROWS: usize = 6;
        type V = __m256;
        type M = __m256i;
        #[inline(always)]
        unsafe fn splat(x: f32) -> __m256 {
            unsafe { _mm256_set1_ps(x) }
        }
        #[inline(always)]
        unsafe fn load(p: *const f32) -> __m256 {
            unsafe { _mm256_loadu_ps(p) }
        }
        #[inline(always)]
        unsafe fn store(p: *mut f32, v: __m256) {
            unsafe { _mm256_storeu_ps(p, v) }
        }
        #[inline(always)]
        unsafe fn add(a: __m256, b: __m256) -> __m256 {
            unsafe { _mm256_add_ps(a, b) }
        }
        #[inline(always)]
        unsafe fn fma(a: __m256, b: __m256, c: __m256) -> __m256 {
            unsafe { _mm256_fmadd_ps(a, b, c) }
        }
        #[inline(always)]
        unsafe fn mask(bits: u32) -> __m256i {
            unsafe {
                let lane = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
                _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32(bits as i32), lane), lane)
            }
        }
        #[inline(always)]
        unsafe fn load_masked(base: __m256, m: __m256i, p: *const f32) -> __m256 {
            unsafe { _mm256_blendv_ps(base, _mm256_maskload_ps(p, m), _mm256_castsi256_ps(m)) }
        }
        #[inline(always)]
        unsafe fn transpose_8x8(from: *const f32, stride: usize, to: *mut f32, to_stride: usize) {
            unsafe { transpose_8x8(from, stride, to, to_stride) }
        }
    }

    #[derive(Debug, Clone, Copy)]
    pub struct Avx512;

    impl Simd for Avx512 {
        const LANES: usize = 16;
        const ROWS: usize = 12;
        type V = __m512;
        type M = __mmask16;
        #[inline(always)]
        unsafe fn splat(x: f32) -> __m512 {
            unsafe { _mm512_set1_ps(x) }
        }
        #[inline(always)]
        unsafe fn load(p: *const f32) -> __m512 {
            unsafe { _mm512_loadu_ps(p) }
        }
        #[inline(always)]
        unsafe fn store(p: *mut f32, v: __m512) {
            unsafe { _mm512_storeu_ps(p, v) }
        }
        #[inline(always)]
        unsafe fn add(a: __m512, b: __m512) -> __m512 {
            unsafe { _mm512_add_ps(a, b) }
        }
        #[inline(always)]
        unsafe fn fma(a: __m512, b: __m512, c: __m512) -> __m512 {
            unsafe { _mm512_fmadd_ps(a, b, c) }
        }
        #[inline(always)]
        unsafe fn mask(bits: u32) -> __mmask16 {
            bits as __mmask16
        }
        #[inline(always)]
        unsafe fn load_masked(base: __m512, m: __mmask16, p: *const f32) -> __m512 {
            unsafe { _mm512_mask_loadu_ps(base, m, p) }
        }
        #[inline(always)]
        unsafe fn transpose_8x8(from: *const f32, stride: usize, to: *mut f32, to_stride: usize) {
            unsafe { transpose_8x8(from, stride, to, to_stride) }
        }
    }

    /// Four floats, and the four that are four rows below.
    #[inline(always)]
    unsafe fn load_rows(from: *const f32, stride: usize) -> __m256 {
        unsafe {
            let low = _mm256_castps128_ps256(_mm_loadu_ps(from));
            _mm256_insertf128_ps::<1>(low, _mm_loadu_ps(from.add(4 * stride)))
        }
    }

    #[inline(always)]
    unsafe fn transpose_8x8(from: *const f32, stride: usize, to: *mut f32, to_stride: usize) {
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
}
