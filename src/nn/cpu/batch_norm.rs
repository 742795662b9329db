//! Batch normalisation, with what follows it in a residual network: the sum with the shortcut, and ReLU.

use std::mem::MaybeUninit;
use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp2, CustomOp3, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::{
    apply::{apply_2, apply_3, slice, to_tensor, with_values},
    buffers::{SharedPtr, filled},
    math::{combine, dot, relu, square_sum, sum},
    simd::multiversion,
    small_spatial::{ChannelColumns, SMALL},
};

/// Mean and biased variance of each channel of `x` (batch, channels, ...).
pub fn channel_moments(x: &Tensor) -> Result<(Vec<f32>, Vec<f32>)> {
    let x = x.contiguous()?;
    let (channels, size) = (x.dim(1)?, x.elem_count() / x.dim(0)? / x.dim(1)?);
    let moments = with_values([&x], |[x]| -> Vec<(f32, f32)> {
        if size < SMALL {
            return ChannelColumns { channels, columns: channels * size }.moments(x);
        }
        let moments = |c: usize| {
            let planes = || x.chunks(size).skip(c).step_by(channels);
            let n = (x.len() / channels) as f64;
            let mean = (planes().map(sum).sum::<f64>() / n) as f32;
            (mean, (planes().map(|plane| square_sum(plane, mean)).sum::<f64>() / n) as f32)
        };
        (0..channels).into_par_iter().map(moments).collect()
    })?;
    Ok(moments.into_iter().unzip())
}

/// Normalises by `mean` and `var`; `of_batch` says that they are those of `x`, so that the gradient goes through them.
#[derive(Debug, Clone)]
pub struct BatchNorm {
    channels: usize,
    size: usize,
    mean: Arc<[f32]>,
    rstd: Arc<[f32]>,
    of_batch: bool,
    relu: bool,
}

/// A channel's gradients; that of x is `dx[0] * dz + dx[1] * x + dx[2]`.
struct ChannelGrads {
    dgamma: f32,
    dbeta: f32,
    dx: [f32; 3],
}

impl BatchNorm {
    pub fn new(x: &Tensor, (mean, var): (Vec<f32>, Vec<f32>), eps: f64, of_batch: bool, relu: bool) -> Result<Self> {
        let (channels, size) = (x.dim(1)?, x.elem_count() / x.dim(0)? / x.dim(1)?);
        let rstd = var.iter().map(|v| 1. / (v + eps as f32).sqrt()).collect();
        Ok(Self { channels, size, mean: mean.into(), rstd, of_batch, relu })
    }

    /// `relu?((x - mean) * rstd * gamma + beta + shortcut?)`
    pub fn apply(self, x: &Tensor, gamma: &Tensor, beta: &Tensor, shortcut: Option<&Tensor>) -> Result<Tensor> {
        let x = x.contiguous()?;
        let affine = Tensor::stack(&[gamma, beta], 0)?;
        match shortcut {
            Some(shortcut) => apply_3(self, &x, &affine, &shortcut.contiguous()?),
            None => apply_2(self, &x, &affine),
        }
    }

    /// Factor and offset of a channel.
    fn coefficients(&self, affine: &[f32], c: usize) -> (f32, f32) {
        let a = self.rstd[c] * affine[c];
        (a, affine[self.channels + c] - self.mean[c] * a)
    }

    /// Where the channels have few pixels.
    fn columns(&self) -> Option<ChannelColumns> {
        (self.size < SMALL).then_some(ChannelColumns { channels: self.channels, columns: self.channels * self.size })
    }

    fn forward(&self, x: &[f32], affine: &[f32], shortcut: Option<&[f32]>) -> Vec<f32> {
        if let Some(columns) = self.columns() {
            let (factor, offset) =
                (columns.broadcast(|c| self.coefficients(affine, c).0), columns.broadcast(|c| self.coefficients(affine, c).1));
            return columns.forward(x, &factor, &offset, shortcut, self.relu);
        }
        let image = self.channels * self.size;
        let mut y = vec![0.; x.len()];
        y.par_chunks_mut(image).zip(x.par_chunks(image)).enumerate().for_each(|(b, (y, x))| {
            for (c, (y, x)) in y.chunks_mut(self.size).zip(x.chunks(self.size)).enumerate() {
                let (a, offset) = self.coefficients(affine, c);
                match shortcut {
                    Some(shortcut) => affine_add(x, a, offset, &shortcut[b * image + c * self.size..][..self.size], self.relu, y),
                    None => affine_relu(x, a, offset, self.relu, y),
                }
            }
        });
        y
    }

    /// From the sums of `dz` and `dz * x` over the `n` values of a channel.
    fn terms(&self, c: usize, affine: &[f32], (total, with_x): (&f64, &f64), n: f64) -> ChannelGrads {
        let (mean, rstd) = (f64::from(self.mean[c]), f64::from(self.rstd[c]));
        let with_normal = (with_x - mean * total) * rstd;
        let a = rstd * f64::from(affine[c]);
        let b = if self.of_batch { -a * rstd * with_normal / n } else { 0. };
        let offset = if self.of_batch { -a * total / n - b * mean } else { 0. };
        ChannelGrads { dgamma: with_normal as f32, dbeta: *total as f32, dx: [a as f32, b as f32, offset as f32] }
    }

    /// Gradients of x, of (gamma, beta), and of what ReLU saw, which is the shortcut's.
    fn backward(&self, x: &[f32], affine: &[f32], y: &[f32], dy: &[f32], shortcut: bool) -> [Vec<f32>; 3] {
        let mut daffine = vec![0.; 2 * self.channels];
        let (dgamma, dbeta) = daffine.split_at_mut(self.channels);
        if let Some(columns) = self.columns() {
            let (total, with_x) = columns.grad_sums(x, y, dy, self.relu);
            let n = (x.len() / self.channels) as f64;
            let terms: Vec<ChannelGrads> =
                total.iter().zip(&with_x).enumerate().map(|(c, sums)| self.terms(c, affine, sums, n)).collect();
            for (c, terms) in terms.iter().enumerate() {
                (dgamma[c], dbeta[c]) = (terms.dgamma, terms.dbeta);
            }
            let [a, b, offset] = [0, 1, 2].map(|k| columns.broadcast(|c| terms[c].dx[k]));
            let (dx, dz) = columns.backward((x, y, dy), self.relu, [&a, &b, &offset], shortcut);
            return [dx, daffine, dz];
        }
        let mut dx = Vec::new();
        // SAFETY: each channel's task writes that channel's planes, whole.
        let dz = unsafe {
            filled(if shortcut { x.len() } else { 0 }, |dz| {
                dx = filled(x.len(), |dx| {
                    let dz = if shortcut { dz } else { dx };
                    dgamma.par_iter_mut().zip(dbeta).enumerate().for_each(|(c, (dgamma, dbeta))| {
                        self.channel_backward(c, x, affine, [y, dy], (dx, dz), (dgamma, dbeta));
                    });
                });
            })
        };
        [dx, daffine, dz]
    }

    /// Writes this channel's part of `dx` and `dz`.
    ///
    /// # Safety
    /// `dx` and `dz` (which may be the same) have room for as many floats as `x`, and no other task has this channel.
    unsafe fn channel_backward(
        &self,
        c: usize,
        x: &[f32],
        affine: &[f32],
        [y, dy]: [&[f32]; 2],
        (dx, dz): (SharedPtr, SharedPtr),
        (dgamma, dbeta): (&mut f32, &mut f32),
    ) {
        let planes = || (c * self.size..x.len()).step_by(self.channels * self.size).map(|at| at..at + self.size);
        let (mut total, mut with_x) = (0f64, 0f64);
        for at in planes() {
            // SAFETY: a plane of this channel, which is ours.
            let dz = unsafe { dz.unwritten(at.start, self.size) };
            if self.relu {
                relu_grad(&y[at.clone()], &dy[at.clone()], dz);
            } else {
                dz.write_copy_of_slice(&dy[at.clone()]);
            }
            // SAFETY: both write all of it.
            let dz = unsafe { dz.assume_init_ref() };
            total += sum(dz);
            with_x += dot(dz, &x[at]);
        }
        let n = (x.len() / self.channels) as f64;
        let ChannelGrads { dgamma: of_gamma, dbeta: of_beta, dx: [a, b, offset] } = self.terms(c, affine, (&total, &with_x), n);
        (*dgamma, *dbeta) = (of_gamma, of_beta);
        for at in planes() {
            // SAFETY: a plane of this channel, whose `dz` has been written; if `dx` is apart from it, the copy writes that.
            let dx = unsafe {
                let (to, from) = (dx.get().add(at.start), dz.get().add(at.start));
                if to != from {
                    to.copy_from_nonoverlapping(from, self.size);
                }
                dx.unwritten(at.start, self.size).assume_init_mut()
            };
            combine(dx, a, &x[at], b, offset);
        }
    }

    fn gradients(&self, x: &Tensor, affine: &Tensor, y: &Tensor, dy: &Tensor, shortcut: bool) -> Result<[Tensor; 3]> {
        let [dx, daffine, dz] =
            with_values([x, affine, y, &dy.contiguous()?], |[x, affine, y, dy]| self.backward(x, affine, y, dy, shortcut))?;
        let dz = if shortcut { to_tensor(dz, x.shape())? } else { dy.clone() };
        Ok([to_tensor(dx, x.shape())?, to_tensor(daffine, affine.shape())?, dz])
    }
}

multiversion! {
    fn affine_relu(x: &[f32], a: f32, b: f32, positive: bool, y: &mut [f32]) {
        if positive {
            y.iter_mut().zip(x).for_each(|(y, x)| *y = relu(a * x + b));
        } else {
            y.iter_mut().zip(x).for_each(|(y, x)| *y = a * x + b);
        }
    }
}

multiversion! {
    fn affine_add(x: &[f32], a: f32, b: f32, shortcut: &[f32], positive: bool, y: &mut [f32]) {
        if positive {
            y.iter_mut().zip(x).zip(shortcut).for_each(|((y, x), s)| *y = relu(a * x + b + s));
        } else {
            y.iter_mut().zip(x).zip(shortcut).for_each(|((y, x), s)| *y = a * x + b + s);
        }
    }
}

multiversion! {
    /// Writes all of `dz`, which is as long as `y` and `dy`.
    fn relu_grad(y: &[f32], dy: &[f32], dz: &mut [MaybeUninit<f32>]) {
        assert!(dz.len() == y.len() && dz.len() == dy.len());
        dz.iter_mut().zip(y).zip(dy).for_each(|((dz, y), dy)| {
            dz.write(if *y <= 0. { 0. } else { *dy });
        });
    }
}

impl CustomOp2 for BatchNorm {
    fn name(&self) -> &'static str {
        "batch-norm"
    }

    fn cpu_fwd(&self, x: &CpuStorage, lx: &Layout, affine: &CpuStorage, la: &Layout) -> Result<(CpuStorage, Shape)> {
        Ok((CpuStorage::F32(self.forward(slice(x, lx)?, slice(affine, la)?, None)), lx.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, affine: &Tensor, y: &Tensor, dy: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let [dx, daffine, _] = self.gradients(x, affine, y, dy, false)?;
        Ok((Some(dx), Some(daffine)))
    }
}

impl CustomOp3 for BatchNorm {
    fn name(&self) -> &'static str {
        "batch-norm-add"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        lx: &Layout,
        affine: &CpuStorage,
        la: &Layout,
        shortcut: &CpuStorage,
        ls: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let y = self.forward(slice(x, lx)?, slice(affine, la)?, Some(slice(shortcut, ls)?));
        Ok((CpuStorage::F32(y), lx.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        affine: &Tensor,
        _: &Tensor,
        y: &Tensor,
        dy: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let [dx, daffine, dz] = self.gradients(x, affine, y, dy, true)?;
        Ok((Some(dx), Some(daffine), Some(dz)))
    }
}
