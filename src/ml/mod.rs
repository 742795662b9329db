//! The method: *Dissolving Is Amplifying: Towards Fine-Grained Anomaly Detection* (Shi et al., ECCV 2024,
//! [arXiv 2302.14696](https://arxiv.org/abs/2302.14696)), called "the paper" in this documentation, with its equation numbers.
//!
//! Only normal images are used for training. Two models are trained, one after the other:
//!
//! 1. a **diffusion model** on the normal images. Applied to a clean image in a single reverse step at timestep t, it removes
//!    ("dissolves") fine-grained, instance-specific features: the larger t, the more;
//! 2. a **contrastive encoder** (DIA) that learns to tell an image from its dissolved version, and so to see exactly those
//!    features ("amplifying"). Its features and its shift classifier give each image an anomaly score; a higher score is more
//!    abnormal.
//!
//! The baseline CSI (Tack et al. 2020) is the same without dissolved images. Figures of DIA are always compared with it.
//!
//! # Rooms
//!
//! Each room uses those to the left of it only, and documents its part of the method:
//!
//! ```text
//! base <- diffusion <- dissolve <- encoder <- scoring <- localisation <- training
//! ```
//!
//! | room | what it holds | paper |
//! |---|---|---|
//! | [`base`] | checkpoints, devices, progress, resizing | |
//! | [`diffusion`] | noise schedule, U-Net, sampling, model files | |
//! | [`dissolve`] | the single reverse step, and filters in its place | Eq. 4, Appendix B |
//! | [`encoder`] | views, augmentation, network, loss, features | Eqs. 6-9 |
//! | [`scoring`] | the score, the dissolve profile, baselines, occlusion, synthetic lesions | Eq. 10 |
//! | [`localisation`] | anomaly maps: where in a picture | |
//! | [`training`] | both trainings as runs that can be stopped and resumed; their cost | |
//!
//! # Where paper and reference code differ
//!
//! Checkpoints of the reference code load as they are, and its behaviour can be chosen where the two differ:
//!
//! | | paper | reference code | default here |
//! |---|---|---|---|
//! | input of the diffusion model | \[-1, 1\] | \[0, 1\] as it is (a slip) | paper; [`InputRange`](crate::config::InputRange) |
//! | a view's own dissolved view | a negative (a) | left out of the loss (b) | paper; [`Design`](crate::config::Design) |
//! | learning rate of the encoder | 0.001 | LARS, 1.0 x trust 0.001, with warm-up | code (the same step size) |
//! | an epoch | 200 images | 200 batches | paper; [`EpochUnit`](crate::config::EpochUnit) |
//! | reported epoch | best | best by *test* AUROC | last; the best only as "selected on test labels" |
//! | size of the U-Net | 8.7 M parameters, from its cost table | 36.25 M | code |
//!
//! # Conventions
//!
//! Images are planar float32, `(B, 3, H, W)` or its flat form (NCHW), in \[0, 1\] everywhere but inside the diffusion model. K
//! = 4 is the number of shifting transformations, B the images of a batch, M the number of normal training images. All random
//! numbers come from [`rng::stream`](crate::rng::stream), so every result depends on seed and step alone.

#![warn(missing_docs)]

pub mod base;
pub mod diffusion;
pub mod dissolve;
pub mod encoder;
pub mod localisation;
pub mod scoring;
pub mod training;
