//! Lesions: groups of soft marks, and what they do to a colour.

use super::{
    eye::{Point, Rgb, length, mix, smoothstep},
    noise::fractal,
};
use crate::rng::Rng;
use rand::Rng as _;
use std::f32::consts::TAU;

/// What a lesion looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LesionKind {
    /// Tiny dark-red dots.
    Microaneurysms,
    /// Dark-red blots with uneven edges.
    Haemorrhage,
    /// Dark-red streaks along the nerve fibres.
    Flame,
    /// Bright yellow, sharp-edged grains, in a clump or a ring.
    Exudates,
    /// Pale, round, soft spots.
    Drusen,
}

impl LesionKind {
    /// In the order in which a data set goes through them.
    pub const ALL: [Self; 5] = [Self::Microaneurysms, Self::Haemorrhage, Self::Flame, Self::Exudates, Self::Drusen];

    /// Lower case, as folders are named.
    pub fn name(self) -> &'static str {
        match self {
            Self::Microaneurysms => "microaneurysms",
            Self::Haemorrhage => "haemorrhage",
            Self::Flame => "flame-haemorrhage",
            Self::Exudates => "exudates",
            Self::Drusen => "drusen",
        }
    }

    /// Bright lesions lighten, the others darken.
    pub fn is_bright(self) -> bool {
        matches!(self, Self::Exudates | Self::Drusen)
    }

    /// What it does to the colour of the retina under even light where it covers `amount` (0..1) of it.
    pub(super) fn tint(self, colour: Rgb, amount: f32) -> Rgb {
        match self {
            Self::Exudates => mix(colour, [1.0, 0.90, 0.50], amount),
            Self::Drusen => mix(colour, [0.98, 0.84, 0.52], 0.6 * amount),
            _ => std::array::from_fn(|c| colour[c] * (-[0.6, 1.5, 1.2][c] * amount).exp()),
        }
    }
}

/// A group of marks of one kind, placed in a picture.
#[derive(Debug, Clone)]
pub struct Lesion {
    /// Gives its colours and its edges.
    pub kind: LesionKind,
    /// Middle of the group, px.
    pub at: Point,
    /// Diameter of the group, px.
    pub size: f32,
    /// 0..1: how strong it is; 1 = as strong as its kind gets.
    pub contrast: f32,
    /// Direction in radians (of a flame's streaks).
    pub angle: f32,
    marks: Vec<Ellipse>,
    seed: u32,
}

/// One soft ellipse, in units of the group's radius.
#[derive(Debug, Clone)]
struct Ellipse {
    at: Point,
    /// Half axes along and across `Lesion::angle`.
    half: [f32; 2],
    strength: f32,
}

impl Lesion {
    /// Draws the marks of a group.
    pub fn draw(kind: LesionKind, at: Point, size: f32, contrast: f32, angle: f32, rng: &mut Rng) -> Self {
        let count = match kind {
            LesionKind::Microaneurysms => rng.random_range(5..12),
            LesionKind::Haemorrhage => rng.random_range(2..5),
            LesionKind::Flame => rng.random_range(5..9),
            LesionKind::Exudates => rng.random_range(24..60),
            LesionKind::Drusen => rng.random_range(12..26),
        };
        let ring = kind == LesionKind::Exudates && rng.random::<f32>() < 0.35;
        let marks = (0..count).map(|k| Ellipse::draw(kind, k, ring, rng)).collect();
        Self { kind, at, size, contrast, angle, marks, seed: rng.random() }
    }

    /// Moves a lesion to a picture `factor` times as large.
    pub(super) fn scaled(&self, factor: f32) -> Self {
        Self { at: self.at.map(|v| v * factor), size: self.size * factor, ..self.clone() }
    }

    /// Share of the pixel at `p` that is covered, 0..1.
    pub fn coverage(&self, p: Point) -> f32 {
        let radius = 0.5 * self.size;
        let (sin, cos) = self.angle.sin_cos();
        let [x, y] = [(p[0] - self.at[0]) / radius, (p[1] - self.at[1]) / radius];
        let q = [cos * x + sin * y, cos * y - sin * x];
        if length(q) > 1.5 {
            return 0.0;
        }
        let (roughness, softness) = match self.kind {
            LesionKind::Microaneurysms => (0.1, 0.7),
            LesionKind::Haemorrhage => (0.3, 0.6),
            LesionKind::Flame => (0.6, 1.0),
            LesionKind::Exudates => (0.5, 0.5),
            LesionKind::Drusen => (0.2, 1.0),
        };
        let edge = match self.kind {
            LesionKind::Flame => fractal([2.0 * q[0], 16.0 * q[1]], 2, self.seed),
            LesionKind::Haemorrhage => fractal([2.5 * q[0], 2.5 * q[1]], 2, self.seed),
            _ => fractal([4.0 * q[0], 4.0 * q[1]], 3, self.seed),
        };
        // Marks that overlap add up as layers do.
        1.0 - self.marks.iter().map(|m| 1.0 - m.coverage(q, roughness * edge, softness, 1.0 / radius)).product::<f32>()
    }
}

impl Ellipse {
    fn draw(kind: LesionKind, number: usize, ring: bool, rng: &mut Rng) -> Self {
        let direction = rng.random_range(0.0..TAU);
        let mut u = |low: f32, high: f32| rng.random_range(low..high);
        let out = if ring { u(0.72, 0.92) } else { u(0.0, 1.0).powf(0.7) };
        let spot = |spread: f32| [spread * out * direction.cos(), spread * out * direction.sin()];
        let round = |r: f32| [r, r];
        let (at, half) = match kind {
            LesionKind::Microaneurysms => (spot(0.9), round(u(0.035, 0.085))),
            LesionKind::Haemorrhage if number == 0 => ([0.0, 0.0], [u(0.5, 0.8), u(0.4, 0.6)]),
            LesionKind::Haemorrhage => (spot(0.85), round(u(0.1, 0.22))),
            LesionKind::Flame => ([u(-0.25, 0.25), u(-0.3, 0.3)], [u(0.45, 0.75), u(0.07, 0.16)]),
            LesionKind::Exudates => (spot(0.9), [u(0.03, 0.13), u(0.03, 0.1)]),
            LesionKind::Drusen => (spot(0.9), round(u(0.06, 0.17))),
        };
        Self { at, half, strength: u(0.7, 1.0) }
    }

    /// `pixel` is the side of a pixel in the group's units: the least softness of an edge.
    fn coverage(&self, q: Point, edge: f32, softness: f32, pixel: f32) -> f32 {
        // A mark thinner than a pixel gets fainter instead.
        let half = self.half.map(|h| h.max(0.5 * pixel));
        let share = (self.half[0] * self.half[1]) / (half[0] * half[1]);
        let r = length([(q[0] - self.at[0]) / half[0], (q[1] - self.at[1]) / half[1]]) * (1.0 + edge);
        let soft = softness.max(pixel / half[0].min(half[1])).min(1.0);
        self.strength * share * smoothstep(1.0 + 0.5 * soft, 1.0 - 0.5 * soft, r)
    }
}
