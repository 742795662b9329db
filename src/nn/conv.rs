//! 2-d convolution.

use candle_core::{Result, Tensor};

use super::{Init, Scope};

/// Cross-correlation of `x` (B, C, H, W) with `w` (O, C, K, K), zero padding `padding` on each side, plus `bias` (O).
pub fn conv2d(x: &Tensor, w: &Tensor, bias: Option<&Tensor>, stride: usize, padding: usize) -> Result<Tensor> {
    let y = x.conv2d(w, padding, stride, 1, 1)?;
    match bias {
        Some(bias) => y.broadcast_add(&bias.reshape((1, (), 1, 1))?),
        None => Ok(y),
    }
}

/// A convolution with square kernel, `torch.nn.Conv2d`. Parameters `weight` (O, C, K, K) and, if asked for, `bias` (O).
#[derive(Debug, Clone)]
pub struct Conv2d {
    pub weight: Tensor,
    pub bias: Option<Tensor>,
    pub stride: usize,
    pub padding: usize,
}

impl Conv2d {
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

    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.forward_with(x, &self.weight)
    }

    /// The same layer with another weight, such as the standardised one.
    pub fn forward_with(&self, x: &Tensor, weight: &Tensor) -> Result<Tensor> {
        conv2d(x, weight, self.bias.as_ref(), self.stride, self.padding)
    }
}
