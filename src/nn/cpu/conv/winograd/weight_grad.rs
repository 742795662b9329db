//! The gradient of the weights: the products of the transformed input and output gradient, summed over all tiles.
//!
//! The images are cut into parts, each of which one thread takes through transforms and products to sums of its own, block by block
//! within its cache; the parts' sums are added at the end. Where the sums are too large for that, all threads share each block.

use rayon::prelude::*;

use super::{
    product::Product,
    stages::{PAD, to_points, transform_row},
    tiles::{PATCH, POINTS, TILE, WinogradTiles},
    transform::{Destination, OutputGradTransform, Transform, WeightGradTransform},
};
use crate::nn::cpu::{
    buffers::{Scratch, SharedPtr, UnwrittenBuffer, filled},
    simd::{self, Kernel, Simd, dispatch},
};

/// Floats of the transformed images that are worked on at a time: they stay in the second-level caches.
const BLOCK: usize = 1 << 18;
/// Weights for each of which one more tile is worked on at a time, so that sums are not fetched too often.
const WEIGHTS_A_TILE: usize = 2048;
/// Rows of a task's product.
const CHANNELS: usize = 48;
/// Weights up to which parts of the images have sums of their own, so that no thread waits for another.
const FEW_WEIGHTS: usize = 128 * 128;
/// Parts at most, and tiles of a part at least: as many on every machine, since the last bits of sums depend on it.
const MOST_PARTS: usize = 16;
const TILES_A_PART: usize = 64;

/// The gradient from `x` in the grid and `dy`, which has `outputs` channels in the same grid.
pub struct WinogradWeightGrad<'a> {
    pub x: &'a [f32],
    pub grid: WinogradTiles,
    pub dy: &'a [f32],
    pub outputs: usize,
}

impl WinogradWeightGrad<'_> {
    /// (outputs, channels, 3, 3). The sizes must be such that [`super::pays_for_weights`] is true, and fit the slices.
    pub fn run(&self) -> Vec<f32> {
        let Self { grid, outputs, .. } = *self;
        let (lanes, across) = (simd::lanes(), grid.across());
        let wanted = (BLOCK / (POINTS * (grid.channels + outputs + 2 * PAD))).max(grid.channels * outputs / WEIGHTS_A_TILE);
        let rows_a_block = (wanted / across).clamp(1, grid.rows());
        let length = POINTS * grid.channels * outputs;
        let parts = if grid.channels * outputs <= FEW_WEIGHTS { (grid.tiles() / TILES_A_PART).clamp(1, MOST_PARTS) } else { 1 };
        let rows_a_part = grid.rows().div_ceil(parts);
        let parts = grid.rows().div_ceil(rows_a_part);
        // SAFETY: all of it is written: by the first block of each part in `Sum`, below in `Finish`.
        unsafe {
            let sums = filled(parts * length, |sums| {
                if parts == 1 {
                    return self.shared_blocks(rows_a_block, sums);
                }
                (0..parts).into_par_iter().for_each(|part| {
                    let rows = (part * rows_a_part, ((part + 1) * rows_a_part).min(grid.rows()));
                    dispatch(Part { job: self, rows, rows_a_block, sums: sums.offset(part * length) });
                });
            });
            filled(outputs * grid.channels * 9, |out| {
                (0..outputs / lanes).into_par_iter().for_each(|part| {
                    dispatch(Finish { job: self, sums: &sums, parts, first: part * lanes, out });
                });
            })
        }
    }

    /// Block after block, each shared by all threads.
    ///
    /// # Safety
    /// `sums` must have room for (point, channel, output).
    unsafe fn shared_blocks(&self, rows_a_block: usize, sums: SharedPtr) {
        let grid = self.grid;
        let mut block = Block::new(self, rows_a_block);
        let block = block.pointers();
        let parts = grid.channels.div_ceil(CHANNELS);
        for first in (0..grid.rows()).step_by(rows_a_block) {
            let rows = rows_a_block.min(grid.rows() - first);
            (0..rows).into_par_iter().for_each(|row| {
                dispatch(RowPair { job: self, from: first + row, to: row, block });
            });
            (0..POINTS * parts).into_par_iter().for_each(|task| {
                let (point, part) = (task / parts, task % parts);
                let channels = (part * CHANNELS, ((part + 1) * CHANNELS).min(grid.channels));
                dispatch(Sum { job: self, point, channels, depth: rows * grid.across(), block, sums, adds: first > 0 });
            });
        }
    }
}

/// The points of some rows of tiles: `a` of the input (point, tile, channel), `b` of the result's gradient (point, tile, output).
struct Block {
    a: UnwrittenBuffer,
    b: UnwrittenBuffer,
    tiles: usize,
}

impl Block {
    fn new(job: &WinogradWeightGrad, rows: usize) -> Self {
        let tiles = rows * job.grid.across();
        let room = |channels: usize| UnwrittenBuffer::new(POINTS * tiles * (channels + PAD));
        Self { a: room(job.grid.channels), b: room(job.outputs), tiles }
    }

    fn pointers(&mut self) -> BlockPtr {
        BlockPtr { a: self.a.ptr(), b: self.b.ptr(), tiles: self.tiles }
    }
}

#[derive(Clone, Copy)]
struct BlockPtr {
    a: SharedPtr,
    b: SharedPtr,
    tiles: usize,
}

/// Some rows of tiles from the images to sums of their own.
struct Part<'a> {
    job: &'a WinogradWeightGrad<'a>,
    rows: (usize, usize),
    rows_a_block: usize,
    sums: SharedPtr,
}

impl Kernel for Part<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Self { job, rows, rows_a_block, sums } = self;
        let grid = job.grid;
        let mut block = Block::new(job, rows_a_block);
        let block = block.pointers();
        for first in (rows.0..rows.1).step_by(rows_a_block) {
            let count = rows_a_block.min(rows.1 - first);
            // SAFETY: block and sums are of this part alone.
            unsafe {
                for row in 0..count {
                    RowPair { job, from: first + row, to: row, block }.run::<S>();
                }
                let (channels, depth, adds) = ((0, grid.channels), count * grid.across(), first > rows.0);
                for point in 0..POINTS {
                    Sum { job, point, channels, depth, block, sums, adds }.run::<S>();
                }
            }
        }
    }
}

/// A row of tiles of both images into a block.
struct RowPair<'a> {
    job: &'a WinogradWeightGrad<'a>,
    /// Row of tiles in the images, and in the block.
    from: usize,
    to: usize,
    block: BlockPtr,
}

impl Kernel for RowPair<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Self { job, from, to, block: BlockPtr { a, b, tiles } } = self;
        let grid = job.grid;
        let results = WinogradTiles { channels: job.outputs, ..grid };
        let first = to * grid.across();
        // SAFETY: the scratch has the size of the larger strip; the row's part of the block is ours.
        unsafe {
            let mut scratch = Scratch::take(grid.strip(1, S::LANES));
            let strip = scratch.values().as_mut_ptr();
            let length = grid.channels + PAD;
            transform_row::<S>(job.x.as_ptr(), &grid, from, strip, a.get().add(first * length), length, tiles * length);
            let (length, columns) = (job.outputs + PAD, grid.columns(0));
            for c in (0..job.outputs).step_by(S::LANES) {
                results.load::<S>(job.dy.as_ptr(), from, c, 0, strip);
                for t in 0..grid.across() {
                    let mut tile = [[S::splat(0.); TILE]; TILE];
                    for (i, row) in tile.iter_mut().enumerate() {
                        for (j, pixel) in row.iter_mut().enumerate() {
                            *pixel = S::load(strip.add((i * columns + TILE * t + j) * S::LANES));
                        }
                    }
                    let to = b.get().add((first + t) * length + c);
                    <OutputGradTransform as Transform<S, 4, 6>>::apply_2d(&tile, &to_points(to, tiles * length));
                }
            }
        }
    }
}

/// The sums of one point, some channels by all outputs: `sums` is (point, channel, output).
struct Sum<'a> {
    job: &'a WinogradWeightGrad<'a>,
    point: usize,
    channels: (usize, usize),
    /// Tiles of the block that are in use.
    depth: usize,
    block: BlockPtr,
    sums: SharedPtr,
    adds: bool,
}

impl Kernel for Sum<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Self { job, point, channels, depth, block: BlockPtr { a, b, tiles }, sums, adds } = self;
        let (a_length, b_length) = (job.grid.channels + PAD, job.outputs + PAD);
        // SAFETY: all indices are within the blocks; these channels of the point are ours.
        unsafe {
            for o in (0..job.outputs).step_by(2 * S::LANES) {
                let product = Product {
                    a: a.get().add(point * tiles * a_length + channels.0),
                    a_row: 1,
                    a_k: a_length,
                    b: b.get().add(point * tiles * b_length + o),
                    b_k: b_length,
                    depth,
                    out: sums.get().add((point * job.grid.channels + channels.0) * job.outputs + o),
                    out_row: job.outputs,
                    adds,
                };
                product.run::<S>(channels.1 - channels.0);
            }
        }
    }
}

/// A vector of outputs from the points back to the taps.
struct Finish<'a> {
    job: &'a WinogradWeightGrad<'a>,
    /// The sums of all parts.
    sums: &'a [f32],
    parts: usize,
    first: usize,
    out: SharedPtr,
}

impl Kernel for Finish<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Self { job, sums, parts, first, out } = self;
        let channels = job.grid.channels;
        let point = channels * job.outputs;
        let mut taps = [0f32; 9 * simd::MAX_LANES];
        let taps = taps.as_mut_ptr();
        // SAFETY: all indices are within `sums`; these outputs are ours.
        unsafe {
            let out = out.get().add(first * channels * 9);
            for c in 0..channels {
                let from = sums.as_ptr().add(c * job.outputs + first);
                let mut points = [[S::splat(0.); PATCH]; PATCH];
                for (i, row) in points.iter_mut().enumerate() {
                    for (j, v) in row.iter_mut().enumerate() {
                        let from = from.add((PATCH * i + j) * point);
                        *v = S::load(from);
                        for part in 1..parts {
                            *v = S::add(*v, S::load(from.add(part * POINTS * point)));
                        }
                    }
                }
                let kernel = Destination { to: taps, row: 3 * S::LANES, column: S::LANES, bias: None };
                <WeightGradTransform as Transform<S, 6, 3>>::apply_2d(&points, &kernel);
                // To (output, tap).
                for lane in (0..S::LANES).step_by(8) {
                    S::transpose_8x8(taps.add(lane), S::LANES, out.add((lane * channels + c) * 9), channels * 9);
                }
                for lane in 0..S::LANES {
                    *out.add((lane * channels + c) * 9 + 8) = *taps.add(8 * S::LANES + lane);
                }
            }
        }
    }
}
