//! Square tiles that cover a picture with overlap, and a picture put together from them again without seams.

use super::picture::Picture;
use std::{f32::consts::FRAC_PI_2, iter::repeat_n};

/// Places of the tiles that cover a picture: rows from the top, each from the left. The last tile of a row or column ends at the
/// picture's edge; a picture smaller than a tile has one, which reaches beyond it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TileGrid {
    width: usize,
    height: usize,
    tile: usize,
    columns: Vec<usize>,
    rows: Vec<usize>,
}

impl TileGrid {
    /// `tile`: side in px; neighbours begin at most `stride` px apart, `1..=tile`.
    pub fn new(width: usize, height: usize, tile: usize, stride: usize) -> Self {
        let stride = stride.clamp(1, tile.max(1));
        let starts = |side: usize| {
            let last = side.saturating_sub(tile);
            let steps = last.div_ceil(stride);
            // Spread evenly: the overlap is the same everywhere, but for roundings.
            (0..=steps).map(|i| (i * last + steps / 2).checked_div(steps).unwrap_or(0)).collect()
        };
        Self { width, height, tile, columns: starts(width), rows: starts(height) }
    }

    /// Side of a tile, px.
    pub fn tile(&self) -> usize {
        self.tile
    }

    /// Width and height of the picture, px.
    pub fn size(&self) -> [usize; 2] {
        [self.width, self.height]
    }

    /// Number of columns and of rows of tiles.
    pub fn shape(&self) -> [usize; 2] {
        [self.columns.len(), self.rows.len()]
    }

    /// Number of tiles; at least 1.
    pub fn len(&self) -> usize {
        self.columns.len() * self.rows.len()
    }

    /// Never: every picture has a tile.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Left and top edge of tile `index`, px.
    pub fn place(&self, index: usize) -> [usize; 2] {
        [self.columns[index % self.columns.len()], self.rows[index / self.columns.len()]]
    }

    /// Tile `index` of the picture as three planes; pixels beyond the picture repeat its edge.
    pub fn cut(&self, picture: &Picture, index: usize) -> Vec<f32> {
        cut(picture, self.place(index), self.tile)
    }

    /// Tile `index` with `margin` px around it, as three planes; pixels beyond the picture are zero, as filters have it.
    pub fn cut_with_margin(&self, picture: &Picture, index: usize, margin: usize) -> Vec<f32> {
        let corner = self.place(index).map(|at| at as isize - margin as isize);
        square(picture, corner, self.tile + 2 * margin, Beyond::Zero)
    }
}

/// The square of `tile` px whose left upper corner lies at `[x, y]`, as three planes; pixels beyond the picture repeat its edge.
pub fn cut(picture: &Picture, [x, y]: [usize; 2], tile: usize) -> Vec<f32> {
    square(picture, [x as isize, y as isize], tile, Beyond::Edge)
}

/// What lies beyond a picture.
#[derive(Clone, Copy, PartialEq)]
enum Beyond {
    /// Its outermost pixels, again and again.
    Edge,
    Zero,
}

/// The square of `side` px whose left upper corner lies at `[x, y]`, in the picture or outside.
fn square(picture: &Picture, [x, y]: [isize; 2], side: usize, beyond: Beyond) -> Vec<f32> {
    let (width, height) = (picture.width, picture.height);
    let inside = |at: isize, most: usize| at.clamp(0, most as isize) as usize;
    let (from, to) = (inside(x, width), inside(x + side as isize, width));
    let left = inside(-x, side);
    let mut out = Vec::with_capacity(3 * side * side);
    for channel in 0..3 {
        let plane = picture.plane(channel);
        for y in y..y + side as isize {
            let nearest = inside(y, height - 1);
            let row = &plane[nearest * width..][..width];
            let (before, after) = match beyond {
                Beyond::Edge => (row[0], row[width - 1]),
                Beyond::Zero => (0.0, 0.0),
            };
            if beyond == Beyond::Zero && nearest as isize != y {
                out.extend(repeat_n(0.0, side));
                continue;
            }
            out.extend(repeat_n(before, left));
            out.extend_from_slice(&row[from..to]);
            out.extend(repeat_n(after, side - left - (to - from)));
        }
    }
    out
}

/// A picture of three planes that is put together from tiles: each pixel is the mean of the tiles that show it, those whose edge
/// is near counting less, so that no edge of a tile can be seen.
#[derive(Debug, Clone)]
pub struct TileBlend {
    grid: TileGrid,
    /// Three planes of weighted sums.
    sums: Vec<f32>,
    weights: Vec<f32>,
    /// Weight of a pixel by its distance from a tile's left or upper edge: it grows smoothly (sine squared) over an eighth of the tile,
    /// from next to nothing, since a network knows least at the edge of what it sees.
    ramp: Vec<f32>,
}

impl TileBlend {
    /// For the tiles of `grid`.
    pub fn new(grid: TileGrid) -> Self {
        let (pixels, tile) = (grid.width * grid.height, grid.tile);
        // Never zero: the outermost pixels of a picture are shown by one tile alone.
        let overlap = (tile as f32 / 8.0).max(1.0);
        let share = |i: usize| ((i.min(tile - 1 - i) as f32 + 0.5) / overlap).min(1.0);
        let ramp = (0..tile).map(|i| (share(i) * FRAC_PI_2).sin().powi(2));
        Self { sums: vec![0.0; 3 * pixels], weights: vec![0.0; pixels], ramp: ramp.collect(), grid }
    }

    /// Adds tile `index` (three planes, as [`TileGrid::cut`] gives them).
    pub fn add(&mut self, index: usize, pixels: &[f32]) {
        let (tile, [x, y]) = (self.grid.tile, self.grid.place(index));
        let (width, plane) = (self.grid.width, self.weights.len());
        let (across, down) = (tile.min(width - x), tile.min(self.grid.height - y));
        for row in 0..down {
            let start = (y + row) * width + x;
            for column in 0..across {
                let weight = self.ramp[row] * self.ramp[column];
                self.weights[start + column] += weight;
                for channel in 0..3 {
                    self.sums[channel * plane + start + column] += weight * pixels[(channel * tile + row) * tile + column];
                }
            }
        }
    }

    /// The picture so far; pixels that no tile has shown yet are those of `missing`, a picture of the same size.
    pub fn picture(&self, missing: &Picture) -> Picture {
        let plane = |(channel, sums): (usize, &[f32])| {
            let missing = missing.plane(channel);
            let pixels = sums.iter().zip(&self.weights).zip(missing);
            pixels.map(|((sum, weight), missing)| if *weight > 0.0 { sum / weight } else { *missing }).collect::<Vec<f32>>()
        };
        let data = self.sums.chunks(self.weights.len().max(1)).enumerate().flat_map(plane).collect();
        Picture::new(self.grid.width, self.grid.height, 3, data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn noise(width: usize, height: usize, channels: usize) -> Picture {
        let value = |i: usize| ((i * 2_654_435_761) % 1009) as f32 / 1009.0;
        Picture::new(width, height, channels, (0..channels * width * height).map(value).collect())
    }

    proptest! {
        #[test]
        fn tiles_cover_every_pixel_and_give_the_picture_back(
            width in 1usize..90, height in 1usize..90, tile in 1usize..40, stride in 1usize..40, grey in any::<bool>(),
        ) {
            let picture = noise(width, height, if grey { 1 } else { 3 });
            let grid = TileGrid::new(width, height, tile, stride);
            let mut blend = TileBlend::new(grid.clone());
            for i in 0..grid.len() {
                let [x, y] = grid.place(i);
                prop_assert!(x + tile <= width.max(tile) && y + tile <= height.max(tile));
                blend.add(i, &grid.cut(&picture, i));
            }
            prop_assert!(blend.weights.iter().all(|w| *w > 0.0));
            let again = blend.picture(&picture);
            for channel in 0..3 {
                for (a, b) in again.plane(channel).iter().zip(picture.plane(channel)) {
                    prop_assert!((a - b).abs() < 1e-4);
                }
            }
        }
    }

    #[test]
    fn beyond_a_picture_its_edge_goes_on_or_around_a_tile_there_is_nothing() {
        let picture = Picture::new(3, 2, 1, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let first = |pixels: Vec<f32>, side: usize| pixels[..side * side].to_vec();
        assert_eq!(first(cut(&picture, [1, 0], 3), 3), [2.0, 3.0, 3.0, 5.0, 6.0, 6.0, 5.0, 6.0, 6.0]);
        let grid = TileGrid::new(3, 2, 2, 1);
        let around = |index| first(grid.cut_with_margin(&picture, index, 1), 4);
        assert_eq!(around(0), [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 3.0, 0.0, 4.0, 5.0, 6.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(around(1), [0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 3.0, 0.0, 4.0, 5.0, 6.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(grid.cut_with_margin(&picture, 1, 0), grid.cut(&picture, 1));
    }

    #[test]
    fn what_no_tile_has_shown_is_the_stand_in() {
        let picture = noise(10, 4, 1);
        let grid = TileGrid::new(10, 4, 4, 4);
        let mut blend = TileBlend::new(grid.clone());
        blend.add(0, &[1.0; 48]);
        let half = blend.picture(&picture);
        assert!((half.plane(2)[0] - 1.0).abs() < 1e-6);
        assert_eq!(half.plane(2)[9], picture.data[9]);
    }

    /// Tiles that disagree, as those of a network do, leave no edge where one ends.
    #[test]
    fn borders_of_tiles_cannot_be_seen() {
        let (side, tile) = (200, 32);
        let grid = TileGrid::new(side, side, tile, tile * 7 / 8);
        let mut blend = TileBlend::new(grid.clone());
        let black = Picture::new(side, side, 1, vec![0.0; side * side]);
        for i in 0..grid.len() {
            blend.add(i, &vec![if i % 2 == 0 { 0.4 } else { 0.6 }; 3 * tile * tile]);
        }
        let picture = blend.picture(&black);
        let row = &picture.plane(0)[100 * side..101 * side];
        let steepest = row.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f32::max);
        assert!(steepest < 0.2 / 2.5, "a step of {steepest} where neighbours are 0.2 apart");
    }
}
