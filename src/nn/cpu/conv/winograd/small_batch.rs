//! Few tiles and many channels, as in a small batch: a task takes two vectors of outputs through all tiles. Its weights are
//! transformed a few channels at a time and never leave the second-level cache: there are four times as many of them as there
//! were before.

use rayon::prelude::*;

use super::{
    product::Product,
    stages::{PAD, Winograd, finish, transform_row, transform_weights},
    tiles::{POINTS, WinogradTiles},
};
use crate::nn::cpu::{
    buffers::{Scratch, SharedPtr, UnwrittenBuffer, filled},
    simd::{self, Kernel, Simd, dispatch},
};

/// Tiles up to which a task's sums stay in the second-level cache.
pub const MAX_TILES: usize = 64;
/// Channels of a block of weights, a multiple of every vector's length.
const CHANNELS: usize = 32;

/// As [`super::convolve`].
pub fn run(job: &Winograd) -> Vec<f32> {
    let (grid, length) = (job.grid, job.grid.channels + PAD);
    // SAFETY: every row of tiles writes its channels, and what is between them is never read; every panel writes its outputs.
    unsafe {
        let mut points = UnwrittenBuffer::new(POINTS * grid.tiles() * length);
        let points = points.ptr();
        (0..grid.rows()).into_par_iter().for_each(|row| dispatch(RowPoints { job, row, points }));
        filled(grid.images * job.outputs * grid.height * grid.width, |out| {
            (0..job.outputs / (2 * simd::lanes()))
                .into_par_iter()
                .for_each(|panel| dispatch(OutputPanel { job, panel, points, out }));
        })
    }
}

/// A row of tiles of the input into `(point, tile, channel)`.
struct RowPoints<'a> {
    job: &'a Winograd<'a>,
    row: usize,
    points: SharedPtr,
}

impl Kernel for RowPoints<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Self { job, row, points } = self;
        let (grid, length) = (job.grid, job.grid.channels + PAD);
        // SAFETY: the scratch has the strip's size; the row's tiles are ours.
        unsafe {
            let mut scratch = Scratch::take(grid.strip(1, S::LANES));
            let to = points.get().add(row * grid.across() * length);
            transform_row::<S>(job.x.as_ptr(), &grid, row, scratch.values().as_mut_ptr(), to, length, grid.tiles() * length);
        }
    }
}

/// Two vectors of outputs, from the points to the result.
struct OutputPanel<'a> {
    job: &'a Winograd<'a>,
    panel: usize,
    points: SharedPtr,
    out: SharedPtr,
}

impl Kernel for OutputPanel<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Self { job, panel, points, out } = self;
        let grid: WinogradTiles = job.grid;
        let (tiles, length, width) = (grid.tiles(), grid.channels + PAD, 2 * S::LANES);
        let (strip, block) = (grid.strip(0, S::LANES), POINTS * CHANNELS * width);
        // SAFETY: the scratch has the sizes that are computed here; channels and tiles stay within the points, and these outputs
        // are ours.
        unsafe {
            let mut scratch = Scratch::take(strip + block + POINTS * tiles * width);
            let (strip, rest) = scratch.values().split_at_mut(strip);
            let (weights, products) = rest.split_at_mut(block);
            for first in (0..grid.channels).step_by(CHANNELS) {
                let count = CHANNELS.min(grid.channels - first);
                transform_weights::<S>(job, panel, (first, first + count), weights.as_mut_ptr());
                for point in 0..POINTS {
                    let product = Product {
                        a: points.get().add(point * tiles * length + first),
                        a_row: length,
                        a_k: 1,
                        b: weights.as_ptr().add(point * count * width),
                        b_k: width,
                        depth: count,
                        out: products.as_mut_ptr().add(point * tiles * width),
                        out_row: width,
                        adds: first > 0,
                    };
                    product.run::<S>(tiles);
                }
            }
            finish::<S>(job, panel, (0, grid.rows()), products.as_ptr(), strip.as_mut_ptr(), out);
        }
    }
}
