//! Noise that is a function of position and seed alone, so that each pixel can be computed on its own.

/// A well-mixed 32-bit hash of a lattice point (the finaliser of MurmurHash3).
fn hash(x: i32, y: i32, seed: u32) -> u32 {
    let mut h = (x as u32).wrapping_mul(0x9e37_79b1) ^ (y as u32).wrapping_mul(0x85eb_ca77) ^ seed.wrapping_mul(0xc2b2_ae3d);
    h = (h ^ (h >> 16)).wrapping_mul(0x85eb_ca6b);
    h = (h ^ (h >> 13)).wrapping_mul(0xc2b2_ae35);
    h ^ (h >> 16)
}

/// Uniform in \[0, 1).
pub fn uniform(x: i32, y: i32, seed: u32) -> f32 {
    (hash(x, y, seed) >> 8) as f32 / (1 << 24) as f32
}

/// About normal with mean 0 and deviation 1 (a sum of four uniforms).
pub fn gauss(x: i32, y: i32, seed: u32) -> f32 {
    let sum: f32 = (0..4).map(|i| uniform(x, y, seed.wrapping_add(0x51ed_2701 * i))).sum();
    (sum - 2.0) * 3f32.sqrt()
}

/// Smooth noise in \[-1, 1\] with features of size 1 (quintic interpolation between lattice values).
pub fn smooth(p: [f32; 2], seed: u32) -> f32 {
    // `floor` would be a call into the mathematics library.
    let floor = |v: f32| v as i32 - i32::from(v < 0.0);
    let fade = |t: f32| t * t * t * (t * (t * 6.0 - 15.0) + 10.0);
    let (x, y) = (floor(p[0]), floor(p[1]));
    let (u, v) = (fade(p[0] - x as f32), fade(p[1] - y as f32));
    let at = |dx, dy| uniform(x.wrapping_add(dx), y.wrapping_add(dy), seed);
    let top = at(0, 0) + u * (at(1, 0) - at(0, 0));
    let bottom = at(0, 1) + u * (at(1, 1) - at(0, 1));
    2.0 * (top + v * (bottom - top)) - 1.0
}

/// Sum of `octaves` of [`smooth`], each twice as fine and half as strong; about \[-1, 1\].
pub fn fractal(p: [f32; 2], octaves: u32, seed: u32) -> f32 {
    let (mut sum, mut weight, mut scale) = (0.0, 0.5, 1.0);
    for octave in 0..octaves {
        // Turned by a fixed angle so that the lattices do not show.
        let q = [scale * (0.8 * p[0] - 0.6 * p[1]) + 17.3 * octave as f32, scale * (0.6 * p[0] + 0.8 * p[1])];
        sum += weight * smooth(q, seed.wrapping_add(octave));
        weight *= 0.5;
        scale *= 2.03;
    }
    sum * 1.6
}

/// Bright ridges in \[0, 1\], as of a net of vessels under a surface.
pub fn ridges(p: [f32; 2], seed: u32) -> f32 {
    let bend = [smooth([p[0] * 0.5, p[1] * 0.5], seed ^ 0xa5a5), smooth([p[0] * 0.5, p[1] * 0.5], seed ^ 0x5a5a)];
    let q = [p[0] + 0.9 * bend[0], p[1] + 0.9 * bend[1]];
    let coarse = 1.0 - smooth(q, seed).abs();
    let fine = 1.0 - smooth([q[0] * 1.9 + 5.2, q[1] * 1.9 - 3.1], seed ^ 0x77).abs();
    (0.65 * coarse * coarse + 0.35 * fine * fine).clamp(0.0, 1.0)
}
