//! Normal tiles to hold an unusual one against: few that stand for all, and an exact search for the nearest.
//!
//! They are chosen as in PatchCore (Roth et al. 2022): greedy k-centre, each next one being the farthest from those chosen. A distance
//! is Euclidean, of features that have been divided by their standard deviations.

use crate::{
    error::{Error, Result},
    ml::base::checkpoint::{self, CheckpointMetadata, Tensors},
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

/// Features of a tile, and where it is: its image, by its place among the names, and its left and top edge, px.
pub type PlacedRow<'a> = (&'a [f64], usize, [usize; 2]);

/// See the [module](self).
#[derive(Debug, Clone, PartialEq)]
pub struct TileBank {
    /// Names of training images.
    images: Vec<String>,
    /// For each tile: its image by its place among the names, left and top edge.
    tiles: Vec<[u32; 3]>,
    /// Scaled features, one tile after the other.
    features: Vec<f32>,
    /// What each feature is divided by.
    deviations: Vec<f32>,
    /// How far a normal tile is from the nearest one of another image, on average.
    usual: f32,
}

impl TileBank {
    /// Chooses from tiles of these training images.
    pub fn choose(images: &[String], rows: &[PlacedRow]) -> Self {
        let deviations = deviations(rows);
        let scaled: Vec<Vec<f32>> = rows.iter().map(|(row, ..)| scale(row, &deviations)).collect();
        let chosen = k_centres(&scaled, KEPT);
        let mut bank = Self {
            images: images.to_vec(),
            tiles: chosen.iter().map(|&i| [rows[i].1, rows[i].2[0], rows[i].2[1]].map(|v| v as u32)).collect(),
            features: chosen.iter().flat_map(|&i| scaled[i].iter().copied()).collect(),
            deviations,
            usual: 1.0,
        };
        let distance = |(row, image, _): &PlacedRow| Some(bank.nearest(row, images.get(*image).map(String::as_str))?.1);
        // Summed in the order of the rows, so that the same rows make the same bank.
        let distances: Vec<f64> = rows.par_iter().filter_map(distance).collect();
        let sum = distances.iter().sum::<f64>();
        bank.usual = if sum > 0.0 { (sum / distances.len() as f64) as f32 } else { 1.0 };
        bank
    }

    /// The tile nearest to features that is not in `but`, the image that they are of; and its distance, that of a normal tile being
    /// 1 on average. `None` where there is none, or of other features.
    pub fn nearest(&self, row: &[f64], but: Option<&str>) -> Option<(NormalTile, f64)> {
        if row.is_empty() || row.len() != self.deviations.len() || row.len() * self.tiles.len() != self.features.len() {
            return None;
        }
        let row = scale(row, &self.deviations);
        let but = self.images.iter().position(|name| Some(name.as_str()) == but);
        let all = self.tiles.iter().zip(self.features.chunks_exact(row.len()));
        let others = all.filter(|(tile, _)| Some(tile[0] as usize) != but);
        let (tile, squared) =
            others.map(|(tile, other)| (tile, squared_distance(other, &row))).min_by(|a, b| a.1.total_cmp(&b.1))?;
        let [image, x, y] = tile.map(|v| v as usize);
        let nearest = NormalTile { image: self.images.get(image)?.clone(), place: [x, y] };
        Some((nearest, f64::from(squared.sqrt() / self.usual)))
    }

    /// Writes it atomically.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        let (count, width) = (self.tiles.len(), self.deviations.len());
        let tensors = Tensors::from([
            ("tiles".into(), Tensor::from_vec(self.tiles.concat(), (count, 3), &Device::Cpu)?),
            ("features".into(), Tensor::from_slice(&self.features, (count, width), &Device::Cpu)?),
            ("deviations".into(), Tensor::from_slice(&self.deviations, width, &Device::Cpu)?),
            ("usual".into(), Tensor::from_slice(&[self.usual], 1, &Device::Cpu)?),
        ]);
        let images = serde_json::to_string(&self.images).unwrap_or_default();
        checkpoint::save(
            path,
            &tensors,
            &CheckpointMetadata::from([("kind".into(), "tile-bank".into()), ("images".into(), images)]),
        )
    }

    /// Reads what [`save`](Self::save) wrote.
    ///
    /// # Errors
    /// A file that is not there, damaged or something else.
    pub fn load(path: &Path) -> Result<Self> {
        let damaged = || {
            Error::user(
                format!("{} cannot be read", path.display()),
                "score the images that the run has learnt from: it is made again",
            )
        };
        let (tensors, metadata) = checkpoint::load(path).map_err(|_| damaged())?;
        let flat = |name: &str| tensors.get(name)?.flatten_all().ok();
        let floats = |name: &str| flat(name)?.to_vec1::<f32>().ok();
        let parts = || {
            Some(Self {
                images: serde_json::from_str(metadata.get("images")?).ok()?,
                tiles: flat("tiles")?.to_vec1::<u32>().ok()?.as_chunks().0.to_vec(),
                features: floats("features")?,
                deviations: floats("deviations")?,
                usual: floats("usual")?.first().copied().filter(|usual| *usual > 0.0)?,
            })
        };
        parts().ok_or_else(damaged)
    }
}

/// Standard deviation of each feature; 1 where it is always the same.
fn deviations(rows: &[PlacedRow]) -> Vec<f32> {
    let width = rows.first().map_or(0, |(row, ..)| row.len());
    let count = rows.len() as f64;
    let deviation = |i: usize| {
        let mean = rows.iter().map(|(row, ..)| row[i]).sum::<f64>() / count;
        (rows.iter().map(|(row, ..)| (row[i] - mean).powi(2)).sum::<f64>() / count).sqrt() as f32
    };
    (0..width).into_par_iter().map(deviation).map(|d| if d > 0.0 { d } else { 1.0 }).collect()
}

fn scale(row: &[f64], deviations: &[f32]) -> Vec<f32> {
    row.iter().zip(deviations).map(|(&v, deviation)| v as f32 / deviation).collect()
}

/// Places of at most `count` rows, each the farthest from those before it, beginning with the first.
fn k_centres(rows: &[Vec<f32>], count: usize) -> Vec<usize> {
    let mut chosen: Vec<usize> = (0..rows.len()).take(1).collect();
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
    use crate::rng;
    use proptest::prelude::*;
    use rand::Rng as _;

    fn rows(count: usize, width: usize, seed: u64) -> Vec<Vec<f64>> {
        let mut rng = rng::stream(seed, "test", 0);
        (0..count).map(|_| (0..width).map(|_| rng.random_range(-1.0..1.0)).collect()).collect()
    }

    proptest! {
        #[test]
        fn chosen_tiles_cover_all_others_the_better_the_more_they_are(count in 1usize..60, width in 1usize..20, seed: u64) {
            let rows: Vec<Vec<f32>> = rows(count, width, seed).iter().map(|row| scale(row, &vec![1.0; width])).collect();
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
        let mut rows = rows(40, 11, 5);
        rows.iter_mut().for_each(|row| row[3] *= 1e6);
        let images = ["a.png".to_string(), "b.png".to_string()];
        let placed: Vec<_> = rows.iter().enumerate().map(|(i, row)| (row.as_slice(), i % 2, [i, 2 * i])).collect();
        let bank = TileBank::choose(&images, &placed);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("bank.safetensors");
        bank.save(&path).unwrap();
        let again = TileBank::load(&path).unwrap();
        assert_eq!(again, bank);
        let mut distances = 0.0;
        for (i, row) in rows.iter().enumerate() {
            let tile = NormalTile { image: images[i % 2].clone(), place: [i, 2 * i] };
            assert_eq!(again.nearest(row, None), Some((tile, 0.0)));
            let (other, distance) = again.nearest(row, Some(&images[i % 2])).unwrap();
            assert_eq!(other.image, images[1 - i % 2]);
            distances += distance / 40.0;
        }
        assert!((distances - 1.0).abs() < 1e-3, "a normal tile is 1 from those of other images: {distances}");
        let mut odd = rows[0].clone();
        odd[7] += 50.0;
        assert!(again.nearest(&odd, None).unwrap().1 > 10.0);
        assert!(again.nearest(&[0.0; 7], None).is_none(), "of another encoder");
        std::fs::write(&path, b"x").unwrap();
        assert!(TileBank::load(&path).is_err());
    }
}
