//! The plain forms of the operations: candle's, on any device and in f32 or f64, and the switch to them.
//!
//! # Gradients of their own
//! candle's graph begins the gradient of every tensor as zeros, adds to it, and keeps what each of its small steps made. The
//! operations that take most of a step have their gradients written out instead ([`function`]), in as few passes over memory as
//! candle's operations allow; finite differences in f64 and the fast forms check them. What is small (heads, losses, the network of
//! the timestep) stays candle's.

mod activation;
mod attention;
mod conv;
mod function;
mod joined;
mod linear;
mod norm;
mod resample;
#[cfg(test)]
mod tests;

use std::{cell::Cell, sync::OnceLock};

pub use activation::relu;
pub use attention::{linear_attention, softmax, split};
pub use conv::{conv2d, conv2d_grads};
pub use joined::{average, join, parts, square_sum, subtract};
pub use linear::{halves, linear};
pub use norm::{BatchNormed, batch_norm, channel_layer_norm, group_norm, standardise_weight};
pub use resample::{add, join_channels, max_pool_along, upsample_nearest2};

/// The environment variable that puts another device in the place of every setting, for tests and measurements: `cpu`, `cuda`,
/// `metal`, or `cpu-plain`, the CPU with the operations that a GPU computes with ([`with_plain`]).
pub const DEVICE_VARIABLE: &str = "DISSOLVE_DEVICE";

thread_local! { static PLAIN: Cell<bool> = const { Cell::new(false) }; }

/// Whether this thread is inside [`with_plain`], or the whole process in its place: `DISSOLVE_DEVICE=cpu-plain`.
pub(super) fn forced() -> bool {
    static PROCESS: OnceLock<bool> = OnceLock::new();
    PLAIN.get() || *PROCESS.get_or_init(|| std::env::var_os(DEVICE_VARIABLE).is_some_and(|device| device == "cpu-plain"))
}

/// Runs `f` with every operation called on this thread in its plain form. Tests use it to compare the two.
pub fn with_plain<T>(f: impl FnOnce() -> T) -> T {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            PLAIN.set(self.0);
        }
    }
    let _restore = Restore(PLAIN.replace(true));
    f()
}
