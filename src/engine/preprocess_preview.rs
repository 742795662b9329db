//! The selected image before and after preprocessing, with its mask.

use super::display::rgba::Rgba;
use crate::{
    config::PreprocessConfig,
    data::{Dataset, ImageId, Picture, Preprocess},
    error::Result,
};
use std::sync::Arc;

/// Longest side of what is shown, px; preprocessing looks the same at any size.
pub(crate) const SHOWN: usize = 768;

/// What is to be shown.
#[derive(Debug, Clone)]
pub struct PreviewRequest {
    pub generation: u64,
    pub dataset: Arc<Dataset>,
    pub image: ImageId,
    pub preprocess: PreprocessConfig,
}

/// An image before and after.
#[derive(Debug)]
pub struct PreprocessPreview {
    pub image: ImageId,
    pub before: Rgba,
    pub after: Rgba,
    /// The mask's edge over `before`.
    pub outline: Option<Rgba>,
    /// The share of it that lies in the square around its bright disc, [0, 1]; `None` where nothing is bright.
    pub disc: Option<f32>,
}

/// The last image that was read: its settings change more often than it does.
pub(crate) type CachedImage = Option<(Arc<Dataset>, ImageId, Picture, Option<Picture>)>;

pub(crate) fn preview(request: &PreviewRequest, cached: &mut CachedImage) -> Result<PreprocessPreview> {
    let is_cached = cached.as_ref().is_some_and(|(set, id, ..)| Arc::ptr_eq(set, &request.dataset) && *id == request.image);
    if !is_cached {
        *cached = None;
    }
    let (_, _, picture, mask) = match cached {
        Some(cached) => cached,
        None => {
            let picture = request.dataset.read(request.image)?.within(SHOWN);
            // A mask that cannot be read is no reason not to show its image.
            let mask = request.dataset.read_mask(request.image).ok().flatten();
            cached.insert((request.dataset.clone(), request.image, picture, mask))
        }
    };
    let after = Preprocess::new(request.preprocess.clone()).apply(picture);
    Ok(PreprocessPreview {
        image: request.image,
        disc: Preprocess::disc_share(picture),
        before: Rgba::new(picture),
        after: Rgba::new(&after),
        outline: mask.as_ref().and_then(|mask| Rgba::outline(mask, picture.width, picture.height, 2)),
    })
}
