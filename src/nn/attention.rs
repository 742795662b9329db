//! The two attentions of the U-Net of `denoising-diffusion-pytorch` 0.27.12, between their 1x1 convolutions.

use candle_core::{Result, Tensor};

use super::{cpu, ops::l2_normalise, plain};

/// Linear attention (Katharopoulos et al. 2020; Shen et al. 2021): (B, 3 * heads * d, H, W) -> (B, heads * d, H, W).
///
/// q is softmaxed over channels and scaled by d^-0.5, k softmaxed over positions, v divided by the number of positions;
/// `context = k v^T`, `out = context^T q`. The cost is linear in positions.
pub fn linear_attention(qkv: &Tensor, heads: usize) -> Result<Tensor> {
    if cpu::takes(&[qkv]) {
        let (_, c, h, w) = qkv.dims4()?;
        return cpu::apply_1(cpu::LinearAttention { heads, d: c / 3 / heads, n: h * w }, &qkv.contiguous()?);
    }
    plain::linear_attention(qkv, heads)
}

/// Full attention with normalised queries and keys: (B, 3 * heads * d, H, W) -> (B, heads * d, H, W).
///
/// `softmax(scale * q^T k) v`; the network's `scale` is 10. Each *channel* of q and k has length 1 over the positions: the
/// package means cosine similarity but normalises along the other axis, and its weights are trained that way.
pub fn attention(qkv: &Tensor, heads: usize, scale: f64) -> Result<Tensor> {
    let (b, c, h, w) = qkv.dims4()?;
    let [q, k, v] = plain::split(qkv, heads)?;
    let (q, k) = (l2_normalise(&q, 2)?, l2_normalise(&k, 2)?);
    let weights = plain::softmax(&(q.t()?.matmul(&k)? * scale)?, 2)?;
    v.matmul(&weights.t()?)?.reshape((b, c / 3, h, w))
}
