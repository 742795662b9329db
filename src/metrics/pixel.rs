//! How well anomaly maps find what masks outline: AUROC, average precision, AUPRO and the pointing game, over pixels.
//!
//! Over the pictures whose mask is not empty, and all of their pixels: a normal picture has no region to be found, and its
//! pixels would measure how its camera differs from others. Maps come as 16-bit levels on one scale, picture by picture, so
//! that memory stays the same however many there are.

use super::{MetricError, regions::regions};

/// Levels of a map.
const LEVELS: usize = 1 << 16;
/// AUPRO is integrated up to this false positive rate, as Bergmann et al. 2021 have it.
pub const AUPRO_LIMIT: f64 = 0.3;
/// The pointing game lets a peak lie outside the mask by the picture's shorter side divided by this, in px to each side.
pub const POINTING_TOLERANCE: usize = 64;

/// What the pixels of all pictures so far add up to.
#[derive(Debug, Clone)]
pub struct PixelTally {
    /// Pixels outside masks, by level.
    outside: Vec<u64>,
    /// Pixels inside masks, by level.
    inside: Vec<u64>,
    /// By level: the share of its region that a pixel is, summed over the pixels of all regions.
    overlap: Vec<f64>,
    regions: usize,
    pictures: usize,
    /// Pictures whose peak lies in the mask.
    hits: f64,
}

impl Default for PixelTally {
    fn default() -> Self {
        Self { outside: vec![0; LEVELS], inside: vec![0; LEVELS], overlap: vec![0.0; LEVELS], regions: 0, pictures: 0, hits: 0.0 }
    }
}

impl PixelTally {
    /// Adds a picture of `size` (width and height, px): its map and its mask, row-major. One with an empty mask adds nothing.
    ///
    /// # Errors
    /// Where map, mask and size do not fit together.
    pub fn add(&mut self, levels: &[u16], mask: &[bool], size: [usize; 2]) -> Result<(), MetricError> {
        let pixels = size[0].saturating_mul(size[1]);
        if let Some(labels) = [mask.len(), pixels].into_iter().find(|&n| n != levels.len()) {
            return Err(MetricError::Lengths { labels, scores: levels.len() });
        }
        let regions = regions(mask, size);
        if regions.is_empty() {
            return Ok(());
        }
        for (&level, &is_inside) in levels.iter().zip(mask) {
            let counts = if is_inside { &mut self.inside } else { &mut self.outside };
            counts[usize::from(level)] += 1;
        }
        for region in &regions {
            let share = 1.0 / region.len() as f64;
            region.iter().for_each(|&at| self.overlap[usize::from(levels[at])] += share);
        }
        self.regions += regions.len();
        self.pictures += 1;
        self.hits += hit(levels, mask, size);
        Ok(())
    }

    /// Pictures that were counted: those with a mask that is not empty.
    pub fn pictures(&self) -> usize {
        self.pictures
    }

    /// Area under the ROC curve over all pixels, \[0, 1\]; equal levels count half. `None` where no pixel lies inside a mask, or
    /// none outside.
    pub fn auroc(&self) -> Option<f64> {
        let (inside, outside) = self.totals()?;
        // Pairs of a pixel inside and one outside that are in the right order.
        let (mut below, mut pairs) = (0.0, 0.0);
        for (&inside, &outside) in self.inside.iter().zip(&self.outside) {
            pairs += inside as f64 * (below + outside as f64 / 2.0);
            below += outside as f64;
        }
        Some((pairs / (inside * outside)).min(1.0))
    }

    /// Mean precision over the recall gained at each level, without interpolation, \[0, 1\]. `None` as for [`auroc`](Self::auroc).
    pub fn average_precision(&self) -> Option<f64> {
        let (all, _) = self.totals()?;
        let (mut tp, mut caught, mut sum) = (0, 0, 0.0);
        for (&inside, &outside) in self.inside.iter().zip(&self.outside).rev() {
            tp += inside;
            caught += inside + outside;
            if inside > 0 {
                sum += inside as f64 / all * (tp as f64 / caught as f64);
            }
        }
        Some(sum.min(1.0))
    }

    /// Area under the per-region overlap (the mean, over all 8-connected regions of the masks, of the share that is caught)
    /// against the false positive rate over the pixels outside masks, up to [`AUPRO_LIMIT`] and divided by it: \[0, 1\], 0.15 by
    /// chance. `None` as for [`auroc`](Self::auroc).
    pub fn aupro(&self) -> Option<f64> {
        let (_, outside) = self.totals()?;
        let (mut area, mut fpr, mut overlap, mut caught) = (0.0, 0.0, 0.0, 0);
        for level in (0..LEVELS).rev() {
            caught += self.outside[level];
            let to = (caught as f64 / outside, overlap + self.overlap[level] / self.regions as f64);
            // The last piece is cut at the limit.
            let end = to.0.min(AUPRO_LIMIT);
            if to.0 > fpr {
                let at_end = overlap + (to.1 - overlap) * (end - fpr) / (to.0 - fpr);
                area += (end - fpr) * (overlap + at_end) / 2.0;
            }
            if to.0 >= AUPRO_LIMIT {
                break;
            }
            (fpr, overlap) = to;
        }
        Some((area / AUPRO_LIMIT).min(1.0))
    }

    /// The pointing game (Zhang et al. 2018): the share of pictures whose highest pixel lies in the mask, or at most the shorter side /
    /// [`POINTING_TOLERANCE`] px from it to each side; of several highest pixels, their mean. `None` where no picture has a mask.
    pub fn pointing(&self) -> Option<f64> {
        (self.pictures > 0).then(|| self.hits / self.pictures as f64)
    }

    /// Pixels inside and outside masks, where there are both.
    fn totals(&self) -> Option<(f64, f64)> {
        let [inside, outside] = [&self.inside, &self.outside].map(|counts| counts.iter().sum::<u64>());
        (inside > 0 && outside > 0).then_some((inside as f64, outside as f64))
    }
}

/// The share of a picture's highest pixels that lie in the mask or near it.
fn hit(levels: &[u16], mask: &[bool], [width, height]: [usize; 2]) -> f64 {
    let far = width.min(height) / POINTING_TOLERANCE;
    let near = |at: usize| {
        let (x, y) = (at % width, at / width);
        let columns = x.saturating_sub(far)..(x + far + 1).min(width);
        (y.saturating_sub(far)..(y + far + 1).min(height)).any(|row| mask[row * width..][columns.clone()].contains(&true))
    };
    let highest = levels.iter().max();
    let (mut peaks, mut hits) = (0, 0);
    for (at, _) in levels.iter().enumerate().filter(|(_, level)| Some(*level) == highest) {
        peaks += 1;
        hits += usize::from(near(at));
    }
    hits as f64 / f64::from(peaks.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Ranking, auroc};
    use proptest::prelude::*;

    fn tally(pictures: &[(Vec<u16>, Vec<bool>, [usize; 2])]) -> PixelTally {
        let mut tally = PixelTally::default();
        pictures.iter().for_each(|(levels, mask, size)| tally.add(levels, mask, *size).unwrap());
        tally
    }

    fn close(a: Option<f64>, b: f64) -> bool {
        a.is_some_and(|a| (a - b).abs() < 1e-9)
    }

    /// A 128 x 128 picture with two regions: 4 x 4 px at (20, 20), and a single pixel at (100, 90).
    fn mask() -> Vec<bool> {
        let inside = |x: usize, y: usize| (20..24).contains(&x) && (20..24).contains(&y) || (x, y) == (100, 90);
        (0..128 * 128).map(|at| inside(at % 128, at / 128)).collect()
    }

    #[test]
    fn a_perfect_map_has_all_figures_at_one() {
        let levels: Vec<u16> = mask().iter().enumerate().map(|(i, m)| if *m { 40_000 } else { (i % 39_000) as u16 }).collect();
        let tally = tally(&[(levels, mask(), [128; 2])]);
        for figure in [tally.auroc(), tally.average_precision(), tally.aupro(), tally.pointing()] {
            assert!(close(figure, 1.0), "{figure:?}");
        }
    }

    #[test]
    fn a_constant_map_is_chance() {
        let tally = tally(&[(vec![7; 128 * 128], mask(), [128; 2])]);
        assert_eq!(tally.auroc(), Some(0.5));
        assert!(close(tally.average_precision(), 17.0 / 16_384.0), "the share of pixels inside");
        assert!(close(tally.aupro(), 0.15));
        // With the 2 px of tolerance at this size, 8 x 8 and 5 x 5 pixels are near a region.
        assert!(close(tally.pointing(), (64.0 + 25.0) / 16_384.0));
    }

    #[test]
    fn each_region_counts_the_same_whatever_its_size() {
        // The large region is found at once, the small one last of all.
        let level = |(i, m): (usize, bool)| {
            if !m {
                1
            } else if i / 128 < 30 {
                9
            } else {
                0
            }
        };
        let levels = mask().into_iter().enumerate().map(level).collect();
        assert!(close(tally(&[(levels, mask(), [128; 2])]).aupro(), 0.5));
    }

    #[test]
    fn a_peak_points_within_the_tolerance() {
        let pointing = |x: usize, y: usize| {
            let mut levels = vec![0; 128 * 128];
            levels[y * 128 + x] = 1;
            tally(&[(levels, mask(), [128; 2])]).pointing().unwrap()
        };
        assert_eq!([pointing(21, 22), pointing(18, 18), pointing(102, 88)], [1.0; 3]);
        assert_eq!([pointing(17, 20), pointing(103, 90), pointing(127, 0)], [0.0; 3]);
    }

    #[test]
    fn pictures_without_a_region_count_nothing_and_undefined_figures_are_none() {
        let mut tally = PixelTally::default();
        tally.add(&[1, 2, 3, 4], &[false; 4], [2, 2]).unwrap();
        assert_eq!((tally.pictures(), tally.auroc(), tally.average_precision()), (0, None, None));
        assert_eq!((tally.aupro(), tally.pointing()), (None, None));
        tally.add(&[1, 2, 3, 4], &[true; 4], [2, 2]).unwrap();
        assert_eq!((tally.pictures(), tally.auroc(), tally.average_precision(), tally.aupro()), (1, None, None, None));
        assert_eq!(tally.pointing(), Some(1.0));
        tally.add(&[], &[], [0, 7]).unwrap();
    }

    #[test]
    fn sizes_that_do_not_fit_are_errors() {
        let mut tally = PixelTally::default();
        let fits = MetricError::Lengths { labels: 3, scores: 4 };
        assert_eq!(tally.add(&[0; 4], &[true; 3], [2, 2]), Err(fits));
        assert!(tally.add(&[0; 4], &[true; 4], [2, 3]).is_err() && tally.add(&[0; 4], &[true; 4], [0, 2]).is_err());
        assert_eq!(tally.pictures(), 0);
    }

    /// AUPRO from all thresholds, each region counted anew at each of them.
    fn naive_aupro(pictures: &[(Vec<u16>, Vec<bool>, [usize; 2])]) -> f64 {
        let mut thresholds: Vec<u16> = pictures.iter().flat_map(|(levels, ..)| levels.clone()).collect();
        thresholds.sort_unstable();
        thresholds.dedup();
        let mut curve = vec![(0.0, 0.0)];
        for &threshold in thresholds.iter().rev() {
            let (mut shares, mut fp, mut outside) = (Vec::new(), 0, 0);
            for (levels, mask, size) in pictures.iter().filter(|(_, mask, _)| mask.contains(&true)) {
                for region in labelled(mask, *size) {
                    let caught = region.iter().filter(|&&at| levels[at] >= threshold).count();
                    shares.push(caught as f64 / region.len() as f64);
                }
                outside += mask.iter().filter(|m| !**m).count();
                fp += levels.iter().zip(mask).filter(|(level, m)| !**m && **level >= threshold).count();
            }
            curve.push((fp as f64 / outside as f64, shares.iter().sum::<f64>() / shares.len() as f64));
        }
        let mut area = 0.0;
        for pair in curve.windows(2) {
            let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
            let end = f64::min(x1, 0.3);
            if end > x0 {
                area += (end - x0) * (y0 + y0 + (y1 - y0) * (end - x0) / (x1 - x0)) / 2.0;
            }
        }
        area / 0.3
    }

    /// Regions by spreading the least label until nothing changes.
    fn labelled(mask: &[bool], [width, _]: [usize; 2]) -> Vec<Vec<usize>> {
        let mut label: Vec<usize> = (0..mask.len()).collect();
        let touch = |a: usize, b: usize| (a % width).abs_diff(b % width) <= 1 && (a / width).abs_diff(b / width) <= 1;
        let inside: Vec<usize> = (0..mask.len()).filter(|&at| mask[at]).collect();
        loop {
            let before = label.clone();
            for &a in &inside {
                label[a] = inside.iter().filter(|&&b| touch(a, b)).map(|&b| label[b]).min().unwrap();
            }
            if label == before {
                break;
            }
        }
        let roots: std::collections::BTreeSet<usize> = inside.iter().map(|&at| label[at]).collect();
        roots.iter().map(|root| inside.iter().copied().filter(|&at| label[at] == *root).collect()).collect()
    }

    fn pictures() -> impl Strategy<Value = Vec<(Vec<u16>, Vec<bool>, [usize; 2])>> {
        let picture = (1_usize..7, 1_usize..7).prop_flat_map(|(width, height)| {
            let n = width * height;
            // Few levels, so that there are ties, and the ends of the range.
            let level = prop_oneof![0_u16..6, Just(u16::MAX), any::<u16>()];
            (prop::collection::vec(level, n), prop::collection::vec(prop::bool::weighted(0.3), n), Just([width, height]))
        });
        prop::collection::vec(picture, 1..5)
    }

    proptest! {
        #[test]
        fn figures_are_those_of_the_sorted_pixels(pictures in pictures()) {
            let found = tally(&pictures);
            let masked: Vec<_> = pictures.iter().filter(|(_, mask, _)| mask.contains(&true)).collect();
            let scores: Vec<f64> = masked.iter().flat_map(|(levels, ..)| levels.iter().map(|l| f64::from(*l))).collect();
            let labels: Vec<bool> = masked.iter().flat_map(|(_, mask, _)| mask.clone()).collect();
            prop_assert_eq!(found.pictures(), masked.len());
            match auroc(&labels, &scores) {
                Err(why) => {
                    prop_assert!(why.is_undefined());
                    prop_assert_eq!((found.auroc(), found.average_precision(), found.aupro()), (None, None, None));
                }
                Ok(area) => {
                    prop_assert!(close(found.auroc(), area.value));
                    prop_assert!(close(found.average_precision(), Ranking::new(&labels, &scores).unwrap().average_precision().unwrap()));
                    prop_assert!(close(found.aupro(), naive_aupro(&pictures)), "{:?} {}", found.aupro(), naive_aupro(&pictures));
                }
            }
            // Small pictures have no tolerance.
            let points = masked.iter().map(|(levels, mask, _)| {
                let highest = levels.iter().max().unwrap();
                let peaks: Vec<bool> = levels.iter().zip(mask).filter(|(l, _)| *l == highest).map(|(_, m)| *m).collect();
                peaks.iter().filter(|m| **m).count() as f64 / peaks.len() as f64
            });
            let expected = (!masked.is_empty()).then(|| points.sum::<f64>() / masked.len() as f64);
            prop_assert_eq!(found.pointing().map(|p| (p * 1e9).round()), expected.map(|p| (p * 1e9).round()));
        }
    }
}
