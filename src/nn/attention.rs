//! The two attentions of the U-Net of `denoising-diffusion-pytorch` 0.27.12, between their 1x1 convolutions.

use candle_core::{Result, Tensor};

use super::{cpu, ops::l2_normalise};

/// Splits the 1x1 convolution's output (B, 3 * heads * d, H, W) into q, k, v, each (B * heads, d, H * W).
fn split(qkv: &Tensor, heads: usize) -> Result<[Tensor; 3]> {
    let (b, c, h, w) = qkv.dims4()?;
    let d = c / 3 / heads;
    let part = |i| qkv.narrow(1, i * heads * d, heads * d)?.reshape((b * heads, d, h * w));
    Ok([part(0)?, part(1)?, part(2)?])
}

/// Softmax of `x` along `dim`; the largest value is taken off first, so that no exponential overflows.
fn softmax(x: &Tensor, dim: usize) -> Result<Tensor> {
    let exponentials = x.broadcast_sub(&x.max_keepdim(dim)?)?.exp()?;
    exponentials.broadcast_div(&exponentials.sum_keepdim(dim)?)
}

/// Linear attention (Katharopoulos et al. 2020; Shen et al. 2021): (B, 3 * heads * d, H, W) -> (B, heads * d, H, W).
///
/// q is softmaxed over channels and scaled by d^-0.5, k softmaxed over positions, v divided by the number of positions;
/// `context = k v^T`, `out = context^T q`. The cost is linear in positions.
pub fn linear_attention(qkv: &Tensor, heads: usize) -> Result<Tensor> {
    let (b, c, h, w) = qkv.dims4()?;
    if cpu::takes(&[qkv]) {
        return cpu::apply_1(cpu::LinearAttention { heads, d: c / 3 / heads, n: h * w }, &qkv.contiguous()?);
    }
    let [q, k, v] = split(qkv, heads)?;
    let q = (softmax(&q, 1)? * ((c / 3 / heads) as f64).powf(-0.5))?;
    let k = softmax(&k, 2)?;
    let v = (v / (h * w) as f64)?;
    let context = k.matmul(&v.t()?)?;
    context.t()?.matmul(&q)?.reshape((b, c / 3, h, w))
}

/// Full attention with normalised queries and keys: (B, 3 * heads * d, H, W) -> (B, heads * d, H, W).
///
/// `softmax(scale * q^T k) v`; the network's `scale` is 10. Each *channel* of q and k has length 1 over the positions: the
/// package means cosine similarity but normalises along the other axis, and its weights are trained that way.
pub fn attention(qkv: &Tensor, heads: usize, scale: f64) -> Result<Tensor> {
    let (b, c, h, w) = qkv.dims4()?;
    let [q, k, v] = split(qkv, heads)?;
    let (q, k) = (l2_normalise(&q, 2)?, l2_normalise(&k, 2)?);
    let weights = softmax(&(q.t()?.matmul(&k)? * scale)?, 2)?;
    v.matmul(&weights.t()?)?.reshape((b, c / 3, h, w))
}
