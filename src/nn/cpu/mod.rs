//! The fast forms of the operations: CPU, f32, over the rayon pool. The plain forms are their specification.
//!
//! Each output value is computed by one thread in a fixed order, so results do not depend on the number of threads.
//!
//! # What is fast, and why
//! - 3x3 convolutions by Winograd's F(4x4, 3x3), a quarter of the multiplications ([`conv`], `winograd`); in a small batch,
//!   weights are transformed within the cache. Every other convolution packs the image straight into the register tile's layout,
//!   and the weights once for all threads; images of few pixels (dissolving one image) read the weights where they lie, since
//!   packing those took half of the time. No thread waits for another before its share of the work is done.
//! - Norms with what follows them (scale and shift of the timestep, SiLU; ReLU, shortcut) in one pass over memory; linear attention
//!   one head after the other within the cache; optimisers and averages in place.
//! - The backward pass over [`super::Tape`], without candle's zeros and sums: 10 to 20 % of a step.
//! - Buffers stay with the process between steps ([`RetainPages`]): 8 to 14 %.
//!
//! # Where the limit is
//! `cargo bench --bench peer -- --profile` prints each operation's share. With two AVX-512 threads half of a step of the U-Net is 3x3
//! convolutions, whose products run near the peak of the multiply-add units; a fifth is 1x1 convolutions, which write six times
//! what they read and are bound by memory, as are the norms (a tenth). Of a step of the encoder nearly half is 3x3 convolutions and a
//! quarter those with a stride, whose images are taken apart before and woven together after.

mod apply;
mod batch_norm;
mod buffers;
mod conv;
mod in_place;
mod layer_norm;
mod linear_attention;
mod math;
mod memory;
mod norm;
mod resample;
mod simd;
mod small_spatial;
#[cfg(test)]
mod tests;
mod transpose;

use candle_core::{DType, Tensor};

pub use apply::{apply_1, apply_2};
pub use batch_norm::{BatchNorm, channel_moments};
pub use conv::{conv2d, conv2d_grads};
pub use in_place::{Add, square_sum, update, update_with, zip};
pub use layer_norm::channel_layer_norm;
pub use linear_attention::LinearAttention;
pub use memory::RetainPages;
pub use norm::{group_norm, standardise_rows};
pub use resample::{Join, MaxPool, Upsample};

/// Whether the fast forms may take these tensors.
pub fn takes(tensors: &[&Tensor]) -> bool {
    !super::plain::forced() && tensors.iter().all(|t| t.dtype() == DType::F32 && t.device().is_cpu() && t.elem_count() > 0)
}
