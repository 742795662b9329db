//! An image read and prepared once, for being shown, dissolved and measured.

use super::{
    dissolved::{Change, Scale},
    request::ImageSource,
};
use crate::{
    config::{PreprocessConfig, TileSize},
    data::{ImageId, Picture, Preprocess, TileGrid, has_content, is_blank, visibility},
    engine::display::raster::{raster_bytes, raster_of},
    error::Result,
    gpu::Raster,
    ml::dissolve::tiled,
};
use std::sync::Arc;

/// Larger pictures are shown at this many pixels.
const SHOWN: usize = 80_000_000;
/// Up to this many pixels, pictures of more than 8 bits are shown from floats.
const FINE: usize = 16_000_000;
/// Longest side of what is dissolved from, px: far more than any resolution of dissolving.
const BASE: usize = 4096;
/// Longest side at which the change of pictures dissolved as a whole is measured, px.
const MEASURED: usize = 256;
/// Longest side at which pictures in tiles are measured, px: their finest features would be gone at the smaller one.
const MEASURED_FINE: usize = 1024;
/// Longest side of an image that is shown beside others, px.
const BESIDE: usize = 1024;
/// Tiles on which a picture is measured for the change curve.
const SAMPLE: usize = 4;

/// An image as it is shown.
#[derive(Debug, Clone)]
pub struct Original {
    /// Its place in the data set.
    pub image: ImageId,
    /// After preprocessing; floats where the file has more than 8 bits and there is room, else bytes.
    pub raster: Arc<Raster>,
    /// Width and height before it was made smaller to be shown, px.
    pub size: [usize; 2],
    /// What the file says where the picture says 1; 1 where its values were mapped.
    pub white: f32,
    /// Whether it has no colour.
    pub is_grey: bool,
}

/// An image, prepared.
pub(super) struct PreparedImage {
    pub source: ImageSource,
    pub original: Original,
    /// Not shrunk to be one beside others.
    pub is_full_size: bool,
    base: Picture,
    /// `base` as the dissolver takes it, at the scales asked for so far.
    inputs: Vec<(Scale, Arc<Input>)>,
}

impl PreparedImage {
    /// `is_full_size`: at its own size, not as one beside others.
    pub fn read(source: &ImageSource, is_full_size: bool) -> Result<Self> {
        let (picture, white) = source.dataset.read_with_white(source.image)?;
        let mapped = source.preprocess != PreprocessConfig::default();
        let picture = if mapped { Preprocess::new(source.preprocess.clone()).apply(&picture) } else { picture };
        let (size, is_grey) = ([picture.width, picture.height], picture.is_grey());
        let largest = (SHOWN as f64 / (size[0] * size[1]).max(1) as f64).sqrt() * size[0].max(size[1]) as f64;
        let picture = picture.within(largest as usize);
        let white = if mapped { 1.0 } else { white };
        let picture = if is_full_size { picture } else { picture.within(BESIDE) };
        // Files of more than 8 bits keep their values where there is room.
        let fine = white != 255.0 && picture.width * picture.height <= FINE;
        let raster = if fine { raster_of(&picture.to_rgb()) } else { raster_bytes(&picture) };
        let base = picture.within(BASE);
        let original = Original { image: source.image, raster, size, white, is_grey };
        Ok(Self { source: source.clone(), original, is_full_size, base, inputs: Vec::new() })
    }

    /// Whether it takes little memory.
    pub fn is_small(&self) -> bool {
        let [width, height] = self.original.raster.size();
        self.base.width.max(self.base.height).max(width.max(height) as usize) <= BESIDE
    }

    /// Whether it is kept large enough for the working size of such tiles.
    pub fn is_enough_for(&self, tiles: TileSize) -> bool {
        let [width, height] = tiles.working(self.original.size);
        self.base.width >= width && self.base.height >= height
    }

    /// As a dissolver takes it at this scale.
    pub fn input(&mut self, scale: Scale) -> Arc<Input> {
        if let Some((_, input)) = self.inputs.iter().find(|(held, _)| *held == scale) {
            return input.clone();
        }
        let input = Arc::new(Input::new(&self.base, self.original.size, scale));
        self.inputs.push((scale, input.clone()));
        input
    }
}

/// A picture brought to the size at which it is dissolved, and what its changes are measured against.
pub(super) struct Input {
    /// Three channels.
    pub picture: Picture,
    /// The picture as a raster, for being compared with; `None` where nothing was resized.
    pub raster: Option<Arc<Raster>>,
    /// The original, and `picture` enlarged to its size.
    measured: Picture,
    resized: Picture,
    resizing: f64,
    /// Some tiles of `picture`; none of a picture that is dissolved as a whole.
    pub sample: Sample,
    /// For each tile what it shows.
    pub tiles: Vec<TileContent>,
    /// How much of each pixel of `picture` is seen, where it lies in a black surround and is dissolved by tiles.
    pub visibility: Option<Vec<f32>>,
}

impl Input {
    /// Number of tiles that are dissolved: all but the blank ones.
    pub fn shown_tiles(&self) -> usize {
        self.tiles.iter().filter(|tile| **tile != TileContent::Blank).count()
    }

    /// The input made of a picture that was `original` px large, and may be kept smaller.
    pub fn new(base: &Picture, original: [usize; 2], scale: Scale) -> Self {
        let (picture, longest, grid) = match scale {
            Scale::Whole(resolution) => (fit(base, resolution), MEASURED, None),
            Scale::Tiles(tiles) => {
                let picture = Preprocess::default().at_working_size(base, tiles).to_rgb();
                let longest = MEASURED_FINE.max(picture.width.max(picture.height));
                let grid = tiled::grid(picture.width, picture.height, tiles.tile);
                (picture, longest, Some(grid))
            }
        };
        let measured = base.clone().within(longest).to_rgb();
        let resized = picture.resize(measured.width, measured.height);
        let raster = ([picture.width, picture.height] != original).then(|| raster_of(&picture));
        let resizing = mean_abs(&measured.data, &resized.data);
        let (sample, tiles) = grid.map_or_else(Default::default, |grid| {
            let tiles: Vec<TileContent> = (0..grid.len()).map(|index| TileContent::of(&grid.cut(&picture, index))).collect();
            (Sample::new(&picture, &measured, &grid), tiles)
        });
        let visibility = if tiles.is_empty() { None } else { visibility(&picture) };
        Self { picture, raster, measured, resized, resizing, sample, tiles, visibility }
    }

    /// How much of the picture was changed.
    pub fn change(&self, dissolved: &Picture) -> Change {
        let dissolved = dissolved.resize(self.measured.width, self.measured.height);
        Change {
            all: mean_abs(&self.measured.data, &dissolved.data),
            resizing: self.resizing,
            model: mean_abs(&self.resized.data, &dissolved.data),
        }
    }
}

/// What a tile shows: the more, the earlier it is dissolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TileContent {
    /// Something to look at.
    Much,
    /// Hardly anything, such as the rim of a photograph's disc.
    Little,
    /// Nothing: it is not dissolved at all.
    Blank,
}

impl TileContent {
    fn of(tile: &[f32]) -> Self {
        match (is_blank(tile), has_content(tile)) {
            (true, _) => Self::Blank,
            (_, false) => Self::Little,
            _ => Self::Much,
        }
    }
}

/// Some tiles of a picture, spread over it.
#[derive(Default)]
pub(super) struct Sample {
    pub indices: Vec<usize>,
    /// As they are cut, three planes each.
    pub tiles: Vec<Vec<f32>>,
    /// What the original shows there.
    patches: Vec<Picture>,
    side: usize,
}

impl Sample {
    fn new(picture: &Picture, measured: &Picture, grid: &TileGrid) -> Self {
        let (count, side) = (grid.len().min(SAMPLE), grid.tile());
        let indices: Vec<usize> = (0..count).map(|i| (2 * i + 1) * grid.len() / (2 * count)).collect();
        let scale = [measured.width as f64 / picture.width as f64, measured.height as f64 / picture.height as f64];
        let patch = |&i: &usize| {
            let at = grid.place(i);
            let edge = |axis: usize, px: usize, most: usize| ((px as f64 * scale[axis]).round() as usize).min(most);
            let [left, right] = [at[0], at[0] + side].map(|px| edge(0, px, measured.width));
            let [top, bottom] = [at[1], at[1] + side].map(|px| edge(1, px, measured.height));
            let rows = (0..3).flat_map(|c| (top..bottom).map(move |y| (c, y)));
            let data = rows.flat_map(|(c, y)| measured.plane(c)[y * measured.width..][left..right].to_vec()).collect();
            Picture::new(right - left, bottom - top, 3, data)
        };
        Self {
            tiles: indices.iter().map(|&i| grid.cut(picture, i)).collect(),
            patches: indices.iter().map(patch).collect(),
            indices,
            side,
        }
    }

    /// How much of these tiles was changed; `dissolved`: in the order of the indices.
    pub fn change(&self, dissolved: &[Vec<f32>]) -> Change {
        let mean = |each: &dyn Fn(usize) -> f64| (0..self.tiles.len()).map(each).sum::<f64>() / self.tiles.len().max(1) as f64;
        let enlarged = |i: usize, tile: &[f32]| {
            let patch = &self.patches[i];
            Picture::new(self.side, self.side, 3, tile.to_vec()).resize(patch.width, patch.height)
        };
        Change {
            all: mean(&|i| mean_abs(&self.patches[i].data, &enlarged(i, &dissolved[i]).data)),
            resizing: mean(&|i| mean_abs(&self.patches[i].data, &enlarged(i, &self.tiles[i]).data)),
            model: mean(&|i| mean_abs(&self.tiles[i], &dissolved[i])),
        }
    }
}

/// Mean |a - b|.
fn mean_abs(a: &[f32], b: &[f32]) -> f64 {
    let sum = |(a, b): (&[f32], &[f32])| f64::from(a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f32>());
    a.chunks(4096).zip(b.chunks(4096)).map(sum).sum::<f64>() / a.len().max(1) as f64
}

/// Shrunk to the dissolver's resolution as training pictures are (smoothed); 28-px pictures are padded by the dissolver itself.
fn fit(picture: &Picture, resolution: usize) -> Picture {
    match (picture.width, picture.height, resolution) {
        (28, 28, 32) => picture.to_rgb(),
        _ => picture.resize(resolution, resolution).to_rgb(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undissolved_pictures_have_the_change_of_resizing_alone() {
        let wave = |i: usize| 0.5 + 0.4 * ((i % 600) as f32 / 1.5).sin() * ((i / 600) as f32 / 1.7).cos();
        let picture = Picture::new(600, 400, 1, (0..240_000).map(wave).collect());
        for scale in [Scale::Whole(32), Scale::Tiles(TileSize { tile: 64, working_size: 256 })] {
            let input = Input::new(&picture, [600, 400], scale);
            let change = input.change(&input.picture);
            assert!(change.resizing > 0.005 && change.model == 0.0 && change.all == change.resizing, "{change:?}");
            assert!(input.raster.is_some());
        }
        let input = Input::new(&picture, [600, 400], Scale::Tiles(TileSize { tile: 64, working_size: 0 }));
        assert!(input.raster.is_none() && input.change(&input.picture) == Change::default(), "nothing was resized");
        assert_eq!(input.sample.change(&input.sample.tiles), Change::default());
        let input = Input::new(&picture, [600, 400], Scale::Tiles(TileSize { tile: 64, working_size: 256 }));
        let sampled = input.sample.change(&input.sample.tiles);
        assert!(input.sample.tiles.len() == SAMPLE && sampled.model == 0.0 && sampled.all == sampled.resizing);
        assert!((sampled.all - input.change(&input.picture).all).abs() < 0.02, "the sample is like the whole");
    }
}
