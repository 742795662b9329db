//! The pixels that the networks see, for a list of images (or tiles of them) at one size: decoded in parallel, kept within a
//! memory budget.

use super::{
    model::{Dataset, ImageId, Skipped},
    network_pixels_cache::{NetworkPixels, unpack},
    read::for_each_image,
};
use crate::{
    config::PreprocessConfig,
    data::pixels::Preprocess,
    error::{Error, NextStep, Result},
};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// A picture as it is kept; `None`: it is decoded again when it is wanted.
pub(super) type Example = Option<NetworkPixels>;

/// `u16` copies of the fitted pictures; what does not fit into the budget is decoded again at each use, to the same values.
pub struct PixelStore {
    dataset: Arc<Dataset>,
    preprocess: Preprocess,
    size: usize,
    ids: Vec<ImageId>,
    /// One plane where the channels are equal, else three.
    kept: Vec<Example>,
    is_grey: bool,
    unusable: Vec<Skipped>,
}

impl PixelStore {
    /// Memory for pixels where nothing else is said: 2 GiB.
    pub const BUDGET: usize = 2 << 30;

    /// Decodes all pictures once. Those that cannot be decoded are left out of [`ids`](Self::ids) and listed in
    /// [`unusable`](Self::unusable). `size`: side in px, as the networks see it.
    ///
    /// # Errors
    /// Where no image is left.
    pub fn new(dataset: Arc<Dataset>, preprocess: PreprocessConfig, ids: Vec<ImageId>, size: usize) -> Result<Self> {
        Self::with_budget(dataset, preprocess, ids, size, Self::BUDGET, &|_| ())
    }

    /// [`new`](Self::new) with a `budget` of memory in bytes; `progress` hears how many pictures are done, from any thread.
    ///
    /// # Errors
    /// Where no image is left.
    pub fn with_budget(
        dataset: Arc<Dataset>,
        preprocess: PreprocessConfig,
        ids: Vec<ImageId>,
        size: usize,
        budget: usize,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<Self> {
        let preprocess = Preprocess::new(preprocess);
        let (used, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let outcomes = for_each_image(&dataset, &ids, |id, _| {
            let outcome = dataset.fitted(id, &preprocess, size).map(|pixels| {
                let bytes = pixels.len() * 2;
                let grey = pixels.len() == size * size;
                (grey, (used.fetch_add(bytes, Ordering::Relaxed) + bytes <= budget).then_some(pixels))
            });
            progress(done.fetch_add(1, Ordering::Relaxed) + 1);
            outcome
        });
        let examples = ids.into_iter().zip(outcomes);
        Self::gather(dataset, preprocess, size, examples.map(|(id, outcome)| (id, outcome.map(|example| vec![example]))))
    }

    /// Stores several examples an image: each as it was packed, `None` where it is to be decoded again.
    ///
    /// # Errors
    /// Where no image is left.
    pub(super) fn from_examples(
        dataset: Arc<Dataset>,
        preprocess: Preprocess,
        size: usize,
        examples: impl Iterator<Item = (ImageId, Result<Vec<Example>, String>)>,
    ) -> Result<Self> {
        let is_grey = |example: &Example| example.as_ref().is_none_or(|pixels| pixels.len() == size * size);
        let marked = |examples: Vec<Example>| examples.into_iter().map(|e| (is_grey(&e), e)).collect();
        Self::gather(dataset, preprocess, size, examples.map(|(id, outcome)| (id, outcome.map(marked))))
    }

    fn gather(
        dataset: Arc<Dataset>,
        preprocess: Preprocess,
        size: usize,
        outcomes: impl Iterator<Item = (ImageId, Result<Vec<(bool, Example)>, String>)>,
    ) -> Result<Self> {
        let mut store =
            Self { dataset, preprocess, size, ids: Vec::new(), kept: Vec::new(), is_grey: true, unusable: Vec::new() };
        for (id, outcome) in outcomes {
            match outcome {
                Ok(examples) => {
                    for (grey, kept) in examples {
                        store.is_grey &= grey;
                        store.ids.push(id);
                        store.kept.push(kept);
                    }
                }
                Err(reason) => {
                    let path = store.dataset.item(id).map(|i| i.name.clone()).unwrap_or_default().into();
                    store.unusable.push(Skipped { path, reason });
                }
            }
        }
        match (&store.ids[..], store.unusable.first()) {
            ([], Some(first)) => Err(Error::user(
                format!("not one of the images can be decoded: {} {}", first.path.display(), first.reason),
                NextStep::SeeUnusable,
            )),
            ([], None) => Err(Error::user("there are no images to work on", "check which class is normal, and the split")),
            _ => Ok(store),
        }
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Never: a store without images is an error when it is made.
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

    /// The data set that the images are of.
    pub fn dataset(&self) -> &Arc<Dataset> {
        &self.dataset
    }

    /// Pictures by their place in [`ids`](Self::ids), as `(len, 3, size, size)` in \[0, 1\].
    ///
    /// # Errors
    /// Where a file that has to be decoded again cannot be any more, or there is no such place.
    pub fn batch(&self, indices: &[usize]) -> Result<Vec<f32>> {
        let plane = self.size * self.size;
        let mut data = vec![0.0; indices.len() * 3 * plane];
        // Copies are quick and decoding is not: the threads share the latter.
        let mut missing = Vec::new();
        for (out, &index) in data.chunks_exact_mut(3 * plane).zip(indices) {
            match self.kept.get(index) {
                Some(Some(pixels)) => unpack(pixels, out),
                Some(None) => missing.push((index, out)),
                None => {
                    return Err(Error::user(
                        format!("there is no image {index} among {}", self.len()),
                        "this is a bug; please report it",
                    ));
                }
            }
        }
        let ids: Vec<ImageId> = missing.iter().map(|(index, _)| self.ids[*index]).collect();
        let decoded = for_each_image(&self.dataset, &ids, |id, _| self.dataset.fitted(id, &self.preprocess, self.size));
        for (((_, out), id), pixels) in missing.into_iter().zip(ids).zip(decoded) {
            let name = || self.dataset.item(id).map(|i| i.name.clone()).unwrap_or_default();
            let pixels = pixels.map_err(|reason| Error::user(format!("{} {reason}", name()), NextStep::PutFileBack))?;
            unpack(&pixels, out);
        }
        Ok(data)
    }
}
