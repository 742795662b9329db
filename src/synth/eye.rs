//! The eye: where things lie, and of what colour.
//!
//! The eye's frame has its origin in the centre of the optic disc, x towards the temple, y upwards; its unit is the disc's
//! diameter (about 1.8 mm), in which anatomy hardly varies.

use crate::rng::Rng;
use rand::Rng as _;

pub type Point = [f32; 2];
pub type Rgb = [f32; 3];

/// One person's retina, as drawn from a population.
#[derive(Debug, Clone)]
pub struct Eye {
    /// The left eye has its disc on the picture's left.
    pub left: bool,
    /// Centre of the macula: about 2.5 diameters from the disc, a little below.
    pub fovea: Point,
    /// What the middle of the picture shows.
    pub centre: Point,
    /// Half width of the field (45 degrees is about 3.7).
    pub field: f32,
    /// Colour of the retina under even light.
    pub ground: Rgb,
    /// How far the choroid's vessels shine through, 0..1.
    pub tessellation: f32,
    /// Darkness of the macula, 0..1.
    pub macula: f32,
    /// Gloss of the fovea and the ring round it, as in young eyes, 0..1.
    pub gloss: f32,
    /// Half axes of the disc.
    pub disc: [f32; 2],
    /// Tilt of the disc in radians.
    pub disc_tilt: f32,
    /// Diameter of the cup in that of the disc.
    pub cup: f32,
    /// Paleness of the cup, 0..1.
    pub pallor: f32,
    /// Width of a pale crescent at the temporal edge of the disc; mostly 0.
    pub crescent: f32,
    /// Visibility of the nerve fibres, 0..1.
    pub fibres: f32,
    /// How winding the vessels are; 1 = ordinary.
    pub tortuosity: f32,
    /// How dark the blood is; 1 = ordinary.
    pub blood: f32,
    pub seed: u32,
}

/// Fundus colours as cameras show them; each eye mixes two.
const GROUNDS: [Rgb; 6] =
    [[0.74, 0.41, 0.19], [0.86, 0.55, 0.27], [0.66, 0.27, 0.17], [0.60, 0.46, 0.36], [0.82, 0.48, 0.36], [0.55, 0.33, 0.15]];

impl Eye {
    pub fn draw(rng: &mut Rng) -> Self {
        let mut u = |low: f32, high: f32| rng.random_range(low..high);
        let fovea = [u(2.35, 2.7), u(-0.38, -0.08)];
        let (first, second) = (u(0.0, 6.0) as usize, u(0.0, 6.0) as usize);
        let mix = u(0.0, 1.0);
        // Pigment takes more of the green and blue than of the red.
        let pigment = u(-0.12, 0.12);
        let ground = std::array::from_fn(|c| {
            let [a, b] = [GROUNDS[first.min(5)][c], GROUNDS[second.min(5)][c]];
            (a + mix * (b - a)) * (1.0 - pigment * [0.5, 1.0, 1.3][c])
        });
        let disc_width = u(0.43, 0.5);
        Self {
            left: u(0.0, 1.0) < 0.5,
            centre: [fovea[0] * u(0.55, 0.95), u(-0.3, 0.2)],
            field: u(3.3, 3.9),
            fovea,
            ground,
            tessellation: u(0.0, 1.0).powi(2),
            macula: u(0.35, 1.0),
            gloss: u(-0.6, 1.0).max(0.0),
            disc: [disc_width, disc_width * u(1.02, 1.18)],
            disc_tilt: u(-0.25, 0.25),
            cup: u(0.25, 0.55),
            pallor: u(0.4, 0.95),
            crescent: u(-0.2, 0.12).max(0.0),
            fibres: u(0.1, 1.0),
            tortuosity: u(0.6, 1.5),
            blood: u(0.8, 1.15),
            seed: rng.random(),
        }
    }
}

pub fn distance(a: Point, b: Point) -> f32 {
    length([a[0] - b[0], a[1] - b[1]])
}

pub fn length(a: Point) -> f32 {
    (a[0] * a[0] + a[1] * a[1]).sqrt()
}

/// 0 below `low`, 1 above `high`, smooth between.
pub fn smoothstep(low: f32, high: f32, x: f32) -> f32 {
    let t = ((x - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

pub fn mix(a: Rgb, b: Rgb, t: f32) -> Rgb {
    std::array::from_fn(|c| a[c] + t * (b[c] - a[c]))
}
