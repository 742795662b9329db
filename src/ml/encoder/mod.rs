//! The contrastive encoder of DIA: views, augmentation, network, loss, features.
//!
//! # Branches
//!
//! For a batch of B normal images and the K = 4 shifting transformations ([`shift`]) S_0, ..., S_3 (rotations by 0, 90, 180 and
//! 270 degrees, or `cutperm`, the 2 x 2 half-swap jigsaw), three branches of B K views each ([`views`]) are made:
//!
//! ```text
//! branch 1:  T(S_k(flip(x)))
//! branch 2:  T'(S_k(flip(x)))
//! branch 3:  T''(S_k(dissolve_t(flip(x))))
//! ```
//!
//! Every flip is an independent random horizontal flip, T, T' and T'' are independent draws of the SimCLR
//! augmentation ([`augment`]), and t is drawn once for each batch and k.
//!
//! # Loss (paper, Eqs. 6-9)
//!
//! Over the N = 3 B K views with projections z, `zn = z / |z|`, temperature tau = 0.5, `sim(i, j) = exp(zn_i . zn_j / tau)`:
//!
//! ```text
//! L_con = 1/N  sum over positive pairs (i, j)  -log( sim(i, j) / sum_{m != i} sim(i, m) )
//! L_cls = mean over all N views of the cross-entropy of the shift classifier (label k)
//! L     = L_con + lambda L_cls,    lambda = 1
//! ```
//!
//! A positive pair is a view of branch 1 and the view of branch 2 of the same image under the same k, in both directions.
//! Dissolved views are never positives: they enter the denominators as further negatives. There are two designs of the target
//! matrix ([`Design`](crate::config::Design)):
//!
//! - **a** (default): all dissolved views are negatives;
//! - **b** (the reference code's default): a view and the dissolved view of the same image under the same k are left out of each
//!   other's denominators. The paper reports a slightly lower AUROC for it.
//!
//! **CSI** (Tack et al. 2020), the baseline, is the same without branch 3 (N = 2 B K); with 1.5 times the batch it sees as many
//! views as DIA.
//!
//! # Network
//!
//! A ResNet-18 (He et al. 2016; [`model`]): the ImageNet stem (7 x 7, stride 2, max-pooling) for large inputs, the CIFAR stem (3
//! x 3, stride 1, no pooling) up to 32 px. Inputs are normalised by (x - 0.5) / 0.5. Two heads on the pooled 512 features: the
//! projection `z = Linear(512, 128)(ReLU(Linear(512, 512)))`, and the shift classifier `f = Linear(512, 4)`.
//!
//! # Features
//!
//! At test time an image's features ([`features`]) are z and f for each k, averaged over 10 samples of views, made as in training
//! but with the crop's area fixed at 0.54, and not dissolved. The features of all training normals are the bank ([`bank`]) that
//! [`scoring`](crate::ml::scoring) compares with. How the encoder is optimised: [`crate::ml::training`].

pub mod augment;
pub mod bank;
pub mod features;
pub mod loss;
pub mod model;
pub mod shift;
pub mod views;
