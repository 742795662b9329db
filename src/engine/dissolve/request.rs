//! What the slider asks for.

use crate::{
    config::{DissolveMethod, PreprocessConfig, Tiling},
    data::{Dataset, ImageId},
    engine::runs::list::ModelSource,
};
use std::{path::PathBuf, sync::Arc};

/// One request of the slider: an image, how it is dissolved, and what goes with it.
#[derive(Debug, Clone)]
pub struct DissolveRequest {
    /// Number of the request: the answers carry it, and those to an older one are dropped.
    pub generation: u64,
    /// Changes with everything but t and what is shown beside it.
    pub strip: u64,
    /// The selected image.
    pub source: ImageSource,
    /// How it is dissolved, as is what goes with it.
    pub recipe: Recipe,
    /// The image is dissolved already: it is not done again.
    pub is_known: bool,
    /// What of a large picture is dissolved first.
    pub in_view: InView,
    /// The t of the slider's thumbnails that are still wanted.
    pub strip_steps: Vec<usize>,
    /// The t of the sheet of many t at which a large picture is still wanted by tiles.
    pub sheet_steps: Vec<usize>,
    /// What is to be beside each other.
    pub grid: ComparisonGrid,
    /// Folder where normal bands are kept; `None`: no band is wanted.
    pub bands: Option<PathBuf>,
}

#[cfg(test)]
impl DissolveRequest {
    /// A request for this image alone, with nothing beside it, at its own size and t = 0.
    pub fn of(source: &ImageSource, method: DissolveMethod, tile: Tiling) -> Self {
        Self {
            generation: 1,
            strip: 1,
            source: source.clone(),
            recipe: Recipe { method, model: None, resolution: 0, tile, t: 0 },
            is_known: false,
            in_view: InView::default(),
            strip_steps: Vec::new(),
            sheet_steps: Vec::new(),
            grid: ComparisonGrid::Nothing,
            bands: None,
        }
    }
}

/// An image of a data set, and how it is prepared.
#[derive(Debug, Clone)]
pub struct ImageSource {
    /// One in memory; opened again it is another, see `eq`.
    pub dataset: Arc<Dataset>,
    /// Its place in the data set.
    pub image: ImageId,
    /// As the model's images were prepared.
    pub preprocess: PreprocessConfig,
}

impl ImageSource {
    /// Another image of the data set, prepared alike.
    pub fn with_image(&self, image: ImageId) -> Self {
        Self { image, ..self.clone() }
    }

    /// The image's name in its data set; empty where it is not there.
    pub fn name(&self) -> String {
        self.dataset.item(self.image).map(|item| item.name.clone()).unwrap_or_default()
    }
}

impl PartialEq for ImageSource {
    /// Data sets are the same where they are one in memory: one that was opened again may have other images.
    fn eq(&self, other: &Self) -> bool {
        self.image == other.image && Arc::ptr_eq(&self.dataset, &other.dataset) && self.preprocess == other.preprocess
    }
}

/// How an image is dissolved.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    /// Diffusion, or a filter of this size.
    pub method: DissolveMethod,
    /// Needed for [`DissolveMethod::Diffusion`].
    pub model: Option<ModelSource>,
    /// Resolution at which a picture is dissolved as a whole, px; 0 = the model's.
    pub resolution: usize,
    /// Whether large pictures are dissolved by tiles; `auto`: as the model has learnt.
    pub tile: Tiling,
    /// Diffusion step; filters do without.
    pub t: usize,
}

impl Recipe {
    /// This recipe at another step.
    pub fn at(&self, t: usize) -> Self {
        Self { t, ..self.clone() }
    }

    /// This recipe for whole pictures.
    pub fn whole(&self) -> Self {
        Self { tile: Tiling::Off, ..self.clone() }
    }
}

/// The part of a picture that is in view; shares of its width and height.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InView {
    /// Upper left and lower right corner.
    pub corners: [[f32; 2]; 2],
    /// Where the eye is: the pointer, or else the middle of what is in view.
    pub focus: [f32; 2],
}

impl Default for InView {
    /// All of it.
    fn default() -> Self {
        Self { corners: [[0.0; 2], [1.0; 2]], focus: [0.5; 2] }
    }
}

/// Several dissolved images beside each other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ComparisonGrid {
    /// The selected image alone.
    #[default]
    Nothing,
    /// These, by the same recipe.
    Images(Vec<ImageId>),
    /// All methods at matched strength.
    Methods,
    /// px
    Resolutions(Vec<usize>),
}

impl ComparisonGrid {
    /// Number of dissolved images.
    pub fn len(&self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Images(ids) => ids.len(),
            Self::Methods => METHODS.len(),
            Self::Resolutions(resolutions) => resolutions.len(),
        }
    }

    /// Whether the selected image stands alone.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

pub(crate) const METHODS: [DissolveMethod; 4] =
    [DissolveMethod::Diffusion, DissolveMethod::Gaussian(1), DissolveMethod::Median(1), DissolveMethod::Resample];
