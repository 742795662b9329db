//! Element by element work on whole parameters, over all threads.

use candle_core::{CpuStorage, CustomOp2, InplaceOp2, InplaceOp3, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::{
    apply::{slice, to_tensor, with_values},
    math::dot,
};

/// Values that a thread takes at once.
const CHUNK: usize = 1 << 14;

/// Overwrites `target` by `f(target, a)`, called for parts of both.
pub fn update(target: &Tensor, a: &Tensor, f: impl Fn(&mut [f32], &[f32]) + Sync) -> Result<()> {
    target.inplace_op2(&a.contiguous()?, &Update(f))
}

/// Overwrites `target` by `f(target, a, b)`, called for parts of the three.
pub fn update_with(target: &Tensor, a: &Tensor, b: &Tensor, f: impl Fn(&mut [f32], &[f32], &[f32]) + Sync) -> Result<()> {
    target.inplace_op3(&a.contiguous()?, &b.contiguous()?, &Update(f))
}

/// A new tensor of `f(a, b)`, without gradient.
pub fn zip(a: &Tensor, b: &Tensor, f: impl Fn(f32, f32) -> f32 + Sync) -> Result<Tensor> {
    let values = with_values([&a.contiguous()?, &b.contiguous()?], |[a, b]| zipped(a, b, f))?;
    to_tensor(values, a.shape())
}

fn zipped(a: &[f32], b: &[f32], f: impl Fn(f32, f32) -> f32 + Sync) -> Vec<f32> {
    let mut values = vec![0.; a.len()];
    let inputs = a.par_chunks(CHUNK).zip(b.par_chunks(CHUNK));
    let fill = |(to, (a, b)): (&mut [f32], (&[f32], &[f32]))| {
        to.iter_mut().zip(a.iter().zip(b)).for_each(|(to, (a, b))| *to = f(*a, *b));
    };
    values.par_chunks_mut(CHUNK).zip(inputs).for_each(fill);
    values
}

/// `a + b`
#[derive(Debug, Clone, Copy)]
pub struct Add;

impl CustomOp2 for Add {
    fn name(&self) -> &'static str {
        "add"
    }

    fn cpu_fwd(&self, a: &CpuStorage, la: &Layout, b: &CpuStorage, lb: &Layout) -> Result<(CpuStorage, Shape)> {
        Ok((CpuStorage::F32(zipped(slice(a, la)?, slice(b, lb)?, |a, b| a + b)), la.shape().clone()))
    }

    fn bwd(&self, _: &Tensor, _: &Tensor, _: &Tensor, dy: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        Ok((Some(dy.clone()), Some(dy.clone())))
    }
}

/// The sum of squares, in a fixed order.
pub fn square_sum(a: &Tensor) -> Result<f64> {
    with_values([&a.contiguous()?], |[a]| a.par_chunks(CHUNK).map(|a| dot(a, a)).collect::<Vec<f64>>().iter().sum())
}

struct Update<F>(F);

fn target<'a>(storage: &'a mut CpuStorage, layout: &Layout) -> Result<&'a mut [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (CpuStorage::F32(values), Some((from, to))) => Ok(&mut values[from..to]),
        _ => bail!("an update in place needs a contiguous f32 tensor"),
    }
}

impl<F: Fn(&mut [f32], &[f32]) + Sync> InplaceOp2 for Update<F> {
    fn name(&self) -> &'static str {
        "update"
    }

    fn cpu_fwd(&self, to: &mut CpuStorage, lt: &Layout, a: &CpuStorage, la: &Layout) -> Result<()> {
        let a = slice(a, la)?.par_chunks(CHUNK);
        target(to, lt)?.par_chunks_mut(CHUNK).zip(a).for_each(|(to, a)| self.0(to, a));
        Ok(())
    }
}

impl<F: Fn(&mut [f32], &[f32], &[f32]) + Sync> InplaceOp3 for Update<F> {
    fn name(&self) -> &'static str {
        "update-with"
    }

    fn cpu_fwd(&self, to: &mut CpuStorage, lt: &Layout, a: &CpuStorage, la: &Layout, b: &CpuStorage, lb: &Layout) -> Result<()> {
        let (a, b) = (slice(a, la)?.par_chunks(CHUNK), slice(b, lb)?.par_chunks(CHUNK));
        target(to, lt)?.par_chunks_mut(CHUNK).zip(a.zip(b)).for_each(|(to, (a, b))| self.0(to, a, b));
        Ok(())
    }
}
