//! The augmentation T of SimCLR (Chen et al. 2020), drawn for each view, in this order:
//!
//! | | probability | |
//! |---|---|---|
//! | contrast, HSV (in random order) | 0.8 | factors U\[0.6, 1.4\]; the hue's shift U\[-0.1, 0.1\] x 255/360 |
//! | grey | 0.2 | 0.299 R + 0.587 G + 0.114 B |
//! | random resized crop | 1 | area U\[0.08, 1\], aspect log-uniform in 3/4..4/3, bilinear, borders reflected |
//!
//! What is drawn ([`Draw`]) is kept apart from what it does ([`Draw::apply`]), so that given draws and random ones run the
//! same code. Pictures are planar float32 slices in \[0, 1\]; one view is one call, views run in parallel.

mod colour;
mod crop;

pub use colour::Jitter;
pub(crate) use colour::LUMA;
pub use crop::CropBox;

use crate::{config::DiaConfig, rng::Rng};
use rand::Rng as _;

/// The distribution that views are drawn from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Augment {
    /// 1 = the method's ranges; 0 = off.
    pub jitter: f64,
    /// Probability of the colour jitter, \[0, 1\].
    pub jitter_probability: f64,
    /// Probability of the conversion to grey, \[0, 1\].
    pub grey_probability: f64,
    /// Least and largest share of the area that the crop keeps; 0 < least <= largest <= 1.
    pub crop_area: [f64; 2],
}

/// What was drawn for one view.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Draw {
    /// `None`: the colours stay.
    pub jitter: Option<Jitter>,
    /// Whether the view is turned grey.
    pub grey: bool,
    /// The part that becomes the view.
    pub crop: CropBox,
}

impl Augment {
    /// The augmentation of training: crops of area `crop_min`..1.
    pub fn training(config: &DiaConfig) -> Self {
        Self::with_area(config, [config.crop_min, 1.0])
    }

    /// The one of scoring: the crop's area is fixed, the colours vary as in training.
    pub fn scoring(config: &DiaConfig, crop_area: f64) -> Self {
        Self::with_area(config, [crop_area, crop_area])
    }

    fn with_area(config: &DiaConfig, crop_area: [f64; 2]) -> Self {
        let &DiaConfig { jitter, jitter_probability, grey_probability, .. } = config;
        Self { jitter, jitter_probability, grey_probability, crop_area }
    }

    /// Draws for one square view of `side` pixels.
    pub fn draw(&self, side: usize, rng: &mut Rng) -> Draw {
        let jittered = rng.random_bool(self.jitter_probability);
        let jitter = Jitter::draw(self.jitter, rng);
        let grey = rng.random_bool(self.grey_probability);
        let crop = CropBox::draw(self.crop_area, side, rng);
        Draw { jitter: (jittered && self.jitter > 0.0).then_some(jitter), grey, crop }
    }
}

impl Draw {
    /// Writes the view of `picture` (3 planes of `side` x `side`; used as scratch) into `view` (as long).
    ///
    /// A picture of three equal planes stays one, so only one plane is worked on and copied twice: hue and saturation do
    /// nothing to it, and its grey version is itself.
    pub fn apply(&self, picture: &mut [f32], side: usize, view: &mut [f32]) {
        let plane = side * side;
        debug_assert!(picture.len() == 3 * plane && view.len() == 3 * plane);
        let grey = picture[..plane] == picture[plane..2 * plane] && picture[..plane] == picture[2 * plane..];
        let channels = if grey { 1 } else { 3 };
        let picture = &mut picture[..channels * plane];
        if let Some(jitter) = &self.jitter {
            jitter.apply(picture, plane);
        }
        if self.grey && !grey {
            colour::to_grey(picture, plane);
        }
        self.crop.apply(picture, side, &mut view[..channels * plane]);
        if grey {
            view.copy_within(..plane, plane);
            view.copy_within(..plane, 2 * plane);
        }
    }
}
