//! `compare.wgsl` in plain Rust: what the card must show, held against it by a test, and what exports are coloured with.

use super::{Mode, Params, Raster, raster::level_size};

/// The colour of the screen's pixel whose middle is `px`; `None` outside the picture.
pub fn pixel(params: &Params, original: &Raster, dissolved: &Raster, px: [f32; 2]) -> Option<[f32; 3]> {
    let mut uv = [0, 1].map(|i| params.start[i] + (px[i] - params.origin[i]) * params.per_px[i]);
    if uv.iter().any(|v| !(0.0..1.0).contains(v)) {
        return None;
    }
    if params.squares == 1 {
        uv = [0, 1].map(|i| ((uv[i] * params.size_a[i] as f32).floor() + 0.5) / params.size_a[i] as f32);
    }
    let is = |mode: Mode| params.mode == mode as u32;
    let distance = (px[0] - params.divider[0]).hypot(px[1] - params.divider[1]);
    let show_original =
        is(Mode::Original) || (is(Mode::Split) && px[0] < params.divider[0]) || (is(Mode::Loupe) && distance >= params.radius);
    let [a, b] = [(original, params.level_a), (dissolved, params.level_b)].map(|(raster, level)| sample(raster, level, uv));
    Some(if show_original {
        a
    } else if is(Mode::Signed) {
        signed(change(a, b) * params.gain)
    } else if is(Mode::Absolute) {
        inferno((0..3).map(|c| (b[c] - a[c]).abs()).sum::<f32>() / 3.0 * params.gain)
    } else {
        b
    })
}

/// What changed, mean of the channels, \[-1, 1\].
pub fn change(original: [f32; 3], dissolved: [f32; 3]) -> f32 {
    (0..3).map(|c| dissolved[c] - original[c]).sum::<f32>() / 3.0
}

/// Bilinear with half-pixel centres at a point of the picture (\[0, 1\] each); the border's pixels go on outside.
pub fn sample(raster: &Raster, level: u32, uv: [f32; 2]) -> [f32; 3] {
    let size = level_size(raster.size(), level);
    let at = [0, 1].map(|i| uv[i] * size[i] as f32 - 0.5);
    let corner = at.map(f32::floor);
    let share = [0, 1].map(|i| at[i] - corner[i]);
    let texel = |dx: i64, dy: i64| raster.at(level, corner[0] as i64 + dx, corner[1] as i64 + dy);
    let four = [texel(0, 0), texel(1, 0), texel(0, 1), texel(1, 1)];
    [0, 1, 2].map(|c| mix(mix(four[0][c], four[1][c], share[0]), mix(four[2][c], four[3][c], share[0]), share[1]))
}

fn mix(a: f32, b: f32, share: f32) -> f32 {
    a * (1.0 - share) + b * share
}

/// -1 blue, 0 white, 1 red.
pub fn signed(value: f32) -> [f32; 3] {
    let end: [f32; 3] = if value < 0.0 { [0.13, 0.40, 0.67] } else { [0.70, 0.09, 0.17] };
    end.map(|e| 1.0 + (e - 1.0) * value.abs().min(1.0))
}

/// Matplotlib's inferno at nine places, linear between them; 0 black, 1 yellow.
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

/// A colour as 8-bit numbers.
pub fn bytes(colour: [f32; 3]) -> [u8; 3] {
    colour.map(|v| (v.clamp(0.0, 1.0) * 255.0).round() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_change_is_white_or_black_and_signs_have_their_colours() {
        assert_eq!(bytes(signed(0.0)), [255; 3]);
        assert_eq!(bytes(inferno(0.0)), [0, 0, 4]);
        let (red, blue) = (signed(0.5), signed(-0.5));
        assert!(red[0] > red[2] && blue[2] > blue[0]);
        assert_eq!(signed(7.0), signed(1.0));
    }
}
