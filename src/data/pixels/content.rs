//! What of a picture is worth looking at: not the black surround of a photograph, and nothing flat.

/// Mean of the channels above which a pixel is content and not a black surround.
const DARK: f32 = 0.06;
/// Standard deviation below which a tile is flat.
const FLAT: f32 = 0.004;
/// A tile whose values lie this close together is blank.
const BLANK: f32 = 0.02;
/// The rule of [`has_content`] in words.
pub const CONTENT_RULE: &str = "at least half of a tile is brighter than 6 %, and it is not flat (standard deviation 0.4 %)";

/// Whether a tile (three planes, \[0, 1\]) shows something to learn from: [`CONTENT_RULE`].
pub fn has_content(tile: &[f32]) -> bool {
    let plane = tile.len() / 3;
    let grey = |i: usize| (tile[i] + tile[plane + i] + tile[2 * plane + i]) / 3.0;
    let (mut bright, mut sum, mut squares) = (0, 0.0, 0.0);
    for i in 0..plane {
        let value = grey(i);
        bright += usize::from(value > DARK);
        sum += value;
        squares += value * value;
    }
    let count = plane.max(1) as f32;
    let mean = sum / count;
    2 * bright >= plane && (squares / count - mean * mean).max(0.0).sqrt() > FLAT
}

/// Whether nothing of a tile (three planes, \[0, 1\]) can be seen: all of it is black surround, or of one value. Less strict than
/// the reverse of [`has_content`]: one with the rim of a photograph's disc is not blank.
pub fn is_blank(tile: &[f32]) -> bool {
    let (least, most) = tile.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(a, b), &v| (a.min(v), b.max(v)));
    most <= DARK || most - least <= BLANK
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surround_and_flat_background_are_no_content() {
        let tile = |value: fn(usize) -> f32| (0..3 * 64).map(|i| value(i % 64)).collect::<Vec<f32>>();
        assert!(!has_content(&tile(|_| 0.0)) && !has_content(&tile(|_| 0.7)));
        assert!(!has_content(&tile(|i| if i < 20 { 0.5 } else { 0.0 })), "mostly surround");
        assert!(is_blank(&tile(|i| 0.005 * (i % 8) as f32)) && is_blank(&tile(|_| 0.7)) && is_blank(&[]));
        assert!(!is_blank(&tile(|i| if i < 1 { 0.5 } else { 0.0 })) && !is_blank(&tile(|i| if i < 2 { 0.73 } else { 0.7 })));
        assert!(has_content(&tile(|i| if i < 40 { 0.5 } else { 0.0 })) && has_content(&tile(|i| 0.3 + 0.005 * (i % 8) as f32)));
    }
}
