//! What is dissolved and how, what was asked of the worker, and how the images are shown.

mod answers;
mod model_choice;
mod track;
mod view;

pub use answers::Answers;
pub use model_choice::ModelChoice;
pub use track::{STRIP_STEPS, T_MAX, Track};
pub use view::{BESIDE, ChangeFrom, ComparisonLayout, PanelContent, View};

use super::Workspace;
use crate::{
    config::{DiaConfig, DissolveMethod, PreprocessConfig, Tiling},
    data::ImageId,
    engine::{
        dissolve::{
            dissolved::{Dissolved, Scale},
            request::{InView, METHODS},
        },
        export::sweep::SHEET_STEPS,
        runs::list::ModelSource,
    },
    gpu::{Difference, Raster},
};
use std::{collections::HashMap, mem::discriminant, path::PathBuf, sync::Arc};

/// What is dissolved and how, what has come of it, and how it is looked at.
#[derive(Debug)]
pub struct DissolveState {
    /// Diffusion step, `0..=T_MAX`.
    pub t: usize,
    /// How the slider's track is divided.
    pub track: Track,
    /// Diffusion, or a filter that takes its place.
    pub method: DissolveMethod,
    /// The model of the run whose image is looked at large; it goes before the chosen one meanwhile.
    pub lent: Option<ModelSource>,
    /// `None`: the one that suits the data best, the newest of several.
    pub chosen: Option<ModelSource>,
    /// Those that suit the open data set first.
    pub models: Vec<ModelChoice>,
    /// Files of weights that were imported.
    pub imported: Vec<PathBuf>,
    /// Whether large pictures are dissolved by tiles; auto: as the model has learnt.
    pub tile: Tiling,
    /// Resolution at which whole pictures are dissolved, px; 0 = that of the model.
    pub resolution: usize,
    /// Signed or absolute.
    pub difference: Difference,
    /// Whether what resizing makes counts as a change.
    pub change_from: ChangeFrom,
    /// The difference is multiplied by this before it is coloured; `None`: as suits the image in view.
    pub gain: Option<f32>,
    /// Which part of the pictures is seen; one for all of them.
    pub view: View,
    /// What that has in view, as it was last drawn.
    pub in_view: InView,
    /// The workspace in which the pictures are in view, or were last.
    pub workspace: Workspace,
    /// Each workspace keeps its own, once one was chosen there.
    pub layouts: HashMap<Workspace, ComparisonLayout>,
    /// What the pictures beside each other show.
    pub shown: PanelContent,
    /// Place of the split bar, \[0, 1\] of the picture in view.
    pub divider: f32,
    /// Original and dissolved image take turns.
    pub blink: bool,
    /// Images that were put beside each other, in their order.
    pub pinned: Vec<ImageId>,
    /// Number of the newest request; answers to older ones are dropped.
    pub generation: u64,
    /// Number of the strip: changes with all but t.
    pub strip: u64,
    /// The preprocessing of the present dissolved images.
    pub preprocess: PreprocessConfig,
    /// What has come of the answer for the present image and settings.
    pub answers: Answers,
    /// t goes up by itself.
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
            t: 30,
            track: Track::Log,
            method: DissolveMethod::Diffusion,
            lent: None,
            chosen: None,
            models: Vec::new(),
            imported: Vec::new(),
            tile: Tiling::Auto,
            resolution: 0,
            difference: Difference::Signed,
            change_from: ChangeFrom::Resized,
            gain: None,
            view: View::default(),
            in_view: InView::default(),
            workspace: Workspace::Dissolve,
            layouts: HashMap::new(),
            shown: PanelContent::Dissolved,
            divider: 0.5,
            blink: false,
            pinned: Vec::new(),
            generation: 0,
            strip: 0,
            preprocess: PreprocessConfig::default(),
            answers: Answers::default(),
            playing: false,
            stale: true,
            export_folder: PathBuf::new(),
            is_exporting: false,
        }
    }
}

impl DissolveState {
    /// What differences are multiplied by where this image is the selected one: as set, or the power of two by which its change is
    /// well seen. One gain for all pictures beside each other, so that they can be compared.
    pub fn gain_of(&self, selected: Option<ImageId>) -> f32 {
        /// Full colour is so many times the mean change: few pixels change more.
        const TIMES: f64 = 6.0;
        let of = |dissolved: &Dissolved| {
            if self.resized(dissolved).is_some() { dissolved.change.model } else { dissolved.change.all }
        };
        let change = || match self.layout() {
            // Of all t the one in the middle: neither faint nor full everywhere.
            ComparisonLayout::Steps => {
                let mut changes: Vec<f64> = SHEET_STEPS.iter().filter_map(|&t| self.answers.on_sheet(t)).map(of).collect();
                changes.sort_by(f64::total_cmp);
                changes.get(changes.len() / 2).copied()
            }
            _ => self.answers.done_of(selected).map(of),
        };
        let suits = |change: f64| (1.0 / (TIMES * change.max(1e-6))).log2().round().exp2().clamp(2.0, 64.0) as f32;
        self.gain.unwrap_or_else(|| change().map_or(8.0, suits))
    }

    /// How the pictures in view are laid out.
    pub fn layout(&self) -> ComparisonLayout {
        self.layouts.get(&self.workspace).copied().unwrap_or_default()
    }

    /// Whether t makes a difference.
    pub fn uses_t(&self) -> bool {
        self.method == DissolveMethod::Diffusion
    }

    /// The values of t that DIA trains with at the scale in use, and what that dissolves; `None` until the scale is known, since
    /// whole pictures and tiles have their own.
    pub fn training_range(&self, dia: &DiaConfig) -> Option<([usize; 2], &'static str)> {
        let is_tiles = self.scale()?.is_tiles();
        let steps = dia.steps_of_t(is_tiles);
        Some(([steps.start, steps.end], if is_tiles { "tiles" } else { "whole pictures" }))
    }

    /// The scale at which the selected image is dissolved, once that is known.
    pub fn scale(&self) -> Option<Scale> {
        self.answers.done.as_ref().map(|done| done.scale)
    }

    /// The dissolved image whose figures are told: beside other methods that which they are matched to, of the whole picture.
    pub fn told(&self, selected: Option<ImageId>) -> Option<&Dissolved> {
        let own = METHODS.iter().position(|method| discriminant(method) == discriminant(&self.method));
        let panel =
            own.filter(|_| self.layout() == ComparisonLayout::Methods).and_then(|own| self.answers.panels.get(own)?.as_ref());
        let matched = panel.and_then(|panel| panel.dissolved.as_ref().ok()).filter(|matched| Some(matched.image) == selected);
        matched.or_else(|| self.answers.done_of(selected))
    }

    /// Whether a large picture is on its way from coarse to fine.
    pub fn is_refining(&self) -> bool {
        self.answers.done.as_ref().is_some_and(|done| !done.is_complete()) && !self.stale
    }

    /// What a dissolved image is compared with, where not with the original.
    pub fn resized<'a>(&self, dissolved: &'a Dissolved) -> Option<&'a Arc<Raster>> {
        dissolved.resized.as_ref().filter(|_| self.change_from == ChangeFrom::Resized)
    }

    /// Whether the selected image is so large that tiles dissolve it, and not too large for a sheet of many t by tiles.
    pub fn fits_on_sheet(&self) -> bool {
        self.answers.done.as_ref().is_some_and(|done| done.scale.is_tiles() && done.fits_on_sheet())
    }

    /// Whether the sheet of many t is coarse as yet, and will be there by tiles.
    pub fn is_sheet_refining(&self) -> bool {
        !self.answers.is_sheet_by_tiles() && !self.stale && self.fits_on_sheet()
    }

    /// The t of the sheet of many t at which a large picture is still wanted by tiles.
    pub fn sheet_steps(&self) -> Vec<usize> {
        if self.layout() != ComparisonLayout::Steps || !self.uses_t() {
            return Vec::new();
        }
        SHEET_STEPS.into_iter().filter(|t| !self.answers.by_tiles.contains_key(t)).collect()
    }

    /// The t of the strip's thumbnails, and of the contact sheet where that is shown.
    pub fn strip_steps(&self) -> impl Iterator<Item = usize> {
        let strip: &[usize] = if self.layout() == ComparisonLayout::Steps { &SHEET_STEPS } else { &[] };
        strip.iter().copied().chain((0..STRIP_STEPS).map(|thumbnail| self.track.thumbnail_t(thumbnail)))
    }
}
