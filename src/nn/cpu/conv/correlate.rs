//! The matrix form of a convolution, `out[m, n] = sum_k w[m, k] col[k, n]`, without ever storing `col`: a block of it is packed
//! straight from the image into the layout that the register tile reads.
//!
//! n runs over the pixels of all images, k over (tap, channel). A vector of pixels reads its source as one masked load for each
//! stretch that lies in one row, so that borders need no copy of the image. The pixels come in segments which differ in the taps
//! that reach into the image. Small images lie side by side instead, pixel by pixel (`(channel, pixel, image)`): a vector is then
//! the same pixel of several images, and taps that meet only padding are never computed.

use std::mem::MaybeUninit;

use rayon::prelude::*;

use super::vectors::{Lists, Piece, Run, Stretch};
use crate::nn::cpu::{
    Scratch, Shared,
    simd::{self, Kernel, MAX_LANES, Simd, dispatch},
};

/// A weight position of the kernel that reads `plane + (y + dy) * width + x + dx` of a channel for pixel (y, x) of a segment.
#[derive(Debug, Clone, Copy)]
pub struct Reach {
    pub tap: usize,
    pub dy: isize,
    pub dx: isize,
    pub plane: usize,
}

/// A rectangle of output pixels that the same taps reach. Pixel (y, x) lies at `first + y * row + x * column` of a channel.
#[derive(Debug)]
pub struct Segment {
    pub height: usize,
    pub width: usize,
    pub first: usize,
    pub row: usize,
    pub column: usize,
    pub taps: Vec<Reach>,
}

/// `out[b, m, pixel] = bias[m] + sum_{c, tap} weights[m * row + c * channel + tap] * x[b, c, reach(tap, pixel)]`; if images are
/// side by side, `x` is (channel, pixel, image) and `out` (m, pixel, image), `images` being a multiple of the vector's length.
#[derive(Debug)]
pub struct Correlation<'a> {
    pub x: &'a [f32],
    pub images: usize,
    pub side_by_side: bool,
    pub channels: usize,
    /// Values of a channel, which may be several planes.
    pub plane: usize,
    /// Height and width of a plane.
    pub size: (usize, usize),
    pub weights: &'a [f32],
    /// Taps of the kernel.
    pub taps: usize,
    pub row: usize,
    pub channel: usize,
    pub bias: Option<&'a [f32]>,
    /// Channels of the result, and values of each.
    pub rows: usize,
    pub out_plane: usize,
    pub segments: &'a [Segment],
}

/// Floats of a packed block of `col`: a quarter of a second-level cache.
const BLOCK: usize = 64 * 1024;
/// Length of k in a block.
const DEPTH: usize = 256;
const MAX_ROWS: usize = 12;
/// Panels of a task up to which weights are read where they are: packing them costs as much as using them about twice.
const FEW_PANELS: usize = 8;

/// Columns of a register tile: two vectors of pixels, from pixel `first` of a segment on.
#[derive(Debug, Clone, Copy)]
struct Panel {
    segment: usize,
    first: usize,
}

/// Taps that reach into the image from any pixel; for images of one pixel it is a single one.
#[derive(Debug)]
struct Used {
    taps: Vec<usize>,
    /// Of each tap its place among them.
    places: Vec<usize>,
}

impl Used {
    fn new(job: &Correlation) -> Self {
        let reaches = |tap: &usize| job.segments.iter().any(|s| s.taps.iter().any(|reach| reach.tap == *tap));
        let taps: Vec<usize> = (0..job.taps).filter(reaches).collect();
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
    pub unsafe fn run(&self, out: Shared) {
        let width = 2 * simd::lanes();
        let pixels = |s: &Segment| self.images * s.height * s.width;
        let of_segment = |(segment, s)| (0..pixels(s)).step_by(width).map(move |first| Panel { segment, first });
        let panels: Vec<Panel> = self.segments.iter().enumerate().flat_map(of_segment).collect();
        let used = Used::new(self);
        let channels_a_block = (DEPTH / used.taps.len().max(1)).clamp(1, self.channels);
        // Enough tasks for the threads to share evenly: first by pixels, then by output channels.
        let threads = rayon::current_num_threads();
        let wanted = if threads == 1 { 1 } else { 4 * threads };
        let columns = (BLOCK / (channels_a_block * used.taps.len().max(1) * width)).min(panels.len().div_ceil(wanted)).max(4);
        let parts = wanted.div_ceil(panels.len().div_ceil(columns)).min(self.rows.div_ceil(4 * MAX_ROWS)).max(1);
        let rows = self.rows.div_ceil(parts);
        let in_place =
            self.channel == self.taps && used.taps.len() == self.taps && self.segments.len() == 1 && columns <= FEW_PANELS;
        let tasks: Vec<_> = panels.chunks(columns).flat_map(|p| (0..parts).map(move |part| (p, part))).collect();
        tasks.into_par_iter().for_each(|(panels, part)| {
            let rows = (part * rows, ((part + 1) * rows).min(self.rows));
            if rows.0 < rows.1 {
                dispatch(Block { job: self, used: &used, out, panels, rows, channels_a_block, in_place });
            }
        });
    }
}

/// The part of a result that one task computes.
struct Block<'a> {
    job: &'a Correlation<'a>,
    used: &'a Used,
    out: Shared,
    panels: &'a [Panel],
    rows: (usize, usize),
    channels_a_block: usize,
    /// Whether weights are read where they are: k is then (channel, tap) as in memory, else (used tap, channel).
    in_place: bool,
}

impl Block<'_> {
    /// Values from one plane of a channel to the next.
    fn spacing(&self) -> usize {
        if self.job.side_by_side { self.job.images } else { 1 }
    }

    /// Where the vectors of the panels lie in the result, relative to the first channel.
    fn targets(&self, lanes: usize) -> Lists<Run> {
        let job = self.job;
        let mut targets = Lists::new();
        for (panel, half) in self.panels.iter().flat_map(|p| [(p, 0), (p, 1)]) {
            let s = &job.segments[panel.segment];
            let size = s.height * s.width;
            let (mut n, mut lane) = (panel.first + half * lanes, 0);
            while lane < lanes && n < job.images * size {
                let (pixel, image) = if job.side_by_side { (n / job.images, n % job.images) } else { (n % size, n / size) };
                let (y, x) = (pixel / s.width, pixel % s.width);
                let place = s.first + y * s.row + x * s.column;
                let (at, together) = match (s.column, s.row) {
                    _ if job.side_by_side => (place * job.images + image, lanes),
                    (1, row) if row == s.width => (image * job.rows * job.out_plane + place, size - pixel),
                    (1, _) => (image * job.rows * job.out_plane + place, s.width - x),
                    _ => (image * job.rows * job.out_plane + place, 1),
                };
                let len = together.min(lanes - lane);
                targets.items.push(Run { lane, len, at });
                (n, lane) = (n + len, lane + len);
            }
            targets.end_vector();
        }
        targets
    }

    /// Where, panel by panel, tap by tap, the two vectors of pixels read, relative to the first channel.
    #[inline(always)]
    unsafe fn sources<S: Simd>(&self) -> Lists<Piece<S::M>> {
        let job = self.job;
        let (height, width) = (job.size.0 as isize, job.size.1 as isize);
        let (mut sources, mut stretches) = (Lists::new(), Lists::new());
        for panel in self.panels {
            let s = &job.segments[panel.segment];
            // The same for all taps.
            stretches.clear();
            for half in 0..2 {
                let (mut n, mut lane) = (panel.first + half * S::LANES, 0);
                while lane < S::LANES && n < job.images * s.height * s.width {
                    let stretch = Stretch::new(job, s, n, lane, S::LANES);
                    (n, lane) = (n + stretch.len, lane + stretch.len);
                    stretches.items.push(stretch);
                }
                stretches.end_vector();
            }
            for (tap, half) in s.taps.iter().flat_map(|t| [(t, 0), (t, 1)]) {
                for &Stretch { lane, len, image, y, x } in stretches.of(half) {
                    let (y, x) = (y as isize + tap.dy, x as isize + tap.dx);
                    let place = tap.plane as isize + y * width + x;
                    // The lanes whose source is inside the image, from `lane` on, and where the first of them is.
                    let (from, to, at) = if !(0..height).contains(&y) {
                        (0, 0, 0)
                    } else if job.side_by_side {
                        let inside = (0..width).contains(&x);
                        (0, if inside { len } else { 0 }, place * job.images as isize + image as isize)
                    } else {
                        let from = (-x).clamp(0, len as isize);
                        let start = (image * job.channels * job.plane) as isize;
                        (from as usize, (width - x).clamp(0, len as isize) as usize, start + place + from)
                    };
                    if from < to {
                        let bits = ((1u64 << (lane + to)) - (1u64 << (lane + from))) as u32;
                        let mask = unsafe { S::mask(bits) };
                        sources.items.push(Piece { mask, at: at - (lane + from) as isize });
                    }
                }
                sources.end_vector();
            }
        }
        sources
    }

    /// Weights of rows `from..from + height` and `count` channels from `first` on, as (used tap, channel, row).
    #[inline(always)]
    unsafe fn pack_weights(&self, from: usize, height: usize, first: usize, count: usize, to: *mut f32) {
        let job = self.job;
        let one = |row: usize, c: usize| {
            for (place, tap) in self.used.taps.iter().enumerate() {
                unsafe {
                    let weight = *job.weights.as_ptr().add((from + row) * job.row + (first + c) * job.channel + tap);
                    *to.add((place * count + c) * height + row) = weight;
                }
            }
        };
        // Along memory.
        if job.row > job.channel {
            (0..height).for_each(|row| (0..count).for_each(|c| one(row, c)));
        } else {
            (0..count).for_each(|c| (0..height).for_each(|row| one(row, c)));
        }
    }
}

impl Kernel for Block<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let job = self.job;
        let rows = self.rows.1 - self.rows.0;
        // Row panels of nearly equal height.
        let row_panels = rows.div_ceil(S::ROWS);
        let column = self.channels_a_block * 2 * S::LANES;
        let all_taps: usize = self.panels.iter().map(|p| job.segments[p.segment].taps.len()).sum();
        // SAFETY: packed blocks stay within the scratch, whose size is computed here; sources and targets were clipped to the
        // images; `out` is ours at these rows and pixels.
        unsafe {
            let (sources, targets) = (self.sources::<S>(), self.targets(S::LANES));
            let mut scratch = Scratch::take(all_taps * column + self.used.taps.len() * self.channels_a_block * MAX_ROWS);
            let (b, a) = scratch.0.split_at_mut(all_taps * column);
            for first in (0..job.channels).step_by(self.channels_a_block) {
                let count = self.channels_a_block.min(job.channels - first);
                // Two vectors for each tap of each panel; channel by channel, because its taps overlap in memory.
                for c in 0..count {
                    let image = job.x.as_ptr().add((first + c) * job.plane * self.spacing());
                    let (start, step) = if self.in_place { (c * job.taps, 1) } else { (c, count) };
                    let mut to = b.as_mut_ptr().add(start * 2 * S::LANES);
                    let mut from = 0;
                    for (vector, &end) in sources.ends.iter().enumerate() {
                        let mut v = S::splat(0.);
                        for piece in sources.items.get_unchecked(from..end) {
                            v = S::load_masked(v, piece.mask, image.wrapping_offset(piece.at));
                        }
                        S::store(to, v);
                        from = end;
                        to = to.wrapping_add(if vector % 2 == 0 { S::LANES } else { (2 * step - 1) * S::LANES });
                        if self.in_place && (vector + 1) % (2 * job.taps) == 0 {
                            to = to.wrapping_add((count - 1) * job.taps * 2 * S::LANES);
                        }
                    }
                }
                for r in 0..row_panels {
                    let (from, to) = (rows * r / row_panels, rows * (r + 1) / row_panels);
                    let (from, height) = (self.rows.0 + from, to - from);
                    let weights = if self.in_place {
                        job.weights.as_ptr().add(from * job.row + first * job.channel)
                    } else {
                        self.pack_weights(from, height, first, count, a.as_mut_ptr());
                        a.as_ptr()
                    };
                    let size = job.out_plane * self.spacing();
                    let out = self.out.get().add(from * size);
                    let tile = Tile { job, used: self.used, weights, count, row: from, fresh: first == 0, out, size };
                    let mut b = b.as_ptr();
                    for (p, panel) in self.panels.iter().enumerate() {
                        let taps = &job.segments[panel.segment].taps;
                        let targets = [targets.of(2 * p), targets.of(2 * p + 1)];
                        with_height!(height, H => match (self.in_place, targets[1].is_empty()) {
                            (false, _) => tile.run::<S, H>(taps, b, targets),
                            (true, false) => tile.run_in_place::<S, H, 2>(b, targets),
                            (true, true) => tile.run_in_place::<S, H, 1>(b, targets),
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
    used: &'a Used,
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
    #[inline(always)]
    unsafe fn run<S: Simd, const HEIGHT: usize>(&self, taps: &[Reach], b: *const f32, targets: [&[Run]; 2]) {
        unsafe {
            let mut sums = [[S::splat(0.); 2]; HEIGHT];
            let mut b = b;
            for same in taps.chunk_by(|a, b| a.tap + 1 == b.tap) {
                let mut a = self.weights.add(*self.used.places.get_unchecked(same[0].tap) * self.count * HEIGHT);
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
    #[inline(always)]
    unsafe fn run_in_place<S: Simd, const HEIGHT: usize, const VECTORS: usize>(&self, b: *const f32, targets: [&[Run]; 2]) {
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
    #[inline(always)]
    unsafe fn add<S: Simd, const HEIGHT: usize, const VECTORS: usize>(
        &self,
        sums: &[[S::V; VECTORS]; HEIGHT],
        targets: [&[Run]; 2],
    ) {
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
                for (half, runs) in targets.iter().take(VECTORS).enumerate() {
                    let sums = buffer.add((2 * i + half) * S::LANES);
                    for run in *runs {
                        let (to, from) = (out.add(run.at), sums.add(run.lane));
                        if run.len == S::LANES {
                            let before = if self.fresh { S::splat(bias) } else { S::load(to) };
                            S::store(to, S::add(S::load(from), before));
                        } else {
                            for lane in 0..run.len {
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
