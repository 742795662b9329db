//! Tiles cut at random out of large pictures, to learn from: each picture is decoded once.

use super::{
    model::{Dataset, ImageId},
    network_pixels_cache::pack,
    pixel_store::{Example, PixelStore},
    read::for_each_image,
};
use crate::{
    config::{PreprocessConfig, TileSize},
    data::pixels::{Picture, Preprocess, cut, has_content},
    error::Result,
    rng,
};
use rand::Rng as _;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// Places tried for one tile before what was found is taken as it is.
const TRIES: usize = 20;

/// Which tiles are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TileSample {
    /// Their size, and that of the pictures that they are cut from.
    pub tiles: TileSize,
    /// How many at least, from all pictures alike.
    pub count: usize,
    /// Also each picture as a whole, squeezed to a tile's size, as if it were this many tiles.
    pub whole: usize,
    /// Seed of the draw: one seed draws the same tiles.
    pub seed: u64,
}

impl TileSample {
    /// Memory for tiles: 160 MiB.
    pub const BUDGET: usize = 160 << 20;

    /// `count` tiles, or as many as fit into the memory that there is for them.
    pub fn new(tiles: TileSize, count: usize, seed: u64) -> Self {
        let bytes = 2 * 3 * tiles.tile * tiles.tile;
        Self { tiles, count: count.clamp(1, Self::BUDGET / bytes), whole: 0, seed }
    }
}

impl PixelStore {
    /// Tiles of the images, drawn at random among those that [have content](has_content); an image of which none has gives what
    /// there is. The tiles of an image have its id. Pictures that cannot be decoded are listed in
    /// [`unusable`](Self::unusable); `progress` hears how many pictures are done, from any thread.
    ///
    /// # Errors
    /// Where no image is left.
    pub fn of_tiles(
        dataset: Arc<Dataset>,
        preprocess: PreprocessConfig,
        ids: Vec<ImageId>,
        sample: &TileSample,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<Self> {
        let preprocess = Preprocess::new(preprocess);
        let each = sample.count.div_ceil(ids.len().max(1));
        let done = AtomicUsize::new(0);
        let outcomes = for_each_image(&dataset, &ids, |id, item| {
            let tiles = item.decode().map(|raster| {
                let picture = preprocess.at_working_size(&raster, sample.tiles);
                draw(&picture, sample, each, id)
            });
            progress(done.fetch_add(1, Ordering::Relaxed) + 1);
            tiles
        });
        Self::from_examples(dataset, preprocess, sample.tiles.tile, ids.into_iter().zip(outcomes))
    }
}

fn draw(picture: &Picture, sample: &TileSample, count: usize, id: ImageId) -> Vec<Example> {
    let tile = sample.tiles.tile;
    let mut rng = rng::stream(sample.seed, "tiles", u64::from(id.0));
    let mut random_tile = || {
        let mut start = |side: usize| rng.random_range(0..=side.saturating_sub(tile) as u64) as usize;
        let place = [start(picture.width), start(picture.height)];
        cut(picture, place, tile)
    };
    let keep = |pixels: Vec<f32>| Some(pack(&Picture::new(tile, tile, 3, pixels)));
    let mut tiles: Vec<Example> = Vec::with_capacity(count + sample.whole);
    for _ in 0..count {
        let mut pixels = random_tile();
        for _ in 1..TRIES {
            if has_content(&pixels) {
                break;
            }
            pixels = random_tile();
        }
        tiles.push(keep(pixels));
    }
    if sample.whole > 0 {
        let whole = keep(picture.resize(tile, tile).to_rgb().data);
        tiles.extend(std::iter::repeat_n(whole, sample.whole));
    }
    tiles
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DataConfig;

    fn folder(count: u8) -> (tempfile::TempDir, Arc<Dataset>) {
        let dir = tempfile::tempdir().unwrap();
        for i in 0..count {
            // A textured disc in a black surround.
            image::GrayImage::from_fn(300, 200, |x, y| {
                let inside = (f64::from(x) - 150.0).hypot(f64::from(y) - 100.0) < 80.0;
                image::Luma([if inside { 90 + (x * 7 + y * 3 + u32::from(i)) as u8 % 50 } else { 0 }])
            })
            .save(dir.path().join(format!("{i}.png")))
            .unwrap();
        }
        let config = DataConfig { path: dir.path().into(), ..Default::default() };
        let data = Arc::new(Dataset::open(&config, &|_| ()).unwrap());
        (dir, data)
    }

    fn store(data: &Arc<Dataset>, sample: &TileSample) -> PixelStore {
        let ids = data.ids(|_, _| true);
        PixelStore::of_tiles(data.clone(), PreprocessConfig::default(), ids, sample, &|_| ()).unwrap()
    }

    #[test]
    fn tiles_show_the_disc_and_are_the_same_for_the_same_seed() {
        let (_dir, data) = folder(3);
        let sample = TileSample::new(TileSize { tile: 32, working_size: 0 }, 30, 7);
        let [first, again] = [(); 2].map(|()| store(&data, &sample));
        let other = store(&data, &TileSample { seed: 8, ..sample });
        assert_eq!((first.len(), first.size(), first.is_grey()), (30, 32, true));
        let all: Vec<usize> = (0..30).collect();
        let pixels = first.batch(&all).unwrap();
        assert!(pixels == again.batch(&all).unwrap() && pixels != other.batch(&all).unwrap());
        assert!(pixels.chunks_exact(3 * 32 * 32).all(has_content));
        assert_eq!(first.ids().iter().filter(|id| id.0 == 2).count(), 10, "as many of each picture");
    }

    #[test]
    fn pictures_as_a_whole_are_among_them_where_they_are_wanted() {
        let (_dir, data) = folder(2);
        let sample = TileSample { whole: 3, ..TileSample::new(TileSize { tile: 32, working_size: 128 }, 8, 1) };
        let store = store(&data, &sample);
        assert_eq!(store.len(), 2 * (4 + 3));
        let last = store.batch(&[6]).unwrap();
        assert!(last[0] == 0.0 && last[16 * 32 + 16] > 0.3, "a whole picture has its surround");
    }

    #[test]
    fn memory_for_tiles_is_bounded() {
        let sample = TileSample::new(TileSize { tile: 128, working_size: 512 }, usize::MAX, 0);
        assert!(sample.count * 6 * 128 * 128 <= TileSample::BUDGET && sample.count > 1000);
    }
}
