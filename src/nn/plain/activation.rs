//! What follows a normalisation, value by value, and its gradients.

use candle_core::{Result, Tensor};

/// `max(x, 0)`; NaN stays NaN, which candle's own loses on a GPU.
pub fn relu(x: &Tensor) -> Result<Tensor> {
    let zeros = x.zeros_like()?;
    x.le(&zeros)?.where_cond(&zeros, x)
}

/// `dy` where the result `y` of a ReLU is positive.
pub fn relu_gradient(y: &Tensor, dy: &Tensor) -> Result<Tensor> {
    let zeros = y.zeros_like()?;
    y.le(&zeros)?.where_cond(&zeros, dy)
}

/// The gradient of `z` where `y = z * sigmoid(z)`, from half of z: with `u = tanh(z / 2)` the sigmoid is `(1 + u) / 2`, and the
/// slope `1 + (1 - u) (y - 1) / 2`.
pub fn silu_gradient(half_z: &Tensor, y: &Tensor, dy: &Tensor) -> Result<Tensor> {
    let slope = half_z.tanh()?.affine(-0.5, 0.5)?;
    dy * (slope * (y - 1.)?)?.affine(1., 1.)?
}
