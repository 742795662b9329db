//! The settings that the Train form shows: all of the three sections, each explained.

use crate::ml::base::reporter::Stage;

/// How a setting is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// Typed.
    Text,
    /// One of these.
    Choice(&'static [&'static str]),
    /// On or off.
    Flag,
    /// A device, of those that [`State::devices`](super::State::devices) lists.
    Device,
}

/// One setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// `section.key`, as in `config.toml`.
    pub key: &'static str,
    /// Beside the field.
    pub label: &'static str,
    /// What it means, with its unit.
    pub help: &'static str,
    /// The card it stands on.
    pub card: Stage,
    /// The folded part of the card; empty: always in view.
    pub group: &'static str,
    /// Which control it is.
    pub kind: FieldKind,
}

/// A typed setting of a card, always in view, where an entry says nothing else; each says its key, label and help.
const fn of(card: Stage) -> Field {
    Field { key: "", label: "", help: "", card, group: "", kind: FieldKind::Text }
}

const DDPM: Field = of(Stage::Ddpm);
const DIA: Field = of(Stage::Dia);
const SCORES: Field = of(Stage::Scores);
const METHODS: FieldKind = FieldKind::Choice(&[
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

/// In the order of the form.
pub const FIELDS: &[Field] = &[
    Field {
        key: "data.tile",
        label: "Tiles, px",
        help: "How pictures above 128 px are worked on: at their own scale by tiles of this side, so that small features stay; \
               auto picks by their size; off is the paper's way, whole pictures resized.",
        kind: FieldKind::Choice(&["auto", "off", "32", "64", "128"]),
        ..DDPM
    },
    Field {
        key: "data.working_size",
        label: "Working size, px",
        help: "Shorter side of the pictures that tiles are cut from; larger ones are shrunk to it; 0 = their own size. \
               Time grows with its square.",
        group: "Images, previews, checkpoints",
        ..DDPM
    },
    Field { key: "ddpm.steps", label: "Steps", help: "Optimiser steps.", ..DDPM },
    Field {
        key: "ddpm.size",
        label: "Resolution, px",
        help: "32, 64 or 128: the side at which it sees, and dissolves, images.",
        ..DDPM
    },
    Field {
        key: "ddpm.dim",
        label: "Width",
        help: "Channels of the first stage, a multiple of 8. Time grows with its square.",
        ..DDPM
    },
    Field { key: "ddpm.batch", label: "Batch", help: "Images of one pass. Memory grows with it.", ..DDPM },
    Field { key: "ddpm.lr", label: "Learning rate", help: "Its peak, for Adam.", ..DDPM },
    Field {
        key: "ddpm.dim_mults",
        label: "Stages",
        help: "Width of each stage in multiples of the first; each but the last halves the resolution.",
        group: "Network and noise",
        ..DDPM
    },
    Field {
        key: "ddpm.timesteps",
        label: "Timesteps",
        help: "T, the number of noise levels.",
        group: "Network and noise",
        ..DDPM
    },
    Field {
        key: "ddpm.schedule",
        label: "Noise schedule",
        help: "How the noise grows with t.",
        group: "Network and noise",
        kind: FieldKind::Choice(&["cosine", "linear"]),
        ..DDPM
    },
    Field {
        key: "ddpm.input_range",
        label: "Input range",
        help: "symmetric: images go in as -1..1, the method. unit: 0..1, the reference code's slip.",
        group: "Network and noise",
        kind: FieldKind::Choice(&["symmetric", "unit"]),
        ..DDPM
    },
    Field {
        key: "ddpm.t_limit",
        label: "Learns t below",
        help: "Timesteps are drawn below this; 0 = all. A short training learns better what it dissolves with, but cannot sample.",
        group: "Network and noise",
        ..DDPM
    },
    Field {
        key: "ddpm.accumulate",
        label: "Passes a step",
        help: "Passes whose gradients are added up for one step: a larger batch without its memory.",
        group: "Optimiser",
        ..DDPM
    },
    Field {
        key: "ddpm.lr_schedule",
        label: "Rate over time",
        help: "constant, or a cosine that ends at 0.",
        group: "Optimiser",
        kind: FieldKind::Choice(&["constant", "cosine"]),
        ..DDPM
    },
    Field {
        key: "ddpm.warmup",
        label: "Warm-up, steps",
        help: "The rate grows to its peak over these.",
        group: "Optimiser",
        ..DDPM
    },
    Field {
        key: "ddpm.betas",
        label: "Adam's decay",
        help: "Of the mean and of the square, as in 0.9, 0.99.",
        group: "Optimiser",
        ..DDPM
    },
    Field {
        key: "ddpm.clip",
        label: "Gradient clip",
        help: "The gradient's norm is cut to this; 0 = never.",
        group: "Optimiser",
        ..DDPM
    },
    Field {
        key: "ddpm.ema_decay",
        label: "Decay, at most",
        help: "What is used is a running average of the weights. Closer to 1: a longer memory.",
        group: "Average of the weights",
        ..DDPM
    },
    Field {
        key: "ddpm.ema_every",
        label: "Updated every",
        help: "Steps between its updates; a short training needs 1.",
        group: "Average of the weights",
        ..DDPM
    },
    Field {
        key: "ddpm.ema_warmup",
        label: "Copies until",
        help: "Up to this step it just copies the weights; a short training needs 0.",
        group: "Average of the weights",
        ..DDPM
    },
    Field {
        key: "ddpm.fraction",
        label: "Normals used",
        help: "Of the training normals, in (0, 1]. The paper's Table 3 has 0.1 and 1.",
        group: "Images, previews, checkpoints",
        ..DDPM
    },
    Field {
        key: "ddpm.flip",
        label: "Mirror at random",
        help: "Doubles the variety, where left and right do not matter.",
        group: "Images, previews, checkpoints",
        kind: FieldKind::Flag,
        ..DDPM
    },
    Field {
        key: "ddpm.sample_every",
        label: "Preview every",
        help: "Steps between samples and dissolved images; 0 = only at the end.",
        group: "Images, previews, checkpoints",
        ..DDPM
    },
    Field {
        key: "ddpm.checkpoint_every",
        label: "Checkpoint every",
        help: "Steps. What a power cut takes is at most this, and no more than a minute or so.",
        group: "Images, previews, checkpoints",
        ..DDPM
    },
    Field {
        key: "ddpm.keep",
        label: "Checkpoints kept",
        help: "The newest ones; older ones are deleted.",
        group: "Images, previews, checkpoints",
        ..DDPM
    },
    Field { key: "dia.epochs", label: "Epochs", help: "How often it goes through an epoch's images.", ..DIA },
    Field {
        key: "dia.tile_epochs",
        label: "Epochs on tiles",
        help: "Of the encoder of tiles, where pictures are worked on by tiles; 0 = as many as above.",
        ..DIA
    },
    Field { key: "dia.batch", label: "Batch", help: "Images; each becomes 12 views (4 shifts, 3 branches).", ..DIA },
    Field {
        key: "dia.dissolve",
        label: "Dissolve by",
        help: "How the third branch is made; none is the CSI baseline, without it.",
        kind: METHODS,
        ..DIA
    },
    Field {
        key: "dia.t_min",
        label: "t from",
        help: "Least strength of dissolving. The paper takes 30 for fine and 130 for coarse anomalies.",
        ..DIA
    },
    Field {
        key: "dia.t_max",
        label: "t below",
        help: "Greatest strength. The paper takes 130 for fine and 230 for coarse anomalies.",
        ..DIA
    },
    Field {
        key: "dia.max_size",
        label: "Largest side, px",
        help: "Larger images are shrunk to this. Time grows with its square.",
        ..DIA
    },
    Field {
        key: "dia.resolution",
        label: "Dissolve at, px",
        help: "0 = the diffusion model's own resolution.",
        group: "Dissolving",
        ..DIA
    },
    Field {
        key: "dia.grey_twin",
        label: "Grey twins",
        help: "Average the twin's channels: auto does so for grey images alone.",
        group: "Dissolving",
        kind: FieldKind::Choice(&["auto", "on", "off"]),
        ..DIA
    },
    Field {
        key: "dia.twin",
        label: "Twin",
        help: "Where dissolving resizes: plain enlarges the small dissolved image (the paper's); residual adds its change to the \
               image, so that no blur tells the two apart.",
        group: "Dissolving",
        kind: FieldKind::Choice(&["plain", "residual"]),
        ..DIA
    },
    Field {
        key: "dia.ladder",
        label: "Twins kept for",
        help: "Values of t whose twins are made once and kept on disk, so that a step need not dissolve; 0 = exact, for each batch.",
        group: "Dissolving",
        ..DIA
    },
    Field {
        key: "dia.size",
        label: "Side, px",
        help: "Of what the encoder sees; 0 = that of the images, up to the largest side.",
        group: "Encoder and loss",
        ..DIA
    },
    Field {
        key: "dia.stem",
        label: "First layers",
        help: "cifar keeps small images (up to 32 px) at their resolution; auto chooses.",
        group: "Encoder and loss",
        kind: FieldKind::Choice(&["auto", "imagenet", "cifar"]),
        ..DIA
    },
    Field {
        key: "dia.width",
        label: "Width",
        help: "Channels of its first stage: 64 = ResNet-18. Half of it is a quarter of the weights and of the time.",
        group: "Encoder and loss",
        ..DIA
    },
    Field {
        key: "dia.shift",
        label: "Shifts",
        help: "The four transformations it learns to tell apart: quarter turns, or swapped halves (cutperm). auto tries cutperm, and takes rotation where that is not learnt.",
        group: "Encoder and loss",
        kind: FieldKind::Choice(&["auto", "rotation", "cutperm"]),
        ..DIA
    },
    Field {
        key: "dia.design",
        label: "Negatives",
        help: "a: every dissolved view is a negative. b: an image's own ones are left out.",
        group: "Encoder and loss",
        kind: FieldKind::Choice(&["a", "b"]),
        ..DIA
    },
    Field {
        key: "dia.tau",
        label: "Temperature",
        help: "Of the contrastive loss; lower looks at the hardest pairs.",
        group: "Encoder and loss",
        ..DIA
    },
    Field {
        key: "dia.lambda",
        label: "Shift weight",
        help: "Of the shift classifier's loss beside the contrastive one.",
        group: "Encoder and loss",
        ..DIA
    },
    Field {
        key: "dia.epoch_unit",
        label: "Length counts",
        help: "images as in the paper, or batches as in the reference code.",
        group: "Epochs and curve",
        kind: FieldKind::Choice(&["images", "batches"]),
        ..DIA
    },
    Field {
        key: "dia.epoch_length",
        label: "Epoch length",
        help: "That many images or batches.",
        group: "Epochs and curve",
        ..DIA
    },
    Field {
        key: "dia.eval_every",
        label: "AUROC every",
        help: "Epochs between evaluations on labelled images, for the curve alone; 0 = none.",
        group: "Epochs and curve",
        ..DIA
    },
    Field {
        key: "dia.csi_batch_factor",
        label: "CSI batch, times",
        help: "1.5 gives CSI as many views as DIA has.",
        group: "Epochs and curve",
        ..DIA
    },
    Field {
        key: "dia.optimizer",
        label: "Optimiser",
        help: "lars is the method's.",
        group: "Optimiser",
        kind: FieldKind::Choice(&["lars", "adam"]),
        ..DIA
    },
    Field { key: "dia.lr", label: "Learning rate", help: "Its peak.", group: "Optimiser", ..DIA },
    Field {
        key: "dia.warmup_start",
        label: "Warm-up from",
        help: "Rate of the first step as a share of the peak.",
        group: "Optimiser",
        ..DIA
    },
    Field {
        key: "dia.warmup_epochs",
        label: "Warm-up, epochs",
        help: "Then a cosine that ends at 0.",
        group: "Optimiser",
        ..DIA
    },
    Field { key: "dia.momentum", label: "Momentum", help: "Of LARS.", group: "Optimiser", ..DIA },
    Field { key: "dia.weight_decay", label: "Weight decay", help: "Pulls weights towards 0.", group: "Optimiser", ..DIA },
    Field {
        key: "dia.trust",
        label: "Trust",
        help: "LARS: step of a layer as a share of its weights.",
        group: "Optimiser",
        ..DIA
    },
    Field {
        key: "dia.view_parts",
        group: "Views",
        label: "Parts",
        help: "Parts that the views of a step are computed in, where all at once do not fit in memory; takes a third longer. Batch norm then sees a part at a time.",
        ..DIA
    },
    Field {
        key: "dia.jitter",
        label: "Colour jitter",
        help: "Strength; 1 is the method's, 0 is off. Does harm on grey images.",
        group: "Views",
        ..DIA
    },
    Field { key: "dia.jitter_probability", label: "… how often", help: "Its probability.", group: "Views", ..DIA },
    Field {
        key: "dia.grey_probability",
        label: "Turned grey",
        help: "Probability of a view without colour.",
        group: "Views",
        ..DIA
    },
    Field {
        key: "dia.crop_min",
        label: "Smallest crop",
        help: "Least area of a view as a share of the image. A strong crop (0.08) is essential.",
        group: "Views",
        ..DIA
    },
    Field {
        key: "dia.checkpoint_every",
        label: "Checkpoint every",
        help: "Steps. What a power cut takes is at most this, and no more than a minute or so.",
        group: "Checkpoints",
        ..DIA
    },
    Field {
        key: "dia.keep",
        label: "Checkpoints kept",
        help: "The newest ones; older ones are deleted.",
        group: "Checkpoints",
        ..DIA
    },
    Field { key: "score.samples", label: "Samples", help: "Views of each image at test time that are averaged.", ..SCORES },
    Field {
        key: "score.rule",
        label: "Threshold",
        help: "youden, sensitivity:0.9, specificity:0.9, or percentile:95 of the training normals, which needs no labels. A number \
               of your own is typed on Results (4), over the histogram.",
        ..SCORES
    },
    Field {
        key: "score.profile",
        label: "Dissolve profile",
        help: "A second score beside DIA's: how much an image changes when it is dissolved. Needs a diffusion model.",
        kind: FieldKind::Flag,
        ..SCORES
    },
    Field {
        key: "score.maps",
        label: "Anomaly maps",
        help: "Where pictures are worked on by tiles: the maps of the test images are kept with the run (the first 1,000).",
        kind: FieldKind::Flag,
        ..SCORES
    },
    Field {
        key: "score.tile_position",
        label: "Judge tiles by their place",
        help: "Where pictures are worked on by tiles: a tile is judged by what is usual at its place in the picture. For aligned pictures, not for eyes.",
        group: "More",
        kind: FieldKind::Flag,
        ..SCORES
    },
    Field { key: "run.seed", label: "Seed", help: "Same seed, same machine: same numbers.", ..SCORES },
    Field {
        key: "score.crop_area",
        label: "Crop",
        help: "Area of the scoring view as a share of the image.",
        group: "More",
        ..SCORES
    },
    Field {
        key: "run.device",
        label: "Computes on",
        help: "Where a graphics card is not there, the processor does it, with a notice.",
        group: "More",
        kind: FieldKind::Device,
        ..SCORES
    },
];

/// The folded parts of a card, in their order.
pub fn groups(card: Stage) -> Vec<&'static str> {
    let mut groups: Vec<&str> = FIELDS.iter().filter(|f| f.card == card && !f.group.is_empty()).map(|f| f.group).collect();
    let mut seen = Vec::new();
    groups.retain(|group| {
        !seen.contains(group) && {
            seen.push(*group);
            true
        }
    });
    groups
}
