//! Synthetic lesions: soft spots of known size and contrast, drawn into normal images that a run was not trained on, and how many
//! of them its scores find. A spot is no disease: it says how small and how faint a change a score still notices.

use crate::{
    data::{Dataset, ImageId, Label, Picture, Pixels, Split, for_each_image},
    error::{Error, Result},
    metrics,
    ml::base::{
        evenly_spaced::evenly_spaced,
        reporter::{Reporter, Stage},
        stage_progress::StageProgress,
    },
    rng::{self, Rng},
    scores::{PerScore, ScoreKind, SyntheticLesionCell, SyntheticLesions},
};
use rand::{Rng as _, seq::IndexedRandom};
use std::collections::HashSet;

/// Diameters of the spots, as shares of the picture's shorter side, where whole pictures are looked at.
pub const SIZES: [f64; 3] = [0.05, 0.1, 0.2];
/// Diameters of the spots, as shares of the shorter side, where large pictures are worked on by tiles.
pub const SMALL_SIZES: [f64; 4] = [0.0125, 0.025, 0.05, 0.1];
/// Contrasts of the spots, as shares of the range of the picture's own brightness.
pub const CONTRASTS: [f64; 4] = [0.1, 0.2, 0.4, 0.8];
/// Images that spots are drawn into, at most.
pub const IMAGES: usize = 64;
/// Images that spots are drawn into, at most, where large pictures are worked on by tiles, which takes longer.
pub const LARGE_IMAGES: usize = 24;

/// Brighter than the darkest pixel by this share of the range is content; the rest is the black surround of a photograph.
const SURROUND: f32 = 0.1;
/// Candidate places, of which the best is taken.
const PLACES: usize = 32;
/// A place where this share of the largest spot can be drawn is good enough.
const ENOUGH: f32 = 0.98;

/// Normal images that the run did not learn from, and what the lesions in them are.
pub struct Trial<'a> {
    /// The run's images.
    pub data: &'a Dataset,
    /// Names of the images it learnt from: a folder that has grown since may have another split.
    pub learnt: HashSet<&'a str>,
    /// A decoded image as lesions are drawn into it.
    pub prepare: &'a (dyn Fn(&dyn Pixels) -> Picture + Sync),
    /// Diameters, as shares of the shorter side.
    pub sizes: &'a [f64],
    /// As shares of the range of the picture's brightness.
    pub contrasts: &'a [f64],
    /// Images that lesions are drawn into, at most.
    pub most: usize,
    /// Images that are judged at once.
    pub chunk: usize,
}

/// Judges pictures: each score, and what it says of each of them.
pub type Judge<'a> = dyn Fn(&[Picture]) -> Result<Vec<(ScoreKind, Vec<f64>)>> + 'a;

impl Trial<'_> {
    /// Draws the lesions, and has the images judged with and without. The same seed gives the same figures.
    ///
    /// # Errors
    /// No held-out normals, images that cannot be read at all, whatever `judge` returns, [`Error::Stopped`].
    pub fn measure(&self, judge: &Judge<'_>, seed: u64, reporter: &mut dyn Reporter) -> Result<SyntheticLesions> {
        let is_learnt = |name: &str| self.learnt.contains(name);
        let held_out = self
            .data
            .ids(|item, label| item.split != Split::Train && label == Some(Label::Normal) && !is_learnt(item.name.as_str()));
        if held_out.is_empty() {
            return Err(Error::user(
                "there are no normal images that this run did not learn from, and those it learnt from would flatter it",
                "leave some normal images out of the training split",
            ));
        }
        let ids: Vec<ImageId> = evenly_spaced(&held_out, self.most).copied().collect();
        let kinds: Vec<[f64; 2]> =
            self.sizes.iter().flat_map(|&size| self.contrasts.iter().map(move |&contrast| [size, contrast])).collect();
        // Of clean images first, then of those with lesions of each kind.
        let mut judged = vec![PerScore::<Vec<f64>>::default(); kinds.len() + 1];
        let mut progress = StageProgress::start(Stage::SyntheticLesions, 0, ids.len() * (kinds.len() + 1), reporter);
        let (mut done, mut images) = (0, 0);
        for some in ids.chunks(self.chunk.max(1)) {
            let found = for_each_image(self.data, some, |id, item| {
                let picture = (self.prepare)(&item.decode()?).to_rgb();
                let place = ids.iter().position(|other| *other == id).unwrap_or_default();
                let site = Site::choose(&picture, &mut rng::stream(seed, "planted", place as u64));
                Ok((picture, site))
            });
            // One that cannot be decoded was named when the run was made.
            let (pictures, sites): (Vec<Picture>, Vec<Site>) = found.into_iter().flatten().unzip();
            images += pictures.len();
            for (scores, lesion) in judged.iter_mut().zip(std::iter::once(None).chain(kinds.iter().map(Some))) {
                let mut drawn = pictures.clone();
                if let Some(&[size, contrast]) = lesion {
                    drawn.iter_mut().zip(&sites).for_each(|(picture, site)| site.draw(&mut picture.data, size, contrast));
                }
                let found = if drawn.is_empty() { Vec::new() } else { judge(&drawn)? };
                found.into_iter().for_each(|(score, values)| scores[score].extend(values));
                done += some.len();
                progress.reach(done)?;
            }
        }
        progress.finish();
        let cells =
            cells(&kinds, &judged).map_err(|e| Error::user(format!("the synthetic lesions cannot be judged: {e}"), ""))?;
        Ok(SyntheticLesions { seed, images, of: held_out.len(), cells })
    }
}

/// The figures of each score that was asked, kind by kind; `judged`: of clean images, then of those with lesions of each kind.
fn cells(kinds: &[[f64; 2]], judged: &[PerScore<Vec<f64>>]) -> Result<Vec<SyntheticLesionCell>, metrics::MetricError> {
    let Some((clean, with_lesions)) = judged.split_first() else { return Ok(Vec::new()) };
    let mut cells = Vec::new();
    for (score, clean) in clean.iter().filter(|(_, clean)| !clean.is_empty()) {
        for (kind, with) in kinds.iter().zip(with_lesions) {
            cells.push(SyntheticLesionCell::new(score, *kind, clean, &with[score])?);
        }
    }
    Ok(cells)
}

/// Where a picture's spots lie: those of each size and contrast at the same place, so that they can be compared.
#[derive(Debug, Clone)]
struct Site {
    /// px
    width: usize,
    height: usize,
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
    /// `picture`: 3 channels. Half of all spots are bright. Of some random places the one
    /// where the largest and strongest spot has most room: inside the content, and neither white nor black already.
    fn choose(picture: &Picture, rng: &mut Rng) -> Self {
        let (width, height) = (picture.width, picture.height);
        let plane = width * height;
        let grey: Vec<f32> = (0..plane).map(|i| (0..3).map(|c| picture.plane(c)[i]).sum::<f32>() / 3.0).collect();
        let [low, high] = [grey.iter().copied().fold(f32::MAX, f32::min), grey.iter().copied().fold(f32::MIN, f32::max)];
        let content: Vec<bool> = grey.iter().map(|&v| high == low || v > low + SURROUND * (high - low)).collect();
        let inside: Vec<usize> = (0..plane).filter(|&i| content[i]).collect();
        let values: Vec<f64> = inside.iter().map(|&i| f64::from(grey[i])).collect();
        let [dark, light] = [1.0, 99.0].map(|p| metrics::percentile(&values, p).unwrap_or_default());
        let (at, range) = ([width / 2, height / 2], (light - dark) as f32);
        let mut site = Self { width, height, at, bright: rng.random(), range, content };
        let mut most = -1.0;
        for _ in 0..PLACES {
            let Some(&place) = inside.choose(rng) else { break };
            let here = Self { at: [place % width, place / width], ..site.clone() };
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
        let plane = self.width * self.height;
        self.spot(size, |place, cover| {
            let Some(i) = place.filter(|&i| self.content[i]) else { return };
            (0..3).for_each(|c| picture[c * plane + i] = (picture[c * plane + i] + change * cover).clamp(0.0, 1.0));
        });
    }

    /// Each pixel of a spot, `None` beyond the picture's edge, with the share of it that is covered, (0, 1].
    fn spot(&self, size: f64, mut each: impl FnMut(Option<usize>, f32)) {
        let radius = 0.5 * size as f32 * self.width.min(self.height) as f32;
        // Half the width of the soft edge; at least half a pixel, so that small spots are round, too.
        let soft = (0.3 * radius).max(0.5);
        let reach = (radius + soft).ceil() as isize;
        let within = |at: usize, by: isize, end: usize| at.checked_add_signed(by).filter(|&v| v < end);
        for (y, x) in (-reach..=reach).flat_map(|y| (-reach..=reach).map(move |x| (y, x))) {
            let edge = ((radius + soft - (x as f32).hypot(y as f32)) / (2.0 * soft)).clamp(0.0, 1.0);
            let cover = edge * edge * (3.0 - 2.0 * edge);
            if cover > 0.0 {
                let place = within(self.at[1], y, self.height).zip(within(self.at[0], x, self.width));
                each(place.map(|(y, x)| y * self.width + x), cover);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        data::{ArrayImages, Class, Item, Layout, Source},
        ml::base::reporter::{Control, Event, Silent},
    };
    use std::sync::Arc;

    const SIDE: usize = 32;

    /// A disc with a slope, on a black ground, as 8-bit grey.
    fn disc(seed: usize) -> Vec<u8> {
        let value = |x: usize, y: usize| {
            let far = (x as f32 - 15.5).hypot(y as f32 - 15.5);
            if far < 13.0 { 90 + 3 * x as u8 + (y * seed % 7) as u8 } else { 0 }
        };
        (0..SIDE * SIDE).map(|i| value(i % SIDE, i / SIDE)).collect()
    }

    fn picture(seed: usize) -> Picture {
        Picture::new(SIDE, SIDE, 1, disc(seed).iter().map(|&v| f32::from(v) / 255.0).collect()).to_rgb()
    }

    fn site(seed: u64) -> Site {
        Site::choose(&picture(1), &mut rng::stream(seed, "test", 0))
    }

    /// Sum of all changes that a spot makes.
    fn change(site: &Site, size: f64, contrast: f64) -> f32 {
        let (before, mut after) = (picture(1).data, picture(1).data);
        site.draw(&mut after, size, contrast);
        before.iter().zip(&after).map(|(a, b)| (a - b).abs()).sum()
    }

    #[test]
    fn spots_stay_inside_the_content() {
        let before = picture(1).data;
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
            let mut after = picture(1).data;
            site.draw(&mut after, 0.2, 0.4);
            let i = site.at[1] * SIDE + site.at[0];
            assert!(((after[i] - picture(1).data[i]).abs() - 0.4 * site.range).abs() < 1e-5);
        }
    }

    #[test]
    fn odd_pictures_are_no_trouble() {
        for (width, height, value) in [(1, 1, 0.5), (4, 9, 0.0), (9, 1, 1.0)] {
            let mut flat = Picture::new(width, height, 3, vec![value; 3 * width * height]);
            let site = Site::choose(&flat, &mut rng::stream(0, "test", 0));
            site.draw(&mut flat.data, 0.2, 0.8);
            assert!(flat.data.iter().all(|v| *v == value), "a flat picture has no range, and so no contrast");
        }
    }

    /// Four images to learn from, the others held out.
    fn dataset(normals: usize) -> Dataset {
        let data = (0..normals).flat_map(disc).collect();
        let pixels = Arc::new(ArrayImages { height: SIDE, width: SIDE, channels: 1, data });
        let item = |index: usize| Item {
            class: Some(0),
            given_split: Some(if index < 4 { Split::Train } else { Split::Test }),
            ..Item::new(format!("{index}"), Source::Array { pixels: pixels.clone(), index }, [SIDE as u32; 2])
        };
        let classes = vec![Class { name: "good".into(), label: Some(Label::Normal) }];
        let items = (0..normals).map(item).collect();
        Dataset::from_items("test".into(), Layout::MedmnistNpz, String::new(), classes, items)
    }

    /// DIA sees nothing; the map sees how rough a picture is.
    fn judge(pictures: &[Picture]) -> Result<Vec<(ScoreKind, Vec<f64>)>> {
        let roughness = |p: &Picture| p.data.windows(2).map(|w| f64::from((w[0] - w[1]).abs())).sum::<f64>();
        let rough = pictures.iter().map(roughness).collect();
        Ok(vec![(ScoreKind::Dia, vec![0.5; pictures.len()]), (ScoreKind::Map, rough)])
    }

    fn measure(data: &Dataset, learnt: &[&str], seed: u64, reporter: &mut dyn Reporter) -> Result<SyntheticLesions> {
        let trial = Trial {
            data,
            learnt: learnt.iter().copied().collect(),
            prepare: &|pixels| Picture::copy_of(pixels),
            sizes: &[0.1, 0.2],
            contrasts: &[0.0, 0.8],
            most: 5,
            chunk: 2,
        };
        trial.measure(&judge, seed, reporter)
    }

    #[test]
    fn each_score_finds_what_it_can_see() {
        let data = dataset(12);
        let lesions = measure(&data, &["11"], 1, &mut Silent).unwrap();
        assert_eq!((lesions.images, lesions.of, lesions.cells.len()), (5, 7, 8));
        for cell in lesions.cells.iter().filter(|c| c.contrast == 0.0 || c.score == ScoreKind::Dia) {
            assert_eq!((cell.auroc, cell.sensitivity_at_95_specificity), (0.5, 0.0));
        }
        let strong = lesions.by(ScoreKind::Map).of_size(0.2).last().copied().unwrap();
        assert!(strong.auroc > 0.9, "{}", strong.auroc);
        assert_eq!(
            lesions.to_json(),
            measure(&data, &["11"], 1, &mut Silent).unwrap().to_json(),
            "the same seed, the same bytes"
        );
    }

    #[test]
    fn without_held_out_normals_the_reason_is_said() {
        let refused = measure(&dataset(4), &["0", "1", "2", "3"], 0, &mut Silent).unwrap_err();
        assert!(refused.to_string().contains("did not learn from"));
    }

    #[test]
    fn a_stop_is_heard() {
        struct Stops;
        impl Reporter for Stops {
            fn event(&mut self, _: Event) {}
            fn control(&mut self) -> Control {
                Control::Stop
            }
        }
        assert!(matches!(measure(&dataset(10), &[], 0, &mut Stops), Err(Error::Stopped)));
    }
}
