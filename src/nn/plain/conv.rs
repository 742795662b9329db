//! Convolution with gradients in forward convolutions and matrix products, which the libraries of a GPU are good at; candle's own
//! gradients are a kernel in which one thread walks all channels and taps, and one convolution with the image as its kernel.
//!
//! - Input: where y = conv(x, w), pixel `s i + phase` of dx (s the stride) is a sum over `dy[i + d]` for a few offsets d: one
//!   convolution of dy, of stride 1, with s * s * C results, the pixels of each phase, whose weights are those of w, transposed and
//!   turned round; then the phases are laid between each other. With stride 1 that is the convolution with turned weights.
//! - Weight: products of dy with the columns of x (the pixels under each tap of one row of the kernel), in pieces of the batch
//!   whose columns stay below [`COLUMN_BYTES`].
//! - 1x1: matrix products alone.

use candle_core::{Result, Tensor, conv::CudnnFwdAlgo};

use super::function::function;

/// Columns of at most so many bytes are held at once (more where one image needs more).
const COLUMN_BYTES: usize = 256 << 20;

/// [`crate::nn::conv2d`].
pub fn conv2d(x: &Tensor, w: &Tensor, bias: Option<&Tensor>, stride: usize, padding: usize) -> Result<Tensor> {
    Conv::new(x, w, stride, padding)?.apply(x, w, bias)
}

/// [`crate::nn::conv2d_grads`].
pub fn conv2d_grads(x: &Tensor, w: &Tensor, dy: &Tensor, stride: usize, padding: usize) -> Result<[Option<Tensor>; 2]> {
    let conv = Conv::new(x, w, stride, padding)?;
    let dy = dy.detach().contiguous()?;
    let dx = if x.track_op() { Some(conv.input_gradient(&w.detach().contiguous()?, &dy)?) } else { None };
    let dw = if w.track_op() { Some(conv.weight_gradient(&x.detach().contiguous()?, &dy)?) } else { None };
    Ok([dx, dw])
}

/// Images `images` at a time of a batch.
fn pieces(batch: usize, images: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..batch).step_by(images).map(move |at| (at, images.min(batch - at)))
}

/// `(B, C, H, W)` with zeros up to `left` before and `to` in all along both sides; what is beyond `to` goes.
fn framed(x: &Tensor, left: usize, to: (usize, usize)) -> Result<Tensor> {
    let along = |x: Tensor, dim: usize, to: usize| {
        let used = x.dim(dim)?.min(to - left);
        x.narrow(dim, 0, used)?.pad_with_zeros(dim, left, to - left - used)
    };
    along(along(x.clone(), 2, to.0)?, 3, to.1)
}

/// A convolution of one shape.
#[derive(Clone, Copy)]
pub(super) struct Conv {
    /// B, C, H, W
    input: (usize, usize, usize, usize),
    /// O, H, W
    output: (usize, usize, usize),
    kernel: usize,
    stride: usize,
    padding: usize,
    /// [`COLUMN_BYTES`], or what a test puts in its place.
    pub(super) column_bytes: usize,
}

impl Conv {
    pub(super) fn new(x: &Tensor, w: &Tensor, stride: usize, padding: usize) -> Result<Self> {
        let (input, (channels, _, kernel, _)) = (x.dims4()?, w.dims4()?);
        let side = |n: usize| ((n + 2 * padding).saturating_sub(kernel)) / stride + 1;
        Ok(Self { input, output: (channels, side(input.2), side(input.3)), kernel, stride, padding, column_bytes: COLUMN_BYTES })
    }

    pub(super) fn apply(self, x: &Tensor, w: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
        let inputs: Vec<&Tensor> = [Some(x), Some(w), bias].into_iter().flatten().collect();
        let tracked: Vec<bool> = inputs.iter().map(|t| t.track_op()).collect();
        function("convolution", &inputs, || {
            let (x, w) = (x.detach().contiguous()?, w.detach().contiguous()?);
            let mut y = self.forward(&x, &w)?;
            if let Some(bias) = bias {
                y = y.broadcast_add(&bias.detach().reshape((1, (), 1, 1))?)?;
            }
            let gradients = move |_: &Tensor, dy: &Tensor| {
                let dx = if tracked[0] { Some(self.input_gradient(&w, dy)?) } else { None };
                let dw = if tracked[1] { Some(self.weight_gradient(&x, dy)?) } else { None };
                // First over the pixels of a plane, so that there is work for all of a GPU.
                let db = if tracked.get(2) == Some(&true) { Some(dy.flatten_from(2)?.sum(2)?.sum(0)?) } else { None };
                Ok(vec![dx, dw, db])
            };
            Ok((y, gradients))
        })
    }

    /// How many images have at most `column_bytes` of columns, each of `columns` values.
    fn images_at_once(&self, columns: usize, like: &Tensor) -> usize {
        (self.column_bytes / (columns * like.dtype().size_in_bytes()).max(1)).max(1)
    }

    /// candle's convolution, which may lay out all columns of what it is given.
    fn correlate(&self, x: &Tensor, w: &Tensor, stride: usize, padding: usize) -> Result<Tensor> {
        let (batch, channels, height, width) = x.dims4()?;
        let kernel = w.dim(2)?;
        let side = |n: usize| (n + 2 * padding - kernel) / stride + 1;
        let images = self.images_at_once(channels * kernel * kernel * side(height) * side(width), x);
        // The one that uses tensor cores, needs next to no memory, and gives the same bits again; read by cuDNN alone.
        let algorithm = Some(CudnnFwdAlgo::ImplicitPrecompGemm);
        let conv = |x: &Tensor| x.conv2d_with_algo(w, padding, stride, 1, 1, algorithm);
        // cuDNN needs no columns.
        if images >= batch || (cfg!(feature = "cudnn") && x.device().is_cuda()) {
            return conv(x);
        }
        let pieces = pieces(batch, images).map(|(at, n)| conv(&x.narrow(0, at, n)?));
        Tensor::cat(&pieces.collect::<Result<Vec<_>>>()?, 0)
    }

    /// Whether every result is of one pixel.
    fn is_pointwise(&self) -> bool {
        self.kernel == 1 && self.padding == 0
    }

    fn pixels(&self) -> usize {
        self.output.1 * self.output.2
    }

    fn forward(&self, x: &Tensor, w: &Tensor) -> Result<Tensor> {
        if !self.is_pointwise() {
            return self.correlate(x, w, self.stride, self.padding);
        }
        let ((batch, input, ..), (output, height, width)) = (self.input, self.output);
        let w = w.reshape((1, output, input))?.broadcast_as((batch, output, input))?;
        w.matmul(&self.used_pixels(x)?)?.reshape((batch, output, height, width))
    }

    /// The pixels that a 1x1 kernel sees, (B, C, H * W of the result).
    fn used_pixels(&self, x: &Tensor) -> Result<Tensor> {
        let ((batch, input, ..), (_, height, width), s) = (self.input, self.output, self.stride);
        if s == 1 {
            return x.flatten_from(2);
        }
        let phases = framed(x, 0, (height * s, width * s))?.reshape(&[batch, input, height, s, width, s][..])?;
        phases.narrow(3, 0, 1)?.narrow(5, 0, 1)?.reshape((batch, input, height * width))
    }

    fn input_gradient(&self, w: &Tensor, dy: &Tensor) -> Result<Tensor> {
        let ((batch, input, height, width), (output, out_height, out_width), s) = (self.input, self.output, self.stride);
        if self.is_pointwise() {
            let w = w.reshape((1, output, input))?.broadcast_as((batch, output, input))?;
            let dx = w.t()?.matmul(&dy.flatten_from(2)?)?;
            if s == 1 {
                return dx.reshape((batch, input, height, width));
            }
            let dilated = dx.reshape(&[batch, input, out_height, 1, out_width, 1][..])?;
            let dilated = dilated.pad_with_zeros(5, 0, s - 1)?.pad_with_zeros(3, 0, s - 1)?;
            let dx = dilated.reshape((batch, input, out_height * s, out_width * s))?;
            return framed(&dx, 0, (height, width))?.contiguous();
        }
        let taps = PhaseTaps::new(self);
        let (rows, columns) = (height.div_ceil(s), width.div_ceil(s));
        // Zeros on all four sides, as many as the side needs that needs most.
        let after = |pixels: usize, of: usize| (pixels + taps.last).saturating_sub(of);
        let zeros = taps.before.max(after(rows, out_height)).max(after(columns, out_width));
        let dx = self.correlate(dy, &taps.weight(w)?, 1, zeros)?;
        let (_, _, found_rows, found_columns) = dx.dims4()?;
        let phases = dx.reshape(&[batch, s, s, input, found_rows, found_columns][..])?;
        let phases = phases.narrow(4, zeros - taps.before, rows)?.narrow(5, zeros - taps.before, columns)?;
        let dx = phases.permute([0, 3, 4, 1, 5, 2])?.reshape((batch, input, rows * s, columns * s))?;
        framed(&dx, 0, (height, width))?.contiguous()
    }

    fn weight_gradient(&self, x: &Tensor, dy: &Tensor) -> Result<Tensor> {
        let ((batch, input, ..), (output, ..), k) = (self.input, self.output, self.kernel);
        if self.is_pointwise() {
            let (x, dy) = (self.used_pixels(x)?, dy.flatten_from(2)?);
            // The products of the images one by one and their sum, or of all pixels at once, which have to be laid side by side
            // for it: what moves less memory.
            let dw = if output * input <= (output + input) * self.pixels() {
                dy.matmul(&x.t()?)?.sum(0)?
            } else {
                side_by_side(&dy)?.matmul(&side_by_side(&x)?.t()?)?
            };
            return dw.reshape((output, input, 1, 1));
        }
        let (rows, width) = self.column_plane();
        let mut sum: Option<Tensor> = None;
        for (at, images) in pieces(batch, self.images_at_once(k * input * self.stride.min(k) * rows * width, x)) {
            let columns = self.columns(&x.narrow(0, at, images)?)?;
            // As wide and high as the columns, with zeros beyond the result.
            let dy = framed(&dy.narrow(0, at, images)?, 0, (rows, width))?;
            let dy = side_by_side(&dy.flatten_from(2)?)?;
            let products = (0..k).map(|row| dy.matmul(&columns.of_row(row)?.t()?)).collect::<Result<Vec<_>>>()?;
            let dw = Tensor::stack(&products, 0)?;
            sum = Some(match sum {
                Some(sum) => (sum + dw)?,
                None => dw,
            });
        }
        let Some(dw) = sum else { return Tensor::zeros((output, input, k, k), x.dtype(), x.device()) };
        // (row, O, column, C)
        dw.reshape((k, output, k, input))?.permute((1, 3, 0, 2))?.contiguous()
    }

    /// Height and width of the columns' planes. Rows are multiples of 16 bytes, to which tensor cores are held.
    fn column_plane(&self) -> (usize, usize) {
        ((self.kernel - 1) / self.stride + self.output.1, self.output.2.next_multiple_of(4))
    }

    fn columns(&self, x: &Tensor) -> Result<Columns> {
        let ((_, input, ..), (rows, width), k, s) = (self.input, self.column_plane(), self.kernel, self.stride);
        let (images, columns) = (x.dim(0)?, (k - 1) / s + width);
        let phases = framed(x, self.padding, (rows * s, columns * s))?;
        let phases = phases.reshape(&[images, input, rows, s, columns, s][..])?.transpose(0, 1)?;
        let of_phase = |phase: usize| {
            let phase = phases.narrow(3, phase, 1)?;
            let taps = (0..k).map(|column| phase.narrow(5, column % s, 1)?.narrow(4, column / s, width));
            let mut taps = taps.collect::<Result<Vec<_>>>()?;
            // What the last rows of the last plane are shifted to.
            taps.push(Tensor::zeros((1, images, rows, 1, width, 1), x.dtype(), x.device())?);
            Tensor::cat(&taps, 0)?.flatten_all()
        };
        let of_phases = (0..s.min(k)).map(of_phase).collect::<Result<_>>()?;
        Ok(Columns { of_phases, stride: s, width, shape: (k * input, images * rows * width) })
    }
}

/// The pixels under each tap of one row of a kernel, for every row of an image. Under the next row of the kernel lie the same
/// pixels, one row of the image further: the same memory, read from there. (What then comes from the next plane meets zeros.)
struct Columns {
    /// For each `stride`-th row: (K * C, B * rows * width), in memory order, and zeros.
    of_phases: Vec<Tensor>,
    stride: usize,
    width: usize,
    shape: (usize, usize),
}

impl Columns {
    fn of_row(&self, row: usize) -> Result<Tensor> {
        let from = row / self.stride * self.width;
        self.of_phases[row % self.stride].narrow(0, from, self.shape.0 * self.shape.1)?.reshape(self.shape)
    }
}

/// (B, C, P) -> (C, B * P)
fn side_by_side(x: &Tensor) -> Result<Tensor> {
    let (images, channels, pixels) = x.dims3()?;
    x.transpose(0, 1)?.reshape((channels, images * pixels))
}

/// Which taps of a kernel reach the pixels of each phase of the input: pixel `s i + phase` sees tap t of dy at `i + d`, where
/// `t = phase + padding - s d`.
struct PhaseTaps {
    kernel: usize,
    stride: usize,
    padding: usize,
    /// The offsets d run from `-before` to `last`.
    before: usize,
    last: usize,
}

impl PhaseTaps {
    fn new(conv: &Conv) -> Self {
        let (kernel, stride, padding) = (conv.kernel, conv.stride, conv.padding);
        // t = kernel - 1 of the first phase, and t = 0 of the last one.
        let before = (kernel - 1).saturating_sub(padding) / stride;
        Self { kernel, stride, padding, before, last: padding.div_ceil(stride) }
    }

    /// The tap that `phase` sees at the `u`-th offset.
    fn tap(&self, phase: usize, u: usize) -> Option<usize> {
        (phase + self.padding + self.stride * self.before).checked_sub(self.stride * u).filter(|&t| t < self.kernel)
    }

    /// The weights of the convolution of dy, (s * s * C, O, k, k), from `w` (O, C, K, K).
    fn weight(&self, w: &Tensor) -> Result<Tensor> {
        let (output, input, kernel, _) = w.dims4()?;
        let (s, k) = (self.stride, self.before + self.last + 1);
        let none = kernel * kernel;
        let each = (0..s * s).flat_map(|phase| (0..k * k).map(move |at| (phase, at)));
        let taps = each.map(|(phase, at)| match (self.tap(phase / s, at / k), self.tap(phase % s, at % k)) {
            (Some(row), Some(column)) => (row * kernel + column) as u32,
            _ => none as u32,
        });
        let taps: Vec<u32> = taps.collect();
        let mut w = w.reshape((output, input, none))?;
        if taps.contains(&(none as u32)) {
            w = w.pad_with_zeros(2, 0, 1)?;
        }
        let chosen = w.index_select(&Tensor::from_vec(taps, s * s * k * k, w.device())?, 2)?;
        chosen.reshape((output, input, s * s, k * k))?.permute((2, 1, 0, 3))?.reshape((s * s * input, output, k, k))
    }
}
