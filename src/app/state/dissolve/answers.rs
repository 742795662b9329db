//! What the worker has answered.

use super::Track;
use crate::{
    data::ImageId,
    engine::dissolve::{
        comparison::ComparisonPanel,
        dissolved::{Change, Dissolved},
        normal_band::NormalBand,
        prepared_image::Original,
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
/// Most memory of those in tiles, bytes: beyond it the worker makes them again from its tiles.
const KEPT_BYTES: usize = 256 << 20;

/// What has come so far for the present image and settings.
#[derive(Debug, Default)]
pub struct Answers {
    /// As it is shown; kept until the next one comes.
    pub original: Option<Original>,
    /// The newest dissolved image.
    pub done: Option<Dissolved>,
    /// Stands for the dissolved image of t until that has come: a mixture of the dissolved images beside it.
    pub nearly: Option<Arc<Raster>>,
    /// Why the newest request could not be done.
    pub failed: Option<Failure>,
    /// The dissolved images made so far, by t.
    pub by_t: BTreeMap<usize, Dissolved>,
    /// The t of the sheet of many t, dissolved coarsely as the thumbnails are.
    pub coarse: BTreeMap<usize, Dissolved>,
    /// Large pictures by tiles, by t; as long as the sheet is in view.
    pub by_tiles: BTreeMap<usize, Dissolved>,
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
        self.coarse.clear();
        self.by_tiles.clear();
        self.pictured.clear();
        self.panels.clear();
        self.nearly = None;
        self.band = None;
    }

    /// The dissolved image that is done, where it is of this image.
    pub fn done_of(&self, image: Option<ImageId>) -> Option<&Dissolved> {
        self.done.as_ref().filter(|done| Some(done.image) == image)
    }

    /// Whether the sheet of many t is complete by tiles.
    pub fn is_sheet_by_tiles(&self) -> bool {
        !self.by_tiles.is_empty() && self.coarse.keys().all(|t| self.by_tiles.contains_key(t))
    }

    /// The dissolved image at a t of the sheet of many t. All of the sheet are at one scale, so that they can be compared: by tiles once
    /// all of them are there, coarse until then.
    pub fn on_sheet(&self, t: usize) -> Option<&Dissolved> {
        if self.is_sheet_by_tiles() {
            return self.by_tiles.get(&t);
        }
        self.coarse.get(&t).or_else(|| self.by_t.get(&t).filter(|dissolved| !dissolved.scale.is_tiles()))
    }

    /// The dissolved image as it can be shown now.
    pub fn dissolved(&self) -> Option<&Arc<Raster>> {
        self.nearly.as_ref().or_else(|| self.done.as_ref().map(|d| &d.raster))
    }

    /// `(t, mean |change|)` of all dissolved images that are there, in the order of t.
    pub fn change_curve(&self) -> impl Iterator<Item = (usize, Change)> {
        self.by_t.iter().filter_map(|(t, dissolved)| Some((*t, dissolved.curve?)))
    }

    /// Mean |change| that resizing alone makes, where there was any: the floor of the change curve.
    pub fn resizing(&self) -> Option<f64> {
        self.by_t.values().find(|dissolved| dissolved.resized.is_some())?.curve.map(|change| change.resizing)
    }

    /// Keeps a dissolved image. Where there are too many, those without a thumbnail go, but for that of `now`; and the large ones
    /// in tiles. A coarse one does not take the place of a complete one.
    pub fn keep(&mut self, dissolved: Dissolved, now: usize) {
        if !dissolved.is_complete() && self.by_t.get(&dissolved.t).is_some_and(Dissolved::is_complete) {
            return;
        }
        let bytes = |d: &Dissolved| if d.scale.is_tiles() && d.is_complete() { d.bytes() } else { 0 };
        if self.by_t.values().map(bytes).sum::<usize>() + bytes(&dissolved) > KEPT_BYTES {
            self.by_t.retain(|t, held| *t == now || bytes(held) == 0);
            self.pictured.retain(|t| self.by_t.contains_key(t));
        }
        if self.by_t.len() >= KEPT {
            let pictured = &self.pictured;
            self.by_t.retain(|t, _| pictured.contains(t) || *t == now);
        }
        self.by_t.insert(dissolved.t, dissolved);
    }

    /// A mixture of the dissolved images on both sides of t, by their places on the track: nearly what dissolving at t gives. There
    /// is none of pictures in tiles, whose coarse stand-ins come as soon.
    pub fn between(&self, t: usize, track: Track) -> Option<Arc<Raster>> {
        if self.by_t.values().any(|dissolved| dissolved.scale.is_tiles()) {
            return None;
        }
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
