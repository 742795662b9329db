//! The selected image before and after preprocessing, with its mask.

use super::display::{raster::within, rgba::Pixels};
use crate::{
    config::PreprocessConfig,
    data::{Dataset, ImageId, Picture, Preprocess},
    error::Result,
};
use std::sync::Arc;

/// Longest side of what is shown, px; preprocessing looks the same at any size.
pub(crate) const SHOWN: usize = 768;

/// What is to be looked at.
#[derive(Debug, Clone)]
pub struct Look {
    pub generation: u64,
    pub dataset: Arc<Dataset>,
    pub image: ImageId,
    pub preprocess: PreprocessConfig,
}

/// An image before and after.
#[derive(Debug)]
pub struct Looked {
    pub image: ImageId,
    pub before: Pixels,
    pub after: Pixels,
    /// The mask's edge over `before`.
    pub outline: Option<Pixels>,
}

/// The last image that was read: its settings change more often than it does.
pub(crate) type Kept = Option<(Arc<Dataset>, ImageId, Picture, Option<Picture>)>;

pub(crate) fn look(wish: &Look, kept: &mut Kept) -> Result<Looked> {
    let is_kept = kept.as_ref().is_some_and(|(set, id, ..)| Arc::ptr_eq(set, &wish.dataset) && *id == wish.image);
    if !is_kept {
        *kept = None;
    }
    let (_, _, picture, mask) = match kept {
        Some(kept) => kept,
        None => {
            let picture = within(wish.dataset.read(wish.image)?, SHOWN);
            // A mask that cannot be read is no reason not to show its image.
            let mask = wish.dataset.read_mask(wish.image).ok().flatten();
            kept.insert((wish.dataset.clone(), wish.image, picture, mask))
        }
    };
    let after = Preprocess::new(wish.preprocess.clone()).apply(picture);
    Ok(Looked {
        image: wish.image,
        before: Pixels::new(picture),
        after: Pixels::new(&after),
        outline: mask.as_ref().and_then(|mask| Pixels::outline(mask, picture.width, picture.height, 2)),
    })
}
