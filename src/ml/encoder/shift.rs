//! Shifting transformations S_0, ..., S_3 (Tack et al. 2020): rotations by 0, 90, 180, 270 degrees counter-clockwise, or
//! `cutperm`, the 2 x 2 half-swap jigsaw; and the horizontal flip before them.

pub use crate::scores::SHIFTS;

use crate::config::ShiftKind;

/// Writes S_k of a planar square picture (any number of planes of `side` x `side`) into `target`, flipped first if asked.
///
/// # Panics
/// If `k >= SHIFTS`.
pub fn shift_into(kind: ShiftKind, k: usize, flip: bool, source: &[f32], side: usize, target: &mut [f32]) {
    assert!(k < SHIFTS, "there are {SHIFTS} shifting transformations");
    let last = side - 1;
    let half = side / 2;
    let swapped = |i: usize| (i + half) % side;
    let plane = side * side;
    for (source, target) in source.chunks_exact(plane).zip(target.chunks_exact_mut(plane)) {
        for (y, row) in target.chunks_exact_mut(side).enumerate() {
            for (x, out) in row.iter_mut().enumerate() {
                let (sy, sx) = match kind {
                    ShiftKind::Rotation => [(y, x), (x, last - y), (last - y, last - x), (last - x, y)][k],
                    ShiftKind::Cutperm => (if k / 2 == 1 { swapped(y) } else { y }, if k % 2 == 1 { swapped(x) } else { x }),
                };
                *out = source[sy * side + if flip { last - sx } else { sx }];
            }
        }
    }
}

/// Mirrors each row of planes of `side` x `side` in place.
pub fn flip_in_place(picture: &mut [f32], side: usize) {
    picture.chunks_exact_mut(side).for_each(<[f32]>::reverse);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shifted(kind: ShiftKind, k: usize, picture: &[f32], side: usize) -> Vec<f32> {
        let mut out = vec![0.0; picture.len()];
        shift_into(kind, k, false, picture, side, &mut out);
        out
    }

    proptest! {
        #[test]
        fn rotations_compose_and_jigsaws_undo_themselves(half in 1usize..9, a in 0usize..4, b in 0usize..4) {
            let side = 2 * half;
            let picture: Vec<f32> = (0..3 * side * side).map(|i| i as f32).collect();
            let twice = shifted(ShiftKind::Rotation, b, &shifted(ShiftKind::Rotation, a, &picture, side), side);
            prop_assert_eq!(twice, shifted(ShiftKind::Rotation, (a + b) % 4, &picture, side));
            let undone = shifted(ShiftKind::Cutperm, a, &shifted(ShiftKind::Cutperm, a, &picture, side), side);
            prop_assert_eq!(undone, picture);
        }

        #[test]
        fn the_flip_comes_first(side in 1usize..12, k in 0usize..4) {
            let picture: Vec<f32> = (0..side * side).map(|i| i as f32).collect();
            let mut mirrored = picture.clone();
            flip_in_place(&mut mirrored, side);
            let mut at_once = vec![0.0; picture.len()];
            shift_into(ShiftKind::Rotation, k, true, &picture, side, &mut at_once);
            prop_assert_eq!(at_once, shifted(ShiftKind::Rotation, k, &mirrored, side));
        }
    }
}
