//! Synthetic lesions: soft spots of known size and contrast, drawn into normal images that the encoder was not trained on, and
//! how many of them its score finds. A spot is no disease: it says how small and how faint a change the score still notices.

use super::scorer::Scorer;
use crate::{
    data::{Dataset, ImageId, Label, Split},
    error::{Error, Result},
    metrics,
    ml::{
        base::{
            pixel_loading::load_pixels,
            reporter::{Reporter, Stage},
            stage_progress::StageProgress,
        },
        encoder::{bank::Features, features::Extractor, model::Encoder},
    },
    rng::{self, Rng},
    scores::{SyntheticLesionCell, SyntheticLesions},
};
use rand::{Rng as _, seq::IndexedRandom};
use std::{collections::HashSet, sync::Arc};

/// Diameters of the spots, as shares of the picture's side.
pub const SIZES: [f64; 3] = [0.05, 0.1, 0.2];
/// Contrasts of the spots, as shares of the range of the picture's own brightness.
pub const CONTRASTS: [f64; 4] = [0.1, 0.2, 0.4, 0.8];
/// Images that spots are drawn into, at most.
pub const IMAGES: usize = 64;

/// Brighter than the darkest pixel by this share of the range is content; the rest is the black surround of a photograph.
const SURROUND: f32 = 0.1;
/// Candidate places, of which the best is taken.
const PLACES: usize = 32;
/// A place where this share of the largest spot can be drawn is good enough.
const ENOUGH: f32 = 0.98;

/// Draws spots into held-out normals of `data`, and scores them with and without. The same seed gives the same figures.
///
/// # Errors
/// No held-out normals, an encoder without its bank, images that cannot be read, [`Error::Stopped`].
pub fn measure(encoder: &Encoder, data: &Arc<Dataset>, seed: u64, reporter: &mut dyn Reporter) -> Result<SyntheticLesions> {
    over(&SIZES, &CONTRASTS, encoder, data, seed, reporter)
}

fn over(
    sizes: &[f64],
    contrasts: &[f64],
    encoder: &Encoder,
    data: &Arc<Dataset>,
    seed: u64,
    reporter: &mut dyn Reporter,
) -> Result<SyntheticLesions> {
    let bank = encoder.bank.as_ref();
    let scorer = Scorer::new(bank.map_or(&[][..], |b| &b.features))?;
    // A folder that has grown since may have another split: what is in the bank was learnt from.
    let learnt: HashSet<&str> = bank.iter().flat_map(|b| &b.names).map(String::as_str).collect();
    let held_out = data
        .ids(|item, label| item.split != Split::Train && label == Some(Label::Normal) && !learnt.contains(item.name.as_str()));
    if held_out.is_empty() {
        return Err(Error::user(
            "there are no normal images that this run did not learn from, and those it learnt from would flatter it",
            "leave some normal images out of the training split",
        ));
    }
    let kept = held_out.len().min(IMAGES);
    let ids: Vec<ImageId> = (0..kept).map(|i| held_out[i * held_out.len() / kept]).collect();
    let (side, score) = (encoder.config.input_size, &encoder.config.run.score);
    let store = load_pixels(data, &encoder.config.run.preprocess, ids, side, reporter)?;
    let extractor = Extractor::new(encoder, score.samples, score.crop_area);
    let judge = |pictures: &[f32]| -> Result<Vec<f64>> {
        Ok(extractor.sampled(pictures)?.iter().map(|samples| scorer.score(&Features::mean(samples)).score).collect())
    };

    let kinds: Vec<(f64, f64)> = sizes.iter().flat_map(|&size| contrasts.iter().map(move |&c| (size, c))).collect();
    let mut clean = Vec::with_capacity(store.len());
    let mut with_lesions = vec![Vec::with_capacity(store.len()); kinds.len()];
    let mut progress = StageProgress::start(Stage::SyntheticLesions, 0, store.len() * (kinds.len() + 1), reporter);
    let mut done = 0;
    for chunk in (0..store.len()).collect::<Vec<_>>().chunks(extractor.chunk()) {
        let pictures = store.batch(chunk)?;
        let sites: Vec<Site> = pictures
            .chunks_exact(3 * side * side)
            .zip(chunk)
            .map(|(picture, &place)| Site::choose(picture, side, &mut rng::stream(seed, "planted", place as u64)))
            .collect();
        clean.extend(judge(&pictures)?);
        for (scores, &(size, contrast)) in with_lesions.iter_mut().zip(&kinds) {
            done += chunk.len();
            progress.reach(done)?;
            let mut drawn = pictures.clone();
            for (picture, site) in drawn.chunks_exact_mut(3 * side * side).zip(&sites) {
                site.draw(picture, size, contrast);
            }
            scores.extend(judge(&drawn)?);
        }
        done += chunk.len();
        progress.reach(done)?;
    }
    progress.finish();
    let cells = kinds
        .iter()
        .zip(&with_lesions)
        .map(|(&(size, contrast), scores)| SyntheticLesionCell::new(size, contrast, &clean, scores));
    let cells =
        cells.collect::<Result<_, _>>().map_err(|e| Error::user(format!("the synthetic lesions cannot be judged: {e}"), ""))?;
    Ok(SyntheticLesions { seed, images: store.len(), of: held_out.len(), cells })
}

/// Where a picture's spots lie: those of each size and contrast at the same place, so that they can be compared.
#[derive(Debug, Clone)]
struct Site {
    /// px
    side: usize,
    /// Column and row of the middle, px.
    at: [usize; 2],
    /// Bright spots lighten, dark ones darken.
    bright: bool,
    /// Between the darkest and the brightest hundredth of the content, \[0, 1\].
    range: f32,
    /// Row-major; false in a black surround.
    content: Vec<bool>,
}

impl Site {
    /// `picture`: 3 planes of `side` x `side` values in \[0, 1\]. Half of all spots are bright. Of some random places the one
    /// where the largest and strongest spot has most room: inside the content, and neither white nor black already.
    fn choose(picture: &[f32], side: usize, rng: &mut Rng) -> Self {
        let plane = side * side;
        let grey: Vec<f32> = (0..plane).map(|i| (0..3).map(|c| picture[c * plane + i]).sum::<f32>() / 3.0).collect();
        let [low, high] = [grey.iter().copied().fold(f32::MAX, f32::min), grey.iter().copied().fold(f32::MIN, f32::max)];
        let content: Vec<bool> = grey.iter().map(|&v| high == low || v > low + SURROUND * (high - low)).collect();
        let inside: Vec<usize> = (0..plane).filter(|&i| content[i]).collect();
        let values: Vec<f64> = inside.iter().map(|&i| f64::from(grey[i])).collect();
        let [dark, light] = [1.0, 99.0].map(|p| metrics::percentile(&values, p).unwrap_or_default());
        let mut site = Self { side, at: [side / 2; 2], bright: rng.random(), range: (light - dark) as f32, content };
        let mut most = -1.0;
        for _ in 0..PLACES {
            let Some(&place) = inside.choose(rng) else { break };
            let here = Self { at: [place % side, place / side], ..site.clone() };
            let room = here.room(&grey);
            if room > most {
                (site, most) = (here, room);
            }
            if room >= ENOUGH {
                break;
            }
        }
        site
    }

    /// Share of the largest and strongest spot that would be drawn, \[0, 1\].
    fn room(&self, grey: &[f32]) -> f32 {
        let change = self.range * CONTRASTS[CONTRASTS.len() - 1] as f32;
        let (mut drawn, mut wanted) = (0.0, 0.0);
        self.spot(SIZES[SIZES.len() - 1], |place, cover| {
            wanted += cover * change;
            let Some(i) = place.filter(|&i| self.content[i]) else { return };
            let left = if self.bright { 1.0 - grey[i] } else { grey[i] };
            drawn += (cover * change).min(left);
        });
        if wanted > 0.0 { drawn / wanted } else { 1.0 }
    }

    /// Draws a spot into the 3 planes of the picture; only the content changes.
    fn draw(&self, picture: &mut [f32], size: f64, contrast: f64) {
        let change = self.range * contrast as f32 * if self.bright { 1.0 } else { -1.0 };
        let plane = self.side * self.side;
        self.spot(size, |place, cover| {
            let Some(i) = place.filter(|&i| self.content[i]) else { return };
            (0..3).for_each(|c| picture[c * plane + i] = (picture[c * plane + i] + change * cover).clamp(0.0, 1.0));
        });
    }

    /// Each pixel of a spot, `None` beyond the picture's edge, with the share of it that is covered, (0, 1].
    fn spot(&self, size: f64, mut each: impl FnMut(Option<usize>, f32)) {
        let radius = 0.5 * size as f32 * self.side as f32;
        // Half the width of the soft edge; at least half a pixel, so that small spots are round, too.
        let soft = (0.3 * radius).max(0.5);
        let reach = (radius + soft).ceil() as isize;
        let within = |at: usize, by: isize| at.checked_add_signed(by).filter(|&v| v < self.side);
        for (y, x) in (-reach..=reach).flat_map(|y| (-reach..=reach).map(move |x| (y, x))) {
            let edge = ((radius + soft - (x as f32).hypot(y as f32)) / (2.0 * soft)).clamp(0.0, 1.0);
            let cover = edge * edge * (3.0 - 2.0 * edge);
            if cover > 0.0 {
                each(within(self.at[1], y).zip(within(self.at[0], x)).map(|(y, x)| y * self.side + x), cover);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::RunConfig,
        data::{ArrayImages, Class, Item, Layout, Source},
        ml::{
            base::reporter::Silent,
            encoder::{bank::Bank, model::EncoderConfig},
        },
    };
    use candle_core::Device;

    const SIDE: usize = 32;

    /// A disc with a slope, on a black ground, as 8-bit grey.
    fn disc(seed: usize) -> Vec<u8> {
        let value = |x: usize, y: usize| {
            let far = (x as f32 - 15.5).hypot(y as f32 - 15.5);
            if far < 13.0 { 90 + 3 * x as u8 + (y * seed % 7) as u8 } else { 0 }
        };
        (0..SIDE * SIDE).map(|i| value(i % SIDE, i / SIDE)).collect()
    }

    fn picture(seed: usize) -> Vec<f32> {
        disc(seed).iter().map(|&v| f32::from(v) / 255.0).collect::<Vec<f32>>().repeat(3)
    }

    fn site(seed: u64) -> Site {
        Site::choose(&picture(1), SIDE, &mut rng::stream(seed, "test", 0))
    }

    /// Sum of all changes that a spot makes.
    fn change(site: &Site, size: f64, contrast: f64) -> f32 {
        let (before, mut after) = (picture(1), picture(1));
        site.draw(&mut after, size, contrast);
        before.iter().zip(&after).map(|(a, b)| (a - b).abs()).sum()
    }

    #[test]
    fn spots_stay_inside_the_content() {
        let before = picture(1);
        for seed in 0..40 {
            let mut after = before.clone();
            site(seed).draw(&mut after, 0.2, 0.8);
            let changed = before.iter().zip(&after).filter(|(a, b)| a != b);
            assert!(changed.clone().count() > 3 * 20 && changed.clone().all(|(a, b)| *a > 0.0 && (0.0..=1.0).contains(b)));
        }
        let bright = (0..40).filter(|&seed| site(seed).bright).count();
        assert!((10..30).contains(&bright), "half of them are bright: {bright}");
    }

    #[test]
    fn larger_and_stronger_spots_change_more() {
        for seed in 0..10 {
            let site = site(seed);
            assert_eq!(change(&site, 0.2, 0.0), 0.0);
            let by_contrast: Vec<f32> = CONTRASTS.iter().map(|&c| change(&site, 0.1, c)).collect();
            let by_size: Vec<f32> = SIZES.iter().map(|&s| change(&site, s, 0.2)).collect();
            assert!(by_contrast.is_sorted_by(|a, b| a < b) && by_size.is_sorted_by(|a, b| a < b));
            // Full contrast in the middle.
            let mut after = picture(1);
            site.draw(&mut after, 0.2, 0.4);
            let i = site.at[1] * SIDE + site.at[0];
            assert!(((after[i] - picture(1)[i]).abs() - 0.4 * site.range).abs() < 1e-5);
        }
    }

    #[test]
    fn odd_pictures_are_no_trouble() {
        for (side, value) in [(1, 0.5), (4, 0.0), (9, 1.0)] {
            let mut flat = vec![value; 3 * side * side];
            let site = Site::choose(&flat, side, &mut rng::stream(0, "test", 0));
            site.draw(&mut flat, 0.2, 0.8);
            assert!(flat.iter().all(|v| *v == value), "a flat picture has no range, and so no contrast");
        }
    }

    fn dataset(normals: usize) -> Arc<Dataset> {
        let data = (0..normals).flat_map(disc).collect();
        let pixels = Arc::new(ArrayImages { height: SIDE, width: SIDE, channels: 1, data });
        let item = |index: usize| Item {
            class: Some(0),
            given_split: Some(if index < 4 { Split::Train } else { Split::Test }),
            ..Item::new(format!("{index}"), Source::Array { pixels: pixels.clone(), index }, [SIDE as u32; 2])
        };
        let classes = vec![Class { name: "good".into(), label: Some(Label::Normal) }];
        let items = (0..normals).map(item).collect();
        Arc::new(Dataset::from_items("test".into(), Layout::MedmnistNpz, String::new(), classes, items))
    }

    fn encoder(data: &Arc<Dataset>) -> Encoder {
        let mut run = RunConfig::default();
        run.score.samples = 1;
        let mut encoder = Encoder::new(EncoderConfig::new(run, SIDE, String::new()), &Device::Cpu).unwrap();
        let names = (0..4).map(|i| i.to_string()).collect();
        let pictures: Vec<f32> = (0..4).flat_map(picture).collect();
        let features = Extractor::new(&encoder, 1, 0.54).sampled(&pictures).unwrap().concat();
        encoder.bank = Some(Bank { features, names });
        assert_eq!(data.training_normals().len(), 4);
        encoder
    }

    #[test]
    fn no_contrast_is_chance_and_the_same_seed_gives_the_same_bytes() {
        let data = dataset(10);
        let encoder = encoder(&data);
        let measured = |seed| over(&[0.1, 0.2], &[0.0, 0.8], &encoder, &data, seed, &mut Silent).unwrap();
        let lesions = measured(1);
        assert_eq!((lesions.images, lesions.of, lesions.cells.len()), (6, 6, 4));
        for cell in lesions.cells.iter().filter(|c| c.contrast == 0.0) {
            assert_eq!((cell.auroc, cell.sensitivity_at_95_specificity), (0.5, 0.0));
        }
        assert_eq!(lesions.to_json(), measured(1).to_json());
    }

    #[test]
    fn without_held_out_normals_the_reason_is_said() {
        let data = dataset(4);
        let refused = measure(&encoder(&dataset(10)), &data, 0, &mut Silent).unwrap_err();
        assert!(refused.to_string().contains("did not learn from"));
    }

    #[test]
    fn a_stop_is_heard() {
        struct Stops;
        impl Reporter for Stops {
            fn event(&mut self, _: crate::ml::base::reporter::Event) {}
            fn control(&mut self) -> crate::ml::base::reporter::Control {
                crate::ml::base::reporter::Control::Stop
            }
        }
        let data = dataset(10);
        assert!(matches!(measure(&encoder(&data), &data, 0, &mut Stops), Err(Error::Stopped)));
    }
}
