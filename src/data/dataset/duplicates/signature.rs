//! What is remembered of a picture to find it again, and pictures that are nearly the same.

use crate::data::{
    dataset::ImageId,
    decode::{DecodedImage, Remark},
    pixels::{Pixels, resize_bilinear},
};
use rayon::prelude::*;
use std::{
    collections::BTreeMap,
    f32::consts::PI,
    hash::{DefaultHasher, Hash, Hasher},
    sync::LazyLock,
};

/// What is remembered of a picture to find it again.
pub struct Signature {
    /// Hash of all its pixels.
    pub exact: u64,
    /// Which of two neighbours is brighter, on a grid of 16 x 16 (dHash).
    gradient: [u64; 4],
    /// That grid itself, brightness and contrast taken out, in units of a standard deviation; empty for flat pictures.
    grid: Vec<f32>,
    pub remark: Option<Remark>,
}

/// Side of the grid.
const SIDE: usize = 16;
/// Bits of 256 that may differ…
const NEAR_BITS: u32 = 16;
/// …and the root mean square difference of the grids, in standard deviations.
const NEAR_RMS: f32 = 0.05;
/// A grid that varies less than this (of 0..1) says nothing.
const FLAT: f32 = 0.01;

impl Signature {
    pub fn of(raster: &DecodedImage) -> Self {
        let [width, height] = raster.size();
        let mut row = vec![0.0; width];
        let channels: Vec<u64> = (0..raster.channels())
            .map(|channel| {
                let mut hasher = DefaultHasher::new();
                (width, height).hash(&mut hasher);
                for y in 0..height {
                    raster.row(channel, y, &mut row);
                    row.iter().for_each(|v| hasher.write_u32(v.to_bits()));
                }
                hasher.finish()
            })
            .collect();
        // A grey picture is the same one when stored with three equal channels.
        let exact = match channels[..] {
            [r, g, b] if r != g || r != b => r ^ g.rotate_left(21) ^ b.rotate_left(42),
            _ => channels[0],
        };
        let small = resize_bilinear(raster, SIDE + 1, SIDE, true).grey();
        let mut gradient = [0u64; 4];
        for (i, bit) in small.data.chunks_exact(SIDE + 1).flat_map(|row| row.windows(2).map(|w| w[0] < w[1])).enumerate() {
            gradient[i / 64] |= u64::from(bit) << (i % 64);
        }
        let n = small.data.len() as f32;
        let mean = small.data.iter().sum::<f32>() / n;
        let deviation = (small.data.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / n).sqrt();
        let grid = if deviation < FLAT { Vec::new() } else { small.data.iter().map(|v| (v - mean) / deviation).collect() };
        Self { exact, gradient, grid, remark: raster.remark() }
    }

    fn is_near(&self, other: &Self) -> bool {
        let bits = self.gradient.iter().zip(&other.gradient).map(|(a, b)| (a ^ b).count_ones());
        if bits.sum::<u32>() > NEAR_BITS || self.grid.is_empty() || other.grid.is_empty() {
            return false;
        }
        let squares: f32 = self.grid.iter().zip(&other.grid).map(|(a, b)| (a - b).powi(2)).sum();
        squares <= NEAR_RMS * NEAR_RMS * self.grid.len() as f32
    }

    /// The grid along each of [`WAVES`], as lengths; `None` of a flat picture.
    fn along_waves(&self) -> Option<[f32; WAVES.len()]> {
        let lengths = UNITS.each_ref().map(|unit| self.grid.iter().zip(unit).map(|(value, height)| value * height).sum::<f32>());
        (!self.grid.is_empty() && lengths.iter().all(|length| length.is_finite())).then_some(lengths)
    }
}

/// So many pictures that are nearly the same as one are told, at most: of the frames of a film that stands still, each is like all others.
const MOST_OF_ONE: usize = 100;

/// Numbers of waves across and down a grid, without the mean, which is 0 in all of them.
const WAVES: [(usize, usize); 8] = [(1, 0), (0, 1), (1, 1), (2, 0), (0, 2), (2, 1), (1, 2), (2, 2)];

/// [`WAVES`] as grids of length 1.
static UNITS: LazyLock<[Vec<f32>; WAVES.len()]> = LazyLock::new(|| {
    let height = |at: usize, waves: usize, side: usize| ((at as f32 + 0.5) * PI * waves as f32 / side as f32).cos();
    WAVES.map(|(across, down)| {
        let at = (0..SIDE * (SIDE + 1)).map(|i| (i % (SIDE + 1), i / (SIDE + 1)));
        let heights: Vec<f32> = at.map(|(x, y)| height(x, across, SIDE + 1) * height(y, down, SIDE)).collect();
        let length = heights.iter().map(|h| h * h).sum::<f32>().sqrt();
        heights.into_iter().map(|h| h / length).collect()
    })
});

/// Pairs of pictures that are nearly the same, in their order.
///
/// Grids that lie near each other do so along any direction: those along two, in which the pictures differ most, are compared
/// first, so that 50,000 small pictures take a second and not a minute.
pub fn near_pairs(pictures: &[(ImageId, Signature)]) -> Vec<(ImageId, ImageId)> {
    let places: Vec<Option<[f32; WAVES.len()]>> = pictures.par_iter().map(|(_, signature)| signature.along_waves()).collect();
    let spread = |wave: usize| {
        let values = || places.iter().flatten().map(|place| f64::from(place[wave]));
        let count = values().count().max(1) as f64;
        let mean = values().sum::<f64>() / count;
        values().map(|v| (v - mean).powi(2)).sum::<f64>()
    };
    let spreads: Vec<f64> = (0..WAVES.len()).map(spread).collect();
    let mut waves: Vec<usize> = (0..WAVES.len()).collect();
    waves.sort_by(|&a, &b| spreads[b].total_cmp(&spreads[a]));
    // With room for rounding.
    let reach = NEAR_RMS * (((SIDE + 1) * SIDE) as f32).sqrt() * 1.001;
    let strip = |place: &[f32; WAVES.len()]| (place[waves[0]] / reach).floor() as i32;
    let mut strips: BTreeMap<i32, Vec<(f32, usize)>> = BTreeMap::new();
    for (i, place) in places.iter().enumerate().filter_map(|(i, place)| Some((i, place.as_ref()?))) {
        strips.entry(strip(place)).or_default().push((place[waves[1]], i));
    }
    strips.values_mut().for_each(|strip| strip.sort_by(|a, b| a.0.total_cmp(&b.0)));
    let near_to = |i: usize| -> Vec<(usize, usize)> {
        let Some(place) = &places[i] else { return Vec::new() };
        let at = place[waves[1]];
        let beside = |strip: &'_ Vec<(f32, usize)>| {
            let [start, end] = [at - reach, at + reach].map(|end| strip.partition_point(|(along, _)| *along < end));
            strip[start..end].iter().map(|(_, j)| *j).collect::<Vec<_>>()
        };
        let candidates = strips.range(strip(place) - 1..=strip(place) + 1).flat_map(|(_, strip)| beside(strip));
        let near = candidates.filter(|&j| j > i && pictures[i].1.is_near(&pictures[j].1));
        near.take(MOST_OF_ONE).map(|j| (i, j)).collect()
    };
    let mut near: Vec<(usize, usize)> = (0..pictures.len()).into_par_iter().flat_map_iter(near_to).collect();
    near.sort_unstable();
    near.into_iter().map(|(i, j)| (pictures[i].0, pictures[j].0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::stream;
    use rand::Rng;

    /// Grids of low waves and a little noise, some of them near others.
    fn signatures(count: usize) -> Vec<(ImageId, Signature)> {
        let mut rng = stream(1, "grids", 0);
        let mut grids: Vec<Vec<f32>> = Vec::new();
        for i in 0..count {
            let heights: Vec<f32> = WAVES.iter().map(|_| rng.random::<f32>() - 0.5).collect();
            let noise = if i % 3 == 0 && i > 0 { 0.04 } else { 0.0 };
            let base = if noise > 0.0 { Some(grids[i - 1].clone()) } else { None };
            let mut grid: Vec<f32> = (0..272)
                .map(|at| match &base {
                    Some(grid) => grid[at] + noise * (rng.random::<f32>() - 0.5) * 2.0,
                    None => UNITS.iter().zip(&heights).map(|(unit, h)| h * unit[at]).sum(),
                })
                .collect();
            let mean = grid.iter().sum::<f32>() / 272.0;
            let deviation = (grid.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / 272.0).sqrt();
            grid.iter_mut().for_each(|v| *v = (*v - mean) / deviation);
            grids.push(grid);
        }
        let signature = |grid: Vec<f32>| Signature { exact: 0, gradient: [0; 4], grid, remark: None };
        (0..).map(ImageId).zip(grids.into_iter().map(signature)).collect()
    }

    #[test]
    fn the_same_pairs_are_found_as_by_comparing_each_with_all() {
        let pictures = signatures(600);
        let all: Vec<(ImageId, ImageId)> = (0..pictures.len())
            .flat_map(|i| (i + 1..pictures.len()).map(move |j| (i, j)))
            .filter(|&(i, j)| pictures[i].1.is_near(&pictures[j].1))
            .map(|(i, j)| (pictures[i].0, pictures[j].0))
            .collect();
        assert!(all.len() > 100, "{} pairs", all.len());
        assert_eq!(near_pairs(&pictures), all);
    }

    #[test]
    fn many_that_are_all_alike_are_told_in_part() {
        let one = || Signature { exact: 0, gradient: [0; 4], grid: signatures(1).remove(0).1.grid, remark: None };
        let pictures: Vec<(ImageId, Signature)> = (0..300).map(|i| (ImageId(i), one())).collect();
        let pairs = near_pairs(&pictures);
        assert!(pairs.len() <= 300 * MOST_OF_ONE && pairs.len() > 100 * MOST_OF_ONE, "{}", pairs.len());
    }
}
