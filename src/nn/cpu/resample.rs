//! Max-pooling, nearest upsampling and the joining of channels.

use candle_core::{CpuStorage, CustomOp1, CustomOp2, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use std::mem::MaybeUninit;

use super::{
    apply::{slice, to_tensor, with_values},
    buffers::{SharedPtr, filled},
    simd::multiversion,
};

/// Maximum over 3x3 windows, stride 2, padding 1.
#[derive(Debug, Clone, Copy)]
pub struct MaxPool {
    pub height: usize,
    pub width: usize,
}

impl MaxPool {
    /// Finds for each output of a plane its maximum and where that is: the first in row order, or a NaN.
    fn plane(self, x: &[f32], work: &mut PoolBuffers) {
        let (half, out) = (self.width.div_ceil(2), self.sizes().1);
        work.row_values.resize(self.height * half, 0.);
        work.row_places.resize(self.height * half, 0);
        work.values.resize(out, 0.);
        work.places.resize(out, 0);
        work.odd.resize(half + 1, 0.);
        along_rows(x, self.width, &mut work.row_values, &mut work.row_places, &mut work.odd);
        for (oy, (values, places)) in work.values.chunks_mut(half).zip(work.places.chunks_mut(half)).enumerate() {
            let window = (2 * oy).saturating_sub(1) * half..((2 * oy + 2) * half).min(self.height * half);
            down_columns(&work.row_values[window.clone()], &work.row_places[window], values, places);
        }
    }

    fn sizes(self) -> (usize, usize) {
        (self.height * self.width, self.height.div_ceil(2) * self.width.div_ceil(2))
    }
}

/// A thread's maxima: of the windows of each row, then of whole windows.
#[derive(Default)]
struct PoolBuffers {
    row_values: Vec<f32>,
    row_places: Vec<u32>,
    /// Every second pixel of a row, between what lies beyond the image.
    odd: Vec<f32>,
    values: Vec<f32>,
    places: Vec<u32>,
}

/// Takes the first of two candidates unless the second is greater or NaN. (No branch, so that the compiler can use vectors.)
#[inline(always)]
fn better(a: (f32, u32), b: (f32, u32)) -> (f32, u32) {
    let takes = (b.0 > a.0) | b.0.is_nan();
    (if takes { b.0 } else { a.0 }, if takes { b.1 } else { a.1 })
}

multiversion! {
    fn along_rows(x: &[f32], width: usize, values: &mut [f32], places: &mut [u32], odd: &mut [f32]) {
        let half = width.div_ceil(2);
        let rows = values.chunks_exact_mut(half).zip(places.chunks_exact_mut(half));
        for (y, (x, (values, places))) in x.chunks_exact(width).zip(rows).enumerate() {
            // Pixels apart by evenness, so that windows are vectors; beyond the image nothing is greater.
            odd.fill(f32::NEG_INFINITY);
            for ((even, odd), pair) in values.iter_mut().zip(&mut odd[1..]).zip(x.chunks_exact(2)) {
                (*even, *odd) = (pair[0], pair[1]);
            }
            if !width.is_multiple_of(2) {
                values[half - 1] = x[width - 1];
            }
            let (first, last) = ((y * width) as u32, (width - 1) as u32);
            let odd = odd.iter().zip(&odd[1..]);
            for (i, ((value, place), (left, right))) in values.iter_mut().zip(places.iter_mut()).zip(odd).enumerate() {
                let column = 2 * i as u32;
                let best = better((*left, column.saturating_sub(1)), (*value, column));
                let best = better(best, (*right, (column + 1).min(last)));
                (*value, *place) = (best.0, first + best.1);
            }
        }
    }
}

multiversion! {
    fn down_columns(row_values: &[f32], row_places: &[u32], values: &mut [f32], places: &mut [u32]) {
        let half = values.len();
        values.copy_from_slice(&row_values[..half]);
        places.copy_from_slice(&row_places[..half]);
        for (row_values, row_places) in row_values[half..].chunks_exact(half).zip(row_places[half..].chunks_exact(half)) {
            let best = values.iter_mut().zip(places.iter_mut());
            for ((value, place), new) in best.zip(row_values.iter().zip(row_places)) {
                (*value, *place) = better((*value, *place), (*new.0, *new.1));
            }
        }
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
        y.par_chunks_mut(out).zip(x.par_chunks(size)).for_each_init(PoolBuffers::default, |work, (y, x)| {
            self.plane(x, work);
            y.copy_from_slice(&work.values);
        });
        let (b, c, h, w) = layout.shape().dims4()?;
        Ok((CpuStorage::F32(y), (b, c, h.div_ceil(2), w.div_ceil(2)).into()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        let (size, out) = self.sizes();
        let dx = with_values([x, &dy.contiguous()?], |[x, dy]| {
            let planes = x.par_chunks(size).zip(dy.par_chunks(out)).enumerate();
            let fill = |dx: SharedPtr| {
                planes.for_each_init(PoolBuffers::default, |work, (plane, (x, dy))| {
                    self.plane(x, work);
                    // SAFETY: this plane is ours, and there is one for each of `x`; it is read once all of it is zero.
                    let dx = unsafe {
                        let dx = dx.unwritten(plane * size, size);
                        dx.fill(MaybeUninit::new(0.));
                        dx.assume_init_mut()
                    };
                    work.places.iter().zip(dy).for_each(|(&at, dy)| dx[at as usize] += dy);
                });
            };
            // SAFETY: the planes are all of it.
            unsafe { filled(x.len(), fill) }
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
