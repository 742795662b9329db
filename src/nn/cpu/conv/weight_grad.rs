//! The weight gradient of a convolution: `dw[o, c, ky, kx] = sum over pixels of dy[b, o, y, x] * x[b, c, s*y + ky - p, s*x + kx - p]`.
//!
//! A register tile holds some channels c times two vectors of output channels o, for one tap. It runs over the pixels of a group
//! of images whose source lies inside the image, from copies of `x` and `dy` that have channels side by side. No thread shares a
//! sum with another.
//!
//! Few channels (the first layer's three colours) would leave most of a tile empty. Their copy has zeros beside each row of the
//! image, so that all positions kx of the kernel lie beside each other from any pixel on: the tile then holds some (kx, c), for
//! one ky.

use rayon::prelude::*;

use super::tile_height::with_height;
use crate::nn::cpu::{
    buffers::{Scratch, SharedPtr},
    simd::{Kernel, Simd, dispatch},
    transpose::transpose_to,
};

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

/// Pixels that a tile runs over at once; their copies stay in the second-level cache.
const PIXELS: usize = 1024;
/// Output channels that tasks are cut at: two vectors of the widest kind.
const OUTPUTS: usize = 32;
/// Output channels that share a copy of `x`.
const MOST_OUTPUTS: usize = 128;
/// Channels up to which a tile holds positions of the kernel as well.
const FEW_CHANNELS: usize = 4;

impl WeightGrad<'_> {
    pub fn len(&self) -> usize {
        self.out.0 * self.dims.1 * self.kernel * self.kernel
    }

    /// Writes all of `dw` (out channels, channels, kernel, kernel).
    ///
    /// # Safety
    /// `dw` must have room for `len` floats; the slices must fit the sizes.
    pub unsafe fn run(&self, dw: SharedPtr) {
        let threads = rayon::current_num_threads();
        let wanted = if threads == 1 { 1 } else { 2 * threads };
        let (blocks, channels) = (self.out.0.div_ceil(OUTPUTS), self.dims.1);
        let blocks_a_task = blocks.div_ceil(wanted).min(MOST_OUTPUTS / OUTPUTS);
        let outputs = blocks_a_task * OUTPUTS;
        let parts = self.out.0.div_ceil(outputs);
        // Splitting the channels costs one more copy of `dy` each time.
        let cuts = wanted.div_ceil(parts).min(channels.div_ceil(16));
        let width = channels.div_ceil(cuts);
        (0..parts * cuts).into_par_iter().for_each(|task| {
            let (part, cut) = (task / cuts, task % cuts);
            let outputs = (part * outputs, ((part + 1) * outputs).min(self.out.0));
            let channels = (cut * width, ((cut + 1) * width).min(channels));
            if channels.0 < channels.1 {
                dispatch(WeightGradTask { job: self, dw, outputs, channels });
            }
        });
    }

    /// Outputs along an axis of `n` whose source with kernel position `k` lies inside an axis of `length`.
    fn inside(&self, k: usize, n: usize, length: usize) -> (usize, usize) {
        let from = self.padding.saturating_sub(k).div_ceil(self.stride);
        let to = (length + self.padding).saturating_sub(k).div_ceil(self.stride);
        (from.min(n), to.min(n))
    }
}

struct WeightGradTask<'a> {
    job: &'a WeightGrad<'a>,
    dw: SharedPtr,
    outputs: (usize, usize),
    channels: (usize, usize),
}

impl Kernel for WeightGradTask<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let job = self.job;
        let (batch, channels, height, width) = job.dims;
        let (all_outputs, out_height, out_width) = job.out;
        let (size, out_size) = (height * width, out_height * out_width);
        let panel = 2 * S::LANES;
        let outputs = self.outputs.1 - self.outputs.0;
        let panels = outputs.div_ceil(panel);
        let few = channels <= FEW_CHANNELS;
        let channels_here = self.channels.1 - self.channels.0;
        // Rows that tiles are cut from, and how often they run over the pixels.
        let (count, taps) = if few { (job.kernel * channels_here, job.kernel) } else { (channels_here, job.kernel * job.kernel) };
        // Groups of nearly equal height.
        let groups = count.div_ceil(S::ROWS);
        let images = (PIXELS / out_size).clamp(1, batch);
        // Of a copy of an image with zeros beside its rows.
        let pitch = (width + 2 * job.padding) * channels_here;
        let x_length = if few { height * pitch } else { size * S::ROWS };
        let lengths = (panels * images * out_size * panel, images * x_length, taps * count * panels * panel);
        let mut scratch = Scratch::take(lengths.0 + lengths.1 + lengths.2);
        let (dy, rest) = scratch.values().split_at_mut(lengths.0);
        let (x, rest) = rest.split_at_mut(lengths.1);
        // (panel, tap, row, two vectors)
        let sums = &mut rest[..lengths.2];
        sums.fill(0.);
        for first in (0..batch).step_by(images) {
            let images = images.min(batch - first);
            // SAFETY: image, channel and pixel indices are within the sizes that the scratch was cut for.
            unsafe {
                for (p, image) in (0..panels).flat_map(|p| (0..images).map(move |image| (p, image))) {
                    let output = self.outputs.0 + p * panel;
                    let from = job.dy.as_ptr().add(((first + image) * all_outputs + output) * out_size);
                    let to = dy.as_mut_ptr().add((p * images + image) * out_size * panel);
                    transpose_to::<S>(from, (panel.min(self.outputs.1 - output), out_size), out_size, to, panel);
                }
                let planes = |image: usize, c: usize| {
                    job.x.as_ptr().wrapping_add(((first + image) * channels + self.channels.0 + c) * size)
                };
                if few {
                    x.fill(0.);
                    for (image, y) in (0..images).flat_map(|image| (0..height).map(move |y| (image, y))) {
                        let to = x.as_mut_ptr().add((image * height + y) * pitch + job.padding * channels_here);
                        transpose_to::<S>(planes(image, 0).add(y * width), (channels_here, width), size, to, channels_here);
                    }
                }
                for group in 0..groups {
                    let (from, to) = (count * group / groups, count * (group + 1) / groups);
                    let rows = to - from;
                    for image in (0..images).filter(|_| !few) {
                        let to = x.as_mut_ptr().add(image * size * rows);
                        transpose_to::<S>(planes(image, from), (rows, size), size, to, rows);
                    }
                    for tap in 0..taps {
                        let (ky, kx) = if few { (tap, 0) } else { (tap / job.kernel, tap % job.kernel) };
                        let y = job.inside(ky, out_height, height);
                        let walk = if few {
                            let (columns, step) = ((0, out_width), job.stride * channels_here);
                            Walk { job, images, y, columns, ky, pitch, step, first: from }
                        } else {
                            let columns = job.inside(kx, out_width, width);
                            // Where no source lies inside, nothing is read.
                            let first = (job.stride * columns.0 + kx).saturating_sub(job.padding) * rows;
                            Walk { job, images, y, columns, ky, pitch: width * rows, step: job.stride * rows, first }
                        };
                        for p in 0..panels {
                            let dy = dy.as_ptr().add(p * images * out_size * panel);
                            let sums = sums.as_mut_ptr().add(((p * taps + tap) * count + from) * panel);
                            with_height!(rows, H => walk.accumulate::<S, H>(x.as_ptr(), dy, sums))
                        }
                    }
                }
            }
        }
        let kernel = job.kernel * job.kernel;
        for o in 0..outputs {
            let (p, lane) = (o / panel, o % panel);
            // SAFETY: output channel `outputs.0 + o` and our channels: ours alone.
            let to = unsafe { self.dw.get().add(((self.outputs.0 + o) * channels + self.channels.0) * kernel) };
            for (tap, row) in (0..taps).flat_map(|tap| (0..count).map(move |row| (tap, row))) {
                let at = if few {
                    let (kx, c) = (row / channels_here, row % channels_here);
                    c * kernel + tap * job.kernel + kx
                } else {
                    row * kernel + tap
                };
                // SAFETY: as above.
                unsafe { *to.add(at) = sums[((p * taps + tap) * count + row) * panel + lane] };
            }
        }
    }
}

/// The pixels that a tap runs over.
struct Walk<'a> {
    job: &'a WeightGrad<'a>,
    images: usize,
    y: (usize, usize),
    columns: (usize, usize),
    ky: usize,
    /// Values of a row of the copy of `x`.
    pitch: usize,
    /// From the source of one pixel to that of the next.
    step: usize,
    /// Place of the source of the first column in its row.
    first: usize,
}

impl Walk<'_> {
    /// Adds to `sums` (row, two vectors) what the pixels give; `x` is (pixel, channel), `dy` (pixel, two vectors).
    ///
    /// # Safety
    /// As for [`Simd`]; all of them must be there, for every pixel whose source lies inside the image.
    #[inline(always)]
    unsafe fn accumulate<S: Simd, const ROWS: usize>(&self, x: *const f32, dy: *const f32, sums: *mut f32) {
        let height = self.job.dims.2;
        let (_, out_height, out_width) = self.job.out;
        let (stride, padding) = (self.job.stride, self.job.padding);
        if self.columns.0 >= self.columns.1 {
            return;
        }
        // SAFETY: the caller's promise: `y` and `columns` were cut to pixels whose source lies inside.
        unsafe {
            let mut tile = [[S::splat(0.); 2]; ROWS];
            for image in 0..self.images {
                for y in self.y.0..self.y.1 {
                    let mut x = x.add((image * height + stride * y + self.ky - padding) * self.pitch + self.first);
                    let mut dy = dy.add(((image * out_height + y) * out_width + self.columns.0) * 2 * S::LANES);
                    for _ in self.columns.0..self.columns.1 {
                        let (left, right) = (S::load(dy), S::load(dy.add(S::LANES)));
                        for (row, sums) in tile.iter_mut().enumerate() {
                            let x = S::splat(*x.add(row));
                            sums[0] = S::fma(x, left, sums[0]);
                            sums[1] = S::fma(x, right, sums[1]);
                        }
                        x = x.wrapping_add(self.step);
                        dy = dy.add(2 * S::LANES);
                    }
                }
            }
            // Plain nested loops: the compiler unrolls them and so keeps the tile in registers above.
            for (row, tile) in tile.iter().enumerate() {
                for (half, sum) in tile.iter().enumerate() {
                    let to = sums.add((row * 2 + half) * S::LANES);
                    S::store(to, S::add(S::load(to), *sum));
                }
            }
        }
    }
}
