//! The height of a register tile as a constant.

/// Evaluates an expression with a register tile's `height` (1 to 12) as a constant, so that the tile stays in registers.
macro_rules! with_height {
    ($height:expr, $constant:ident => $run:expr) => {
        $crate::nn::cpu::conv::tile_height::with_height!(@ $height, $constant => $run, 1 2 3 4 5 6 7 8 9 10 11)
    };
    (@ $height:expr, $constant:ident => $run:expr, $($n:literal)*) => {
        match $height {
            $($n => {
                const $constant: usize = $n;
                $run
            })*
            _ => {
                const $constant: usize = 12;
                $run
            }
        }
    };
}
pub(super) use with_height;
