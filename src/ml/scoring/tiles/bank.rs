//! Normal tiles to hold an unusual one against: few that stand for all, and an exact search for the nearest.
//!
//! They are chosen as in PatchCore (Roth et al. 2022): greedy k-centre, each next one being the farthest from those chosen. Distances
//! are Mahalanobis' of the Gaussian that scores tiles.

use crate::{
    error::{Error, Result},
    ml::{
        base::checkpoint::{self, Metadata, Tensors},
        scoring::gaussian::Whitening,
    },
};
use candle_core::{Device, Tensor};
use rayon::prelude::*;
use std::path::Path;

/// Tiles that are kept at most.
const KEPT: usize = 1000;

/// A normal tile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NormalTile {
    /// Name of the training image that it is in.
    pub image: String,
    /// Left and top edge, px of the image at its working size.
    pub place: [usize; 2],
}

/// See the [module](self).
#[derive(Debug, Clone, PartialEq)]
pub struct TileBank {
    /// Names of training images.
    images: Vec<String>,
    /// Of each tile: its image by its place among the names, left and top edge.
    tiles: Vec<[u32; 3]>,
    /// Whitened features, one tile after the other.
    features: Vec<f32>,
}

impl TileBank {
    /// Chooses from rows of features; each with its image, by its place among the names, and its place in the image, px.
    pub fn choose<'a>(
        images: &[String],
        rows: impl Iterator<Item = (&'a [f64], usize, [usize; 2])>,
        whitening: &Whitening,
    ) -> Self {
        let (mut tiles, mut white) = (Vec::new(), Vec::new());
        for (row, image, place) in rows {
            tiles.push([image, place[0], place[1]].map(|v| v as u32));
            white.push(whitening.of(row));
        }
        let chosen = k_centres(&white, KEPT);
        Self {
            images: images.to_vec(),
            tiles: chosen.iter().map(|&i| tiles[i]).collect(),
            features: chosen.iter().flat_map(|&i| white[i].iter().copied()).collect(),
        }
    }

    /// The tile nearest to whitened features that is not in `but`, an image of which they may be; `None` where there is none, or of
    /// another width.
    pub fn nearest(&self, white: &[f32], but: Option<&str>) -> Option<NormalTile> {
        if white.is_empty() || white.len() * self.tiles.len() != self.features.len() {
            return None;
        }
        let but = self.images.iter().position(|name| Some(name.as_str()) == but);
        let others =
            self.tiles.iter().zip(self.features.chunks_exact(white.len())).filter(|(tile, _)| Some(tile[0] as usize) != but);
        let distances = others.map(|(tile, row)| (tile, squared_distance(row, white)));
        let [image, x, y] = distances.min_by(|a, b| a.1.total_cmp(&b.1))?.0.map(|v| v as usize);
        Some(NormalTile { image: self.images.get(image)?.clone(), place: [x, y] })
    }

    /// Writes it atomically.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        let count = self.tiles.len();
        let tensors = Tensors::from([
            ("tiles".into(), Tensor::from_vec(self.tiles.concat(), (count, 3), &Device::Cpu)?),
            ("features".into(), Tensor::from_slice(&self.features, (count, self.features.len() / count.max(1)), &Device::Cpu)?),
        ]);
        let images = serde_json::to_string(&self.images).unwrap_or_default();
        checkpoint::save(path, &tensors, &Metadata::from([("kind".into(), "tile-bank".into()), ("images".into(), images)]))
    }

    /// Reads what [`save`](Self::save) wrote.
    ///
    /// # Errors
    /// A file that is not there, damaged or something else.
    pub fn load(path: &Path) -> Result<Self> {
        let (tensors, metadata) = checkpoint::load(path)?;
        let values = |name: &str| tensors.get(name)?.flatten_all().ok();
        let images: Option<Vec<String>> = metadata.get("images").and_then(|text| serde_json::from_str(text).ok());
        let tiles = values("tiles").and_then(|t| t.to_vec1::<u32>().ok()).map(|flat| flat.as_chunks().0.to_vec());
        let features = values("features").and_then(|t| t.to_vec1().ok());
        match (images, tiles, features) {
            (Some(images), Some(tiles), Some(features)) => Ok(Self { images, tiles, features }),
            _ => Err(Error::user(format!("{} cannot be read", path.display()), "delete it: it is made again")),
        }
    }
}

/// Places of at most `count` rows, each the farthest from those before it; the first is the nearest to the origin.
fn k_centres(rows: &[Vec<f32>], count: usize) -> Vec<usize> {
    let length = |row: &[f32]| row.iter().map(|v| v * v).sum::<f32>();
    let first = (0..rows.len()).min_by(|&a, &b| length(&rows[a]).total_cmp(&length(&rows[b])));
    let mut chosen: Vec<usize> = first.into_iter().collect();
    let mut distances = vec![f32::INFINITY; rows.len()];
    while let Some(&newest) = chosen.last().filter(|_| chosen.len() < count.min(rows.len())) {
        distances.par_iter_mut().zip(rows).for_each(|(least, row)| *least = least.min(squared_distance(row, &rows[newest])));
        let farthest = (0..rows.len()).max_by(|&a, &b| distances[a].total_cmp(&distances[b]));
        match farthest.filter(|&i| distances[i] > 0.0) {
            Some(i) => chosen.push(i),
            // What is left is there already.
            None => break,
        }
    }
    chosen
}

/// Eight sums side by side, which the compiler puts into one register.
fn squared_distance(a: &[f32], b: &[f32]) -> f32 {
    let (a, a_rest) = a.as_chunks::<8>();
    let (b, b_rest) = b.as_chunks::<8>();
    let mut sums = [0.0_f32; 8];
    for (a, b) in a.iter().zip(b) {
        (0..8).for_each(|i| sums[i] += (a[i] - b[i]) * (a[i] - b[i]));
    }
    sums.iter().sum::<f32>() + a_rest.iter().zip(b_rest).map(|(a, b)| (a - b) * (a - b)).sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ml::scoring::gaussian::Gaussian, rng};
    use proptest::prelude::*;
    use rand::Rng as _;

    fn rows(count: usize, width: usize, seed: u64) -> Vec<Vec<f64>> {
        let mut rng = rng::stream(seed, "test", 0);
        (0..count).map(|_| (0..width).map(|_| rng.random_range(-1.0..1.0)).collect()).collect()
    }

    proptest! {
        #[test]
        fn chosen_tiles_cover_all_others_the_better_the_more_they_are(count in 1usize..60, width in 1usize..20, seed: u64) {
            let rows: Vec<Vec<f32>> =
                rows(count, width, seed).iter().map(|row| row.iter().map(|&v| v as f32).collect()).collect();
            let farthest = |chosen: &[usize]| {
                let nearest = |row: &Vec<f32>| chosen.iter().map(|&i| squared_distance(row, &rows[i])).fold(f32::INFINITY, f32::min);
                rows.iter().map(nearest).fold(0.0, f32::max)
            };
            let all = k_centres(&rows, count);
            prop_assert!(all.len() == count && farthest(&all) == 0.0);
            let half = k_centres(&rows, count.div_ceil(2));
            prop_assert_eq!(&half[..], &all[..half.len()]);
            // Each chosen one was as far from those before it as any row still is from all of them.
            for (i, &at) in half.iter().enumerate().skip(1) {
                let apart = half[..i].iter().map(|&j| squared_distance(&rows[at], &rows[j])).fold(f32::INFINITY, f32::min);
                prop_assert!(apart >= farthest(&half));
            }
        }
    }

    #[test]
    fn nearest_tile_is_the_one_that_is_there_also_from_its_file() {
        let rows = rows(40, 11, 5);
        let whitening = Gaussian::fit(rows.iter().map(Vec::as_slice)).unwrap().whitening();
        let images = ["a.png".to_string(), "b.png".to_string()];
        let placed = rows.iter().enumerate().map(|(i, row)| (row.as_slice(), i % 2, [i, 2 * i]));
        let bank = TileBank::choose(&images, placed, &whitening);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("bank.safetensors");
        bank.save(&path).unwrap();
        let again = TileBank::load(&path).unwrap();
        assert_eq!(again, bank);
        for (i, row) in rows.iter().enumerate() {
            let tile = NormalTile { image: images[i % 2].clone(), place: [i, 2 * i] };
            assert_eq!(again.nearest(&whitening.of(row), None), Some(tile));
            assert_eq!(again.nearest(&whitening.of(row), Some("a.png")).unwrap().image, "b.png");
        }
        assert!(again.nearest(&[0.0; 7], None).is_none(), "of another encoder");
        std::fs::write(&path, b"x").unwrap();
        assert!(TileBank::load(&path).is_err());
    }
}
