//! The layer vocabulary of the method: named parameters, layers, differentiable operations, optimisers.
//!
//! Each operation has a *plain form*, written in candle operations, which is its specification and what runs on GPUs, in f64
//! and inside [`with_plain`]. On the CPU in f32 some have a fast form behind the same function; tests compare the two.
//!
//! Shapes are PyTorch's: images `(batch, channels, height, width)`, convolution weights `(out, in, kernel, kernel)`, linear
//! weights `(out, in)`. In the docs B, C, H and W are those four, O is the channels of a result and K the side of a kernel.
//! Values are f32 (networks) or f64 (tests); an `eps` is added to a variance or a denominator.
//!
//! # Errors
//! They are candle's: shapes that do not fit, types or devices that are mixed. What else a function refuses, it names.

#![warn(missing_docs)]

mod attention;
mod backward;
mod batch_norm;
mod conv;
mod cpu;
mod ema;
mod grads;
mod linear;
mod norm;
mod ops;
mod optim;
mod params;
mod plain;
mod tape;
#[cfg(test)]
mod tests;

pub use attention::{attention, linear_attention};
pub use backward::backward;
pub use batch_norm::{BatchNorm2d, batch_norm_eval, batch_norm_train};
pub use conv::{Conv2d, conv2d, conv2d_grads};
pub use cpu::RetainPages;
pub use ema::Ema;
pub use grads::{Grads, clip_grad_norm};
pub use linear::Linear;
pub use norm::{ChannelLayerNorm, GroupNorm, channel_layer_norm, group_norm, norm_film_silu, standardise_weight};
pub use ops::{add, gelu, halves, join_channels, l2_normalise, max_pool_3x3_s2_p1, mean, relu, silu, upsample_nearest2};
pub use optim::{Adam, Lars};
pub use params::{Init, Params, Scope};
pub use plain::{DEVICE_VARIABLE, with_plain};
pub use tape::{Pass, Tape, graph_boundary, take_op_timings};
