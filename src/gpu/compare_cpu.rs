//! `compare.wgsl` in plain Rust: the specification of what the graphics card shows; a test compares the two.

use super::{
    CompareUniforms, Mode, Raster,
    colormap::{inferno, mix, signed},
    raster::level_size,
};

/// The colour (RGB, \[0, 1\]) of the screen's pixel whose middle is `px`, physical px; `None` outside the image.
pub fn pixel(params: &CompareUniforms, original: &Raster, dissolved: &Raster, px: [f32; 2]) -> Option<[f32; 3]> {
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

/// `dissolved - original`, mean of the channels, \[-1, 1\].
pub fn change(original: [f32; 3], dissolved: [f32; 3]) -> f32 {
    (0..3).map(|c| dissolved[c] - original[c]).sum::<f32>() / 3.0
}

/// Bilinear sample of one level with half-pixel centres, at the point `uv` of the image (\[0, 1\] each); border pixels are
/// repeated outside.
pub fn sample(raster: &Raster, level: u32, uv: [f32; 2]) -> [f32; 3] {
    let size = level_size(raster.size(), level);
    let at = [0, 1].map(|i| uv[i] * size[i] as f32 - 0.5);
    let corner = at.map(f32::floor);
    let share = [0, 1].map(|i| at[i] - corner[i]);
    let texel = |dx: i64, dy: i64| raster.at(level, corner[0] as i64 + dx, corner[1] as i64 + dy);
    let four = [texel(0, 0), texel(1, 0), texel(0, 1), texel(1, 1)];
    [0, 1, 2].map(|c| mix(mix(four[0][c], four[1][c], share[0]), mix(four[2][c], four[3][c], share[0]), share[1]))
}
