//! Decodes each picture once: what is broken, and what is there twice.

use super::{Dataset, ImageId};

/// What decoding all pictures showed.
#[derive(Debug, Clone, Default)]
pub struct Examination {
    /// Pictures that cannot be decoded, with the reason.
    pub unusable: Vec<(ImageId, String)>,
    pub duplicates: Vec<Duplicate>,
}

/// Two images that show the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duplicate {
    pub first: ImageId,
    pub second: ImageId,
    /// Equal pixel for pixel; otherwise nearly so (another size, compression or brightness).
    pub exact: bool,
}

impl Dataset {
    /// Decodes every picture, in parallel, a few in memory at a time. `progress` hears how many are done, from any thread.
    pub fn examine(&self, progress: &(dyn Fn(usize) + Sync)) -> Examination {
        todo!()
    }

    /// Without the unusable pictures (images are numbered anew), with `duplicates` and warnings filled.
    pub fn settled(&self, examination: &Examination) -> Self {
        todo!()
    }
}
