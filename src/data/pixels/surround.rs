//! What of a picture is content, and what the black surround of a photograph or of a sector of ultrasound.

use super::{blur::gaussian_blur, picture::Picture};
use std::collections::VecDeque;

/// Brightness (of the brightest channel, blurred by 1 px) below which a pixel can be surround.
const DARK: f32 = 0.08;
/// The surround reaches this much further, px: its edge is no edge of the content.
const MARGIN: usize = 4;

/// Whether a picture lies in a black surround, as a photograph of the fundus does: all four corners are dark. In other pictures
/// (ultrasound, radiographs) what is dark at the edge may be content.
pub fn has_surround(picture: &Picture) -> bool {
    let (right, bottom) = (picture.width.saturating_sub(1), picture.height.saturating_sub(1));
    let brightest =
        |x: usize, y: usize| (0..picture.channels).map(|c| picture.plane(c)[y * picture.width + x]).fold(0.0, f32::max);
    [(0, 0), (right, 0), (0, bottom), (right, bottom)].into_iter().all(|(x, y)| brightest(x, y) < DARK)
}

/// True where the picture has content: everywhere but in what is dark and connected to the picture's edge by dark pixels, and
/// a few pixels around that. Row-major, as the picture. A picture that is dark all over is content all over.
pub fn content(picture: &Picture) -> Vec<bool> {
    let (width, height) = (picture.width, picture.height);
    let mut surround = surround(picture);
    if surround.iter().any(|s| *s) {
        let seeds: Vec<usize> = (0..surround.len()).filter(|&i| surround[i]).collect();
        surround = flood(seeds.into_iter(), width, height, |_, steps| steps <= MARGIN);
    }
    if surround.iter().all(|s| *s) {
        return vec![true; surround.len()];
    }
    surround.into_iter().map(|s| !s).collect()
}

/// How much of each pixel belongs to what can be seen: 0 in the black surround, 1 in the content and close around it, smooth between.
/// Row-major; `None` where the picture does not lie in a surround ([`has_surround`]), or is nothing else.
pub fn visibility(picture: &Picture) -> Option<Vec<f32>> {
    /// Sigma of the blur that smooths the edge of the content, px.
    const SMOOTH: f32 = 2.0;
    /// The blur leaves a half at an edge of the content, a quarter at a corner: these are visible as a whole.
    const CORNER: f32 = 0.25;
    let surround = surround(picture);
    if !has_surround(picture) || surround.iter().all(|s| *s) || !surround.contains(&true) {
        return None;
    }
    let lit: Vec<f32> = surround.into_iter().map(|s| f32::from(u8::from(!s))).collect();
    Some(gaussian_blur(&lit, picture.width, SMOOTH).into_iter().map(|v| (v / CORNER).min(1.0)).collect())
}

/// True in what is dark and connected to the picture's edge by dark pixels.
fn surround(picture: &Picture) -> Vec<bool> {
    let (width, height) = (picture.width, picture.height);
    let brightest: Vec<f32> =
        (0..width * height).map(|i| (0..picture.channels).map(|c| picture.plane(c)[i]).fold(0.0, f32::max)).collect();
    let dark: Vec<bool> = gaussian_blur(&brightest, width, 1.0).into_iter().map(|v| v < DARK).collect();
    let is_edge = |i: usize| i.is_multiple_of(width) || i % width == width - 1 || i / width == 0 || i / width == height - 1;
    flood((0..width * height).filter(|&i| dark[i] && is_edge(i)), width, height, |i, _| dark[i])
}

/// All pixels that can be reached from `seeds` by steps to the four neighbours, where each new one `may` be entered (pixel,
/// number of steps).
fn flood(seeds: impl Iterator<Item = usize>, width: usize, height: usize, may: impl Fn(usize, usize) -> bool) -> Vec<bool> {
    let mut reached = vec![false; width * height];
    let mut queue: VecDeque<(usize, usize)> = seeds.map(|i| (i, 0)).collect();
    queue.iter().for_each(|(i, _)| reached[*i] = true);
    while let Some((i, steps)) = queue.pop_front() {
        let (x, y) = (i % width, i / width);
        let neighbours =
            [(x > 0, i.wrapping_sub(1)), (x + 1 < width, i + 1), (y > 0, i.wrapping_sub(width)), (y + 1 < height, i + width)];
        for (_, next) in neighbours.into_iter().filter(|(is_inside, _)| *is_inside) {
            if !reached[next] && may(next, steps + 1) {
                reached[next] = true;
                queue.push_back((next, steps + 1));
            }
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_disc_is_content_with_its_dark_spots_and_the_surround_is_not() {
        let side = 80;
        let value = |i: usize| {
            let (x, y) = ((i % side) as f32 - 40.0, (i / side) as f32 - 40.0);
            if x.hypot(y) > 30.0 || x.hypot(y) < 6.0 { 0.0 } else { 0.5 }
        };
        let disc = Picture::new(side, side, 1, (0..side * side).map(value).collect());
        let content = content(&disc);
        assert!(content[40 * side + 40], "a dark lesion inside is content");
        assert!(!content[0] && !content[40 * side + 11], "the surround and the rim are not");
        assert!(content[40 * side + 20]);
        assert!(has_surround(&disc));
        let bright_corner = Picture::new(2, 2, 1, vec![0.0, 0.0, 0.5, 0.0]);
        assert!(!has_surround(&bright_corner));
    }

    #[test]
    fn pictures_without_a_surround_are_content_all_over() {
        for value in [0.0, 0.5] {
            assert!(content(&Picture::new(20, 10, 1, vec![value; 200])).iter().all(|c| *c));
        }
    }

    /// A bright square with a dark hole, in the dark.
    #[test]
    fn the_surround_is_invisible_and_all_content_visible_holes_among_it() {
        let (width, height) = (60, 50);
        let value = |x: usize, y: usize| match (x, y) {
            (25..35, 20..30) => 0.02,
            (15..45, 10..40) => 0.5,
            _ => 0.03,
        };
        let picture = Picture::new(width, height, 1, (0..width * height).map(|i| value(i % width, i / width)).collect());
        let seen = visibility(&picture).unwrap();
        let at = |x: usize, y: usize| seen[y * width + x];
        assert!((15..45).all(|x| (10..40).all(|y| at(x, y) > 0.99)), "up to its corners, and in its hole");
        assert!((0..width).all(|x| at(x, 0) == 0.0 && at(x, height - 1) == 0.0));
        assert!((1..width).all(|x| (at(x, 25) - at(x - 1, 25)).abs() < 0.5), "no hard edge");
        assert_eq!(visibility(&Picture::new(8, 8, 1, vec![0.5; 64])), None);
        assert_eq!(visibility(&Picture::new(8, 8, 1, vec![0.0; 64])), None);
        let shadow = Picture::new(40, 40, 1, (0..1600).map(|i| if (10..20).contains(&(i % 40)) { 0.0 } else { 0.5 }).collect());
        assert_eq!(visibility(&shadow), None, "a shadow that reaches the edge between bright corners is no surround");
    }
}
