//! Dissolved tiles of large pictures, kept within a bound: going back to a t costs no pass of the network.

use super::request::{ImageSource, Recipe};
use std::collections::{HashMap, VecDeque};

/// Most memory of all tiles, bytes.
const CAPACITY: usize = 256 << 20;

/// One picture at one t.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TileKey {
    pub source: ImageSource,
    pub recipe: Recipe,
    /// Tells states of a growing model apart.
    pub weights: u64,
}

/// By their places in the grid, in 16 bit.
type Tiles = HashMap<usize, Box<[u16]>>;

/// See the [module](self). Pictures that were not looked at for longest go first.
pub(super) struct TileCache {
    /// The newest first.
    pictures: VecDeque<(TileKey, Tiles)>,
    bytes: usize,
    capacity: usize,
}

impl Default for TileCache {
    fn default() -> Self {
        Self { pictures: VecDeque::new(), bytes: 0, capacity: CAPACITY }
    }
}

impl TileCache {
    /// Three planes of values in \[0, 1\], where the tile is there.
    pub fn get(&mut self, key: &TileKey, index: usize) -> Option<Vec<f32>> {
        let tile = self.picture(key).get(&index)?;
        Some(tile.iter().map(|&v| f32::from(v) / f32::from(u16::MAX)).collect())
    }

    /// Keeps a tile; of a picture that alone is too large, only as many as there is room for.
    pub fn put(&mut self, key: &TileKey, index: usize, pixels: &[f32]) {
        let bytes = 2 * pixels.len();
        while self.bytes + bytes > self.capacity
            && self.pictures.back().is_some_and(|(oldest, _)| oldest != key)
            && let Some((_, tiles)) = self.pictures.pop_back()
        {
            self.bytes -= memory(&tiles);
        }
        if self.bytes + bytes > self.capacity {
            return;
        }
        let tile = pixels.iter().map(|v| (v.clamp(0.0, 1.0) * f32::from(u16::MAX)).round() as u16).collect();
        let before = self.picture(key).insert(index, tile);
        self.bytes += bytes - before.map_or(0, |tile| 2 * tile.len());
    }

    /// Only the pictures for which `is_wanted` says so stay.
    pub fn retain(&mut self, is_wanted: impl Fn(&TileKey) -> bool) {
        self.pictures.retain(|(key, _)| is_wanted(key));
        self.bytes = self.pictures.iter().map(|(_, tiles)| memory(tiles)).sum();
    }

    /// The tiles of a picture, which is the newest from now on.
    fn picture(&mut self, key: &TileKey) -> &mut Tiles {
        let place = self.pictures.iter().position(|(held, _)| held == key);
        match place.and_then(|place| self.pictures.remove(place)) {
            Some(held) => self.pictures.push_front(held),
            None => self.pictures.push_front((key.clone(), HashMap::new())),
        }
        &mut self.pictures[0].1
    }
}

fn memory(tiles: &Tiles) -> usize {
    tiles.values().map(|tile| 2 * tile.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::{DataConfig, DissolveMethod, PreprocessConfig, Tiling},
        data::{Dataset, ImageId},
    };
    use std::sync::Arc;

    #[test]
    fn old_pictures_go_where_there_is_no_room() {
        let folder = tempfile::tempdir().unwrap();
        image::RgbImage::new(4, 4).save(folder.path().join("a.png")).unwrap();
        let data = DataConfig { path: folder.path().into(), ..DataConfig::default() };
        let dataset = Arc::new(Dataset::open(&data, &|_| {}).unwrap());
        let source = ImageSource { dataset, image: ImageId(0), preprocess: PreprocessConfig::default() };
        let key = |t| {
            let recipe = Recipe { method: DissolveMethod::Resample, model: None, resolution: 0, tile: Tiling::Px(32), t };
            TileKey { source: source.clone(), recipe, weights: 0 }
        };
        let tile = vec![0.25; 100];
        let mut cache = TileCache { capacity: 1000, ..TileCache::default() };
        for t in 0..3 {
            (0..2).for_each(|i| cache.put(&key(t), i, &tile));
            assert!(cache.get(&key(0), 0).is_some(), "it was looked at last");
        }
        assert!(cache.bytes <= 1000 && cache.get(&key(1), 0).is_none() && cache.get(&key(2), 1).is_some());
        (0..20).for_each(|i| cache.put(&key(9), i, &tile));
        assert!(cache.bytes <= 1000, "a picture alone is bounded, too");
        let kept = cache.get(&key(9), 0).unwrap();
        assert!(kept.iter().zip(&tile).all(|(a, b)| (a - b).abs() < 1e-4));
        cache.retain(|_| false);
        assert_eq!(cache.bytes, 0);
    }
}
