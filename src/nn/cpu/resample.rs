//! Max-pooling, nearest upsampling and the joining of channels.

use candle_core::{CpuStorage, CustomOp1, CustomOp2, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::{slice, to_tensor, with_values};

/// Maximum over 3x3 windows, stride 2, padding 1.
#[derive(Debug, Clone, Copy)]
pub struct MaxPool {
    pub height: usize,
    pub width: usize,
}

impl MaxPool {
    /// For each output of a plane, where its maximum is: the first in row order, or a NaN.
    #[inline(always)]
    fn each(self, x: &[f32], mut f: impl FnMut(usize, usize)) {
        let window = |o: usize, n: usize| (2 * o).saturating_sub(1)..(2 * o + 2).min(n);
        let mut output = 0;
        for oy in 0..self.height.div_ceil(2) {
            for ox in 0..self.width.div_ceil(2) {
                let columns = window(ox, self.width);
                let mut best = window(oy, self.height).start * self.width + columns.start;
                for y in window(oy, self.height) {
                    for at in y * self.width + columns.start..y * self.width + columns.end {
                        if x[at] > x[best] || x[at].is_nan() {
                            best = at;
                        }
                    }
                }
                f(output, best);
                output += 1;
            }
        }
    }

    fn sizes(self) -> (usize, usize) {
        (self.height * self.width, self.height.div_ceil(2) * self.width.div_ceil(2))
    }
}

impl CustomOp1 for MaxPool {
    fn name(&self) -> &'static str {
        "max-pool-3x3"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = slice(x, layout)?;
        let (size, out) = self.sizes();
        let mut y = vec![0.; x.len() / size * out];
        y.par_chunks_mut(out).zip(x.par_chunks(size)).for_each(|(y, x)| self.each(x, |o, at| y[o] = x[at]));
        let (b, c, h, w) = layout.shape().dims4()?;
        Ok((CpuStorage::F32(y), (b, c, h.div_ceil(2), w.div_ceil(2)).into()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        let (size, out) = self.sizes();
        let dx = with_values([x, &dy.contiguous()?], |[x, dy]| {
            let mut dx = vec![0.; x.len()];
            let planes = dx.par_chunks_mut(size).zip(x.par_chunks(size)).zip(dy.par_chunks(out));
            planes.for_each(|((dx, x), dy)| self.each(x, |o, at| dx[at] += dy[o]));
            dx
        })?;
        Ok(Some(to_tensor(dx, x.shape())?))
    }
}

/// Repeats each pixel of rows `width` long 2x2 times.
#[derive(Debug, Clone, Copy)]
pub struct Upsample {
    pub width: usize,
}

impl CustomOp1 for Upsample {
    fn name(&self) -> &'static str {
        "upsample-nearest-2"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = slice(x, layout)?;
        let mut y = vec![0.; 4 * x.len()];
        let image = x.len() / layout.dims()[0];
        y.par_chunks_mut(4 * image).zip(x.par_chunks(image)).for_each(|(y, x)| {
            for (y, x) in y.chunks_exact_mut(4 * self.width).zip(x.chunks_exact(self.width)) {
                let (upper, lower) = y.split_at_mut(2 * self.width);
                upper.chunks_exact_mut(2).zip(x).for_each(|(y, x)| y.fill(*x));
                lower.copy_from_slice(upper);
            }
        });
        let (b, c, h, w) = layout.shape().dims4()?;
        Ok((CpuStorage::F32(y), (b, c, 2 * h, 2 * w).into()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        let dx = with_values([&dy.contiguous()?], |[dy]| {
            let mut dx = vec![0.; dy.len() / 4];
            let image = x.elem_count() / x.dims()[0];
            dx.par_chunks_mut(image).zip(dy.par_chunks(4 * image)).for_each(|(dx, dy)| {
                for (dx, dy) in dx.chunks_exact_mut(self.width).zip(dy.chunks_exact(4 * self.width)) {
                    let (upper, lower) = dy.split_at(2 * self.width);
                    let pairs = upper.chunks_exact(2).zip(lower.chunks_exact(2));
                    dx.iter_mut().zip(pairs).for_each(|(dx, (u, l))| *dx = u[0] + u[1] + l[0] + l[1]);
                }
            });
            dx
        })?;
        Ok(Some(to_tensor(dx, x.shape())?))
    }
}

/// Puts the channels of two images after each other; `sizes` are the values of one image of each.
#[derive(Debug, Clone, Copy)]
pub struct Join {
    pub sizes: (usize, usize),
}

impl CustomOp2 for Join {
    fn name(&self) -> &'static str {
        "join-channels"
    }

    fn cpu_fwd(&self, a: &CpuStorage, la: &Layout, b: &CpuStorage, lb: &Layout) -> Result<(CpuStorage, Shape)> {
        let (a, b) = (slice(a, la)?, slice(b, lb)?);
        let mut y = vec![0.; a.len() + b.len()];
        let images = a.par_chunks(self.sizes.0).zip(b.par_chunks(self.sizes.1));
        y.par_chunks_mut(self.sizes.0 + self.sizes.1).zip(images).for_each(|(y, (a, b))| {
            let (left, right) = y.split_at_mut(a.len());
            left.copy_from_slice(a);
            right.copy_from_slice(b);
        });
        let ((n, c, h, w), more) = (la.shape().dims4()?, lb.dims()[1]);
        Ok((CpuStorage::F32(y), (n, c + more, h, w).into()))
    }

    fn bwd(&self, a: &Tensor, b: &Tensor, _: &Tensor, dy: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let (da, db) = with_values([&dy.contiguous()?], |[dy]| {
            let (mut da, mut db) = (vec![0.; a.elem_count()], vec![0.; b.elem_count()]);
            let images = da.par_chunks_mut(self.sizes.0).zip(db.par_chunks_mut(self.sizes.1));
            images.zip(dy.par_chunks(self.sizes.0 + self.sizes.1)).for_each(|((da, db), dy)| {
                let (left, right) = dy.split_at(da.len());
                da.copy_from_slice(left);
                db.copy_from_slice(right);
            });
            (da, db)
        })?;
        Ok((Some(to_tensor(da, a.shape())?), Some(to_tensor(db, b.shape())?)))
    }
}
