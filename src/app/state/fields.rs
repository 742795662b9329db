//! The settings that the Train form shows: all of the three sections, each explained.

use crate::ml::progress::Stage;

/// How a setting is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// One of these.
    Choice(&'static [&'static str]),
    /// On or off.
    Flag,
}

/// One setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// `section.key`, as in `config.toml`.
    pub key: &'static str,
    pub label: &'static str,
    /// What it means, with its unit.
    pub help: &'static str,
    /// The card it stands on.
    pub card: Stage,
    /// The folded part of the card; empty: always in view.
    pub group: &'static str,
    pub kind: Kind,
}

const fn field(
    card: Stage,
    group: &'static str,
    kind: Kind,
    key: &'static str,
    label: &'static str,
    help: &'static str,
) -> Field {
    Field { key, label, help, card, group, kind }
}

const D: Stage = Stage::Ddpm;
const A: Stage = Stage::Dia;
const S: Stage = Stage::Scores;
const T: Kind = Kind::Text;
const F: Kind = Kind::Flag;
const METHODS: Kind = Kind::Choice(&[
    "diffusion",
    "gaussian:3",
    "gaussian:7",
    "gaussian:11",
    "median:3",
    "median:7",
    "median:11",
    "resample",
    "none",
]);

#[rustfmt::skip]
pub const FIELDS: [Field; 62] = [
    field(D, "", T, "ddpm.steps", "Steps", "Optimiser steps."),
    field(D, "", T, "ddpm.size", "Resolution, px", "32, 64 or 128: the side at which it sees, and dissolves, images."),
    field(D, "", T, "ddpm.dim", "Width", "Channels of the first stage, a multiple of 8. Time grows with its square."),
    field(D, "", T, "ddpm.batch", "Batch", "Images of one pass. Memory grows with it."),
    field(D, "", T, "ddpm.lr", "Learning rate", "Its peak, for Adam."),
    field(D, "Network and noise", T, "ddpm.dim_mults", "Stages", "Width of each stage in multiples of the first; each but the last halves the resolution."),
    field(D, "Network and noise", T, "ddpm.timesteps", "Timesteps", "T, the number of noise levels."),
    field(D, "Network and noise", Kind::Choice(&["cosine", "linear"]), "ddpm.schedule", "Noise schedule", "How the noise grows with t."),
    field(D, "Network and noise", Kind::Choice(&["symmetric", "unit"]), "ddpm.input_range", "Input range", "symmetric: images go in as -1..1, the method. unit: 0..1, the reference code's slip."),
    field(D, "Network and noise", T, "ddpm.t_limit", "Learns t below", "Timesteps are drawn below this; 0 = all. A short training learns better what it dissolves with, but cannot sample."),
    field(D, "Optimiser", T, "ddpm.accumulate", "Passes a step", "Passes whose gradients are added up for one step: a larger batch without its memory."),
    field(D, "Optimiser", Kind::Choice(&["constant", "cosine"]), "ddpm.lr_schedule", "Rate over time", "constant, or a cosine that ends at 0."),
    field(D, "Optimiser", T, "ddpm.warmup", "Warm-up, steps", "The rate grows to its peak over these."),
    field(D, "Optimiser", T, "ddpm.betas", "Adam's decay", "Of the mean and of the square, as in 0.9, 0.99."),
    field(D, "Optimiser", T, "ddpm.clip", "Gradient clip", "The gradient's norm is cut to this; 0 = never."),
    field(D, "Average of the weights", T, "ddpm.ema_decay", "Decay, at most", "What is used is a running average of the weights. Closer to 1: a longer memory."),
    field(D, "Average of the weights", T, "ddpm.ema_every", "Updated every", "Steps between its updates; a short training needs 1."),
    field(D, "Average of the weights", T, "ddpm.ema_warmup", "Copies until", "Up to this step it just copies the weights; a short training needs 0."),
    field(D, "Images, previews, checkpoints", T, "ddpm.fraction", "Normals used", "Of the training normals, in (0, 1]. The paper's Table 3 has 0.1 and 1."),
    field(D, "Images, previews, checkpoints", F, "ddpm.flip", "Mirror at random", "Doubles the variety, where left and right do not matter."),
    field(D, "Images, previews, checkpoints", T, "ddpm.sample_every", "Preview every", "Steps between samples and dissolved images; 0 = only at the end."),
    field(D, "Images, previews, checkpoints", T, "ddpm.checkpoint_every", "Checkpoint every", "Steps. What a power cut takes is at most this."),
    field(D, "Images, previews, checkpoints", T, "ddpm.keep", "Checkpoints kept", "The newest ones; older ones are deleted."),

    field(A, "", T, "dia.epochs", "Epochs", "How often it goes through an epoch's images."),
    field(A, "", T, "dia.batch", "Batch", "Images; each becomes 12 views (4 shifts, 3 branches)."),
    field(A, "", METHODS, "dia.dissolve", "Dissolve by", "How the third branch is made; none is the CSI baseline, without it."),
    field(A, "", T, "dia.t_min", "t from", "Least strength of dissolving. The paper takes 30 for fine and 130 for coarse anomalies."),
    field(A, "", T, "dia.t_max", "t below", "Greatest strength. The paper takes 130 for fine and 230 for coarse anomalies."),
    field(A, "", T, "dia.max_size", "Largest side, px", "Larger images are shrunk to this. Time grows with its square."),
    field(A, "Dissolving", T, "dia.resolution", "Dissolve at, px", "0 = the diffusion model's own resolution."),
    field(A, "Dissolving", Kind::Choice(&["auto", "on", "off"]), "dia.grey_twin", "Grey twins", "Average the twin's channels: auto does so for grey images alone."),
    field(A, "Dissolving", T, "dia.ladder", "Twins kept for", "Values of t whose twins are made once and kept on disk, so that a step need not dissolve; 0 = exact, for each batch."),
    field(A, "Encoder and loss", T, "dia.size", "Side, px", "Of what the encoder sees; 0 = that of the images, up to the largest side."),
    field(A, "Encoder and loss", Kind::Choice(&["auto", "imagenet", "cifar"]), "dia.stem", "First layers", "cifar keeps small images (up to 32 px) at their resolution; auto chooses."),
    field(A, "Encoder and loss", T, "dia.width", "Width", "Channels of its first stage: 64 = ResNet-18. Half of it is a quarter of the weights and of the time."),
    field(A, "Encoder and loss", Kind::Choice(&["rotation", "cutperm"]), "dia.shift", "Shifts", "The four transformations it learns to tell apart: quarter turns, or swapped quarters."),
    field(A, "Encoder and loss", Kind::Choice(&["a", "b"]), "dia.design", "Negatives", "a: every dissolved view is a negative. b: an image's own ones are left out."),
    field(A, "Encoder and loss", T, "dia.tau", "Temperature", "Of the contrastive loss; lower looks at the hardest pairs."),
    field(A, "Encoder and loss", T, "dia.lambda", "Shift weight", "Of the shift classifier's loss beside the contrastive one."),
    field(A, "Epochs and curve", Kind::Choice(&["images", "batches"]), "dia.epoch_unit", "Length counts", "images as in the paper, or batches as in the reference code."),
    field(A, "Epochs and curve", T, "dia.epoch_length", "Epoch length", "That many images or batches."),
    field(A, "Epochs and curve", T, "dia.eval_every", "AUROC every", "Epochs between evaluations on labelled images, for the curve alone; 0 = none."),
    field(A, "Epochs and curve", T, "dia.csi_batch_factor", "CSI batch, times", "1.5 gives CSI as many views as DIA has."),
    field(A, "Optimiser", Kind::Choice(&["lars", "adam"]), "dia.optimizer", "Optimiser", "lars is the method's."),
    field(A, "Optimiser", T, "dia.lr", "Learning rate", "Its peak."),
    field(A, "Optimiser", T, "dia.warmup_start", "Warm-up from", "Rate of the first step as a share of the peak."),
    field(A, "Optimiser", T, "dia.warmup_epochs", "Warm-up, epochs", "Then a cosine that ends at 0."),
    field(A, "Optimiser", T, "dia.momentum", "Momentum", "Of LARS."),
    field(A, "Optimiser", T, "dia.weight_decay", "Weight decay", "Pulls weights towards 0."),
    field(A, "Optimiser", T, "dia.trust", "Trust", "LARS: step of a layer as a share of its weights."),
    field(A, "Views", T, "dia.jitter", "Colour jitter", "Strength; 1 is the method's, 0 is off. Does harm on grey images."),
    field(A, "Views", T, "dia.jitter_probability", "… how often", "Its probability."),
    field(A, "Views", T, "dia.grey_probability", "Turned grey", "Probability of a view without colour."),
    field(A, "Views", T, "dia.crop_min", "Smallest crop", "Least area of a view as a share of the image. A strong crop (0.08) is essential."),
    field(A, "Checkpoints", T, "dia.checkpoint_every", "Checkpoint every", "Steps. What a power cut takes is at most this."),
    field(A, "Checkpoints", T, "dia.keep", "Checkpoints kept", "The newest ones; older ones are deleted."),

    field(S, "", T, "score.samples", "Samples", "Views of each image at test time that are averaged."),
    field(S, "", T, "score.rule", "Threshold", "youden, sensitivity:0.9, specificity:0.9, or percentile:95 of the training normals, which needs no labels."),
    field(S, "", F, "score.profile", "Dissolve profile", "A second score beside DIA's: how much an image changes when it is dissolved. Needs a diffusion model."),
    field(S, "", T, "run.seed", "Seed", "Same seed, same machine: same numbers."),
    field(S, "More", T, "score.crop_area", "Crop", "Area of the scoring view as a share of the image."),
    field(S, "More", Kind::Choice(&["cpu", "cuda", "metal"]), "run.device", "Computes on", "Where a graphics card is not there, the processor does it, with a notice."),
];

/// The folded parts of a card, in their order.
pub fn groups(card: Stage) -> Vec<&'static str> {
    let mut groups: Vec<&str> = FIELDS.iter().filter(|f| f.card == card && !f.group.is_empty()).map(|f| f.group).collect();
    groups.dedup();
    groups
}
