//! The matrix form of a convolution, `out[m, n] = sum_k w[m, k] col[k, n]`, without ever storing `col`: a block of it is packed
//! straight from the image into the layout that the register tile reads.
//!
//! n runs over the pixels of all images, k over (channel, tap). A vector of pixels reads its source as one masked load for each
//! stretch that lies in one row, so that borders, small images and strides need no copy of the image and no case of their own.

use rayon::prelude::*;

use crate::nn::cpu::simd::{Kernel, Simd, dispatch};
use crate::nn::cpu::{Scratch, Shared};

/// One weight position of the kernel: it reads `(stride * y + dy, stride * x + dx)`; its weights are at offset `at`.
#[derive(Debug, Clone, Copy)]
pub struct Tap {
    pub dy: isize,
    pub dx: isize,
    pub at: usize,
}

/// `out[b, m, y, x] = bias[m] + sum_{c, tap} weights[m * row + c * channel + tap.at] * x[b, c, s * y + tap.dy, s * x + tap.dx]`,
/// reading zero outside the image.
#[derive(Debug, Clone, Copy)]
pub struct Correlation<'a> {
    pub x: &'a [f32],
    /// (batch, channels, height, width) of `x`
    pub dims: (usize, usize, usize, usize),
    pub taps: &'a [Tap],
    pub stride: usize,
    pub weights: &'a [f32],
    pub row: usize,
    pub channel: usize,
    pub bias: Option<&'a [f32]>,
    /// (channels, height, width) of the result
    pub out: (usize, usize, usize),
}

/// Floats of a packed block of `col`: half of a small second-level cache.
const BLOCK: usize = 64 * 1024;
/// Length of k in a block.
const DEPTH: usize = 256;
const MAX_ROWS: usize = 12;

impl Correlation<'_> {
    pub fn out_len(&self) -> usize {
        self.dims.0 * self.out.0 * self.out.1 * self.out.2
    }

    /// Writes all of `out` (batch, channels, height, width).
    ///
    /// # Safety
    /// `out` must have room for `out_len` floats; slices and taps must fit `dims` and `out`.
    pub unsafe fn run(&self, out: Shared) {
        let pixels = self.dims.0 * self.out.1 * self.out.2;
        let channels_a_block = (DEPTH / self.taps.len()).clamp(1, self.dims.1);
        // Enough tasks for the threads to share evenly: first by pixels, then by output channels.
        let threads = rayon::current_num_threads();
        let wanted = if threads == 1 { 1 } else { 4 * threads };
        let width = (BLOCK / (channels_a_block * self.taps.len())).min(pixels.div_ceil(wanted)).next_multiple_of(32).max(128);
        let columns = pixels.div_ceil(width);
        let parts = wanted.div_ceil(columns).min(self.out.0.div_ceil(4 * MAX_ROWS)).max(1);
        let rows = self.out.0.div_ceil(parts);
        (0..columns * parts).into_par_iter().for_each(|task| {
            let (column, part) = (task / parts, task % parts);
            let pixels = (column * width, ((column + 1) * width).min(pixels));
            let rows = (part * rows, ((part + 1) * rows).min(self.out.0));
            if rows.0 < rows.1 {
                dispatch(Block { job: self, out, pixels, rows, channels_a_block });
            }
        });
    }
}

/// Lanes `mask` of a vector lie at `at + lane` in memory.
struct Piece<M> {
    mask: M,
    at: isize,
}

/// The pieces of each vector of a block.
struct Pieces<M> {
    pieces: Vec<Piece<M>>,
    ends: Vec<usize>,
}

impl<M> Pieces<M> {
    #[inline(always)]
    fn of(&self, vector: usize) -> &[Piece<M>] {
        let from = if vector == 0 { 0 } else { self.ends[vector - 1] };
        &self.pieces[from..self.ends[vector]]
    }
}

/// The part of a result that one task computes.
struct Block<'a> {
    job: &'a Correlation<'a>,
    out: Shared,
    pixels: (usize, usize),
    rows: (usize, usize),
    channels_a_block: usize,
}

#[inline(always)]
fn bits(from: usize, to: usize) -> u32 {
    ((1u64 << to) - (1u64 << from)) as u32
}

impl Block<'_> {
    /// Where the vectors of pixels lie in the result, relative to the first channel.
    #[inline(always)]
    unsafe fn targets<S: Simd>(&self, vectors: usize) -> Pieces<S::M> {
        let size = self.job.out.1 * self.job.out.2;
        let mut pieces = Pieces { pieces: Vec::new(), ends: Vec::with_capacity(vectors) };
        for vector in 0..vectors {
            let (mut n, mut lane) = (self.pixels.0 + vector * S::LANES, 0);
            while lane < S::LANES && n < self.pixels.1 {
                let (image, pixel) = (n / size, n % size);
                let len = (size - pixel).min(S::LANES - lane).min(self.pixels.1 - n);
                let at = (image * self.job.out.0 * size + pixel) as isize - lane as isize;
                pieces.pieces.push(Piece { mask: unsafe { S::mask(bits(lane, lane + len)) }, at });
                (n, lane) = (n + len, lane + len);
            }
            pieces.ends.push(pieces.pieces.len());
        }
        pieces
    }

    /// Where tap by tap the vectors of pixels read, relative to the first channel.
    #[inline(always)]
    unsafe fn sources<S: Simd>(&self, vectors: usize) -> Pieces<S::M> {
        let (_, channels, height, width) = self.job.dims;
        let (_, out_height, out_width) = self.job.out;
        let stride = self.job.stride as isize;
        let mut pieces = Pieces { pieces: Vec::new(), ends: Vec::with_capacity(vectors * self.job.taps.len()) };
        for tap in self.job.taps {
            for vector in 0..vectors {
                let (mut n, mut lane) = (self.pixels.0 + vector * S::LANES, 0);
                while lane < S::LANES && n < self.pixels.1 {
                    let (row, x) = (n / out_width, n % out_width);
                    let (image, y) = (row / out_height, row % out_height);
                    let len = (out_width - x).min(S::LANES - lane).min(self.pixels.1 - n);
                    let source = stride * y as isize + tap.dy;
                    if (0..height as isize).contains(&source) {
                        let start = (image * channels * height * width) as isize + source * width as isize;
                        let column = stride * x as isize + tap.dx;
                        let mut push = |from: usize, to: usize| {
                            let first = lane + from;
                            let at = start + column + stride * from as isize - first as isize;
                            pieces.pieces.push(Piece { mask: unsafe { S::mask(bits(first, lane + to)) }, at });
                        };
                        if stride == 1 {
                            let from = (-column).max(0) as usize;
                            let to = (width as isize - column).clamp(0, len as isize) as usize;
                            if from < to {
                                push(from, to);
                            }
                        } else {
                            let inside = |i: &usize| (0..width as isize).contains(&(column + stride * *i as isize));
                            (0..len).filter(inside).for_each(|i| push(i, i + 1));
                        }
                    }
                    (n, lane) = (n + len, lane + len);
                }
                pieces.ends.push(pieces.pieces.len());
            }
        }
        pieces
    }
}

impl Kernel for Block<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let job = self.job;
        let taps = job.taps.len();
        let (_, channels, height, width) = job.dims;
        let panels = (self.pixels.1 - self.pixels.0).div_ceil(2 * S::LANES);
        let vectors = 2 * panels;
        let depth = self.channels_a_block * taps;
        let rows = self.rows.1 - self.rows.0;
        // Row panels of nearly equal height.
        let row_panels = rows.div_ceil(S::ROWS);
        let panel = 2 * S::LANES;
        // SAFETY: packed blocks stay within the scratch, whose size is computed here; sources and targets were clipped to the
        // images; `out` is ours at these rows and pixels.
        unsafe {
            let (sources, targets) = (self.sources::<S>(vectors), self.targets::<S>(vectors));
            let mut scratch = Scratch::take(depth * (panels * panel + MAX_ROWS));
            let (b, a) = scratch.0.split_at_mut(depth * panels * panel);
            for first in (0..channels).step_by(self.channels_a_block) {
                let count = self.channels_a_block.min(channels - first);
                let depth = count * taps;
                let mut to = b.as_mut_ptr();
                for p in 0..panels {
                    for c in first..first + count {
                        let image = job.x.as_ptr().add(c * height * width);
                        for t in 0..taps {
                            for vector in 2 * p..2 * p + 2 {
                                let mut v = S::splat(0.);
                                for piece in sources.of(t * vectors + vector) {
                                    v = S::load_masked(v, piece.mask, image.wrapping_offset(piece.at));
                                }
                                S::store(to, v);
                                to = to.add(S::LANES);
                            }
                        }
                    }
                }
                for r in 0..row_panels {
                    let (from, to) = (rows * r / row_panels, rows * (r + 1) / row_panels);
                    let (from, height) = (self.rows.0 + from, to - from);
                    for row in 0..height {
                        let mut to = a.as_mut_ptr().add(row);
                        for c in first..first + count {
                            let weights = job.weights.as_ptr().add((from + row) * job.row + c * job.channel);
                            for tap in job.taps {
                                *to = *weights.add(tap.at);
                                to = to.wrapping_add(height);
                            }
                        }
                    }
                    let tile = Tile { job, a: a.as_ptr(), depth, row: from, fresh: first == 0, out: self.out.get() };
                    for p in 0..panels {
                        let b = b.as_ptr().add(p * depth * panel);
                        let targets = [targets.of(2 * p), targets.of(2 * p + 1)];
                        match height {
                            1 => tile.run::<S, 1>(b, targets),
                            2 => tile.run::<S, 2>(b, targets),
                            3 => tile.run::<S, 3>(b, targets),
                            4 => tile.run::<S, 4>(b, targets),
                            5 => tile.run::<S, 5>(b, targets),
                            6 => tile.run::<S, 6>(b, targets),
                            7 => tile.run::<S, 7>(b, targets),
                            8 => tile.run::<S, 8>(b, targets),
                            9 => tile.run::<S, 9>(b, targets),
                            10 => tile.run::<S, 10>(b, targets),
                            11 => tile.run::<S, 11>(b, targets),
                            _ => tile.run::<S, 12>(b, targets),
                        }
                    }
                }
            }
        }
    }
}

/// A few rows of the result, over one packed block of k.
struct Tile<'a> {
    job: &'a Correlation<'a>,
    /// depth x height
    a: *const f32,
    depth: usize,
    row: usize,
    /// Whether this is the first block of k, so that the result begins with the bias instead of what is there.
    fresh: bool,
    out: *mut f32,
}

impl Tile<'_> {
    /// `b` is depth x two vectors.
    #[inline(always)]
    unsafe fn run<S: Simd, const HEIGHT: usize>(&self, b: *const f32, targets: [&[Piece<S::M>]; 2]) {
        unsafe {
            let mut sums = [[S::splat(0.); 2]; HEIGHT];
            let (mut a, mut b) = (self.a, b);
            for _ in 0..self.depth {
                let (left, right) = (S::load(b), S::load(b.add(S::LANES)));
                for (row, sums) in sums.iter_mut().enumerate() {
                    let weight = S::splat(*a.add(row));
                    sums[0] = S::fma(weight, left, sums[0]);
                    sums[1] = S::fma(weight, right, sums[1]);
                }
                a = a.add(HEIGHT);
                b = b.add(2 * S::LANES);
            }
            let size = self.job.out.1 * self.job.out.2;
            for (i, sums) in sums.iter().enumerate() {
                let row = self.row + i;
                let out = self.out.add(row * size);
                let bias = S::splat(self.job.bias.map_or(0., |bias| *bias.get_unchecked(row)));
                for (sum, pieces) in sums.iter().zip(targets) {
                    for piece in pieces {
                        let at = out.wrapping_offset(piece.at);
                        let before = if self.fresh { bias } else { S::load_masked(bias, piece.mask, at) };
                        S::store_masked(at, piece.mask, S::add(*sum, before));
                    }
                }
            }
        }
    }
}
