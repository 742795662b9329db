//! Where the lanes of vectors of pixels lie in memory.

use super::correlate::{Correlation, Segment};

/// Lanes `mask` of a vector lie at `at + lane` in memory.
pub struct Piece<M> {
    pub mask: M,
    pub at: isize,
}

/// `len` lanes of a vector from `lane` on lie from `at` on in memory.
pub struct Run {
    pub lane: usize,
    pub len: usize,
    pub at: usize,
}

/// Lanes `lane..lane + len` of a vector are pixels of one image from (y, x) of a segment on, or are one pixel of images from
/// `image` on.
pub struct Stretch {
    pub lane: usize,
    pub len: usize,
    pub image: usize,
    pub y: usize,
    pub x: usize,
}

impl Stretch {
    /// Of the segment's pixel number `n` over all images.
    pub fn new(job: &Correlation, s: &Segment, n: usize, lane: usize, lanes: usize) -> Self {
        let size = s.height * s.width;
        let (pixel, image) = if job.side_by_side { (n / job.images, n % job.images) } else { (n % size, n / size) };
        let (y, x) = (pixel / s.width, pixel % s.width);
        let len = if job.side_by_side { lanes } else { (s.width - x).min(lanes - lane) };
        Self { lane, len, image, y, x }
    }
}

/// What belongs to vectors that follow each other.
pub struct Lists<T> {
    pub items: Vec<T>,
    pub ends: Vec<usize>,
}

impl<T> Lists<T> {
    pub const fn new() -> Self {
        Self { items: Vec::new(), ends: Vec::new() }
    }

    pub fn clear(&mut self) {
        self.items.clear();
        self.ends.clear();
    }

    pub fn end_vector(&mut self) {
        self.ends.push(self.items.len());
    }

    #[inline(always)]
    pub fn of(&self, vector: usize) -> &[T] {
        let from = if vector == 0 { 0 } else { self.ends[vector - 1] };
        &self.items[from..self.ends[vector]]
    }
}
