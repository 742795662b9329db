//! Normalisations within an image or a weight. [`super::BatchNorm2d`] has a file of its own.

use candle_core::{Result, Tensor};

use super::{
    cpu,
    params::{Init, Scope},
    plain,
};

/// Weight standardisation (Qiao et al. 2019): each output channel of `w` (O, C, K, K) to mean 0, variance 1 (biased, + `eps`).
pub fn standardise_weight(w: &Tensor, eps: f64) -> Result<Tensor> {
    if cpu::takes(&[w]) {
        return cpu::standardise_rows(w, eps);
    }
    plain::standardise_weight(w, eps)
}

/// Group normalisation (Wu & He 2018) of `x` (B, C, H, W), by the mean and biased variance of each image's channel group, with
/// per-channel `gamma` and `beta` (C). `groups` divides C.
pub fn group_norm(x: &Tensor, groups: usize, gamma: &Tensor, beta: &Tensor, eps: f64) -> Result<Tensor> {
    if cpu::takes(&[x, gamma, beta]) {
        return cpu::group_norm(x, groups, &gamma.unsqueeze(0)?, &beta.unsqueeze(0)?, eps, false);
    }
    plain::group_norm(x, groups, (gamma, beta), None, eps, false)
}

/// The end of a U-Net block: group norm, then `x * (scale + 1) + shift` with a `film` of (scale, shift), each (B, C) or
/// (B, C, 1, 1), then SiLU. (Scale and shift: FiLM, Perez et al. 2018.)
pub fn norm_film_silu(
    x: &Tensor,
    groups: usize,
    gamma: &Tensor,
    beta: &Tensor,
    film: Option<(&Tensor, &Tensor)>,
    eps: f64,
) -> Result<Tensor> {
    if cpu::takes(&[x, gamma, beta]) {
        let (mut factor, mut offset) = (gamma.unsqueeze(0)?, beta.unsqueeze(0)?);
        if let Some((scale, shift)) = film {
            let shape = (x.dim(0)?, x.dim(1)?);
            let scale = (scale.reshape(shape)? + 1.)?;
            factor = scale.broadcast_mul(&factor)?;
            offset = (scale.broadcast_mul(&offset)? + shift.reshape(shape)?)?;
        }
        return cpu::group_norm(x, groups, &factor, &offset, eps, true);
    }
    plain::group_norm(x, groups, (gamma, beta), film, eps, true)
}

/// Layer normalisation (Ba et al. 2016) over the channels of `x` (B, C, H, W) at each position, with gain `g` (1, C, 1, 1) and no
/// shift.
pub fn channel_layer_norm(x: &Tensor, g: &Tensor, eps: f64) -> Result<Tensor> {
    if cpu::takes(&[x, g]) {
        return cpu::channel_layer_norm(x, g, eps);
    }
    plain::channel_layer_norm(x, g, eps)
}

/// `torch.nn.GroupNorm`: parameters `weight`, `bias` (C); eps 1e-5.
#[derive(Debug, Clone)]
pub struct GroupNorm {
    /// Groups of neighbouring channels; divides C.
    pub groups: usize,
    /// gamma (C)
    pub weight: Tensor,
    /// beta (C)
    pub bias: Tensor,
    /// Added to the variance.
    pub eps: f64,
}

impl GroupNorm {
    /// gamma 1 and beta 0.
    pub fn new(scope: &Scope, groups: usize, channels: usize) -> Result<Self> {
        let weight = scope.var("weight", channels, Init::Ones)?;
        let bias = scope.var("bias", channels, Init::Zeros)?;
        Ok(Self { groups, weight, bias, eps: 1e-5 })
    }

    /// [`group_norm`] with this layer's parameters.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        group_norm(x, self.groups, &self.weight, &self.bias, self.eps)
    }

    /// [`norm_film_silu`] with this layer's parameters.
    pub fn film_silu(&self, x: &Tensor, film: Option<(&Tensor, &Tensor)>) -> Result<Tensor> {
        norm_film_silu(x, self.groups, &self.weight, &self.bias, film, self.eps)
    }
}

/// [`channel_layer_norm`] with a trained gain `g` (1, C, 1, 1); eps 1e-5.
#[derive(Debug, Clone)]
pub struct ChannelLayerNorm {
    /// Gain (1, C, 1, 1)
    pub g: Tensor,
    /// Added to the variance.
    pub eps: f64,
}

impl ChannelLayerNorm {
    /// Gain 1.
    pub fn new(scope: &Scope, channels: usize) -> Result<Self> {
        Ok(Self { g: scope.var("g", (1, channels, 1, 1), Init::Ones)?, eps: 1e-5 })
    }

    /// [`channel_layer_norm`] with this layer's gain.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        channel_layer_norm(x, &self.g, self.eps)
    }
}
