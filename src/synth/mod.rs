//! Synthetic fundus photographs: a retina drawn from a population of parameters, photographed by a camera of its own, with
//! lesions where they are wanted and a mask of each.
//!
//! Nothing here was taken from a real photograph. Everything depends on the seed alone.
//!
//! ```
//! use dissolve_studio::synth::{Fundus, LesionKind};
//! let fundus = Fundus::new(7);
//! let lesions = fundus.lesions(LesionKind::Exudates, 1, 64);
//! let (photograph, mask) = fundus.render(64, &lesions);
//! assert_eq!((photograph.width(), mask.width()), (64, 64));
//! ```

#![warn(missing_docs)]

mod camera;
mod dataset;
mod eye;
mod lesions;
mod noise;
mod retina;
mod vessels;

pub use dataset::{Photograph, Plan, dataset, photographs};
pub use lesions::{Lesion, LesionKind};

use self::{
    camera::Camera,
    eye::{Eye, distance},
    retina::Framing,
    vessels::Vessel,
};
use crate::rng;
use image::{GrayImage, RgbImage};
use rand::Rng as _;

/// Pictures are painted at least this large and then shrunk, so that small ones show what a camera's shrunken picture shows.
const PAINTED: usize = 320;

/// One eye before one camera.
#[derive(Debug, Clone)]
pub struct Fundus {
    seed: u64,
    eye: Eye,
    camera: Camera,
    vessels: Vec<Vessel>,
}

impl Fundus {
    /// A person drawn by this seed, before a camera of his own; left and right eyes alike.
    pub fn new(seed: u64) -> Self {
        Self::before(seed, Camera::draw(&mut rng::stream(seed, "synth-camera", 0)))
    }

    /// One of many people who come to the same camera.
    pub fn at_camera(seed: u64, camera: u64) -> Self {
        let camera = Camera::draw(&mut rng::stream(camera, "synth-camera", 0));
        Self::before(seed, camera.again(&mut rng::stream(seed, "synth-exposure", 0)))
    }

    fn before(seed: u64, camera: Camera) -> Self {
        let eye = Eye::draw(&mut rng::stream(seed, "synth-eye", 0));
        let vessels = vessels::grow(&eye, &mut rng::stream(seed, "synth-vessels", 0));
        Self { seed, eye, camera, vessels }
    }

    /// Whether it is a left eye: the disc lies on the picture's left.
    pub fn is_left(&self) -> bool {
        self.eye.left
    }

    fn view(&self, side: usize) -> Framing {
        Framing::new(&self.eye, side, self.camera.radius * side as f32 / 2.0)
    }

    /// Lesions of one kind for a picture of `size` px, at typical places: drusen near the macula, flames along the nerve fibres,
    /// nothing on the disc. `severity` 1: as many as a typical sick eye has; n: n times as many.
    pub fn lesions(&self, kind: LesionKind, severity: usize, size: usize) -> Vec<Lesion> {
        let mut rng = rng::stream(self.seed, kind.name(), 0);
        let view = self.view(size);
        let groups = match kind {
            LesionKind::Drusen => rng.random_range(1..3),
            LesionKind::Microaneurysms => rng.random_range(3..6),
            _ => rng.random_range(2..5),
        };
        let groups = severity * groups;
        let spread = if kind == LesionKind::Drusen { 0.7 } else { 2.4 };
        let (smallest, largest) = match kind {
            LesionKind::Microaneurysms => (0.8, 1.4),
            LesionKind::Haemorrhage => (0.3, 0.8),
            LesionKind::Flame => (0.6, 1.1),
            LesionKind::Exudates => (0.6, 1.4),
            LesionKind::Drusen => (1.2, 2.0),
        };
        let mut lesions = Vec::new();
        // A place on the disc, on the fovea or at the rim is thrown away.
        while lesions.len() < groups {
            let at = [0, 1].map(|k| self.eye.fovea[k] + spread * rng.random_range(-1.0f32..1.0));
            let free = distance(at, [0.0; 2]) > 1.0 && distance(at, self.eye.centre) < 0.8 * self.eye.field;
            if !free {
                continue;
            }
            let at_picture = view.to_picture(at);
            let disc = view.to_picture([0.0; 2]);
            let along_fibres = (at_picture[1] - disc[1]).atan2(at_picture[0] - disc[0]);
            let diameter = rng.random_range(smallest..largest) * view.scale();
            let contrast = rng.random_range(0.65..1.0);
            lesions.push(Lesion::draw(kind, at_picture, diameter, contrast, along_fibres, &mut rng));
        }
        lesions
    }

    /// The photograph, `size` x `size` px, and the mask of its lesions: 255 where they change a channel by more than 1 %.
    pub fn render(&self, size: usize, lesions: &[Lesion]) -> (RgbImage, GrayImage) {
        let factor = PAINTED.div_ceil(size.max(1)).max(2);
        let view = self.view(size * factor);
        let healthy = retina::paint(&self.eye, &self.vessels, view);
        let plain = self.camera.photograph(&healthy, view, size);
        let mut mask = GrayImage::new(size as u32, size as u32);
        if lesions.is_empty() {
            return (camera::develop(&plain, size), mask);
        }
        let mut sick = healthy;
        for lesion in lesions.iter().map(|l| l.scaled(factor as f32)) {
            for (i, pixel) in sick.iter_mut().enumerate() {
                let cover = lesion.coverage([(i % view.side) as f32 + 0.5, (i / view.side) as f32 + 0.5]);
                if cover > 0.0 {
                    *pixel = lesion.kind.tint(*pixel, lesion.contrast * cover);
                }
            }
        }
        let picture = self.camera.photograph(&sick, view, size);
        let differs = plain.iter().zip(&picture).map(|(a, b)| a.iter().zip(b).any(|(a, b)| (a - b).abs() > 0.01));
        mask.pixels_mut().zip(differs).for_each(|(m, d)| m.0 = [if d { 255 } else { 0 }]);
        (camera::develop(&picture, size), mask)
    }
}
