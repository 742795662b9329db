//! How images are cut into tiles, and a row of tiles between the planar image and vectors of channels: a strip
//! `(row, column, channel)` with one vector of channels.

use crate::nn::cpu::simd::Simd;

/// Side of a tile of results, and of the patch of the input that it needs.
pub const TILE: usize = 4;
pub const PATCH: usize = 6;
/// Products of a tile.
pub const POINTS: usize = PATCH * PATCH;

/// The tiles of some images of `channels` channels.
#[derive(Debug, Clone, Copy)]
pub struct WinogradTiles {
    pub images: usize,
    pub channels: usize,
    pub height: usize,
    pub width: usize,
}

impl WinogradTiles {
    /// Rows of tiles in an image.
    pub fn down(&self) -> usize {
        self.height.div_ceil(TILE)
    }

    /// Tiles in a row.
    pub fn across(&self) -> usize {
        self.width.div_ceil(TILE)
    }

    /// Rows of tiles in all images.
    pub fn rows(&self) -> usize {
        self.images * self.down()
    }

    pub fn tiles(&self) -> usize {
        self.rows() * self.across()
    }

    /// Pixels of all images.
    pub fn pixels(&self) -> usize {
        self.images * self.height * self.width
    }

    /// Pixels of a strip's row with `halo` more on both sides.
    pub fn columns(&self, halo: usize) -> usize {
        TILE * self.across() + 2 * halo
    }

    /// Floats of a strip with `halo` pixels more on each side.
    pub fn strip(&self, halo: usize, lanes: usize) -> usize {
        (TILE + 2 * halo) * self.columns(halo) * lanes
    }

    /// Where `channel` of the image begins that the row of tiles `row` is in.
    fn plane(&self, row: usize, channel: usize) -> usize {
        (row / self.down() * self.channels + channel) * self.height * self.width
    }

    /// Reads the row of tiles `row`, a vector of channels from `channel` on, with `halo` pixels round it; zeros beyond the image.
    ///
    /// # Safety
    /// `x` must hold the images, `to` have room for [`Self::strip`].
    #[inline(always)]
    pub unsafe fn load<S: Simd>(&self, x: *const f32, row: usize, channel: usize, halo: usize, to: *mut f32) {
        let (size, columns) = (self.height * self.width, self.columns(halo));
        // SAFETY: the caller's promise; rows beyond the image are not read.
        unsafe {
            let x = x.add(self.plane(row, channel));
            let zero = S::splat(0.);
            for r in 0..TILE + 2 * halo {
                let line = to.add(r * columns * S::LANES);
                let y = (TILE * (row % self.down()) + r).wrapping_sub(halo);
                let inside = if y < self.height { halo..halo + self.width } else { 0..0 };
                for c in 0..columns {
                    if !inside.contains(&c) {
                        S::store(line.add(c * S::LANES), zero);
                    }
                }
                if y >= self.height {
                    continue;
                }
                let (from, line) = (x.add(y * self.width), line.add(halo * S::LANES));
                let whole = self.width / 8 * 8;
                for c in (0..S::LANES).step_by(8) {
                    for x in (0..whole).step_by(8) {
                        S::transpose_8x8(from.add(c * size + x), size, line.add(x * S::LANES + c), S::LANES);
                    }
                }
                for x in whole..self.width {
                    for c in 0..S::LANES {
                        *line.add(x * S::LANES + c) = *from.add(c * size + x);
                    }
                }
            }
        }
    }

    /// Writes the row of tiles `row` (without a halo), a vector of channels from `channel` on, as far as it is in the image.
    ///
    /// # Safety
    /// As for [`Self::load`].
    #[inline(always)]
    pub unsafe fn store<S: Simd>(&self, strip: *const f32, row: usize, channel: usize, y: *mut f32) {
        let (size, columns) = (self.height * self.width, self.columns(0));
        // SAFETY: as above.
        unsafe {
            let y = y.add(self.plane(row, channel));
            let first = TILE * (row % self.down());
            for r in 0..TILE.min(self.height - first) {
                let (line, to) = (strip.add(r * columns * S::LANES), y.add((first + r) * self.width));
                let whole = self.width / 8 * 8;
                for c in (0..S::LANES).step_by(8) {
                    for x in (0..whole).step_by(8) {
                        S::transpose_8x8(line.add(x * S::LANES + c), S::LANES, to.add(c * size + x), size);
                    }
                }
                for x in whole..self.width {
                    for c in 0..S::LANES {
                        *to.add(c * size + x) = *line.add(x * S::LANES + c);
                    }
                }
            }
        }
    }
}
