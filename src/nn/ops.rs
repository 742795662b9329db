//! Activations, pooling, upsampling, normalised vectors.

use candle_core::{Result, Tensor};

use super::{cpu, plain};

/// `a + b`, of one shape.
pub fn add(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    if cpu::takes(&[a, b]) && a.dims() == b.dims() {
        return cpu::apply_2(cpu::Add, &a.contiguous()?, &b.contiguous()?);
    }
    plain::add(a, b)
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
    plain::relu(x)
}

/// `a` where it is the greater, or NaN, else `b`; of equal values `b`.
fn greater(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let nan = a.ne(a)?;
    (a.gt(b)? + nan)?.where_cond(a, b)
}

/// The ResNet stem's pool: maximum over 3x3 windows, stride 2, padding 1; (B, C, H, W) -> (B, C, ceil(H/2), ceil(W/2)).
/// Of equal maxima the first in row order gets the gradient; NaN wins, as in PyTorch.
pub fn max_pool_3x3_s2_p1(x: &Tensor) -> Result<Tensor> {
    if cpu::takes(&[x]) {
        return cpu::apply_1(cpu::MaxPool { height: x.dim(2)?, width: x.dim(3)? }, &x.contiguous()?);
    }
    plain::max_pool_along(&plain::max_pool_along(x, 3)?, 2)
}

/// Repeats every pixel 2x2 times: (B, C, H, W) -> (B, C, 2H, 2W).
pub fn upsample_nearest2(x: &Tensor) -> Result<Tensor> {
    if cpu::takes(&[x]) {
        return cpu::apply_1(cpu::Upsample { width: x.dim(3)? }, &x.contiguous()?);
    }
    plain::upsample_nearest2(x)
}

/// The channels of `a`, then those of `b`: (B, C, H, W) and (B, O, H, W) -> (B, C + O, H, W).
pub fn join_channels(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    if cpu::takes(&[a, b]) && (a.dim(0)?, a.dim(2)?, a.dim(3)?) == (b.dim(0)?, b.dim(2)?, b.dim(3)?) {
        let sizes = (a.elem_count() / a.dim(0)?, b.elem_count() / b.dim(0)?);
        return cpu::apply_2(cpu::Join { sizes }, &a.contiguous()?, &b.contiguous()?);
    }
    plain::join_channels(a, b)
}

/// The mean of all values of `x` (B, ...), a scalar.
pub fn mean(x: &Tensor) -> Result<Tensor> {
    if cpu::takes(&[x]) || x.rank() < 2 {
        return x.mean_all();
    }
    // A GPU gives one sum to one of its processors: many short ones first.
    x.flatten_from(1)?.mean(1)?.mean(0)
}

/// The two halves of the columns of `x` (B, 2 C), each (B, C).
pub fn halves(x: &Tensor) -> Result<[Tensor; 2]> {
    if !cpu::takes(&[x]) {
        return plain::halves(x);
    }
    let half = x.dim(1)? / 2;
    Ok([x.narrow(1, 0, half)?, x.narrow(1, half, half)?])
}

/// `x / max(|x|, 1e-12)` with the 2-norm along `dim`, as `torch.nn.functional.normalize`.
pub fn l2_normalise(x: &Tensor, dim: usize) -> Result<Tensor> {
    let squares = x.sqr()?.sum_keepdim(dim)?;
    // The floor is under the root, where its gradient is finite at 0.
    let floor = (squares.zeros_like()? + 1e-24)?;
    x.broadcast_div(&greater(&squares, &floor)?.sqrt()?)
}
