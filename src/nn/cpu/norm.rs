//! Group normalisation with scale, shift and SiLU in one pass, and weight standardisation.

use candle_core::{CpuStorage, CustomOp1, CustomOp3, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::{
    apply::{apply_1, apply_3, slice, to_tensor, with_values},
    math::{combine, dot, moments, sigmoid, sum},
    simd::multiversion,
};

/// `act((x - mean) / sqrt(var + eps) * scale + shift)` with mean and variance over each image's channel group, and `scale` and
/// `shift` (1 or batch, channels). The activation is SiLU or none.
pub fn group_norm(x: &Tensor, groups: usize, scale: &Tensor, shift: &Tensor, eps: f64, silu: bool) -> Result<Tensor> {
    let (x, scale, shift) = (x.contiguous()?, scale.contiguous()?, shift.contiguous()?);
    let (channels, size) = (x.dim(1)?, x.elem_count() / x.dim(0)? / x.dim(1)?);
    let per_image = scale.dim(0)? > 1;
    apply_3(GroupNormOp { channels, size, groups, per_image, eps: eps as f32, silu }, &x, &scale, &shift)
}

#[derive(Debug, Clone, Copy)]
struct GroupNormOp {
    channels: usize,
    /// pixels of an image
    size: usize,
    groups: usize,
    per_image: bool,
    eps: f32,
    silu: bool,
}

multiversion! {
    fn affine_silu(x: &[f32], a: f32, b: f32, y: &mut [f32]) {
        for (y, x) in y.iter_mut().zip(x) {
            let z = a * x + b;
            *y = z * sigmoid(z);
        }
    }
}

multiversion! {
    fn affine(x: &[f32], a: f32, b: f32, y: &mut [f32]) {
        for (y, x) in y.iter_mut().zip(x) {
            *y = a * x + b;
        }
    }
}

multiversion! {
    /// The gradient before SiLU of `a x + b`.
    fn silu_grad(x: &[f32], a: f32, b: f32, dy: &[f32], dz: &mut [f32]) {
        for ((dz, dy), x) in dz.iter_mut().zip(dy).zip(x) {
            let z = a * x + b;
            let s = sigmoid(z);
            *dz = dy * s * (1. + z * (1. - s));
        }
    }
}

impl GroupNormOp {
    /// Values of a group.
    fn len(&self) -> usize {
        self.channels / self.groups * self.size
    }

    /// Where scale and shift of a group's first channel are.
    fn first(&self, group: usize) -> usize {
        if self.per_image { group } else { group % self.groups }.wrapping_mul(self.channels / self.groups)
    }

    fn forward(&self, x: &[f32], scale: &[f32], shift: &[f32]) -> Vec<f32> {
        let mut y = vec![0.; x.len()];
        y.par_chunks_mut(self.len()).zip(x.par_chunks(self.len())).enumerate().for_each(|(group, (y, x))| {
            let (mean, var) = moments(x);
            let rstd = 1. / (var + self.eps).sqrt();
            let first = self.first(group);
            for (c, (y, x)) in y.chunks_mut(self.size).zip(x.chunks(self.size)).enumerate() {
                let a = rstd * scale[first + c];
                let b = shift[first + c] - mean * a;
                if self.silu { affine_silu(x, a, b, y) } else { affine(x, a, b, y) }
            }
        });
        y
    }

    /// Gradients of x, scale, shift; the last two (batch, channels).
    fn backward(&self, x: &[f32], scale: &[f32], shift: &[f32], dy: &[f32]) -> [Vec<f32>; 3] {
        let rows = x.len() / self.size;
        let (mut dx, mut dscale, mut dshift) = (vec![0.; x.len()], vec![0.; rows], vec![0.; rows]);
        let per_group = self.channels / self.groups;
        let outputs = dx.par_chunks_mut(self.len()).zip(dscale.par_chunks_mut(per_group)).zip(dshift.par_chunks_mut(per_group));
        let inputs = x.par_chunks(self.len()).zip(dy.par_chunks(self.len()));
        outputs.zip(inputs).enumerate().for_each(|(group, (((dx, dscale), dshift), (x, dy)))| {
            let (mean, var) = moments(x);
            let rstd = 1. / (var + self.eps).sqrt();
            let scale = &scale[self.first(group)..][..per_group];
            let shift = &shift[self.first(group)..][..per_group];
            // Sums over the group of the normalised value's gradient, and of that times the value.
            let (mut sum_1, mut sum_x) = (0f64, 0f64);
            for c in 0..per_group {
                let part = c * self.size..(c + 1) * self.size;
                let (x, dy, dz) = (&x[part.clone()], &dy[part.clone()], &mut dx[part]);
                let a = rstd * scale[c];
                if self.silu {
                    silu_grad(x, a, shift[c] - mean * a, dy, dz);
                } else {
                    dz.copy_from_slice(dy);
                }
                let total = sum(dz);
                let with_x = (dot(dz, x) - f64::from(mean) * total) * f64::from(rstd);
                (dshift[c], dscale[c]) = (total as f32, with_x as f32);
                sum_1 += f64::from(scale[c]) * total;
                sum_x += f64::from(scale[c]) * with_x;
            }
            let n = self.len() as f64;
            let b = (-f64::from(rstd) * f64::from(rstd) * sum_x / n) as f32;
            let c = (-f64::from(rstd) * sum_1 / n) as f32 - b * mean;
            for ((dx, x), scale) in dx.chunks_mut(self.size).zip(x.chunks(self.size)).zip(scale) {
                combine(dx, rstd * scale, x, b, c);
            }
        });
        [dx, dscale, dshift]
    }
}

impl CustomOp3 for GroupNormOp {
    fn name(&self) -> &'static str {
        "group-norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        lx: &Layout,
        scale: &CpuStorage,
        lscale: &Layout,
        shift: &CpuStorage,
        lshift: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let y = self.forward(slice(x, lx)?, slice(scale, lscale)?, slice(shift, lshift)?);
        Ok((CpuStorage::F32(y), lx.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        scale: &Tensor,
        shift: &Tensor,
        _: &Tensor,
        dy: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let [dx, dscale, dshift] =
            with_values([x, scale, shift, &dy.contiguous()?], |[x, scale, shift, dy]| self.backward(x, scale, shift, dy))?;
        let small = |values: Vec<f32>| {
            let all = to_tensor(values, (x.dim(0)?, self.channels))?;
            if self.per_image { Ok(all) } else { all.sum_keepdim(0) }
        };
        Ok((Some(to_tensor(dx, x.shape())?), Some(small(dscale)?), Some(small(dshift)?)))
    }
}

/// Each row of a matrix to mean 0, variance 1.
pub fn standardise_rows(w: &Tensor, eps: f64) -> Result<Tensor> {
    apply_1(Standardise { row: w.elem_count() / w.dim(0)?, eps: eps as f32 }, &w.contiguous()?)
}

#[derive(Debug, Clone, Copy)]
struct Standardise {
    row: usize,
    eps: f32,
}

impl CustomOp1 for Standardise {
    fn name(&self) -> &'static str {
        "standardise-rows"
    }

    fn cpu_fwd(&self, w: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let w = slice(w, layout)?;
        let mut y = vec![0.; w.len()];
        y.par_chunks_mut(self.row).zip(w.par_chunks(self.row)).for_each(|(y, w)| {
            let (mean, var) = moments(w);
            let rstd = 1. / (var + self.eps).sqrt();
            affine(w, rstd, -mean * rstd, y);
        });
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }

    fn bwd(&self, w: &Tensor, _: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        let dw = with_values([w, &dy.contiguous()?], |[w, dy]| {
            let mut dw = vec![0.; w.len()];
            let rows = dw.par_chunks_mut(self.row).zip(w.par_chunks(self.row)).zip(dy.par_chunks(self.row));
            rows.for_each(|((dw, w), dy)| {
                let (mean, var) = moments(w);
                let rstd = 1. / (var + self.eps).sqrt();
                let n = w.len() as f64;
                let total = sum(dy);
                let with_w = (dot(dy, w) - f64::from(mean) * total) * f64::from(rstd);
                let b = (-f64::from(rstd) * f64::from(rstd) * with_w / n) as f32;
                let c = (-f64::from(rstd) * total / n) as f32 - b * mean;
                dw.copy_from_slice(dy);
                combine(dw, rstd, w, b, c);
            });
            dw
        })?;
        Ok(Some(to_tensor(dw, w.shape())?))
    }
}
