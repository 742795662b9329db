//! The weight gradient of a convolution: `dw[o, c, ky, kx] = sum over pixels of dy[b, o, y, x] * x[b, c, s*y + ky - p, s*x + kx - p]`.
//!
//! A register tile holds some rows of taps (a row is a (c, ky) and all its kx) times two vectors of output channels. It runs over
//! the pixels of a group of images, reading taps as broadcasts straight from a padded copy of the channel's planes, and the
//! gradient `dy` transposed to have channels side by side. No thread shares a sum with another.

use rayon::prelude::*;

use crate::nn::cpu::simd::{Kernel, Simd, dispatch};
use crate::nn::cpu::{Scratch, Shared};

/// Sizes of the convolution whose weight gradient is wanted.
#[derive(Debug, Clone, Copy)]
pub struct WeightGrad<'a> {
    pub x: &'a [f32],
    /// (batch, channels, height, width) of `x`
    pub dims: (usize, usize, usize, usize),
    pub dy: &'a [f32],
    /// (channels, height, width) of `dy`
    pub out: (usize, usize, usize),
    pub kernel: usize,
    pub stride: usize,
    pub padding: usize,
}

/// Pixels that a tile runs over at once; their transposed gradients stay in the second-level cache.
const PIXELS: usize = 1024;
/// Output channels that the tasks' blocks are multiples of: two vectors of the widest kind.
const OUTPUTS: usize = 32;

impl WeightGrad<'_> {
    pub fn len(&self) -> usize {
        self.out.0 * self.dims.1 * self.kernel * self.kernel
    }

    /// Writes all of `dw` (out channels, channels, kernel, kernel).
    ///
    /// # Safety
    /// `dw` must have room for `len` floats; the slices must fit the sizes.
    pub unsafe fn run(&self, dw: Shared) {
        let blocks = self.out.0.div_ceil(OUTPUTS);
        let threads = rayon::current_num_threads();
        // Splitting the channels costs one more transposition of `dy` each time.
        let parts = if threads == 1 { 1 } else { (2 * threads).div_ceil(blocks).min(self.dims.1.div_ceil(8)) };
        let channels = self.dims.1.div_ceil(parts);
        (0..blocks * parts).into_par_iter().for_each(|task| {
            let (block, part) = (task / parts, task % parts);
            let outputs = (block * OUTPUTS, ((block + 1) * OUTPUTS).min(self.out.0));
            let channels = (part * channels, ((part + 1) * channels).min(self.dims.1));
            if channels.0 < channels.1 {
                dispatch(Task { job: self, dw, outputs, channels });
            }
        });
    }
}

struct Task<'a> {
    job: &'a WeightGrad<'a>,
    dw: Shared,
    outputs: (usize, usize),
    channels: (usize, usize),
}

/// The gradients `dy` of `pixels` from `from` on, channels `outputs`, to `to` (pixel, 2 vectors of channels), zero beyond.
#[inline(always)]
unsafe fn transpose(dy: *const f32, outputs: usize, size: usize, pixels: usize, to: *mut f32, lanes: usize) {
    unsafe {
        for first in (0..pixels).step_by(16) {
            for o in 0..lanes {
                for pixel in first..(first + 16).min(pixels) {
                    *to.add(pixel * lanes + o) = if o < outputs { *dy.add(o * size + pixel) } else { 0. };
                }
            }
        }
    }
}

impl Kernel for Task<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let mut outputs = self.outputs.0;
        while outputs < self.outputs.1 {
            let count = (2 * S::LANES).min(self.outputs.1 - outputs);
            // SAFETY: the caller's.
            unsafe {
                match self.job.kernel {
                    1 if S::ROWS >= 12 => self.block::<S, 8, 1>(outputs, count),
                    1 => self.block::<S, 5, 1>(outputs, count),
                    3 if S::ROWS >= 12 => self.block::<S, 4, 3>(outputs, count),
                    3 => self.block::<S, 2, 3>(outputs, count),
                    4 if S::ROWS >= 12 => self.block::<S, 3, 4>(outputs, count),
                    4 => self.block::<S, 1, 4>(outputs, count),
                    5 => self.block::<S, 1, 5>(outputs, count),
                    7 => self.block::<S, 1, 7>(outputs, count),
                    _ => self.block::<S, 1, 2>(outputs, count),
                }
            }
            outputs += count;
        }
    }
}

impl Task<'_> {
    /// The gradients of `count` output channels from `output` on, for all our channels.
    #[inline(always)]
    unsafe fn block<S: Simd, const ROWS: usize, const KERNEL: usize>(&self, output: usize, count: usize) {
        let job = self.job;
        let (batch, channels, height, width) = job.dims;
        let (all_outputs, out_height, out_width) = job.out;
        let size = out_height * out_width;
        let (padded_height, padded_width) = (height + 2 * job.padding, width + 2 * job.padding);
        let plane = padded_height * padded_width;
        let panel = 2 * S::LANES;
        let rows = (self.channels.1 - self.channels.0) * KERNEL;
        let groups = rows.div_ceil(ROWS);
        let images = (PIXELS / size).clamp(1, batch);
        // A group of rows touches this many channels at most.
        let planes = ROWS.div_ceil(KERNEL) + 1;
        let tile = ROWS * KERNEL * panel;
        let lengths = (images * size * panel, planes * images * plane, groups * tile);
        let mut scratch = Scratch::take(lengths.0 + lengths.1 + lengths.2);
        let (dy, rest) = scratch.0.split_at_mut(lengths.0);
        let (padded, rest) = rest.split_at_mut(lengths.1);
        let sums = &mut rest[..lengths.2];
        sums.fill(0.);
        padded.fill(0.);
        for first in (0..batch).step_by(images) {
            let images = images.min(batch - first);
            // SAFETY: image, channel and row indices are within the sizes that the scratch was cut for.
            unsafe {
                for image in 0..images {
                    let from = job.dy.as_ptr().add(((first + image) * all_outputs + output) * size);
                    transpose(from, count, size, size, dy.as_mut_ptr().add(image * size * panel), panel);
                }
                for group in 0..groups {
                    let row = |i: usize| (group * ROWS + i).min(rows - 1);
                    let (low, high) = (row(0) / KERNEL, row(ROWS - 1) / KERNEL);
                    for channel in low..=high {
                        for image in 0..images {
                            let from = ((first + image) * channels + self.channels.0 + channel) * height * width;
                            let to = ((channel - low) * images + image) * plane + job.padding * padded_width + job.padding;
                            for y in 0..height {
                                let line = job.x.as_ptr().add(from + y * width);
                                line.copy_to_nonoverlapping(padded.as_mut_ptr().add(to + y * padded_width), width);
                            }
                        }
                    }
                    let starts: [*const f32; ROWS] = std::array::from_fn(|i| {
                        let (channel, ky) = (row(i) / KERNEL, row(i) % KERNEL);
                        padded.as_ptr().wrapping_add((channel - low) * images * plane + ky * padded_width)
                    });
                    let to = sums.as_mut_ptr().add(group * tile);
                    let steps = Steps { images, plane, line: job.stride * padded_width, stride: job.stride };
                    accumulate::<S, ROWS, KERNEL>(starts, dy.as_ptr(), (out_height, out_width), &steps, to);
                }
            }
        }
        for i in 0..rows * KERNEL {
            for o in 0..count {
                let at = (output + o) * channels * KERNEL * KERNEL + self.channels.0 * KERNEL * KERNEL + i;
                // SAFETY: row i of our channels, output channel `output + o`: ours alone.
                unsafe { *self.dw.get().add(at) = sums[i * panel + o] };
            }
        }
    }
}

/// How the padded planes are walked.
struct Steps {
    images: usize,
    plane: usize,
    line: usize,
    stride: usize,
}

/// Adds to the tile `sums` (row, kx, two vectors) what all pixels of the group give.
#[inline(always)]
unsafe fn accumulate<S: Simd, const ROWS: usize, const KERNEL: usize>(
    starts: [*const f32; ROWS],
    dy: *const f32,
    (height, width): (usize, usize),
    steps: &Steps,
    sums: *mut f32,
) {
    unsafe {
        let mut tile = [[[S::splat(0.); 2]; KERNEL]; ROWS];
        let mut dy = dy;
        for image in 0..steps.images {
            for y in 0..height {
                let mut at = image * steps.plane + y * steps.line;
                for _ in 0..width {
                    let (left, right) = (S::load(dy), S::load(dy.add(S::LANES)));
                    dy = dy.add(2 * S::LANES);
                    for (start, row) in starts.iter().zip(&mut tile) {
                        for (kx, sums) in row.iter_mut().enumerate() {
                            let x = S::splat(*start.add(at + kx));
                            sums[0] = S::fma(x, left, sums[0]);
                            sums[1] = S::fma(x, right, sums[1]);
                        }
                    }
                    at += steps.stride;
                }
            }
        }
        // Plain nested loops: the compiler unrolls them and so keeps the tile in registers above.
        for (row, tile) in tile.iter().enumerate() {
            for (kx, tile) in tile.iter().enumerate() {
                for (half, sum) in tile.iter().enumerate() {
                    let to = sums.add(((row * KERNEL + kx) * 2 + half) * S::LANES);
                    S::store(to, S::add(S::load(to), *sum));
                }
            }
        }
    }
}
