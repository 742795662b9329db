//! What the encoder of tiles sees in each tile of a picture, pooled.

use crate::{
    data::{Picture, TileGrid, has_content},
    error::Result,
    ml::encoder::model::Encoder,
};
use candle_core::Tensor;
use rayon::prelude::*;

/// Rows of a picture that go through the network at once, px, with what lies around them.
const STRIP: usize = 1024;
/// Rows above and below a strip that its features depend on, px.
const HALO: usize = 64;

/// What the encoder sees in one tile.
#[derive(Debug, Clone)]
pub struct TileFeatures {
    /// Left and top edge, px of the picture at its working size.
    pub place: [usize; 2],
    /// Mean, standard deviation and maximum over the tile of each channel of the encoder's first stage; then, where
    /// `score.tile_position` asks for it, where in the picture its middle is: u, v, u^2, v^2, uv, each side being -1 to 1. A
    /// Gaussian of all of them judges a tile by what is usual about there.
    pub features: Vec<f64>,
}

/// Features of the tiles of a picture (at its working size) that [have content](has_content): neighbours overlap by half. Of all tiles
/// where none has content.
///
/// # Errors
/// Too little memory.
pub fn tile_features(encoder: &Encoder, picture: &Picture, tile: usize) -> Result<Vec<TileFeatures>> {
    let map = FeatureMap::of(encoder, picture)?;
    let grid = TileGrid::new(picture.width, picture.height, tile, tile / 2);
    let mut places: Vec<usize> = (0..grid.len()).collect();
    let with_content: Vec<usize> = places.par_iter().copied().filter(|&i| has_content(&grid.cut(picture, i))).collect();
    if !with_content.is_empty() {
        places = with_content;
    }
    let features = |&i: &usize| {
        let place = grid.place(i);
        let mut features = map.pooled(place, tile);
        if has_position(encoder) {
            features.extend(position(place, tile, grid.size()));
        }
        TileFeatures { place, features }
    };
    Ok(places.par_iter().map(features).collect())
}

/// Numbers of one tile.
pub fn width(encoder: &Encoder) -> usize {
    3 * encoder.config.run.dia.width + if has_position(encoder) { POSITION } else { 0 }
}

fn has_position(encoder: &Encoder) -> bool {
    encoder.config.run.score.tile_position
}

/// Numbers that say where a tile is.
const POSITION: usize = 5;

fn position(place: [usize; 2], tile: usize, size: [usize; 2]) -> [f64; POSITION] {
    let [u, v] = [0, 1].map(|axis| (2 * place[axis] + tile) as f64 / size[axis].max(1) as f64 - 1.0);
    [u, v, u * u, v * v, u * v]
}

/// The first stage's output for a whole picture: the network is convolutional, so that overlapping tiles share their work.
struct FeatureMap {
    channels: usize,
    width: usize,
    height: usize,
    /// Pixels of the picture for one of the map, along each side.
    stride: usize,
    data: Vec<f32>,
}

impl FeatureMap {
    fn of(encoder: &Encoder, picture: &Picture) -> Result<Self> {
        let picture = picture.to_rgb();
        let (width, height) = (picture.width, picture.height);
        let mut strips = Vec::new();
        for top in (0..height).step_by(STRIP) {
            let (from, to) = (top.saturating_sub(HALO), (top + STRIP + HALO).min(height));
            let rows: Vec<f32> = (0..3).flat_map(|c| picture.plane(c)[from * width..to * width].iter().copied()).collect();
            let x = Tensor::from_vec(rows, (1, 3, to - from, width), encoder.device())?;
            let y = encoder.local_features(&x, 1)?.swap_remove(0);
            let (_, _, _, map_width) = y.dims4()?;
            let stride = (width as f64 / map_width as f64).round().max(1.0) as usize;
            let first = (top - from) / stride;
            let count = (STRIP.min(height - top)).div_ceil(stride).min(y.dim(2)? - first);
            strips.push((stride, y.narrow(2, first, count)?));
        }
        let stride = strips.first().map_or(1, |s| s.0);
        let all = Tensor::cat(&strips.into_iter().map(|s| s.1).collect::<Vec<_>>(), 2)?;
        let (_, channels, height, width) = all.dims4()?;
        Ok(Self { channels, width, height, stride, data: all.detach().flatten_all()?.to_vec1()? })
    }

    /// Mean, deviation and maximum of each channel over the square of `side` px at `[x, y]` px.
    fn pooled(&self, [x, y]: [usize; 2], side: usize) -> Vec<f64> {
        let span = |start: usize, size: usize| {
            let first = (start / self.stride).min(size - 1);
            first..(first + (side / self.stride).max(1)).min(size)
        };
        let (columns, rows) = (span(x, self.width), span(y, self.height));
        let count = (columns.len() * rows.len()) as f64;
        let mut pooled = [(); 3].map(|()| Vec::with_capacity(self.channels));
        for plane in self.data.chunks_exact(self.width * self.height) {
            let (mut sum, mut squares, mut most) = (0.0, 0.0, f32::NEG_INFINITY);
            for row in rows.clone() {
                for &v in &plane[row * self.width..][columns.clone()] {
                    sum += f64::from(v);
                    squares += f64::from(v).powi(2);
                    most = most.max(v);
                }
            }
            let mean = sum / count;
            let values = [mean, (squares / count - mean * mean).max(0.0).sqrt(), f64::from(most)];
            pooled.iter_mut().zip(values).for_each(|(list, value)| list.push(value));
        }
        pooled.concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::RunConfig, ml::encoder::model::EncoderConfig};
    use candle_core::Device;

    fn encoder() -> Encoder {
        let mut run = RunConfig::default();
        run.dia.width = 8;
        Encoder::new(EncoderConfig::new(run, 64, String::new()), &Device::Cpu).unwrap()
    }

    fn picture(width: usize, height: usize) -> Picture {
        let value = |i: usize| 0.3 + 0.4 * ((i * 7919 % 211) as f32 / 211.0);
        Picture::new(width, height, 1, (0..width * height).map(value).collect())
    }

    #[test]
    fn each_tile_with_content_has_three_numbers_a_channel() {
        let mut encoder = encoder();
        let rows = tile_features(&encoder, &picture(200, 160), 64).unwrap();
        assert_eq!((rows.len(), rows[0].features.len(), width(&encoder)), (6 * 4, 3 * 8, 3 * 8));
        encoder.config.run.score.tile_position = true;
        let placed = tile_features(&encoder, &picture(200, 160), 64).unwrap();
        assert_eq!((placed[0].place, placed[0].features[..24].to_vec(), width(&encoder)), ([0, 0], rows[0].features.clone(), 29));
        let corner = [64.0 / 200.0 - 1.0, 64.0 / 160.0 - 1.0];
        for (tile, sign) in [(0, 1.0), (23, -1.0)] {
            assert!((0..2).all(|axis| (placed[tile].features[24 + axis] - sign * corner[axis]).abs() < 1e-12));
        }
        let black = Picture::new(100, 100, 1, vec![0.0; 10_000]);
        assert_eq!(tile_features(&encoder, &black, 64).unwrap().len(), 9, "all tiles where none has content");
    }

    #[test]
    fn strips_of_a_tall_picture_give_the_features_of_the_whole() {
        let (encoder, tall) = (encoder(), picture(64, 1500));
        let map = FeatureMap::of(&encoder, &tall).unwrap();
        let x = Tensor::from_vec(tall.to_rgb().data, (1, 3, 1500, 64), &Device::Cpu).unwrap();
        let whole = encoder.local_features(&x, 1).unwrap()[0].flatten_all().unwrap().to_vec1::<f32>().unwrap();
        assert_eq!((map.width, map.height, map.stride), (16, 375, 4));
        assert!(map.data.iter().zip(&whole).all(|(a, b)| (a - b).abs() < 1e-4));
    }
}
