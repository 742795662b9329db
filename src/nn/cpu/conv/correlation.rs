//! What a convolution in matrix form computes; [`super::correlate`] says how.

use super::segments::Segment;

/// `out[b, m, pixel] = bias[m] + sum_{c, tap} weights[m * row + c * channel + tap] * x[b, c, reach(tap, pixel)]`; if images are
/// side by side, `x` is (channel, pixel, image) and `out` (m, pixel, image), `images` being a multiple of the vector's length.
#[derive(Debug)]
pub struct Correlation<'a> {
    pub x: &'a [f32],
    pub images: usize,
    pub side_by_side: bool,
    pub channels: usize,
    /// Values of a channel, which may be several planes.
    pub plane: usize,
    /// Height and width of a plane.
    pub size: (usize, usize),
    pub weights: &'a [f32],
    /// Taps of the kernel.
    pub taps: usize,
    pub row: usize,
    pub channel: usize,
    pub bias: Option<&'a [f32]>,
    /// Channels of the result, and values of each.
    pub rows: usize,
    pub out_plane: usize,
    pub segments: &'a [Segment],
}
