//! Where the lanes of vectors of pixels lie in memory.
//!
//! A vector takes pixels in order, so its lanes are neighbours in memory only as long as they are in one row of one image. Such
//! lanes are a span; the borders of rows and images cut a vector into several. Here two images of 3 rows of 5 pixels are taken
//! in vectors of 8 lanes; `|` is the end of a row, `‖` that of an image:
//!
//! ```text
//! pixels         a0 a1 a2 a3 a4|a5 a6 a7 a8 a9|aA aB aC aD aE‖b0 b1 b2 b3 ...
//! vectors        [          0          ] [          1          ] [   2    ...
//! lanes           0  1  2  3  4  5  6  7  0  1  2  3  4  5  6  7  0  1  2
//! pixel spans    [------------] [------] [---] [------------] [] [------- ...
//!
//! For the tap one pixel to the left (dx = -1) the first pixel of a row meets padding, and its lane stays zero:
//! source spans      [---------]    [---] [---]    [---------]    [------- ...
//!
//! Written to rows that follow each other without a gap, only the end of the image cuts:
//! target spans   [---------------------] [------------------] [] [------- ...
//! ```
//!
//! A [`PixelSpan`] says which pixels of which image its lanes are; it is the same for all taps. A [`SourceSpan`] is what one tap
//! reads for it, as one masked load; a [`TargetSpan`] is where results go. Where images lie side by side (channel, pixel, image),
//! a vector is one pixel of several images: one span, which lies whole inside the image or whole in the padding.

use super::{correlation::Correlation, segments::Segment};
use crate::nn::cpu::simd::Simd;

/// Columns of a register tile: two vectors of pixels, from pixel `first` of a segment on (counted through all images).
#[derive(Debug, Clone, Copy)]
pub struct PixelPanel {
    pub segment: usize,
    pub first: usize,
}

/// Lanes `lane..lane + len` of a vector are pixels of one image from (y, x) of a segment on, or are one pixel of images from
/// `image` on.
struct PixelSpan {
    lane: usize,
    len: usize,
    image: usize,
    y: usize,
    x: usize,
}

/// Lanes `mask` of a vector lie at `at + lane` in memory.
pub struct SourceSpan<M> {
    pub mask: M,
    pub at: isize,
}

/// `len` lanes of a vector from `lane` on lie from `at` on in memory.
pub struct TargetSpan {
    pub lane: usize,
    pub len: usize,
    pub at: usize,
}

impl PixelSpan {
    /// The span that begins in `lane` with pixel number `n` of the segment over all images.
    fn new(job: &Correlation, s: &Segment, n: usize, lane: usize, lanes: usize) -> Self {
        let size = s.height * s.width;
        let (pixel, image) = if job.side_by_side { (n / job.images, n % job.images) } else { (n % size, n / size) };
        let (y, x) = (pixel / s.width, pixel % s.width);
        let len = if job.side_by_side { lanes } else { (s.width - x).min(lanes - lane) };
        Self { lane, len, image, y, x }
    }
}

/// The spans of vectors that follow each other.
pub struct LaneSpans<T> {
    pub spans: Vec<T>,
    /// Where the spans of each vector end.
    pub ends: Vec<usize>,
}

impl<T> LaneSpans<T> {
    const fn new() -> Self {
        Self { spans: Vec::new(), ends: Vec::new() }
    }

    fn clear(&mut self) {
        self.spans.clear();
        self.ends.clear();
    }

    fn end_vector(&mut self) {
        self.ends.push(self.spans.len());
    }

    #[inline(always)]
    pub fn of(&self, vector: usize) -> &[T] {
        let from = if vector == 0 { 0 } else { self.ends[vector - 1] };
        &self.spans[from..self.ends[vector]]
    }
}

/// Where the vectors of the panels lie in the result, relative to the first channel.
pub fn targets(job: &Correlation, panels: &[PixelPanel], lanes: usize) -> LaneSpans<TargetSpan> {
    let mut targets = LaneSpans::new();
    for (panel, half) in panels.iter().flat_map(|p| [(p, 0), (p, 1)]) {
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
            targets.spans.push(TargetSpan { lane, len, at });
            (n, lane) = (n + len, lane + len);
        }
        targets.end_vector();
    }
    targets
}

/// Where, panel by panel, tap by tap, the two vectors of pixels read, relative to the first channel.
///
/// # Safety
/// As for [`Simd`].
#[inline(always)]
pub unsafe fn sources<S: Simd>(job: &Correlation, panels: &[PixelPanel]) -> LaneSpans<SourceSpan<S::M>> {
    let (height, width) = (job.size.0 as isize, job.size.1 as isize);
    let (mut sources, mut pixels) = (LaneSpans::new(), LaneSpans::new());
    for panel in panels {
        let s = &job.segments[panel.segment];
        // The same for all taps.
        pixels.clear();
        for half in 0..2 {
            let (mut n, mut lane) = (panel.first + half * S::LANES, 0);
            while lane < S::LANES && n < job.images * s.height * s.width {
                let span = PixelSpan::new(job, s, n, lane, S::LANES);
                (n, lane) = (n + span.len, lane + span.len);
                pixels.spans.push(span);
            }
            pixels.end_vector();
        }
        for (tap, half) in s.taps.iter().flat_map(|t| [(t, 0), (t, 1)]) {
            for &PixelSpan { lane, len, image, y, x } in pixels.of(half) {
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
                    // SAFETY: the caller's promise.
                    let mask = unsafe { S::mask(bits) };
                    sources.spans.push(SourceSpan { mask, at: at - (lane + from) as isize });
                }
            }
            sources.end_vector();
        }
    }
    sources
}
