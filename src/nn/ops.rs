//! Activations, pooling, upsampling, normalised vectors.

use candle_core::{Result, Tensor};

use super::cpu;

/// `a + b`, of one shape.
pub fn add(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    if cpu::takes(&[a, b]) && a.dims() == b.dims() {
        return cpu::apply_2(cpu::Add, &a.contiguous()?, &b.contiguous()?);
    }
    a + b
}

/// `x * sigmoid(x)`, the SiLU or Swish (Elfwing et al. 2018).
pub fn silu(x: &Tensor) -> Result<Tensor> {
    x.silu()
}

/// The exact GELU, `x * (1 + erf(x / sqrt(2))) / 2` (Hendrycks & Gimpel 2016).
pub fn gelu(x: &Tensor) -> Result<Tensor> {
    // candle's own has a gradient with six-digit constants.
    x * (((x * std::f64::consts::FRAC_1_SQRT_2)?.erf()? + 1.)? * 0.5)?
}

/// `max(x, 0)`; NaN stays NaN, and the gradient at 0 is 0, as in PyTorch.
pub fn relu(x: &Tensor) -> Result<Tensor> {
    let zeros = x.zeros_like()?;
    x.le(&zeros)?.where_cond(&zeros, x)
}

/// `a` where it is the greater, or NaN, else `b`; of equal values `b`.
fn greater(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let nan = a.ne(a)?;
    (a.gt(b)? + nan)?.where_cond(a, b)
}

/// Maximum over three neighbours, stride 2, padding 1 (of -inf) along dimension `dim`; the first maximum gets the gradient.
fn max_pool_along(x: &Tensor, dim: usize) -> Result<Tensor> {
    let output = x.dim(dim)?.div_ceil(2);
    let pad = |n: usize| {
        let mut dims = x.dims().to_vec();
        dims[dim] = n;
        Tensor::full(f32::NEG_INFINITY, dims, x.device())?.to_dtype(x.dtype())
    };
    // 2 * (output + 1) long, so that it splits into pairs; index i of the input is i + 1 here.
    let padded = Tensor::cat(&[&pad(1)?, x, &pad(2 * output + 1 - x.dim(dim)?)?], dim)?;
    let mut pairs = x.dims().to_vec();
    pairs[dim] = output + 1;
    pairs.insert(dim + 1, 2);
    let pairs = padded.reshape(pairs)?;
    let phase =
        |phase: usize, from: usize| pairs.narrow(dim + 1, phase, 1)?.squeeze(dim + 1)?.narrow(dim, from, output)?.contiguous();
    greater(&phase(0, 1)?, &greater(&phase(1, 0)?, &phase(0, 0)?)?)
}

/// The ResNet stem's pool: maximum over 3x3 windows, stride 2, padding 1; (B, C, H, W) -> (B, C, ceil(H/2), ceil(W/2)).
/// Of equal maxima the first in row order gets the gradient; NaN wins, as in PyTorch.
pub fn max_pool_3x3_s2_p1(x: &Tensor) -> Result<Tensor> {
    if cpu::takes(&[x]) {
        return cpu::apply_1(cpu::MaxPool { height: x.dim(2)?, width: x.dim(3)? }, &x.contiguous()?);
    }
    max_pool_along(&max_pool_along(x, 3)?, 2)
}

/// Repeats every pixel 2x2 times: (B, C, H, W) -> (B, C, 2H, 2W).
pub fn upsample_nearest2(x: &Tensor) -> Result<Tensor> {
    let (b, c, h, w) = x.dims4()?;
    if cpu::takes(&[x]) {
        return cpu::apply_1(cpu::Upsample { width: w }, &x.contiguous()?);
    }
    x.reshape((b, c, h, 1, w, 1))?.broadcast_as((b, c, h, 2, w, 2))?.reshape((b, c, 2 * h, 2 * w))
}

/// The channels of `a`, then those of `b`: (B, C, H, W) and (B, O, H, W) -> (B, C + O, H, W).
pub fn join_channels(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    if cpu::takes(&[a, b]) && (a.dim(0)?, a.dim(2)?, a.dim(3)?) == (b.dim(0)?, b.dim(2)?, b.dim(3)?) {
        let sizes = (a.elem_count() / a.dim(0)?, b.elem_count() / b.dim(0)?);
        return cpu::apply_2(cpu::Join { sizes }, &a.contiguous()?, &b.contiguous()?);
    }
    Tensor::cat(&[a, b], 1)
}

/// `x / max(|x|, 1e-12)` with the 2-norm along `dim`, as `torch.nn.functional.normalize`.
pub fn l2_normalise(x: &Tensor, dim: usize) -> Result<Tensor> {
    let squares = x.sqr()?.sum_keepdim(dim)?;
    // The floor is under the root, where its gradient is finite at 0.
    let floor = (squares.zeros_like()? + 1e-24)?;
    x.broadcast_div(&greater(&squares, &floor)?.sqrt()?)
}
