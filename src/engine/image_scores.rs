//! Scores of images with everything that stands beside them.

use crate::{
    data::{Dataset, ImageId},
    error::{Error, Result},
    ml::{
        base::reporter::{Control, Reporter},
        diffusion::model::DiffusionModel,
        encoder::model::Encoder,
        localisation::picture_scorer::PictureScorer,
        scoring::{baselines, profile_scorer::ProfileScorer, scorer},
    },
    run_dir::{RunDir, files},
    scores::Scores,
};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// What a run scores images with.
pub struct ImageScorer<'a> {
    /// The part of the run that the encoder is in.
    pub part: &'a RunDir,
    /// The encoder of whole pictures, with its bank.
    pub encoder: &'a Encoder,
    /// The diffusion model of the dissolve profile, where there is one.
    pub model: Option<Arc<DiffusionModel>>,
}

impl ImageScorer<'_> {
    /// DIA's score and its terms; the dissolve profile where the encoder's settings ask for it and there is a diffusion model; the
    /// scores by tiles and by the anomaly map where the run has worked by tiles; all of these combined; and the baselines that need
    /// no training.
    ///
    /// # Errors
    /// Images that cannot be read at all, damaged files of the run, [`Error::Stopped`].
    pub fn score(&self, data: &Arc<Dataset>, ids: &[ImageId], reporter: &mut dyn Reporter) -> Result<Scores> {
        let config = &self.encoder.config.run;
        let profiler = match self.model.as_ref().filter(|_| config.score.profile) {
            Some(model) => ProfileScorer::open_or_build(self.part, self.encoder, model, data, reporter)?,
            None => None,
        };
        let mut scores = scorer::score(self.encoder, data, ids, profiler.as_ref(), reporter)?;
        let known: HashSet<&str> = scores.rows.iter().map(|row| row.path.as_str()).collect();
        // An image that could not be decoded has no row.
        let scored: Vec<ImageId> =
            ids.iter().copied().filter(|&id| data.item(id).is_some_and(|i| known.contains(i.name.as_str()))).collect();
        self.by_tiles(&mut scores, profiler.as_ref(), data, &scored, reporter)?;
        let mut tick = |_: usize| if reporter.control() == Control::Stop { Err(Error::Stopped) } else { Ok(()) };
        let values = baselines::measure(data, &scored, &config.preprocess, self.encoder.config.input_size, &mut tick)?;
        scores.set_baselines(&baselines::NAMES, values);
        Ok(scores)
    }

    /// Adds the scores by tiles and by map, and combines all scores anew.
    fn by_tiles(
        &self,
        scores: &mut Scores,
        profiler: Option<&ProfileScorer>,
        data: &Arc<Dataset>,
        ids: &[ImageId],
        reporter: &mut dyn Reporter,
    ) -> Result<()> {
        let config = &self.encoder.config.run;
        let (Some(tiles), Some(part)) = (config.data.tiles(), files::tiles_part(self.part.path())) else { return Ok(()) };
        let (part, is_own) = (RunDir::open(&part)?, data.fingerprint() == self.encoder.config.fingerprint);
        let device = self.encoder.device();
        let Some(scorer) = PictureScorer::open_or_build(&part, config, tiles, data, device, reporter)? else { return Ok(()) };
        let found = scorer.score(data, ids, is_own, &mut |_, _, _| Ok(()), reporter)?;
        let by_name: HashMap<&str, _> =
            found.iter().filter_map(|(&id, scores)| Some((data.item(id)?.name.as_str(), *scores))).collect();
        let ranks = scorer::ranks_of_normals(self.encoder)?;
        for row in &mut scores.rows {
            let Some(&of_tiles) = by_name.get(row.path.as_str()) else { continue };
            (row.tiles, row.map) = (Some(of_tiles.tiles), Some(of_tiles.map));
            let profile = row.profile.zip(profiler).map(|(profile, profiler)| profiler.rank(profile));
            let all: Vec<f64> = [ranks.rank(row.score)].into_iter().chain(profile).chain(scorer.ranks(of_tiles)).collect();
            row.combined = Some(all.iter().sum::<f64>() / all.len() as f64);
        }
        Ok(())
    }
}
