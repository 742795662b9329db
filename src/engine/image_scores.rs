//! Computes all scores of a run's images: DIA, the others, the leading score, baselines.

use super::anomaly_maps::MapFolder;
use crate::{
    config::ThresholdRule,
    data::{Dataset, ImageId, Item, Label, Picture, Preprocess, Split},
    error::{Error, NextStep, Result},
    metrics::HeldOutScores,
    ml::{
        base::reporter::Reporter,
        diffusion::model::DiffusionModel,
        dissolve::{dissolver::Dissolver, tiled::TiledDissolver},
        encoder::model::Encoder,
        localisation::{map_model::MapModel, tile_and_map_scorer::TileAndMapScorer},
        scoring::{
            anomaly_map::AnomalyMap,
            baselines,
            descriptor_scorer::DescriptorScorer,
            dia_scorer::{self, WholeImageScorer},
            encoder_features::EncoderFeatures,
            map_rulers::{BLUR_DIFFERENCE, blur_difference},
            pixel_evaluation::PixelEvaluation,
            profile::DissolveProfile,
        },
    },
    run_dir::{RunDir, files},
    scores::{PixelFigures, ScoreKind, Scores, lead},
};
use std::{
    collections::{HashMap, HashSet},
    path::Path,
    sync::Arc,
};

/// What a run scores images with.
pub struct RunScorer<'a> {
    /// The part of the run that the encoder is in.
    pub part: &'a RunDir,
    /// The encoder of whole pictures, with its bank.
    pub encoder: &'a Encoder,
    /// The diffusion model of the dissolve profile, where there is one.
    pub model: Option<Arc<DiffusionModel>>,
    /// Where anomaly maps are written, where they are wanted.
    pub maps: Option<&'a Path>,
}

/// What became of the images.
pub struct ScoredImages {
    /// One row for each image that can be decoded.
    pub scores: Scores,
    /// How well the anomaly maps find what masks outline, where there are both.
    pub pixels: Option<PixelFigures>,
}

impl ScoredImages {
    /// Writes `path` and the pixel figures beside it.
    ///
    /// # Errors
    /// Where one of them cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        self.scores.write(path)?;
        PixelFigures::replace(self.pixels.as_ref(), path)
    }
}

/// Maps of a run's own images that are kept at most.
const MAPS_KEPT: usize = 1000;
/// Pictures with masks that the residual of dissolving, which is slow, is a ruler for, at most.
const RESIDUALS: usize = 100;
/// Name of that ruler, and the step it is taken at.
const RESIDUAL: (&str, usize) = ("dissolving_residual_t30", 30);

impl RunScorer<'_> {
    /// DIA's score and its terms; the score by features; the dissolve profile where the encoder's settings ask for it and there is a
    /// diffusion model; the scores by tiles and by the anomaly map where the run has worked by tiles; the one that leads; and the
    /// baselines that need no training.
    ///
    /// # Errors
    /// Images that cannot be read at all, damaged files of the run, [`Error::Stopped`].
    pub fn score(&self, data: &Arc<Dataset>, ids: &[ImageId], reporter: &mut dyn Reporter) -> Result<ScoredImages> {
        let config = &self.encoder.config.run;
        let whole_image = self.whole_image_scorers(data, reporter)?;
        let (mut scores, dia) = dia_scorer::score(self.encoder, data, ids, &whole_image, reporter)?;
        let known: HashSet<&str> = scores.rows.iter().map(|row| row.path.as_str()).collect();
        // An image that could not be decoded has no row.
        let scored: Vec<ImageId> =
            ids.iter().copied().filter(|&id| data.item(id).is_some_and(|i| known.contains(i.name.as_str()))).collect();
        let mut held_out: Vec<(ScoreKind, HeldOutScores)> =
            whole_image.iter().map(|scorer| (scorer.kind(), scorer.held_out_scores().clone())).collect();
        let pixels = self.by_tiles(&mut scores, &mut held_out, data, &scored, reporter)?;
        combine(&mut scores, &dia, &held_out);
        scores.set_lead_threshold(lead_threshold(&scores, config.score.rule));
        let mut tick = |_: usize| reporter.check_stop();
        let values = baselines::measure(data, &scored, &config.preprocess, self.encoder.config.input_size, &mut tick)?;
        scores.set_baselines(&baselines::NAMES, values);
        Ok(ScoredImages { scores, pixels })
    }

    /// The scores of whole pictures beside DIA's.
    pub(super) fn whole_image_scorers(
        &self,
        data: &Arc<Dataset>,
        reporter: &mut dyn Reporter,
    ) -> Result<Vec<Box<dyn WholeImageScorer + '_>>> {
        let (part, encoder) = (self.part, self.encoder);
        let mut all: Vec<Box<dyn WholeImageScorer>> = Vec::new();
        if let Some(model) = self.model.clone().filter(|_| encoder.config.run.score.profile) {
            let profile = DissolveProfile { model, side: encoder.config.input_size };
            let profile = DescriptorScorer::open_or_build(profile, part, encoder, data, reporter)?;
            all.extend(profile.map(|scorer| Box::new(scorer) as Box<dyn WholeImageScorer>));
        }
        let features = DescriptorScorer::open_or_build(EncoderFeatures(encoder), part, encoder, data, reporter)?;
        all.extend(features.map(|scorer| Box::new(scorer) as Box<dyn WholeImageScorer>));
        Ok(all)
    }

    /// The scores of pictures at their own scale, where the run has worked by tiles.
    pub(super) fn tile_and_map_scorer(
        &self,
        data: &Arc<Dataset>,
        reporter: &mut dyn Reporter,
    ) -> Result<Option<TileAndMapScorer>> {
        let config = &self.encoder.config.run;
        let Some((tiles, part)) = config.data.tiles().zip(files::tiles_part(self.part.path())) else { return Ok(None) };
        TileAndMapScorer::open_or_build(&RunDir::open(&part)?, config, tiles, data, self.encoder.device(), reporter)
    }

    /// Whether there can be anomaly maps.
    ///
    /// # Errors
    /// A run that has worked on whole pictures, where maps are wanted all the same.
    pub fn require_maps(&self) -> Result<()> {
        if self.encoder.config.run.data.tiles().is_none() {
            return Err(Error::user(
                "this run makes no anomaly maps: it has seen whole pictures, not tiles",
                "train by tiles (data.tile = auto or a size) on pictures of more than 128 px",
            ));
        }
        match files::tiles_part(self.part.path()).filter(|part| part.join(files::ENCODER).is_file()) {
            Some(_) => Ok(()),
            None => Err(Error::user("this run makes no anomaly maps yet: its encoder of tiles is not there", NextStep::Resume)),
        }
    }

    /// Adds the scores by tiles and by map, and those of the held-out normals to `held_out`.
    fn by_tiles(
        &self,
        scores: &mut Scores,
        held_out: &mut Vec<(ScoreKind, HeldOutScores)>,
        data: &Arc<Dataset>,
        ids: &[ImageId],
        reporter: &mut dyn Reporter,
    ) -> Result<Option<PixelFigures>> {
        let is_own = self.encoder.has_learnt_from(data);
        let Some(scorer) = self.tile_and_map_scorer(data, reporter)? else {
            // Those of images from elsewhere were asked for by name.
            return if is_own || self.maps.is_none() { Ok(None) } else { Err(no_maps()) };
        };
        let mut written = self.maps.map(MapFolder::prepare).transpose()?.map(|folder| (folder, 0));
        let mut evaluation = PixelEvaluation::new(MapModel::SCALE);
        let residual = self.residual(data, ids);
        let preprocess = Preprocess::new(self.encoder.config.run.preprocess.clone());
        let each = &mut |id: ImageId, picture: &Picture, map: &AnomalyMap| {
            let Some(item) = data.item(id).filter(|item| !is_own || item.split == Split::Test) else { return Ok(()) };
            // A mask that cannot be read was named when the data set was opened; its picture is scored all the same.
            let mask = data.read_cropped_mask(id, &preprocess).unwrap_or_default();
            if let Some(mask) = mask.as_ref().filter(|_| may_show_findings(data, item)) {
                let mut rulers = vec![(BLUR_DIFFERENCE, blur_difference(picture))];
                if let Some(dissolver) = &residual {
                    let dissolved = dissolver.dissolve(picture, RESIDUAL.1, &mut |_, _| Ok(()))?;
                    rulers.push((RESIDUAL.0, difference(picture, &dissolved)));
                }
                evaluation.add(map, &rulers, Some(mask))?;
            }
            if let Some((folder, count)) = written.as_mut().filter(|(_, count)| !is_own || *count < MAPS_KEPT) {
                folder.write(&item.name, map, MapModel::SCALE, picture, mask.as_ref())?;
                *count += 1;
            }
            Ok(())
        };
        let found = scorer.score(data, ids, is_own, each, reporter)?;
        let by_name: HashMap<&str, _> =
            found.iter().filter_map(|(&id, scores)| Some((data.item(id)?.name.as_str(), *scores))).collect();
        for row in &mut scores.rows {
            if let Some(of) = by_name.get(row.path.as_str()) {
                (row.by[ScoreKind::Tiles], row.by[ScoreKind::Map]) = (Some(of.tiles), Some(of.map));
            }
        }
        held_out.extend([ScoreKind::Tiles, ScoreKind::Map].into_iter().zip(scorer.held_out_scores().map(HeldOutScores::clone)));
        Ok(evaluation.figures())
    }

    /// Dissolves pictures with masks by the diffusion model, where there is one and not too many of them.
    fn residual(&self, data: &Dataset, ids: &[ImageId]) -> Option<TiledDissolver> {
        let masks = ids
            .iter()
            .filter(|&&id| data.item(id).is_some_and(|item| !item.masks.is_empty() && may_show_findings(data, item)))
            .count();
        let model = self.model.clone().filter(|_| (1..=RESIDUALS).contains(&masks))?;
        Some(TiledDissolver::new(Dissolver::with_model(model, false), self.encoder.config.run.data.tiles()?))
    }
}

/// Whether a mask of this image can outline a finding: that of a normal image outlines anatomy.
fn may_show_findings(data: &Dataset, item: &Item) -> bool {
    data.label_of(item) != Some(Label::Normal)
}

fn no_maps() -> Error {
    Error::user(
        "no anomaly maps can be made: the run has not kept what its training images look like in them",
        "score the images that it has learnt from once",
    )
}

/// Sets [`ScoreKind::Lead`] where all ranks are there. `dia`: of DIA's score.
fn combine(scores: &mut Scores, dia: &HeldOutScores, others: &[(ScoreKind, HeldOutScores)]) {
    for row in &mut scores.rows {
        let dia = Some((ScoreKind::Dia, dia.rank(row.score)));
        let others = others.iter().map(|(kind, held_out)| Some((*kind, held_out.rank(row.by[*kind]?))));
        let all: Option<Vec<_>> = std::iter::once(dia).chain(others).collect();
        row.by[ScoreKind::Lead] = all.and_then(|ranks| lead(&ranks));
    }
}

/// The threshold of the score that leads, where there is one.
pub(super) fn lead_threshold(scores: &Scores, rule: ThresholdRule) -> Option<f64> {
    scores.seen_by(ScoreKind::Lead, Some(rule))?.threshold(rule, None).ok()
}

/// |a - b|, the mean of the channels.
fn difference(a: &Picture, b: &Picture) -> AnomalyMap {
    let channel = |i: usize, c: usize| (a.plane(c)[i] - b.plane(c)[i]).abs();
    let pixels = a.width * a.height;
    AnomalyMap::new(a.width, a.height, (0..pixels).map(|i| (0..3).map(|c| channel(i, c)).sum::<f32>() / 3.0).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scores::{PerScore, ScoreRow};

    #[test]
    fn images_with_all_parts_have_a_leading_score() {
        let held_out = || HeldOutScores::new((0..10).map(f64::from).collect());
        // Ranks of 0.95, 0.05, 0.55 and 0.25.
        let values = [(ScoreKind::Features, 0.0), (ScoreKind::Tiles, 5.0), (ScoreKind::Map, 2.0)];
        let by = PerScore::from_fn(|kind| values.iter().find(|(of, _)| *of == kind).map(|(_, value)| *value));
        let row = ScoreRow { score: 9.0, by, ..ScoreRow::default() };
        let mut without_map = row.clone();
        without_map.by[ScoreKind::Map] = None;
        let mut scores = Scores::from(vec![row.clone(), without_map]);
        let others = values.map(|(kind, _)| (kind, held_out()));
        combine(&mut scores, &held_out(), &others);
        let lead = scores.rows[0].by[ScoreKind::Lead].unwrap();
        assert!((lead - (0.95 + 0.05) / 2.0).abs() < 1e-12, "{lead}: by whole pictures, since tiles have 0.4");
        assert_eq!(scores.rows[1].by[ScoreKind::Lead], None, "a part is missing");
        let mut dia_alone = Scores::from(vec![row]);
        combine(&mut dia_alone, &held_out(), &[]);
        assert_eq!(dia_alone.rows[0].by[ScoreKind::Lead], None, "there is nothing to combine");
    }
}
