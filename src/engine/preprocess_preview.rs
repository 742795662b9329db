//! The selected image before and after preprocessing, with its mask.

use super::display::rgba::Rgba;
use crate::{
    config::PreprocessConfig,
    data::{Dataset, ImageId, Picture, Preprocess},
    error::Result,
};
use std::sync::Arc;

/// Longest side of what is shown, px; preprocessing looks the same at any size.
const SHOWN: usize = 768;
/// Longest side of the image itself in the large view, px.
const LARGE: usize = 2048;

/// What is to be shown.
#[derive(Debug, Clone)]
pub struct PreviewRequest {
    pub generation: u64,
    pub dataset: Arc<Dataset>,
    pub image: ImageId,
    pub preprocess: PreprocessConfig,
    /// The image itself is seen large.
    pub is_large: bool,
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
pub(crate) struct CachedImage {
    dataset: Arc<Dataset>,
    image: ImageId,
    is_large: bool,
    before: Rgba,
    outline: Option<Rgba>,
    /// What preprocessing is shown of.
    small: Picture,
}

impl CachedImage {
    fn read(PreviewRequest { dataset, image, is_large, .. }: &PreviewRequest) -> Result<Self> {
        let (image, is_large) = (*image, *is_large);
        let picture = dataset.read(image)?.within(if is_large { LARGE } else { SHOWN });
        let (before, [width, height]) = (Rgba::new(&picture), [picture.width, picture.height]);
        // A mask that cannot be read is no reason not to show its image.
        let mask = dataset.read_mask(image).ok().flatten();
        // As wide as it is beside controls, where the picture is small.
        let thick = 2 * width.max(height).div_ceil(SHOWN);
        let outline = mask.and_then(|mask| Rgba::outline(&mask, width, height, thick));
        Ok(Self { dataset: dataset.clone(), image, is_large, before, outline, small: picture.within(SHOWN) })
    }
}

pub(crate) fn preview(request: &PreviewRequest, cached: &mut Option<CachedImage>) -> Result<PreprocessPreview> {
    let is_of = |cached: &CachedImage| {
        Arc::ptr_eq(&cached.dataset, &request.dataset) && (cached.image, cached.is_large) == (request.image, request.is_large)
    };
    let CachedImage { before, outline, small, .. } = match cached.take().filter(is_of) {
        Some(known) => cached.insert(known),
        None => cached.insert(CachedImage::read(request)?),
    };
    let after = Preprocess::new(request.preprocess.clone()).apply(small);
    Ok(PreprocessPreview {
        image: request.image,
        disc: Preprocess::disc_share(small),
        before: before.clone(),
        after: Rgba::new(&after),
        outline: outline.clone(),
    })
}
