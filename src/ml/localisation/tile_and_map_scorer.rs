//! The scores of large pictures that are worked on at their own scale: by their tiles, and by their anomaly map.

use super::map_model::MapModel;
use crate::{
    config::{RunConfig, TileSize},
    data::{Dataset, ImageId, Picture, for_each_image},
    error::Result,
    metrics::HeldOutScores,
    ml::{
        base::{
            reporter::{Event, Reporter, Stage},
            stage_progress::StageProgress,
        },
        encoder::model::Encoder,
        scoring::{anomaly_map::AnomalyMap, normal_gaussian::not_kept, tiles::scorer::TileScorer},
    },
    run_dir::{RunDir, files},
    scores::ScoreKind,
};
use candle_core::Device;
use std::{collections::HashMap, sync::Arc};

/// Pictures decoded at once.
const CHUNK: usize = 4;

/// Both scores of a picture; higher is more abnormal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TileAndMapScores {
    /// By its tiles ([`TileScorer`]).
    pub tiles: f64,
    /// By its map ([`MapModel::map`]).
    pub map: f64,
}

/// Scores pictures, and makes their maps.
pub struct TileAndMapScorer {
    by_tiles: TileScorer,
    /// What makes the maps.
    pub maps: MapModel,
}

impl TileAndMapScorer {
    /// From the run's part for tiles; what it lacks yet is made from the training normals of `data`. `None` where the part has no
    /// finished encoder, and, with a notice, where it would have to learn from `data` that are not those of its encoder.
    ///
    /// # Errors
    /// Damaged files, pictures that cannot be decoded at all, [`Error::Stopped`](crate::error::Error::Stopped).
    pub fn open_or_build(
        part: &RunDir,
        config: &RunConfig,
        tiles: TileSize,
        data: &Arc<Dataset>,
        device: &Device,
        reporter: &mut dyn Reporter,
    ) -> Result<Option<Self>> {
        let encoder = part.join(files::ENCODER);
        if !encoder.is_file() {
            return Ok(None);
        }
        let encoder = Encoder::load(&encoder, device)?;
        let lacks = [files::TILES, files::MAP_MODEL].iter().any(|file| !part.join(file).exists());
        if lacks && !encoder.has_learnt_from(data) {
            reporter.event(Event::Notice(not_kept(&[ScoreKind::Tiles, ScoreKind::Map]).into()));
            return Ok(None);
        }
        let by_tiles = TileScorer::open_or_build(part, encoder, tiles, data, reporter)?;
        let maps = MapModel::open_or_train(part, config, tiles, data, reporter)?;
        Ok(Some(Self { by_tiles, maps }))
    }

    /// Scores and map of a picture at its working size.
    ///
    /// # Errors
    /// Too little memory.
    pub fn score_one(&self, picture: &Picture) -> Result<(TileAndMapScores, AnomalyMap)> {
        let (map, score) = self.maps.map(picture)?;
        Ok((TileAndMapScores { tiles: self.by_tiles.score(picture)?, map: score }, map))
    }

    /// Scores of pictures; those of training normals that it has learnt from are known already. `each` is given every other picture
    /// at its working size with its map, and may end the work. Pictures that cannot be decoded are left out.
    ///
    /// # Errors
    /// Whatever `each` returns, [`Error::Stopped`](crate::error::Error::Stopped).
    pub fn score(
        &self,
        data: &Arc<Dataset>,
        ids: &[ImageId],
        is_own: bool,
        each: &mut dyn FnMut(ImageId, &Picture, &AnomalyMap) -> Result<()>,
        reporter: &mut dyn Reporter,
    ) -> Result<HashMap<ImageId, TileAndMapScores>> {
        let known = |id: ImageId| {
            let name = &data.item(id).filter(|_| is_own)?.name;
            Some(TileAndMapScores { tiles: self.by_tiles.normals.held_out(name)?, map: self.maps.of_normal(name)? })
        };
        let mut scores: HashMap<ImageId, TileAndMapScores> = ids.iter().filter_map(|&id| Some((id, known(id)?))).collect();
        let others: Vec<ImageId> = ids.iter().copied().filter(|id| !scores.contains_key(id)).collect();
        // Those with masks take longer, as they are measured by them: spread among the others, any part tells how long the rest takes.
        let others = mixed(&others, |&id| data.item(id).is_some_and(|item| !item.masks.is_empty()));
        let mut progress = StageProgress::start(Stage::Maps, 0, others.len(), reporter);
        for (done, ids) in others.chunks(CHUNK).enumerate() {
            let pictures = for_each_image(data, ids, |_, item| Ok(self.maps.working_picture(&item.decode()?)));
            for (&id, picture) in ids.iter().zip(pictures) {
                let Ok(picture) = picture else { continue };
                let (of_picture, map) = self.score_one(&picture)?;
                scores.insert(id, of_picture);
                each(id, &picture, &map)?;
            }
            progress.reach((CHUNK * done + ids.len()).min(others.len()))?;
        }
        progress.finish();
        Ok(scores)
    }

    /// The scores of the training normals: by tiles, by map.
    pub fn held_out_scores(&self) -> [&HeldOutScores; 2] {
        [self.by_tiles.normals.held_out_scores(), self.maps.held_out_scores()]
    }
}

/// All items, with those of which `is_one` evenly among the others, both in their order.
fn mixed<T: Copy>(all: &[T], is_one: impl Fn(&T) -> bool) -> Vec<T> {
    let (ones, others): (Vec<T>, Vec<T>) = all.iter().partition(|item| is_one(item));
    let placed = |part: Vec<T>| {
        let count = part.len() as f64;
        part.into_iter().enumerate().map(move |(i, item)| ((i as f64 + 0.5) / count, item))
    };
    let mut all: Vec<(f64, T)> = placed(ones).chain(placed(others)).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    all.into_iter().map(|(_, item)| item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_longer_is_spread_among_the_rest() {
        let all: Vec<usize> = (0..12).collect();
        assert_eq!(mixed(&all, |&i| i >= 9), [0, 9, 1, 2, 3, 10, 4, 5, 6, 11, 7, 8]);
        assert_eq!(mixed(&all, |_| true), all);
        assert_eq!(mixed(&all, |_| false), all);
    }
}
