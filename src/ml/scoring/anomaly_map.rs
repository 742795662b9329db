//! Where in a picture its score comes from.

use crate::data::Picture;
use serde::{Deserialize, Serialize};

/// How abnormal each pixel is, at the working size of its picture.
#[derive(Debug, Clone, PartialEq)]
pub struct AnomalyMap {
    /// Columns, in pixels.
    pub width: usize,
    /// Rows, in pixels.
    pub height: usize,
    /// `width * height` values, row-major; higher = more abnormal.
    pub values: Vec<f32>,
}

/// The range of values that the 16-bit levels of maps stand for, 0 for `low` and 65535 for `high`. One for all maps of a run, so
/// that they can be compared; values beyond it are clamped.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MapScale {
    /// The value of level 0.
    pub low: f32,
    /// The value of level 65535.
    pub high: f32,
}

impl AnomalyMap {
    /// Panics where the numbers do not fit together.
    pub fn new(width: usize, height: usize, values: Vec<f32>) -> Self {
        assert!(values.len() == width * height, "{} values do not fit {width}x{height}", values.len());
        Self { width, height, values }
    }

    /// Bilinear, antialiased where it shrinks.
    pub fn resized(&self, width: usize, height: usize) -> Self {
        let plane = Picture::new(self.width, self.height, 1, self.values.clone());
        Self { width, height, values: plane.resize(width, height).data }
    }

    /// Whether all values are numbers.
    pub fn is_finite(&self) -> bool {
        self.values.iter().all(|v| v.is_finite())
    }

    /// From its least value to its largest; `None` for no values.
    pub fn scale(&self) -> Option<MapScale> {
        self.values.iter().map(|&v| MapScale { low: v, high: v }).reduce(MapScale::joined)
    }

    /// As 16-bit levels.
    pub fn levels(&self, scale: MapScale) -> Vec<u16> {
        self.values.iter().map(|&v| scale.level(v)).collect()
    }
}

impl MapScale {
    /// From 0 to 1.
    pub const UNIT: Self = Self { low: 0.0, high: 1.0 };

    /// The least that holds both.
    pub fn joined(self, other: Self) -> Self {
        Self { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    /// Where a value lies, 0 at `low` and 1 at `high`; 0 for what is no number.
    pub fn share(self, value: f32) -> f32 {
        // In double precision, since the range itself may be beyond what single precision holds.
        let [value, low, high] = [value, self.low, self.high].map(f64::from);
        let share = ((value - low) / (high - low)).clamp(0.0, 1.0);
        if share.is_nan() { 0.0 } else { share as f32 }
    }

    /// The value at a share of the way from `low` to `high`.
    pub fn value(self, share: f32) -> f32 {
        self.low + share * (self.high - self.low)
    }

    /// The level of a value.
    pub fn level(self, value: f32) -> u16 {
        (self.share(value) * f32::from(u16::MAX)).round() as u16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_of_one_scale_and_clamped() {
        let scale = MapScale { low: -2.0, high: 2.0 };
        let map = AnomalyMap::new(5, 1, vec![-3.0, -2.0, 0.0, 2.0, 9.0]);
        assert_eq!(map.levels(scale), [0, 0, 32_768, 65_535, 65_535]);
        assert_eq!(map.scale(), Some(MapScale { low: -3.0, high: 9.0 }));
        assert_eq!(scale.joined(MapScale { low: 0.0, high: 5.0 }), MapScale { low: -2.0, high: 5.0 });
        let widest = MapScale { low: f32::MIN, high: f32::MAX };
        assert_eq!([widest.level(f32::MIN), widest.level(0.0), widest.level(f32::MAX)], [0, 32_768, 65_535]);
    }

    #[test]
    fn a_flat_scale_and_values_that_are_no_numbers_have_levels() {
        let flat = MapScale { low: 1.0, high: 1.0 };
        assert_eq!([0.0, 1.0, 2.0, f32::NAN].map(|v| flat.level(v)), [0, 0, 65_535, 0]);
        let map = AnomalyMap::new(2, 1, vec![f32::NAN, 1.0]);
        assert!(!map.is_finite());
        assert_eq!((map.levels(MapScale::UNIT), AnomalyMap::new(0, 3, vec![]).scale()), (vec![0, 65_535], None));
    }

    #[test]
    fn resizing_keeps_values_outside_of_the_range_of_pictures() {
        let map = AnomalyMap::new(4, 2, vec![-8.0, -8.0, 40.0, 40.0, -8.0, -8.0, 40.0, 40.0]);
        let small = map.resized(2, 1);
        assert_eq!((small.width, small.height, small.values.len()), (2, 1, 2));
        assert!(small.values[0] < 0.0 && small.values[1] > 30.0, "{small:?}");
        assert_eq!(map.resized(4, 2), map);
    }

    #[test]
    fn a_scale_is_read_as_it_was_written() {
        let scale = MapScale { low: -0.25, high: 7.5 };
        let text = serde_json::to_string(&scale).unwrap();
        assert_eq!((text.as_str(), serde_json::from_str::<MapScale>(&text).unwrap()), (r#"{"low":-0.25,"high":7.5}"#, scale));
    }
}
