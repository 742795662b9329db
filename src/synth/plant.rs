//! Draws a lesion into any picture, to ask how small and how faint a lesion a detector still sees.

use super::lesions::{Lesion, LesionKind};
use crate::rng;
use image::{GrayImage, Luma};
use rand::Rng as _;

/// Draws one lesion into a planar picture in \[0, 1\] (`channels * height * width` values, 1 or 3 channels).
///
/// `size` is its diameter in px. `contrast` is the change of brightness where it covers all, in \[0, 1\]: upwards for bright
/// kinds, downwards for dark ones. Its place depends on `seed` alone and lies where the picture has content (not in a black
/// surround). Returns the mask: 255 where a value changed by more than 1 %.
pub fn plant_lesion(
    pixels: &mut [f32],
    [width, height]: [usize; 2],
    kind: LesionKind,
    size: f32,
    contrast: f32,
    seed: u64,
) -> GrayImage {
    let mut mask = GrayImage::new(width as u32, height as u32);
    let area = width * height;
    if area == 0 || pixels.len() < area {
        return mask;
    }
    let channels = pixels.len() / area;
    let mut rng = rng::stream(seed, "plant-lesion", 0);
    let at = place(pixels, [width, height], size, &mut rng);
    let lesion = Lesion::draw(kind, at, size, contrast, rng.random_range(0.0..std::f32::consts::TAU), &mut rng);
    let change = if kind.is_bright() { contrast } else { -contrast };
    let weights = if channels == 3 { kind.colour() } else { [1.0; 3] };
    for y in 0..height {
        for x in 0..width {
            let cover = lesion.coverage([x as f32 + 0.5, y as f32 + 0.5]);
            if cover <= 0.0 {
                continue;
            }
            for (channel, weight) in (0..channels).zip(weights) {
                let Some(value) = pixels.get_mut(channel * area + y * width + x) else { continue };
                let new = (*value + change * weight * cover).clamp(0.0, 1.0);
                if (new - *value).abs() > 0.01 {
                    mask.put_pixel(x as u32, y as u32, Luma([255]));
                }
                *value = new;
            }
        }
    }
    mask
}

/// A place with content round it: the best of some random ones.
fn place(pixels: &[f32], [width, height]: [usize; 2], size: f32, rng: &mut rng::Rng) -> [f32; 2] {
    let mean = pixels.iter().sum::<f32>() / pixels.len() as f32;
    let content = |p: [f32; 2]| {
        let ring = (0..8).map(|k| k as f32 * std::f32::consts::FRAC_PI_4);
        let inside = ring.filter(|a| {
            let q = [p[0] + 0.6 * size * a.cos(), p[1] + 0.6 * size * a.sin()];
            let within = q[0] >= 0.0 && q[1] >= 0.0 && q[0] < width as f32 && q[1] < height as f32;
            within && pixels.get(q[1] as usize * width + q[0] as usize).is_some_and(|&v| v > 0.4 * mean)
        });
        inside.count()
    };
    let mut best = ([0.5 * width as f32, 0.5 * height as f32], 0);
    for _ in 0..40 {
        let p = [rng.random_range(0.0..1.0) * width as f32, rng.random_range(0.0..1.0) * height as f32];
        let found = content(p);
        if found > best.1 {
            best = (p, found);
        }
        if found == 8 {
            break;
        }
    }
    best.0
}
