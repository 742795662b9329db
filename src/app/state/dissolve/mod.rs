//! The t slider, what it asks for, and how the pictures are shown.

mod track;
mod view;

pub use track::{STRIP_STEPS, T_MAX, Track};
pub use view::{Layout, Shown, View};

use crate::{
    config::{DissolveMethod, PreprocessConfig},
    data::ImageId,
    engine::{
        dissolve::normal_band::NormalBand,
        dissolve::session::{ComparisonPanel, Dissolved, Original},
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

/// Twins kept for the present image and settings; the oldest rungs are never among those that go.
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
    pub shown: Shown,
    /// Place of the split bar, \[0, 1\] of the picture in view.
    pub divider: f32,
    /// Original and twin take turns.
    pub blink: bool,
    /// Images that were put beside each other, in their order.
    pub pinned: Vec<ImageId>,
    /// Number of the newest wish; answers to older ones are dropped.
    pub generation: u64,
    /// Number of the ladder: changes with all but t.
    pub strip: u64,
    /// The preprocessing that the present twins were made with.
    pub preprocess: PreprocessConfig,
    pub original: Option<Original>,
    pub done: Option<Dissolved>,
    /// Stands for the twin of t until that has come: a mixture of the twins beside it.
    pub nearly: Option<Arc<Raster>>,
    pub failed: Option<Failure>,
    /// The twins made so far, by t.
    pub twins: BTreeMap<usize, Dissolved>,
    /// The t whose little pictures are there.
    pub pictured: BTreeSet<usize>,
    pub panels: Vec<Option<ComparisonPanel>>,
    /// How much dissolving changes the training normals.
    pub band: Option<NormalBand>,
    pub playing: bool,
    /// Something changed while the twin was out of view: it is asked for when it comes into view.
    pub stale: bool,
    /// Where strips and sweeps are written; empty: the workspace's own folder.
    pub export_folder: PathBuf,
    /// One is being written.
    pub filming: bool,
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
            shown: Shown::Dissolved,
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
            twins: BTreeMap::new(),
            pictured: BTreeSet::new(),
            panels: Vec::new(),
            band: None,
            playing: false,
            stale: true,
            export_folder: PathBuf::new(),
            filming: false,
        }
    }
}

impl DissolveState {
    /// The model in use: the one that is lent or else chosen, where it still exists, else the newest.
    pub fn model(&self) -> Option<&ModelChoice> {
        let named = |source: &Option<ModelSource>| self.models.iter().find(|m| Some(&m.source) == source.as_ref());
        named(&self.lent).or_else(|| named(&self.chosen)).or_else(|| self.models.first())
    }

    /// How the model in use had its images prepared, where that is known: its twins are made of images prepared like that.
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

    /// The twin that is done, where it is of this image.
    pub fn done_of(&self, image: Option<ImageId>) -> Option<&Dissolved> {
        self.done.as_ref().filter(|done| Some(done.image) == image)
    }

    /// The twin as it can be shown now.
    pub fn twin(&self) -> Option<&Arc<Raster>> {
        self.nearly.as_ref().or_else(|| self.done.as_ref().map(|d| &d.raster))
    }

    /// `(t, mean |change|)` of all twins that are there, in the order of t.
    pub fn energy(&self) -> impl Iterator<Item = (usize, f64)> {
        self.twins.iter().map(|(t, twin)| (*t, twin.mean_abs_change))
    }

    pub fn keep(&mut self, twin: Dissolved) {
        if self.twins.len() >= KEPT {
            let (pictured, now) = (&self.pictured, self.t);
            self.twins.retain(|t, _| pictured.contains(t) || *t == now);
        }
        self.twins.insert(twin.t, twin);
    }

    /// The t of the ladder's little pictures, and of the strip where that is shown.
    pub fn strip_steps(&self) -> impl Iterator<Item = usize> {
        let strip: &[usize] = if self.layout == Layout::Steps { &crate::engine::export::sweep::STRIP } else { &[] };
        strip.iter().copied().chain((0..STRIP_STEPS).map(|thumbnail| self.track.rung_t(thumbnail)))
    }

    /// A mixture of the twins on both sides of t: what the twin of t will nearly look like.
    pub fn between(&self, t: usize) -> Option<Arc<Raster>> {
        let below = self.twins.range(..=t).next_back();
        let above = self.twins.range(t..).next();
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
