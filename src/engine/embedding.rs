//! Images by what the encoder sees in them, in two dimensions: where the normals lie, what is far, what makes a cluster.

use crate::{
    data::{Dataset, ImageId, Preprocess},
    error::{Error, Result},
    ml::{
        base::evenly_spaced::evenly_spaced,
        encoder::model::Encoder,
        scoring::{
            descriptor_scorer::Descriptor,
            embedding::{COMPONENTS, first_two, principal_components, t_sne},
            encoder_features::EncoderFeatures,
        },
    },
};
use candle_core::Device;
use rayon::prelude::*;
use std::{path::PathBuf, sync::Arc};

/// Images that are looked at, at most; more are evenly spread over all.
pub const MOST: usize = 5000;
/// Images that are described at once.
const CHUNK: usize = 32;

/// Which images, and by whose eyes.
#[derive(Debug, Clone)]
pub struct EmbeddingRequest {
    /// Number of the request: the answers carry it.
    pub generation: u64,
    /// A finished encoder's file of weights.
    pub encoder: PathBuf,
    /// Where the images are.
    pub dataset: Arc<Dataset>,
    /// All that are wanted; of more than [`MOST`] some are left out.
    pub images: Vec<ImageId>,
}

/// What has come of it so far.
#[derive(Debug, Clone, PartialEq)]
pub enum EmbeddingNews {
    /// The encoder is at work.
    Described {
        /// Images described so far, without those that cannot be decoded.
        done: usize,
        /// Images that are looked at, [`MOST`] at most.
        of: usize,
    },
    /// Where they lie: all that can be decoded.
    Points {
        /// In no unit: only what is near to what means something.
        points: Vec<(ImageId, [f32; 2])>,
        /// Nothing better comes.
        is_last: bool,
    },
}

/// Describes the images, and says where they lie: by principal components first, then as t-SNE moves them. Ends early, without an
/// error, where `stale`.
///
/// # Errors
/// An encoder that cannot be read, fewer than two images that can be decoded, images that are all alike.
pub fn embed(request: &EmbeddingRequest, say: &dyn Fn(EmbeddingNews), stale: &dyn Fn() -> bool) -> Result<()> {
    let encoder = Encoder::load(&request.encoder, &Device::Cpu)?;
    let (preprocess, size) = (Preprocess::new(encoder.config.run.preprocess.clone()), encoder.config.input_size);
    let images: Vec<ImageId> = evenly_spaced(&request.images, MOST).copied().collect();
    let count = images.len();
    let descriptor = EncoderFeatures(&encoder);
    let (mut known, mut rows) = (Vec::with_capacity(count), Vec::with_capacity(count));
    for chunk in images.chunks(CHUNK) {
        if stale() {
            return Ok(());
        }
        let read = |&id: &ImageId| Some((id, request.dataset.read_fitted(id, &preprocess, size).ok()?.to_rgb().data));
        let (ids, pictures): (Vec<ImageId>, Vec<Vec<f32>>) = chunk.par_iter().filter_map(read).unzip();
        if !ids.is_empty() {
            rows.extend(descriptor.describe(&pictures.concat(), false)?);
            known.extend(ids);
        }
        say(EmbeddingNews::Described { done: known.len(), of: count });
    }
    let components = principal_components(&rows, COMPONENTS);
    if components.is_empty() {
        return Err(Error::user("fewer than two different images can be decoded", "look at a data set with more of them"));
    }
    let tell = |points: Vec<[f32; 2]>, is_last| {
        say(EmbeddingNews::Points { points: known.iter().copied().zip(points).collect(), is_last });
    };
    tell(first_two(&components), false);
    if !stale() {
        tell(t_sne(&components, |points| tell(points, false)), true);
    }
    Ok(())
}
