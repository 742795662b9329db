//! Cost of a training, from its settings alone: multiply-adds, memory, and with this machine's speed the time.
//!
//! The networks' convolutions are nearly all of the work, so counting theirs is enough. Speeds are of complete steps, as measured
//! on this machine: by [`measure`] once, then by each training.

use super::{
    ddpm_step::{Batch, DdpmTrainer},
    dia,
    dia_step::DiaTrainer,
    dissolve_cache,
};
use crate::{
    config::{DdpmConfig, DissolveMethod, RunConfig, Stem, TileSize},
    data::{PixelStore, TileSample},
    error::Result,
    ml::{
        base::reporter::Stage,
        diffusion::{
            model::{CHANNELS, noise},
            unet::{HEADS, HIDDEN},
        },
        encoder::{
            bank::PROJECTION,
            features::images_per_pass,
            model::{EncoderConfig, resolved_stem},
            shift::SHIFTS,
        },
        localisation::map_model,
        scoring::{
            descriptor_scorer,
            profile::{GRID_T, WHOLE_T},
            tiles::scorer as tile_scorer,
        },
    },
};
use candle_core::{Device, Tensor};
use serde::{Deserialize, Serialize};
use std::time::Instant;

/// Forward and backward together cost about this many forward passes.
const TRAINING: f64 = 3.0;

/// Multiply-adds a second of complete steps on this machine, all its threads together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Speed {
    /// Speed of the U-Net, training.
    pub unet: f64,
    /// Speed of the encoder, training.
    pub encoder: f64,
}

impl Speed {
    /// A guess for a processor of 2022 or so, until the first steps correct it.
    pub fn ordinary(cores: usize) -> Self {
        let cores = cores.max(1) as f64;
        Self { unet: 6e10 * cores, encoder: 3e10 * cores }
    }
}

/// How many images there are to train on and to score, and how large they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    /// Normal images to train on.
    pub training_normals: usize,
    /// Images that are scored, the training normals included.
    pub images: usize,
    /// Side of the encoder's input, px.
    pub input_size: usize,
    /// The diffusion model is there already.
    pub has_model: bool,
    /// The tiles that large pictures are worked on by; `None` where whole pictures are resized.
    pub tiles: Option<TileSize>,
    /// Pixels of a picture (their median) at that working size.
    pub working_pixels: usize,
}

impl Amount {
    /// The amount for `counts` = \[normal training images, images to score\] of about this `size` (width and height, px); `data.tile` is decided.
    pub fn new(config: &RunConfig, has_model: bool, counts: [usize; 2], size: Option<[usize; 2]>) -> Self {
        let tiles = config.data.tiles();
        let median = size.map(|[width, height]| width.min(height));
        let working = |tiles: TileSize| {
            let shorter = config.shorter_side(median);
            let longer = size.map_or(shorter, |[width, height]| shorter * width.max(height) / width.min(height).max(1));
            let [width, height] = tiles.working([longer, shorter]);
            width * height
        };
        Self {
            training_normals: counts[0],
            images: counts[1],
            input_size: dia::input_size(config, median),
            has_model,
            tiles,
            working_pixels: tiles.map_or(0, working),
        }
    }
}

/// Seconds and peak memory of one stage.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// Which stage.
    pub stage: Stage,
    /// Wall-clock time.
    pub seconds: f64,
    /// Peak resident memory of the process.
    pub bytes: f64,
}

/// Cost of each stage, in their order. A stage that is not needed is not there.
pub fn forecast(config: &RunConfig, amount: Amount, speed: Speed) -> Vec<Cost> {
    let (ddpm, dia) = (&config.ddpm, &config.dia);
    let diffusion = dia.dissolve == DissolveMethod::Diffusion;
    let tiles = amount.tiles;
    let by_tiles = tiles.map(|tiles| (tiles, resnet(tiles.tile, resolved_stem(dia.stem, tiles.tile), dia.width)));
    let ddpm = &tiles.map_or_else(|| ddpm.clone(), |tiles| config.ddpm_of_tiles(tiles));
    let unet = unet(ddpm);
    let encoder = resnet(amount.input_size, resolved_stem(dia.stem, amount.input_size), dia.width);
    let mut costs = Vec::new();
    let mut add = |stage, seconds: f64, bytes: f64| costs.push(Cost { stage, seconds, bytes });
    let mut left = 0.0;
    if diffusion && !amount.has_model {
        let images = (ddpm.steps * ddpm.batch * ddpm.accumulate) as f64;
        let bytes = unet.training_bytes(ddpm.batch)
            + match tiles {
                Some(_) => TileSample::BUDGET as f64,
                None => pictures(amount.training_normals, ddpm.size),
            };
        add(Stage::Ddpm, TRAINING * images * unet.macs / speed.unet, bytes);
        left = LEFT * bytes;
    }
    let batch = dia.images_per_batch().clamp(2, amount.training_normals.max(2));
    let dissolving = |normals: usize, steps: usize| {
        let dissolved = if dia.cached_timesteps > 0 { normals * 2 * dia.cached_timesteps } else { steps * batch };
        if diffusion { dissolved as f64 * unet.macs / speed.unet } else { 0.0 }
    };
    let steps = dia.total_steps();
    let dissolved = dissolving(amount.training_normals, steps);
    if diffusion && dia.cached_timesteps > 0 {
        add(Stage::DissolveCache, dissolved, unet.inference_bytes(dissolve_cache::CHUNK));
    }
    let views = batch * SHIFTS * dia.branches();
    let exact = if dia.cached_timesteps > 0 { 0.0 } else { dissolved };
    let (passes, at_once) = match dia.view_parts {
        0 | 1 => (TRAINING, views),
        // Each part is embedded once more.
        parts => (TRAINING + 1.0, views / batch * batch.div_ceil(parts.min(batch))),
    };
    let training = |steps: usize, macs: f64| passes * (steps * views) as f64 * macs / speed.encoder;
    let held = pictures(amount.training_normals, amount.input_size);
    add(Stage::Dia, training(steps, encoder.macs) + exact, encoder.training_bytes(at_once) + held + left);
    let chunk = SHIFTS * images_per_pass(amount.input_size);
    let scoring = |images: usize| (images * SHIFTS * config.score.samples) as f64 * encoder.macs / speed.encoder;
    let others = amount.images.saturating_sub(amount.training_normals);
    add(Stage::Bank, scoring(amount.training_normals), encoder.inference_bytes(chunk) + held);
    if let Some((_, of_tile)) = &by_tiles {
        let dia = dia.of_tiles();
        let work = dissolving(dia::tile_count(&dia), dia.total_steps()) + training(dia.total_steps(), of_tile.macs);
        add(Stage::TileDia, work, of_tile.training_bytes(at_once) + TileSample::BUDGET as f64 + left);
    }
    let profile = |images: usize| match config.score.profile && diffusion {
        true => (images * WHOLE_T.len().max(GRID_T.len())) as f64 * unet.macs / speed.unet,
        false => 0.0,
    };
    let of_profile = unet.inference_bytes(descriptor_scorer::CHUNK);
    if config.score.profile && diffusion {
        add(Stage::Profile, profile(amount.training_normals.min(descriptor_scorer::MOST)), of_profile);
    }
    // The profile of an image is looked at beside its score.
    let of_scores = encoder.inference_bytes(chunk) + pictures(others, amount.input_size);
    add(Stage::Scores, scoring(others) + profile(others), of_scores.max(if profile(1) > 0.0 { of_profile } else { 0.0 }));
    if let Some((tiles, of_tile)) = &by_tiles {
        let whole_pictures = amount.working_pixels as f64;
        // The encoder sees each pixel once; the features of the map are worth about this many multiply-adds a pixel.
        let seen = of_pixel(of_tile, tiles.tile) * whole_pictures / speed.encoder;
        let mapped = MAP_MACS * whole_pictures / speed.encoder;
        let bytes = BASE + MAP_BYTES * whole_pictures;
        let normals = amount.training_normals as f64;
        add(Stage::TileNormals, seen * normals.min(tile_scorer::MOST as f64), bytes);
        add(Stage::MapModel, 4.0 * mapped * normals.min(map_model::MOST as f64), bytes);
        add(Stage::Maps, (mapped + seen) * others as f64, bytes);
    }
    costs
}

/// The speed corrected by a training: `seconds` is what one step of `stage` took. Implausible times change nothing.
pub fn learn(speed: Speed, config: &RunConfig, amount: Amount, stage: Stage, seconds: f64) -> Speed {
    let steps = match stage {
        Stage::Ddpm => config.ddpm.steps,
        Stage::Dia if config.dia.cached_timesteps > 0 || config.dia.dissolve != DissolveMethod::Diffusion => {
            config.dia.total_steps()
        }
        _ => return speed,
    };
    let costs = forecast(config, amount, speed);
    let Some(cost) = costs.iter().find(|c| c.stage == stage) else { return speed };
    let ratio = cost.seconds / steps as f64 / seconds;
    if !ratio.is_finite() || !(0.01..100.0).contains(&ratio) {
        return speed;
    }
    match stage {
        Stage::Ddpm => Speed { unet: speed.unet * ratio, ..speed },
        _ => Speed { encoder: speed.encoder * ratio, ..speed },
    }
}

/// Times two small steps of each network: a second or two.
///
/// # Errors
/// Too little memory.
pub fn measure(device: &Device) -> Result<Speed> {
    const SIZE: usize = 64;
    let ddpm = DdpmConfig { dim: 32, size: 32, batch: 8, ..DdpmConfig::default() };
    let mut trainer = DdpmTrainer::new(&ddpm, 0, device)?;
    let shape = [ddpm.batch, CHANNELS, ddpm.size, ddpm.size];
    let seconds = best_of(|| {
        let x0 = noise(&shape, 0, "cost", 0, device)?;
        let batch = Batch { eps: x0.clone(), x0, t: vec![50; ddpm.batch] };
        trainer.step(&[batch]).map(|_| ()).map_err(Into::into)
    })?;
    let unet = TRAINING * ddpm.batch as f64 * unet(&ddpm).macs / seconds;

    let config = RunConfig::default();
    let (views, width) = (4 * SHIFTS * config.dia.branches(), config.dia.width);
    let mut trainer = DiaTrainer::new(EncoderConfig::new(config, SIZE, String::new()), device)?;
    let pictures = noise(&[views, CHANNELS, SIZE, SIZE], 0, "cost", 1, device)?;
    let labels = Tensor::from_vec((0..views).map(|i| (i % SHIFTS) as u32).collect(), views, device)?;
    let seconds = best_of(|| trainer.step(&pictures, &labels, 1e-3).map(|_| ()).map_err(Into::into))?;
    let encoder = TRAINING * views as f64 * resnet(SIZE, Stem::Imagenet, width).macs / seconds;
    Ok(Speed { unet, encoder })
}

/// Seconds of the faster of two, after one that warms up.
fn best_of(mut step: impl FnMut() -> Result<()>) -> Result<f64> {
    step()?;
    let mut best = f64::MAX;
    for _ in 0..2 {
        let start = Instant::now();
        step()?;
        best = best.min(start.elapsed().as_secs_f64());
    }
    Ok(best.max(1e-6))
}

/// The work of one image's forward pass.
#[derive(Debug, Clone, Copy, Default)]
struct Network {
    macs: f64,
    weights: f64,
    /// Values that are kept for the backward pass.
    kept: f64,
    /// The largest layer's input and output.
    widest: f64,
}

impl Network {
    /// A convolution whose output has `pixels` pixels.
    fn conv(&mut self, pixels: f64, from: f64, to: f64, kernel: f64) {
        let weights = from * to * kernel * kernel;
        self.macs += pixels * weights;
        self.weights += weights;
        // Its output, and what the norm after it keeps.
        self.kept += 2.0 * pixels * to;
        self.widest = self.widest.max(pixels * (from + to));
    }

    /// Weights, gradients, Adam's two moments and the average; the kept values; the gradients on their way back.
    fn training_bytes(&self, batch: usize) -> f64 {
        BASE + 4.0 * (5.0 * self.weights + batch as f64 * (self.kept + 2.0 * self.widest))
    }

    fn inference_bytes(&self, batch: usize) -> f64 {
        BASE + 4.0 * (self.weights + batch as f64 * 4.0 * self.widest)
    }
}

/// The program itself.
const BASE: f64 = 150e6;

/// Share of the memory of one training that the next one in the same process does not use again. With it the forecast of `quick`
/// is within 7 % of the peaks measured on two sets of 28 px and two of 64 px (0.61 to 0.92 GB).
const LEFT: f64 = 0.2;

/// Multiply-adds of an anomaly map that take as long as a pixel of it, and the bytes that a pixel needs while it is made.
const MAP_MACS: f64 = 4e4;
const MAP_BYTES: f64 = 600.0;

/// Multiply-adds of a network for a pixel of its input.
fn of_pixel(network: &Network, side: usize) -> f64 {
    network.macs / (side * side) as f64
}

/// `count` pictures as they are held in memory, a byte a value, up to the store's budget.
fn pictures(count: usize, side: usize) -> f64 {
    ((count * CHANNELS * side * side) as f64).min(PixelStore::BUDGET as f64)
}

fn unet(config: &DdpmConfig) -> Network {
    let mut n = Network::default();
    let dim = config.dim as f64;
    let widths: Vec<f64> = std::iter::once(dim).chain(config.dim_mults.iter().map(|&m| m as f64 * dim)).collect();
    let last = config.dim_mults.len() - 1;
    let mut pixels = (config.size * config.size) as f64;
    let block = |n: &mut Network, pixels: f64, from: f64, to: f64| {
        n.conv(pixels, from, to, 3.0);
        n.conv(pixels, to, to, 3.0);
        n.weights += 4.0 * dim * 2.0 * to;
        if from != to {
            n.conv(pixels, from, to, 1.0);
        }
    };
    let attention = |n: &mut Network, pixels: f64, width: f64| {
        let hidden = HIDDEN as f64;
        n.conv(pixels, width, 3.0 * hidden, 1.0);
        n.conv(pixels, hidden, width, 1.0);
    };
    n.conv(pixels, CHANNELS as f64, dim, 7.0);
    let mut sizes = Vec::new();
    for i in 0..=last {
        let (from, to) = (widths[i], widths[i + 1]);
        sizes.push(pixels);
        block(&mut n, pixels, from, from);
        block(&mut n, pixels, from, from);
        attention(&mut n, pixels, from);
        if i == last {
            n.conv(pixels, from, to, 3.0);
        } else {
            pixels /= 4.0;
            n.conv(pixels, from, to, 4.0);
        }
    }
    let widest = widths[last + 1];
    block(&mut n, pixels, widest, widest);
    attention(&mut n, pixels, widest);
    // Each position looks at each other one, before and after the softmax.
    let looks = HEADS as f64 * pixels * pixels;
    n.kept += 2.0 * looks;
    n.widest = n.widest.max(looks);
    block(&mut n, pixels, widest, widest);
    for i in (0..=last).rev() {
        let (to, from) = (widths[i], widths[i + 1]);
        let pixels = sizes[i];
        block(&mut n, pixels, from + to, from);
        block(&mut n, pixels, from + to, from);
        attention(&mut n, pixels, from);
        n.conv(if i == 0 { pixels } else { pixels * 4.0 }, from, to, 3.0);
    }
    block(&mut n, (config.size * config.size) as f64, 2.0 * dim, dim);
    n
}

fn resnet(side: usize, stem: Stem, width: usize) -> Network {
    let mut n = Network::default();
    let (mut side, first) = (side as f64, width as f64);
    if stem == Stem::Cifar {
        n.conv(side * side, 3.0, first, 3.0);
    } else {
        side = (side / 2.0).ceil();
        n.conv(side * side, 3.0, first, 7.0);
        side = (side / 2.0).ceil();
    }
    for (stage, width) in [1.0, 2.0, 4.0, 8.0].map(|times| times * first).into_iter().enumerate() {
        let from = if stage == 0 { first } else { width / 2.0 };
        if stage > 0 {
            side = (side / 2.0).ceil();
            n.conv(side * side, from, width, 1.0);
        }
        n.conv(side * side, from, width, 3.0);
        (0..3).for_each(|_| n.conv(side * side, width, width, 3.0));
    }
    n.weights += 8.0 * first * (8.0 * first + PROJECTION as f64);
    n
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::Preset, ml::encoder::model::Encoder, nn::Params};

    const AMOUNT: Amount =
        Amount { training_normals: 300, images: 500, input_size: 64, has_model: false, tiles: None, working_pixels: 0 };
    const SPEED: Speed = Speed { unet: 1e10, encoder: 2e10 };

    #[test]
    fn weights_and_multiply_adds_are_those_of_the_networks() {
        // torchvision's ResNet-18 at 224 px: 1.814 GMAC with its classifier, 11.18 M weights without it.
        let n = resnet(224, Stem::Imagenet, 64);
        assert!((n.macs / 1.814e9 - 1.0).abs() < 0.01 && (n.weights / 11.5e6 - 1.0).abs() < 0.02, "{n:?}");
        for width in [24, 64] {
            let mut run = RunConfig::default();
            run.dia.width = width;
            let encoder = Encoder::new(EncoderConfig::new(run, 64, String::new()), &Device::Cpu).unwrap();
            let held: usize = encoder.params.trainable().iter().map(|(_, v)| v.as_tensor().elem_count()).sum();
            let counted = resnet(64, Stem::Imagenet, width).weights;
            assert!((counted / held as f64 - 1.0).abs() < 0.01, "{counted} of {held}");
        }
        let config = DdpmConfig { dim: 16, ..DdpmConfig::default() };
        let params = Params::new(&Device::Cpu, candle_core::DType::F32, 0);
        crate::ml::diffusion::unet::Unet::new(&params.root(), config.dim, &config.dim_mults, 3).unwrap();
        let held: usize = params.trainable().iter().map(|(_, v)| v.as_tensor().elem_count()).sum();
        let counted = unet(&config).weights;
        assert!((counted / held as f64 - 1.0).abs() < 0.03, "{counted} of {held}");
    }

    #[test]
    fn stages_follow_the_settings() {
        let stages = |c: &RunConfig, a| forecast(c, a, SPEED).iter().map(|c| c.stage).collect::<Vec<_>>();
        let mut config = Preset::Quick.config();
        let whole = [Stage::Ddpm, Stage::DissolveCache, Stage::Dia, Stage::Bank, Stage::Profile, Stage::Scores];
        assert_eq!(stages(&config, AMOUNT), whole);
        assert_eq!(stages(&config, Amount { has_model: true, ..AMOUNT })[0], Stage::DissolveCache);
        config.dia.dissolve = DissolveMethod::None;
        assert_eq!(stages(&config, AMOUNT), [Stage::Dia, Stage::Bank, Stage::Scores]);
        let tiles = Some(TileSize { tile: 64, working_size: 512 });
        let by_tiles = stages(&Preset::Quick.config(), Amount { tiles, working_pixels: 400_000, ..AMOUNT });
        assert!([Stage::TileDia, Stage::TileNormals, Stage::MapModel, Stage::Maps].iter().all(|stage| by_tiles.contains(stage)));
        let costs = forecast(&Preset::Paper.config(), Amount { input_size: 224, ..AMOUNT }, SPEED);
        assert!(costs.iter().all(|c| c.seconds > 0.0 && c.bytes > 1e8));
        assert!(costs[0].bytes > 4e9, "256 pictures of a wide U-Net need much memory: {:.1e}", costs[0].bytes);
    }

    #[test]
    fn a_run_teaches_the_speed() {
        let config = Preset::Quick.config();
        let predicted = forecast(&config, AMOUNT, SPEED)[0].seconds / config.ddpm.steps as f64;
        let learnt = learn(SPEED, &config, AMOUNT, Stage::Ddpm, predicted * 4.0);
        assert!((learnt.unet / SPEED.unet - 0.25).abs() < 1e-9 && learnt.encoder == SPEED.encoder);
        let again = forecast(&config, AMOUNT, learnt)[0].seconds / config.ddpm.steps as f64;
        assert!((again / (predicted * 4.0) - 1.0).abs() < 1e-9);
        assert_eq!(learn(SPEED, &config, AMOUNT, Stage::Ddpm, 0.0), SPEED);
    }
}
