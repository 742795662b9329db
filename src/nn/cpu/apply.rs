//! Between candle's tensors and slices of floats: applying a fast operation, and reading and making tensors.

use candle_core::{CpuStorage, CustomOp1, CustomOp2, CustomOp3, Device, Layout, Result, Shape, Storage, Tensor, Var, bail};

use crate::nn::tape::{self, Op, Pass, timed};

/// The values of a contiguous f32 tensor.
pub fn slice<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
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
pub fn with_values<T, const N: usize>(tensors: [&Tensor; N], f: impl FnOnce([&[f32]; N]) -> T) -> Result<T> {
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

/// A tensor on the CPU.
pub fn to_tensor(values: Vec<f32>, shape: impl Into<Shape>) -> Result<Tensor> {
    Tensor::from_vec(values, shape.into(), &Device::Cpu)
}
