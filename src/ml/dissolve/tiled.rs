//! Whole pictures dissolved at their own scale: by overlapping tiles of the size that the model has learnt at.
//!
//! The network could take a picture of any size at once, but would do something else there: its linear attention divides by the
//! number of positions and takes its softmax over all of them, and its full attention sees them all. On tiles it does what it was
//! trained for; neighbours overlap by an eighth, and are blended so that no border can be seen ([`TileBlend`]). The black surround of a
//! photograph (a sixth to a third of it) stays as it is, in blank tiles and beyond the rim in others ([`keep_surround`]): the model has
//! not learnt from such, and has nothing to take from it.

use super::dissolver::Dissolver;
use crate::{
    config::{DataConfig, TileSize, Tiling},
    data::{Picture, Preprocess, TileBlend, TileGrid, is_blank, visibility},
    error::Result,
};
use candle_core::{Device, Tensor};

/// Tiles of one forward pass: about as many pixels as 16 tiles of 64 px.
const PIXELS: usize = 16 * 64 * 64;

/// The tiles that a picture of `size` px is dissolved by; `None`: it is resized as a whole. [`Tiling::Auto`] does as the model has
/// `learnt`, unless a `resolution` (px; 0 = none) asks for whole pictures. `working_size`: where another than the learnt one is wanted.
pub fn tiles_for(
    wanted: Tiling,
    learnt: Option<TileSize>,
    resolution: usize,
    working_size: Option<usize>,
    size: [usize; 2],
) -> Option<TileSize> {
    let learnt_size = learnt.map(|tiles| tiles.working_size);
    let working_size = working_size.or(learnt_size).unwrap_or_else(|| DataConfig::default().working_size);
    let wanted = match wanted {
        Tiling::Auto if resolution > 0 => Tiling::Off,
        Tiling::Auto => learnt.map_or(Tiling::Off, |tiles| Tiling::Px(tiles.tile)),
        given => given,
    };
    match wanted.decide(size[0].min(size[1]), working_size).0 {
        Tiling::Px(tile) => Some(TileSize { tile, working_size }),
        Tiling::Off | Tiling::Auto => None,
    }
}

/// The overlapping tiles of `tile` px of a picture: neighbours share an eighth.
pub fn grid(width: usize, height: usize, tile: usize) -> TileGrid {
    TileGrid::new(width, height, tile, tile * 7 / 8)
}

/// A dissolver that works on tiles.
#[derive(Clone)]
pub struct TiledDissolver {
    dissolver: Dissolver,
    tiles: TileSize,
}

impl TiledDissolver {
    /// `dissolver`: any; it is used at the resolution of the tiles.
    pub fn new(dissolver: Dissolver, tiles: TileSize) -> Self {
        Self { dissolver: dissolver.at_resolution(tiles.tile), tiles }
    }

    /// Size of the tiles, and of the pictures that they are cut from.
    pub fn tiles(&self) -> TileSize {
        self.tiles
    }

    /// What dissolves a tile.
    pub fn dissolver(&self) -> &Dissolver {
        &self.dissolver
    }

    /// A picture at the size at which it is worked on.
    pub fn working_picture(&self, picture: &Picture) -> Picture {
        Preprocess::default().at_working_size(picture, self.tiles)
    }

    /// The overlapping tiles of a picture of `width x height` px.
    pub fn grid(&self, width: usize, height: usize) -> TileGrid {
        grid(width, height, self.tiles.tile)
    }

    /// Number of tiles that are best dissolved at once.
    pub fn chunk(&self) -> usize {
        (PIXELS / (self.tiles.tile * self.tiles.tile)).max(1)
    }

    /// Some tiles of a picture (of the grid's size) dissolved at step t, three planes each, in the order of `indices`. A filter
    /// sees as far beyond a tile as it reaches, and makes of it what it makes of the whole picture.
    ///
    /// # Errors
    /// A timestep that the model does not have.
    pub fn dissolve_tiles(&self, grid: &TileGrid, picture: &Picture, indices: &[usize], t: usize) -> Result<Vec<Vec<f32>>> {
        let margin = self.dissolver.reach();
        if margin == 0 || indices.is_empty() {
            let tiles: Vec<Vec<f32>> = indices.iter().map(|&i| grid.cut(picture, i)).collect();
            return self.dissolve_cut(&tiles, t);
        }
        let (side, count) = (self.tiles.tile + 2 * margin, indices.len());
        let x: Vec<f32> = indices.iter().flat_map(|&i| grid.cut_with_margin(picture, i, margin)).collect();
        let x = Tensor::from_vec(x, (count, 3, side, side), &Device::Cpu)?;
        let y = self.dissolver.clone().at_resolution(side).dissolve(&x, &vec![t; count])?;
        let y = y.narrow(2, margin, self.tiles.tile)?.narrow(3, margin, self.tiles.tile)?;
        Ok(y.flatten_from(1)?.to_vec2()?)
    }

    /// Dissolves tiles that are cut already; blank ones stay as they are.
    ///
    /// # Errors
    /// A timestep that the model does not have.
    pub fn dissolve_cut(&self, tiles: &[Vec<f32>], t: usize) -> Result<Vec<Vec<f32>>> {
        let mut dissolved = tiles.to_vec();
        let shown: Vec<usize> = (0..tiles.len()).filter(|&i| !is_blank(&tiles[i])).collect();
        if shown.is_empty() {
            return Ok(dissolved);
        }
        let (side, count) = (self.tiles.tile, shown.len());
        let device = self.dissolver.model().map_or(Device::Cpu, |model| model.device().clone());
        let x: Vec<f32> = shown.iter().flat_map(|&i| &tiles[i]).copied().collect();
        let y = self.dissolver.dissolve(&Tensor::from_vec(x, (count, 3, side, side), &device)?, &vec![t; count])?;
        let y: Vec<Vec<f32>> = y.flatten_from(1)?.to_vec2()?;
        shown.into_iter().zip(y).for_each(|(i, tile)| dissolved[i] = tile);
        Ok(dissolved)
    }

    /// A picture at its working size dissolved at step t; `tick` hears of each pass (tiles done, of all), and may end it.
    ///
    /// # Errors
    /// A timestep that the model does not have, or whatever `tick` returns.
    pub fn dissolve(&self, picture: &Picture, t: usize, tick: &mut dyn FnMut(usize, usize) -> Result<()>) -> Result<Picture> {
        let grid = self.grid(picture.width, picture.height);
        let mut blend = TileBlend::new(grid.clone());
        // Blank ones first: each pass of the network is then full.
        let (blank, shown): (Vec<usize>, Vec<usize>) = (0..grid.len()).partition(|&i| is_blank(&grid.cut(picture, i)));
        blank.iter().for_each(|&i| blend.add(i, &grid.cut(picture, i)));
        let mut done = blank.len();
        for chunk in shown.chunks(self.chunk()) {
            let tiles = self.dissolve_tiles(&grid, picture, chunk, t)?;
            chunk.iter().zip(&tiles).for_each(|(&i, pixels)| blend.add(i, pixels));
            done += chunk.len();
            tick(done, grid.len())?;
        }
        let mut dissolved = blend.picture(picture);
        keep_surround(picture, visibility(picture).as_deref(), &mut dissolved);
        Ok(dissolved)
    }
}

/// Gives a dissolved picture of three channels the black surround of the picture that it was made of; `visibility` is that picture's.
pub fn keep_surround(picture: &Picture, visibility: Option<&[f32]>, dissolved: &mut Picture) {
    let Some(visibility) = visibility else { return };
    let pixels = dissolved.data.iter_mut().zip(&picture.data).zip(visibility.iter().cycle());
    pixels.for_each(|((new, old), seen)| *new = old + seen * (*new - old));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DissolveMethod;

    #[test]
    fn a_picture_is_dissolved_as_its_model_has_learnt() {
        let learnt = Some(TileSize { tile: 64, working_size: 1024 });
        let size = [1024, 680];
        assert_eq!(tiles_for(Tiling::Auto, learnt, 0, None, size), learnt);
        assert_eq!(tiles_for(Tiling::Auto, None, 0, None, size), None, "it has learnt from whole pictures");
        assert_eq!(tiles_for(Tiling::Auto, learnt, 32, None, size), None, "a resolution asks for the whole");
        assert_eq!(tiles_for(Tiling::Auto, learnt, 0, None, [128, 300]), None, "a small picture");
        assert_eq!(tiles_for(Tiling::Px(32), None, 0, None, size), Some(TileSize { tile: 32, working_size: 512 }));
        assert_eq!(tiles_for(Tiling::Px(32), learnt, 0, Some(256), size), Some(TileSize { tile: 32, working_size: 256 }));
        assert_eq!(tiles_for(Tiling::Off, learnt, 0, None, size), None);
    }

    /// Tiling a picture as large as one tile is dissolving itself.
    #[test]
    fn a_picture_of_one_tile_is_dissolved_as_it_is() {
        let dissolver = Dissolver::new(DissolveMethod::Gaussian(7), None, 32, false).unwrap().unwrap();
        let tiled = TiledDissolver::new(dissolver.clone(), TileSize { tile: 32, working_size: 0 });
        let picture = Picture::new(32, 32, 3, (0..3072).map(|i| (i * 37 % 101) as f32 / 101.0).collect());
        let x = Tensor::from_slice(&picture.data, (1, 3, 32, 32), &Device::Cpu).unwrap();
        let expected = dissolver.dissolve(&x, &[0]).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let found = tiled.dissolve(&picture, 0, &mut |_, _| Ok(())).unwrap();
        assert!(found.data.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-6));
    }

    #[test]
    fn the_black_surround_stays_as_it_is() {
        let (width, height) = (96, 32);
        let value = |i: usize| {
            if (20..60).contains(&(i % width)) {
                0.3 + 0.4 * (i * 37 % 101) as f32 / 101.0
            } else {
                0.05 * (i * 7 % 10) as f32 / 10.0
            }
        };
        let picture = Picture::new(width, height, 1, (0..width * height).map(value).collect()).to_rgb();
        let dissolver = Dissolver::new(DissolveMethod::Gaussian(7), None, 32, false).unwrap().unwrap();
        let tiled = TiledDissolver::new(dissolver, TileSize { tile: 32, working_size: 0 });
        let mut ticks = Vec::new();
        let mut tick = |done, of| {
            ticks.push([done, of]);
            Ok(())
        };
        let dissolved = tiled.dissolve(&picture, 0, &mut tick).unwrap();
        let changed =
            |x: usize| (0..height).any(|y| (dissolved.plane(1)[y * width + x] - picture.plane(1)[y * width + x]).abs() > 1e-5);
        assert!((20..60).any(changed) && !(0..13).chain(67..width).any(changed), "in no tile");
        assert_eq!(ticks.last(), Some(&[tiled.grid(width, height).len(); 2]));
    }

    #[test]
    fn a_filter_by_tiles_is_the_filter_of_the_whole_picture() {
        let (width, height) = (150, 131);
        let values = (0..3 * width * height).map(|i| 0.2 + 0.6 * ((i * 37 % 101) as f32 / 101.0)).collect();
        let picture = Picture::new(width, height, 3, values);
        let x = Tensor::from_slice(&picture.data, (1, 3, height, width), &Device::Cpu).unwrap();
        for method in [DissolveMethod::Gaussian(15), DissolveMethod::Median(11)] {
            let dissolver = Dissolver::new(method, None, 32, false).unwrap().unwrap();
            let tiled = TiledDissolver::new(dissolver, TileSize { tile: 32, working_size: 0 });
            let found = tiled.dissolve(&picture, 0, &mut |_, _| Ok(())).unwrap();
            let whole = match method {
                DissolveMethod::Gaussian(k) => super::super::filters::gaussian(&x, k),
                _ => super::super::filters::median(&x, 11),
            };
            let whole = whole.unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
            assert!(found.data.iter().zip(&whole).all(|(a, b)| (a - b).abs() < 1e-5), "{method:?}");
        }
    }

    /// Away from the picture's own edge, a filter by tiles is the filter of the whole: no border can be seen.
    #[test]
    fn a_smooth_picture_has_no_seams() {
        let (width, height) = (230, 170);
        let wave = |i: usize| 0.5 + 0.3 * ((i % width) as f32 / 19.0).sin() * ((i / width) as f32 / 23.0).cos();
        let picture = Picture::new(width, height, 1, (0..width * height).map(wave).collect()).to_rgb();
        let tiled = |tile| {
            let dissolver = Dissolver::new(DissolveMethod::Median(5), None, tile, false).unwrap().unwrap();
            TiledDissolver::new(dissolver, TileSize { tile, working_size: 0 })
        };
        let by_tiles = tiled(64).dissolve(&picture, 0, &mut |_, _| Ok(())).unwrap();
        let step = |x: usize, y: usize| (by_tiles.plane(0)[y * width + x + 1] - by_tiles.plane(0)[y * width + x]).abs();
        let steepest = (8..height - 8).flat_map(|y| (8..width - 9).map(move |x| (x, y))).map(|(x, y)| step(x, y));
        let own = 0.3 / 19.0;
        assert!(steepest.fold(0.0, f32::max) < 1.5 * own);
    }
}
