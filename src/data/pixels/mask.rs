//! Masks at another size than their own.

use super::picture::Picture;

impl Picture {
    /// Which pixels of a `width x height` picture lie in this mask, row-major; `None` where it is empty. Masks hold 0 and 255, or
    /// 0 and 1: more than half of the most there is counts. Where nothing is covered that far at this size, what is covered most
    /// counts.
    pub fn mask_at(&self, width: usize, height: usize) -> Option<Vec<bool>> {
        let most = |picture: &Self| picture.data.iter().copied().fold(0.0, f32::max);
        let full = most(self);
        if full <= 0.0 {
            return None;
        }
        let fitted = self.resize(width, height);
        let least = (full / 2.0).min(most(&fitted) * 0.99);
        Some(fitted.data.iter().map(|v| *v > least).collect())
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
        let mut dot = Picture::new(200, 200, 1, vec![0.0; 40_000]);
        assert_eq!(dot.mask_at(20, 20), None);
        dot.data[101 * 200 + 105] = 1.0;
        let inside = dot.mask_at(20, 20).unwrap();
        assert_eq!(inside.iter().position(|v| *v), Some(10 * 20 + 10));
    }
}
