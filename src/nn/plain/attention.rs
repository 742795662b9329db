//! Linear attention.

use candle_core::{Result, Tensor};

use super::function::function;

/// Splits the 1x1 convolution's output (B, 3 * heads * d, H, W) into q, k, v, each (B * heads, d, H * W).
pub fn split(qkv: &Tensor, heads: usize) -> Result<[Tensor; 3]> {
    let (b, c, h, w) = qkv.dims4()?;
    let d = c / 3 / heads;
    let part = |i| qkv.narrow(1, i * heads * d, heads * d)?.reshape((b * heads, d, h * w));
    Ok([part(0)?, part(1)?, part(2)?])
}

/// Softmax of `x` along `dim`; the largest value is taken off first, so that no exponential overflows.
pub fn softmax(x: &Tensor, dim: usize) -> Result<Tensor> {
    let exponentials = x.broadcast_sub(&x.max_keepdim(dim)?)?.exp()?;
    exponentials.broadcast_div(&exponentials.sum_keepdim(dim)?)
}

/// [`crate::nn::linear_attention`].
pub fn linear_attention(qkv: &Tensor, heads: usize) -> Result<Tensor> {
    let (b, c, h, w) = qkv.dims4()?;
    // Of q and v, on the context, which is small.
    let scale = ((c / 3 / heads) as f64).powf(-0.5) / (h * w) as f64;
    function("linear attention", &[qkv], || {
        let [q, k, v] = split(&qkv.detach(), heads)?;
        let (q, k) = (softmax(&q, 1)?, softmax(&k, 2)?);
        let context = k.matmul(&v.t()?)?;
        let scaled = (&context * scale)?;
        let y = scaled.t()?.matmul(&q)?.reshape((b, c / 3, h, w))?;
        let gradients = move |_: &Tensor, dy: &Tensor| {
            let dy = dy.reshape(q.shape())?;
            let dq = scaled.matmul(&dy)?;
            let dq = (&q * dq.broadcast_sub(&(&q * &dq)?.sum_keepdim(1)?)?)?;
            let dcontext = (q.matmul(&dy.t()?)? * scale)?;
            // The sum of k * dk over the positions, from the context.
            let of_k = (&dcontext * &context)?.sum_keepdim(2)?;
            let dk = (&k * dcontext.matmul(&v)?.broadcast_sub(&of_k)?)?;
            let dv = dcontext.t()?.matmul(&k)?;
            let [dq, dk, dv] = [dq, dk, dv].map(|t| t.reshape((b, c / 3, h, w)));
            Ok(vec![Some(Tensor::cat(&[dq?, dk?, dv?], 1)?)])
        };
        Ok((y, gradients))
    })
}
