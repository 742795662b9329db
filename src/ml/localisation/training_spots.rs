//! Spots of many sizes, shapes and strengths, bright and dark, drawn into normal pictures: what a pixel network learns to tell
//! from what was there. They are no disease, and no picture of one was looked at to make them.

use crate::{data::gaussian_blur, rng::Rng};
use rand::Rng as _;
use rand_distr::StandardNormal;

/// Least radius of a spot, px.
const LEAST_RADIUS: f32 = 1.5;
/// Greatest radius: px, and in large pictures as a share of the shorter side.
const MOST_RADIUS: f32 = 14.0;
const MOST_SHARE: f32 = 1.0 / 36.0;
/// Least and greatest strength: the logarithm of the brightness changes by this, up or down.
const STRENGTH: [f32; 2] = [0.08, 0.6];
/// Share of the content that spots cover.
const COVER: f32 = 0.06;
/// Spots drawn at most.
const MOST: usize = 4000;

/// How much a spot covers each pixel of a square, \[0, 1\].
struct Spot {
    side: usize,
    cover: Vec<f32>,
}

impl Spot {
    /// An ellipse with an uneven outline and a soft edge, its longer radius `radius` px.
    fn draw(radius: f32, rng: &mut Rng) -> Self {
        let side = (6.0 * radius) as usize | 1;
        let noise: Vec<f32> = (0..side * side).map(|_| rng.sample(StandardNormal)).collect();
        let mut uneven = gaussian_blur(&noise, side, (radius / 2.5).max(0.6));
        let mean = uneven.iter().sum::<f32>() / uneven.len() as f32;
        let deviation = (uneven.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / uneven.len() as f32).sqrt().max(1e-6);
        uneven.iter_mut().for_each(|v| *v /= deviation);
        let (flatness, angle) = (rng.random_range(0.5..1.0f32), rng.random_range(0.0..std::f32::consts::PI));
        let (sin, cos) = angle.sin_cos();
        let half = (side / 2) as f32;
        let cover: Vec<f32> = (0..side * side)
            .map(|i| {
                let (x, y) = ((i % side) as f32 - half, (i / side) as f32 - half);
                let far = (x * cos + y * sin).hypot((y * cos - x * sin) / flatness) / radius;
                ((1.0 - far + 0.35 * uneven[i]) * radius + 0.5).clamp(0.0, 1.0)
            })
            .collect();
        Self { side, cover: gaussian_blur(&cover, side, 0.6) }
    }
}

/// Draws spots into a plane of brightness, within its content; returns how much of each pixel they cover, \[0, 1\].
pub fn draw_spots(brightness: &mut [f32], content: &[bool], width: usize, rng: &mut Rng) -> Vec<f32> {
    let height = brightness.len() / width.max(1);
    let inside: Vec<usize> = (0..content.len()).filter(|&i| content[i]).collect();
    let most_radius = (width.min(height) as f32 * MOST_SHARE).max(MOST_RADIUS);
    let mut covered = vec![0f32; brightness.len()];
    let (wanted, mut area) = (COVER * inside.len() as f32, 0.0);
    let log_uniform = |rng: &mut Rng, [low, high]: [f32; 2]| rng.random_range(low.ln()..high.ln()).exp();
    for _ in 0..MOST {
        if area >= wanted {
            break;
        }
        let at = inside[rng.random_range(0..inside.len() as u64) as usize];
        let radius = log_uniform(rng, [LEAST_RADIUS, most_radius]);
        let spot = Spot::draw(radius, rng);
        let strength = log_uniform(rng, STRENGTH) * if rng.random() { 1.0 } else { -1.0 };
        let half = (spot.side / 2) as isize;
        for (i, &cover) in spot.cover.iter().enumerate().filter(|(_, cover)| **cover > 0.0) {
            let x = (at % width) as isize + (i % spot.side) as isize - half;
            let y = (at / width) as isize + (i / spot.side) as isize - half;
            let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { continue };
            if x < width && y < height && content[y * width + x] {
                let i = y * width + x;
                brightness[i] = (brightness[i] * (cover * strength).exp()).clamp(0.0, 1.0);
                covered[i] = covered[i].max(cover);
                area += f32::from(u8::from(cover > 0.5));
            }
        }
        area += 1.0;
    }
    covered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng;

    #[test]
    fn spots_lie_in_the_content_and_cover_a_part_of_it() {
        let (width, height) = (200, 150);
        let content: Vec<bool> = (0..width * height).map(|i| i % width > 40).collect();
        let mut plane = vec![0.4; width * height];
        let covered = draw_spots(&mut plane, &content, width, &mut rng::stream(1, "test", 0));
        let share = covered.iter().filter(|c| **c > 0.5).count() as f32 / (159.0 * height as f32);
        assert!((0.03..0.09).contains(&share), "{share}");
        for (i, (value, cover)) in plane.iter().zip(&covered).enumerate() {
            assert!(content[i] || (*cover == 0.0 && *value == 0.4));
            // Where a bright spot lies on a dark one they may cancel.
            assert!(*cover > 0.0 || *value == 0.4);
        }
        let mut again = vec![0.4; width * height];
        draw_spots(&mut again, &content, width, &mut rng::stream(1, "test", 0));
        assert!(plane == again, "the same seed draws the same spots");
        // Few large spots can be all of one kind; of several pictures some are bright and some dark.
        for seed in 0..4 {
            draw_spots(&mut plane, &content, width, &mut rng::stream(seed, "test", 1));
        }
        assert!(plane.iter().any(|v| *v > 0.44) && plane.iter().any(|v| *v < 0.36));
    }

    #[test]
    fn a_picture_without_content_stays_as_it_is() {
        let mut plane = vec![0.0; 100];
        let covered = draw_spots(&mut plane, &[false; 100], 10, &mut rng::stream(1, "test", 0));
        assert!(covered.iter().chain(&plane).all(|v| *v == 0.0));
    }
}
