//! Batch normalisation (Ioffe & Szegedy 2015).

use candle_core::{Device, Result, Tensor, Var};

use super::{
    cpu,
    ops::relu,
    params::{Init, Scope},
    plain,
};

/// Batch normalisation of `x` (B, C, H, W) by its own statistics: the result, and the mean and biased variance (C) of each
/// channel, which carry no gradient.
pub fn batch_norm_train(x: &Tensor, gamma: &Tensor, beta: &Tensor, eps: f64) -> Result<(Tensor, Tensor, Tensor)> {
    if cpu::takes(&[x, gamma, beta]) {
        let moments = cpu::channel_moments(x)?;
        let [mean, var] = [&moments.0, &moments.1].map(|values| Tensor::new(values.as_slice(), &Device::Cpu));
        let y = cpu::BatchNorm::new(x, moments, eps, true, false)?.apply(x, gamma, beta, None)?;
        return Ok((y, mean?, var?));
    }
    let plain::BatchNormed { y, mean, var } = plain::batch_norm(x, (gamma, beta), None, eps, false)?;
    Ok((y, mean, var))
}

/// Batch normalisation by given statistics `mean` and `var` (C), which get no gradient.
pub fn batch_norm_eval(x: &Tensor, mean: &Tensor, var: &Tensor, gamma: &Tensor, beta: &Tensor, eps: f64) -> Result<Tensor> {
    let scale = (gamma / (var.detach() + eps)?.sqrt()?)?;
    let shift = (beta - (mean.detach() * &scale)?)?;
    x.broadcast_mul(&scale.reshape((1, (), 1, 1))?)?.broadcast_add(&shift.reshape((1, (), 1, 1))?)
}

/// `torch.nn.BatchNorm2d`, with its parameter and buffer names; momentum 0.1, eps 1e-5.
#[derive(Debug, Clone)]
pub struct BatchNorm2d {
    /// gamma (C)
    pub weight: Tensor,
    /// beta (C)
    pub bias: Tensor,
    running_mean: Var,
    running_var: Var,
    num_batches_tracked: Var,
    /// How far the running statistics move towards a batch's, from 0 (not) to 1 (all the way).
    pub momentum: f64,
    /// Added to the variance.
    pub eps: f64,
}

impl BatchNorm2d {
    /// PyTorch's `eps`.
    pub const EPS: f64 = 1e-5;

    /// gamma 1 and beta 0; running mean 0 and variance 1.
    pub fn new(scope: &Scope, channels: usize) -> Result<Self> {
        Ok(Self {
            weight: scope.var("weight", channels, Init::Ones)?,
            bias: scope.var("bias", channels, Init::Zeros)?,
            running_mean: scope.buffer("running_mean", channels, 0.)?,
            running_var: scope.buffer("running_var", channels, 1.)?,
            num_batches_tracked: scope.counter("num_batches_tracked")?,
            momentum: 0.1,
            eps: Self::EPS,
        })
    }

    /// (B, C, H, W) to the same. `train` normalises by the batch and moves the running statistics (unbiased variance) towards
    /// it; else `x` is normalised by the running statistics.
    pub fn forward(&self, x: &Tensor, train: bool) -> Result<Tensor> {
        self.apply(x, train, None, false)
    }

    /// ReLU of [`Self::forward`].
    pub fn forward_relu(&self, x: &Tensor, train: bool) -> Result<Tensor> {
        self.apply(x, train, None, true)
    }

    /// The end of a residual block: ReLU of [`Self::forward`] plus `shortcut`, of `x`'s shape.
    pub fn forward_add_relu(&self, x: &Tensor, shortcut: &Tensor, train: bool) -> Result<Tensor> {
        self.apply(x, train, Some(shortcut), true)
    }

    fn apply(&self, x: &Tensor, train: bool, shortcut: Option<&Tensor>, positive: bool) -> Result<Tensor> {
        let (gamma, beta) = (&self.weight, &self.bias);
        if cpu::takes(&[x, gamma, beta]) && shortcut.is_none_or(|s| cpu::takes(&[s])) {
            let moments = if train {
                let moments = cpu::channel_moments(x)?;
                let [mean, var] = [&moments.0, &moments.1].map(|values| Tensor::new(values.as_slice(), &Device::Cpu));
                self.track(x, mean?, var?)?;
                moments
            } else {
                (self.running_mean.to_vec1()?, self.running_var.to_vec1()?)
            };
            return cpu::BatchNorm::new(x, moments, self.eps, train, positive)?.apply(x, gamma, beta, shortcut);
        }
        if train {
            let plain::BatchNormed { y, mean, var } = plain::batch_norm(x, (gamma, beta), shortcut, self.eps, positive)?;
            self.track(x, mean, var)?;
            return Ok(y);
        }
        let mut y = batch_norm_eval(x, &self.running_mean, &self.running_var, gamma, beta, self.eps)?;
        if let Some(shortcut) = shortcut {
            y = (y + shortcut)?;
        }
        if positive { relu(&y) } else { Ok(y) }
    }

    /// Moves the running statistics towards those of the batch `x`.
    fn track(&self, x: &Tensor, mean: Tensor, var: Tensor) -> Result<()> {
        let count = (x.elem_count() / x.dim(1)?) as f64;
        let unbiased = (var * (count / (count - 1.).max(1.)))?;
        let moved = |running: &Var, batch: Tensor| (running.as_tensor() * (1. - self.momentum))? + (batch * self.momentum)?;
        self.running_mean.set(&moved(&self.running_mean, mean)?.detach())?;
        self.running_var.set(&moved(&self.running_var, unbiased)?.detach())?;
        self.num_batches_tracked.set(&(self.num_batches_tracked.as_tensor() + 1.)?.detach())
    }
}
