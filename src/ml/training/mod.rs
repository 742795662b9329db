//! Training of the diffusion model and of the encoder as runs: stopped or killed at any moment, a run is resumed from its newest
//! complete checkpoint and gives the same bits as one that was never interrupted.
//!
//! # Diffusion model
//!
//! Objective and settings: [`crate::ml::diffusion`]. One step is in [`ddpm_step`], the run in [`ddpm`]. A model that was
//! trained on too little data (paper, Table 3) or for too short a time is the best-known cause of a failed reproduction:
//! [`readiness`] assesses it on held-out normals by its [`dissolve_stats`], [`preview`] shows it.
//!
//! # Encoder
//!
//! Loss and network: [`crate::ml::encoder`]. One step is in [`dia_step`], the run in [`dia`].
//!
//! | | value |
//! |---|---|
//! | optimiser | LARS (You et al. 2017; trust coefficient 0.001, eps 1e-8) over SGD, momentum 0.9, weight decay 1e-6 |
//! | learning rate | linear from 0.1 to 1.0 over 10 epochs, then cosine annealing to 0 |
//! | batch | 32 images, that is 384 views |
//! | epochs | 200 |
//!
//! The rates are the reference code's; the paper's "0.001" is what trust coefficient times learning rate comes to. An epoch is
//! 200 images in the paper and 200 batches in the reference code ([`EpochUnit`](crate::config::EpochUnit)). The reference takes
//! the epoch that is best by *test* AUROC; here the result is that of the last one, and [`validation`] only draws a curve.
//!
//! [`gradient_cache`] computes a step's views in parts (`dia.view_parts`), for a graphics card that cannot hold all of them.
//!
//! Dissolving every batch is exact and costs a pass of the U-Net each step. A [`dissolve_cache`] computes dissolved images at a
//! few values of t once; [`dissolved_source`] draws from either.
//!
//! Where the shift is left to the program, [`shift_trial`] chooses it by the first quarter of the steps.
//!
//! # Cost
//!
//! [`cost`] predicts time and memory from the settings. The paper gives 11.2 M parameters and 1.82 GMAC for ResNet-18 at 224
//! px, and 19.93 M and 2.33 / 3.84 / 9.90 GMAC with the diffusion model at 32 / 64 / 128 px; its code's U-Net has 36.25 M
//! parameters and needs 1.6 GMAC at 32 px, and the code is what counts here.

pub mod cost;
pub mod ddpm;
pub mod ddpm_step;
pub mod dia;
pub mod dia_step;
pub mod dissolve_cache;
pub mod dissolve_stats;
pub mod dissolved_source;
pub mod gradient_cache;
pub mod metrics_log;
pub mod preview;
pub mod readiness;
pub mod shift_trial;
pub mod validation;
