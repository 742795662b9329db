//! A score of pictures by their tiles: how far what the encoder of tiles sees is from what it sees in normal tiles, on average.
//!
//! Eq. 10 does not carry over to tiles (a tile with a vessel or a lesion has an up, so that the shift classifier calls it normal;
//! AUROC 0.36 on IDRiD). The features that amplifying has taught do: mean, deviation and maximum of each channel of the first
//! stage, a Gaussian of the normals' (covariance shrunk after Ledoit and Wolf), and the mean squared Mahalanobis distance of a
//! picture's tiles.

use super::{
    gaussian::{Gaussian, Ranks},
    tile_features::tile_features,
};
use crate::{
    config::TileSize,
    data::{Dataset, ImageId, Picture, Preprocess},
    error::{Error, Result},
    ml::{
        base::{
            checkpoint::{self, Metadata, Tensors},
            reporter::{Reporter, Stage},
            stage_progress::StageProgress,
        },
        encoder::model::Encoder,
    },
    run_dir::{RunDir, files},
};
use candle_core::{Device, Tensor};
use rayon::prelude::*;
use std::{collections::BTreeMap, sync::Arc};

/// Training normals whose tiles are looked at, at most, evenly spread.
pub(crate) const MOST: usize = 120;
/// Their tiles that the Gaussian is fitted to, at most, as many of each picture.
const TILES: usize = 8000;
/// Parts that take turns at being held out.
const FOLDS: usize = 5;

/// Scores pictures by their tiles.
pub struct TileScorer {
    encoder: Encoder,
    tiles: TileSize,
    gaussian: Gaussian,
    /// Of each training normal that was looked at, without its own fold.
    held_out: BTreeMap<String, f64>,
    ranks: Ranks,
}

impl TileScorer {
    /// Reads what normal tiles look like to the encoder of the run (the part for tiles), or looks at the training normals of
    /// `data`.
    ///
    /// # Errors
    /// A damaged file, pictures that cannot be decoded at all, a file that cannot be written, [`Error::Stopped`].
    pub fn open_or_build(
        run: &RunDir,
        encoder: Encoder,
        tiles: TileSize,
        data: &Arc<Dataset>,
        reporter: &mut dyn Reporter,
    ) -> Result<Self> {
        let path = run.join(files::TILES);
        if !path.exists() {
            let NormalTiles { names, rows, of_picture } = look(&encoder, tiles, data, reporter)?;
            let gaussian = Gaussian::fit(rows.iter().map(Vec::as_slice))?;
            let held_out = held_out(&gaussian, &rows, &of_picture, names.len());
            let (mean, precision) = gaussian.parts();
            let width = mean.len();
            let tensors = Tensors::from([
                ("mean".into(), Tensor::from_vec(mean, width, &Device::Cpu)?),
                ("precision".into(), Tensor::from_vec(precision, (width, width), &Device::Cpu)?),
            ]);
            let held_out: BTreeMap<String, f64> = names.into_iter().zip(held_out).collect();
            let normals = serde_json::to_string(&held_out).unwrap_or_default();
            let metadata = Metadata::from([("kind".into(), "normal-tiles".into()), ("normals".into(), normals)]);
            checkpoint::save(&path, &tensors, &metadata)?;
        }
        let (tensors, metadata) = checkpoint::load(&path)?;
        let values = |name: &str| tensors.get(name)?.flatten_all().ok()?.to_vec1::<f64>().ok();
        let gaussian =
            values("mean").zip(values("precision")).and_then(|(mean, precision)| Gaussian::from_parts(mean, precision));
        let held_out = metadata.get("normals").and_then(|text| serde_json::from_str::<BTreeMap<String, f64>>(text).ok());
        let Some((gaussian, held_out)) = gaussian.zip(held_out) else {
            return Err(Error::user(format!("{} cannot be read", path.display()), "delete it: it is made again"));
        };
        let ranks = Ranks::new(held_out.values().copied().collect());
        Ok(Self { encoder, tiles, gaussian, held_out, ranks })
    }

    /// The score of a picture at its working size; higher is more abnormal.
    ///
    /// # Errors
    /// Too little memory.
    pub fn score(&self, picture: &Picture) -> Result<f64> {
        let rows = tile_features(&self.encoder, picture, self.tiles.tile)?;
        let sum: f64 = rows.par_iter().map(|row| self.gaussian.distance(row)).sum();
        Ok(sum / rows.len().max(1) as f64)
    }

    /// Score of a training normal by a Gaussian that was fitted without it; `None` where it was not looked at.
    pub fn held_out(&self, name: &str) -> Option<f64> {
        self.held_out.get(name).copied()
    }

    /// Rank of a score among the held-out normals, \[0, 1\].
    pub fn rank(&self, score: f64) -> f64 {
        self.ranks.rank(score)
    }
}

/// What was seen of the training normals.
#[derive(Default)]
struct NormalTiles {
    /// Of the pictures.
    names: Vec<String>,
    /// Features of some tiles of each.
    rows: Vec<Vec<f64>>,
    /// Which picture each row is of, by its place in `names`.
    of_picture: Vec<usize>,
}

fn look(encoder: &Encoder, tiles: TileSize, data: &Arc<Dataset>, reporter: &mut dyn Reporter) -> Result<NormalTiles> {
    let normals = data.training_normals();
    let step = normals.len().div_ceil(MOST).max(1);
    let chosen: Vec<ImageId> = normals.into_iter().step_by(step).collect();
    let each = TILES.div_ceil(chosen.len().max(1));
    let preprocess = Preprocess::new(encoder.config.run.preprocess.clone());
    let mut seen = NormalTiles::default();
    let mut progress = StageProgress::start(Stage::TileNormals, 0, chosen.len(), reporter);
    for (done, &id) in chosen.iter().enumerate() {
        // One that cannot be decoded was named when the encoder was trained.
        if let (Ok(picture), Some(item)) = (data.read(id), data.item(id)) {
            let all = tile_features(encoder, &preprocess.at_working_size(&picture, tiles), tiles.tile)?;
            let kept = all.len().min(each);
            seen.rows.extend((0..kept).map(|i| all[i * all.len() / kept].clone()));
            seen.of_picture.extend(std::iter::repeat_n(seen.names.len(), kept));
            seen.names.push(item.name.clone());
        }
        progress.reach(done + 1)?;
    }
    progress.finish();
    Ok(seen)
}

/// Mean distance of each picture's tiles from a Gaussian of the tiles of other folds.
fn held_out(all: &Gaussian, rows: &[Vec<f64>], of_picture: &[usize], pictures: usize) -> Vec<f64> {
    let folds = FOLDS.min(pictures.max(1));
    let sums: Vec<(f64, usize)> = (0..folds)
        .into_par_iter()
        .flat_map_iter(|fold| {
            let others = rows.iter().zip(of_picture).filter(|(_, p)| **p % folds != fold).map(|(row, _)| row.as_slice());
            let without = Gaussian::fit(others).unwrap_or_else(|_| all.clone());
            let mut sums = vec![(0.0, 0); pictures];
            for (row, &p) in rows.iter().zip(of_picture).filter(|(_, p)| **p % folds == fold) {
                sums[p].0 += without.distance(row);
                sums[p].1 += 1;
            }
            sums
        })
        .collect();
    let of = |p: usize| {
        let (sum, count) = sums[(p % folds) * pictures + p];
        sum / count.max(1) as f64
    };
    (0..pictures).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng;
    use rand::Rng as _;

    #[test]
    fn held_out_pictures_look_farther_than_those_fitted_to() {
        let mut rng = rng::stream(2, "test", 0);
        let rows: Vec<Vec<f64>> = (0..60).map(|_| (0..8).map(|_| rng.random_range(-1.0..1.0)).collect()).collect();
        let of_picture: Vec<usize> = (0..60).map(|i| i / 6).collect();
        let gaussian = Gaussian::fit(rows.iter().map(Vec::as_slice)).unwrap();
        let held_out = held_out(&gaussian, &rows, &of_picture, 10);
        let fitted = rows.iter().map(|r| gaussian.distance(r)).sum::<f64>() / 60.0;
        assert_eq!(held_out.len(), 10);
        assert!(held_out.iter().sum::<f64>() / 10.0 > fitted);
    }
}
