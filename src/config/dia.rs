//! Settings of the contrastive encoder ([`crate::ml::encoder`], [`crate::ml::training`]).

use super::{ConfigError, Limits, ensure, serde_as_text};
use serde::{Deserialize, Serialize};
use std::{fmt, path::PathBuf, str::FromStr};

/// The encoder that amplifies. Defaults are the method's; `dissolve = "none"` is the CSI baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DiaConfig {
    /// How the third branch is made: `diffusion`, `gaussian:K`, `median:K` (K = 3, 7, 11), `resample`, `none` (CSI).
    pub dissolve: DissolveMethod,
    /// The diffusion model that dissolves: run folder or file; empty in a run that trains its own.
    pub model: PathBuf,
    /// The timestep t of dissolving is drawn from `t_min..t_max`. Paper: 30; 130 for coarse anomalies.
    pub t_min: usize,
    /// The first t that is not drawn, at most 1000. Paper: 130; 230 for coarse anomalies.
    pub t_max: usize,
    /// Resolution R of dissolving, px; 0 = that of the diffusion model. Paper: 32 (also 64, 128).
    pub resolution: usize,
    /// Average the channels of dissolved images: `auto` (grey data only), `on`, `off`.
    #[serde(rename = "grey_twin")]
    pub equal_channels: EqualChannels,
    /// What a dissolved image is where dissolving resizes: `plain` (the small dissolved image enlarged; paper) or `residual`.
    pub twin: Twin,
    /// Number of values of t in the dissolve cache, whose images are computed once and kept on disk; 0 = exact, per batch.
    #[serde(rename = "ladder")]
    pub cached_timesteps: usize,
    /// Side of the encoder's input, px; 0 = that of the images, at most `max_size`. Paper: 224; 28 for MedMNIST.
    pub size: usize,
    /// Limit for the automatic size, px.
    pub max_size: usize,
    /// First layers: `imagenet`, `cifar`, or `auto` (imagenet above 32 px, cifar below).
    pub stem: Stem,
    /// Channels of the encoder's first stage; each of its four stages has twice as many as the one before. Paper: 64 (ResNet-18).
    pub width: usize,
    /// Shifting transformation: `rotation` (the paper's), `cutperm`, or `auto` (cutperm where its classifier learns, else rotation).
    pub shift: Shift,
    /// Target matrix: `a` (all dissolved views are negatives) or `b` (an image's own are left out).
    pub design: Design,
    /// Temperature. Paper: 0.5.
    pub tau: f64,
    /// Weight of the shift classifier's loss. Paper: 1.
    pub lambda: f64,
    /// Epochs. Paper: 200.
    pub epochs: usize,
    /// Epochs of the encoder of tiles, where pictures are worked on by tiles; 0 = as many. Its first stage alone is used, which
    /// learns early.
    pub tile_epochs: usize,
    /// Length of an epoch: `images` (paper) or `batches` (reference code).
    pub epoch_unit: EpochUnit,
    /// How many of them. Paper: 200.
    pub epoch_length: usize,
    /// Images of a batch (4 shifts x 3 branches = 12 views each). Paper: 32.
    pub batch: usize,
    /// Parts that the views of a step are computed in, to save memory; 1 = all at once (paper). The loss stays that of all; batch
    /// norm takes its statistics from a part, which has all views of some images. More than one takes a third longer.
    pub view_parts: usize,
    /// The batch is multiplied by this where dissolve = none: 1.5 gives CSI as many views as DIA has. Paper: 1 and 1.5.
    pub csi_batch_factor: f64,
    /// `lars` (method) or `adam`.
    pub optimizer: OptimizerKind,
    /// Peak learning rate. Reference code: 1.0 with LARS.
    pub lr: f64,
    /// Learning rate at the first step of the warm-up, as a share of `lr`. Reference code: 0.1.
    pub warmup_start: f64,
    /// Epochs of linear warm-up, then cosine annealing to 0. Reference code: 10.
    pub warmup_epochs: f64,
    /// SGD's momentum. Paper: 0.9.
    pub momentum: f64,
    /// Weight decay, `>= 0`. Paper: 1e-6.
    pub weight_decay: f64,
    /// LARS trust coefficient. Paper: 0.001.
    pub trust: f64,
    /// Strength of the colour jitter: 1 = the method's, 0 = off.
    pub jitter: f64,
    /// Probability of the colour jitter. Method: 0.8.
    pub jitter_probability: f64,
    /// Probability of turning a view grey. Method: 0.2.
    pub grey_probability: f64,
    /// Least area of the random resized crop, (0, 1\]. Method: 0.08.
    pub crop_min: f64,
    /// Steps between checkpoints, at most; there are more where these take longer than a minute.
    pub checkpoint_every: usize,
    /// How many checkpoints are kept.
    pub keep: usize,
    /// Epochs between evaluations on labelled images, for the curve; 0 = none.
    pub eval_every: usize,
}

impl Default for DiaConfig {
    fn default() -> Self {
        Self {
            dissolve: DissolveMethod::Diffusion,
            model: PathBuf::new(),
            t_min: 30,
            t_max: 130,
            resolution: 0,
            equal_channels: EqualChannels::Auto,
            twin: Twin::Plain,
            cached_timesteps: 0,
            size: 0,
            max_size: 224,
            stem: Stem::Auto,
            width: 64,
            shift: Shift::Rotation,
            design: Design::A,
            tau: 0.5,
            lambda: 1.0,
            epochs: 200,
            tile_epochs: 0,
            epoch_unit: EpochUnit::Images,
            epoch_length: 200,
            batch: 32,
            view_parts: 1,
            csi_batch_factor: 1.0,
            optimizer: OptimizerKind::Lars,
            lr: 1.0,
            warmup_start: 0.1,
            warmup_epochs: 10.0,
            momentum: 0.9,
            weight_decay: 1e-6,
            trust: 1e-3,
            jitter: 1.0,
            jitter_probability: 0.8,
            grey_probability: 0.2,
            crop_min: 0.08,
            checkpoint_every: 100,
            keep: 2,
            eval_every: 0,
        }
    }
}

/// What takes the fine-grained features away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DissolveMethod {
    /// One reverse step of the diffusion model, which is told that the clean image is at step t (paper, Eq. 4).
    Diffusion,
    /// Gaussian blur of this odd kernel size.
    Gaussian(usize),
    /// Median filter of this odd kernel size.
    Median(usize),
    /// Down to R and back up.
    Resample,
    /// No third branch: the CSI baseline.
    None,
}

impl fmt::Display for DissolveMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Diffusion => write!(f, "diffusion"),
            Self::Gaussian(k) => write!(f, "gaussian:{k}"),
            Self::Median(k) => write!(f, "median:{k}"),
            Self::Resample => write!(f, "resample"),
            Self::None => write!(f, "none"),
        }
    }
}

impl FromStr for DissolveMethod {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        let (name, k) = s.split_once(':').map_or((s, None), |(n, k)| (n, Some(k)));
        let kernel = || match k.map(str::parse) {
            None => Ok(7),
            Some(Ok(k)) if k % 2 == 1 && (3..=31).contains(&k) => Ok(k),
            Some(_) => Err(format!("the kernel of {s} must be an odd number from 3 to 31, as in {name}:7")),
        };
        match name {
            "diffusion" if k.is_none() => Ok(Self::Diffusion),
            "gaussian" => kernel().map(Self::Gaussian),
            "median" => kernel().map(Self::Median),
            "resample" if k.is_none() => Ok(Self::Resample),
            "none" if k.is_none() => Ok(Self::None),
            _ => Err(format!("{s} is no way to dissolve; there are diffusion, gaussian:K, median:K, resample and none")),
        }
    }
}

serde_as_text!(DissolveMethod);

/// Whether the channels of a dissolved image are averaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EqualChannels {
    /// Where all training images are grey.
    Auto,
    /// Always.
    On,
    /// Never.
    Off,
}

/// What becomes of a dissolved image that was made at another resolution than the image's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Twin {
    /// It is enlarged as it is; the paper's. The blur of resizing tells it from its image, too.
    Plain,
    /// The image plus the enlarged change that dissolving made at the small size: no blur tells the two apart, only what was
    /// dissolved.
    Residual,
}

/// The first layers of the encoder, a ResNet-18 (He et al. 2016).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stem {
    /// `Imagenet` for inputs above 32 px, `Cifar` up to it.
    Auto,
    /// A 7x7 convolution of stride 2 and a 3x3 max pooling of stride 2.
    Imagenet,
    /// A 3x3 convolution of stride 1, without pooling.
    Cifar,
}

/// The shift that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shift {
    /// Cutperm where its classifier learns, else rotation; decided while the encoder is trained.
    Auto,
    /// By quarter turns; the paper's.
    Rotation,
    /// By swapped halves; the paper's other one.
    Cutperm,
}

impl Shift {
    /// What views are made by; rotation while it is not decided.
    pub fn kind(self) -> ShiftKind {
        match self {
            Self::Auto | Self::Rotation => ShiftKind::Rotation,
            Self::Cutperm => ShiftKind::Cutperm,
        }
    }
}

impl From<ShiftKind> for Shift {
    fn from(kind: ShiftKind) -> Self {
        match kind {
            ShiftKind::Rotation => Self::Rotation,
            ShiftKind::Cutperm => Self::Cutperm,
        }
    }
}

/// The shifting transformation, whose four kinds the classifier tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShiftKind {
    /// By 0, 90, 180 and 270 degrees.
    Rotation,
    /// The 2x2 jigsaw: the halves of the image swapped across, down, both or not at all.
    Cutperm,
}

/// Which pairs of views the contrastive loss pushes apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Design {
    /// All dissolved views are negatives; the paper's.
    A,
    /// The dissolved view of the same image under the same shift is left out; the reference code's.
    B,
}

/// What the length of an epoch counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EpochUnit {
    /// Images, as in the paper.
    Images,
    /// Batches, as in the reference code.
    Batches,
}

/// How the weights follow the gradient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OptimizerKind {
    /// SGD with momentum and a rate for each layer (You, Gitman and Ginsburg 2017); the method's.
    Lars,
    /// Adam (Kingma and Ba 2015).
    Adam,
}

impl DiaConfig {
    /// At a picture's own scale its details are fainter than at 32 px, by about three times: the same effect is reached at this
    /// share of t. Beyond, the reverse step takes more than there is, and leaves a negative of it.
    const FINER: usize = 3;

    /// The values of t that dissolved images are drawn from: `t_min..t_max`, of tiles a third of that.
    pub fn steps_of_t(&self, of_tiles: bool) -> std::ops::Range<usize> {
        let finer = if of_tiles { Self::FINER } else { 1 };
        let first = self.t_min / finer;
        first..(self.t_max / finer).max(first + 1)
    }

    /// 3 with a dissolving branch, 2 for CSI.
    pub fn branches(&self) -> usize {
        if self.dissolve == DissolveMethod::None { 2 } else { 3 }
    }

    /// Images of a batch, CSI's factor included.
    pub fn images_per_batch(&self) -> usize {
        match self.dissolve {
            DissolveMethod::None => ((self.batch as f64 * self.csi_batch_factor).round() as usize).max(1),
            _ => self.batch,
        }
    }

    /// Batches of an epoch: `epoch_length` itself, or that many images divided by the batch, at least 1.
    pub fn batches_per_epoch(&self) -> usize {
        match self.epoch_unit {
            EpochUnit::Batches => self.epoch_length,
            EpochUnit::Images => self.epoch_length.div_ceil(self.images_per_batch()),
        }
    }

    /// Optimiser steps of the whole training.
    pub fn total_steps(&self) -> usize {
        self.epochs * self.batches_per_epoch()
    }

    /// The settings of the encoder of tiles.
    pub fn of_tiles(&self) -> Self {
        let epochs = if self.tile_epochs == 0 { self.epochs } else { self.tile_epochs };
        Self { epochs, ..self.clone() }
    }

    /// Checks every setting of the encoder.
    ///
    /// # Errors
    /// The first one that cannot be used.
    pub fn validate(&self) -> Result<(), ConfigError> {
        Limits::check_section("dia", self)?;
        ensure!(
            self.t_min < self.t_max,
            "dia.t_min",
            "{} is not below dia.t_max = {}; the paper uses 30 and 130",
            self.t_min,
            self.t_max
        );
        ensure!(self.width.is_multiple_of(8), "dia.width", "{} is not a multiple of 8; the paper uses 64", self.width);
        Ok(())
    }
}
