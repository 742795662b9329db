//! What a kernel needs of an instruction set.

/// An instruction set's vectors. `V` has [`Simd::LANES`] floats (a multiple of 8), `M` selects lanes.
///
/// # Safety
/// Every method needs the instruction set, which [`super::dispatch`] has looked for. Pointers must be valid for the lanes
/// touched; masked methods touch the selected lanes only, `p` being where lane 0 would lie (computed with `wrapping` arithmetic).
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
    unsafe fn transpose_8x8(from: *const f32, stride: usize, to: *mut f32, to_stride: usize);
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

/// Methods of a [`Simd`] that are one expression of intrinsics.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
macro_rules! intrinsics {
    ($(fn $name:ident($($arg:ident: $ty:ty),*) $(-> $ret:ty)? { $body:expr })*) => {$(
        #[inline(always)]
        unsafe fn $name($($arg: $ty),*) $(-> $ret)? {
            // SAFETY: the caller's promise: the machine has the instruction set, and pointers are valid for the lanes touched.
            unsafe { $body }
        }
    )*};
}
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
pub(super) use intrinsics;
