//! Convolution as one custom operation with its gradients.

mod correlate;
mod correlation;
mod lane_spans;
mod segments;
mod tile_height;
mod weight_grad;
mod winograd;

use candle_core::{CpuStorage, CustomOp2, CustomOp3, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use correlate::correlate;
use correlation::Correlation;
use segments::{AxisTap, Segment, Target, segments};
use weight_grad::WeightGrad;
use winograd::{Winograd, WinogradTiles, WinogradWeightGrad};

use super::{
    apply::{apply_2, apply_3, slice, to_tensor, with_values},
    buffers::filled,
    math::sum,
};

/// The fast form of [`crate::nn::conv2d`]; `None` where it has no kernel for the size.
pub fn conv2d(x: &Tensor, w: &Tensor, bias: Option<&Tensor>, stride: usize, padding: usize) -> Result<Option<Tensor>> {
    let Some(conv) = Conv::new(x, w, stride, padding)? else { return Ok(None) };
    let (x, w) = (x.contiguous()?, w.contiguous()?);
    Ok(Some(match bias {
        Some(bias) => apply_3(conv, &x, &w, &bias.contiguous()?)?,
        None => apply_2(conv, &x, &w)?,
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

    fn name(&self) -> &'static str {
        match (self.kernel, self.stride) {
            (1, 1) => "conv 1x1",
            (3, 1) => "conv 3x3",
            (_, 1) => "conv of another size",
            _ => "conv with a stride",
        }
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

    /// Whether images are small and many enough to be worked on side by side: it saves the taps that meet only padding.
    fn is_small(&self) -> bool {
        // With a stride fewer taps do.
        let side = if self.stride == 1 { 8 } else { 2 };
        let (images, _, height, width) = self.dims;
        self.kernel > 1 && images >= 8 && height.max(width) <= side && self.out.1.max(self.out.2) <= side
    }

    /// The grid of Winograd's form for images of `channels`, where the form can be used and `pays`.
    fn winograd(&self, channels: usize, outputs: usize, pays: fn(&WinogradTiles, usize) -> bool) -> Option<WinogradTiles> {
        let (images, _, height, width) = self.dims;
        let grid = WinogradTiles { images, channels, height, width };
        ((self.kernel, self.stride, self.padding) == (3, 1, 1) && pays(&grid, outputs)).then_some(grid)
    }

    fn forward(self, x: &[f32], w: &[f32], bias: Option<&[f32]>) -> Vec<f32> {
        if let Some(grid) = self.winograd(self.dims.1, self.out.0, winograd::pays) {
            let (row, channel) = (9 * self.dims.1, 9);
            let job = Winograd { x, grid, outputs: self.out.0, weights: w, row, channel, flipped: false, bias };
            return winograd::convolve(&job);
        }
        let Self { dims: (images, channels, height, width), out, kernel, stride, padding } = self.flat();
        // With a stride, an image of each phase (y mod stride, x mod stride) is read without one.
        let phases = if padding.is_multiple_of(stride) { stride.min(kernel) } else { stride };
        let split;
        let (x, size) = if stride == 1 {
            (x, (height, width))
        } else {
            let size = (height.div_ceil(stride), width.div_ceil(stride));
            split = split_phases(x, (height, width), size, stride, phases);
            (&split[..], size)
        };
        let axis = |tap: usize| {
            let distance = tap as isize - padding as isize;
            let (phase, offset) = (distance.rem_euclid(stride as isize) as usize, distance.div_euclid(stride as isize));
            AxisTap { tap, phase, offset }
        };
        let axis: Vec<AxisTap> = (0..kernel).map(axis).collect();
        let to = Target { first: 0, row: out.2, column: 1 };
        let small = self.is_small();
        let job = Correlation {
            x,
            images,
            side_by_side: small,
            channels,
            plane: phases * phases * size.0 * size.1,
            size,
            weights: w,
            taps: kernel * kernel,
            row: channels * kernel * kernel,
            channel: kernel * kernel,
            bias,
            rows: out.0,
            out_plane: out.1 * out.2,
            segments: &segments((out.1, out.2), (&axis, &axis), size, phases, kernel, to, small),
        };
        correlate(&job)
    }

    /// The input's gradient: for each phase (y mod stride, x mod stride) of the input, a correlation of `dy` with the taps that
    /// reach that phase.
    fn input_grad(self, w: &[f32], dy: &[f32]) -> Vec<f32> {
        if let Some(grid) = self.winograd(self.out.0, self.dims.1, winograd::pays) {
            let (row, channel) = (9, 9 * self.dims.1);
            let job = Winograd { x: dy, grid, outputs: self.dims.1, weights: w, row, channel, flipped: true, bias: None };
            return winograd::convolve(&job);
        }
        let conv = self.flat();
        let Self { dims: (images, channels, height, width), stride, .. } = conv;
        let phases: Vec<(usize, usize)> = (0..stride).flat_map(|py| (0..stride).map(move |px| (py, px))).collect();
        if stride == 1 || conv.is_small() {
            let of_phase = |&(py, px): &(usize, usize)| {
                conv.input_grad_segments((py, px), Target { first: py * width + px, row: stride * width, column: stride })
            };
            let segments: Vec<Segment> = phases.iter().flat_map(of_phase).collect();
            return conv.correlate_back(w, dy, height * width, &segments);
        }
        // Whole rows of a phase are written, and woven together afterwards: its pixels would each be a write of their own.
        let of_phase = |&(py, px): &(usize, usize)| {
            let (rows, columns) = (height.saturating_sub(py).div_ceil(stride), width.saturating_sub(px).div_ceil(stride));
            let segments = conv.input_grad_segments((py, px), Target { first: 0, row: columns, column: 1 });
            let is_zero = segments.iter().all(|segment| segment.taps.is_empty());
            if is_zero { Vec::new() } else { conv.correlate_back(w, dy, rows * columns, &segments) }
        };
        merge_phases(&phases.iter().map(of_phase).collect::<Vec<_>>(), images * channels, (height, width), stride)
    }

    /// The pixels of the input of one phase (y, x), lying as `to` says, with the taps through which `dy` reaches them.
    fn input_grad_segments(&self, (py, px): (usize, usize), to: Target) -> Vec<Segment> {
        let &Self { dims: (_, _, height, width), out, kernel, stride, padding } = self;
        let axis = |phase: usize| -> Vec<AxisTap> {
            let reach = |tap: usize| {
                let distance = (phase + padding) as isize - tap as isize;
                let whole = distance.rem_euclid(stride as isize) == 0;
                whole.then(|| AxisTap { tap, phase: 0, offset: distance.div_euclid(stride as isize) })
            };
            (0..kernel).filter_map(reach).collect()
        };
        let grid = (height.saturating_sub(py).div_ceil(stride), width.saturating_sub(px).div_ceil(stride));
        segments(grid, (&axis(py), &axis(px)), (out.1, out.2), 1, kernel, to, self.is_small())
    }

    /// What `dy` gives for the pixels of the segments, of which a channel of the input has `pixels`.
    fn correlate_back(&self, w: &[f32], dy: &[f32], pixels: usize, segments: &[Segment]) -> Vec<f32> {
        let &Self { dims: (images, channels, ..), out, kernel, .. } = self;
        correlate(&Correlation {
            x: dy,
            images,
            side_by_side: self.is_small(),
            channels: out.0,
            plane: out.1 * out.2,
            size: (out.1, out.2),
            weights: w,
            taps: kernel * kernel,
            row: kernel * kernel,
            channel: channels * kernel * kernel,
            bias: None,
            rows: channels,
            out_plane: pixels,
            segments,
        })
    }

    fn weight_grad(self, x: &[f32], dy: &[f32]) -> Vec<f32> {
        if let Some(grid) = self.winograd(self.dims.1, self.out.0, winograd::pays_for_weights) {
            return WinogradWeightGrad { x, grid, dy, outputs: self.out.0 }.run();
        }
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

/// Planes of `from` (height, width) as `phases` x `phases` planes of every `stride`-th pixel, `to` in size, zero beyond the image.
fn split_phases(x: &[f32], from: (usize, usize), to: (usize, usize), stride: usize, phases: usize) -> Vec<f32> {
    let plane = to.0 * to.1;
    let mut split = vec![0.; x.len() / (from.0 * from.1) * phases * phases * plane];
    split.par_chunks_mut(phases * phases * plane).zip(x.par_chunks(from.0 * from.1)).for_each(|(split, x)| {
        for (phase, split) in split.chunks_mut(plane).enumerate() {
            let rows = x.chunks(from.1).skip(phase / phases).step_by(stride);
            for (to, row) in split.chunks_mut(to.1).zip(rows) {
                to.iter_mut().zip(row.iter().skip(phase % phases).step_by(stride)).for_each(|(to, from)| *to = *from);
            }
        }
    });
    split
}

/// The inverse of [`split_phases`]: `planes` images of `size`, of which `phases` hold every `stride`-th pixel; an empty one is zeros.
fn merge_phases(phases: &[Vec<f32>], planes: usize, size: (usize, usize), stride: usize) -> Vec<f32> {
    let mut merged = vec![0.; planes * size.0 * size.1];
    merged.par_chunks_mut(size.0 * size.1).enumerate().for_each(|(plane, merged)| {
        for (phase, values) in phases.iter().enumerate().filter(|(_, values)| !values.is_empty()) {
            let (py, px) = (phase / stride, phase % stride);
            let values = &values[plane * (values.len() / planes)..];
            let width = (size.1 - px).div_ceil(stride);
            let rows = merged.chunks_mut(size.1).skip(py).step_by(stride);
            for (row, values) in rows.zip(values.chunks(width)) {
                row.iter_mut().skip(px).step_by(stride).zip(values).for_each(|(to, from)| *to = *from);
            }
        }
    });
    merged
}

impl CustomOp2 for Conv {
    fn name(&self) -> &'static str {
        Self::name(self)
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
        Self::name(self)
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
