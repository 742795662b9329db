//! Changes of brightness and contrast. All of them depend on a picture's content relative to its side, so that they look the
//! same at any size.

use super::{
    picture::{LUMA, Picture, Pixels},
    resize::resize_bilinear,
};

/// `low` becomes 0 and `high` 1, shares of the full range.
pub fn window(picture: &mut Picture, [low, high]: [f64; 2]) {
    if [low, high] != [0.0, 1.0] {
        let (low, span) = (low as f32, (high - low) as f32);
        picture.data.iter_mut().for_each(|v| *v = ((*v - low) / span).clamp(0.0, 1.0));
    }
}

/// Ben Graham's normalisation: `4 (x - local mean) + 1/2`. The black surround neither darkens the mean at the rim nor becomes
/// more than middle grey.
pub fn ben_graham(picture: &mut Picture) {
    /// Luma from which a pixel counts in full.
    const LIT: f32 = 0.06;
    /// Standard deviation of the local mean's bell, as a share of the longer side: Graham's radius / 30.
    const SHARE: f64 = 1.0 / 60.0;
    let lit: Vec<f32> = luma(picture).iter().map(|v| (v / LIT).min(1.0)).collect();
    let [width, height] = picture.size();
    let mean_of = |plane: Vec<f32>| local_mean(&Picture { width, height, channels: 1, data: plane }, SHARE).data;
    let weights = mean_of(lit.clone());
    for plane in picture.data.chunks_exact_mut((width * height).max(1)) {
        let mean = mean_of(plane.iter().zip(&lit).map(|(v, l)| v * l).collect());
        for (((value, mean), weight), lit) in plane.iter_mut().zip(mean).zip(&weights).zip(&lit) {
            *value = (0.5 + 4.0 * lit * (*value - mean / weight.max(1e-3))).clamp(0.0, 1.0);
        }
    }
}

/// Contrast-limited adaptive histogram equalisation of the luma, which all channels follow. Tiles are an eighth of a side,
/// but at least 16 px.
pub fn clahe(picture: &mut Picture, limit: f64) {
    let [width, height] = picture.size();
    if width == 0 || height == 0 {
        return;
    }
    let luma = luma(picture);
    let [across, down] = [width, height].map(|side| (side / 16).clamp(1, 8));
    let tile = |i: usize, side: usize, count: usize| i * side / count..(i + 1) * side / count;
    let maps: Vec<Vec<f32>> = (0..across * down)
        .map(|t| {
            let (xs, ys) = (tile(t % across, width, across), tile(t / across, height, down));
            equalised(ys.flat_map(|y| luma[y * width + xs.start..y * width + xs.end].iter()), limit)
        })
        .collect();
    // Between the middles of four tiles, their maps are mixed.
    let place = |at: usize, side: usize, count: usize| {
        let at = ((at as f32 + 0.5) * count as f32 / side as f32 - 0.5).clamp(0.0, (count - 1) as f32);
        (at as usize, (at as usize + 1).min(count - 1), at.fract())
    };
    for y in 0..height {
        let (top, bottom, v) = place(y, height, down);
        for x in 0..width {
            let (left, right, u) = place(x, width, across);
            let i = y * width + x;
            let level = level(luma[i]);
            let map = |row: usize, column: usize| maps[row * across + column][level];
            let upper = map(top, left) * (1.0 - u) + map(top, right) * u;
            let lower = map(bottom, left) * (1.0 - u) + map(bottom, right) * u;
            let change = upper * (1.0 - v) + lower * v - luma[i];
            for channel in 0..picture.channels {
                let value = &mut picture.data[channel * width * height + i];
                *value = (*value + change).clamp(0.0, 1.0);
            }
        }
    }
}

const LEVELS: usize = 256;

fn level(v: f32) -> usize {
    ((v * (LEVELS - 1) as f32).round().max(0.0) as usize).min(LEVELS - 1)
}

/// The equalising map of a tile; no level counts more than `limit` times the mean of all.
fn equalised<'a>(values: impl Iterator<Item = &'a f32>, limit: f64) -> Vec<f32> {
    let mut counts = [0usize; LEVELS];
    values.for_each(|v| counts[level(*v)] += 1);
    let total: usize = counts.iter().sum();
    let most = ((limit * total as f64 / LEVELS as f64) as usize).max(1);
    let excess: usize = counts.iter().map(|c| c.saturating_sub(most)).sum();
    let share = excess as f64 / LEVELS as f64;
    let mut sum = 0.0;
    counts.iter().map(|c| (sum += (*c).min(most) as f64 + share, (sum / total.max(1) as f64) as f32).1).collect()
}

fn luma(picture: &Picture) -> Vec<f32> {
    if picture.channels == 1 {
        return picture.data.clone();
    }
    let planes = picture.plane(0).iter().zip(picture.plane(1)).zip(picture.plane(2));
    planes.map(|((r, g), b)| LUMA[0] * r + LUMA[1] * g + LUMA[2] * b).collect()
}

/// The mean under a bell whose standard deviation is `share` of the longer side, edges repeated; of large pictures at 256 px,
/// as such a mean holds no detail.
fn local_mean(picture: &Picture, share: f64) -> Picture {
    const ENOUGH: usize = 256;
    let [width, height] = picture.size();
    let longer = width.max(height);
    if longer > ENOUGH {
        let side = |n: usize| (n * ENOUGH / longer).max(1);
        let small = resize_bilinear(picture, side(width), side(height), true);
        return resize_bilinear(&local_mean(&small, share), width, height, true);
    }
    let sigma = (longer as f64 * share).max(0.5);
    let reach = (3.0 * sigma).ceil() as isize;
    let bell: Vec<f32> = (-reach..=reach).map(|d| (-(d * d) as f64 / (2.0 * sigma * sigma)).exp() as f32).collect();
    let sum: f32 = bell.iter().sum();
    let blurred = |from: &[f32], stride: usize, step: usize, length: usize, lines: usize| {
        let mut to = vec![0.0; from.len()];
        for line in 0..lines {
            for at in 0..length {
                let tap = |d: isize| (at as isize + d).clamp(0, length as isize - 1) as usize;
                let value: f32 = (-reach..=reach).zip(&bell).map(|(d, w)| w * from[line * stride + tap(d) * step]).sum();
                to[line * stride + at * step] = value / sum;
            }
        }
        to
    };
    let rows = blurred(&picture.data, width, 1, width, height);
    Picture { data: blurred(&rows, 1, width, height, width), ..*picture }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(side: usize) -> Picture {
        Picture::new(side, side, 1, (0..side * side).map(|i| (i % side) as f32 / side as f32 * 0.2 + 0.4).collect())
    }

    fn contrast(picture: &Picture) -> f32 {
        let (low, high) = picture.data.iter().fold((1.0f32, 0.0f32), |(l, h), v| (l.min(*v), h.max(*v)));
        high - low
    }

    #[test]
    fn a_window_stretches_what_lies_in_it() {
        let mut picture = Picture::new(3, 1, 1, vec![0.0, 0.05, 0.5]);
        window(&mut picture, [0.0, 0.1]);
        assert!(picture.data.iter().zip([0.0, 0.5, 1.0]).all(|(a, b)| (a - b).abs() < 1e-6), "{picture:?}");
        let before = picture.clone();
        window(&mut picture, [0.0, 1.0]);
        assert_eq!(picture, before);
    }

    #[test]
    fn graham_takes_slow_changes_away_and_keeps_fine_ones() {
        let mut slow = ramp(128);
        ben_graham(&mut slow);
        assert!(slow.data[64 * 128 + 16..64 * 128 + 112].iter().all(|v| (v - 0.5).abs() < 0.02));
        let mut dot = Picture::new(128, 128, 1, vec![0.4; 128 * 128]);
        dot.data[64 * 128 + 64] = 0.6;
        ben_graham(&mut dot);
        assert!(dot.data[64 * 128 + 64] > 0.9);
        let mut black = Picture::new(40, 30, 3, vec![0.0; 3600]);
        ben_graham(&mut black);
        assert!(black.data.iter().all(|v| *v == 0.5));
    }

    #[test]
    fn clahe_widens_low_contrast_within_its_limit() {
        let plain = ramp(128);
        let (mut weak, mut strong) = (plain.clone(), plain.clone());
        clahe(&mut weak, 1.5);
        clahe(&mut strong, 10.0);
        assert!(
            contrast(&plain) < contrast(&weak) && contrast(&weak) < contrast(&strong),
            "{} {}",
            contrast(&weak),
            contrast(&strong)
        );
        let mut colour = Picture::new(32, 32, 3, [0.2, 0.5, 0.4].iter().flat_map(|v| vec![*v; 1024]).collect());
        clahe(&mut colour, 2.0);
        assert!((colour.data[1024] - colour.data[0] - 0.3).abs() < 1e-5, "the hue stays");
        clahe(&mut Picture::new(0, 0, 1, Vec::new()), 2.0);
    }

    #[test]
    fn a_mean_keeps_flat_pictures_at_any_size() {
        for side in [1, 5, 300] {
            let flat = Picture::new(side, side, 1, vec![0.3; side * side]);
            assert!(local_mean(&flat, 1.0 / 60.0).data.iter().all(|v| (v - 0.3).abs() < 1e-5));
        }
    }
}
