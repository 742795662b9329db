//! The matrix form of a convolution, `out[m, n] = sum_k w[m, k] col[k, n]`, without ever storing `col`: a block of it is packed
//! straight from the image into the layout that the register tile reads.
//!
//! n runs over the pixels of all images, k over (tap, channel). A vector of pixels reads its source as one masked load for each
//! span of lanes that lies in one row ([`super::lane_spans`]), so that borders need no copy of the image. The pixels come in
//! segments which differ in the taps that reach into the image. Small images lie side by side instead, pixel by pixel
//! (`(channel, pixel, image)`): a vector is then the same pixel of several images, and taps that meet only padding are never
//! computed.

use std::{mem::MaybeUninit, ops::Range};

use rayon::prelude::*;

use super::{
    correlation::Correlation,
    lane_spans::{PixelPanel, TargetSpan, sources, targets},
    segments::{KernelTap, Segment},
    tile_height::with_height,
};
use crate::nn::cpu::{
    buffers::{Scratch, SharedPtr, filled},
    simd::{self, Kernel, MAX_LANES, Simd, dispatch},
    transpose::transpose,
};

/// Floats of a packed block of `col`: a quarter of a second-level cache.
const BLOCK: usize = 64 * 1024;
/// Length of k in a block.
const DEPTH: usize = 256;
const MAX_ROWS: usize = 12;
/// Panels of pixels up to which weights are read where they are: packing them costs as much as using them about twice.
const FEW_PANELS: usize = 16;

/// The result, (image, channel, pixel). The segments must hold every pixel, and fit the slices as the taps do.
pub fn correlate(job: &Correlation) -> Vec<f32> {
    let values = job.rows * job.out_plane;
    if !job.side_by_side {
        // SAFETY: every pixel of every channel is written; candle has checked that slices fit shapes.
        return unsafe { filled(job.images * values, |out| job.run(out)) };
    }
    let images = job.images.next_multiple_of(simd::lanes());
    let x = transpose(job.x, job.images, job.x.len() / job.images, images);
    let wide = Correlation { x: &x, images, ..*job };
    // SAFETY: as above.
    let out = unsafe { filled(images * values, |out| wide.run(out)) };
    transpose(&out, values, job.images, values)
}

/// Taps that reach into the image from any pixel; for images of one pixel it is a single one.
#[derive(Debug)]
struct UsedTaps {
    taps: Vec<usize>,
    /// The place of each tap among them.
    places: Vec<usize>,
}

impl UsedTaps {
    fn new(job: &Correlation) -> Self {
        let is_used = |tap: &usize| job.segments.iter().any(|s| s.taps.iter().any(|t| t.index == *tap));
        let taps: Vec<usize> = (0..job.taps).filter(is_used).collect();
        let mut places = vec![0; job.taps];
        taps.iter().enumerate().for_each(|(place, &tap)| places[tap] = place);
        Self { taps, places }
    }
}

impl Correlation<'_> {
    /// Writes all pixels of the segments, in every image and channel.
    ///
    /// # Safety
    /// `out` must have room for them; slices, taps and segments must fit the sizes.
    unsafe fn run(&self, out: SharedPtr) {
        let width = 2 * simd::lanes();
        let pixels = |s: &Segment| self.images * s.height * s.width;
        let of_segment = |(segment, s)| (0..pixels(s)).step_by(width).map(move |first| PixelPanel { segment, first });
        let panels: Vec<PixelPanel> = self.segments.iter().enumerate().flat_map(of_segment).collect();
        let used = UsedTaps::new(self);
        let channels_a_block = (DEPTH / used.taps.len().max(1)).clamp(1, self.channels);
        // Enough tasks for the threads to share evenly: first by pixels, then by output channels.
        let threads = rayon::current_num_threads();
        let wanted = if threads == 1 { 1 } else { 4 * threads };
        let columns = (BLOCK / (channels_a_block * used.taps.len().max(1) * width)).min(panels.len().div_ceil(wanted)).max(4);
        let tasks = panels.len().div_ceil(columns);
        let parts = wanted.div_ceil(tasks).min(self.rows.div_ceil(4 * MAX_ROWS)).max(1);
        let row_panels = row_panels(self.rows, simd::rows());
        let in_place =
            self.channel == self.taps && used.taps.len() == self.taps && self.segments.len() == 1 && panels.len() <= FEW_PANELS;
        let packed = (!in_place).then(|| self.pack_weights(&used, &row_panels, channels_a_block));
        let (used, weights) = (&used, packed.as_deref());
        let row_panels = row_panels.chunks(row_panels.len().div_ceil(parts));
        let tasks: Vec<_> = panels.chunks(columns).flat_map(|p| row_panels.clone().map(move |rows| (p, rows))).collect();
        tasks.into_par_iter().for_each(|(panels, row_panels)| {
            dispatch(CorrelationTask { job: self, used, weights, out, panels, row_panels, channels_a_block });
        });
    }

    /// The weights in the order in which tiles read them: (block of channels, row panel, used tap, channel, row). Once for all tasks.
    fn pack_weights(&self, used: &UsedTaps, row_panels: &[Range<usize>], channels_a_block: usize) -> Vec<f32> {
        let taps = used.taps.len();
        let blocks = (0..self.channels).step_by(channels_a_block);
        let parts: Vec<_> = blocks.flat_map(|first| row_panels.iter().map(move |rows| (first, rows))).collect();
        let pack = |to: SharedPtr| {
            parts.into_par_iter().for_each(|(first, rows)| {
                let count = channels_a_block.min(self.channels - first);
                // SAFETY: this place is of this block and panel alone.
                let to = unsafe { to.unwritten(packed_at(first, count, rows.start, self.rows, taps), taps * count * rows.len()) };
                let mut one = |row: usize, c: usize| {
                    let weights = &self.weights[(rows.start + row) * self.row + (first + c) * self.channel..];
                    for (place, tap) in used.taps.iter().enumerate() {
                        to[(place * count + c) * rows.len() + row].write(weights[*tap]);
                    }
                };
                // Along memory.
                if self.row > self.channel {
                    (0..rows.len()).for_each(|row| (0..count).for_each(|c| one(row, c)));
                } else {
                    (0..count).for_each(|c| (0..rows.len()).for_each(|row| one(row, c)));
                }
            });
        };
        // SAFETY: blocks and panels are all channels and rows, and every weight of a used tap of each is written.
        unsafe { filled(self.channels * self.rows * taps, pack) }
    }
}

/// `rows` in panels of nearly equal height, `most` at most.
fn row_panels(rows: usize, most: usize) -> Vec<Range<usize>> {
    let panels = rows.div_ceil(most);
    (0..panels).map(|r| rows * r / panels..rows * (r + 1) / panels).collect()
}

/// Where the packed weights of `count` channels from `first` on begin, of a panel of rows from `row` on.
fn packed_at(first: usize, count: usize, row: usize, rows: usize, taps: usize) -> usize {
    (first * rows + row * count) * taps
}

/// The part of a result that one task computes.
struct CorrelationTask<'a> {
    job: &'a Correlation<'a>,
    used: &'a UsedTaps,
    out: SharedPtr,
    panels: &'a [PixelPanel],
    row_panels: &'a [Range<usize>],
    channels_a_block: usize,
    /// [Packed](Correlation::pack_weights). `None`: they are read where they are, and k is (channel, tap) as in memory instead of
    /// (used tap, channel).
    weights: Option<&'a [f32]>,
}

impl CorrelationTask<'_> {
    /// Values from one plane of a channel to the next.
    fn spacing(&self) -> usize {
        if self.job.side_by_side { self.job.images } else { 1 }
    }
}

impl Kernel for CorrelationTask<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let job = self.job;
        let column = self.channels_a_block * 2 * S::LANES;
        let all_taps: usize = self.panels.iter().map(|p| job.segments[p.segment].taps.len()).sum();
        // SAFETY: packed blocks stay within the scratch, whose size is computed here; sources and targets were clipped to the
        // images; `out` is ours at these rows and pixels.
        unsafe {
            let (sources, targets) = (sources::<S>(job, self.panels), targets(job, self.panels, S::LANES));
            let mut scratch = Scratch::take(all_taps * column);
            let b = scratch.values();
            for first in (0..job.channels).step_by(self.channels_a_block) {
                let count = self.channels_a_block.min(job.channels - first);
                // Two vectors for each tap of each panel; channel by channel, because its taps overlap in memory.
                for c in 0..count {
                    let image = job.x.as_ptr().add((first + c) * job.plane * self.spacing());
                    let (start, step) = if self.weights.is_none() { (c * job.taps, 1) } else { (c, count) };
                    let mut to = b.as_mut_ptr().add(start * 2 * S::LANES);
                    let mut from = 0;
                    for (vector, &end) in sources.ends.iter().enumerate() {
                        let mut v = S::splat(0.);
                        for span in sources.spans.get_unchecked(from..end) {
                            v = S::load_masked(v, span.mask, image.wrapping_offset(span.at));
                        }
                        S::store(to, v);
                        from = end;
                        to = to.wrapping_add(if vector % 2 == 0 { S::LANES } else { (2 * step - 1) * S::LANES });
                        if self.weights.is_none() && (vector + 1) % (2 * job.taps) == 0 {
                            to = to.wrapping_add((count - 1) * job.taps * 2 * S::LANES);
                        }
                    }
                }
                for rows in self.row_panels {
                    let (from, height) = (rows.start, rows.len());
                    let weights = match self.weights {
                        Some(packed) => packed.as_ptr().add(packed_at(first, count, from, job.rows, self.used.taps.len())),
                        None => job.weights.as_ptr().add(from * job.row + first * job.channel),
                    };
                    let size = job.out_plane * self.spacing();
                    let out = self.out.get().add(from * size);
                    let tile = Tile { job, used: self.used, weights, count, row: from, fresh: first == 0, out, size };
                    let mut b = b.as_ptr();
                    for (p, panel) in self.panels.iter().enumerate() {
                        let taps = &job.segments[panel.segment].taps;
                        let targets = [targets.of(2 * p), targets.of(2 * p + 1)];
                        with_height!(height, H => match (self.weights, targets[1].is_empty()) {
                            (Some(_), _) => tile.run::<S, H>(taps, b, targets),
                            (None, false) => tile.run_in_place::<S, H, 2>(b, targets),
                            (None, true) => tile.run_in_place::<S, H, 1>(b, targets),
                        });
                        b = b.add(taps.len() * count * 2 * S::LANES);
                    }
                }
            }
        }
    }
}

/// A few rows of the result, over one packed block of k.
struct Tile<'a> {
    job: &'a Correlation<'a>,
    used: &'a UsedTaps,
    /// Packed (used tap, channel, row), or where they are: `job.row` from row to row.
    weights: *const f32,
    /// Channels in the block.
    count: usize,
    row: usize,
    /// Whether this is the first block of k, so that the result begins with the bias instead of what is there.
    fresh: bool,
    /// The first row of the result, and the values of a row.
    out: *mut f32,
    size: usize,
}

impl Tile<'_> {
    /// `b` is (tap, channel, two vectors).
    ///
    /// # Safety
    /// As for [`Simd`]; `b` and the tile's weights must be there, and the targets within the result.
    #[inline(always)]
    unsafe fn run<S: Simd, const HEIGHT: usize>(&self, taps: &[KernelTap], b: *const f32, targets: [&[TargetSpan]; 2]) {
        // SAFETY: the caller's promise.
        unsafe {
            let mut sums = [[S::splat(0.); 2]; HEIGHT];
            let mut b = b;
            for same in taps.chunk_by(|a, b| a.index + 1 == b.index) {
                let mut a = self.weights.add(*self.used.places.get_unchecked(same[0].index) * self.count * HEIGHT);
                for _ in 0..same.len() * self.count {
                    let (left, right) = (S::load(b), S::load(b.add(S::LANES)));
                    for (row, sums) in sums.iter_mut().enumerate() {
                        let weight = S::splat(*a.add(row));
                        sums[0] = S::fma(weight, left, sums[0]);
                        sums[1] = S::fma(weight, right, sums[1]);
                    }
                    a = a.add(HEIGHT);
                    b = b.add(2 * S::LANES);
                }
            }
            self.add::<S, HEIGHT, 2>(&sums, targets);
        }
    }

    /// With the weights where they are; `b` is (channel, tap, two vectors), of which `VECTORS` are used.
    ///
    /// # Safety
    /// As for [`Self::run`].
    #[inline(always)]
    unsafe fn run_in_place<S: Simd, const HEIGHT: usize, const VECTORS: usize>(
        &self,
        b: *const f32,
        targets: [&[TargetSpan]; 2],
    ) {
        // SAFETY: the caller's promise.
        unsafe {
            let mut sums = [[S::splat(0.); VECTORS]; HEIGHT];
            for k in 0..self.count * self.job.taps {
                let mut columns = [S::splat(0.); VECTORS];
                for (v, column) in columns.iter_mut().enumerate() {
                    *column = S::load(b.add((2 * k + v) * S::LANES));
                }
                for (row, sums) in sums.iter_mut().enumerate() {
                    let weight = S::splat(*self.weights.add(row * self.job.row + k));
                    for (sum, column) in sums.iter_mut().zip(&columns) {
                        *sum = S::fma(weight, *column, *sum);
                    }
                }
            }
            self.add::<S, HEIGHT, VECTORS>(&sums, targets);
        }
    }

    /// Adds the sums to the result, or begins it with them and the bias.
    ///
    /// # Safety
    /// As for [`Self::run`].
    #[inline(always)]
    unsafe fn add<S: Simd, const HEIGHT: usize, const VECTORS: usize>(
        &self,
        sums: &[[S::V; VECTORS]; HEIGHT],
        targets: [&[TargetSpan]; 2],
    ) {
        // SAFETY: the caller's promise; of the buffer, the rows and vectors read are those written before.
        unsafe {
            // Plain nested loops: the compiler unrolls them and so keeps the sums in registers above.
            let mut buffer = [MaybeUninit::<f32>::uninit(); 2 * MAX_ROWS * MAX_LANES];
            let buffer: *mut f32 = buffer.as_mut_ptr().cast();
            for (i, sums) in sums.iter().enumerate() {
                for (half, sum) in sums.iter().enumerate() {
                    S::store(buffer.add((2 * i + half) * S::LANES), *sum);
                }
            }
            for i in 0..HEIGHT {
                let out = self.out.add(i * self.size);
                let bias = self.job.bias.map_or(0., |bias| *bias.get_unchecked(self.row + i));
                for (half, spans) in targets.iter().take(VECTORS).enumerate() {
                    let sums = buffer.add((2 * i + half) * S::LANES);
                    for span in *spans {
                        let (to, from) = (out.add(span.at), sums.add(span.lane));
                        if span.len == S::LANES {
                            let before = if self.fresh { S::splat(bias) } else { S::load(to) };
                            S::store(to, S::add(S::load(from), before));
                        } else {
                            for lane in 0..span.len {
                                let before = if self.fresh { bias } else { *to.add(lane) };
                                *to.add(lane) = *from.add(lane) + before;
                            }
                        }
                    }
                }
            }
        }
    }
}
