//! Pooling, doubling, joining and sums.

use candle_core::{Result, Tensor};

use super::function::function;

/// [`crate::nn::add`].
pub fn add(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    function("sum", &[a, b], || {
        Ok((a.detach() + b.detach(), |_: &Tensor, dy: &Tensor| Ok(vec![Some(dy.clone()), Some(dy.clone())])))
            .and_then(|(y, gradients)| Ok((y?, gradients)))
    })
}

/// [`crate::nn::upsample_nearest2`].
pub fn upsample_nearest2(x: &Tensor) -> Result<Tensor> {
    let (b, c, h, w) = x.dims4()?;
    function("upsampling", &[x], || {
        let y = x.detach().reshape((b, c, h, 1, w, 1))?.broadcast_as((b, c, h, 2, w, 2))?.reshape((b, c, 2 * h, 2 * w))?;
        let gradients = move |_: &Tensor, dy: &Tensor| Ok(vec![Some(dy.reshape((b, c, h, 2, w, 2))?.sum((3, 5))?)]);
        Ok((y, gradients))
    })
}

/// [`crate::nn::join_channels`].
pub fn join_channels(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let (of_a, of_b) = (a.dim(1)?, b.dim(1)?);
    function("joining", &[a, b], || {
        let gradients = move |_: &Tensor, dy: &Tensor| {
            let part = |from, count| Ok::<_, candle_core::Error>(Some(dy.narrow(1, from, count)?.contiguous()?));
            Ok(vec![part(0, of_a)?, part(of_a, of_b)?])
        };
        Ok((Tensor::cat(&[&a.detach().contiguous()?, &b.detach().contiguous()?], 1)?, gradients))
    })
}

/// Where `a` is taken of `a` and `b`: where it is the greater, or NaN.
fn first_is_greater(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    a.gt(b)? + a.ne(a)?
}

/// Maximum over three neighbours, stride 2, padding 1 (of -inf) along dimension `dim` of `x`, which is at least 2; the first
/// maximum gets the gradient.
pub fn max_pool_along(x: &Tensor, dim: usize) -> Result<Tensor> {
    let (length, output) = (x.dim(dim)?, x.dim(dim)?.div_ceil(2));
    function("max pool", &[x], || {
        let x = x.detach();
        let pad = |n: usize| {
            let mut dims = x.dims().to_vec();
            dims[dim] = n;
            Tensor::full(f32::NEG_INFINITY, dims, x.device())?.to_dtype(x.dtype())
        };
        // 2 * (output + 1) long, so that it splits into pairs; index i of the input is i + 1 here.
        let padded = Tensor::cat(&[&pad(1)?, &x, &pad(2 * output + 1 - length)?], dim)?;
        let pairs = split_pairs(&padded, dim)?;
        let phase = |phase: usize, from: usize| {
            pairs.narrow(dim + 1, phase, 1)?.squeeze(dim + 1)?.narrow(dim, from, output)?.contiguous()
        };
        let (before, middle, after) = (phase(0, 0)?, phase(1, 0)?, phase(0, 1)?);
        let takes_middle = first_is_greater(&middle, &before)?;
        let greater = takes_middle.where_cond(&middle, &before)?;
        let takes_after = first_is_greater(&after, &greater)?;
        let y = takes_after.where_cond(&after, &greater)?;
        let gradients = move |_: &Tensor, dy: &Tensor| {
            let zeros = dy.zeros_like()?;
            let after = takes_after.where_cond(dy, &zeros)?;
            let others = takes_after.where_cond(&zeros, dy)?;
            let middle = takes_middle.where_cond(&others, &zeros)?;
            let before = takes_middle.where_cond(&zeros, &others)?;
            // In the pairs of the padded input: the left one is before its own maximum and after the last one's.
            let left = (before.pad_with_zeros(dim, 0, 1)? + after.pad_with_zeros(dim, 1, 0)?)?;
            let pairs = Tensor::stack(&[left, middle.pad_with_zeros(dim, 0, 1)?], dim + 1)?;
            Ok(vec![Some(pairs.flatten(dim, dim + 1)?.narrow(dim, 1, length)?.contiguous()?)])
        };
        Ok((y, gradients))
    })
}

/// Dimension `dim` of even length n as (n / 2, 2).
fn split_pairs(x: &Tensor, dim: usize) -> Result<Tensor> {
    let mut dims = x.dims().to_vec();
    dims[dim] /= 2;
    dims.insert(dim + 1, 2);
    x.reshape(dims)
}
