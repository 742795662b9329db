//! What of two pictures is shown, and how: the shader's uniforms.

use super::{Raster, colormap};

/// From this many pixels of the screen a pixel of the picture is shown as a square: nothing is made up between them.
const SQUARES: f32 = 3.0;

/// What is shown; the numbers are those of the shader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Mode {
    /// The original alone.
    Original,
    /// The dissolved image alone.
    Dissolved,
    /// What changed, mean of the channels: blue (darker) - white (same) - red (brighter).
    Signed,
    /// |what changed|, mean of the channels, in inferno.
    Absolute,
    /// The original left of the divider, the dissolved picture right of it.
    Split,
    /// The dissolved picture in a circle about the divider, the original around it.
    Loupe,
}

/// How the difference of the dissolved image and the original is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// Blue (darker) - white (same) - red (brighter).
    Signed,
    /// Inferno: black (same) to yellow.
    Absolute,
}

impl Difference {
    /// As a mode of the shader.
    pub fn mode(self) -> Mode {
        match self {
            Self::Signed => Mode::Signed,
            Self::Absolute => Mode::Absolute,
        }
    }

    /// The colour of a value: in \[-1, 1\] for signed, \[0, 1\] for absolute ones.
    pub fn colour(self, value: f32) -> [u8; 3] {
        colormap::bytes(match self {
            Self::Signed => colormap::signed(value),
            Self::Absolute => colormap::inferno(value),
        })
    }
}

/// How the pictures are shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Appearance {
    /// What is shown.
    pub mode: Mode,
    /// What changed is multiplied by this before it is coloured.
    pub gain: f32,
    /// The split bar (its x), or the middle of the loupe: physical px of the screen.
    pub divider: [f32; 2],
    /// Radius of the loupe, physical px.
    pub radius: f32,
}

/// Laid out as `Params` in `compare.wgsl`.
#[derive(Debug, Clone, Copy, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub struct CompareUniforms {
    /// Upper left corner of the frame, physical px.
    pub origin: [f32; 2],
    /// Share of the picture that a pixel of the screen covers.
    pub per_px: [f32; 2],
    /// Point of the picture (\[0, 1\] each) at the origin.
    pub start: [f32; 2],
    /// See [`Appearance::divider`].
    pub divider: [f32; 2],
    /// Width and height of the original, px.
    pub size_a: [u32; 2],
    /// Width and height of the dissolved image, px.
    pub size_b: [u32; 2],
    /// See [`Appearance::gain`].
    pub gain: f32,
    /// See [`Appearance::radius`].
    pub radius: f32,
    /// A [`Mode`].
    pub mode: u32,
    /// 1: pixels of the original are squares.
    pub squares: u32,
    /// Level of the original in use, 0 = full size.
    pub level_a: u32,
    /// Level of the dissolved image in use.
    pub level_b: u32,
    /// 1: the target takes linear light, and encodes by itself.
    pub linear: u32,
    /// Fills the last 16 bytes.
    pub pad: u32,
}

impl CompareUniforms {
    /// The frame at `origin` shows the pictures, stretched to `size` px, from the point `start` on, `scale` physical px of the screen
    /// for each of these px, across and down. `original`: what the dissolved picture is compared with, itself or in another size.
    pub fn new(
        size: [u32; 2],
        original: &Raster,
        dissolved: &Raster,
        origin: [f32; 2],
        start: [f32; 2],
        scale: [f32; 2],
        appearance: Appearance,
    ) -> Self {
        let (size_a, size_b) = (original.size(), dissolved.size());
        let least = scale[0].min(scale[1]);
        let share = |of: [u32; 2]| (of[0] as f32 / size[0] as f32).min(of[1] as f32 / size[1] as f32);
        Self {
            origin,
            per_px: [0, 1].map(|i| 1.0 / (size[i] as f32 * scale[i])),
            start,
            divider: appearance.divider,
            size_a,
            size_b,
            gain: appearance.gain,
            radius: appearance.radius,
            mode: appearance.mode as u32,
            squares: u32::from(least >= SQUARES && size_a == size),
            level_a: original.level_for(share(size_a) / least),
            level_b: dissolved.level_for(share(size_b) / least),
            linear: 0,
            pad: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpu::{Texels, compare_cpu};

    #[test]
    fn difference_from_a_resized_picture_lies_where_the_original_does() {
        let grey = |side: u32, v: f32| Raster::new(side, side / 2, Texels::Floats(vec![[v; 4]; (side * side / 2) as usize]));
        let (resized, dissolved) = (grey(4, 0.25), grey(8, 0.5));
        let look = Appearance { mode: Mode::Signed, gain: 2.0, divider: [0.0; 2], radius: 0.0 };
        // The original is of 20 x 10 px, each of which covers 5 of the screen.
        let params = CompareUniforms::new([20, 10], &resized, &dissolved, [3.0, 7.0], [0.0; 2], [5.0; 2], look);
        assert_eq!(params.squares, 0, "there are no pixels of the original to be seen");
        let at = |x, y| compare_cpu::pixel(&params, &resized, &dissolved, [x, y]);
        assert_eq!(at(3.5, 7.5), Some(colormap::signed(0.5)));
        assert_eq!(at(102.5, 56.5), Some(colormap::signed(0.5)), "its last pixel");
        assert!(at(103.5, 30.0).is_none() && at(50.0, 57.5).is_none());
    }
}
