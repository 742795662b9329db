//! A score of pictures by their tiles: how far what the encoder of tiles sees is from what it sees in normal tiles, on average.
//!
//! Eq. 10 does not carry over to tiles (a tile with a vessel or a lesion has an up, so that the shift classifier calls it normal;
//! AUROC 0.36 on IDRiD). The features that amplifying has taught do: mean, deviation and maximum of each channel of the first
//! stage, a Gaussian of the normals' (covariance shrunk after Ledoit and Wolf), and the mean squared Mahalanobis distance of a
//! picture's tiles.

use super::{
    normal_gaussian::{NormalGaussian, Seen},
    tile_features::{tile_features, width},
};
use crate::{
    config::TileSize,
    data::{Dataset, Picture, Preprocess},
    error::Result,
    ml::{
        base::{
            reporter::{Reporter, Stage},
            stage_progress::StageProgress,
        },
        encoder::model::Encoder,
    },
    run_dir::{RunDir, files},
};
use std::sync::Arc;

/// Training normals whose tiles are looked at, at most, evenly spread.
pub(crate) const MOST: usize = 120;
/// Their tiles that the Gaussian is fitted to, at most, as many of each picture.
const TILES: usize = 8000;
/// Scores pictures by their tiles.
pub struct TileScorer {
    encoder: Encoder,
    tiles: TileSize,
    /// What normal tiles look like.
    pub normals: NormalGaussian,
}

impl TileScorer {
    /// Reads what normal tiles look like to the encoder of the run (the part for tiles), or looks at the training normals of
    /// `data`.
    ///
    /// # Errors
    /// A damaged file, pictures that cannot be decoded at all, a file that cannot be written,
    /// [`Error::Stopped`](crate::error::Error::Stopped).
    pub fn open_or_build(
        run: &RunDir,
        encoder: Encoder,
        tiles: TileSize,
        data: &Arc<Dataset>,
        reporter: &mut dyn Reporter,
    ) -> Result<Self> {
        let path = run.join(files::TILES);
        let normals = if path.exists() {
            NormalGaussian::load(&path, width(&encoder))?
        } else {
            let normals = NormalGaussian::fit(&look(&encoder, tiles, data, reporter)?)?;
            normals.save(&path, "normal-tiles")?;
            normals
        };
        Ok(Self { encoder, tiles, normals })
    }

    /// The score of a picture at its working size; higher is more abnormal.
    ///
    /// # Errors
    /// Too little memory.
    pub fn score(&self, picture: &Picture) -> Result<f64> {
        Ok(self.normals.score(&tile_features(&self.encoder, picture, self.tiles.tile)?))
    }
}

fn look(encoder: &Encoder, tiles: TileSize, data: &Arc<Dataset>, reporter: &mut dyn Reporter) -> Result<Seen> {
    let chosen = data.some_training_normals(MOST);
    let each = TILES.div_ceil(chosen.len().max(1));
    let preprocess = Preprocess::new(encoder.config.run.preprocess.clone());
    let mut seen = Seen::default();
    let mut progress = StageProgress::start(Stage::TileNormals, 0, chosen.len(), reporter);
    for (done, &id) in chosen.iter().enumerate() {
        // One that cannot be decoded was named when the encoder was trained.
        if let (Ok(picture), Some(item)) = (data.read(id), data.item(id)) {
            let all = tile_features(encoder, &preprocess.at_working_size(&picture, tiles), tiles.tile)?;
            let kept = all.len().min(each);
            seen.add(item.name.clone(), (0..kept).map(|i| all[i * all.len() / kept].clone()));
        }
        progress.reach(done + 1)?;
    }
    progress.finish();
    Ok(seen)
}
