//! The t slider, what it asks for, and how the pictures are shown.

mod track;
mod view;

pub use track::{STRIP_STEPS, T_MAX, Track};
pub use view::{Layout, PanelContent, View};

use crate::{
    config::{DissolveMethod, PreprocessConfig},
    data::ImageId,
    engine::{
        dissolve::{
            normal_band::NormalBand,
            prepared_image::Original,
            session::{ComparisonPanel, Dissolved},
        },
        runs::list::ModelSource,
    },
    error::Failure,
    gpu::{Difference, Raster, Texels},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

/// Dissolved images kept for the present image and settings; the oldest thumbnails are never among those that go.
const KEPT: usize = 400;

/// One model that can dissolve.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelChoice {
    pub source: ModelSource,
    pub name: String,
    /// What is worth knowing: steps, size, "training".
    pub detail: String,
    /// Title of the data set it was trained on, where known.
    pub trained_on: Option<String>,
    /// How its run prepared the images; `None` where that is unknown.
    pub preprocess: Option<PreprocessConfig>,
    /// Its weights do not change any more.
    pub is_finished: bool,
}

#[derive(Debug)]
pub struct DissolveState {
    pub t: usize,
    pub track: Track,
    pub method: DissolveMethod,
    /// The model of the run whose image is looked at large; it goes before the chosen one meanwhile.
    pub lent: Option<ModelSource>,
    /// `None`: the newest one there is.
    pub chosen: Option<ModelSource>,
    pub models: Vec<ModelChoice>,
    /// Files of weights that were imported.
    pub imported: Vec<PathBuf>,
    /// px; 0 = that of the model.
    pub resolution: usize,
    pub difference: Difference,
    /// The difference is multiplied by this before it is coloured.
    pub gain: f32,
    pub view: View,
    pub layout: Layout,
    /// What the pictures beside each other show.
    pub shown: PanelContent,
    /// Place of the split bar, \[0, 1\] of the picture in view.
    pub divider: f32,
    /// Original and dissolved image take turns.
    pub blink: bool,
    /// Images that were put beside each other, in their order.
    pub pinned: Vec<ImageId>,
    /// Number of the newest wish; answers to older ones are dropped.
    pub generation: u64,
    /// Number of the strip: changes with all but t.
    pub strip: u64,
    /// The preprocessing of the present dissolved images.
    pub preprocess: PreprocessConfig,
    pub original: Option<Original>,
    pub done: Option<Dissolved>,
    /// Stands for the dissolved image of t until that has come: a mixture of the dissolved images beside it.
    pub nearly: Option<Arc<Raster>>,
    pub failed: Option<Failure>,
    /// The dissolved images made so far, by t.
    pub by_t: BTreeMap<usize, Dissolved>,
    /// The t whose thumbnails are there.
    pub pictured: BTreeSet<usize>,
    pub panels: Vec<Option<ComparisonPanel>>,
    /// How much dissolving changes the training normals.
    pub band: Option<NormalBand>,
    pub playing: bool,
    /// Something changed while the dissolved image was out of view: it is asked for when it comes into view.
    pub stale: bool,
    /// Where strips and sweeps are written; empty: the workspace's own folder.
    pub export_folder: PathBuf,
    /// One is being written.
    pub is_exporting: bool,
}

impl Default for DissolveState {
    fn default() -> Self {
        Self {
            t: 80,
            track: Track::Log,
            method: DissolveMethod::Diffusion,
            lent: None,
            chosen: None,
            models: Vec::new(),
            imported: Vec::new(),
            resolution: 0,
            difference: Difference::Signed,
            gain: 4.0,
            view: View::default(),
            layout: Layout::SideBySide,
            shown: PanelContent::Dissolved,
            divider: 0.5,
            blink: false,
            pinned: Vec::new(),
            generation: 0,
            strip: 0,
            preprocess: PreprocessConfig::default(),
            original: None,
            done: None,
            nearly: None,
            failed: None,
            by_t: BTreeMap::new(),
            pictured: BTreeSet::new(),
            panels: Vec::new(),
            band: None,
            playing: false,
            stale: true,
            export_folder: PathBuf::new(),
            is_exporting: false,
        }
    }
}

impl DissolveState {
    /// The model in use: the one that is lent or else chosen, where it still exists, else the newest.
    pub fn model(&self) -> Option<&ModelChoice> {
        let named = |source: &Option<ModelSource>| self.models.iter().find(|m| Some(&m.source) == source.as_ref());
        named(&self.lent).or_else(|| named(&self.chosen)).or_else(|| self.models.first())
    }

    /// How the model in use had its images prepared, where that is known: it dissolves images prepared like that.
    pub fn prepared(&self) -> Option<&PreprocessConfig> {
        self.model().filter(|_| self.uses_t()).and_then(|m| m.preprocess.as_ref())
    }

    /// Whether t makes a difference.
    pub fn uses_t(&self) -> bool {
        self.method == DissolveMethod::Diffusion
    }

    /// Why nothing can be dissolved, if so.
    pub fn missing(&self) -> Option<&'static str> {
        (self.uses_t() && self.model().is_none())
            .then_some("There is no diffusion model yet. Train one (3), import one, or try a blur.")
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

    pub fn keep(&mut self, dissolved: Dissolved) {
        if self.by_t.len() >= KEPT {
            let (pictured, now) = (&self.pictured, self.t);
            self.by_t.retain(|t, _| pictured.contains(t) || *t == now);
        }
        self.by_t.insert(dissolved.t, dissolved);
    }

    /// The t of the strip's thumbnails, and of the contact sheet where that is shown.
    pub fn strip_steps(&self) -> impl Iterator<Item = usize> {
        let strip: &[usize] = if self.layout == Layout::Steps { &crate::engine::export::sweep::SHEET_STEPS } else { &[] };
        strip.iter().copied().chain((0..STRIP_STEPS).map(|thumbnail| self.track.thumbnail_t(thumbnail)))
    }

    /// A mixture of the dissolved images on both sides of t: nearly what dissolving at t gives.
    pub fn between(&self, t: usize) -> Option<Arc<Raster>> {
        let below = self.by_t.range(..=t).next_back();
        let above = self.by_t.range(t..).next();
        match (below, above) {
            (Some((low, a)), Some((high, b))) if high > low => {
                let share = (self.track.at(t) - self.track.at(*low)) / (self.track.at(*high) - self.track.at(*low));
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
