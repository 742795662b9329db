//! The vessel tree: arteries and veins of four arcades, and the branches that fill the space between them.
//!
//! A trunk follows a guide (half an ellipse round the macula, or an arc towards the nose); branches leave it at intervals,
//! their radii by Murray's law (r0^3 = r1^3 + r2^3), steer towards the fovea or the periphery, and end where they meet a
//! vessel of their own kind, the foveal avascular zone or the edge of the field.

use super::eye::{Eye, Point, distance};
use crate::rng::Rng;
use rand::Rng as _;
use std::{collections::VecDeque, f32::consts::PI};

/// A vessel as a polyline in the eye's frame.
#[derive(Debug, Clone)]
pub struct Vessel {
    pub points: Vec<Point>,
    /// Radius at each point, in disc diameters.
    pub radii: Vec<f32>,
    pub vein: bool,
}

/// Radius of a central vein at the disc.
pub const TRUNK: f32 = 0.037;
/// Where a branch ends.
const THINNEST: f32 = 0.0055;
/// Distance of neighbouring points.
const STEP: f32 = 0.04;
/// Vessels of one kind keep this distance.
const APART: f32 = 0.2;
/// Radius of the zone round the fovea that has no vessels.
const AVASCULAR: f32 = 0.3;

/// The start of a branch that has still to grow.
struct Bud {
    at: Point,
    heading: f32,
    radius: f32,
    /// Towards the fovea; otherwise towards the periphery.
    inward: bool,
    vein: bool,
}

pub fn grow(eye: &Eye, rng: &mut Rng) -> Vec<Vessel> {
    let mut tree = Tree { eye, rng, vessels: Vec::new(), buds: VecDeque::new() };
    for upper in [true, false] {
        for vein in [true, false] {
            tree.temporal_arcade(upper, vein);
            tree.nasal_arcade(upper, vein);
        }
    }
    tree.macular_twigs();
    while let Some(bud) = tree.buds.pop_front() {
        tree.branch(bud);
    }
    tree.vessels
}

struct Tree<'a> {
    eye: &'a Eye,
    rng: &'a mut Rng,
    vessels: Vec<Vessel>,
    buds: VecDeque<Bud>,
}

impl Tree<'_> {
    fn draw(&mut self, low: f32, high: f32) -> f32 {
        self.rng.random_range(low..high)
    }

    /// Half an ellipse from the disc round the macula.
    fn temporal_arcade(&mut self, upper: bool, vein: bool) {
        let (half_width, half_height) = (self.draw(2.6, 3.3), self.draw(1.75, 2.3) * if vein { 1.0 } else { 0.9 });
        let end = self.draw(0.25, 0.6);
        let tilt = self.eye.fovea[1] / self.eye.fovea[0];
        let sign = if upper { 1.0 } else { -1.0 };
        let path = (0..=160).map(|i| {
            let angle = PI + (end - PI) * i as f32 / 160.0;
            // Steeper near the disc than an ellipse, as arcades are.
            let (x, y) = (half_width * (1.0 + angle.cos()), half_height * angle.sin().powf(0.8));
            [x, sign * y + tilt * x]
        });
        let path = path.collect();
        self.trunk(path, vein, upper, 1.0);
    }

    /// An arc from the disc up or down the nasal side.
    fn nasal_arcade(&mut self, upper: bool, vein: bool) {
        let sign = if upper { 1.0 } else { -1.0 };
        let reach = [self.draw(-3.4, -2.2), sign * self.draw(1.2, 3.2)];
        let bend = [self.draw(-0.7, -0.2), sign * self.draw(0.7, 1.3)];
        let path = (0..=120).map(|i| {
            let t = i as f32 / 120.0;
            std::array::from_fn(|k| 2.0 * t * (1.0 - t) * bend[k] + t * t * reach[k])
        });
        let path = path.collect();
        self.trunk(path, vein, upper, 0.72);
    }

    /// Small vessels from the disc straight towards the macula.
    fn macular_twigs(&mut self) {
        for k in 0..4 {
            let heading = self.draw(0.25, 0.75) * if k % 2 == 0 { 1.0 } else { -1.0 };
            let at = [0.35 * heading.cos(), 0.35 * heading.sin()];
            let radius = self.draw(0.008, 0.014);
            self.buds.push_back(Bud { at, heading, radius, inward: true, vein: k < 2 });
        }
    }

    /// Lays a trunk along `path` and sets buds on it. `strength` scales its radius.
    fn trunk(&mut self, path: Vec<Point>, vein: bool, upper: bool, strength: f32) {
        let sway = Sway::new(self.rng, 0.055 * self.eye.tortuosity, 1.9);
        // Each vessel has its own place where it comes out of the cup.
        let shift = [self.draw(-0.09, 0.03), self.draw(-0.05, 0.05)];
        let mut radius = TRUNK * strength * self.draw(0.88, 1.12) * if vein { 1.0 } else { 0.76 };
        let mut vessel = Vessel { points: Vec::new(), radii: Vec::new(), vein };
        let (mut travelled, mut next_bud) = (0f32, self.draw(0.55, 1.1));
        let mut side = self.rng.random::<bool>();
        for pair in path.windows(2) {
            let ([a, b], [c, d]) = (pair[0], pair[1]);
            let length = distance(pair[0], pair[1]).max(1e-6);
            let normal = [(b - d) / length, (c - a) / length];
            let start = (travelled / 0.8).min(1.0);
            let offset = start * sway.at(travelled);
            let fade = 1.0 - 0.7 * start;
            let point = [a + offset * normal[0] + fade * shift[0], b + offset * normal[1] + fade * shift[1]];
            travelled += length;
            radius *= 1.0 - 0.02 * length;
            vessel.points.push(point);
            vessel.radii.push(radius);
            if travelled > next_bud {
                let heading = (d - b).atan2(c - a);
                radius = self.bud(point, heading, radius, side, upper, vein);
                side = !side;
                next_bud = travelled + self.draw(0.4, 1.0);
            }
            if radius < THINNEST || self.outside(point) {
                break;
            }
        }
        self.vessels.push(vessel);
    }

    /// Sets a bud at the left or right side of a vessel; returns the radius that is left to it.
    fn bud(&mut self, at: Point, heading: f32, radius: f32, left: bool, upper: bool, vein: bool) -> f32 {
        let child = radius * self.draw(0.35, 0.78);
        let turn = self.draw(0.45, 1.15) * if left { 1.0 } else { -1.0 };
        // Left of a vessel that runs over the macula is the periphery; under it, the fovea.
        let inward = left != upper && at[0] > 0.3;
        self.buds.push_back(Bud { at, heading: heading + turn, radius: child, inward, vein });
        (radius.powi(3) - child.powi(3)).cbrt()
    }

    fn branch(&mut self, bud: Bud) {
        let Bud { mut at, mut heading, mut radius, inward, vein } = bud;
        let sway = Sway::new(self.rng, 0.55 * self.eye.tortuosity, 1.1);
        let mut vessel = Vessel { points: vec![at], radii: vec![radius], vein };
        let (mut travelled, mut next_bud) = (0f32, self.draw(0.35, 0.9));
        let mut side = self.rng.random::<bool>();
        while radius > THINNEST {
            let goal = if inward { self.eye.fovea } else { [2.0 * at[0] - 0.8, 2.0 * at[1]] };
            let wish = (goal[1] - at[1]).atan2(goal[0] - at[0]);
            let turn = (wish - heading + PI).rem_euclid(2.0 * PI) - PI;
            heading += STEP * (0.55 * turn + 2.0 * sway.at(travelled));
            at = [at[0] + STEP * heading.cos(), at[1] + STEP * heading.sin()];
            travelled += STEP;
            radius *= 1.0 - 0.16 * STEP;
            if self.outside(at) || distance(at, self.eye.fovea) < AVASCULAR || self.crowded(at, vein, travelled) {
                break;
            }
            vessel.points.push(at);
            vessel.radii.push(radius);
            if travelled > next_bud && radius > 1.3 * THINNEST {
                let child = radius * self.draw(0.55, 0.85);
                let turn = self.draw(0.4, 0.9) * if side { 1.0 } else { -1.0 };
                self.buds.push_back(Bud { at, heading: heading + turn, radius: child, inward, vein });
                radius = (radius.powi(3) - child.powi(3)).cbrt();
                heading -= 0.35 * turn;
                side = !side;
                next_bud = travelled + self.draw(0.3, 0.8);
            }
        }
        // No vessel ends blunt, and a stump would look like a speck.
        let tail = 14.max(vessel.radii.len() / 2);
        for (k, radius) in vessel.radii.iter_mut().rev().take(tail).enumerate() {
            *radius *= 0.25 + 0.75 * k as f32 / tail as f32;
        }
        if travelled > 0.3 {
            self.vessels.push(vessel);
        }
    }

    fn outside(&self, at: Point) -> bool {
        distance(at, self.eye.centre) > 1.08 * self.eye.field
    }

    /// Whether a vessel of the same kind is near. Near the start it is the parent.
    fn crowded(&self, at: Point, vein: bool, travelled: f32) -> bool {
        let apart = APART.min(0.6 * (travelled - 0.1));
        let near = |v: &Vessel| v.points.iter().any(|p| (p[0] - at[0]).powi(2) + (p[1] - at[1]).powi(2) < apart * apart);
        apart > 0.0 && self.vessels.iter().filter(|v| v.vein == vein).any(near)
    }
}

/// A smooth random function of length: three sines.
struct Sway([[f32; 3]; 3]);

impl Sway {
    fn new(rng: &mut Rng, strength: f32, wavelength: f32) -> Self {
        Self([1.0, 0.6, 0.35].map(|share| {
            let frequency = 2.0 * PI / (wavelength * share * rng.random_range(0.8..1.25));
            [strength * share * share * rng.random_range(0.4..1.0), frequency, rng.random_range(0.0..2.0 * PI)]
        }))
    }

    fn at(&self, s: f32) -> f32 {
        self.0.iter().map(|[a, f, phase]| a * (f * s + phase).sin()).sum()
    }
}
