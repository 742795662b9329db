//! Colour maps of changes, as the shader has them. Colours are gamma-encoded red, green and blue, \[0, 1\] each.

/// The diverging map of signed changes: -1 blue, 0 black, 1 orange; values beyond are clamped. Black as in [`inferno`]: where nothing
/// changed there is nothing to see.
pub fn signed(value: f32) -> [f32; 3] {
    let end: [f32; 3] = if value < 0.0 { [0.30, 0.66, 1.00] } else { [1.00, 0.52, 0.20] };
    end.map(|e| e * value.abs().min(1.0))
}

/// Matplotlib's inferno at nine places, linear between them: 0 black, 1 yellow; values beyond are clamped.
pub fn inferno(value: f32) -> [f32; 3] {
    #[expect(clippy::approx_constant, reason = "0.318 is a colour")]
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
    let at = value.clamp(0.0, 1.0) * (STOPS.len() - 1) as f32;
    let low = (at as usize).min(STOPS.len() - 2);
    [0, 1, 2].map(|c| mix(STOPS[low][c], STOPS[low + 1][c], at - low as f32))
}

/// A colour as 8-bit numbers, 255 = 1.
pub fn bytes(colour: [f32; 3]) -> [u8; 3] {
    colour.map(|v| (v.clamp(0.0, 1.0) * 255.0).round() as u8)
}

/// Linear interpolation: `a` at share 0, `b` at 1.
pub(super) fn mix(a: f32, b: f32, share: f32) -> f32 {
    a * (1.0 - share) + b * share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_change_is_black_and_signs_have_their_colours() {
        assert_eq!(bytes(signed(0.0)), [0; 3]);
        assert_eq!(bytes(inferno(0.0)), [0, 0, 4]);
        let (red, blue) = (signed(0.5), signed(-0.5));
        assert!(red[0] > red[2] && blue[2] > blue[0]);
        assert_eq!(signed(7.0), signed(1.0));
    }
}
