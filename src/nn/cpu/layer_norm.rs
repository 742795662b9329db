//! Layer normalisation over channels, position by position.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::{
    apply::{apply_2, slice, to_tensor, with_values},
    simd::multiversion,
};

/// `(x - mean) / sqrt(var + eps) * g` over the channels of `x` (batch, channels, ...) at each position; `g` has channels values.
pub fn channel_layer_norm(x: &Tensor, g: &Tensor, eps: f64) -> Result<Tensor> {
    let (channels, size) = (x.dim(1)?, x.elem_count() / x.dim(0)? / x.dim(1)?);
    apply_2(LayerNorm { channels, size, eps: eps as f32 }, &x.contiguous()?, &g.contiguous()?)
}

#[derive(Debug, Clone, Copy)]
struct LayerNorm {
    channels: usize,
    size: usize,
    eps: f32,
}

/// Positions that are worked on side by side.
const WIDTH: usize = 64;
type PerPosition = [f32; WIDTH];

/// Mean and reciprocal standard deviation of `width` positions of an image, whose channels are `size` apart.
#[inline(always)]
fn statistics(x: &[f32], size: usize, width: usize, eps: f32) -> (PerPosition, PerPosition) {
    let n = x.len().div_ceil(size) as f32;
    let (mut mean, mut rstd) = ([0f32; WIDTH], [0f32; WIDTH]);
    for row in x.chunks(size) {
        mean.iter_mut().zip(&row[..width]).for_each(|(m, x)| *m += x);
    }
    mean.iter_mut().for_each(|m| *m /= n);
    for row in x.chunks(size) {
        rstd.iter_mut().zip(&mean).zip(&row[..width]).for_each(|((v, m), x)| *v += (x - m) * (x - m));
    }
    rstd.iter_mut().for_each(|v| *v = 1. / (*v / n + eps).sqrt());
    (mean, rstd)
}

multiversion! {
    fn forward(x: &[f32], g: &[f32], size: usize, eps: f32, y: &mut [f32]) {
        for first in (0..size).step_by(WIDTH) {
            let width = WIDTH.min(size - first);
            let (mean, rstd) = statistics(&x[first..], size, width, eps);
            for ((x, y), g) in x[first..].chunks(size).zip(y[first..].chunks_mut(size)).zip(g) {
                let values = x[..width].iter().zip(&mean).zip(&rstd);
                y[..width].iter_mut().zip(values).for_each(|(y, ((x, m), r))| *y = (x - m) * r * g);
            }
        }
    }
}

multiversion! {
    /// Writes `dx`, adds to `dg`.
    fn backward(x: &[f32], g: &[f32], dy: &[f32], size: usize, eps: f32, dx: &mut [f32], dg: &mut [f32]) {
        let n = g.len() as f32;
        for first in (0..size).step_by(WIDTH) {
            let width = WIDTH.min(size - first);
            let (mean, rstd) = statistics(&x[first..], size, width, eps);
            let (mut sum_1, mut sum_x) = ([0f32; WIDTH], [0f32; WIDTH]);
            for (((x, dy), g), dg) in x[first..].chunks(size).zip(dy[first..].chunks(size)).zip(g).zip(dg.iter_mut()) {
                let mut products = [0f32; WIDTH];
                for i in 0..width {
                    let normal = (x[i] - mean[i]) * rstd[i];
                    products[i] = dy[i] * normal;
                    sum_1[i] += dy[i] * g;
                    sum_x[i] += products[i] * g;
                }
                let mut lanes = [0f32; 16];
                for chunk in products.chunks_exact(16) {
                    lanes.iter_mut().zip(chunk).for_each(|(l, p)| *l += p);
                }
                *dg += lanes.iter().sum::<f32>();
            }
            let rows = x[first..].chunks(size).zip(dy[first..].chunks(size)).zip(dx[first..].chunks_mut(size)).zip(g);
            for (((x, dy), dx), g) in rows {
                let (x, dy, dx) = (&x[..width], &dy[..width], &mut dx[..width]);
                for i in 0..width {
                    let normal = (x[i] - mean[i]) * rstd[i];
                    dx[i] = rstd[i] * (dy[i] * g - (sum_1[i] + normal * sum_x[i]) / n);
                }
            }
        }
    }
}

impl CustomOp2 for LayerNorm {
    fn name(&self) -> &'static str {
        "channel-layer-norm"
    }

    fn cpu_fwd(&self, x: &CpuStorage, lx: &Layout, g: &CpuStorage, lg: &Layout) -> Result<(CpuStorage, Shape)> {
        let (x, g) = (slice(x, lx)?, slice(g, lg)?);
        let image = self.channels * self.size;
        let mut y = vec![0.; x.len()];
        y.par_chunks_mut(image).zip(x.par_chunks(image)).for_each(|(y, x)| forward(x, g, self.size, self.eps, y));
        Ok((CpuStorage::F32(y), lx.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, g: &Tensor, _: &Tensor, dy: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let (dx, dg) = with_values([x, g, &dy.contiguous()?], |[x, g, dy]| {
            let image = self.channels * self.size;
            let (mut dx, mut dg) = (vec![0.; x.len()], vec![0.; x.len() / self.size]);
            let outputs = dx.par_chunks_mut(image).zip(dg.par_chunks_mut(self.channels));
            outputs
                .zip(x.par_chunks(image).zip(dy.par_chunks(image)))
                .for_each(|((dx, dg), (x, dy))| backward(x, g, dy, self.size, self.eps, dx, dg));
            (dx, dg)
        })?;
        let dg = to_tensor(dg, (x.dim(0)?, self.channels))?.sum(0)?.reshape(g.shape())?;
        Ok((Some(to_tensor(dx, x.shape())?), Some(dg)))
    }
}
