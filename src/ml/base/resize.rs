//! Bilinear resizing of tensors, as `torch.nn.functional.interpolate(mode="bilinear", align_corners=False)`, that is, with
//! half-pixel centres. (Files are resized with smoothing when they are loaded; see [`crate::data`].)

use crate::error;
use candle_core::{Result, Tensor};

/// `x (B, C, H, W)` to `(B, C, height, width)`, without smoothing where it shrinks. Two matrix products, so it runs on every
/// device.
///
/// # Errors
/// A tensor that is not 4-dimensional.
pub fn bilinear(x: &Tensor, height: usize, width: usize) -> Result<Tensor> {
    let (_, _, _, w) = x.dims4()?;
    // The smaller width takes part in both products: less to compute.
    if width < w { rows(&columns(x, width)?, height) } else { columns(&rows(x, height)?, width) }
}

fn columns(x: &Tensor, width: usize) -> Result<Tensor> {
    let (b, c, h, w) = x.dims4()?;
    if width == w {
        return Ok(x.clone());
    }
    let weights = weights(w, width, x)?.t()?;
    x.reshape((b * c * h, w))?.matmul(&weights)?.reshape((b, c, h, width))
}

fn rows(x: &Tensor, height: usize) -> Result<Tensor> {
    let (b, c, h, w) = x.dims4()?;
    if height == h {
        return Ok(x.clone());
    }
    let weights = weights(h, height, x)?.unsqueeze(0)?;
    weights.broadcast_matmul(&x.reshape((b * c, h, w))?)?.reshape((b, c, height, w))
}

/// `(to, from)`: how much of each sample is in each output, from the two samples that are nearest to its centre.
fn weights(from: usize, to: usize, like: &Tensor) -> Result<Tensor> {
    let scale = from as f64 / to as f64;
    let mut weights = vec![0f32; to * from];
    for (i, row) in weights.chunks_exact_mut(from).enumerate() {
        // Border samples are repeated: a centre outside is moved onto the last one.
        let centre = (scale * (i as f64 + 0.5) - 0.5).clamp(0.0, (from - 1) as f64);
        let (left, share) = (centre.floor() as usize, centre.fract() as f32);
        row[left] = 1.0 - share;
        if share > 0.0 {
            row[left + 1] = share;
        }
    }
    Tensor::from_vec(weights, (to, from), like.device())?.to_dtype(like.dtype())
}

/// Applies `f` to `x (B, C, H, W)` brought to `resolution` px: 28-px images are padded with zeros to 32 and cropped back,
/// all others are resized there and back (bilinear without smoothing, as the reference code does it and as
/// dissolved images are cached).
///
/// # Errors
/// Those of `f`, and of tensors that are not 4-dimensional.
pub fn at_resolution(x: &Tensor, resolution: usize, f: impl FnOnce(&Tensor) -> error::Result<Tensor>) -> error::Result<Tensor> {
    let (_, _, h, w) = x.dims4()?;
    if (h, w) == (28, 28) && resolution == 32 {
        let padded = x.pad_with_zeros(2, 2, 2)?.pad_with_zeros(3, 2, 2)?;
        return Ok(f(&padded)?.narrow(2, 2, 28)?.narrow(3, 2, 28)?.contiguous()?);
    }
    Ok(bilinear(&f(&bilinear(x, resolution, resolution)?)?, h, w)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn constants_stay_and_doubling_interpolates() {
        let x = Tensor::new(&[[[[0f32, 1.]]]], &Device::Cpu).unwrap();
        let y = bilinear(&x, 1, 4).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        assert_eq!(y, [0.0, 0.25, 0.75, 1.0]);
        let x = Tensor::full(0.3f32, (2, 3, 5, 7), &Device::Cpu).unwrap();
        let y = bilinear(&x, 12, 3).unwrap();
        assert_eq!(y.dims(), [2, 3, 12, 3]);
        assert!(y.flatten_all().unwrap().to_vec1::<f32>().unwrap().iter().all(|v| (v - 0.3).abs() < 1e-6));
    }

    #[test]
    fn shrinking_looks_at_two_samples_only() {
        let x = Tensor::new(&[[[[0f32, 0., 0., 1., 5., 0., 0., 0.]]]], &Device::Cpu).unwrap();
        let y = bilinear(&x, 1, 1).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        assert_eq!(y, [3.0]);
    }
}
