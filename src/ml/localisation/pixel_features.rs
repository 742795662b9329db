//! What is seen around a pixel: brightness at several scales, each against the next coarser one, and how it bends.
//!
//! All of it is of the logarithm of the brightness, so that the same spot looks the same in a bright and in a dark part, and is
//! blurred within the content only, so that the black surround makes no edge.

use crate::data::{Picture, gaussian_blur};
use rayon::prelude::*;

/// Sigma of the finest blur, px; each further one is twice as strong.
const FINEST: f32 = 0.75;
/// The coarsest blur is at most this share of the picture's shorter side.
const COARSEST: f32 = 0.1;
/// Edges and bends are measured from twice the finest sigma on, up to this share of the shorter side.
const BENDS: f32 = 1.0 / 80.0;
/// Added to the brightness before its logarithm is taken.
const FLOOR: f32 = 0.03;

/// The scales that features are measured at.
#[derive(Debug, Clone, PartialEq)]
pub struct Scales {
    /// Sigmas of the blurs, px.
    blurs: Vec<f32>,
    /// Sigmas at which edges and bends are measured, px: those of the blurs from the second on, up to some.
    bends: Vec<f32>,
}

impl Scales {
    /// For pictures whose shorter side is `shorter` px.
    pub fn new(shorter: usize) -> Self {
        let shorter = shorter as f32;
        let blurs: Vec<f32> =
            (0..16).map(|k| FINEST * f32::from(1u16 << k)).take_while(|s| *s <= (COARSEST * shorter).max(6.0)).collect();
        let bends = blurs[1..].iter().copied().take_while(|s| *s <= (BENDS * shorter).max(1.5)).collect();
        Self { blurs, bends }
    }

    /// Features of a pixel.
    pub fn count(&self) -> usize {
        self.blurs.len() - 1 + 3 * self.bends.len()
    }

    /// Sigma of the local brightness that bends are measured against, px.
    fn ground(&self) -> usize {
        self.blurs.len().saturating_sub(2)
    }
}

/// One brightness for each pixel: the luma.
pub fn brightness(picture: &Picture) -> Vec<f32> {
    picture.grey().data
}

/// Blurs within the content: what lies outside neither darkens nor brightens it.
struct ContentBlur {
    width: usize,
    inside: Vec<f32>,
    /// Sigmas of the blurs, px, and the content itself under each.
    sigmas: Vec<f32>,
    weights: Vec<Vec<f32>>,
}

impl ContentBlur {
    fn new(content: &[bool], width: usize, scales: &Scales) -> Self {
        let inside: Vec<f32> = content.iter().map(|&c| f32::from(u8::from(c))).collect();
        let weights = scales.blurs.par_iter().map(|&sigma| gaussian_blur(&inside, width, sigma)).collect();
        Self { width, inside, sigmas: scales.blurs.clone(), weights }
    }

    /// By the `scale`-th of the blurs.
    fn blur(&self, plane: &[f32], scale: usize) -> Vec<f32> {
        let masked: Vec<f32> = plane.iter().zip(&self.inside).map(|(v, m)| v * m).collect();
        let blurred = gaussian_blur(&masked, self.width, self.sigmas[scale]);
        blurred.iter().zip(&self.weights[scale]).map(|(v, w)| v / (w + 1e-3)).collect()
    }
}

/// The features of all pixels of a plane of brightness whose content is known: feature after feature, each row-major.
pub fn features(brightness: &[f32], content: &[bool], width: usize, scales: &Scales) -> Vec<Vec<f32>> {
    let within = ContentBlur::new(content, width, scales);
    let blurred: Vec<Vec<f32>> = (0..scales.blurs.len())
        .map(|scale| within.blur(brightness, scale).into_iter().map(|v| (v.max(0.0) + FLOOR).ln()).collect())
        .collect();
    let mut planes: Vec<Vec<f32>> =
        blurred.windows(2).map(|pair| pair[0].iter().zip(&pair[1]).map(|(fine, coarse)| fine - coarse).collect()).collect();
    let relative: Vec<f32> = brightness
        .iter()
        .zip(&blurred[scales.ground()])
        .zip(&within.inside)
        .map(|((v, ground), inside)| ((v + FLOOR).ln() - ground) * inside)
        .collect();
    for (scale, &sigma) in (1..).zip(&scales.bends) {
        planes.extend(bends(&within.blur(&relative, scale), width, sigma));
    }
    planes
}

/// Both eigenvalues of the second derivatives (the larger one first, times sigma^2) and the length of the first (times sigma).
fn bends(plane: &[f32], width: usize, sigma: f32) -> [Vec<f32>; 3] {
    let height = plane.len() / width;
    // As `numpy.gradient`: central differences, one-sided at the border.
    let difference = |plane: &[f32], step: usize, at: usize, count: usize, i: usize| match (at, count) {
        (_, 0 | 1) => 0.0,
        (0, _) => plane[i + step] - plane[i],
        (at, count) if at + 1 == count => plane[i] - plane[i - step],
        _ => (plane[i + step] - plane[i - step]) / 2.0,
    };
    let along = |plane: &[f32], is_x: bool| -> Vec<f32> {
        let mut out = vec![0.0; plane.len()];
        out.par_chunks_mut(width).enumerate().for_each(|(y, out)| {
            for (x, out) in out.iter_mut().enumerate() {
                let i = y * width + x;
                *out = if is_x { difference(plane, 1, x, width, i) } else { difference(plane, width, y, height, i) };
            }
        });
        out
    };
    let (gx, gy) = (along(plane, true), along(plane, false));
    let (xx, xy, yy) = (along(&gx, true), along(&gx, false), along(&gy, false));
    let mut out = [(); 3].map(|()| Vec::with_capacity(plane.len()));
    for i in 0..plane.len() {
        let (mean, half) = ((xx[i] + yy[i]) / 2.0, (((xx[i] - yy[i]) / 2.0).powi(2) + xy[i] * xy[i]).sqrt());
        out[0].push((mean + half) * sigma * sigma);
        out[1].push((mean - half) * sigma * sigma);
        out[2].push(gx[i].hypot(gy[i]) * sigma);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(value: impl Fn(f32, f32) -> f32) -> Picture {
        Picture::new(96, 64, 1, (0..96 * 64).map(|i| value((i % 96) as f32, (i / 96) as f32)).collect())
    }

    /// The features of the pixel in the middle.
    fn middle(picture: &Picture) -> (Vec<f32>, Scales) {
        let scales = Scales::new(128);
        let planes = features(&brightness(picture), &vec![true; 96 * 64], 96, &scales);
        assert_eq!(planes.len(), scales.count());
        (planes.iter().map(|plane| plane[32 * 96 + 48]).collect(), scales)
    }

    #[test]
    fn a_flat_picture_has_no_features() {
        assert!(middle(&picture(|_, _| 0.4)).0.iter().all(|v| v.abs() < 1e-3));
    }

    #[test]
    fn bright_and_dark_spots_differ_in_sign_and_a_line_bends_one_way_only() {
        let bell = |r: f32| 0.2 * (-r / 8.0).exp();
        let spot = |sign: f32| middle(&picture(|x, y| 0.4 + sign * bell((x - 48.0).powi(2) + (y - 32.0).powi(2))));
        let ((bright, scales), (dark, _)) = (spot(1.0), spot(-1.0));
        assert!(bright[1] > 0.03 && dark[1] < -0.03);
        let larger = scales.blurs.len() - 1;
        assert!(bright[larger] < -0.02 && bright[larger + 1] < -0.02, "it bends down both ways: {bright:?}");
        assert!(dark[larger] > 0.02 && dark[larger + 1] > 0.02);
        let (line, _) = middle(&picture(|x, _| 0.4 - bell((x - 48.0).powi(2))));
        assert!(line[larger] > 0.02 && line[larger + 1].abs() < 0.01, "a vessel bends across, not along: {line:?}");
    }

    #[test]
    fn larger_pictures_have_coarser_scales() {
        assert_eq!(Scales::new(512), Scales { blurs: vec![0.75, 1.5, 3.0, 6.0, 12.0, 24.0, 48.0], bends: vec![1.5, 3.0, 6.0] });
        assert!(Scales::new(2048).count() > Scales::new(512).count() && Scales::new(130).count() >= 6);
    }
}
