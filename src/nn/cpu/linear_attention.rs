//! Linear attention of one (image, head) after the other, softmaxes and products together.

use std::mem::MaybeUninit;

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use gemm::{Parallelism, gemm};
use rayon::prelude::*;

use super::{
    apply::{slice, to_tensor, with_values},
    buffers::{Scratch, SharedPtr, filled},
    math::exp,
    simd::multiversion,
};

/// From (batch, 3 * heads * d, height, width) to (batch, heads * d, height, width).
#[derive(Debug, Clone, Copy)]
pub struct LinearAttention {
    pub heads: usize,
    /// channels of a head
    pub d: usize,
    /// positions
    pub n: usize,
}

/// A matrix: values, row stride, column stride.
type Matrix<'a> = (&'a [f32], usize, usize);

/// `c = factor * a b`, c being rows x columns, all of it written.
fn product<'c>(
    (rows, columns, inner): (usize, usize, usize),
    a: Matrix,
    b: Matrix,
    factor: f32,
    c: &'c mut [MaybeUninit<f32>],
) -> &'c mut [f32] {
    let last = |(_, rs, cs): Matrix, rows: usize, columns: usize| (rows - 1) * rs + (columns - 1) * cs;
    assert!(last(a, rows, inner) < a.0.len() && last(b, inner, columns) < b.0.len() && rows * columns == c.len());
    // SAFETY: the last element of each matrix has been found inside its slice; `c` is written and not read.
    unsafe {
        gemm(
            rows,
            columns,
            inner,
            c.as_mut_ptr().cast(),
            1,
            columns as isize,
            false,
            a.0.as_ptr(),
            a.2 as isize,
            a.1 as isize,
            b.0.as_ptr(),
            b.2 as isize,
            b.1 as isize,
            0.,
            factor,
            false,
            false,
            false,
            Parallelism::None,
        );
        c.assume_init_mut()
    }
}

/// [`product`] into floats that are there already.
fn product_over(sizes: (usize, usize, usize), a: Matrix, b: Matrix, factor: f32, c: &mut [f32]) {
    // SAFETY: `product` leaves floats there.
    product(sizes, a, b, factor, unsafe { std::slice::from_raw_parts_mut(c.as_mut_ptr().cast(), c.len()) });
}

/// Positions that are worked on side by side.
const WIDTH: usize = 64;

multiversion! {
    /// Softmax over the `d` rows at each of the `n` positions, times `scale`.
    fn softmax_channels(q: &[f32], n: usize, scale: f32, out: &mut [f32]) {
        for first in (0..n).step_by(WIDTH) {
            let width = WIDTH.min(n - first);
            let (mut top, mut total) = ([f32::NEG_INFINITY; WIDTH], [0f32; WIDTH]);
            for row in q[first..].chunks(n) {
                top.iter_mut().zip(&row[..width]).for_each(|(t, q)| *t = if *q > *t { *q } else { *t });
            }
            for (row, out) in q[first..].chunks(n).zip(out[first..].chunks_mut(n)) {
                let columns = out[..width].iter_mut().zip(&row[..width]).zip(&top).zip(&mut total);
                columns.for_each(|(((out, q), top), total)| {
                    *out = exp(q - top);
                    *total += *out;
                });
            }
            total.iter_mut().for_each(|t| *t = scale / *t);
            for out in out[first..].chunks_mut(n) {
                out[..width].iter_mut().zip(&total).for_each(|(out, t)| *out *= t);
            }
        }
    }
}

multiversion! {
    /// Softmax of one row.
    fn softmax_row(k: &[f32], out: &mut [f32]) {
        let top = k.iter().fold(f32::NEG_INFINITY, |t, &k| if k > t { k } else { t });
        out.iter_mut().zip(k).for_each(|(out, k)| *out = exp(k - top));
        let factor = (1. / super::math::sum(out)) as f32;
        out.iter_mut().for_each(|out| *out *= factor);
    }
}

multiversion! {
    /// The gradient through `softmax_channels`: `dq = q * (dq - sum_d(q dq) / scale)`, in place.
    fn softmax_channels_grad(q: &[f32], n: usize, scale: f32, dq: &mut [f32]) {
        for first in (0..n).step_by(WIDTH) {
            let width = WIDTH.min(n - first);
            let mut total = [0f32; WIDTH];
            for (q, dq) in q[first..].chunks(n).zip(dq[first..].chunks(n)) {
                total.iter_mut().zip(q[..width].iter().zip(&dq[..width])).for_each(|(t, (q, dq))| *t += q * dq);
            }
            total.iter_mut().for_each(|t| *t /= scale);
            for (q, dq) in q[first..].chunks(n).zip(dq[first..].chunks_mut(n)) {
                dq[..width].iter_mut().zip(&q[..width]).zip(&total).for_each(|((dq, q), t)| *dq = q * (*dq - t));
            }
        }
    }
}

multiversion! {
    /// The gradient through `softmax_row`, in place.
    fn softmax_row_grad(k: &[f32], dk: &mut [f32]) {
        let total = super::math::dot(k, dk) as f32;
        dk.iter_mut().zip(k).for_each(|(dk, k)| *dk = k * (*dk - total));
    }
}

impl LinearAttention {
    fn scale(self) -> f32 {
        (self.d as f32).powf(-0.5)
    }

    /// Values of one of q, k, v of a head.
    fn part(self) -> usize {
        self.d * self.n
    }

    /// q, k and v of task `i` = image * heads + head.
    fn parts(self, qkv: &[f32], i: usize) -> [&[f32]; 3] {
        let start = (i / self.heads * 3 * self.heads + i % self.heads) * self.part();
        [0, 1, 2].map(|p| &qkv[start + p * self.heads * self.part()..][..self.part()])
    }

    fn softmaxes(self, q: &[f32], k: &[f32], soft_q: &mut [f32], soft_k: &mut [f32]) {
        softmax_channels(q, self.n, self.scale(), soft_q);
        soft_k.chunks_mut(self.n).zip(k.chunks(self.n)).for_each(|(out, k)| softmax_row(k, out));
    }

    fn forward(self, qkv: &[f32]) -> Vec<f32> {
        let (d, n, part) = (self.d, self.n, self.part());
        let mut out = vec![0.; qkv.len() / 3];
        out.par_chunks_mut(part).enumerate().for_each(|(i, out)| {
            let [q, k, v] = self.parts(qkv, i);
            let mut scratch = Scratch::take(2 * part + d * d);
            let (soft_q, rest) = scratch.values().split_at_mut(part);
            let (soft_k, rest) = rest.split_at_mut(part);
            let context = &mut rest[..d * d];
            self.softmaxes(q, k, soft_q, soft_k);
            product_over((d, d, n), (soft_k, n, 1), (v, 1, n), 1. / n as f32, context);
            product_over((d, n, d), (context, 1, d), (soft_q, n, 1), 1., out);
        });
        out
    }

    fn backward(self, qkv: &[f32], dout: &[f32]) -> Vec<f32> {
        let (d, n, part) = (self.d, self.n, self.part());
        let task = |i: usize, dqkv: SharedPtr| {
            let [q, k, v] = self.parts(qkv, i);
            let dout = &dout[i * part..][..part];
            let start = (i / self.heads * 3 * self.heads + i % self.heads) * part;
            // SAFETY: q, k and v of this image and head are ours alone.
            let [dq, dk, dv] = [0, 1, 2].map(|p| unsafe { dqkv.unwritten(start + p * self.heads * part, part) });
            let mut scratch = Scratch::take(2 * part + 2 * d * d);
            let (soft_q, rest) = scratch.values().split_at_mut(part);
            let (soft_k, rest) = rest.split_at_mut(part);
            let (context, rest) = rest.split_at_mut(d * d);
            let dcontext = &mut rest[..d * d];
            self.softmaxes(q, k, soft_q, soft_k);
            let mean = 1. / n as f32;
            product_over((d, d, n), (soft_k, n, 1), (v, 1, n), mean, context);
            product_over((d, d, n), (soft_q, n, 1), (dout, 1, n), 1., dcontext);
            let dq = product((d, n, d), (context, d, 1), (dout, n, 1), 1., dq);
            let dk = product((d, n, d), (dcontext, d, 1), (v, n, 1), mean, dk);
            product((d, n, d), (dcontext, 1, d), (soft_k, n, 1), mean, dv);
            softmax_channels_grad(soft_q, n, self.scale(), dq);
            dk.chunks_mut(n).zip(soft_k.chunks(n)).for_each(|(dk, k)| softmax_row_grad(k, dk));
        };
        // SAFETY: the tasks write q, k and v of every image and head.
        unsafe { filled(qkv.len(), |dqkv| (0..dout.len() / part).into_par_iter().for_each(|i| task(i, dqkv))) }
    }
}

impl CustomOp1 for LinearAttention {
    fn name(&self) -> &'static str {
        "linear-attention"
    }

    fn cpu_fwd(&self, qkv: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (b, c, h, w) = layout.shape().dims4()?;
        Ok((CpuStorage::F32(self.forward(slice(qkv, layout)?)), (b, c / 3, h, w).into()))
    }

    fn bwd(&self, qkv: &Tensor, _: &Tensor, dout: &Tensor) -> Result<Option<Tensor>> {
        let dqkv = with_values([qkv, &dout.contiguous()?], |[qkv, dout]| self.backward(qkv, dout))?;
        Ok(Some(to_tensor(dqkv, qkv.shape())?))
    }
}
