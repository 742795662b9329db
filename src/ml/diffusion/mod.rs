//! The diffusion model: noise schedule, network, sampling, files.
//!
//! # Forward process
//!
//! A denoising diffusion model (DDPM; Ho, Jain & Abbeel 2020) with T = 1000 timesteps. With `alpha_t = 1 - beta_t` and
//! `abar_t = alpha_0 ... alpha_t`, noise is mixed into an image x0 in \[-1, 1\] as
//!
//! ```text
//! x_t = sqrt(abar_t) x0 + sqrt(1 - abar_t) eps,    eps ~ N(0, I)
//! ```
//!
//! The [`schedule`] is the cosine one of Nichol & Dhariwal 2021 (Eq. 17, s = 0.008, beta clipped to 0.999); beta linear
//! from 1e-4 to 0.02 is an option.
//!
//! # Objective
//!
//! The [network](unet) predicts the noise, under an L1 loss:
//!
//! ```text
//! L = mean |eps - eps_theta(x_t, t)|,    t ~ U{0, ..., T-1}
//! ```
//!
//! | | value |
//! |---|---|
//! | optimiser | Adam, learning rate 8e-5, betas (0.9, 0.99), gradient norm clipped at 1, two forward passes a step |
//! | steps | 25,000 (12,500 are usable already) |
//! | batch | 256 / 128 / 32 at 32 / 64 / 128 px |
//! | augmentation | random horizontal flip |
//! | precision | float32; mixed precision keeps it from converging |
//! | network | the U-Net of `denoising-diffusion-pytorch` 0.27.12: dim 64, multipliers 1, 2, 4, 8; 36.25 M parameters |
//!
//! # EMA
//!
//! Dissolving and sampling use an exponential moving average of the weights, `ema <- d ema + (1 - d) w`, as `ema-pytorch` keeps
//! it: updated every 10 steps; a copy of the weights up to step 100, then
//!
//! ```text
//! d = min(0.995, 1 - (step - 100)^(-2/3))
//! ```
//!
//! A short run needs an update at every step and no copying phase, or its average stays near the initial weights.
//!
//! # Sources
//!
//! Network and training are those of the reference implementation's package; parameters carry its names, so that its checkpoints
//! [load as they are](import). See [`sampler`] for the reverse process, and [`crate::ml::dissolve`] for what the model is for.

pub mod import;
pub mod info;
pub mod model;
pub mod pickle;
pub mod sampler;
pub mod saved;
pub mod schedule;
pub mod unet;
