//! The U-Net that predicts the noise, with the parameter names of `denoising-diffusion-pytorch` 0.27.12, so that weights
//! trained there load as they are.
//!
//! 7x7 convolution -> down stages (two residual blocks, linear attention, halving) -> block, full attention, block ->
//! up stages that take the blocks' outputs back in (doubling) -> one more block beside the first convolution's output ->
//! 1x1 convolution. Every residual block receives the timestep.
//!
//! - Residual block: two blocks and a bypass, a 1x1 convolution where the widths differ. Block: weight-standardised 3x3
//!   convolution (eps 1e-5), group norm (8 groups), scale and shift by the timestep in the first of the two (`x (scale + 1) +
//!   shift`), SiLU.
//! - Timestep: sinusoidal embedding of width dim -> linear to 4 dim -> exact GELU -> linear; SiLU and a linear layer in each
//!   block.
//! - Linear attention: 4 heads of 32, softmax of q over its channels and of k over positions, q scaled by 32^-0.5, v divided by
//!   the number of positions; 1x1 convolution and channel layer norm (gain only). Full attention in the middle: 4 heads of 32,
//!   q and k normalised, similarities scaled by 10. Both with a layer norm before and a bypass.
//! - Down: 4x4 convolution of stride 2; up: nearest-neighbour doubling and a 3x3 convolution; the last stage of either keeps its
//!   resolution with a 3x3 convolution.

use crate::nn::{self, ChannelLayerNorm, Conv2d, GroupNorm, Linear, Scope};
use candle_core::{DType, Result, Tensor};

const GROUPS: usize = 8;
pub(crate) const HEADS: usize = 4;
/// Channels of an attention layer: 4 heads of 32.
pub(crate) const HIDDEN: usize = HEADS * 32;
/// Scale of the middle attention's cosine similarities.
const COSINE_SCALE: f64 = 10.0;
const WEIGHT_EPS: f64 = 1e-5;

/// Predicts the noise in images: `(B, 3, H, W)` and a timestep each -> `(B, 3, H, W)`. Sides must be multiples of
/// `2^(stages - 1)`.
pub struct Unet {
    dim: usize,
    init_conv: Conv2d,
    time_mlp: (Linear, Linear),
    downs: Vec<UnetStage>,
    middle: (ResnetBlock, Attention, ResnetBlock),
    ups: Vec<UnetStage>,
    final_res_block: ResnetBlock,
    final_conv: Conv2d,
}

/// One resolution: two residual blocks, linear attention, and the way to the next one.
struct UnetStage {
    blocks: [ResnetBlock; 2],
    attention: Attention,
    resample: Conv2d,
    /// Whether pixels are doubled before `resample`.
    upsample: bool,
}

impl Unet {
    /// `dim`: width of the first stage, a multiple of 8; `mults`: width of each stage in multiples of it. The weights are
    /// trained, and are standardised at each pass.
    ///
    /// # Errors
    /// Weights of another shape.
    pub fn new(scope: &Scope, dim: usize, mults: &[usize], channels: usize) -> Result<Self> {
        Self::build(scope, dim, mults, channels, true)
    }

    /// For inference, on weights that went through [`standardise`] once.
    ///
    /// # Errors
    /// Weights of another shape, or missing.
    pub fn with_standardised(scope: &Scope, dim: usize, mults: &[usize], channels: usize) -> Result<Self> {
        Self::build(scope, dim, mults, channels, false)
    }

    fn build(scope: &Scope, dim: usize, mults: &[usize], channels: usize, standardise: bool) -> Result<Self> {
        let time_dim = 4 * dim;
        let block = |name: String, from, to| ResnetBlock::new(&scope.pp(name), from, to, time_dim, standardise);
        let widths: Vec<usize> = std::iter::once(dim).chain(mults.iter().map(|m| m * dim)).collect();
        let pairs: Vec<(usize, usize)> = widths.windows(2).map(|w| (w[0], w[1])).collect();
        let last = pairs.len() - 1;
        let down = |(i, &(from, to)): (usize, &(usize, usize))| {
            let at = scope.pp(format!("downs.{i}"));
            // The last stage stays at its resolution.
            let (kernel, stride) = if i == last { (3, 1) } else { (4, 2) };
            Ok(UnetStage {
                blocks: [block(format!("downs.{i}.0"), from, from)?, block(format!("downs.{i}.1"), from, from)?],
                attention: Attention::linear(&at.pp("2.fn"), from)?,
                resample: Conv2d::new(&at.pp("3"), from, to, kernel, stride, 1, true)?,
                upsample: false,
            })
        };
        let up = |(i, &(to, from)): (usize, &(usize, usize))| {
            let at = scope.pp(format!("ups.{i}"));
            let upsample = i != last;
            let resample = if upsample { at.pp("3.1") } else { at.pp("3") };
            Ok(UnetStage {
                blocks: [block(format!("ups.{i}.0"), from + to, from)?, block(format!("ups.{i}.1"), from + to, from)?],
                attention: Attention::linear(&at.pp("2.fn"), from)?,
                resample: Conv2d::new(&resample, from, to, 3, 1, 1, true)?,
                upsample,
            })
        };
        let widest = widths[widths.len() - 1];
        Ok(Self {
            dim,
            init_conv: Conv2d::new(&scope.pp("init_conv"), channels, dim, 7, 1, 3, true)?,
            time_mlp: (
                Linear::new(&scope.pp("time_mlp.1"), dim, time_dim, true)?,
                Linear::new(&scope.pp("time_mlp.3"), time_dim, time_dim, true)?,
            ),
            downs: pairs.iter().enumerate().map(down).collect::<Result<_>>()?,
            middle: (
                block("mid_block1".into(), widest, widest)?,
                Attention::full(&scope.pp("mid_attn.fn"), widest)?,
                block("mid_block2".into(), widest, widest)?,
            ),
            ups: pairs.iter().rev().enumerate().map(up).collect::<Result<_>>()?,
            final_res_block: block("final_res_block".into(), 2 * dim, dim)?,
            final_conv: Conv2d::new(&scope.pp("final_conv"), dim, channels, 1, 1, 0, true)?,
        })
    }

    /// The noise in `x (B, channels, H, W)`, in the model's range, with image i at timestep `t[i]`.
    ///
    /// # Errors
    /// Sides that cannot be halved often enough.
    pub fn forward(&self, x: &Tensor, t: &[usize]) -> Result<Tensor> {
        let time = sinusoidal(t, self.dim, x)?;
        let time = nn::gelu(&self.time_mlp.0.forward(&time)?)?;
        // Each block begins its use of the time with this SiLU.
        let time = nn::graph_boundary(&nn::silu(&self.time_mlp.1.forward(&time)?)?)?;

        let first = self.init_conv.forward(x)?;
        let mut x = first.clone();
        let mut skips = Vec::new();
        for stage in &self.downs {
            x = stage.blocks[0].forward(&x, &time)?;
            skips.push(x.clone());
            x = stage.attention.forward(&stage.blocks[1].forward(&x, &time)?)?;
            skips.push(x.clone());
            x = stage.resample.forward(&x)?;
        }
        x = self.middle.0.forward(&x, &time)?;
        x = self.middle.1.forward(&x)?;
        x = self.middle.2.forward(&x, &time)?;
        for stage in &self.ups {
            for block in &stage.blocks {
                let skip = skips.pop().map_or_else(|| candle_core::bail!("more up stages than down stages"), Ok)?;
                x = block.forward(&nn::join_channels(&x, &skip)?, &time)?;
            }
            x = stage.attention.forward(&x)?;
            x = stage.resample.forward(&if stage.upsample { nn::upsample_nearest2(&x)? } else { x })?;
        }
        x = self.final_res_block.forward(&nn::join_channels(&x, &first)?, &time)?;
        self.final_conv.forward(&x)
    }
}

/// Sines and cosines of t at `dim / 2` frequencies from 1 to 1/10000 (Vaswani et al. 2017), `(B, dim)`.
fn sinusoidal(t: &[usize], dim: usize, like: &Tensor) -> Result<Tensor> {
    let half = dim / 2;
    let step = -(10000f64.ln()) / (half.max(2) - 1) as f64;
    let frequency = |i: usize| (i as f32 * step as f32).exp();
    let row = |&t: &usize| {
        let angle = move |i| t as f32 * frequency(i);
        (0..half).map(move |i| angle(i).sin()).chain((0..half).map(move |i| angle(i).cos()))
    };
    let values: Vec<f32> = t.iter().flat_map(row).collect();
    Tensor::from_vec(values, (t.len(), 2 * half), like.device())?.to_dtype(like.dtype())
}

/// Two blocks with a bypass; the first one is scaled and shifted by the time.
struct ResnetBlock {
    mlp: Linear,
    block1: ConvBlock,
    block2: ConvBlock,
    res_conv: Option<Conv2d>,
}

impl ResnetBlock {
    fn new(scope: &Scope, from: usize, to: usize, time_dim: usize, standardise: bool) -> Result<Self> {
        Ok(Self {
            mlp: Linear::new(&scope.pp("mlp.1"), time_dim, 2 * to, true)?,
            block1: ConvBlock::new(&scope.pp("block1"), from, to, standardise)?,
            block2: ConvBlock::new(&scope.pp("block2"), to, to, standardise)?,
            res_conv: if from == to { None } else { Some(Conv2d::new(&scope.pp("res_conv"), from, to, 1, 1, 0, true)?) },
        })
    }

    fn forward(&self, x: &Tensor, time: &Tensor) -> Result<Tensor> {
        let [scale, shift] = nn::halves(&self.mlp.forward(time)?)?;
        let h = self.block1.forward(x, Some((&scale, &shift)))?;
        let h = self.block2.forward(&h, None)?;
        match &self.res_conv {
            Some(conv) => nn::add(&h, &conv.forward(x)?),
            None => nn::add(&h, x),
        }
    }
}

/// Weight-standardised 3x3 convolution, group norm, scale and shift, SiLU.
struct ConvBlock {
    proj: Conv2d,
    norm: GroupNorm,
    standardise: bool,
}

impl ConvBlock {
    fn new(scope: &Scope, from: usize, to: usize, standardise: bool) -> Result<Self> {
        let proj = Conv2d::new(&scope.pp("proj"), from, to, 3, 1, 1, true)?;
        Ok(Self { proj, norm: GroupNorm::new(&scope.pp("norm"), GROUPS, to)?, standardise })
    }

    fn forward(&self, x: &Tensor, scale_shift: Option<(&Tensor, &Tensor)>) -> Result<Tensor> {
        let x = if self.standardise {
            self.proj.forward_with(x, &nn::standardise_weight(&self.proj.weight, WEIGHT_EPS)?)?
        } else {
            self.proj.forward(x)?
        };
        self.norm.film_silu(&x, scale_shift)
    }
}

/// Standardises a weight where its name is that of a block's convolution: once, for [`Unet::with_standardised`], what
/// [`Unet::new`] does at each pass.
///
/// # Errors
/// Those of the tensor operations.
pub fn standardise(name: &str, weight: &Tensor) -> Result<Tensor> {
    let is_block = name.ends_with(".block1.proj.weight") || name.ends_with(".block2.proj.weight");
    if is_block { nn::standardise_weight(&weight.to_dtype(DType::F32)?, WEIGHT_EPS) } else { Ok(weight.clone()) }
}

/// Attention over positions with normalisation before and a bypass.
struct Attention {
    norm: ChannelLayerNorm,
    to_qkv: Conv2d,
    to_out: Conv2d,
    /// The linear kind normalises its output too.
    linear: Option<ChannelLayerNorm>,
}

impl Attention {
    fn linear(scope: &Scope, dim: usize) -> Result<Self> {
        Self::new(scope, dim, "fn.to_out.0", Some(ChannelLayerNorm::new(&scope.pp("fn.to_out.1"), dim)?))
    }

    fn full(scope: &Scope, dim: usize) -> Result<Self> {
        Self::new(scope, dim, "fn.to_out", None)
    }

    fn new(scope: &Scope, dim: usize, to_out: &str, linear: Option<ChannelLayerNorm>) -> Result<Self> {
        Ok(Self {
            norm: ChannelLayerNorm::new(&scope.pp("norm"), dim)?,
            to_qkv: Conv2d::new(&scope.pp("fn.to_qkv"), dim, 3 * HIDDEN, 1, 1, 0, false)?,
            to_out: Conv2d::new(&scope.pp(to_out), HIDDEN, dim, 1, 1, 0, true)?,
            linear,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let qkv = self.to_qkv.forward(&self.norm.forward(x)?)?;
        let out = match &self.linear {
            Some(norm) => norm.forward(&self.to_out.forward(&nn::linear_attention(&qkv, HEADS)?)?)?,
            None => self.to_out.forward(&nn::attention(&qkv, HEADS, COSINE_SCALE)?)?,
        };
        nn::add(&out, x)
    }
}
