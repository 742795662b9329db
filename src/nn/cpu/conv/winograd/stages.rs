//! What is computed, and its steps: weights to points, a row of tiles to points, products to results.

use super::{
    tiles::{PATCH, TILE, WinogradTiles},
    transform::{Destination, InputTransform, OutputTransform, Transform, WeightTransform},
};
use crate::nn::cpu::{
    buffers::SharedPtr,
    simd::{self, Simd},
    transpose::transpose_to,
};

/// Rows of matrices are this much longer than they need to be, so that rows do not fall on the same lines of the cache.
pub const PAD: usize = 16;

/// `y[b, o] = bias[o] + sum_{c, tap} weights[o * row + c * channel + tap] * x[b, c, pixel + tap]`, taps in reverse if `flipped`.
pub struct Winograd<'a> {
    pub x: &'a [f32],
    pub grid: WinogradTiles,
    pub outputs: usize,
    pub weights: &'a [f32],
    pub row: usize,
    pub channel: usize,
    pub flipped: bool,
    pub bias: Option<&'a [f32]>,
}

/// Writes the points of some channels' weights for two vectors of outputs: `(point, channel, output)`.
///
/// # Safety
/// As for [`Simd`]; `out` must have room for them, and be the caller's alone.
#[inline(always)]
pub unsafe fn transform_weights<S: Simd>(job: &Winograd, panel: usize, channels: (usize, usize), out: *mut f32) {
    let width = 2 * S::LANES;
    let count = channels.1 - channels.0;
    let mut taps = [0f32; 9 * 2 * simd::MAX_LANES];
    let taps = taps.as_mut_ptr();
    // SAFETY: the caller's promise.
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
                let points = to_points(out.add(c * width + half * S::LANES), count * width);
                <WeightTransform as Transform<S, 3, 6>>::apply_2d(&kernel, &points);
            }
        }
    }
}

/// Two vectors of outputs of some rows of tiles, from `products` (point, tile, output).
///
/// # Safety
/// As for [`Simd`]; the products must be there, `strip` have room for a strip without a halo, `out` for the images.
#[inline(always)]
pub unsafe fn finish<S: Simd>(
    job: &Winograd,
    panel: usize,
    rows: (usize, usize),
    products: *const f32,
    strip: *mut f32,
    out: SharedPtr,
) {
    let results = WinogradTiles { channels: job.outputs, ..job.grid };
    let (across, width) = (results.across(), 2 * S::LANES);
    // SAFETY: the caller's promise.
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
///
/// # Safety
/// As for [`Simd`]; `x` must hold the images, `strip` have room for a strip with a halo of 1, `to` for the points.
#[inline(always)]
pub unsafe fn transform_row<S: Simd>(
    x: *const f32,
    grid: &WinogradTiles,
    row: usize,
    strip: *mut f32,
    to: *mut f32,
    tile: usize,
    point: usize,
) {
    let columns = grid.columns(1);
    // SAFETY: the caller's promise.
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
                <InputTransform as Transform<S, 6, 6>>::apply_2d(&patch, &to_points(to.add(t * tile + c), point));
            }
        }
    }
}

/// The points of a tile, which are `point` floats apart.
#[inline(always)]
pub fn to_points<S: Simd>(to: *mut f32, point: usize) -> Destination<S> {
    Destination { to, row: PATCH * point, column: point, bias: None }
}

/// A row of tiles of the result as a strip.
///
/// # Safety
/// As for [`Simd`]; as for [`finish`].
#[inline(always)]
unsafe fn finish_row<S: Simd>(from: *const f32, grid: &WinogradTiles, tile: usize, point: usize, bias: S::V, strip: *mut f32) {
    let columns = grid.columns(0);
    // SAFETY: the caller's promise.
    unsafe {
        for t in 0..grid.across() {
            let mut points = [[S::splat(0.); PATCH]; PATCH];
            for (i, row) in points.iter_mut().enumerate() {
                for (j, v) in row.iter_mut().enumerate() {
                    *v = S::load(from.add(t * tile + (PATCH * i + j) * point));
                }
            }
            let to = strip.add(TILE * t * S::LANES);
            let pixels = Destination { to, row: columns * S::LANES, column: S::LANES, bias: Some(bias) };
            <OutputTransform as Transform<S, 6, 4>>::apply_2d(&points, &pixels);
        }
    }
}
