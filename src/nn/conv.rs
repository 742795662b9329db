//! Two-dimensional convolution.

use candle_core::{Result, Tensor};

use super::{
    cpu,
    params::{Init, Scope},
    plain,
};

/// Cross-correlation of `x` (B, C, H, W) with `w` (O, C, K, K), zero padding `padding` on each side, plus `bias` (O):
/// (B, O, (H + 2 padding - K) / stride + 1, the same for W), rounded down.
pub fn conv2d(x: &Tensor, w: &Tensor, bias: Option<&Tensor>, stride: usize, padding: usize) -> Result<Tensor> {
    if cpu::takes(&[x, w])
        && let Some(y) = cpu::conv2d(x, w, bias, stride, padding)?
    {
        return Ok(y);
    }
    plain::conv2d(x, w, bias, stride, padding)
}

/// The gradients of `x` and `w` (each if it is tracked) where the result of [`conv2d`] has the gradient `dy`: what a backward
/// pass does, by itself, for timing.
pub fn conv2d_grads(
    x: &Tensor,
    w: &Tensor,
    dy: &Tensor,
    stride: usize,
    padding: usize,
) -> Result<(Option<Tensor>, Option<Tensor>)> {
    if cpu::takes(&[x, w, dy])
        && let Some(grads) = cpu::conv2d_grads(x, w, dy, stride, padding)?
    {
        return Ok(grads);
    }
    let [dx, dw] = plain::conv2d_grads(x, w, dy, stride, padding)?;
    Ok((dx, dw))
}

/// A convolution with square kernel, `torch.nn.Conv2d`. Parameters `weight` (O, C, K, K) and, if asked for, `bias` (O).
#[derive(Debug, Clone)]
pub struct Conv2d {
    /// (O, C, K, K)
    pub weight: Tensor,
    /// (O)
    pub bias: Option<Tensor>,
    /// Pixels from one result to the next, at least 1.
    pub stride: usize,
    /// Zeros on each side.
    pub padding: usize,
}

impl Conv2d {
    /// From `input` to `output` channels, initialised as by PyTorch ([`Init::fan_in`]).
    pub fn new(
        scope: &Scope,
        input: usize,
        output: usize,
        kernel: usize,
        stride: usize,
        padding: usize,
        bias: bool,
    ) -> Result<Self> {
        let init = Init::fan_in(input * kernel * kernel);
        let weight = scope.var("weight", (output, input, kernel, kernel), init)?;
        let bias = if bias { Some(scope.var("bias", output, init)?) } else { None };
        Ok(Self { weight, bias, stride, padding })
    }

    /// [`conv2d`] of `x` (B, C, H, W).
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.forward_with(x, &self.weight)
    }

    /// This layer with another weight, such as the standardised one.
    pub fn forward_with(&self, x: &Tensor, weight: &Tensor) -> Result<Tensor> {
        conv2d(x, weight, self.bias.as_ref(), self.stride, self.padding)
    }
}
