//! The pixels that the networks see, for a list of images at one size: decoded in parallel, kept within a memory budget.

use super::{Dataset, ImageId, Picture, Preprocess, Skipped};
use crate::{
    config::PreprocessConfig,
    error::{Error, Result},
};
use rayon::prelude::*;
use std::sync::Arc;

/// `u16` copies of the fitted pictures; what does not fit into the budget is decoded again at each use.
pub struct PixelStore {
    dataset: Arc<Dataset>,
    preprocess: Preprocess,
    size: usize,
    ids: Vec<ImageId>,
    kept: Vec<Option<Kept>>,
    is_grey: bool,
    unusable: Vec<Skipped>,
}

/// Grey pictures are kept once, not three times.
struct Kept {
    pixels: Vec<u16>,
}

impl PixelStore {
    /// Memory for pixels where nothing else is said: 2 GiB.
    pub const BUDGET: usize = 2 << 30;

    /// Decodes all pictures once. Those that cannot be decoded are left out of [`ids`](Self::ids) and listed in
    /// [`unusable`](Self::unusable). Errors where none is left.
    pub fn new(dataset: Arc<Dataset>, preprocess: PreprocessConfig, ids: Vec<ImageId>, size: usize) -> Result<Self> {
        Self::with_budget(dataset, preprocess, ids, size, Self::BUDGET, &|_| ())
    }

    /// `budget` in bytes; `progress` hears how many pictures are done, from any thread.
    pub fn with_budget(
        dataset: Arc<Dataset>,
        preprocess: PreprocessConfig,
        ids: Vec<ImageId>,
        size: usize,
        budget: usize,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<Self> {
        todo!()
    }

    pub fn len(&self) -> usize {
        self.ids.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The images in the store's order.
    pub fn ids(&self) -> &[ImageId] {
        &self.ids
    }

    /// Side of the pictures in pixels.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Whether every picture has three equal channels.
    pub fn is_grey(&self) -> bool {
        self.is_grey
    }

    /// What had to be left out, with the reason.
    pub fn unusable(&self) -> &[Skipped] {
        &self.unusable
    }

    pub fn dataset(&self) -> &Arc<Dataset> {
        &self.dataset
    }

    /// Pictures by their place in [`ids`](Self::ids), as `(len, 3, size, size)` in \[0, 1\].
    pub fn batch(&self, indices: &[usize]) -> Result<Vec<f32>> {
        todo!()
    }
}
