//! From a path to a data set.

use super::{Dataset, ImageId, Picture, Preprocess};
use crate::{config::DataConfig, error::Result};

impl Dataset {
    /// Recognises what `config.path` holds. Reads file types and headers, never whole pictures; `progress` hears how many
    /// files were looked at, from any thread. Errors where nothing can be used, with the reasons.
    pub fn open(config: &DataConfig, progress: &(dyn Fn(usize) + Sync)) -> Result<Self> {
        todo!()
    }

    /// Decodes an image at its full size.
    pub fn read(&self, id: ImageId) -> Result<Picture> {
        todo!()
    }

    /// Decodes an image as the networks see it: preprocessed, `size x size`, 1 or 3 channels.
    pub fn read_fitted(&self, id: ImageId, preprocess: &Preprocess, size: usize) -> Result<Picture> {
        todo!()
    }
}
