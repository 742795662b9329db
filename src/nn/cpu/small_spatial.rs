//! Batch normalisation of channels with few pixels: an image's channels lie side by side as one row of columns (channel, pixel),
//! and sums run down the columns, a vector of them at a time. Channel by channel there would be more calls than work.

use rayon::prelude::*;

use super::{math::relu, simd::multiversion};

/// Channels of fewer pixels are small.
pub const SMALL: usize = 48;
/// Columns of a task. (The partition is fixed, so that sums do not depend on the number of threads.)
const BLOCK: usize = 256;

/// Images of `columns` values in `channels` channels.
#[derive(Debug, Clone, Copy)]
pub struct ChannelColumns {
    pub channels: usize,
    pub columns: usize,
}

impl ChannelColumns {
    fn size(&self) -> usize {
        self.columns / self.channels
    }

    /// A value a channel as a value a column.
    pub fn broadcast(&self, value: impl Fn(usize) -> f32) -> Vec<f32> {
        (0..self.columns).map(|i| value(i / self.size())).collect()
    }

    fn fold(&self, sums: &[f64]) -> Vec<f64> {
        sums.chunks(self.size()).map(|column| column.iter().sum()).collect()
    }

    /// Mean and biased variance of each channel.
    pub fn moments(&self, x: &[f32]) -> Vec<(f32, f32)> {
        let n = (x.len() / self.channels) as f64;
        let sums = |center: &[f32], power: fn(&[f32], &[f32], &mut [f64])| {
            let mut sums = vec![0f64; self.columns];
            sums.par_chunks_mut(BLOCK).zip(center.par_chunks(BLOCK)).enumerate().for_each(|(k, (sums, center))| {
                x.chunks_exact(self.columns).for_each(|x| power(&x[k * BLOCK..][..sums.len()], center, sums));
            });
            self.fold(&sums)
        };
        let mean: Vec<f32> = sums(&vec![0.; self.columns], add).iter().map(|sum| (sum / n) as f32).collect();
        let squares = sums(&self.broadcast(|c| mean[c]), add_square);
        mean.into_iter().zip(squares).map(|(mean, sum)| (mean, (sum / n) as f32)).collect()
    }

    /// `relu?(factor * x + offset + shortcut?)`, factor and offset by column.
    pub fn forward(&self, x: &[f32], factor: &[f32], offset: &[f32], shortcut: Option<&[f32]>, relu: bool) -> Vec<f32> {
        let mut y = vec![0.; x.len()];
        let images = y.par_chunks_mut(self.columns).zip(x.par_chunks(self.columns));
        match shortcut {
            Some(shortcut) => images
                .zip(shortcut.par_chunks(self.columns))
                .for_each(|((y, x), shortcut)| affine_add(x, factor, offset, shortcut, relu, y)),
            None => images.for_each(|(y, x)| affine(x, factor, offset, relu, y)),
        }
        y
    }

    /// Sums of `dz` and of `dz * x` over each channel, where `dz` is `dy` where `y` lets it through (everywhere without `relu`).
    pub fn grad_sums(&self, x: &[f32], y: &[f32], dy: &[f32], relu: bool) -> (Vec<f64>, Vec<f64>) {
        let (mut total, mut with_x) = (vec![0f64; self.columns], vec![0f64; self.columns]);
        let blocks = total.par_chunks_mut(BLOCK).zip(with_x.par_chunks_mut(BLOCK)).enumerate();
        blocks.for_each(|(k, (total, with_x))| {
            for at in (k * BLOCK..x.len()).step_by(self.columns) {
                let at = at..at + total.len();
                add_grads(&x[at.clone()], &y[at.clone()], &dy[at], relu, total, with_x);
            }
        });
        (self.fold(&total), self.fold(&with_x))
    }

    /// `a * dz + b * x + offset` by column, into `dx`; and `dz` where it is wanted.
    pub fn backward(
        &self,
        (x, y, dy): (&[f32], &[f32], &[f32]),
        relu: bool,
        [a, b, offset]: [&[f32]; 3],
        wants_dz: bool,
    ) -> (Vec<f32>, Vec<f32>) {
        let (mut dx, mut dz) = (vec![0.; x.len()], vec![0.; x.len()]);
        let images = dx.par_chunks_mut(self.columns).zip(dz.par_chunks_mut(self.columns)).enumerate();
        images.for_each(|(k, (dx, dz))| {
            let at = k * self.columns..(k + 1) * self.columns;
            pass_grads(&y[at.clone()], &dy[at.clone()], relu, dz);
            combine(dz, &x[at], a, b, offset, dx);
        });
        (dx, if wants_dz { dz } else { Vec::new() })
    }
}

multiversion! {
    fn add(x: &[f32], _center: &[f32], sums: &mut [f64]) {
        sums.iter_mut().zip(x).for_each(|(sum, x)| *sum += f64::from(*x));
    }
}

multiversion! {
    fn add_square(x: &[f32], center: &[f32], sums: &mut [f64]) {
        sums.iter_mut().zip(x).zip(center).for_each(|((sum, x), c)| {
            let d = f64::from(x - c);
            *sum += d * d;
        });
    }
}

multiversion! {
    fn affine(x: &[f32], a: &[f32], b: &[f32], positive: bool, y: &mut [f32]) {
        y.iter_mut().zip(x).zip(a).zip(b).for_each(|(((y, x), a), b)| *y = a * x + b);
        if positive {
            y.iter_mut().for_each(|y| *y = relu(*y));
        }
    }
}

multiversion! {
    fn affine_add(x: &[f32], a: &[f32], b: &[f32], shortcut: &[f32], positive: bool, y: &mut [f32]) {
        y.iter_mut().zip(x).zip(a).zip(b).zip(shortcut).for_each(|((((y, x), a), b), s)| *y = a * x + b + s);
        if positive {
            y.iter_mut().for_each(|y| *y = relu(*y));
        }
    }
}

multiversion! {
    fn add_grads(x: &[f32], y: &[f32], dy: &[f32], relu: bool, total: &mut [f64], with_x: &mut [f64]) {
        let all = !relu;
        total.iter_mut().zip(with_x).zip(x).zip(y).zip(dy).for_each(|((((total, with_x), x), y), dy)| {
            let dz = f64::from(if all | (*y > 0.) | y.is_nan() { *dy } else { 0. });
            *total += dz;
            *with_x += dz * f64::from(*x);
        });
    }
}

multiversion! {
    fn pass_grads(y: &[f32], dy: &[f32], relu: bool, dz: &mut [f32]) {
        let all = !relu;
        dz.iter_mut().zip(y).zip(dy).for_each(|((dz, y), dy)| *dz = if all | (*y > 0.) | y.is_nan() { *dy } else { 0. });
    }
}

multiversion! {
    fn combine(dz: &[f32], x: &[f32], a: &[f32], b: &[f32], offset: &[f32], dx: &mut [f32]) {
        let coefficients = a.iter().zip(b).zip(offset);
        dx.iter_mut().zip(dz).zip(x).zip(coefficients).for_each(|(((dx, dz), x), ((a, b), offset))| *dx = a * dz + b * x + offset);
    }
}
