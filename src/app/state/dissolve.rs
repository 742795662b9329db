//! The t slider, and what it asks for.

use std::path::PathBuf;

use crate::{
    config::DissolveMethod,
    data::ImageId,
    jobs::{Difference, Failure, ModelSource},
};

/// Number of little pictures on the slider's track.
pub const RUNGS: usize = 14;

/// The slider's largest t.
pub const T_MAX: usize = 999;

/// The track is quadratic: fine steps where the training range is, coarse ones above. `at` in \[0, 1\].
pub fn t_at(at: f64) -> usize {
    (at.clamp(0.0, 1.0).powi(2) * T_MAX as f64).round() as usize
}

/// Where on the track t lies, \[0, 1\].
pub fn track_at(t: usize) -> f64 {
    (t.min(T_MAX) as f64 / T_MAX as f64).sqrt()
}

/// The t of a little picture: that of the middle of its cell.
pub fn rung_t(rung: usize) -> usize {
    t_at((rung as f64 + 0.5) / RUNGS as f64)
}

/// One model that can dissolve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelChoice {
    pub source: ModelSource,
    pub name: String,
    /// What is worth knowing: steps, size, "training".
    pub detail: String,
    /// Title of the data set it was trained on, where known.
    pub trained_on: Option<String>,
}

/// What of the pictures is in view, the same for all of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    /// 1 = the whole picture fits.
    pub zoom: f32,
    /// Middle of the view in picture coordinates, \[0, 1\] each.
    pub centre: [f32; 2],
}

impl Default for View {
    fn default() -> Self {
        Self { zoom: 1.0, centre: [0.5; 2] }
    }
}

impl View {
    pub const MAX_ZOOM: f32 = 32.0;

    /// Keeps the view inside the picture.
    pub fn clamped(self) -> Self {
        let zoom = self.zoom.clamp(1.0, Self::MAX_ZOOM);
        let half = 0.5 / zoom;
        Self { zoom, centre: self.centre.map(|c| c.clamp(half, 1.0 - half)) }
    }
}

#[derive(Debug)]
pub struct DissolveState {
    pub t: usize,
    pub method: DissolveMethod,
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
    /// Number of the newest wish; answers to older ones are dropped.
    pub generation: u64,
    /// Number of the ladder of little pictures: changes with all but t.
    pub ladder: u64,
    /// Whose picture the texture of the original holds.
    pub original: Option<ImageId>,
    pub done: Option<Done>,
    pub failed: Option<Failure>,
    /// `(t, mean |change|)` of the rungs that are there, in the order of t.
    pub energy: Vec<(usize, f64)>,
    pub playing: bool,
    /// Something changed while the twin was out of view: it is asked for when it comes into view.
    pub stale: bool,
}

/// What the newest twin says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    pub image: ImageId,
    pub t: usize,
    /// Mean |original - dissolved| over pixels and channels, \[0, 1\].
    pub mean_abs_change: f64,
    pub milliseconds: f64,
    /// Resolution it was dissolved at, px.
    pub resolution: usize,
}

impl Default for DissolveState {
    fn default() -> Self {
        Self {
            t: 80,
            method: DissolveMethod::Diffusion,
            chosen: None,
            models: Vec::new(),
            imported: Vec::new(),
            resolution: 0,
            difference: Difference::Signed,
            gain: 4.0,
            view: View::default(),
            generation: 0,
            ladder: 0,
            original: None,
            done: None,
            failed: None,
            energy: Vec::new(),
            playing: false,
            stale: true,
        }
    }
}

impl DissolveState {
    /// The model in use: the chosen one where it still exists, else the newest.
    pub fn model(&self) -> Option<&ModelChoice> {
        self.models.iter().find(|m| Some(&m.source) == self.chosen.as_ref()).or_else(|| self.models.first())
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
}
