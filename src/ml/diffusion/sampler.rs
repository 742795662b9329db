//! Sampling of images from noise, for previews: ancestral (DDPM; Ho et al. 2020) and DDIM (Song, Meng & Ermon 2021).

use super::model::{DiffusionModel, noise, per_image};
use crate::{config::InputRange, error::Result};
use candle_core::Tensor;

/// How images are sampled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sampler {
    /// All T steps (Ho et al. 2020, Algorithm 2).
    Ancestral,
    /// `steps` of them (Song et al. 2021, Eq. 12); `eta` 0 = no noise on the way, 1 = as much as DDPM.
    Ddim {
        /// Number of timesteps visited, 1..=T, evenly spread.
        steps: usize,
        /// Share of DDPM's noise, \[0, 1\].
        eta: f64,
    },
}

/// `count` images `(count, 3, size, size)` in \[0, 1\]; the same for the same seed.
///
/// # Errors
/// Those of the network's forward pass.
pub fn sample(model: &DiffusionModel, sampler: Sampler, count: usize, seed: u64) -> Result<Tensor> {
    let size = model.info().config.size;
    let shape = [count, 3, size, size];
    let start = noise(&shape, seed, "sample", u64::MAX, model.device())?;
    let fresh = |t: usize| noise(&shape, seed, "sample", t as u64, model.device());
    let x = match sampler {
        Sampler::Ancestral => ancestral(model, start, fresh)?,
        Sampler::Ddim { steps, eta } => ddim(model, start, steps, eta, fresh)?,
    };
    let x = match model.info().config.input_range {
        InputRange::Symmetric => x.affine(0.5, 0.5)?,
        InputRange::Unit => x,
    };
    Ok(x.clamp(0f32, 1f32)?)
}

fn ancestral(model: &DiffusionModel, mut x: Tensor, fresh: impl Fn(usize) -> candle_core::Result<Tensor>) -> Result<Tensor> {
    let s = model.schedule();
    for t in (0..s.timesteps()).rev() {
        let start = model.predict_start(&x, &vec![t; x.dim(0)?])?;
        x = ((start * f64::from(s.posterior_mean_coef1[t]))? + (x * f64::from(s.posterior_mean_coef2[t]))?)?;
        if t > 0 {
            x = (x + (fresh(t)? * (0.5 * f64::from(s.posterior_log_variance_clipped[t])).exp())?)?;
        }
    }
    Ok(x)
}

fn ddim(
    model: &DiffusionModel,
    mut x: Tensor,
    steps: usize,
    eta: f64,
    fresh: impl Fn(usize) -> candle_core::Result<Tensor>,
) -> Result<Tensor> {
    let s = model.schedule();
    let count = x.dim(0)?;
    let last = s.timesteps() - 1;
    let steps = steps.clamp(1, s.timesteps());
    // From the last step down to 0, evenly; -1 (the image itself) comes after.
    let times: Vec<usize> = (1..=steps).rev().map(|i| (i * (last + 1) / steps) - 1).collect();
    for (i, &t) in times.iter().enumerate() {
        let at = vec![t; count];
        let start = model.predict_start(&x, &at)?;
        let Some(&next) = times.get(i + 1) else { return Ok(start) };
        // The noise that leads from the clipped start to x.
        let recip = per_image(&s.sqrt_recip_alphas_cumprod, &at, x.device())?;
        let recipm1 = per_image(&s.sqrt_recipm1_alphas_cumprod, &at, x.device())?;
        let eps = (x.broadcast_mul(&recip)? - &start)?.broadcast_div(&recipm1)?;
        let (a, a_next) = (f64::from(s.alphas_cumprod[t]), f64::from(s.alphas_cumprod[next]));
        let sigma = eta * ((1.0 - a / a_next) * (1.0 - a_next) / (1.0 - a)).max(0.0).sqrt();
        let direction = (1.0 - a_next - sigma * sigma).max(0.0).sqrt();
        x = ((start * a_next.sqrt())? + (eps * direction)?)?;
        if sigma > 0.0 {
            x = (x + (fresh(t)? * sigma)?)?;
        }
    }
    Ok(x)
}
