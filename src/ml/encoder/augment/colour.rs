//! Colour jitter in two groups, contrast and HSV, applied in random order; and conversion to grey.

use crate::rng::Rng;
use rand::Rng as _;
use std::f32::consts::{PI, TAU};

/// Factors of the colour jitter; 1, 0, 1, 1 change nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Jitter {
    /// Scales the distance to the mean of each channel.
    pub contrast: f32,
    /// Added to the hue after x 255/360; the hue's range is \[0, 1).
    pub hue: f32,
    /// Factor of the saturation, clamped to \[0, 1\] afterwards.
    pub saturation: f32,
    /// Factor of the value, clamped to \[0, 1\] afterwards.
    pub value: f32,
    /// Which of the two groups comes first.
    pub contrast_first: bool,
}

impl Jitter {
    /// Draws at a strength in \[0, 2\]. Strength 1: contrast, saturation, value from U\[0.6, 1.4\], hue from U\[-0.1, 0.1\];
    /// others scale the widths.
    pub fn draw(strength: f64, rng: &mut Rng) -> Self {
        let mut factor = |width: f64| (width * strength * rng.random_range(-1.0..=1.0)) as f32;
        // Strength goes up to 2: no factor falls below 0.2.
        let (contrast, hue, saturation, value) = (1.0 + factor(0.4), factor(0.1), 1.0 + factor(0.4), 1.0 + factor(0.4));
        Self { contrast, hue, saturation, value, contrast_first: rng.random_bool(0.5) }
    }

    /// Both groups, in their order, in place; 1 or 3 planes of `plane` pixels.
    pub fn apply(&self, picture: &mut [f32], plane: usize) {
        if self.contrast_first {
            self.apply_contrast(picture, plane);
        }
        self.apply_hsv(picture, plane);
        if !self.contrast_first {
            self.apply_contrast(picture, plane);
        }
    }

    /// `clamp((x - mean) * contrast + mean)`, the mean of each channel over the picture.
    pub fn apply_contrast(&self, picture: &mut [f32], plane: usize) {
        for channel in picture.chunks_exact_mut(plane) {
            let mean = (channel.iter().map(|&v| f64::from(v)).sum::<f64>() / plane as f64) as f32;
            for v in channel {
                *v = ((*v - mean) * self.contrast + mean).clamp(0.0, 1.0);
            }
        }
    }

    /// Hue shift, saturation and value factors, in HSV. A single plane has no hue: only its value is scaled.
    pub fn apply_hsv(&self, picture: &mut [f32], plane: usize) {
        if picture.len() < 3 * plane {
            picture.iter_mut().for_each(|v| *v = (*v * self.value).clamp(0.0, 1.0));
            return;
        }
        let turn = self.hue * 255.0 / 360.0;
        let (red, rest) = picture.split_at_mut(plane);
        let (green, blue) = rest.split_at_mut(plane);
        for ((r, g), b) in red.iter_mut().zip(green).zip(blue) {
            let [h, s, v] = rgb_to_hsv([*r, *g, *b]);
            let hsv = [(h + turn).rem_euclid(1.0), (s * self.saturation).clamp(0.0, 1.0), (v * self.value).clamp(0.0, 1.0)];
            [*r, *g, *b] = hsv_to_rgb(hsv);
        }
    }
}

/// Hue in \[0, 1) by the angle formula (as the reference does it), saturation and value in \[0, 1\]; black has saturation 0.
fn rgb_to_hsv([r, g, b]: [f32; 3]) -> [f32; 3] {
    let (max, min) = (r.max(g).max(b), r.min(g).min(b));
    let angle = (3f32.sqrt() * (g - b)).atan2(2.0 * r - g - b);
    let hue = if angle < 0.0 { angle + TAU } else { angle } / (2.0 * PI);
    [hue, if max > 0.0 { (max - min) / max } else { 0.0 }, max]
}

fn hsv_to_rgb([h, s, v]: [f32; 3]) -> [f32; 3] {
    [5.0, 3.0, 1.0].map(|offset: f32| {
        let k = (offset + 6.0 * h) % 6.0;
        v - v * s * k.min(4.0 - k).clamp(0.0, 1.0)
    })
}

/// Weights of red, green and blue in the luminance.
pub(crate) const LUMA: [f32; 3] = [0.299, 0.587, 0.114];

/// The luminance in all three planes.
pub(crate) fn to_grey(picture: &mut [f32], plane: usize) {
    let (red, rest) = picture.split_at_mut(plane);
    let (green, blue) = rest.split_at_mut(plane);
    for ((r, g), b) in red.iter_mut().zip(green).zip(blue) {
        let y = LUMA[0] * *r + LUMA[1] * *g + LUMA[2] * *b;
        (*r, *g, *b) = (y, y, y);
    }
}
