//! Fully connected layer.

use candle_core::{Result, Tensor};

use super::function::function;

/// `x w^T + bias` of `x` (B, in).
pub fn linear(x: &Tensor, w: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    let mut inputs = vec![x, w];
    inputs.extend(bias);
    let of_x = x.track_op();
    function("linear", &inputs, || {
        let (x, w) = (x.detach(), w.detach());
        let mut y = x.matmul(&w.t()?)?;
        if let Some(bias) = bias {
            y = y.broadcast_add(&bias.detach())?;
        }
        let gradients = move |_: &Tensor, dy: &Tensor| {
            let dx = if of_x { Some(dy.matmul(&w)?) } else { None };
            Ok(vec![dx, Some(dy.t()?.matmul(&x)?), Some(dy.sum(0)?)])
        };
        Ok((y, gradients))
    })
}

/// The first and the second half of the columns of `x` (B, 2 C).
pub fn halves(x: &Tensor) -> Result<[Tensor; 2]> {
    let half = x.dim(1)? / 2;
    let part = |at: usize| {
        function("half", &[x], || {
            let gradients = move |_: &Tensor, dy: &Tensor| Ok(vec![Some(dy.pad_with_zeros(1, at, half - at)?)]);
            Ok((x.detach().narrow(1, at, half)?.force_contiguous()?, gradients))
        })
    };
    Ok([part(0)?, part(half)?])
}
