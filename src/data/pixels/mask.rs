//! Masks at another size than their own.

use super::picture::Picture;

impl Picture {
    /// Which pixels of a `width x height` picture lie in this mask, row-major; `None` where it is empty. Masks hold 0 and 255, or
    /// 0 and 1: more than half of the most there is counts; of numbers of labels (BraTS' 1, 2 and 4) half of the least. Where
    /// nothing is covered that far at this size, what is covered most counts.
    pub fn mask_at(&self, width: usize, height: usize) -> Option<Vec<bool>> {
        const LABELS: f32 = 32.0 / 255.0;
        let most = |picture: &Self| picture.data.iter().copied().fold(0.0, f32::max);
        let full = most(self);
        if full <= 0.0 {
            return None;
        }
        let one = if full > LABELS { full } else { self.data.iter().copied().filter(|v| *v > 0.0).fold(full, f32::min) };
        let fitted = self.resize(width, height);
        let least = (one / 2.0).min(most(&fitted) * 0.99);
        Some(fitted.data.iter().map(|v| *v > least).collect())
    }

    /// What lies in this mask or in the other, as 0 and 1, at the size of this one.
    pub fn with_mask(&self, other: &Self) -> Self {
        let mut both = Self::new(self.width, self.height, 1, vec![0.0; self.width * self.height]);
        for inside in [self, other].into_iter().filter_map(|mask| mask.mask_at(self.width, self.height)) {
            both.data.iter_mut().zip(inside).filter(|(_, inside)| *inside).for_each(|(value, _)| *value = 1.0);
        }
        both
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_half_counts_and_what_is_tiny_stays() {
        // Two columns of eight; their neighbours reach into them a little.
        let data: Vec<f32> = (0..64).map(|i| if (2..4).contains(&(i % 8)) { 255.0 } else { 0.0 }).collect();
        let small = Picture::new(8, 8, 1, data).mask_at(4, 4).unwrap();
        assert_eq!(small[..4], [false, true, false, false]);
        let labels = Picture::new(5, 1, 1, [0.0, 1.0, 2.0, 4.0, 0.0].map(|v| v / 255.0).to_vec());
        assert_eq!(labels.mask_at(5, 1).unwrap(), [false, true, true, true, false]);
        let mut dot = Picture::new(200, 200, 1, vec![0.0; 40_000]);
        assert_eq!(dot.mask_at(20, 20), None);
        dot.data[101 * 200 + 105] = 1.0;
        let inside = dot.mask_at(20, 20).unwrap();
        assert_eq!(inside.iter().position(|v| *v), Some(10 * 20 + 10));
    }

    #[test]
    fn two_masks_are_united_whatever_they_call_inside() {
        let mask = |values: &[f32], full: f32| Picture::new(values.len(), 1, 1, values.iter().map(|v| v * full).collect());
        let both = mask(&[1.0, 1.0, 0.0, 0.0], 1.0).with_mask(&mask(&[0.0, 0.0, 0.0, 1.0], 1.0 / 255.0));
        assert_eq!(both.data, [1.0, 1.0, 0.0, 1.0]);
        let empty = mask(&[0.0; 4], 1.0);
        assert_eq!((empty.with_mask(&both).data, empty.with_mask(&empty).data), (both.data.clone(), vec![0.0; 4]));
        let coarse = mask(&[0.0, 1.0], 1.0);
        assert_eq!(empty.with_mask(&coarse).data[3], 1.0, "at the size of the first");
    }
}
