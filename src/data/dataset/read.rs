//! From an image's number to its pixels.

use super::model::{Dataset, ImageId, Item, Source};
use crate::{
    data::{
        decode::{self, Raster, Samples},
        pixels::{Picture, Preprocess},
    },
    error::{Error, NextStep, Result},
};
use rayon::prelude::*;

/// Pictures above this are decoded one at a time, so that memory is bounded by one of them and not by one a core.
const LARGE: u64 = 24_000_000;

impl Dataset {
    /// Decodes an image at its full size, `channels x height x width` in \[0, 1\].
    ///
    /// # Errors
    /// Where its file is not there any more or cannot be decoded.
    pub fn read(&self, id: ImageId) -> Result<Picture> {
        self.pixels(id).map(|raster| Picture::copy_of(&raster))
    }

    /// The same with the number that 1 stands for in the file: 255, 65535, or 1 where its values were mapped already.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_with_white(&self, id: ImageId) -> Result<(Picture, f32)> {
        self.pixels(id).map(|raster| (Picture::copy_of(&raster), raster.white()))
    }

    /// Decodes an image as the networks see it: preprocessed, `size x size`, 1 or 3 channels in \[0, 1\].
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_fitted(&self, id: ImageId, preprocess: &Preprocess, size: usize) -> Result<Picture> {
        self.pixels(id).map(|raster| preprocess.fit(&raster, size))
    }

    /// The mask of an image, grey, at its own size; `None` where it has none.
    ///
    /// # Errors
    /// Where the mask's file is not there any more or cannot be decoded.
    pub fn read_mask(&self, id: ImageId) -> Result<Option<Picture>> {
        let Some(path) = self.item(id).and_then(|item| item.mask.as_deref()) else { return Ok(None) };
        let mask = decode::decode(path, 0)
            .map_err(|reason| Error::user(format!("{} {reason}", path.display()), "take the mask out of the folder"))?;
        Ok(Some(Picture::copy_of(&mask).grey()))
    }

    fn pixels(&self, id: ImageId) -> Result<Raster> {
        let Some(item) = self.item(id) else {
            return Err(Error::user(format!("{} has no image number {}", self.root.display(), id.0), "open the data set again"));
        };
        item.decode().map_err(|reason| Error::user(format!("{} {reason}", item.name), NextStep::RemoveFile))
    }
}

impl Item {
    /// The error is a reason to show beside the name.
    pub(super) fn decode(&self) -> Result<Raster, String> {
        match &self.source {
            Source::File(path) => decode::decode(path, 0),
            Source::Page { path, page } => decode::decode(path, *page),
            Source::Array { pixels, index } => {
                let bytes = pixels.image(*index).ok_or("is not in its archive")?.to_vec();
                Raster::new(pixels.width, pixels.height, pixels.channels, Samples::U8(bytes))
            }
        }
    }

    /// Pixels as its header says.
    fn pixel_count(&self) -> u64 {
        self.size.map(u64::from).iter().product()
    }
}

/// Runs `work` on each image in parallel, but on large ones one after another. Results in the order of `ids`.
pub fn for_each_image<T: Send>(
    dataset: &Dataset,
    ids: &[ImageId],
    work: impl Fn(&Item) -> Result<T, String> + Sync,
) -> Vec<Result<T, String>> {
    let item = |id: &ImageId| dataset.item(*id).filter(|i| i.pixel_count() <= LARGE);
    let small: Vec<_> = ids.par_iter().map(|id| item(id).map(&work)).collect();
    let missing = || Err("is not in the data set".to_string());
    ids.iter().zip(small).map(|(id, done)| done.unwrap_or_else(|| dataset.item(*id).map_or_else(missing, &work))).collect()
}
