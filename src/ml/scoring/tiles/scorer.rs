//! A score of pictures by their tiles: how far what the encoder of tiles sees is from what it sees in normal tiles, on average.
//!
//! Eq. 10 does not carry over to tiles (a tile with a vessel or a lesion has an up, so that the shift classifier calls it normal;
//! AUROC 0.36 on IDRiD). The features that amplifying has taught do: mean, deviation and maximum of each channel of the first
//! stage, a Gaussian of the normals' (covariance shrunk after Ledoit and Wolf), and the mean squared Mahalanobis distance of a
//! picture's tiles.

use super::{
    bank::TileBank,
    features::{tile_features, width},
};
use crate::{
    config::TileSize,
    data::{Dataset, Picture, Preprocess},
    error::Result,
    ml::{
        base::{
            evenly_spaced::evenly_spaced,
            reporter::{Event, Reporter, Stage},
            stage_progress::StageProgress,
        },
        encoder::model::Encoder,
        scoring::normal_gaussian::{NormalGaussian, NormalSamples},
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
        let (path, bank) = (run.join(files::TILES), run.join(files::TILE_BANK));
        let known = path.exists().then(|| NormalGaussian::load(&path, width(&encoder))).transpose()?;
        let is_own = encoder.has_learnt_from(data);
        let normals = match known {
            // Where the bank is missing or damaged, it is made when the run's own images are scored again.
            Some(normals) if !is_own || TileBank::load(&bank).is_ok() => normals,
            known => {
                let (seen, places) = look(&encoder, tiles, data, reporter)?;
                let is_older = known.is_some();
                let normals = known.map_or_else(|| NormalGaussian::fit(&seen), Ok)?;
                let placed = seen.rows.iter().zip(&seen.of_picture).zip(places);
                let rows: Vec<_> = placed.map(|((row, &of), place)| (row.as_slice(), of, place)).collect();
                let saved = TileBank::choose(&seen.names, &rows).save(&bank);
                match saved {
                    // It is there to be shown alone: a run that cannot be written to can be scored without.
                    Err(e) if is_older => reporter.event(Event::Notice(e.to_string().into())),
                    saved => saved?,
                }
                if !is_older {
                    // The last one: without it all is made again.
                    normals.save(&path, "normal-tiles")?;
                }
                normals
            }
        };
        Ok(Self { encoder, tiles, normals })
    }

    /// The score of a picture at its working size; higher is more abnormal.
    ///
    /// # Errors
    /// Too little memory.
    pub fn score(&self, picture: &Picture) -> Result<f64> {
        let tiles = tile_features(&self.encoder, picture, self.tiles.tile)?;
        Ok(self.normals.score(&tiles.into_iter().map(|tile| tile.features).collect::<Vec<_>>()))
    }
}

/// What was seen, and where each row's tile is, px.
fn look(
    encoder: &Encoder,
    tiles: TileSize,
    data: &Arc<Dataset>,
    reporter: &mut dyn Reporter,
) -> Result<(NormalSamples, Vec<[usize; 2]>)> {
    let chosen = data.some_training_normals(MOST);
    let each = TILES.div_ceil(chosen.len().max(1));
    let preprocess = Preprocess::new(encoder.config.run.preprocess.clone());
    let (mut seen, mut places) = (NormalSamples::default(), Vec::new());
    let mut progress = StageProgress::start(Stage::TileNormals, 0, chosen.len(), reporter);
    for (done, &id) in chosen.iter().enumerate() {
        // One that cannot be decoded was named when the encoder was trained.
        if let (Ok(picture), Some(item)) = (data.read(id), data.item(id)) {
            let all = tile_features(encoder, &preprocess.at_working_size(&picture, tiles), tiles.tile)?;
            let kept = evenly_spaced(&all, each);
            places.extend(kept.clone().map(|tile| tile.place));
            seen.add(item.name.clone(), kept.map(|tile| tile.features.clone()));
        }
        progress.reach(done + 1)?;
    }
    progress.finish();
    Ok((seen, places))
}
