//! One decoded image.

/// Planar pixels, channel after channel, row-major, in \[0, 1\].
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    pub width: usize,
    pub height: usize,
    /// 1 (grey) or 3 (RGB).
    pub channels: usize,
    /// `channels * height * width` values.
    pub data: Vec<f32>,
}
