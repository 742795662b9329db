//! Lesions planted into the held-out normals of a run, and how many of them each of its scores finds.

use super::image_scores::RunScorer;
use crate::{
    data::{Dataset, Picture, Pixels, Preprocess},
    error::Result,
    metrics::HeldOutScores,
    ml::{
        base::reporter::Reporter,
        encoder::{bank::Features, features::Extractor},
        scoring::{
            dia_scorer,
            synthetic_lesions::{CONTRASTS, IMAGES, LARGE_IMAGES, SIZES, SMALL_SIZES, Trial},
        },
    },
    scores::{ScoreKind, SyntheticLesions, lead},
};
use std::sync::Arc;

/// Pictures judged at once where they are large.
const LARGE_CHUNK: usize = 4;

/// Draws lesions into normal images of `data` that the run did not learn from: at the encoder's input size, and where the run has
/// worked by tiles at the working size and four times smaller. The same seed gives the same figures.
///
/// # Errors
/// Those of [`Trial::measure`], damaged files of the run.
pub fn measure(of: &RunScorer<'_>, data: &Arc<Dataset>, seed: u64, reporter: &mut dyn Reporter) -> Result<SyntheticLesions> {
    let (encoder, config) = (of.encoder, &of.encoder.config.run);
    let (bank, dia, held_out) = dia_scorer::of_bank(encoder)?;
    let dia_held_out = HeldOutScores::new(held_out.iter().map(|of| of.score).collect());
    let (whole_image, tiles_and_map) = (of.whole_image_scorers(data, reporter)?, of.tile_and_map_scorer(data, reporter)?);
    let extractor = Extractor::new(encoder, config.score.samples, config.score.crop_area);
    let side = encoder.config.input_size;

    let judge = |pictures: &[Picture]| {
        let flat: Vec<f32> = pictures.iter().flat_map(|picture| picture.resize(side, side).data).collect();
        let of_dia = extractor.sampled(&flat)?.iter().map(|samples| dia.score(&Features::mean(samples)).score).collect();
        let mut all: Vec<(ScoreKind, &HeldOutScores, Vec<f64>)> = vec![(ScoreKind::Dia, &dia_held_out, of_dia)];
        for scorer in &whole_image {
            all.push((scorer.kind(), scorer.held_out_scores(), scorer.scores(&flat)?));
        }
        if let Some(scorer) = &tiles_and_map {
            let scores = pictures.iter().map(|picture| scorer.score_one(picture).map(|(scores, _)| scores));
            let scores: Vec<_> = scores.collect::<Result<_>>()?;
            let [tiles, map] = scorer.held_out_scores();
            all.push((ScoreKind::Tiles, tiles, scores.iter().map(|of| of.tiles).collect()));
            all.push((ScoreKind::Map, map, scores.iter().map(|of| of.map).collect()));
        }
        let lead: Option<Vec<f64>> = (0..pictures.len())
            .map(|i| lead(&all.iter().map(|(kind, held_out, values)| (*kind, held_out.rank(values[i]))).collect::<Vec<_>>()))
            .collect();
        let mut scores: Vec<(ScoreKind, Vec<f64>)> = all.into_iter().map(|(kind, _, values)| (kind, values)).collect();
        scores.extend(lead.map(|values| (ScoreKind::Lead, values)));
        Ok(scores)
    };

    let preprocess = Preprocess::new(config.preprocess.clone());
    let prepare = |pixels: &dyn Pixels| match &tiles_and_map {
        Some(scorer) => scorer.maps.working_picture(pixels),
        None => preprocess.fit(pixels, side),
    };
    let is_large = tiles_and_map.is_some();
    let trial = Trial {
        data,
        learnt: bank.names.iter().map(String::as_str).collect(),
        prepare: &prepare,
        sizes: if is_large { &SMALL_SIZES } else { &SIZES },
        contrasts: &CONTRASTS,
        most: if is_large { LARGE_IMAGES } else { IMAGES },
        chunk: if is_large { LARGE_CHUNK } else { extractor.chunk() },
    };
    trial.measure(&judge, seed, reporter)
}
