//! What the worker has answered.

use super::Track;
use crate::{
    data::ImageId,
    engine::dissolve::{
        normal_band::NormalBand,
        prepared_image::Original,
        session::{ComparisonPanel, Dissolved},
    },
    error::Failure,
    gpu::{Raster, Texels},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Dissolved images kept for the present image and settings; the oldest thumbnails are never among those that go.
const KEPT: usize = 400;

/// What has come so far for the present image and settings.
#[derive(Debug, Default)]
pub struct Answers {
    pub original: Option<Original>,
    /// The newest dissolved image.
    pub done: Option<Dissolved>,
    /// Stands for the dissolved image of t until that has come: a mixture of the dissolved images beside it.
    pub nearly: Option<Arc<Raster>>,
    pub failed: Option<Failure>,
    /// The dissolved images made so far, by t.
    pub by_t: BTreeMap<usize, Dissolved>,
    /// The t whose thumbnails are there.
    pub pictured: BTreeSet<usize>,
    /// The images beside each other; `None` until one has come.
    pub panels: Vec<Option<ComparisonPanel>>,
    /// How much dissolving changes the training normals.
    pub band: Option<NormalBand>,
}

impl Answers {
    /// Only what is in view stays, until something takes its place.
    pub fn forget(&mut self) {
        self.by_t.clear();
        self.pictured.clear();
        self.panels.clear();
        self.nearly = None;
        self.band = None;
    }

    /// The dissolved image that is done, where it is of this image.
    pub fn done_of(&self, image: Option<ImageId>) -> Option<&Dissolved> {
        self.done.as_ref().filter(|done| Some(done.image) == image)
    }

    /// The dissolved image as it can be shown now.
    pub fn dissolved(&self) -> Option<&Arc<Raster>> {
        self.nearly.as_ref().or_else(|| self.done.as_ref().map(|d| &d.raster))
    }

    /// `(t, mean |change|)` of all dissolved images that are there, in the order of t.
    pub fn change_curve(&self) -> impl Iterator<Item = (usize, f64)> {
        self.by_t.iter().map(|(t, dissolved)| (*t, dissolved.mean_abs_change))
    }

    /// Keeps a dissolved image. Where there are too many, those without a thumbnail go, but for that of `now`.
    pub fn keep(&mut self, dissolved: Dissolved, now: usize) {
        if self.by_t.len() >= KEPT {
            let pictured = &self.pictured;
            self.by_t.retain(|t, _| pictured.contains(t) || *t == now);
        }
        self.by_t.insert(dissolved.t, dissolved);
    }

    /// A mixture of the dissolved images on both sides of t, by their places on the track: nearly what dissolving at t gives.
    pub fn between(&self, t: usize, track: Track) -> Option<Arc<Raster>> {
        let below = self.by_t.range(..=t).next_back();
        let above = self.by_t.range(t..).next();
        match (below, above) {
            (Some((low, a)), Some((high, b))) if high > low => {
                let share = (track.at(t) - track.at(*low)) / (track.at(*high) - track.at(*low));
                mixture(&a.raster, &b.raster, share as f32)
            }
            (Some((_, one)), _) | (None, Some((_, one))) => Some(one.raster.clone()),
            (None, None) => None,
        }
    }
}

fn mixture(a: &Arc<Raster>, b: &Arc<Raster>, share: f32) -> Option<Arc<Raster>> {
    let (Some(Texels::Floats(x)), Some(Texels::Floats(y))) = (a.levels().first(), b.levels().first()) else { return None };
    if a.size() != b.size() {
        return None;
    }
    let mix = |(x, y): (&[f32; 4], &[f32; 4])| [0, 1, 2, 3].map(|c| x[c] + (y[c] - x[c]) * share);
    let [width, height] = a.size();
    Some(Arc::new(Raster::new(width, height, Texels::Floats(x.iter().zip(y).map(mix).collect()))))
}
