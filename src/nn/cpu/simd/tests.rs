//! Every instruction set of this machine against what [`Simd`] says, in whole numbers, so that a fused multiplication gives the
//! same as two roundings.

use super::vector::Simd;

/// # Safety
/// The machine must have the instruction set.
unsafe fn check<S: Simd>() {
    let numbers = |from: f32| (0..64).map(|i| from + i as f32).collect::<Vec<f32>>();
    let (a, b, c) = (numbers(1.), numbers(100.), numbers(-7.));
    // SAFETY: the vectors hold 64 floats, and lanes beyond them are not selected.
    unsafe {
        let stored = |v: S::V| {
            let mut to = vec![0.; S::LANES];
            S::store(to.as_mut_ptr(), v);
            to
        };
        let (va, vb, vc) = (S::load(a.as_ptr()), S::load(b.as_ptr()), S::load(c.as_ptr()));
        assert_eq!(stored(S::splat(3.)), vec![3.; S::LANES]);
        assert_eq!(stored(va), a[..S::LANES]);
        assert_eq!(stored(S::add(va, vb)), (0..S::LANES).map(|i| a[i] + b[i]).collect::<Vec<f32>>());
        assert_eq!(stored(S::fma(va, vb, vc)), (0..S::LANES).map(|i| a[i] * b[i] + c[i]).collect::<Vec<f32>>());
        // Lanes `from..to`, of a vector that begins before memory or ends behind it.
        for from in 0..S::LANES {
            for to in from..=S::LANES {
                let mask = S::mask(((1u64 << to) - (1u64 << from)) as u32);
                let memory: Box<[f32]> = b[from..to].into();
                let loaded = stored(S::load_masked(va, mask, memory.as_ptr().wrapping_sub(from)));
                let expected = (0..S::LANES).map(|i| if (from..to).contains(&i) { b[i] } else { a[i] });
                assert_eq!(loaded, expected.collect::<Vec<f32>>(), "lanes {from} to {to}");
            }
        }
        let (stride, to_stride) = (9, 11);
        let from: Vec<f32> = (0..8 * stride).map(|i| i as f32).collect();
        let mut to = vec![-1.; 8 * to_stride];
        S::transpose_8x8(from.as_ptr(), stride, to.as_mut_ptr(), to_stride);
        for (i, value) in to.iter().enumerate() {
            let (row, column) = (i / to_stride, i % to_stride);
            assert_eq!(*value, if column < 8 { from[column * stride + row] } else { -1. }, "row {row}, column {column}");
        }
    }
}

#[test]
fn every_instruction_set_does_what_the_trait_says() {
    // SAFETY: plain Rust needs no instruction set.
    unsafe { check::<super::portable::Portable>() };
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: it is there.
            unsafe { check::<super::x86::Avx2>() };
        }
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: it is there.
            unsafe { check::<super::x86::Avx512>() };
        }
    }
    #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
    // SAFETY: NEON is part of the target.
    unsafe {
        check::<super::neon::Neon>()
    };
}
