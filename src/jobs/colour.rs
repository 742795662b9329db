//! Pixels for the screen, and the colours of a difference.

use crate::data::Picture;

/// RGBA, 8 bit, row-major.
#[derive(Clone, PartialEq, Eq)]
pub struct Pixels {
    pub width: usize,
    pub height: usize,
    pub rgba: Vec<u8>,
}

impl std::fmt::Debug for Pixels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pixels({} x {})", self.width, self.height)
    }
}

impl Pixels {
    pub fn new(picture: &Picture) -> Self {
        let (r, g, b) = (picture.plane(0), picture.plane(1), picture.plane(2));
        let rgba = r.iter().zip(g).zip(b).flat_map(|((&r, &g), &b)| [byte(r), byte(g), byte(b), 255]).collect();
        Self { width: picture.width, height: picture.height, rgba }
    }

    /// What dissolving changed: `(dissolved - original) * gain`, averaged over the channels and coloured. Both pictures have
    /// the same size.
    pub fn difference(original: &Picture, dissolved: &Picture, kind: Difference, gain: f32) -> Self {
        let rgba = (0..original.width * original.height)
            .flat_map(|i| {
                let change = |c: usize| dissolved.plane(c)[i] - original.plane(c)[i];
                let [r, g, b] = match kind {
                    Difference::Signed => signed((change(0) + change(1) + change(2)) / 3.0 * gain),
                    Difference::Absolute => inferno((change(0).abs() + change(1).abs() + change(2).abs()) / 3.0 * gain),
                };
                [r, g, b, 255]
            })
            .collect();
        Self { width: original.width, height: original.height, rgba }
    }
}

/// A picture in grey under a map in \[-1, 1\] of the same size: blue for -1, orange for 1, nothing for 0.
pub(super) fn blend(picture: &Picture, map: &Picture) -> Pixels {
    let grey = picture.grey();
    let rgba = grey.data.iter().zip(&map.data).flat_map(|(&grey, &v)| {
        let end: [f32; 3] = if v < 0.0 { [0.30, 0.61, 0.91] } else { [0.91, 0.58, 0.30] };
        let share = 0.75 * v.abs().min(1.0);
        let [r, g, b] = end.map(|e| byte(grey * (1.0 - share) + e * share));
        [r, g, b, 255]
    });
    Pixels { width: grey.width, height: grey.height, rgba: rgba.collect() }
}

/// How the difference between original and twin is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// Blue (darker) - white (same) - red (brighter).
    Signed,
    /// Inferno: black (same) to yellow.
    Absolute,
}

impl Difference {
    /// The colour of a value: in \[-1, 1\] for signed, \[0, 1\] for absolute ones.
    pub fn colour(self, value: f32) -> [u8; 3] {
        match self {
            Self::Signed => signed(value),
            Self::Absolute => inferno(value),
        }
    }
}

fn byte(v: f32) -> u8 {
    (v.clamp(0.0, 1.0) * 255.0).round() as u8
}

/// -1 blue, 0 white, 1 red.
fn signed(v: f32) -> [u8; 3] {
    let v = v.clamp(-1.0, 1.0);
    let end: [f32; 3] = if v < 0.0 { [0.13, 0.40, 0.67] } else { [0.70, 0.09, 0.17] };
    end.map(|e| byte(1.0 + (e - 1.0) * v.abs()))
}

/// Matplotlib's inferno at nine places, linear between them.
fn inferno(v: f32) -> [u8; 3] {
    #[allow(clippy::approx_constant)] // 0.318 is a colour
    const STOPS: [[f32; 3]; 9] = [
        [0.001, 0.000, 0.014],
        [0.123, 0.047, 0.282],
        [0.316, 0.072, 0.485],
        [0.491, 0.120, 0.505],
        [0.733, 0.212, 0.331],
        [0.882, 0.318, 0.217],
        [0.978, 0.558, 0.035],
        [0.974, 0.797, 0.207],
        [0.988, 0.998, 0.645],
    ];
    let at = v.clamp(0.0, 1.0) * (STOPS.len() - 1) as f32;
    let low = (at as usize).min(STOPS.len() - 2);
    let share = at - low as f32;
    [0, 1, 2].map(|c| byte(STOPS[low][c] * (1.0 - share) + STOPS[low + 1][c] * share))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_change_is_white_or_black_and_signs_have_their_colours() {
        let grey = Picture::new(1, 1, 1, vec![0.5]);
        let brighter = Picture::new(1, 1, 3, vec![0.75; 3]);
        let show = |a, b, kind| Pixels::difference(a, b, kind, 4.0).rgba;
        assert_eq!(show(&grey, &grey, Difference::Signed), [255; 4]);
        assert_eq!(show(&grey, &grey, Difference::Absolute), [0, 0, 4, 255]);
        let (red, blue) = (show(&grey, &brighter, Difference::Signed), show(&brighter, &grey, Difference::Signed));
        assert!(red[0] > red[2] && blue[2] > blue[0]);
        assert_eq!(show(&grey, &brighter, Difference::Absolute), show(&brighter, &grey, Difference::Absolute));
    }
}
