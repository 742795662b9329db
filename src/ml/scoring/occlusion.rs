//! Where covering a picture changes its score. Not where a lesion is: a map of what this model's score depends on.

use super::dia_scorer::DiaScorer;
use crate::{
    error::{Error, Result},
    ml::encoder::{bank::Features, features::Extractor, model::Encoder},
};

/// Places along each side.
const GRID: usize = 10;
/// Side of the covered square, as a share of the picture's.
const PATCH: f64 = 0.2;
/// Width of the frame whose mean colour covers the square, px.
const FRAME: usize = 2;

/// Number of covered places.
pub const PLACES: usize = GRID * GRID;

/// What covering does, for each pixel of the picture that the encoder sees.
#[derive(Debug, Clone, PartialEq)]
pub struct Occlusion {
    /// Width and height, px.
    pub side: usize,
    /// Score of the uncovered picture minus its score with this pixel covered, the mean over the squares that cover it,
    /// row-major. Positive: what is there makes the picture more abnormal.
    pub change: Vec<f64>,
    /// Score of the uncovered picture.
    pub score: f64,
}

/// Covers one place after the other, and scores each picture over the run's test-time samples. `picture`: 3 planes of the
/// encoder's input size. `name`: its name; where the encoder has learnt from it under that name, it is compared with the other
/// training normals. `tick` is called with the number of [`PLACES`] that are done, and may end the work with an error.
///
/// # Errors
/// An encoder without its bank, or whatever `tick` returns.
pub fn occlusion(
    encoder: &Encoder,
    scorer: &DiaScorer,
    picture: &[f32],
    name: &str,
    tick: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<Occlusion> {
    let (side, score) = (encoder.config.input_size, &encoder.config.run.score);
    if picture.len() != 3 * side * side {
        return Err(Error::user("the picture does not have the encoder's size", "open the run again"));
    }
    let extractor = Extractor::new(encoder, score.samples, score.crop_area);
    let means = |pictures: &[f32]| -> Result<Vec<Features>> {
        Ok(extractor.sampled(pictures)?.iter().map(|samples| Features::mean(samples)).collect())
    };
    let whole = means(picture)?.pop().unwrap_or_default();
    // What was said of it since, or which folder it is opened from, makes it no other picture.
    let named = encoder.bank.as_ref().and_then(|bank| Some((bank, bank.names.iter().position(|known| known == name)?)));
    let member = named.filter(|(bank, m)| bank.features[*m].resembles(&whole)).map(|(_, m)| m);
    let judge = |f: &Features| member.map_or_else(|| scorer.score(f), |m| scorer.leave_one_out(f, m)).score;
    let uncovered = judge(&whole);
    let (mut sum, mut count) = (vec![0.0; side * side], vec![0u32; side * side]);
    let squares = squares(side);
    let mut done = 0;
    for chunk in squares.chunks(extractor.chunk()) {
        let covered: Vec<f32> = chunk.iter().flat_map(|&square| cover(picture, side, square)).collect();
        for (&[left, top, right, bottom], score) in chunk.iter().zip(means(&covered)?.iter().map(judge)) {
            for i in (top..bottom).flat_map(|y| (left..right).map(move |x| y * side + x)) {
                sum[i] += uncovered - score;
                count[i] += 1;
            }
        }
        done += chunk.len();
        tick(done)?;
    }
    let change = sum.iter().zip(&count).map(|(sum, &count)| sum / f64::from(count.max(1))).collect();
    Ok(Occlusion { side, change, score: uncovered })
}

/// Left, top, right, bottom (exclusive) of each place; together they reach over all of the picture.
fn squares(side: usize) -> Vec<[usize; 4]> {
    let patch = ((side as f64 * PATCH).round() as usize).clamp(1, side);
    let start = |i: usize| i * (side - patch) / (GRID - 1);
    (0..GRID).flat_map(|y| (0..GRID).map(move |x| [start(x), start(y), start(x) + patch, start(y) + patch])).collect()
}

/// The picture with a square of the mean colour around it: nothing is there, and no hard edge tells of it.
fn cover(picture: &[f32], side: usize, [left, top, right, bottom]: [usize; 4]) -> Vec<f32> {
    let outer = [left.saturating_sub(FRAME), top.saturating_sub(FRAME), (right + FRAME).min(side), (bottom + FRAME).min(side)];
    let inside = |x: usize, y: usize| (left..right).contains(&x) && (top..bottom).contains(&y);
    let mut covered = picture.to_vec();
    for plane in covered.chunks_exact_mut(side * side) {
        let (mut sum, mut count) = (0.0, 0);
        for (x, y) in (outer[1]..outer[3]).flat_map(|y| (outer[0]..outer[2]).map(move |x| (x, y))).filter(|&(x, y)| !inside(x, y))
        {
            sum += plane[y * side + x];
            count += 1;
        }
        let mean = if count == 0 { 0.5 } else { sum / count as f32 };
        (top..bottom).for_each(|y| plane[y * side + left..y * side + right].fill(mean));
    }
    covered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::RunConfig,
        ml::encoder::{bank::Bank, model::EncoderConfig},
    };
    use candle_core::Device;

    #[test]
    fn squares_reach_everywhere_and_cover_with_what_is_round_them() {
        for side in [10, 28, 64, 225] {
            let mut seen = vec![false; side * side];
            for [left, top, right, bottom] in squares(side) {
                assert!(right <= side && bottom <= side);
                (top..bottom).for_each(|y| seen[y * side + left..y * side + right].fill(true));
            }
            assert!(seen.iter().all(|s| *s), "{side}");
        }
        let mut picture = vec![0.25; 3 * 100];
        picture[44] = 1.0;
        let covered = cover(&picture, 10, [4, 4, 6, 6]);
        assert!(covered.iter().all(|v| (v - 0.25).abs() < 1e-6), "the spot is gone");
    }

    #[test]
    fn a_flat_picture_depends_on_no_place_and_work_can_be_ended() {
        let mut run = RunConfig::default();
        run.score.samples = 1;
        let encoder = Encoder::new(EncoderConfig::new(run, 16, String::new()), &Device::Cpu).unwrap();
        let flat = vec![0.5; 3 * 16 * 16];
        let bank = Extractor::new(&encoder, 1, 1.0).sampled(&flat).unwrap().concat();
        let scorer = DiaScorer::new(&bank).unwrap();
        let mut heard = 0;
        let mut tick = |done: usize| {
            heard = done;
            Ok(())
        };
        let found = occlusion(&encoder, &scorer, &flat, "", &mut tick).unwrap();
        assert_eq!((heard, found.side), (PLACES, 16));
        assert!(found.change.iter().all(|c| c.abs() < 1e-4), "{:?}", found.change);
        assert!(matches!(occlusion(&encoder, &scorer, &flat, "", &mut |_| Err(Error::Stopped)), Err(Error::Stopped)));
    }

    #[test]
    fn a_picture_that_was_learnt_from_is_compared_with_the_others() {
        let mut run = RunConfig::default();
        run.score.samples = 1;
        let mut encoder = Encoder::new(EncoderConfig::new(run, 16, String::new()), &Device::Cpu).unwrap();
        let pictures: Vec<Vec<f32>> =
            (1..4).map(|k| (0..3 * 16 * 16).map(|i| (i * k * 7 % 31) as f32 / 31.0).collect()).collect();
        let extractor = Extractor::new(&encoder, 1, encoder.config.run.score.crop_area);
        let of = |picture: &[f32]| Features::mean(&extractor.sampled(picture).unwrap().concat());
        let features: Vec<Features> = pictures.iter().map(|picture| of(picture)).collect();
        let scorer = DiaScorer::new(&features).unwrap();
        let [alone, among] = [scorer.leave_one_out(&features[1], 1).score, scorer.score(&features[1]).score];
        assert_ne!(alone, among);
        encoder.bank = Some(Bank { features, names: ["a", "b", "c"].map(String::from).into() });
        for (name, score) in [("b", alone), ("c", among), ("other", among)] {
            let found = occlusion(&encoder, &scorer, &pictures[1], name, &mut |_| Ok(())).unwrap();
            assert!((found.score - score).abs() < 1e-6, "{name}: {} is not {score}", found.score);
        }
    }
}
