//! Many tiles: weights are transformed once, then a task takes some rows of tiles through all of it, so that what lies between
//! stays in its second-level cache.

use rayon::prelude::*;

use super::{
    product::Product,
    stages::{PAD, Winograd, finish, transform_row, transform_weights},
    tiles::POINTS,
};
use crate::nn::cpu::{
    buffers::{Scratch, SharedPtr, filled},
    simd::{self, Kernel, Simd, dispatch},
};

/// Tiles of a task: two panels of the product.
const TASK_TILES: usize = 24;

/// As [`super::convolve`].
pub fn run(job: &Winograd) -> Vec<f32> {
    let grid = job.grid;
    let panels = job.outputs / (2 * simd::lanes());
    // SAFETY: every weight of every panel is written.
    let weights = unsafe {
        filled(POINTS * grid.channels * job.outputs, |out| {
            (0..panels).into_par_iter().for_each(|panel| dispatch(Weights { job, panel, out }));
        })
    };
    let rows = (TASK_TILES / grid.across()).max(1);
    let tasks = grid.rows().div_ceil(rows);
    // SAFETY: every pixel of every channel is written, each by one task.
    unsafe {
        filled(grid.images * job.outputs * grid.height * grid.width, |out| {
            (0..tasks).into_par_iter().for_each(|task| {
                let rows = (task * rows, ((task + 1) * rows).min(grid.rows()));
                dispatch(Rows { job, weights: &weights, rows, out });
            });
        })
    }
}

/// Transforms the weights of two vectors of outputs: `(panel, point, channel, output)`.
struct Weights<'a> {
    job: &'a Winograd<'a>,
    panel: usize,
    out: SharedPtr,
}

impl Kernel for Weights<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let channels = self.job.grid.channels;
        // SAFETY: the panel's part of `out` is ours.
        unsafe {
            let out = self.out.get().add(self.panel * POINTS * channels * 2 * S::LANES);
            transform_weights::<S>(self.job, self.panel, (0, channels), out);
        }
    }
}

/// Some rows of tiles, from the image to the result.
struct Rows<'a> {
    job: &'a Winograd<'a>,
    weights: &'a [f32],
    rows: (usize, usize),
    out: SharedPtr,
}

impl Kernel for Rows<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Self { job, weights, rows, out } = self;
        let grid = job.grid;
        let (across, width) = (grid.across(), 2 * S::LANES);
        let tiles = (rows.1 - rows.0) * across;
        let (length, strip) = (grid.channels + PAD, grid.strip(1, S::LANES));
        // SAFETY: the scratch has the sizes that are computed here; rows, channels and panels stay within the images.
        unsafe {
            let mut scratch = Scratch::take(strip + POINTS * tiles * (length + width));
            let (strip, rest) = scratch.values().split_at_mut(strip);
            let (points, products) = rest.split_at_mut(POINTS * tiles * length);
            for row in rows.0..rows.1 {
                let to = points.as_mut_ptr().add((row - rows.0) * across * length);
                transform_row::<S>(job.x.as_ptr(), &grid, row, strip.as_mut_ptr(), to, length, tiles * length);
            }
            for panel in 0..job.outputs / width {
                let weights = weights.as_ptr().add(panel * POINTS * grid.channels * width);
                for point in 0..POINTS {
                    let product = Product {
                        a: points.as_ptr().add(point * tiles * length),
                        a_row: length,
                        a_k: 1,
                        b: weights.add(point * grid.channels * width),
                        b_k: width,
                        depth: grid.channels,
                        out: products.as_mut_ptr().add(point * tiles * width),
                        out_row: width,
                        adds: false,
                    };
                    product.run::<S>(tiles);
                }
                finish::<S>(job, panel, rows, products.as_ptr(), strip.as_mut_ptr(), out);
            }
        }
    }
}
