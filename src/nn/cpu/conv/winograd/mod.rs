//! Convolution with 3x3 kernels, stride 1 and padding 1 by Winograd's F(4x4, 3x3): 36 multiplications for 16 results instead of
//! 144, for some additions before and after.
//!
//! Images are cut into tiles of 4x4 results. Everything between the transforms is a matrix product over channels for each of the
//! 36 points. A task takes some rows of tiles through all of it, so that what lies between stays in its second-level cache.
//! Rounding errors are those of the direct form: what the transforms add, shorter sums take away.

mod few_tiles;
mod product;
mod strip;
mod transform;
mod weight_grad;

use rayon::prelude::*;

use self::{
    product::Product,
    transform::{Input, Map, Output, Weight},
};
use crate::nn::cpu::{
    Scratch, Shared, filled,
    simd::{self, Kernel, Simd, dispatch},
    transpose::transpose_to,
};
pub use strip::Grid;
pub use weight_grad::WeightGrad;

const TILE: usize = 4;
const PATCH: usize = 6;
const POINTS: usize = PATCH * PATCH;
/// Tiles of a task: two panels of the product.
const TASK_TILES: usize = 24;
/// Rows of matrices are this much longer than they need to be, so that rows do not fall on the same lines of the cache.
const PAD: usize = 16;

/// Pixels of all images from which on it is faster.
const LEAST_PIXELS: usize = 128;
/// Fewer images with fewer pixels than these are quick anyway, and a deep network that multiplies rounding errors (a U-Net with
/// arbitrary weights: a hundredfold) then keeps those of the direct form.
const FEW_IMAGES: usize = 4;
const FEW_PIXELS: usize = 4096;

/// Whether it can be used, and takes less time than the direct form.
pub fn pays(grid: &Grid, outputs: usize) -> bool {
    let lanes = simd::lanes();
    let fits = grid.channels.is_multiple_of(lanes) && outputs.is_multiple_of(2 * lanes);
    // Tiles that mostly hang over the border are work for nothing.
    let many = grid.images >= FEW_IMAGES || grid.pixels() >= FEW_PIXELS;
    fits && many && grid.pixels() >= LEAST_PIXELS && 2 * grid.pixels() >= TILE * TILE * grid.tiles()
}

/// The same for the gradient of the weights, which has more to do for each weight.
pub fn pays_for_weights(grid: &Grid, outputs: usize) -> bool {
    pays(grid, outputs) && grid.pixels().pow(2) >= 4 * grid.channels * outputs
}

/// `y[b, o] = bias[o] + sum_{c, tap} weights[o * row + c * channel + tap] * x[b, c, pixel + tap]`, taps in reverse if `flipped`.
pub struct Winograd<'a> {
    pub x: &'a [f32],
    pub grid: Grid,
    pub outputs: usize,
    pub weights: &'a [f32],
    pub row: usize,
    pub channel: usize,
    pub flipped: bool,
    pub bias: Option<&'a [f32]>,
}

impl Winograd<'_> {
    /// (images, outputs, height, width). The sizes must be such that [`pays`] is true, and fit the slices.
    pub fn run(&self) -> Vec<f32> {
        let grid = self.grid;
        let panels = self.outputs / (2 * simd::lanes());
        if grid.tiles() <= few_tiles::MOST && panels >= rayon::current_num_threads() {
            return few_tiles::run(self);
        }
        // SAFETY: every weight of every panel is written.
        let weights = unsafe {
            filled(POINTS * grid.channels * self.outputs, |out| {
                (0..panels).into_par_iter().for_each(|panel| dispatch(Weights { job: self, panel, out }));
            })
        };
        let rows = (TASK_TILES / grid.across()).max(1);
        let tasks = grid.rows().div_ceil(rows);
        // SAFETY: every pixel of every channel is written, each by one task.
        unsafe {
            filled(grid.images * self.outputs * grid.height * grid.width, |out| {
                (0..tasks).into_par_iter().for_each(|task| {
                    let rows = (task * rows, ((task + 1) * rows).min(grid.rows()));
                    dispatch(Rows { job: self, weights: &weights, rows, out });
                });
            })
        }
    }
}

/// Transforms the weights of two vectors of outputs: `(panel, point, channel, output)`.
struct Weights<'a> {
    job: &'a Winograd<'a>,
    panel: usize,
    out: Shared,
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

/// Writes the points of some channels' weights for two vectors of outputs: `(point, channel, output)`.
#[inline(always)]
unsafe fn transform_weights<S: Simd>(job: &Winograd, panel: usize, channels: (usize, usize), out: *mut f32) {
    let width = 2 * S::LANES;
    let count = channels.1 - channels.0;
    let mut taps = [0f32; 9 * 2 * simd::MAX_LANES];
    let taps = taps.as_mut_ptr();
    unsafe {
        for c in 0..count {
            let from = job.weights.as_ptr().add(panel * width * job.row + (channels.0 + c) * job.channel);
            transpose_to::<S>(from, (width, 9), job.row, taps, width);
            for half in 0..2 {
                let mut kernel = [[S::splat(0.); 3]; 3];
                for (i, row) in kernel.iter_mut().enumerate() {
                    for (j, tap) in row.iter_mut().enumerate() {
                        let at = if job.flipped { 8 - (3 * i + j) } else { 3 * i + j };
                        *tap = S::load(taps.add(at * width + half * S::LANES));
                    }
                }
                let points = <Weight as Map<S, 3, 6>>::apply_2d(&kernel);
                store_points::<S>(&points, out.add(c * width + half * S::LANES), count * width);
            }
        }
    }
}

/// Some rows of tiles, from the image to the result.
struct Rows<'a> {
    job: &'a Winograd<'a>,
    weights: &'a [f32],
    rows: (usize, usize),
    out: Shared,
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
            let (strip, rest) = scratch.0.split_at_mut(strip);
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

/// Two vectors of outputs of some rows of tiles, from `products` (point, tile, output).
#[inline(always)]
unsafe fn finish<S: Simd>(
    job: &Winograd,
    panel: usize,
    rows: (usize, usize),
    products: *const f32,
    strip: *mut f32,
    out: Shared,
) {
    let results = Grid { channels: job.outputs, ..job.grid };
    let (across, width) = (results.across(), 2 * S::LANES);
    unsafe {
        for o in [0, S::LANES] {
            let channel = panel * width + o;
            let bias = match job.bias {
                Some(bias) => S::load(bias.as_ptr().add(channel)),
                None => S::splat(0.),
            };
            for row in rows.0..rows.1 {
                let from = products.add((row - rows.0) * across * width + o);
                finish_row::<S>(from, &results, width, (rows.1 - rows.0) * across * width, bias, strip);
                results.store::<S>(strip, row, channel, out.get());
            }
        }
    }
}

/// The points of a row of tiles, all channels; tiles are `tile` and points `point` floats apart.
#[inline(always)]
unsafe fn transform_row<S: Simd>(
    x: *const f32,
    grid: &Grid,
    row: usize,
    strip: *mut f32,
    to: *mut f32,
    tile: usize,
    point: usize,
) {
    let columns = grid.columns(1);
    unsafe {
        for c in (0..grid.channels).step_by(S::LANES) {
            grid.load::<S>(x, row, c, 1, strip);
            for t in 0..grid.across() {
                let mut patch = [[S::splat(0.); PATCH]; PATCH];
                for (i, row) in patch.iter_mut().enumerate() {
                    for (j, pixel) in row.iter_mut().enumerate() {
                        *pixel = S::load(strip.add((i * columns + TILE * t + j) * S::LANES));
                    }
                }
                store_points::<S>(&<Input as Map<S, 6, 6>>::apply_2d(&patch), to.add(t * tile + c), point);
            }
        }
    }
}

#[inline(always)]
unsafe fn store_points<S: Simd>(points: &[[S::V; PATCH]; PATCH], to: *mut f32, point: usize) {
    for (i, row) in points.iter().enumerate() {
        for (j, &v) in row.iter().enumerate() {
            unsafe { S::store(to.add((PATCH * i + j) * point), v) };
        }
    }
}

/// A row of tiles of the result as a strip.
#[inline(always)]
unsafe fn finish_row<S: Simd>(from: *const f32, grid: &Grid, tile: usize, point: usize, bias: S::V, strip: *mut f32) {
    let columns = grid.columns(0);
    unsafe {
        for t in 0..grid.across() {
            let mut points = [[S::splat(0.); PATCH]; PATCH];
            for (i, row) in points.iter_mut().enumerate() {
                for (j, v) in row.iter_mut().enumerate() {
                    *v = S::load(from.add(t * tile + (PATCH * i + j) * point));
                }
            }
            let pixels = <Output as Map<S, 6, 4>>::apply_2d(&points);
            for (i, row) in pixels.iter().enumerate() {
                for (j, &pixel) in row.iter().enumerate() {
                    S::store(strip.add((i * columns + TILE * t + j) * S::LANES), S::add(pixel, bias));
                }
            }
        }
    }
}
