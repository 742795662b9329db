//! Fully connected layer.

use candle_core::{Result, Tensor};

use super::{
    cpu,
    params::{Init, Scope},
    plain,
};

/// `x w^T + b`, `torch.nn.Linear`. Parameters `weight` (out, in) and, if asked for, `bias` (out).
#[derive(Debug, Clone)]
pub struct Linear {
    /// (out, in)
    pub weight: Tensor,
    /// (out)
    pub bias: Option<Tensor>,
}

impl Linear {
    /// From `input` to `output` values, initialised as by PyTorch ([`Init::fan_in`]).
    pub fn new(scope: &Scope, input: usize, output: usize, bias: bool) -> Result<Self> {
        let init = Init::fan_in(input);
        let weight = scope.var("weight", (output, input), init)?;
        let bias = if bias { Some(scope.var("bias", output, init)?) } else { None };
        Ok(Self { weight, bias })
    }

    /// (B, in) -> (B, out)
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        if !cpu::takes(&[x, &self.weight]) {
            return plain::linear(x, &self.weight, self.bias.as_ref());
        }
        let y = x.matmul(&self.weight.t()?)?;
        match &self.bias {
            Some(bias) => y.broadcast_add(bias),
            None => Ok(y),
        }
    }
}
