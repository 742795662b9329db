//! Dissolving: taking the fine-grained features of an image away (paper, Eq. 4).
//!
//! ```text
//! x_hat(x, t) = clip( sqrt(1 / abar_t) x - sqrt(1 / abar_t - 1) eps_theta(x, t), -1, 1 )
//! ```
//!
//! x is the *clean* image, mapped to \[-1, 1\]: no noise is added. The model is told that the image is at timestep t, and the
//! result is the x0 that a single reverse step predicts, mapped back to \[0, 1\]. The larger t, the more detail it takes for
//! noise.
//!
//! - The step is taken at the dissolving resolution R (32 px by default; also 64 and 128): images are resized to R x R
//!   (bilinear), dissolved and resized back. Images of 28 px are zero-padded by 2 to 32 px and cropped back.
//! - t is drawn from U{30, ..., 129}; U{130, ..., 229} suits coarse anomalies such as polyps.
//! - The reference code passes \[0, 1\] images in without mapping them to \[-1, 1\]. That is a slip, not the method: the mapped
//!   form is the default, the other an option ([`InputRange::Unit`](crate::config::InputRange::Unit)) for exact comparison.
//! - A grey image enters as three equal channels, which the network tints slightly: colour alone would then give the dissolved
//!   image away. Channels of the result are averaged for grey data (default; a setting).
//! - A diffusion model of another data set may be used (paper, Appendix D): images drift towards that set's look.
//!
//! Large pictures can be dissolved at their own scale, by [tiles](tiled), where the model has learnt from tiles.
//!
//! # Without learning
//!
//! The paper's Appendix B dissolves without a model, too; each can be chosen wherever diffusion can, at the same resolution R:
//!
//! | | |
//! |---|---|
//! | Gaussian blur | kernel k = 3, 7 or 11; sigma = 0.3 ((k - 1) / 2 - 1) + 0.8 |
//! | median blur | kernel k = 3, 7 or 11 |
//! | resampling | down to R and back, and nothing else |
//!
//! Methods are comparable at equal strength only: see [`matched_strength`].

pub mod dissolver;
pub mod filters;
pub mod matched_strength;
pub mod tiled;
