//! The fast forms of the operations: CPU, f32, over the rayon pool. The plain forms are their specification.
//!
//! Each output value is computed by one thread in a fixed order, so results do not depend on the number of threads.
//!
//! # What is fast, and why
//! - 3x3 convolutions by Winograd's F(4x4, 3x3), a quarter of the multiplications ([`conv`], `winograd`); with few tiles, weights are
//!   transformed within the cache. Every other convolution packs the image straight into the register tile's layout; images of few
//!   pixels (dissolving one image) read the weights where they lie, since packing those took half of the time.
//! - Norms with what follows them (scale and shift of the timestep, SiLU; ReLU, shortcut) in one pass over memory; linear attention
//!   one head after the other within the cache; optimisers and averages in place.
//! - The backward pass over [`super::Tape`], without candle's zeros and sums: 10 to 20 % of a step.
//! - Buffers stay with the process between steps ([`KeptPages`]): 8 to 14 %.
//!
//! # Where the limit is
//! `cargo bench --bench peer -- --profile` prints each operation's share. With two AVX-512 threads half of a step of the U-Net is 3x3
//! convolutions, whose products run near the peak of the multiply-add units; a fifth is 1x1 convolutions, which write six times
//! what they read and are bound by memory, as are the norms (a tenth). Of a step of the encoder half is 3x3 convolutions and 30 %
//! those with a stride, of which the 7x7 of the stem has only three channels to share a load.

mod batch_norm;
mod conv;
mod in_place;
mod layer_norm;
mod linear_attention;
mod math;
mod memory;
mod norm;
mod resample;
mod simd;
mod small_planes;
#[cfg(test)]
mod tests;
mod transpose;

use std::cell::Cell;

use candle_core::{
    CpuStorage, CustomOp1, CustomOp2, CustomOp3, DType, Device, Layout, Result, Shape, Storage, Tensor, Var, bail,
};

use super::tape::{self, Op, Pass, timed};

pub use batch_norm::{BatchNorm, channel_moments};
pub use conv::{conv2d, conv2d_grads};
pub use in_place::{Add, square_sum, update, update_with, zip};
pub use layer_norm::channel_layer_norm;
pub use linear_attention::LinearAttention;
pub use memory::KeptPages;
pub use norm::{group_norm, standardise_rows};
pub use resample::{Join, MaxPool, Upsample};

/// Whether the fast forms may take these tensors.
pub fn takes(tensors: &[&Tensor]) -> bool {
    !super::plain::forced() && tensors.iter().all(|t| t.dtype() == DType::F32 && t.device().is_cpu() && t.elem_count() > 0)
}

/// The values of a contiguous f32 tensor.
fn slice<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (CpuStorage::F32(values), Some((from, to))) => Ok(&values[from..to]),
        _ => bail!("the fast CPU forms need contiguous f32 tensors"),
    }
}

/// The result of a fast operation: on this thread's tape, if it has one, else in candle's graph.
pub fn apply_1(op: impl CustomOp1 + Send + Sync + 'static, x: &Tensor) -> Result<Tensor> {
    if !tape::records(&[x]) {
        return x.apply_op1(op);
    }
    let y = timed(op.name(), Pass::Forward, || with_storages([x], |[x]| op.cpu_fwd(x.0, x.1)))?;
    Ok(tape::record(Op::One(Box::new(op)), &[x], y))
}

/// [`apply_1`] for two inputs.
pub fn apply_2(op: impl CustomOp2 + Send + Sync + 'static, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    if !tape::records(&[a, b]) {
        return a.apply_op2(b, op);
    }
    let y = timed(op.name(), Pass::Forward, || with_storages([a, b], |[a, b]| op.cpu_fwd(a.0, a.1, b.0, b.1)))?;
    Ok(tape::record(Op::Two(Box::new(op)), &[a, b], y))
}

/// [`apply_1`] for three inputs.
pub fn apply_3(op: impl CustomOp3 + Send + Sync + 'static, a: &Tensor, b: &Tensor, c: &Tensor) -> Result<Tensor> {
    if !tape::records(&[a, b, c]) {
        return a.apply_op3(b, c, op);
    }
    let y = timed(op.name(), Pass::Forward, || with_storages([a, b, c], |[a, b, c]| op.cpu_fwd(a.0, a.1, b.0, b.1, c.0, c.1)))?;
    Ok(tape::record(Op::Three(Box::new(op)), &[a, b, c], y))
}

/// What `f` makes of tensors on the CPU, as a leaf.
fn with_storages<const N: usize>(
    tensors: [&Tensor; N],
    f: impl FnOnce([(&CpuStorage, &Layout); N]) -> Result<(CpuStorage, Shape)>,
) -> Result<Var> {
    let guards = tensors.map(Tensor::storage_and_layout);
    let mut storages = Vec::with_capacity(N);
    for (storage, layout) in &guards {
        match &**storage {
            Storage::Cpu(storage) => storages.push((storage, *layout)),
            _ => bail!("the fast CPU forms need tensors on the CPU"),
        }
    }
    let storages = std::array::from_fn(|i| storages[i]);
    match f(storages)? {
        (CpuStorage::F32(values), shape) => Var::from_vec(values, shape, &Device::Cpu),
        _ => bail!("the fast CPU forms give f32"),
    }
}

/// Calls `f` with the values of contiguous f32 tensors on the CPU.
fn with_values<T, const N: usize>(tensors: [&Tensor; N], f: impl FnOnce([&[f32]; N]) -> T) -> Result<T> {
    let guards = tensors.map(Tensor::storage_and_layout);
    let mut values = [&[][..]; N];
    for (values, (storage, layout)) in values.iter_mut().zip(&guards) {
        match &**storage {
            Storage::Cpu(storage) => *values = slice(storage, layout)?,
            _ => bail!("the fast CPU forms need tensors on the CPU"),
        }
    }
    Ok(f(values))
}

fn to_tensor(values: Vec<f32>, shape: impl Into<Shape>) -> Result<Tensor> {
    Tensor::from_vec(values, shape.into(), &Device::Cpu)
}

/// A pointer that tasks share, each writing its own part.
#[derive(Clone, Copy)]
struct Shared(*mut f32);

// SAFETY: whoever makes one hands disjoint parts to the tasks.
unsafe impl Send for Shared {}
unsafe impl Sync for Shared {}

impl Shared {
    /// (A method, so that closures capture the wrapper and not the pointer inside.)
    fn get(self) -> *mut f32 {
        self.0
    }
}

/// A vector of `len` floats that `fill` writes whole through the pointer.
///
/// # Safety
/// `fill` must write every element.
unsafe fn filled(len: usize, fill: impl FnOnce(Shared)) -> Vec<f32> {
    let mut values = Vec::with_capacity(len);
    fill(Shared(values.as_mut_ptr()));
    // SAFETY: the capacity is `len`, and the caller promises that all of it was written.
    unsafe { values.set_len(len) };
    values
}

thread_local! { static SCRATCH: Cell<Vec<f32>> = const { Cell::new(Vec::new()) }; }

/// This thread's buffer, lent: its contents are left over from earlier uses. (No closure takes it, because the body of a closure
/// is compiled without the instruction set of the kernel around it.)
struct Scratch(Vec<f32>);

impl Scratch {
    /// At least `len` floats.
    fn take(len: usize) -> Self {
        let mut scratch = SCRATCH.take();
        if scratch.len() < len {
            scratch.resize(len, 0.);
        }
        Self(scratch)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        SCRATCH.set(std::mem::take(&mut self.0));
    }
}
