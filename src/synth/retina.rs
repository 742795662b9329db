//! Paints the retina under even light: ground, choroid, macula, disc, vessels.

use super::{
    eye::{Eye, Point, Rgb, distance, length, mix, smoothstep},
    noise::{fractal, ridges, smooth},
    vessels::{TRUNK, Vessel},
};
use rayon::prelude::*;

/// How the eye's frame lies in a square picture.
#[derive(Debug, Clone, Copy)]
pub struct Framing {
    /// Side of the picture, px.
    pub side: usize,
    /// Radius of the lit circle, px.
    pub radius: f32,
    centre: Point,
    field: f32,
    mirror: f32,
}

impl Framing {
    pub fn new(eye: &Eye, side: usize, radius: f32) -> Self {
        Self { side, radius, centre: eye.centre, field: eye.field, mirror: if eye.left { 1.0 } else { -1.0 } }
    }

    /// Pixels of a disc diameter.
    pub fn scale(&self) -> f32 {
        self.radius / self.field
    }

    /// The middle of a pixel, seen from the middle of the picture, in units of the lit circle's radius; y downwards.
    pub fn relative(&self, x: usize, y: usize) -> Point {
        let half = self.side as f32 / 2.0;
        [(x as f32 + 0.5 - half) / self.radius, (y as f32 + 0.5 - half) / self.radius]
    }

    pub fn to_eye(self, x: usize, y: usize) -> Point {
        let [u, v] = self.relative(x, y);
        [self.centre[0] + self.field * self.mirror * u, self.centre[1] - self.field * v]
    }

    /// In pixels, not rounded.
    pub fn to_picture(self, p: Point) -> Point {
        let half = self.side as f32 / 2.0;
        let u = (p[0] - self.centre[0]) * self.mirror / self.field;
        let v = (self.centre[1] - p[1]) / self.field;
        [half + self.radius * u, half + self.radius * v]
    }
}

/// How far the retina is painted, in the lit circle's radius: so far that the camera's blur finds no edge.
pub const PAINTED: f32 = 1.1;

/// `side * side` pixels, row-major; black beyond [`PAINTED`].
pub fn paint(eye: &Eye, vessels: &[Vessel], view: Framing) -> Vec<Rgb> {
    let [blood, gloss] = vessel_maps(vessels, view);
    let mut pixels = vec![[0.0; 3]; view.side * view.side];
    pixels.par_chunks_mut(view.side).enumerate().for_each(|(y, row)| {
        for (x, pixel) in row.iter_mut().enumerate() {
            let [u, v] = view.relative(x, y);
            if length([u, v]) >= PAINTED {
                continue;
            }
            let p = view.to_eye(x, y);
            let i = y * view.side + x;
            // Blood takes much green and blue, and little red.
            let dark = blood[i] * eye.blood;
            let absorbed = [0.36, 0.95, 0.72].map(|k| (-k * dark).exp());
            let ground = disc(eye, p, fundus(eye, p));
            *pixel = std::array::from_fn(|c| ground[c] * absorbed[c] * (1.0 + 0.22 * gloss[i]));
        }
    });
    pixels
}

/// The retina without disc and vessels.
fn fundus(eye: &Eye, p: Point) -> Rgb {
    let seed = eye.seed;
    let from_fovea = distance(p, eye.fovea);
    let from_disc = length(p);
    // Patches of pigment, fine granules, a drift between yellow and red.
    let patches = 0.06 * fractal([0.55 * p[0], 0.55 * p[1]], 4, seed);
    let granules = 0.03 * fractal([9.0 * p[0], 9.0 * p[1]], 3, seed ^ 1);
    let hue = 0.05 * fractal([0.4 * p[0], 0.4 * p[1]], 2, seed ^ 8) - 0.035 * smoothstep(2.5, 0.6, from_fovea);
    // The choroid's vessels, where pigment is thin: red streaks that run outwards.
    let away = smoothstep(0.6, 2.4, from_fovea) * smoothstep(0.5, 1.2, from_disc);
    let fan = p[1] / (0.6 + 0.22 * length([p[0] - 0.6, 1.0]));
    let streaks = ridges([3.0 * fan, 0.8 * p[0] + 0.3 * p[1]], seed ^ 2) - 0.55;
    let choroid = eye.tessellation * (0.15 + 0.85 * away) * streaks;
    // Nerve fibres: fine bright stripes that leave the disc and bend with the arcades.
    let angle = p[1].atan2(p[0]);
    let bundle = (-(angle.abs() - 1.15).powi(2) / 0.35 - ((from_disc - 0.9) / 1.1).powi(2)).exp();
    let fibres = if bundle < 0.01 {
        0.0
    } else {
        let bent = angle + 0.35 * (p[1] * 0.8).sin() * smoothstep(0.5, 3.0, from_disc);
        let stripes = smooth([bent * 34.0, 0.5 * from_disc], seed ^ 3) + 0.5 * smooth([bent * 71.0, 0.9 * from_disc], seed ^ 4);
        eye.fibres * stripes * bundle
    };
    // The macula's pigments take blue and green; its middle has a small reflex.
    let wide = (-(from_fovea / 1.05).powi(2)).exp();
    let core = (-(from_fovea / 0.36).powi(2)).exp();
    let dark = eye.macula * (0.34 * wide + 0.42 * core);
    let ring = 0.05
        * eye.gloss
        * (-((from_fovea - 0.8) / 0.1).powi(2)).exp()
        * (1.0 + 0.8 * fractal([2.0 * p[0], 2.0 * p[1]], 2, seed ^ 5));
    let spark = 0.28 * eye.gloss * (-(distance(p, [eye.fovea[0] + 0.03, eye.fovea[1]]) / 0.055).powi(2)).exp();
    // Light that the disc scatters around itself.
    let glow = 0.13 * (-((from_disc - 0.45).max(0.0) / 0.55).powi(2)).exp();
    let light = (1.0 + patches + granules + 0.055 * fibres + glow) + ring;
    std::array::from_fn(|c| {
        let macular = (-[0.62, 0.95, 1.15][c] * dark).exp();
        let choroidal = 1.0 + [0.24, 0.02, 0.0][c] * choroid + [0.0, 0.8, 0.5][c] * hue;
        eye.ground[c] * light * macular * choroidal + spark * [0.7, 0.6, 0.45][c]
    })
}

/// Lays the optic disc over the retina: rim, cup and, in some eyes, a pale crescent.
fn disc(eye: &Eye, p: Point, ground: Rgb) -> Rgb {
    let (sin, cos) = eye.disc_tilt.sin_cos();
    let q = [(cos * p[0] + sin * p[1]) / eye.disc[0], (cos * p[1] - sin * p[0]) / eye.disc[1]];
    let r = length(q);
    if r > 1.6 {
        return ground;
    }
    let angle = q[1].atan2(q[0]);
    // Radius in units of the disc's edge, which is not quite an ellipse.
    let r = r * (1.0 + 0.03 * smooth([angle.cos() * 1.5, angle.sin() * 1.5], eye.seed ^ 6));
    let temporal = 0.5 + 0.5 * angle.cos();
    let mottle = 0.04 * fractal([5.0 * p[0], 5.0 * p[1]], 3, eye.seed ^ 7);
    // The crescent lies on the temple's side only; its edge is ragged.
    let crescent = 1.0 + 2.4 * eye.crescent * smoothstep(0.35, 1.0, temporal) + 0.8 * mottle;
    let pale = mix(
        ground,
        [0.90, 0.74, 0.55],
        0.55 * smoothstep(0.02, 0.1, crescent - 1.0) * smoothstep(crescent + 0.06, crescent - 0.06, r),
    );
    let pink: Rgb = std::array::from_fn(|c| ground[c] * [1.18, 1.25, 1.3][c] + [0.10, 0.07, 0.03][c]);
    let tint = mix([0.96, 0.58, 0.36], [1.0, 0.77, 0.50], 0.2 + 0.8 * temporal);
    let rim = mix(pink, tint, 0.62).map(|v| v * (1.0 + mottle));
    let cup_at = distance(q, [0.10, 0.02]) / (0.9 * eye.cup + 0.12);
    let cup = mix(rim, [1.0, 0.91, 0.70].map(|v| v * (1.0 + mottle)), eye.pallor * smoothstep(1.5, 0.35, cup_at));
    mix(pale, cup, smoothstep(1.09, 0.9, r))
}

/// Depth of blood, 0..1 (1 = a central vein), and the light line along the arteries, for each pixel.
fn vessel_maps(vessels: &[Vessel], view: Framing) -> [Vec<f32>; 2] {
    let mut blood = vec![0f32; view.side * view.side];
    let mut gloss = vec![0f32; view.side * view.side];
    for vessel in vessels {
        let points: Vec<Point> = vessel.points.iter().map(|&p| view.to_picture(p)).collect();
        for (k, ends) in points.windows(2).enumerate() {
            let true_radius = vessel.radii[k] * view.scale();
            // What is thinner than a pixel gets fainter instead.
            let radius = true_radius.max(0.55);
            let depth = (true_radius / radius) * (vessel.radii[k] / TRUNK).powf(0.65) * if vessel.vein { 1.0 } else { 0.72 };
            stroke(view.side, ends[0], ends[1], radius + 1.0, |i, d| {
                let profile = (1.0 - (d / (radius + 0.5)).powi(2)).max(0.0).sqrt();
                blood[i] = blood[i].max(depth * profile);
                if !vessel.vein && true_radius > 1.2 {
                    gloss[i] = gloss[i].max((-(d / (0.3 * radius)).powi(2)).exp() * depth);
                }
            });
        }
    }
    [blood, gloss]
}

/// Calls `paint(index, distance to the line)` for the pixels within `reach` of a line.
fn stroke(side: usize, a: Point, b: Point, reach: f32, mut paint: impl FnMut(usize, f32)) {
    let range = |k: usize| {
        let (low, high) = (a[k].min(b[k]) - reach, a[k].max(b[k]) + reach);
        (low.floor().max(0.0) as usize)..(high.ceil().clamp(0.0, side as f32) as usize)
    };
    let along = [b[0] - a[0], b[1] - a[1]];
    let squared = (along[0] * along[0] + along[1] * along[1]).max(1e-9);
    for y in range(1) {
        for x in range(0) {
            let p = [x as f32 + 0.5 - a[0], y as f32 + 0.5 - a[1]];
            let t = ((p[0] * along[0] + p[1] * along[1]) / squared).clamp(0.0, 1.0);
            let d = distance(p, [t * along[0], t * along[1]]);
            if d < reach {
                paint(y * side + x, d);
            }
        }
    }
}
