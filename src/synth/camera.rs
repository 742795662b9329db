//! The camera: light that falls off, haze at the rim, blur, white balance, noise, and the round aperture with its notch.

use super::{
    eye::{Point, Rgb, distance, length, smoothstep},
    noise::{gauss, smooth},
    retina::{self, Framing},
};
use crate::rng::Rng;
use image::RgbImage;
use rand::Rng as _;
use rayon::prelude::*;

#[derive(Debug, Clone)]
pub struct Camera {
    /// Radius of the lit circle in half sides of the picture.
    pub radius: f32,
    /// Height at which the circle is cut off above and below, in its radius; 1 = not at all.
    cut: f32,
    /// A small triangle (or bump) at the circle's edge, and its angle in radians.
    notch: Option<(bool, f32)>,
    /// Brightness, 1 = ordinary.
    exposure: f32,
    white: Rgb,
    /// Loss of light at the rim, 0..1.
    vignette: f32,
    /// Where the light is strongest, in units of the circle.
    hot: Point,
    /// Strength of haze at the rim, its colour, and the side it comes from.
    haze: f32,
    haze_colour: Rgb,
    haze_from: Point,
    contrast: f32,
    /// Deviation of the blur in half sides.
    blur: f32,
    /// Deviation of the noise.
    noise: f32,
    seed: u32,
}

impl Camera {
    pub fn draw(rng: &mut Rng) -> Self {
        let notched = rng.random::<f32>() < 0.6;
        let notch = notched.then(|| (rng.random(), -std::f32::consts::FRAC_PI_4 + rng.random_range(-0.12..0.12)));
        let mut u = |low: f32, high: f32| rng.random_range(low..high);
        let angle = u(0.0, std::f32::consts::TAU);
        let tint = u(0.0, 1.0);
        Self {
            radius: u(0.94, 0.985),
            cut: u(0.86, 1.15).min(1.0),
            notch,
            exposure: u(0.74, 1.12),
            white: [u(0.94, 1.06), u(0.95, 1.05), u(0.85, 1.15)],
            vignette: u(0.25, 0.95),
            hot: [u(-0.4, 0.4), u(-0.4, 0.4)],
            haze: u(0.0, 1.0).powi(2) * 0.4,
            haze_colour: [0.45 + 0.35 * tint, 0.62 + 0.1 * tint, 0.55 - 0.15 * tint],
            haze_from: [angle.cos(), angle.sin()],
            contrast: u(0.95, 1.2),
            blur: 0.0008 + 0.005 * u(0.0, 1.0).powi(2),
            noise: u(0.004, 0.014),
            seed: rng.random(),
        }
    }

    /// This camera for the next person: exposure, light and noise are new, the optics are not.
    pub fn again(&self, rng: &mut Rng) -> Self {
        let mut u = |low: f32, high: f32| rng.random_range(low..high);
        let (exposure, hot) = (self.exposure * u(0.94, 1.06), [u(-0.2, 0.2), u(-0.2, 0.2)]);
        Self { exposure, hot, seed: rng.random(), ..self.clone() }
    }

    /// Takes the picture. `size` is the finished side in px; the view's side is a multiple of it.
    pub fn photograph(&self, retina: &[Rgb], view: Framing, size: usize) -> Vec<Rgb> {
        let factor = view.side / size;
        let share = 1.0 / (factor * factor) as f32;
        // Light and aperture are averaged over each finished pixel, and the blur comes after: it is linear, and cheaper so.
        let mut lit = vec![[0.0; 3]; size * size];
        let mut open = vec![0.0; size * size];
        lit.par_chunks_mut(size).zip(open.par_chunks_mut(size)).enumerate().for_each(|(y, (row, open))| {
            for (x, (pixel, open)) in row.iter_mut().zip(open).enumerate() {
                for i in 0..factor * factor {
                    let (sx, sy) = (x * factor + i % factor, y * factor + i / factor);
                    let at = view.relative(sx, sy);
                    if length(at) < retina::PAINTED {
                        let light = self.light(at, retina[sy * view.side + sx]);
                        pixel.iter_mut().zip(light).for_each(|(sum, v)| *sum += share * v);
                        *open += share * self.aperture(view.radius, at);
                    }
                }
            }
        });
        let mut picture = blur(lit, size, self.blur * size as f32 / 2.0);
        picture.par_chunks_mut(size).zip(open.par_chunks(size)).enumerate().for_each(|(y, (row, open))| {
            for (x, (pixel, open)) in row.iter_mut().zip(open).enumerate() {
                let common = 0.6 * gauss(x as i32, y as i32, self.seed);
                for (c, value) in pixel.iter_mut().enumerate() {
                    let noise = self.noise * (common + 0.8 * gauss(x as i32, y as i32, self.seed ^ (c as u32 + 1)));
                    *value *= open;
                    // Black stays nearly black: a camera's surround has little noise.
                    *value += noise * (0.15 + 0.85 * (4.0 * *value).min(1.0));
                }
            }
        });
        picture
    }

    /// Illumination, haze and the tone curve at one point.
    fn light(&self, at: Point, colour: Rgb) -> Rgb {
        let r = length(at);
        let from_hot = distance(at, self.hot);
        let uneven = 0.05 * smooth([1.3 * at[0] + 3.0, 1.3 * at[1]], self.seed ^ 9);
        let light = self.exposure * (1.12 - self.vignette * 0.62 * from_hot.powf(1.7) + uneven).max(0.05);
        let facing = 0.5 + 0.5 * (at[0] * self.haze_from[0] + at[1] * self.haze_from[1]);
        let haze = self.haze * smoothstep(0.45, 1.05, r * (0.45 + 0.55 * facing));
        std::array::from_fn(|c| {
            let v = colour[c] * light * self.white[c] * (1.0 - 0.5 * haze) + haze * self.haze_colour[c];
            // A film-like curve: contrast about the middle, and a shoulder instead of clipping.
            let v = 0.42 * (v.max(0.0) / 0.42).powf(self.contrast);
            if v > 0.8 { 0.8 + 0.2 * ((v - 0.8) / 0.2).tanh() } else { v }
        })
    }

    /// 1 inside the lit circle, 0 outside.
    fn aperture(&self, radius: f32, [u, v]: Point) -> f32 {
        let r = length([u, v]);
        let edge = 1.5 / radius + 0.004;
        let mut open = smoothstep(1.0, 1.0 - edge, r);
        if let Some((round, angle)) = self.notch {
            // Along and across the direction of the notch.
            let (sin, cos) = angle.sin_cos();
            let (along, across) = (cos * u + sin * v - 1.0, (cos * v - sin * u).abs());
            let outside = if round { length([along, across]) - 0.035 } else { (across + along - 0.035).max(-along - 0.05) };
            open = open.max(smoothstep(0.006, -0.002, outside));
        }
        open * if self.cut < 1.0 { smoothstep(self.cut, self.cut - 0.004, v.abs()) } else { 1.0 }
    }
}

/// Gaussian blur with deviation `sigma` px.
fn blur(pixels: Vec<Rgb>, side: usize, sigma: f32) -> Vec<Rgb> {
    if sigma < 0.3 {
        return pixels;
    }
    let reach = (3.0 * sigma).ceil() as isize;
    let kernel: Vec<f32> = (-reach..=reach).map(|i| (-0.5 * (i as f32 / sigma).powi(2)).exp()).collect();
    let total: f32 = kernel.iter().sum();
    let pass = |from: &[Rgb], step: usize| {
        let mut out = vec![[0.0; 3]; side * side];
        out.par_chunks_mut(side).enumerate().for_each(|(y, row)| {
            for (x, pixel) in row.iter_mut().enumerate() {
                let (place, start) = if step == 1 { (x, y * side) } else { (y, x) };
                for (offset, weight) in (-reach..=reach).zip(&kernel) {
                    let at = (place as isize + offset).clamp(0, side as isize - 1) as usize;
                    let sample = from[start + at * step];
                    pixel.iter_mut().zip(sample).for_each(|(p, s)| *p += weight / total * s);
                }
            }
        });
        out
    };
    pass(&pass(&pixels, 1), side)
}

/// To 8 bits.
pub fn develop(pixels: &[Rgb], size: usize) -> RgbImage {
    let bytes = pixels.iter().flatten().map(|v| (v.clamp(0.0, 1.0) * 255.0 + 0.5) as u8).collect();
    RgbImage::from_raw(size as u32, size as u32, bytes).unwrap_or_default()
}
