//! Where on the slider's track a t lies.

pub use crate::engine::dissolve::comparison::T_MAX;

/// Number of thumbnails on the slider's track.
pub const STRIP_STEPS: usize = 14;

/// From here on the logarithmic track grows by shares; below it is nearly linear.
const KNEE: f64 = 20.0;

/// How places on the slider's track become steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Track {
    /// Fine steps where the training range is, coarse ones above.
    Log,
    /// All steps alike.
    Linear,
}

impl Track {
    /// The t at a place of the track, \[0, 1\].
    pub fn t(self, at: f64) -> usize {
        let at = at.clamp(0.0, 1.0);
        let t = match self {
            Self::Linear => at * T_MAX as f64,
            Self::Log => KNEE * ((T_MAX as f64 / KNEE).ln_1p() * at).exp_m1(),
        };
        (t.round() as usize).min(T_MAX)
    }

    /// The place of a t on the track, \[0, 1\].
    pub fn at(self, t: usize) -> f64 {
        let t = t.min(T_MAX) as f64;
        match self {
            Self::Linear => t / T_MAX as f64,
            Self::Log => (t / KNEE).ln_1p() / (T_MAX as f64 / KNEE).ln_1p(),
        }
    }

    /// The t of a thumbnail: that of the middle of its cell.
    pub fn thumbnail_t(self, thumbnail: usize) -> usize {
        self.t((thumbnail as f64 + 0.5) / STRIP_STEPS as f64)
    }

    /// Values worth a number under the track.
    pub fn ticks(self) -> &'static [usize] {
        match self {
            Self::Log => &[0, 10, 30, 80, 130, 230, 400, 650, T_MAX],
            Self::Linear => &[0, 100, 200, 300, 400, 500, 600, 700, 800, 900, T_MAX],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_t_has_its_place_and_is_found_there() {
        for track in [Track::Log, Track::Linear] {
            for t in 0..=T_MAX {
                assert_eq!(track.t(track.at(t)), t);
            }
            assert!((0..STRIP_STEPS - 1).all(|r| track.thumbnail_t(r) < track.thumbnail_t(r + 1)));
            assert_eq!((track.t(-1.0), track.t(2.0)), (0, T_MAX));
        }
        assert!(Track::Log.at(130) - Track::Log.at(30) > 0.25, "the training range has room");
    }
}
