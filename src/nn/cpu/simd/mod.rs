//! Vectors of f32 for the widest instruction set that the machine has, chosen at run time.
//!
//! Kernels that need to hold registers (convolutions) are written against [`Simd`] and entered through [`dispatch`]; loops that
//! the compiler vectorises by itself are wrapped in [`multiversion`], which compiles them once for each instruction set.
//!
//! # What was run where
//! AVX-512, AVX2 and plain Rust run in every test on x86-64. NEON is compiled for `aarch64-unknown-linux-gnu`, and the tests of
//! `nn` pass with it in an emulator (QEMU); it has not been timed, nor run on an ARM processor.
//!
//! # Why not a crate
//! `pulp` 0.22 and `fearless_simd` 0.4, both in the lock file through others, were measured with three kernels that were written
//! alike in each: a row of SiLU (1024 values, fused multiplications), Winograd's transform of a patch, a tile of a matrix product
//! (24 rows, depth 256). Their CPU time over that of this module, in turn; median of five runs of 200 pairs on a Zen 4:
//!
//! | | pulp, AVX-512 | pulp, AVX2 | fearless_simd (AVX2), beside AVX-512 here | beside AVX2 here |
//! |---|---|---|---|---|
//! | SiLU | 0.79 (0.61 to 0.98, by the buffers' alignment) | 0.98 | 1.35 | 1.00 |
//! | transform | 1.01 | 1.07 | 1.12 | 1.02 |
//! | product | 1.01 | 0.96 | 0.99 | 0.95 |
//!
//! So the instructions are the same, and speed is no reason for either. `fearless_simd` has no AVX-512, which counts twice on
//! processors whose units are 512 bits wide (a Zen 4's are 256). Both would bring more instruction sets, but neither has the
//! transposition that the convolutions need, so that intrinsics for each would stay here all the same; what a crate would replace
//! is seven lines of intrinsics for each instruction set. (What was found on the way: the transform had kept its results too
//! long, 0.80 of the time now. And the row of SiLU above multiplies and adds in one instruction in each of the three; the loop in
//! use does not, which costs it a third, since it would change the last bits of every result.)

#[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
mod neon;
mod portable;
#[cfg(test)]
mod tests;
mod vector;
#[cfg(target_arch = "x86_64")]
mod x86;

use std::sync::OnceLock;

use portable::Portable;
pub use vector::{Kernel, MAX_LANES, Simd};

/// The instruction sets that kernels are compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstructionSet {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
    Neon,
}

/// The widest instruction set of this machine, or the narrower one that the environment variable `DISSOLVE_SIMD` names
/// (`avx2`, `portable`), for tests and for finding faults.
pub fn level() -> InstructionSet {
    static LEVEL: OnceLock<InstructionSet> = OnceLock::new();
    *LEVEL.get_or_init(|| {
        let limit = std::env::var("DISSOLVE_SIMD").unwrap_or_default();
        #[cfg(target_arch = "x86_64")]
        if limit != "portable" && is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            let wide = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512dq");
            return if wide && limit != "avx2" { InstructionSet::Avx512 } else { InstructionSet::Avx2 };
        }
        #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
        if limit != "portable" {
            return InstructionSet::Neon;
        }
        let _ = limit;
        InstructionSet::Portable
    })
}

/// [`Simd::LANES`] of what [`dispatch`] chooses.
pub fn lanes() -> usize {
    sizes().0
}

/// [`Simd::ROWS`] of what [`dispatch`] chooses.
pub fn rows() -> usize {
    sizes().1
}

fn sizes() -> (usize, usize) {
    const fn of<S: Simd>() -> (usize, usize) {
        (S::LANES, S::ROWS)
    }
    match level() {
        InstructionSet::Portable => of::<Portable>(),
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx2 => of::<x86::Avx2>(),
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx512 => of::<x86::Avx512>(),
        #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
        InstructionSet::Neon => of::<neon::Neon>(),
    }
}

/// Runs the kernel with the best instruction set of the machine.
pub fn dispatch<K: Kernel>(kernel: K) -> K::Output {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx2,fma")]
        fn avx512<K: Kernel>(kernel: K) -> K::Output {
            // SAFETY: this function is called where the instruction set is there.
            unsafe { kernel.run::<x86::Avx512>() }
        }
        #[target_feature(enable = "avx2,fma")]
        fn avx2<K: Kernel>(kernel: K) -> K::Output {
            // SAFETY: this function is called where the instruction set is there.
            unsafe { kernel.run::<x86::Avx2>() }
        }
        match level() {
            // SAFETY: `level` has found the instruction set on this machine.
            InstructionSet::Avx512 => return unsafe { avx512(kernel) },
            // SAFETY: as above.
            InstructionSet::Avx2 => return unsafe { avx2(kernel) },
            InstructionSet::Portable => {}
        }
    }
    #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
    if level() == InstructionSet::Neon {
        // SAFETY: NEON is part of the target.
        return unsafe { kernel.run::<neon::Neon>() };
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
                match $crate::nn::cpu::simd::level() {
                    // SAFETY: `level` has found the instruction set on this machine.
                    $crate::nn::cpu::simd::InstructionSet::Avx512 => return unsafe { avx512($($arg),*) },
                    // SAFETY: as above.
                    $crate::nn::cpu::simd::InstructionSet::Avx2 => return unsafe { avx2($($arg),*) },
                    $crate::nn::cpu::simd::InstructionSet::Portable => {}
                }
            }
            body($($arg),*)
        }
    };
}
pub(super) use multiversion;
