//! What the slider asks for.

use crate::{
    config::{DissolveMethod, PreprocessConfig},
    data::{Dataset, ImageId},
    engine::runs::list::ModelSource,
};
use std::{path::PathBuf, sync::Arc};

/// One wish of the slider.
#[derive(Debug, Clone)]
pub struct DissolveRequest {
    pub generation: u64,
    /// Changes with everything but t and what is shown beside it.
    pub strip: u64,
    pub dataset: Arc<Dataset>,
    pub image: ImageId,
    pub preprocess: PreprocessConfig,
    pub t: usize,
    pub method: DissolveMethod,
    /// Needed for [`DissolveMethod::Diffusion`].
    pub model: Option<ModelSource>,
    /// px; 0 = the model's.
    pub resolution: usize,
    /// Mean |change| of the twin where it is there already: it is not made again.
    pub known: Option<f64>,
    /// The t of the ladder that are still wanted.
    pub strip_steps: Vec<usize>,
    /// What is to be beside each other.
    pub grid: ComparisonGrid,
    /// Folder where bands are kept; `None`: no band is wanted.
    pub bands: Option<PathBuf>,
}

/// Several twins beside each other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ComparisonGrid {
    #[default]
    Nothing,
    Images(Vec<ImageId>),
    /// All methods at matched strength.
    Methods,
    /// px
    Resolutions(Vec<usize>),
}

impl ComparisonGrid {
    /// Number of twins.
    pub fn len(&self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Images(ids) => ids.len(),
            Self::Methods => METHODS.len(),
            Self::Resolutions(sides) => sides.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

pub(crate) const METHODS: [DissolveMethod; 4] =
    [DissolveMethod::Diffusion, DissolveMethod::Gaussian(1), DissolveMethod::Median(1), DissolveMethod::Resample];
