//! Convolution as one custom operation with its gradients.

mod correlate;
mod weight_grad;

use candle_core::{CpuStorage, CustomOp2, CustomOp3, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use correlate::{Correlation, Tap};
use weight_grad::WeightGrad;

use super::math::sum;
use super::{filled, slice, to_tensor, with_values};

/// The fast form of [`crate::nn::conv2d`]; `None` where it has no kernel for the size.
pub fn conv2d(x: &Tensor, w: &Tensor, bias: Option<&Tensor>, stride: usize, padding: usize) -> Result<Option<Tensor>> {
    let Some(conv) = Conv::new(x, w, stride, padding)? else { return Ok(None) };
    let (x, w) = (x.contiguous()?, w.contiguous()?);
    Ok(Some(match bias {
        Some(bias) => x.apply_op3(&w, &bias.contiguous()?, conv)?,
        None => x.apply_op2(&w, conv)?,
    }))
}

/// The gradients of `x` and `w` (each if it is tracked) from that of the result; `None` where there is no kernel for the size.
pub fn conv2d_grads(x: &Tensor, w: &Tensor, dy: &Tensor, stride: usize, padding: usize) -> Result<Option<Gradients>> {
    Conv::new(x, w, stride, padding)?.map(|conv| conv.backward(&x.contiguous()?, &w.contiguous()?, &dy.contiguous()?)).transpose()
}

type Gradients = (Option<Tensor>, Option<Tensor>);

#[derive(Debug, Clone, Copy)]
struct Conv {
    /// (batch, channels, height, width) of the input
    dims: (usize, usize, usize, usize),
    /// (channels, height, width) of the output
    out: (usize, usize, usize),
    kernel: usize,
    stride: usize,
    padding: usize,
}

impl Conv {
    fn new(x: &Tensor, w: &Tensor, stride: usize, padding: usize) -> Result<Option<Self>> {
        let (dims, (output, input, kernel, kernel_x)) = (x.dims4()?, w.dims4()?);
        let fits = dims.2 + 2 * padding >= kernel && dims.3 + 2 * padding >= kernel;
        let known = kernel == kernel_x && matches!(kernel, 1..=5 | 7) && stride > 0 && padding < kernel;
        if !known || !fits || input != dims.1 {
            return Ok(None);
        }
        let size = |n: usize| (n + 2 * padding - kernel) / stride + 1;
        Ok(Some(Self { dims, out: (output, size(dims.2), size(dims.3)), kernel, stride, padding }))
    }

    fn out_shape(&self) -> Shape {
        (self.dims.0, self.out.0, self.out.1, self.out.2).into()
    }

    /// A 1x1 convolution sees an image as one long row, which has fewer borders.
    fn flat(mut self) -> Self {
        if self.kernel == 1 && self.stride == 1 {
            self.dims = (self.dims.0, self.dims.1, 1, self.dims.2 * self.dims.3);
            self.out = (self.out.0, 1, self.out.1 * self.out.2);
        }
        self
    }

    fn forward(self, x: &[f32], w: &[f32], bias: Option<&[f32]>) -> Vec<f32> {
        let Self { dims, out, kernel, stride, padding } = self.flat();
        let offset = |k: usize| k as isize - padding as isize;
        let taps: Vec<Tap> =
            (0..kernel * kernel).map(|at| Tap { dy: offset(at / kernel), dx: offset(at % kernel), at }).collect();
        let channel = kernel * kernel;
        let job = Correlation { x, dims, taps: &taps, stride, weights: w, row: dims.1 * channel, channel, bias, out };
        // SAFETY: every pixel of every channel is written; candle has checked that slices fit shapes.
        unsafe { filled(job.out_len(), |out| job.run(out)) }
    }

    /// The input's gradient: for each phase (y mod stride, x mod stride) of the input, a correlation of `dy` with the taps that
    /// reach that phase.
    fn input_grad(self, w: &[f32], dy: &[f32]) -> Vec<f32> {
        let Self { dims, out, kernel, stride, padding } = self.flat();
        let (batch, channels, height, width) = dims;
        let phase = |py: usize, px: usize| {
            let reach = |k: usize, p: usize| {
                let distance = (p + padding) as isize - k as isize;
                (distance.rem_euclid(stride as isize) == 0).then(|| distance.div_euclid(stride as isize))
            };
            let taps: Vec<Tap> = (0..kernel * kernel)
                .filter_map(|at| Some(Tap { dy: reach(at / kernel, py)?, dx: reach(at % kernel, px)?, at }))
                .collect();
            let size = |n: usize, p: usize| n.saturating_sub(p).div_ceil(stride);
            (taps, (channels, size(height, py), size(width, px)))
        };
        let correlate = |taps: &[Tap], out_size| {
            let dims = (batch, out.0, out.1, out.2);
            let channel = channels * kernel * kernel;
            let job = Correlation {
                x: dy,
                dims,
                taps,
                stride: 1,
                weights: w,
                row: kernel * kernel,
                channel,
                bias: None,
                out: out_size,
            };
            // SAFETY: every pixel of every channel is written.
            unsafe { filled(job.out_len(), |out| job.run(out)) }
        };
        if stride == 1 {
            let (taps, size) = phase(0, 0);
            return correlate(&taps, size);
        }
        let mut dx = vec![0.; batch * channels * height * width];
        for (py, px) in (0..stride).flat_map(|py| (0..stride).map(move |px| (py, px))) {
            let (taps, size) = phase(py, px);
            if taps.is_empty() || size.1 * size.2 == 0 {
                continue;
            }
            let part = correlate(&taps, size);
            dx.par_chunks_mut(height * width).zip(part.par_chunks(size.1 * size.2)).for_each(|(plane, part)| {
                for (y, row) in part.chunks_exact(size.2).enumerate() {
                    let start = (y * stride + py) * width + px;
                    plane[start..].iter_mut().step_by(stride).zip(row).for_each(|(to, from)| *to = *from);
                }
            });
        }
        dx
    }

    fn weight_grad(self, x: &[f32], dy: &[f32]) -> Vec<f32> {
        let Self { dims, out, kernel, stride, padding } = self.flat();
        let job = WeightGrad { x, dims, dy, out, kernel, stride, padding };
        // SAFETY: every weight is written; candle has checked that slices fit shapes.
        unsafe { filled(job.len(), |dw| job.run(dw)) }
    }

    fn bias_grad(self, dy: &[f32]) -> Vec<f32> {
        let size = self.out.1 * self.out.2;
        let total = |o: usize| (0..self.dims.0).map(|b| sum(&dy[(b * self.out.0 + o) * size..][..size])).sum::<f64>() as f32;
        (0..self.out.0).into_par_iter().map(total).collect()
    }

    /// Gradients of input and weight, each if it is tracked.
    fn backward(self, x: &Tensor, w: &Tensor, dy: &Tensor) -> Result<Gradients> {
        let dx = if x.track_op() {
            let dx = with_values([w, dy], |[w, dy]| self.input_grad(w, dy))?;
            Some(to_tensor(dx, x.shape())?)
        } else {
            None
        };
        let dw = if w.track_op() {
            let dw = with_values([x, dy], |[x, dy]| self.weight_grad(x, dy))?;
            Some(to_tensor(dw, w.shape())?)
        } else {
            None
        };
        Ok((dx, dw))
    }
}

impl CustomOp2 for Conv {
    fn name(&self) -> &'static str {
        "conv2d"
    }

    fn cpu_fwd(&self, x: &CpuStorage, lx: &Layout, w: &CpuStorage, lw: &Layout) -> Result<(CpuStorage, Shape)> {
        Ok((CpuStorage::F32(self.forward(slice(x, lx)?, slice(w, lw)?, None)), self.out_shape()))
    }

    fn bwd(&self, x: &Tensor, w: &Tensor, _: &Tensor, dy: &Tensor) -> Result<Gradients> {
        self.backward(x, w, &dy.contiguous()?)
    }
}

impl CustomOp3 for Conv {
    fn name(&self) -> &'static str {
        "conv2d-bias"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        lx: &Layout,
        w: &CpuStorage,
        lw: &Layout,
        bias: &CpuStorage,
        lb: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let bias = slice(bias, lb)?;
        Ok((CpuStorage::F32(self.forward(slice(x, lx)?, slice(w, lw)?, Some(bias))), self.out_shape()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        w: &Tensor,
        bias: &Tensor,
        _: &Tensor,
        dy: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let dy = dy.contiguous()?;
        let (dx, dw) = self.backward(x, w, &dy)?;
        let db = with_values([&dy], |[dy]| self.bias_grad(dy))?;
        Ok((dx, dw, Some(to_tensor(db, bias.shape())?)))
    }
}
