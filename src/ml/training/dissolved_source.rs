//! Where the dissolving branch gets its images from: dissolved batch by batch (exact), or read from the cache.
//!
//! Either way t is drawn once for each batch and shift, and each image is flipped or not before it is dissolved.

use super::dissolve_cache::DissolveCache;
use crate::{
    error::Result,
    ml::{
        dissolve::dissolver::Dissolver,
        encoder::shift::{SHIFTS, flip_in_place},
    },
    rng,
};
use candle_core::{Device, Tensor};
use rand::Rng as _;
use std::ops::Range;

/// Source of the third branch; CSI has none.
pub enum DissolvedSource {
    /// t is drawn from the range.
    Exact(Dissolver, Range<usize>),
    /// t is drawn from the values in the cache.
    DissolveCache(DissolveCache),
}

impl DissolvedSource {
    /// K*B dissolved pictures, shift-major, of the B images of a batch: `places` in the store, and `images` their pixels (flat
    /// NCHW of `side` px, \[0, 1\]).
    ///
    /// # Errors
    /// Those of dissolving, or of reading the cache.
    pub fn draw(
        &self,
        seed: u64,
        step: usize,
        places: &[usize],
        images: &[f32],
        side: usize,
        device: &Device,
    ) -> Result<Vec<f32>> {
        // Flips have a stream of their own: they are the same with and without a cache.
        let (mut of_t, mut of_flips) = (rng::stream(seed, "dia-t", step as u64), rng::stream(seed, "dia-twin-flip", step as u64));
        let mut draw = |values: Range<usize>| -> (usize, Vec<bool>) {
            (of_t.random_range(values), places.iter().map(|_| of_flips.random_bool(0.5)).collect())
        };
        match self {
            Self::DissolveCache(cache) => {
                let mut dissolved = Vec::with_capacity(SHIFTS * images.len());
                for _ in 0..SHIFTS {
                    let (t_index, mirrored) = draw(0..cache.plan.t.len());
                    let picks: Vec<(usize, bool)> = places.iter().copied().zip(mirrored).collect();
                    dissolved.extend(cache.read(t_index, &picks, device)?);
                }
                Ok(dissolved)
            }
            Self::Exact(dissolver, range) => {
                let size = 3 * side * side;
                let mut flipped = images.repeat(SHIFTS);
                let mut t = Vec::with_capacity(SHIFTS * places.len());
                for group in flipped.chunks_exact_mut(images.len().max(1)) {
                    let (drawn, mirrored) = draw(range.clone());
                    t.extend(std::iter::repeat_n(drawn, places.len()));
                    let pictures = group.chunks_exact_mut(size).zip(mirrored);
                    pictures.filter(|(_, mirrored)| *mirrored).for_each(|(picture, _)| flip_in_place(picture, side));
                }
                let x = Tensor::from_vec(flipped, (t.len(), 3, side, side), device)?;
                Ok(dissolver.dissolve(&x, &t)?.detach().flatten_all()?.to_vec1()?)
            }
        }
    }
}
